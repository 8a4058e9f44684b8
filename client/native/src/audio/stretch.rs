//! Makes sound a little shorter or longer without changing its pitch: one period of the voice is left out or said
//! twice, where two neighbouring periods are alike (WSOLA, as NetEQ's accelerate and preemptive expand).

/// Shortest and longest period: 400 Hz and 80 Hz.
const SHORTEST_MS: f32 = 2.5;
const LONGEST_MS: f32 = 12.5;
/// Over so long one period is faded into the other.
const FADE_MS: f32 = 5.0;
/// From this normalised correlation on, nobody hears the seam.
const ALIKE: f32 = 0.85;
/// What is put up with when it can not wait.
const ALIKE_ENOUGH: f32 = 0.5;

/// How much of a seam may be heard.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Seam {
    /// None.
    Unheard,
    /// A little: the delay is far off.
    Rough,
    /// There is only silence.
    Any,
}

/// Lengths in samples at one rate.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stretch {
    shortest: usize,
    longest: usize,
    fade: usize,
    /// Between the periods that are tried: an eighth of a millisecond.
    step: usize,
}

impl Stretch {
    pub(super) fn new(rate: u32) -> Self {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "small and positive")]
        let samples = |ms: f32| (rate as f32 * ms / 1_000.0) as usize;
        Self {
            shortest: samples(SHORTEST_MS),
            longest: samples(LONGEST_MS),
            fade: samples(FADE_MS),
            step: (rate as usize / 8_000).max(1),
        }
    }

    /// The most that is left out or said twice at once.
    pub(super) fn longest(&self) -> usize {
        self.longest
    }

    /// The least.
    pub(super) fn shortest(&self) -> usize {
        self.shortest
    }

    /// Leaves out one period, of at most `most` samples, at the beginning. Returns how many samples went.
    pub(super) fn shorten(&self, samples: &mut Vec<f32>, most: usize, seam: Seam) -> usize {
        let Some(period) = self.period(samples, most, seam) else { return 0 };
        for n in 0..self.fade {
            let part = (n + 1) as f32 / (self.fade + 1) as f32;
            samples[period + n] = samples[n] * (1.0 - part) + samples[period + n] * part;
        }
        samples.drain(..period);
        period
    }

    /// Says one period twice at the beginning. Returns how many samples came.
    pub(super) fn lengthen(&self, samples: &mut Vec<f32>, seam: Seam) -> usize {
        let Some(period) = self.period(samples, self.longest, seam) else { return 0 };
        let mut longer = samples[..period + self.fade].to_vec();
        for n in 0..self.fade {
            let part = (n + 1) as f32 / (self.fade + 1) as f32;
            longer[period + n] = samples[period + n] * (1.0 - part) + samples[n] * part;
        }
        samples.splice(..self.fade, longer);
        period
    }

    /// The period after which the sound is most like at its beginning.
    fn period(&self, samples: &[f32], most: usize, seam: Seam) -> Option<usize> {
        let longest = most.min(self.longest).min(samples.len().checked_sub(self.fade)?);
        if longest < self.shortest {
            return None;
        }
        let wanted = match seam {
            Seam::Any => return Some(longest),
            Seam::Rough => ALIKE_ENOUGH,
            Seam::Unheard => ALIKE,
        };
        let likeness = |period: usize| likeness(&samples[..self.fade], &samples[period..period + self.fade]);
        let tried = (self.shortest..=longest).step_by(self.step).map(|period| (period, likeness(period)));
        let (period, best) = tried.max_by(|(_, a), (_, b)| a.total_cmp(b))?;
        (best >= wanted).then_some(period)
    }
}

/// Normalised correlation; of silence with anything 0.
fn likeness(a: &[f32], b: &[f32]) -> f32 {
    let (mut product, mut of_a, mut of_b) = (0.0, 1e-9, 1e-9);
    for (a, b) in a.iter().zip(b) {
        product += a * b;
        of_a += a * a;
        of_b += b * b;
    }
    product / (of_a * of_b).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    const RATE: u32 = 48_000;

    fn tone(hertz: f32, length: usize) -> Vec<f32> {
        (0..length).map(|n| (n as f32 * hertz / RATE as f32 * std::f32::consts::TAU).sin()).collect()
    }

    fn largest_step(samples: &[f32]) -> f32 {
        samples.windows(2).map(|pair| (pair[1] - pair[0]).abs()).fold(0.0, f32::max)
    }

    #[test]
    fn a_voice_becomes_shorter_and_longer_by_whole_periods_without_a_click() {
        let stretch = Stretch::new(RATE);
        for hertz in [90.0, 120.0, 210.0, 390.0] {
            let before = tone(hertz, 1_920);
            let period = RATE as f32 / hertz;
            let (mut shorter, mut longer) = (before.clone(), before.clone());
            let (went, came) = (
                stretch.shorten(&mut shorter, usize::MAX, Seam::Unheard),
                stretch.lengthen(&mut longer, Seam::Unheard),
            );
            for (changed, samples, length) in [(went, &shorter, 1_920 - went), (came, &longer, 1_920 + came)]
            {
                let periods = changed as f32 / period;
                assert!(changed > 0 && (periods - periods.round()).abs() < 0.05, "{hertz} Hz: {periods}");
                assert_eq!(samples.len(), length);
                assert!(largest_step(samples) < largest_step(&before) * 1.1, "{hertz} Hz");
            }
            assert_eq!(shorter[0..20].iter().zip(&before).filter(|(a, b)| (*a - *b).abs() > 0.05).count(), 0);
        }
    }

    #[test]
    fn noise_is_left_alone_unless_it_is_urgent_and_silence_gives_what_is_asked() {
        let stretch = Stretch::new(16_000);
        let mut state = 7_u32;
        let mut noise: Vec<f32> = (0..640)
            .map(|_| {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                (state >> 8) as f32 / (1 << 24) as f32 - 0.5
            })
            .collect();
        assert_eq!(stretch.shorten(&mut noise, usize::MAX, Seam::Unheard), 0);
        assert_eq!(stretch.shorten(&mut vec![0.0; 640], 100, Seam::Any), 100);
        assert_eq!(stretch.shorten(&mut vec![0.0; 640], 10, Seam::Any), 0);
        assert_eq!(stretch.lengthen(&mut vec![0.0; 10], Seam::Any), 0);
    }
}
