//! Keeps a device's stream open, on a thread of its own because on some systems a stream must not change threads. A
//! device that is unplugged ends no call: the usual one stands in, and the one that was asked for is taken again when it
//! is back.

use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::Duration;

use cpal::traits::{DeviceTrait as _, HostTrait as _};
use cpal::{Device, ErrorKind, Stream};

use super::choice::{Choice, Step};
use super::device::{NO_DEVICE, is_void, name, unusable};
use super::ring::Ring;
use crate::error::{ClientError, Result};

/// How often a missing device is looked for.
const LOOK_EVERY: Duration = Duration::from_secs(2);

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
pub(super) type Open = fn(&Device, Ring, Broken) -> Result<Stream>;

/// Told by a stream that its device is gone.
#[derive(Clone, Debug)]
pub(super) struct Broken(Sender<Wake>);

#[derive(Debug)]
enum Wake {
    Lost,
    End,
}

impl Broken {
    /// Judges what a stream says of itself; also harmless things are said.
    pub(super) fn tell(&self, error: &cpal::Error) {
        match error.kind() {
            ErrorKind::DeviceNotAvailable | ErrorKind::StreamInvalidated | ErrorKind::HostUnavailable => {
                // The keeper may have ended.
                let _ = self.0.send(Wake::Lost);
            }
            kind => tracing::debug!(?kind, "the sound device says"),
        }
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
        let broken = Broken(wake.clone());
        let thread = std::thread::Builder::new().name("sound".into()).spawn(move || {
            let mut choice = Choice::new(wanted.clone());
            let try_open =
                |device: Option<&str>| open(&find(direction, device)?, ring.clone(), broken.clone());
            match try_open(wanted.as_deref()) {
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
    try_open: impl Fn(Option<&str>) -> Result<Stream>,
) {
    let mut stream = Some(stream);
    loop {
        match wakes.recv_timeout(LOOK_EVERY) {
            Ok(Wake::Lost) if stream.is_some() => {
                tracing::warn!(?direction, "the sound device is gone; the call goes on without it");
                stream = None;
                choice.lost();
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
            match try_open(device.as_deref()) {
                Ok(opened) => {
                    stream = Some(opened);
                    let makeshift = device.is_none();
                    choice.opened(device);
                    tracing::info!(?direction, usual = makeshift, "a sound device is there again");
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
