//! Chance that is the same for every policy: each thing that is drawn has a generator of its own, found by hashing what
//! it is for. So whether a mediator hears a ring does not depend on how many others were rung before (common random
//! numbers), and two policies differ by what they do, not by luck.

/// What a draw is for. Different kinds never share a generator.
#[derive(Clone, Copy, Debug)]
pub(super) enum Draw {
    /// When the calls of a rate come.
    Arrivals { rate: usize },
    /// Length and patience of a call.
    Caller { call: usize },
    /// How somebody reacts to a ring that begins in this minute after the call.
    Reaction { person: usize, call: usize, minute: u64 },
    /// How long somebody stays away who was set away then.
    Away { person: usize, since: i64 },
}

/// The generator of a draw.
pub(super) fn generator(seed: u64, draw: Draw) -> fastrand::Rng {
    let parts = match draw {
        Draw::Arrivals { rate } => [1, rate as u64, 0, 0],
        Draw::Caller { call } => [2, call as u64, 0, 0],
        Draw::Reaction { person, call, minute } => [3, person as u64, call as u64, minute],
        Draw::Away { person, since } => [4, person as u64, since as u64, 0],
    };
    fastrand::Rng::with_seed(parts.into_iter().fold(mixed(seed), |hash, part| mixed(hash ^ part)))
}

/// Exponential with this mean.
pub(super) fn exponential(rng: &mut fastrand::Rng, mean: f64) -> f64 {
    -mean * (1.0 - rng.f64()).ln()
}

/// The finaliser of SplitMix64 (Steele, Lea, Flood: "Fast Splittable Pseudorandom Number Generators", OOPSLA 2014).
fn mixed(number: u64) -> u64 {
    let number = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let number = (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let number = (number ^ (number >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    number ^ (number >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn draws_are_repeatable_and_do_not_resemble_each_other() {
        let first = |seed, call| generator(seed, Draw::Reaction { person: 1, call, minute: 0 }).f64();
        assert_eq!(first(7, 3), first(7, 3));
        assert_ne!(first(7, 3), first(8, 3));
        let draws: Vec<f64> = (0..10_000).map(|call| first(7, call)).collect();
        let mean = draws.iter().sum::<f64>() / 10_000.0;
        let pairs = draws.iter().zip(draws.iter().skip(1));
        let correlation = pairs.map(|(a, b)| (a - 0.5) * (b - 0.5)).sum::<f64>() / 10_000.0 * 12.0;
        assert!((mean - 0.5).abs() < 0.015 && correlation.abs() < 0.05, "{mean} {correlation}");
    }
}
