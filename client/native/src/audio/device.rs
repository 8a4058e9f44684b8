//! Microphone and loudspeaker of this machine, through cpal.
//!
//! A device's stream lives on a thread of its own, because on some systems it must not change threads. Between it and
//! the call is a ring of bounded length: when it is full, the oldest sound is dropped, so delay can not pile up.

use std::collections::VecDeque;
use std::fmt;
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};

use cpal::traits::{DeviceTrait as _, HostTrait as _, StreamTrait as _};
use cpal::{Device, FromSample, Host, SampleFormat, SizedSample, Stream, SupportedStreamConfig};
use serde::Serialize;

use super::{FRAME, SAMPLE_RATE, StreamResampler};
use crate::error::{ClientError, Result};

/// Longest sound that waits between device and call: 200 ms.
const RING: usize = SAMPLE_RATE as usize / 5;
/// What is said where a machine has no sound.
const NO_DEVICE: &str = "this machine has no sound device that can be used. Connect one, or use --play and --record with sound files";

/// A sound device.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct DeviceInfo {
    /// Its name, for `--input` and `--output`.
    pub name: String,
    /// It has a microphone.
    pub input: bool,
    /// It has a loudspeaker.
    pub output: bool,
    /// It is used where no other is named.
    pub is_default: bool,
}

/// Lists the sound devices.
///
/// # Errors
/// [`ClientError::Device`] with a sentence for people if there are none.
pub fn list() -> Result<Vec<DeviceInfo>> {
    let host = cpal::default_host();
    let defaults = [host.default_input_device(), host.default_output_device()];
    let defaults: Vec<String> = defaults.into_iter().flatten().filter_map(|device| name(&device)).collect();
    let devices = host.devices().map_err(|_| ClientError::Device(NO_DEVICE.to_owned()))?;
    let found: Vec<DeviceInfo> = devices
        .filter(|device| !is_void(device))
        .filter_map(|device| {
            let name = name(&device)?;
            let (input, output) = (device.supports_input(), device.supports_output());
            let is_default = defaults.contains(&name);
            (input || output).then_some(DeviceInfo { name, input, output, is_default })
        })
        .collect();
    if found.is_empty() {
        return Err(ClientError::Device(NO_DEVICE.to_owned()));
    }
    Ok(found)
}

/// A microphone, 48 kHz mono.
pub struct Microphone {
    ring: Ring,
    _keeper: Keeper,
}

/// A loudspeaker, 48 kHz mono.
pub struct Loudspeaker {
    ring: Ring,
    _keeper: Keeper,
}

impl Microphone {
    /// Opens the microphone with that name, or the usual one.
    ///
    /// # Errors
    /// [`ClientError::Device`] with a sentence for people.
    pub fn open(name: Option<&str>) -> Result<Self> {
        let ring = Ring::default();
        let for_stream = ring.clone();
        let wanted = name.map(str::to_owned);
        let keeper = keep(move || {
            let host = cpal::default_host();
            let device = find(&host, wanted.as_deref(), Host::default_input_device, |d| d.supports_input())?;
            let config = device.default_input_config().map_err(|e| unusable(&e))?;
            with_format!(config.sample_format(), record, (&device, &config, for_stream))
        })?;
        Ok(Self { ring, _keeper: keeper })
    }

    /// The next 20 ms; what the device has not delivered yet is silence.
    pub(crate) fn fill(&mut self, frame: &mut [f32; FRAME]) {
        self.ring.pop(frame);
    }
}

impl Loudspeaker {
    /// Opens the loudspeaker with that name, or the usual one.
    ///
    /// # Errors
    /// [`ClientError::Device`] with a sentence for people.
    pub fn open(name: Option<&str>) -> Result<Self> {
        let ring = Ring::default();
        let for_stream = ring.clone();
        let wanted = name.map(str::to_owned);
        let keeper = keep(move || {
            let host = cpal::default_host();
            let device =
                find(&host, wanted.as_deref(), Host::default_output_device, |d| d.supports_output())?;
            let config = device.default_output_config().map_err(|e| unusable(&e))?;
            with_format!(config.sample_format(), play, (&device, &config, for_stream))
        })?;
        Ok(Self { ring, _keeper: keeper })
    }

    pub(crate) fn play(&mut self, samples: &[f32]) {
        self.ring.push(samples);
    }
}

impl fmt::Debug for Microphone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Microphone").finish_non_exhaustive()
    }
}

impl fmt::Debug for Loudspeaker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Loudspeaker").finish_non_exhaustive()
    }
}

/// Sound between two threads. When full, the oldest is dropped.
#[derive(Clone, Default)]
struct Ring(Arc<Mutex<VecDeque<f32>>>);

impl Ring {
    fn push(&self, samples: &[f32]) {
        let mut ring = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        ring.extend(samples);
        let excess = ring.len().saturating_sub(RING);
        ring.drain(..excess);
    }

    fn pop(&self, into: &mut [f32]) {
        let mut ring = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for to in into {
            *to = ring.pop_front().unwrap_or(0.0);
        }
    }
}

/// Keeps a device's thread, and its stream, until it is dropped.
struct Keeper(#[expect(dead_code, reason = "dropping it ends the thread")] Sender<()>);

fn keep(open: impl FnOnce() -> Result<Stream> + Send + 'static) -> Result<Keeper> {
    let (keeper, until_dropped) = channel::<()>();
    let (opened, wait) = channel();
    std::thread::Builder::new()
        .name("sound".into())
        .spawn(move || match open() {
            Ok(_stream) => {
                let _ = opened.send(Ok(()));
                let _ = until_dropped.recv();
            }
            Err(error) => {
                let _ = opened.send(Err(error));
            }
        })
        .map_err(|e| unusable(&e))?;
    wait.recv().map_err(|e| unusable(&e))??;
    Ok(Keeper(keeper))
}

fn find(
    host: &Host,
    wanted: Option<&str>,
    usual: impl FnOnce(&Host) -> Option<Device>,
    suits: impl Fn(&Device) -> bool,
) -> Result<Device> {
    let Some(wanted) = wanted else {
        let usual = usual(host).filter(|device| !is_void(device));
        return usual.ok_or_else(|| ClientError::Device(NO_DEVICE.to_owned()));
    };
    let mut devices = host.devices().map_err(|e| unusable(&e))?;
    devices.find(|device| name(device).as_deref() == Some(wanted) && suits(device)).ok_or_else(|| {
        ClientError::Device(format!(
            "there is no such device as '{wanted}'. 'dragoman-client devices' lists them"
        ))
    })
}

fn name(device: &Device) -> Option<String> {
    device.description().ok().map(|description| description.name().to_owned())
}

/// ALSA's `null`, which is on every Linux machine and is no device.
fn is_void(device: &Device) -> bool {
    device.id().is_ok_and(|id| id.id() == "null")
}

fn unusable(error: &dyn fmt::Display) -> ClientError {
    ClientError::Device(format!("the sound device can not be used: {error}. Is another program using it?"))
}

/// Devices deliver samples in one of these forms.
macro_rules! with_format {
    ($format:expr, $function:ident, ($($argument:expr),*)) => {
        match $format {
            SampleFormat::F32 => $function::<f32>($($argument),*),
            SampleFormat::I16 => $function::<i16>($($argument),*),
            SampleFormat::I32 => $function::<i32>($($argument),*),
            SampleFormat::U16 => $function::<u16>($($argument),*),
            SampleFormat::U8 => $function::<u8>($($argument),*),
            other => Err(ClientError::Device(format!("the sound device delivers {other:?}, which is not understood"))),
        }
    };
}
use with_format;

fn record<T: SizedSample>(device: &Device, config: &SupportedStreamConfig, ring: Ring) -> Result<Stream>
where
    f32: FromSample<T>,
{
    let channels = usize::from(config.channels().max(1));
    let mut resampler = StreamResampler::new(config.sample_rate(), SAMPLE_RATE)?;
    let mut mono = Vec::new();
    let stream = device.build_input_stream(
        config.config(),
        move |data: &[T], _: &_| {
            mono.clear();
            mono.extend(data.chunks(channels).map(|frame| {
                frame.iter().map(|sample| sample.to_sample::<f32>()).sum::<f32>() / channels as f32
            }));
            resampler.push(&mono, |ready| ring.push(ready));
        },
        |error| tracing::warn!(%error, "microphone"),
        None,
    );
    begin(stream)
}

fn play<T: SizedSample + FromSample<f32>>(
    device: &Device,
    config: &SupportedStreamConfig,
    ring: Ring,
) -> Result<Stream> {
    let channels = usize::from(config.channels().max(1));
    let rate = config.sample_rate();
    let mut resampler = StreamResampler::new(SAMPLE_RATE, rate)?;
    let mut ready: VecDeque<f32> = VecDeque::new();
    let stream = device.build_output_stream(
        config.config(),
        move |data: &mut [T], _: &_| {
            let wanted = data.len() / channels;
            let mut piece = [0.0; FRAME / 2];
            while ready.len() < wanted {
                ring.pop(&mut piece);
                resampler.push(&piece, |made| ready.extend(made));
            }
            for frame in data.chunks_mut(channels) {
                frame.fill(T::from_sample(ready.pop_front().unwrap_or(0.0)));
            }
        },
        |error| tracing::warn!(%error, "loudspeaker"),
        None,
    );
    begin(stream)
}

fn begin(stream: std::result::Result<Stream, cpal::Error>) -> Result<Stream> {
    let stream = stream.map_err(|e| unusable(&e))?;
    stream.play().map_err(|e| unusable(&e))?;
    Ok(stream)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_ring_drops_the_oldest_sound() {
        let ring = Ring::default();
        ring.push(&vec![0.1; RING]);
        ring.push(&[0.2; 10]);
        let mut all = vec![0.0; RING + 5];
        ring.pop(&mut all);
        assert_eq!((all[RING - 11], all[RING - 10], all[RING]), (0.1, 0.2, 0.0));
    }

    #[test]
    fn a_machine_without_sound_says_so() {
        match list() {
            Ok(devices) => assert!(!devices.is_empty()),
            Err(error) => assert!(error.to_string().contains("--play"), "{error}"),
        }
    }
}
