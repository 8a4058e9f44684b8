//! Microphone and loudspeaker of this machine, through cpal. `keeper` keeps the device open, and between it and the call
//! is a `ring`.

use std::collections::VecDeque;
use std::fmt;

use cpal::traits::{DeviceTrait as _, HostTrait as _, StreamTrait as _};
use cpal::{
    BufferSize, Device, FromSample, SampleFormat, SizedSample, Stream, StreamConfig, SupportedBufferSize,
    SupportedStreamConfig,
};
use serde::Serialize;

use super::keeper::{Broken, Direction, Keeper, Pieces};
use super::ring::Ring;
use super::{FRAME, SAMPLE_RATE, StreamResampler};
use crate::error::{ClientError, Result};

/// What is said where a machine has no sound.
pub(super) const NO_DEVICE: &str = "this machine has no sound device that can be used. Connect one, or use --play and --record with sound files";

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
        let keeper =
            Keeper::new(Direction::Microphone, name, ring.clone(), |device, ring, broken, pieces| {
                let config = device.default_input_config().map_err(|e| unusable(&e))?;
                with_format!(
                    config.sample_format(),
                    record,
                    (device, &in_pieces(&config, pieces), ring, broken)
                )
            })?;
        Ok(Self { ring, _keeper: keeper })
    }

    /// Milliseconds of sound that wait in the ring.
    pub(crate) fn waiting_ms(&self) -> u64 {
        self.ring.waiting_ms()
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
        let keeper =
            Keeper::new(Direction::Loudspeaker, name, ring.clone(), |device, ring, broken, pieces| {
                let config = device.default_output_config().map_err(|e| unusable(&e))?;
                with_format!(
                    config.sample_format(),
                    play,
                    (device, &in_pieces(&config, pieces), ring, broken)
                )
            })?;
        Ok(Self { ring, _keeper: keeper })
    }

    /// Milliseconds of sound that wait in the ring.
    pub(crate) fn waiting_ms(&self) -> u64 {
        self.ring.waiting_ms()
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

pub(super) fn name(device: &Device) -> Option<String> {
    device.description().ok().map(|description| description.name().to_owned())
}

/// ALSA's `null`, which is on every Linux machine and is no device.
pub(super) fn is_void(device: &Device) -> bool {
    device.id().is_ok_and(|id| id.id() == "null")
}

pub(super) fn unusable(error: &dyn fmt::Display) -> ClientError {
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

fn record<T: SizedSample>(
    device: &Device,
    config: &StreamConfig,
    ring: Ring,
    mut broken: Broken,
) -> Result<Stream>
where
    f32: FromSample<T>,
{
    let channels = usize::from(config.channels.max(1));
    let mut resampler = StreamResampler::adjustable(config.sample_rate, SAMPLE_RATE)?;
    let mut mono = Vec::new();
    let stream = device.build_input_stream(
        *config,
        move |data: &[T], _: &_| {
            mono.clear();
            mono.extend(data.chunks(channels).map(|frame| {
                sane(frame.iter().map(|sample| sample.to_sample::<f32>()).sum::<f32>() / channels as f32)
            }));
            resampler.set_ratio(ring.ratio());
            resampler.push(&mono, |ready| ring.push(ready));
        },
        move |error| broken.tell(&error),
        None,
    );
    begin(stream)
}

/// Drivers deliver what they like; one sample that is no number would silence everything that remembers it.
fn sane(sample: f32) -> f32 {
    if sample.is_finite() { sample.clamp(-1.0, 1.0) } else { 0.0 }
}

fn play<T: SizedSample + FromSample<f32>>(
    device: &Device,
    config: &StreamConfig,
    ring: Ring,
    mut broken: Broken,
) -> Result<Stream> {
    let channels = usize::from(config.channels.max(1));
    let mut resampler = StreamResampler::adjustable(SAMPLE_RATE, config.sample_rate)?;
    let mut ready: VecDeque<f32> = VecDeque::new();
    let stream = device.build_output_stream(
        *config,
        move |data: &mut [T], _: &_| {
            let wanted = data.len() / channels;
            resampler.set_ratio(ring.ratio());
            let mut piece = [0.0; FRAME / 2];
            while ready.len() < wanted {
                ring.pop(&mut piece);
                resampler.push(&piece, |made| ready.extend(made));
            }
            for frame in data.chunks_mut(channels) {
                frame.fill(T::from_sample(ready.pop_front().unwrap_or(0.0)));
            }
        },
        move |error| broken.tell(&error),
        None,
    );
    begin(stream)
}

/// The usual settings of the device, but in such pieces where it can. Many would take a tenth of a second by themselves.
fn in_pieces(config: &SupportedStreamConfig, pieces: Pieces) -> StreamConfig {
    let buffer_size = match (config.buffer_size(), pieces.milliseconds()) {
        (SupportedBufferSize::Range { min, max }, Some(milliseconds)) if min <= max => {
            BufferSize::Fixed((config.sample_rate() / 1_000 * milliseconds).clamp(*min, *max))
        }
        _ => BufferSize::Default,
    };
    StreamConfig { buffer_size, ..config.config() }
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
    fn what_is_no_sound_is_silence() {
        assert_eq!([f32::NAN, f32::INFINITY, -7.0, 0.5].map(sane), [0.0, 0.0, -1.0, 0.5]);
    }

    #[test]
    fn a_machine_without_sound_says_so() {
        match list() {
            Ok(devices) => assert!(!devices.is_empty()),
            Err(error) => assert!(error.to_string().contains("--play"), "{error}"),
        }
    }
}
