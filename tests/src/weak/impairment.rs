//! What one direction of a network does to packets.

use std::time::Duration;

use rand::{Rng, RngExt};

use super::loss::Loss;

/// One direction of a network. All times count from the link's beginning.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Impairment {
    /// Which packets are lost on the way.
    pub loss: Loss,
    /// How long every packet takes.
    pub delay: Duration,
    /// Mean of what packets take longer than that: exponential, so most come soon and a few very late. At most
    /// [`Impairment::LONGEST_JITTER`] times the mean.
    pub jitter: Duration,
    /// `true`: a packet may overtake those before it. `false`: a late one holds up all behind it, as radio links do
    /// that deliver in order.
    pub reorder: bool,
    /// Share of packets that arrive twice, 0 to 1. The copy has a jitter of its own.
    pub duplicate: f64,
    /// How much goes through.
    pub rate: Option<Rate>,
    /// When nothing goes through.
    pub outage: Option<Outage>,
}

impl Impairment {
    /// See [`Impairment::jitter`]. One packet in e⁸ ≈ 3,000 would take longer.
    pub const LONGEST_JITTER: u32 = 8;

    /// A network that does nothing to packets.
    pub const CLEAR: Self = Self {
        loss: Loss::None,
        delay: Duration::ZERO,
        jitter: Duration::ZERO,
        reorder: false,
        duplicate: 0.0,
        rate: None,
        outage: None,
    };

    /// What a packet takes longer than [`Impairment::delay`].
    pub(super) fn draw_jitter(&self, rng: &mut impl Rng) -> Duration {
        // The exponential distribution by inversion; the argument of the logarithm is never 0.
        let draw = -(1.0 - rng.random::<f64>()).ln();
        Duration::from_secs_f64(self.jitter.as_secs_f64() * draw.min(f64::from(Self::LONGEST_JITTER)))
    }
}

/// A bottleneck: a queue that is emptied at a constant rate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// Bits a second, IP and UDP headers included ([`super::Link::HEADER_BYTES`] a packet).
    pub bits_per_second: u64,
    /// Bytes that wait at most, headers included. A packet that finds no room is dropped (drop-tail).
    pub queue_bytes: u64,
}

/// A time without a network: packets that would leave in it are lost, as where a telephone has no cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Outage {
    /// When it begins.
    pub from: Duration,
    /// How long it lasts.
    pub length: Duration,
    /// From one beginning to the next; `None`: it comes once.
    pub every: Option<Duration>,
}

impl Outage {
    /// Whether there is no network at a time.
    pub fn covers(&self, at: Duration) -> bool {
        let Some(since) = at.checked_sub(self.from) else { return false };
        match self.every.map(|every| every.as_nanos()) {
            None | Some(0) => since < self.length,
            Some(every) => since.as_nanos() % every < self.length.as_nanos(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_outage_comes_once_or_again_and_again() {
        let seconds = Duration::from_secs;
        let once = Outage { from: seconds(10), length: seconds(2), every: None };
        let repeated = Outage { every: Some(seconds(30)), ..once };
        for (at, during_once, during_repeated) in
            [(9, false, false), (10, true, true), (11, true, true), (12, false, false), (41, false, true)]
        {
            assert_eq!(
                (once.covers(seconds(at)), repeated.covers(seconds(at))),
                (during_once, during_repeated)
            );
        }
        assert!(Outage { every: Some(Duration::ZERO), ..once }.covers(seconds(10)));
    }
}
