//! What the media path counts, for `/metrics`. Written by the media thread, read by anybody, never waited for.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// A number that only one thread writes.
#[derive(Debug, Default)]
pub struct Count(AtomicU64);

impl Count {
    /// One more.
    pub fn increment(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    /// Exactly so many.
    pub fn set(&self, value: u64) {
        self.0.store(value, Ordering::Relaxed);
    }

    /// As it stands.
    pub fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// Upper bounds of the delay histogram, in microseconds.
pub const DELAY_BOUNDS_US: [u64; 20] = [
    10, 20, 30, 50, 75, 100, 150, 200, 250, 300, 400, 500, 600, 700, 800, 1_000, 2_000, 5_000, 10_000, 50_000,
];

/// All counters of the media path.
#[derive(Debug, Default)]
pub struct Counters {
    /// Transports that exist now.
    pub peers: Count,
    /// Authentic RTP packets received.
    pub received: Count,
    /// Frames that were lost on the way here and came as redundancy of later packets.
    pub recovered: Count,
    /// RTP packets sent on.
    pub forwarded: Count,
    /// Datagrams from addresses that proved nothing, or that failed authentication.
    pub dropped_unproven: Count,
    /// Datagrams that are none of STUN, DTLS, RTP, RTCP, or not of a stream that was agreed.
    pub dropped_unknown: Count,
    /// Datagrams the network did not take.
    pub dropped_send: Count,
    /// Time from the arrival of a datagram in the kernel's queue (where the kernel tells it, else from the read of its
    /// batch) to the end of sending it on, by [`DELAY_BOUNDS_US`]; the last bucket is unbounded.
    pub delay: [Count; DELAY_BOUNDS_US.len() + 1],
    /// Sum of these times in microseconds.
    pub delay_sum_us: Count,
}

impl Counters {
    /// Notes how long one datagram took.
    pub fn note_delay(&self, delay: Duration) {
        let micros = u64::try_from(delay.as_micros()).unwrap_or(u64::MAX);
        let bucket = DELAY_BOUNDS_US.partition_point(|bound| *bound < micros);
        self.delay[bucket].increment();
        self.delay_sum_us.set(self.delay_sum_us.get().wrapping_add(micros));
    }

    /// The bound below which `share` (0 to 1) of the delays lie, in microseconds; `None` before the first.
    pub fn delay_quantile(&self, share: f64) -> Option<u64> {
        let counts: Vec<u64> = self.delay.iter().map(Count::get).collect();
        let total: u64 = counts.iter().sum();
        let wanted = (total as f64 * share).ceil() as u64;
        let mut seen = 0;
        for (index, count) in counts.iter().enumerate() {
            seen += count;
            if total > 0 && seen >= wanted {
                return Some(DELAY_BOUNDS_US.get(index).copied().unwrap_or(u64::MAX));
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_the_bounds_of_their_buckets() {
        let counters = Counters::default();
        assert_eq!(counters.delay_quantile(0.5), None);
        for micros in [5, 5, 5, 40, 900] {
            counters.note_delay(Duration::from_micros(micros));
        }
        assert_eq!(counters.delay_quantile(0.5), Some(10));
        assert_eq!(counters.delay_quantile(0.99), Some(1_000));
    }
}
