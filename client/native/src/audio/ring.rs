//! Sound between a sound card and a call, which have two clocks: how much waits there is kept small and steady by
//! making the sound longer or shorter by less than anybody hears.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use super::SAMPLE_RATE;

/// Longest sound that waits: 200 ms. Beyond it the oldest is dropped.
const MOST: usize = SAMPLE_RATE as usize / 5;
/// What should still be there after sound was taken: 10 ms, against the unsteadiness of either side.
const SPARE: usize = SAMPLE_RATE as usize / 100;
/// So much beyond [`SPARE`] that never was needed is dropped at once: 40 ms.
const TOO_MUCH: usize = SAMPLE_RATE as usize / 25;
/// The least that waited is judged once in so many samples: every second.
const JUDGED_EVERY: usize = SAMPLE_RATE as usize;
/// An error is corrected within so many seconds.
const WITHIN_SECONDS: f64 = 10.0;
/// The most that pitch and tempo are changed: 0.3 %, a twentieth of a semitone. Clocks of cards differ by a tenth of it.
const MOST_CHANGE: f64 = 0.003;

/// See the module's page. Clones are the same ring.
#[derive(Clone, Debug, Default)]
pub(super) struct Ring(Arc<Mutex<State>>);

#[derive(Debug)]
struct State {
    samples: VecDeque<f32>,
    /// Waiting until there is enough to go on without a gap.
    filling: bool,
    least: usize,
    taken: usize,
    ratio: f64,
}

impl Default for State {
    fn default() -> Self {
        Self { samples: VecDeque::new(), filling: true, least: usize::MAX, taken: 0, ratio: 1.0 }
    }
}

impl Ring {
    /// Adds sound. When full, the oldest is dropped.
    pub(super) fn push(&self, samples: &[f32]) {
        let mut state = self.lock();
        state.samples.extend(samples);
        let excess = state.samples.len().saturating_sub(MOST);
        state.samples.drain(..excess);
    }

    /// Takes sound; what is not there is silence.
    pub(super) fn pop(&self, into: &mut [f32]) {
        let mut state = self.lock();
        if state.filling && state.samples.len() < into.len() + SPARE {
            return into.fill(0.0);
        }
        state.filling = state.samples.len() < into.len();
        for to in into.iter_mut() {
            *to = state.samples.pop_front().unwrap_or(0.0);
        }
        state.judge(into.len());
    }

    /// By which the resampler's ratio (samples out for samples in) is to be multiplied.
    pub(super) fn ratio(&self) -> f64 {
        self.lock().ratio
    }

    /// How long what is pushed now waits, in milliseconds.
    pub(super) fn waiting_ms(&self) -> u64 {
        self.lock().samples.len() as u64 * 1_000 / u64::from(SAMPLE_RATE)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn judge(&mut self, taken: usize) {
        self.least = self.least.min(self.samples.len());
        self.taken += taken;
        if self.taken < JUDGED_EVERY {
            return;
        }
        let spare = self.least.saturating_sub(SPARE);
        if spare > TOO_MUCH {
            self.samples.drain(..spare);
        } else {
            let error = (self.least as f64 - SPARE as f64) / f64::from(SAMPLE_RATE);
            self.ratio = 1.0 - (error / WITHIN_SECONDS).clamp(-MOST_CHANGE, MOST_CHANGE);
        }
        (self.least, self.taken) = (usize::MAX, 0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_ring_drops_the_oldest_sound() {
        let ring = Ring::default();
        ring.push(&vec![0.1; MOST]);
        ring.push(&[0.2; 10]);
        let mut all = vec![0.0; MOST - SPARE];
        ring.pop(&mut all);
        assert_eq!(all[MOST - SPARE - 1], 0.1);
        let mut rest = vec![0.0; SPARE + 5];
        ring.pop(&mut rest);
        assert_eq!((rest[SPARE - 11], rest[SPARE - 10], rest[SPARE]), (0.1, 0.2, 0.0));
    }

    /// Half an hour with cards whose clock is wrong by so many millionths, and bursts of so many samples.
    fn drift(ppm: f64, burst: usize) -> (u32, usize) {
        let ring = Ring::default();
        let (mut due, mut gaps, mut most) = (0.0, 0, 0);
        for frame in 0..90_000 {
            due += 960.0 * (1.0 + ppm * 1e-6) * ring.ratio();
            while due >= burst as f64 {
                ring.push(&vec![1.0; burst]);
                due -= burst as f64;
            }
            let mut taken = [0.0; 960];
            ring.pop(&mut taken);
            // The first seconds are for settling.
            if frame > 1_000 {
                gaps += u32::from(taken.contains(&0.0));
                most = most.max(ring.lock().samples.len());
            }
        }
        (gaps, most)
    }

    #[test]
    fn clocks_that_drift_apart_leave_no_gap_and_pile_nothing_up() {
        for ppm in [-500.0, -200.0, 0.0, 200.0, 500.0] {
            for burst in [441, 960, 1_024, 2_048] {
                let (gaps, most) = drift(ppm, burst);
                assert_eq!(gaps, 0, "{ppm} ppm, bursts of {burst}");
                assert!(most <= SPARE + burst + 1_000, "{ppm} ppm, bursts of {burst}: {most}");
            }
        }
    }

    #[test]
    fn sound_that_piled_up_is_dropped_within_a_second_or_two() {
        let ring = Ring::default();
        ring.push(&[0.0; MOST]);
        for _ in 0..120 {
            ring.push(&[0.0; 960]);
            ring.pop(&mut [0.0; 960]);
        }
        assert!(ring.waiting_ms() <= 40, "{}", ring.waiting_ms());
    }
}
