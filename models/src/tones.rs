//! Music, a ringing telephone and beeps are tones that stand still; a voice never does. A model writes words for them all the
//! same, so they are kept from it.

use rustfft::FftPlanner;
use rustfft::num_complex::Complex;

/// 64 ms at 16 kHz.
const WINDOW: usize = 1_024;
/// Two spectra that are held against each other have no sample in common.
const APART: usize = WINDOW + WINDOW / 2;
/// Spectra of tones are as like as this, in the median. The error rates of the small model's held-out phrases are the same
/// with this and without.
const LEAST_LIKENESS: f32 = 0.97;
/// Only where there is something to hear: -50 dBFS.
const LEAST_LOUDNESS: f32 = 0.003;

/// Whether a clip (16 kHz, mono) is tones and no voice.
pub(crate) fn is_tones(samples: &[f32]) -> bool {
    likeness(samples).is_some_and(|likeness| likeness >= LEAST_LIKENESS)
}

/// The median likeness (cosine) of the spectra of two moments 96 ms apart; `None` for a clip that is too short or silent.
fn likeness(samples: &[f32]) -> Option<f32> {
    let fft = FftPlanner::new().plan_fft_forward(WINDOW);
    let spectrum = |window: &[f32]| {
        let loudness = (window.iter().map(|sample| sample * sample).sum::<f32>() / WINDOW as f32).sqrt();
        let hann = |n: usize| 0.5 - 0.5 * (std::f32::consts::TAU * n as f32 / WINDOW as f32).cos();
        let mut bins: Vec<Complex<f32>> =
            window.iter().enumerate().map(|(n, sample)| Complex::new(sample * hann(n), 0.0)).collect();
        fft.process(&mut bins);
        (loudness, bins[..WINDOW / 2].iter().map(|bin| bin.norm()).collect::<Vec<f32>>())
    };
    let moments = samples.windows(WINDOW).step_by(WINDOW / 2).map(spectrum).collect::<Vec<_>>();
    let apart = APART / (WINDOW / 2);
    let mut all: Vec<f32> = moments
        .iter()
        .zip(moments.iter().skip(apart))
        .filter(|((one, _), (other, _))| one.min(*other) > LEAST_LOUDNESS)
        .map(|((_, one), (_, other))| cosine(one, other))
        .collect();
    if all.len() < 3 {
        return None;
    }
    let middle = all.len() / 2;
    Some(*all.select_nth_unstable_by(middle, f32::total_cmp).1)
}

fn cosine(one: &[f32], other: &[f32]) -> f32 {
    let dot = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f32>();
    dot(one, other) / (dot(one, one) * dot(other, other)).sqrt().max(f32::MIN_POSITIVE)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn samples(seconds: f32, of: impl FnMut(f32) -> f32) -> Vec<f32> {
        (0..(seconds * 16_000.0) as usize).map(|n| n as f32 / 16_000.0).map(of).collect()
    }

    #[test]
    fn a_beep_is_tones_and_noise_silence_and_a_gliding_pitch_are_not() {
        let beep = samples(2.0, |t| 0.3 * (std::f32::consts::TAU * 880.0 * t).sin());
        assert!(is_tones(&beep), "{:?}", likeness(&beep));
        // As a telephone rings: two tones, one second of four.
        let ring =
            samples(4.0, |t| if t < 1.0 { 0.2 * ((2_765.0 * t).sin() + (3_016.0 * t).sin()) } else { 0.0 });
        assert!(is_tones(&ring), "{:?}", likeness(&ring));
        assert_eq!(likeness(&samples(2.0, |_| 0.0)), None);
        assert_eq!(likeness(&beep[..1_500]), None);
        let mut state = 1_u32;
        let noise = samples(2.0, |_| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 8) as f32 / (1 << 24) as f32 - 0.5
        });
        assert!(!is_tones(&noise), "{:?}", likeness(&noise));
        // A voice's pitch, 120 Hz and 20 % up and down twice a second, with ten harmonics.
        let glide = samples(2.0, |t| {
            let phase = std::f32::consts::TAU
                * 120.0
                * (t - 0.2 / (4.0 * std::f32::consts::PI) * (2.0 * std::f32::consts::TAU * t).cos());
            (1..=10).map(|k| 0.05 * (k as f32 * phase).sin()).sum()
        });
        assert!(!is_tones(&glide), "{:?}", likeness(&glide));
    }
}
