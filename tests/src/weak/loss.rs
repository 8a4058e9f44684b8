//! Which packets are lost: each by itself, or many in a row.

use rand::{Rng, RngExt};

/// A model of loss.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Loss {
    /// Nothing is lost.
    None,
    /// Each packet is lost with this probability, whatever happened to others (Bernoulli).
    Random(f64),
    /// A good and a bad state, each with its own probability of loss; the state may change with every packet.
    /// E. N. Gilbert, "Capacity of a burst-noise channel", and E. O. Elliott, "Estimates of error rates for codes on
    /// burst-noise channels", Bell System Technical Journal 39 (1960) and 42 (1963).
    GilbertElliott {
        /// From good to bad, a packet.
        worsens: f64,
        /// From bad to good, a packet. The bad state lasts 1 / `recovers` packets in the mean.
        recovers: f64,
        /// Loss in the good state.
        loss_when_good: f64,
        /// Loss in the bad state.
        loss_when_bad: f64,
    },
}

impl Loss {
    /// Bursts in which everything is lost, and nothing between them (Gilbert's model with error rates 1 and 0): `loss`
    /// of all packets, in runs of `packets` in the mean. `loss` is below 1 and `packets` at least 1.
    pub const fn in_bursts(loss: f64, packets: f64) -> Self {
        let recovers = 1.0 / packets;
        let worsens = recovers * loss / (1.0 - loss);
        Self::GilbertElliott { worsens, recovers, loss_when_good: 0.0, loss_when_bad: 1.0 }
    }

    /// Share of packets that is lost in the long run, 0 to 1.
    pub fn mean(&self) -> f64 {
        match *self {
            Self::None => 0.0,
            Self::Random(loss) => loss,
            Self::GilbertElliott { worsens, recovers, loss_when_good, loss_when_bad } => {
                let total = worsens + recovers;
                let bad = if total > 0.0 { worsens / total } else { 0.0 };
                bad * loss_when_bad + (1.0 - bad) * loss_when_good
            }
        }
    }
}

/// Where a model stands: begins in the good state.
#[derive(Clone, Copy, Debug, Default)]
pub struct LossState {
    is_bad: bool,
}

impl LossState {
    /// Whether the next packet is lost. Draws two numbers whatever the model, so that other draws of the same generator
    /// stay what they are when the model is another.
    pub fn next(&mut self, model: &Loss, rng: &mut impl Rng) -> bool {
        let (for_state, for_loss): (f64, f64) = (rng.random(), rng.random());
        match *model {
            Loss::None => false,
            Loss::Random(loss) => for_loss < loss,
            Loss::GilbertElliott { worsens, recovers, loss_when_good, loss_when_bad } => {
                let changes = if self.is_bad { recovers } else { worsens };
                self.is_bad ^= for_state < changes;
                for_loss < if self.is_bad { loss_when_bad } else { loss_when_good }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    use super::*;

    const PACKETS: usize = 40_000;

    fn fates(model: Loss, seed: u64) -> Vec<bool> {
        let (mut state, mut rng) = (LossState::default(), ChaCha8Rng::seed_from_u64(seed));
        (0..PACKETS).map(|_| state.next(&model, &mut rng)).collect()
    }

    fn share(lost: &[bool]) -> f64 {
        lost.iter().filter(|lost| **lost).count() as f64 / lost.len() as f64
    }

    /// Mean length of runs of lost packets.
    fn mean_run(lost: &[bool]) -> f64 {
        let begins = lost.windows(2).filter(|pair| !pair[0] && pair[1]).count() + usize::from(lost[0]);
        share(lost) * lost.len() as f64 / begins as f64
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]

        /// Bounds: six standard errors. Runs of random loss are geometric with mean 1 / (1 - p).
        #[test]
        fn random_loss_is_as_much_as_said_and_has_no_memory(loss in 0.01..0.6_f64, seed: u64) {
            let lost = fates(Loss::Random(loss), seed);
            let error = (loss * (1.0 - loss) / PACKETS as f64).sqrt();
            prop_assert!((share(&lost) - loss).abs() < 6.0 * error, "{} for {loss}", share(&lost));
            let run = 1.0 / (1.0 - loss);
            let runs = PACKETS as f64 * loss / run;
            let run_error = (loss.sqrt() / (1.0 - loss)) / runs.sqrt();
            prop_assert!((mean_run(&lost) - run).abs() < 6.0 * run_error, "{} for {run}", mean_run(&lost));
        }

        /// The share of time in the bad state has the variance p (1 - p) (1 + c) / (1 - c) / n of a two-state chain with
        /// correlation c = 1 - worsens - recovers; bounds are six standard errors of it.
        #[test]
        fn bursts_are_as_many_and_as_long_as_said(loss in 0.02..0.5_f64, packets in 1.5..12.0_f64, seed: u64) {
            let model = Loss::in_bursts(loss, packets);
            prop_assert!((model.mean() - loss).abs() < 1e-12);
            let Loss::GilbertElliott { worsens, recovers, .. } = model else { unreachable!() };
            prop_assume!(worsens < 1.0);
            let lost = fates(model, seed);
            let correlation = 1.0 - worsens - recovers;
            let memory = (1.0 + correlation) / (1.0 - correlation);
            let error = (loss * (1.0 - loss) * memory / PACKETS as f64).sqrt();
            prop_assert!((share(&lost) - loss).abs() < 6.0 * error, "{} for {loss}", share(&lost));
            let runs = PACKETS as f64 * loss / packets;
            let run_error = (packets * (packets - 1.0) / runs).sqrt();
            prop_assert!((mean_run(&lost) - packets).abs() < 6.0 * run_error, "{} for {packets}", mean_run(&lost));
        }

        #[test]
        fn the_same_seed_is_the_same_fate_and_more_loss_loses_the_same_and_more(seed: u64, loss in 0.0..0.5_f64) {
            let few = fates(Loss::Random(loss), seed);
            prop_assert_eq!(&few, &fates(Loss::Random(loss), seed));
            let more = fates(Loss::Random(loss + 0.3), seed);
            prop_assert!(few.iter().zip(&more).all(|(few, more)| *more || !*few));
        }
    }

    #[test]
    fn elliotts_two_rates_are_mixed_by_the_time_in_each_state() {
        let model =
            Loss::GilbertElliott { worsens: 0.02, recovers: 0.08, loss_when_good: 0.01, loss_when_bad: 0.5 };
        assert!((model.mean() - (0.2 * 0.5 + 0.8 * 0.01)).abs() < 1e-12);
        // Six standard errors of the chain's share of bad time, weighted by the difference of the rates.
        let bound = 6.0 * 0.49 * (0.16 * 19.0 / PACKETS as f64).sqrt() + 0.005;
        let measured = share(&fates(model, 1));
        assert!((measured - model.mean()).abs() < bound, "{measured}");
        assert_eq!(share(&fates(Loss::None, 1)), 0.0);
    }
}
