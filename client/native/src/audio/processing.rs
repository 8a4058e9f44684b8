//! What makes a room with a loudspeaker fit for a call: echo cancellation, noise suppression, gain control.
//!
//! The work is done by `sonora`, a port of WebRTC's audio processing (AEC3, the noise suppressor, AGC2). It takes
//! pieces of 10 ms; a frame of a call is two. The order matters: what goes to the loudspeaker is handed to
//! [`Processing::played`] before its echo can be in what the microphone brings to [`Processing::captured`].

use std::fmt;

use sonora::config::{
    AdaptiveDigital, EchoCanceller, GainController2, HighPassFilter, MaxProcessingRate, NoiseSuppression,
    Pipeline,
};
use sonora::{AudioProcessing, Config, StreamConfig};

use super::{FRAME, SAMPLE_RATE};

/// 10 ms at [`SAMPLE_RATE`], what the library takes at once.
const PIECE: usize = FRAME / 2;
/// A microphone in the middle of a table is this much too quiet at most. More would lift the room's noise.
const MAX_GAIN_DB: f32 = 24.0;
/// Before anybody has spoken.
const FIRST_GAIN_DB: f32 = 6.0;
/// Longest time from loudspeaker to microphone that the library takes, in milliseconds.
const MAX_DELAY_MS: u64 = 500;

/// Which parts work.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ProcessingOptions {
    /// Takes what the loudspeaker plays out of what the microphone hears.
    pub echo: bool,
    /// Takes out steady noise: fans, traffic.
    pub noise: bool,
    /// Brings a quiet voice to the usual level, and holds a loud one below clipping.
    pub gain: bool,
}

impl Default for ProcessingOptions {
    fn default() -> Self {
        Self { echo: true, noise: true, gain: true }
    }
}

/// See the module's page.
pub struct Processing {
    inner: AudioProcessing,
}

impl Processing {
    /// For 48 kHz, mono.
    pub fn new(options: ProcessingOptions) -> Self {
        let ProcessingOptions { echo, noise, gain } = options;
        let adaptive = AdaptiveDigital {
            max_gain_db: MAX_GAIN_DB,
            initial_gain_db: FIRST_GAIN_DB,
            ..Default::default()
        };
        let config = Config {
            pipeline: Pipeline {
                maximum_internal_processing_rate: MaxProcessingRate::Rate48kHz,
                ..Default::default()
            },
            high_pass_filter: (echo || noise).then(HighPassFilter::default),
            echo_canceller: echo.then(EchoCanceller::default),
            noise_suppression: noise.then(NoiseSuppression::default),
            gain_controller2: gain
                .then(|| GainController2 { adaptive_digital: Some(adaptive), ..Default::default() }),
            ..Default::default()
        };
        let stream = StreamConfig::new(SAMPLE_RATE, 1);
        let inner =
            AudioProcessing::builder().config(config).capture_config(stream).render_config(stream).build();
        Self { inner }
    }

    /// Takes the frame that goes to the loudspeaker. It is not changed.
    pub fn played(&mut self, frame: &[f32; FRAME]) {
        let mut unused = [0.0; PIECE];
        for piece in frame.chunks_exact(PIECE) {
            if let Err(error) = self.inner.process_render_f32(&[piece], &mut [&mut unused]) {
                tracing::warn!(?error, "what is played could not be taken as the reference");
            }
        }
    }

    /// Cleans the frame that came from the microphone. What was played now is heard by it after `delay_ms`, as far as
    /// the devices tell; the library finds the rest by itself.
    pub fn captured(&mut self, frame: &mut [f32; FRAME], delay_ms: u64) {
        let delay = i32::try_from(delay_ms.min(MAX_DELAY_MS)).unwrap_or(0);
        for piece in frame.chunks_exact_mut(PIECE) {
            let mut heard = [0.0; PIECE];
            heard.copy_from_slice(piece);
            // It is only out of range beyond `MAX_DELAY_MS`.
            let _ = self.inner.set_stream_delay_ms(delay);
            if let Err(error) = self.inner.process_capture_f32(&[&heard], &mut [piece]) {
                tracing::warn!(?error, "what the microphone brought could not be cleaned");
            }
        }
    }
}

impl fmt::Debug for Processing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Processing").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn with_nothing_switched_on_the_sound_is_left_as_it_is() {
        let options = ProcessingOptions { echo: false, noise: false, gain: false };
        let mut processing = Processing::new(options);
        for n in 0..50_usize {
            let spoken: [f32; FRAME] = std::array::from_fn(|i| 0.3 * ((n * FRAME + i) as f32 * 0.02).sin());
            let mut frame = spoken;
            processing.played(&[0.5; FRAME]);
            processing.captured(&mut frame, 10_000);
            assert!(frame.iter().zip(&spoken).all(|(a, b)| (a - b).abs() < 1e-3));
        }
    }

    #[test]
    fn a_quiet_voice_is_lifted_and_nothing_clips() {
        let options = ProcessingOptions { echo: false, noise: false, gain: true };
        for loudness in [0.02_f32, 4.0] {
            let mut processing = Processing::new(options);
            let mut loudest = 0.0_f32;
            for n in 0..500_usize {
                // Something like a voice: a buzz of 120 Hz whose loudness comes and goes.
                let mut frame: [f32; FRAME] = std::array::from_fn(|i| {
                    let t = (n * FRAME + i) as f32 / SAMPLE_RATE as f32;
                    let buzz: f32 = (1..20)
                        .map(|k| (t * 120.0 * std::f32::consts::TAU * k as f32).sin() / k as f32)
                        .sum();
                    loudness * 0.5 * buzz * (t * 4.0 * std::f32::consts::TAU).sin().max(0.0)
                });
                processing.captured(&mut frame, 0);
                if n > 400 {
                    loudest = frame.iter().fold(loudest, |peak, sample| peak.max(sample.abs()));
                }
            }
            assert!(loudest <= 1.0 && loudest > 0.03, "{loudness}: {loudest}");
        }
    }
}
