//! Keeps a device's stream open, on a thread of its own because on some systems a stream must not change threads. A
//! device that is unplugged ends no call: the usual one stands in, and the one that was asked for is taken again when it
//! is back.

use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::{Duration, Instant};

use cpal::traits::{DeviceTrait as _, HostTrait as _};
use cpal::{Device, ErrorKind, Stream};

use super::choice::{Choice, Step};
use super::device::{NO_DEVICE, is_void, name, unusable};
use super::ring::Ring;
use crate::error::{ClientError, Result};

/// How often a missing device is looked for.
const LOOK_EVERY: Duration = Duration::from_secs(2);

/// More errors than this within the time, and the device is given up.
const MAX_COMPLAINTS: u32 = 20;
const COMPLAINTS_WITHIN: Duration = Duration::from_secs(1);

/// What breaks earlier than this after it was opened was opened with too short pieces, and not unplugged.
const BREAKS_WITHIN: Duration = Duration::from_secs(30);

/// In or out.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Direction {
    Microphone,
    Loudspeaker,
}

impl Direction {
    pub(super) fn suits(self, device: &Device) -> bool {
        match self {
            Self::Microphone => device.supports_input(),
            Self::Loudspeaker => device.supports_output(),
        }
    }
}

/// Opens the stream of a device; the last argument is what to tell when it breaks.
pub(super) type Open = fn(&Device, Ring, Broken, Pieces) -> Result<Stream>;

/// How long the pieces are in which a device works: short ones for a short delay, longer ones for a device (or a sound
/// server before it) that does not keep up with them, and breaks.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct Pieces {
    failures: u32,
}

impl Pieces {
    /// In milliseconds: 10, 20, 40, 80. `None`: as the device likes it.
    pub(super) fn milliseconds(self) -> Option<u32> {
        (self.failures < 4).then(|| 10 << self.failures)
    }

    /// After a stream that lasted so long has broken.
    fn after(self, lasted: Duration) -> Self {
        Self { failures: self.failures.saturating_add(u32::from(lasted < BREAKS_WITHIN)) }
    }
}

/// Told by a stream that its device is gone, once.
#[derive(Clone, Debug)]
pub(super) struct Broken {
    keeper: Sender<Wake>,
    complaints: Complaints,
    is_told: bool,
}

/// Errors that may pass: a driver whose device is gone says them without end, another now and then.
#[derive(Clone, Debug, Default)]
struct Complaints {
    since: Option<Instant>,
    count: u32,
}

#[derive(Debug)]
enum Wake {
    Lost,
    End,
}

impl Broken {
    /// Judges what a stream says of itself; also harmless things are said.
    pub(super) fn tell(&mut self, error: &cpal::Error) {
        let is_final = matches!(
            error.kind(),
            ErrorKind::DeviceNotAvailable | ErrorKind::StreamInvalidated | ErrorKind::HostUnavailable
        );
        if self.is_told || !(is_final || self.complaints.are_too_many(Instant::now())) {
            return;
        }
        self.is_told = true;
        tracing::debug!(%error, "the sound device does not work any more");
        // The keeper may have ended.
        let _ = self.keeper.send(Wake::Lost);
    }
}

impl Complaints {
    fn are_too_many(&mut self, now: Instant) -> bool {
        let since = *self.since.get_or_insert(now);
        if now.duration_since(since) > COMPLAINTS_WITHIN {
            (self.since, self.count) = (Some(now), 0);
        }
        self.count += 1;
        self.count > MAX_COMPLAINTS
    }
}

/// Dropping it closes the device.
#[derive(Debug)]
pub(super) struct Keeper(Sender<Wake>);

impl Keeper {
    /// Opens the device with that name, or the usual one, and keeps it.
    pub(super) fn new(direction: Direction, wanted: Option<&str>, ring: Ring, open: Open) -> Result<Self> {
        let (wake, wakes) = channel();
        let (opened, wait) = channel();
        let wanted = wanted.map(str::to_owned);
        let broken = Broken { keeper: wake.clone(), complaints: Complaints::default(), is_told: false };
        let thread = std::thread::Builder::new().name("sound".into()).spawn(move || {
            let mut choice = Choice::new(wanted.clone());
            let try_open = |device: Option<&str>, pieces: Pieces| {
                open(&find(direction, device)?, ring.clone(), broken.clone(), pieces)
            };
            match try_open(wanted.as_deref(), Pieces::default()) {
                Ok(stream) => {
                    let _ = opened.send(Ok(()));
                    choice.opened(wanted);
                    keep(direction, choice, stream, &wakes, try_open);
                }
                Err(error) => {
                    let _ = opened.send(Err(error));
                }
            }
        });
        thread.map_err(|e| unusable(&e))?;
        wait.recv().map_err(|e| unusable(&e))??;
        Ok(Self(wake))
    }
}

impl Drop for Keeper {
    fn drop(&mut self) {
        // The thread may have ended.
        let _ = self.0.send(Wake::End);
    }
}

fn keep(
    direction: Direction,
    mut choice: Choice,
    stream: Stream,
    wakes: &Receiver<Wake>,
    try_open: impl Fn(Option<&str>, Pieces) -> Result<Stream>,
) {
    let mut stream = Some(stream);
    let (mut opened_at, mut pieces) = (Instant::now(), Pieces::default());
    loop {
        match wakes.recv_timeout(LOOK_EVERY) {
            Ok(Wake::Lost) if stream.is_some() => {
                tracing::warn!(?direction, "the sound device broke off; it is opened again, or another");
                stream = None;
                choice.lost();
                pieces = pieces.after(opened_at.elapsed());
                // What breaks again and again is not opened again at once.
                if pieces.milliseconds().is_none() {
                    continue;
                }
            }
            // More words of the stream that was closed already.
            Ok(Wake::Lost) => {}
            Err(RecvTimeoutError::Timeout) if !choice.is_makeshift() => continue,
            Err(RecvTimeoutError::Timeout) => {}
            Ok(Wake::End) | Err(RecvTimeoutError::Disconnected) => return,
        }
        if let Step::Open(device) = choice.look(&present(direction)) {
            // Most systems open a device only once.
            drop(stream.take());
            match try_open(device.as_deref(), pieces) {
                Ok(opened) => {
                    stream = Some(opened);
                    opened_at = Instant::now();
                    let makeshift = device.is_none();
                    choice.opened(device);
                    tracing::info!(?direction, usual = makeshift, "sound again");
                }
                Err(error) => {
                    choice.lost();
                    tracing::debug!(%error, "no sound device yet");
                }
            }
        }
    }
}

fn present(direction: Direction) -> Vec<String> {
    let Ok(devices) = cpal::default_host().devices() else { return Vec::new() };
    devices
        .filter(|device| !is_void(device) && direction.suits(device))
        .filter_map(|device| name(&device))
        .collect()
}

fn find(direction: Direction, wanted: Option<&str>) -> Result<Device> {
    let host = cpal::default_host();
    let Some(wanted) = wanted else {
        let usual = match direction {
            Direction::Microphone => host.default_input_device(),
            Direction::Loudspeaker => host.default_output_device(),
        };
        return usual
            .filter(|device| !is_void(device))
            .ok_or_else(|| ClientError::Device(NO_DEVICE.to_owned()));
    };
    let mut devices = host.devices().map_err(|e| unusable(&e))?;
    devices.find(|device| name(device).as_deref() == Some(wanted) && direction.suits(device)).ok_or_else(
        || {
            ClientError::Device(format!(
                "there is no such device as '{wanted}'. 'dragoman-client devices' lists them"
            ))
        },
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_device_that_complains_without_end_is_given_up_and_one_that_does_now_and_then_is_not() {
        let begun = Instant::now();
        let mut rare = Complaints::default();
        assert!((0..1_000).all(|n| !rare.are_too_many(begun + Duration::from_millis(100 * n))));
        let mut endless = Complaints::default();
        assert!((0..100).any(|n| endless.are_too_many(begun + Duration::from_millis(n))));
    }

    #[test]
    fn a_device_that_breaks_soon_gets_longer_pieces_and_one_that_is_unplugged_does_not() {
        let mut pieces = Pieces::default();
        let mut tried = Vec::new();
        for _ in 0..6 {
            tried.push(pieces.milliseconds());
            pieces = pieces.after(Duration::from_secs(1));
        }
        assert_eq!(tried, [Some(10), Some(20), Some(40), Some(80), None, None]);
        assert_eq!(Pieces::default().after(Duration::from_secs(600)), Pieces::default());
    }
}
