//! How like what was played is what was recorded, and how much later.

use std::ops::Range;

use rustfft::FftPlanner;
use rustfft::num_complex::Complex;

/// The best alignment of two sounds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Alignment {
    /// Normalised cross-correlation there: 1 is the same shape, 0 unrelated.
    pub correlation: f64,
    /// By how many samples `recorded` is later than `played`.
    pub lag: i64,
}

/// Finds where `recorded` is most like `played`, by the cross-correlation of the whole (through the Fourier transform).
pub fn align(played: &[f32], recorded: &[f32]) -> Alignment {
    let length = (played.len() + recorded.len()).next_power_of_two().max(2);
    let mut planner = FftPlanner::<f64>::new();
    let spectrum = |samples: &[f32], planner: &mut FftPlanner<f64>| {
        let mut buffer: Vec<Complex<f64>> =
            samples.iter().map(|s| Complex::new(f64::from(*s), 0.0)).collect();
        buffer.resize(length, Complex::default());
        planner.plan_fft_forward(length).process(&mut buffer);
        buffer
    };
    let (of_played, of_recorded) = (spectrum(played, &mut planner), spectrum(recorded, &mut planner));
    let mut product: Vec<Complex<f64>> =
        of_played.iter().zip(&of_recorded).map(|(a, b)| a.conj() * b).collect();
    planner.plan_fft_inverse(length).process(&mut product);
    let best = product.iter().enumerate().max_by(|(_, a), (_, b)| a.re.total_cmp(&b.re));
    let (index, peak) = best.map_or((0, 0.0), |(index, value)| (index, value.re / length as f64));
    let energy = |samples: &[f32]| samples.iter().map(|s| f64::from(*s).powi(2)).sum::<f64>();
    let scale = (energy(played) * energy(recorded)).sqrt();
    let lag = if index > length / 2 { index as i64 - length as i64 } else { index as i64 };
    Alignment { correlation: if scale > 0.0 { peak / scale } else { 0.0 }, lag }
}

/// How like each piece of `piece` samples of a turn is to what was recorded of it, which is looked for `later` by so many
/// samples, with the piece's energy. The jitter buffer makes speech longer and shorter, so that a whole phrase has no one delay.
pub fn pieces(
    played: &[f32],
    turn: &Range<usize>,
    recorded: &[f32],
    piece: usize,
    later: Range<i64>,
) -> Vec<(f64, f64)> {
    let place = |at: i64| usize::try_from(at).unwrap_or(0).min(recorded.len());
    let of_piece = |begin: usize| {
        let said = &played[begin..begin + piece];
        let near = &recorded[place(begin as i64 + later.start)..place((begin + piece) as i64 + later.end)];
        let lag = usize::try_from(align(said, near).lag).unwrap_or(0).min(near.len());
        // Held against that piece alone, not against all that was searched.
        let alike = align(said, &near[lag..(lag + piece).min(near.len())]).correlation;
        (alike, said.iter().map(|sample| f64::from(*sample).powi(2)).sum())
    };
    (turn.start..turn.end.saturating_sub(piece)).step_by(piece).map(of_piece).collect()
}

/// How like all pieces are together, each by its energy: what is missing counts as much as if the whole were held against the
/// whole.
pub fn together(pieces: &[(f64, f64)]) -> f64 {
    let energy: f64 = pieces.iter().map(|(_, energy)| energy).sum();
    let alike: f64 = pieces.iter().map(|(alike, energy)| alike * energy).sum();
    if energy > 0.0 { alike / energy } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_delayed_copy_is_found_and_something_else_is_not() {
        let played: Vec<f32> = (0..4_000_u32).map(|n| ((n * n) as f32 * 0.001).sin()).collect();
        let mut recorded = vec![0.0; 130];
        recorded.extend(played.iter().map(|sample| sample * 0.3));
        let found = align(&played, &recorded);
        assert_eq!(found.lag, 130);
        assert!(found.correlation > 0.999);
        let other: Vec<f32> = (0..4_000_u32).map(|n| (n as f32 * 0.7).cos()).collect();
        assert!(align(&played, &other).correlation < 0.3);
        assert_eq!(align(&played, &[0.0; 100]).correlation, 0.0);
    }

    #[test]
    fn pieces_bear_a_delay_that_changes_and_not_what_is_missing() {
        let mut noise = 1_u32;
        let mut random = || {
            noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            noise as f32 / u32::MAX as f32 - 0.5
        };
        let played: Vec<f32> = (0..8_000).map(|_| random()).collect();
        let later = |from: &[f32], by: usize| [vec![0.0; by], from.to_vec()].concat();
        let alike = |recorded: &[f32]| together(&pieces(&played, &(0..8_000), recorded, 1_000, -200..200));
        let mut jumps = later(&played[..4_000], 50);
        jumps.extend(later(&played[4_000..], 30));
        assert!(align(&played, &jumps).correlation < 0.8, "the whole has no one delay");
        assert!(alike(&jumps) > 0.9, "{}", alike(&jumps));
        let mut silent = played.clone();
        silent[2_000..4_000].fill(0.0);
        assert!(alike(&silent) < 0.8, "a quarter is missing: {}", alike(&silent));
    }
}
