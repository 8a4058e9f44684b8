//! One direction of a network, pure: a packet and the time go in; when and whether it comes out is decided at once.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::time::Duration;

use dragoman_relay::media::rtp::RtpHeader;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::impairment::Impairment;
use super::loss::LossState;

/// What happens to a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It arrives.
    Arrives {
        /// When.
        at: Duration,
        /// When once more, if it is doubled.
        again: Option<Duration>,
    },
    /// It does not.
    Lost(Cause),
}

/// Why a packet is lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Cause {
    /// By the model of loss.
    OnTheWay,
    /// The bottleneck's queue had no room.
    QueueFull,
    /// There was no network.
    Outage,
}

/// What a packet carries. Each kind has dice of its own, so that whatever else is on the way (reports, ICE checks) does
/// not change which packet of a voice is lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// RTP.
    Voice,
    /// RTCP, STUN, DTLS, and whatever it may be.
    Other,
}

impl Kind {
    /// By the first two bytes (RFC 7983 §7, RFC 5761 §4).
    pub fn of(packet: &[u8]) -> Self {
        let is_rtp = packet.len() > 1 && (128..=191).contains(&packet[0]) && !RtpHeader::is_rtcp(packet);
        if is_rtp { Self::Voice } else { Self::Other }
    }
}

/// What is drawn for packets of one kind.
#[derive(Debug)]
struct Dice {
    rng: ChaCha8Rng,
    loss: LossState,
}

/// See the module's page. Times count from the link's beginning and do not go back.
#[derive(Debug)]
pub struct Link<P> {
    does: Impairment,
    /// By [`Kind`].
    dice: [Dice; 2],
    /// When the bottleneck has sent all that waits.
    busy_until: Duration,
    /// The latest arrival so far, for links that keep the order.
    latest: Duration,
    on_the_way: BinaryHeap<Reverse<Flying<P>>>,
    sent: u64,
}

impl<P: Clone> Link<P> {
    /// IPv4 (20) and UDP (8) headers, which a bottleneck carries too.
    pub const HEADER_BYTES: u64 = 28;

    /// A link without packets. The same seed is the same fate for packet number n of a kind, whatever the impairment's
    /// other parts are.
    pub fn new(does: Impairment, seed: u64) -> Self {
        let dice = [Kind::Voice, Kind::Other].map(|kind| {
            let mut rng = ChaCha8Rng::seed_from_u64(seed);
            rng.set_stream(kind as u64);
            Dice { rng, loss: LossState::default() }
        });
        Self {
            does,
            dice,
            busy_until: Duration::ZERO,
            latest: Duration::ZERO,
            on_the_way: BinaryHeap::new(),
            sent: 0,
        }
    }

    /// A packet of `bytes` (without headers) sets out.
    pub fn send(&mut self, now: Duration, bytes: usize, kind: Kind, packet: P) -> Fate {
        let fate = self.decide(now, bytes, kind);
        if let Fate::Arrives { at, again } = fate {
            for at in again.into_iter().chain([at]) {
                self.on_the_way.push(Reverse(Flying { at, number: self.sent, packet: packet.clone() }));
                self.sent += 1;
            }
        }
        fate
    }

    /// When the next packet arrives.
    pub fn next_arrival(&self) -> Option<Duration> {
        self.on_the_way.peek().map(|Reverse(flying)| flying.at)
    }

    /// The next packet that has arrived by now. Packets of the same moment come in the order they were sent.
    pub fn receive(&mut self, now: Duration) -> Option<P> {
        if self.next_arrival()? > now {
            return None;
        }
        self.on_the_way.pop().map(|Reverse(flying)| flying.packet)
    }

    /// The way of a packet: the bottleneck's queue, the radio, the long way.
    fn decide(&mut self, now: Duration, bytes: usize, kind: Kind) -> Fate {
        // Everything is drawn for every packet, so that one packet's fate does not change those of later ones.
        let Dice { rng, loss } = &mut self.dice[kind as usize];
        let lost = loss.next(&self.does.loss, rng);
        let [jitter, jitter_again] = [(); 2].map(|()| self.does.draw_jitter(rng));
        let doubled = rng.random::<f64>() < self.does.duplicate;

        let leaves = match self.through_bottleneck(now, bytes) {
            Ok(leaves) => leaves,
            Err(cause) => return Fate::Lost(cause),
        };
        if self.does.outage.is_some_and(|outage| outage.covers(leaves)) {
            return Fate::Lost(Cause::Outage);
        }
        if lost {
            return Fate::Lost(Cause::OnTheWay);
        }
        let at = self.in_order(leaves + self.does.delay + jitter);
        let again = doubled.then(|| self.in_order(leaves + self.does.delay + jitter_again));
        Fate::Arrives { at, again }
    }

    fn through_bottleneck(&mut self, now: Duration, bytes: usize) -> Result<Duration, Cause> {
        let Some(rate) = self.does.rate else { return Ok(now) };
        let rate_bits = u128::from(rate.bits_per_second.max(1));
        let bytes = u128::try_from(bytes).unwrap_or(u128::MAX / 16) + u128::from(Self::HEADER_BYTES);
        let begins = self.busy_until.max(now);
        let waiting_bytes = (begins - now).as_nanos() * rate_bits / 8_000_000_000;
        if waiting_bytes + bytes > u128::from(rate.queue_bytes) {
            return Err(Cause::QueueFull);
        }
        let nanoseconds = bytes * 8_000_000_000 / rate_bits;
        self.busy_until = begins + Duration::from_nanos(u64::try_from(nanoseconds).unwrap_or(u64::MAX));
        Ok(self.busy_until)
    }

    fn in_order(&mut self, at: Duration) -> Duration {
        if self.does.reorder {
            return at;
        }
        self.latest = self.latest.max(at);
        self.latest
    }
}

#[derive(Debug)]
struct Flying<P> {
    at: Duration,
    number: u64,
    packet: P,
}

impl<P> Flying<P> {
    fn rank(&self) -> (Duration, u64) {
        (self.at, self.number)
    }
}

impl<P> PartialEq for Flying<P> {
    fn eq(&self, other: &Self) -> bool {
        self.rank() == other.rank()
    }
}

impl<P> Eq for Flying<P> {}

impl<P> PartialOrd for Flying<P> {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl<P> Ord for Flying<P> {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.rank().cmp(&other.rank())
    }
}

#[cfg(test)]
mod tests;
