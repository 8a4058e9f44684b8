//! The jitter buffer of one voice: packets go in as they arrive, one frame is asked for every 20 ms. Pure: no clock.
//!
//! The delay is constant as long as packets come in time, so a recording keeps its alignment. It grows when packets
//! keep coming too late, and shrinks again in silence after a calm while; a frame is never cut out of speech for it.

use std::collections::BTreeMap;

use bytes::Bytes;

use super::{FRAME, FRAME_MS};

/// Media time of one frame: 48 kHz whatever the decoder's rate is (RFC 7587 §4.1).
const FRAME_TICKS: i64 = FRAME as i64;
/// The delay at the start: the newest packet has just come, two older ones are waiting.
const START_FRAMES: usize = 3;
const MIN_FRAMES: usize = 2;
const MAX_FRAMES: usize = 10;
/// At most one second is kept; then the oldest packet is dropped.
const CAPACITY: usize = 50;
/// So many late packets in a row, and the playing position was wrong: it starts afresh with them.
const LATE_IN_A_ROW: u32 = 4;
/// So many late packets within the time of watching, and the delay is lengthened by one frame.
const LATE_LATELY: u32 = 3;
/// After so many frames in which packets were always waiting, the delay is reduced by one frame.
const CALM_FRAMES: u32 = 500;
/// Concealed before silence: 100 ms. libopus fades out by itself meanwhile.
const MAX_CONCEALED: u32 = 5;

/// What to play for the next 20 ms.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Playout {
    /// Decode this packet.
    Packet(Bytes),
    /// The packet is lost, and the next one is here: it may carry a copy of lower quality (in-band FEC).
    Repair(Bytes),
    /// The packet is lost: continue the sound.
    Conceal,
    /// Nobody is sending.
    Silence,
}

/// See the module's page.
#[derive(Debug, Default)]
pub struct JitterBuffer {
    packets: BTreeMap<i64, Bytes>,
    /// The newest timestamp that was received, extended beyond 32 bits.
    newest: Option<i64>,
    /// The timestamp that is played next; `None` while collecting.
    next: Option<i64>,
    target: usize,
    late_in_a_row: u32,
    /// Frames since the delay was last judged, late packets in that time, and the fewest packets that waited.
    watched: u32,
    late_lately: u32,
    fewest_waiting: usize,
    concealed_in_a_row: u32,
    late: u64,
}

impl JitterBuffer {
    /// An empty buffer.
    pub fn new() -> Self {
        Self { target: START_FRAMES, fewest_waiting: usize::MAX, ..Self::default() }
    }

    /// Takes a packet. Duplicates and packets whose time has passed are dropped.
    pub fn push(&mut self, timestamp: u32, payload: Bytes) {
        let time = self.extend(timestamp);
        if self.next.is_some_and(|next| time < next) {
            self.note_late(time, payload);
            return;
        }
        self.late_in_a_row = 0;
        self.packets.insert(time, payload);
        if self.packets.len() > CAPACITY {
            self.packets.pop_first();
        }
    }

    /// What to play now; call every 20 ms. `quiet`: what was played last was silence, so that the delay may change
    /// without being heard.
    pub fn pull(&mut self, quiet: bool) -> Playout {
        let Some(mut next) = self.next.or_else(|| self.start()) else {
            self.concealed_in_a_row = self.concealed_in_a_row.saturating_add(1);
            return Playout::Silence;
        };
        match self.adapt(quiet) {
            Change::None => {}
            Change::Longer => return Playout::Silence,
            Change::Shorter => {
                self.packets.remove(&next);
                next += FRAME_TICKS;
            }
        }
        self.next = Some(next + FRAME_TICKS);
        if let Some(payload) = self.packets.remove(&next) {
            self.concealed_in_a_row = 0;
            return Playout::Packet(payload);
        }
        self.missing(next)
    }

    /// Delay between the newest packet's arrival and its being played, in milliseconds.
    pub fn delay_ms(&self) -> u64 {
        match (self.newest, self.next) {
            (Some(newest), Some(next)) => {
                u64::try_from((newest + FRAME_TICKS - next) / FRAME_TICKS).unwrap_or(0) * FRAME_MS
            }
            _ => 0,
        }
    }

    /// Packets that came too late to be played.
    pub fn late(&self) -> u64 {
        self.late
    }

    /// Serial number arithmetic (RFC 1982) on the 32-bit media clock.
    fn extend(&mut self, timestamp: u32) -> i64 {
        let Some(newest) = self.newest else {
            self.newest = Some(i64::from(timestamp));
            return i64::from(timestamp);
        };
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "the low 32 bits are meant"
        )]
        let step = timestamp.wrapping_sub(newest as u32).cast_signed();
        let time = newest + i64::from(step);
        self.newest = Some(newest.max(time));
        time
    }

    fn note_late(&mut self, time: i64, payload: Bytes) {
        self.late += 1;
        self.late_in_a_row += 1;
        self.late_lately += 1;
        if self.late_in_a_row >= LATE_IN_A_ROW {
            self.target = (self.target + 1).min(MAX_FRAMES);
            self.late_in_a_row = 0;
            self.next = None;
            self.newest = Some(time);
            self.packets.clear();
            self.packets.insert(time, payload);
        }
    }

    /// Begins to play once enough is waiting.
    fn start(&mut self) -> Option<i64> {
        let (oldest, newest) = (*self.packets.first_key_value()?.0, *self.packets.last_key_value()?.0);
        let wanted = i64::try_from(self.target).unwrap_or(0) * FRAME_TICKS;
        if newest + FRAME_TICKS - oldest < wanted {
            return None;
        }
        let first = newest + FRAME_TICKS - wanted;
        self.packets = self.packets.split_off(&first);
        // After lost packets, the first one there is.
        let start = self.packets.first_key_value().map_or(first, |(time, _)| *time);
        self.begin_watch();
        Some(start)
    }

    fn missing(&mut self, time: i64) -> Playout {
        self.concealed_in_a_row = self.concealed_in_a_row.saturating_add(1);
        match self.packets.first_key_value() {
            Some((later, payload)) if *later == time + FRAME_TICKS => Playout::Repair(payload.clone()),
            Some((later, _)) if self.concealed_in_a_row > MAX_CONCEALED => {
                // A pause of the sender: go to where it goes on, with the usual delay.
                if *later - time > FRAME_TICKS {
                    self.next = None;
                }
                Playout::Silence
            }
            None if self.concealed_in_a_row > MAX_CONCEALED => {
                self.next = None;
                Playout::Silence
            }
            _ => Playout::Conceal,
        }
    }

    /// Lengthens or shortens the delay by one frame in silence.
    fn adapt(&mut self, quiet: bool) -> Change {
        if quiet && self.late_lately >= LATE_LATELY && self.target < MAX_FRAMES {
            self.target += 1;
            self.begin_watch();
            return Change::Longer;
        }
        self.fewest_waiting = self.fewest_waiting.min(self.packets.len());
        self.watched += 1;
        if self.watched < CALM_FRAMES || (self.fewest_waiting >= MIN_FRAMES && !quiet) {
            return Change::None;
        }
        let spare = self.fewest_waiting >= MIN_FRAMES;
        self.begin_watch();
        if !spare {
            return Change::None;
        }
        self.target = (self.target - 1).max(MIN_FRAMES);
        Change::Shorter
    }

    fn begin_watch(&mut self) {
        (self.watched, self.late_lately, self.fewest_waiting) = (0, 0, usize::MAX);
    }
}

/// What happens to the delay.
enum Change {
    None,
    Longer,
    Shorter,
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn packet(n: u32) -> (u32, Bytes) {
        (n.wrapping_mul(960).wrapping_add(u32::MAX - 5_000), Bytes::copy_from_slice(&n.to_be_bytes()))
    }

    fn push(buffer: &mut JitterBuffer, n: u32) {
        let (timestamp, payload) = packet(n);
        buffer.push(timestamp, payload);
    }

    #[test]
    fn in_order_packets_come_out_after_a_constant_delay_across_the_wrap() {
        let mut buffer = JitterBuffer::new();
        let mut played = Vec::new();
        for n in 0..1_000 {
            push(&mut buffer, n);
            played.push(buffer.pull(false));
        }
        assert_eq!(played[0], Playout::Silence);
        for n in 2..1_000_u32 {
            assert_eq!(played[n as usize], Playout::Packet(packet(n - 2).1));
        }
    }

    #[test]
    fn reordering_is_undone_and_loss_is_repaired() {
        let mut buffer = JitterBuffer::new();
        for n in [0, 2, 1, 4] {
            push(&mut buffer, n);
        }
        // Two frames beyond the usual delay are skipped at the start.
        assert_eq!(buffer.pull(false), Playout::Packet(packet(2).1));
        assert_eq!(buffer.pull(false), Playout::Repair(packet(4).1));
        assert_eq!(buffer.pull(false), Playout::Packet(packet(4).1));
        assert_eq!(buffer.pull(false), Playout::Conceal);
    }

    #[test]
    fn a_pause_becomes_silence_and_then_goes_on_with_the_usual_delay() {
        let mut buffer = JitterBuffer::new();
        for n in 0..10 {
            push(&mut buffer, n);
            buffer.pull(false);
        }
        let during: Vec<Playout> = (0..20).map(|_| buffer.pull(false)).collect();
        assert_eq!(during.iter().filter(|p| matches!(p, Playout::Packet(_))).count(), 2);
        assert_eq!(during.iter().filter(|p| **p == Playout::Conceal).count(), 5);
        for n in 30..40 {
            push(&mut buffer, n);
            buffer.pull(false);
        }
        assert_eq!(buffer.delay_ms(), 40);
        push(&mut buffer, 40);
        assert_eq!(buffer.pull(false), Playout::Packet(packet(38).1));
    }

    #[test]
    fn packets_that_keep_coming_late_make_the_delay_longer_and_calm_makes_it_shorter() {
        let mut buffer = JitterBuffer::new();
        let late_from = 50;
        for n in 0..100_u32 {
            if n < late_from {
                push(&mut buffer, n);
            } else if n >= late_from + 5 {
                push(&mut buffer, n - 5);
            }
            buffer.pull(false);
        }
        assert!(buffer.late() >= 3);
        assert!(matches!(buffer.pull(false), Playout::Packet(_)));
        for n in 95..3_000 {
            push(&mut buffer, n);
            buffer.pull(true);
        }
        assert!(buffer.delay_ms() <= 60, "{}", buffer.delay_ms());
    }

    proptest! {
        #[test]
        fn nothing_makes_it_panic_or_grow(steps in prop::collection::vec((any::<u32>(), any::<bool>(), any::<bool>()), 0..400)) {
            let mut buffer = JitterBuffer::new();
            for (timestamp, pull, quiet) in steps {
                buffer.push(timestamp, Bytes::new());
                if pull {
                    buffer.pull(quiet);
                }
                prop_assert!(buffer.packets.len() <= CAPACITY);
            }
        }
    }
}
