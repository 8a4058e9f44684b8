//! The jitter buffer of one voice: packets go in as they arrive, and come out in order, one after the other. Pure: no
//! clock but the frames that are asked for.
//!
//! A packet that is late is waited for, with made-up sound in the meantime: speech that came late is still heard, and
//! what this adds to the delay is taken away again afterwards (`playout`). A packet that is lost is jumped over, so the
//! delay stays.

use std::collections::BTreeMap;

use bytes::Bytes;

use super::FRAME;
use super::delay::DelayTarget;

/// Media time of one frame: 48 kHz whatever the decoder's rate is (RFC 7587 §4.1).
const FRAME_TICKS: i64 = FRAME as i64;
/// Ticks of a millisecond.
const MS_TICKS: i64 = FRAME_TICKS / 20;
/// At most one second is kept; then the oldest packet is dropped.
const CAPACITY: usize = 50;
/// So many late packets in a row, and the playing position was wrong: it starts afresh with them.
const LATE_IN_A_ROW: u32 = 4;
/// Concealed before silence: 100 ms. libopus fades out by itself meanwhile.
const MAX_CONCEALED: i64 = 5;
/// After a pause this much of what came at once is still played, the newest: 400 ms.
const MAX_BACKLOG: i64 = 20 * FRAME_TICKS;

/// What to play for the next 20 ms.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Playout {
    /// Decode this packet.
    Packet(Bytes),
    /// The packet is lost, and the next one is here: it may carry a copy of lower quality (in-band FEC).
    Repair(Bytes),
    /// The packet is lost or late: continue the sound.
    Conceal,
    /// Nobody is sending.
    Silence,
}

/// See the module's page.
#[derive(Debug)]
pub struct JitterBuffer {
    packets: BTreeMap<i64, Bytes>,
    /// The newest timestamp that was received, extended beyond 32 bits.
    newest: Option<i64>,
    /// The timestamp that is played next; `None` while collecting.
    next: Option<i64>,
    /// Media time of the listener: frames that were asked for.
    now: i64,
    /// Frames that were made up while `next` was waited for.
    waited: i64,
    concealed_in_a_row: i64,
    late_in_a_row: u32,
    late: u64,
    delay: DelayTarget,
}

impl Default for JitterBuffer {
    fn default() -> Self {
        Self::new()
    }
}

impl JitterBuffer {
    /// An empty buffer.
    pub fn new() -> Self {
        Self {
            packets: BTreeMap::new(),
            newest: None,
            next: None,
            now: 0,
            waited: 0,
            concealed_in_a_row: 0,
            late_in_a_row: 0,
            late: 0,
            delay: DelayTarget::new(),
        }
    }

    /// Takes a packet. Duplicates and packets whose time has passed are dropped.
    pub fn push(&mut self, timestamp: u32, payload: Bytes) {
        let time = self.extend(timestamp);
        if self.packets.contains_key(&time) {
            return;
        }
        let lateness = self.soonest() - time;
        self.delay.arrived(lateness);
        if self.next.is_some_and(|next| time < next) {
            self.note_late(time, payload);
            return;
        }
        self.late_in_a_row = 0;
        // The frame before it was waited for in vain: with one frame more of delay, the copy in this packet would have
        // been here in its place.
        if self.waited == 1 && self.packets.is_empty() && self.next == Some(time - FRAME_TICKS) {
            self.delay.note(lateness + FRAME_TICKS);
        }
        self.packets.insert(time, payload);
        if self.packets.len() > CAPACITY {
            self.packets.pop_first();
        }
    }

    /// Another 20 ms of the listener have come. Call it before [`Self::take`], once for each frame that is played.
    pub fn tick(&mut self) {
        self.now += FRAME_TICKS;
    }

    /// What to decode next. Usually once for each [`Self::tick`]; once more where sound was left out, not at all where
    /// it was said twice.
    pub fn take(&mut self) -> Playout {
        let Some(next) = self.next.or_else(|| self.start()) else { return Playout::Silence };
        let next = self.beyond_lost(next);
        if let Some(payload) = self.packets.remove(&next) {
            self.next = Some(next + FRAME_TICKS);
            (self.concealed_in_a_row, self.waited) = (0, 0);
            return Playout::Packet(payload);
        }
        self.missing(next)
    }

    /// Whether the next packet is here.
    pub fn has_next(&self) -> bool {
        self.next.is_some_and(|next| self.packets.contains_key(&next))
    }

    /// The packet that was taken was longer than 20 ms, by so many frames.
    pub fn was_longer(&mut self, frames: usize) {
        if let Some(next) = &mut self.next {
            *next += i64::try_from(frames).unwrap_or(0) * FRAME_TICKS;
        }
    }

    /// By how much what is played now is delayed too long (above 0) or too short (below), in ticks of 48 kHz.
    /// `decoded`: the ticks that were decoded and not yet played.
    pub fn surplus(&self, decoded: i64) -> i64 {
        self.delay(decoded).map_or(0, |delay| delay - self.delay.target())
    }

    /// Delay between a packet's arrival, had it come as fast as the fastest, and its being played, in milliseconds.
    /// `decoded`: the ticks that were decoded and are not played yet, after the present frame.
    pub fn delay_ms(&self, decoded: i64) -> u64 {
        u64::try_from(self.delay(FRAME_TICKS + decoded).unwrap_or(0) / MS_TICKS).unwrap_or(0)
    }

    /// Packets that came too late to be played.
    pub fn late(&self) -> u64 {
        self.late
    }

    /// When what comes now is played at the earliest.
    fn soonest(&self) -> i64 {
        self.now + FRAME_TICKS
    }

    fn delay(&self, decoded: i64) -> Option<i64> {
        // While the speaker is waited for, the delay is not known yet.
        self.next.map(|next| self.now - (next - decoded) - self.delay.base() - self.waited * FRAME_TICKS)
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
        if self.late_in_a_row >= LATE_IN_A_ROW {
            self.late_in_a_row = 0;
            self.next = None;
            self.newest = Some(time);
            self.packets.clear();
            self.packets.insert(time, payload);
            self.delay.restart(self.soonest() - time);
        }
    }

    /// Begins to play once the oldest packet has waited long enough.
    fn start(&mut self) -> Option<i64> {
        let newest = *self.packets.last_key_value()?.0;
        self.packets = self.packets.split_off(&(newest - MAX_BACKLOG));
        let first = *self.packets.first_key_value()?.0;
        if self.now - first - self.delay.base() < self.delay.target() {
            return None;
        }
        (self.waited, self.concealed_in_a_row) = (0, 0);
        self.next = Some(first);
        Some(first)
    }

    /// Where packets were waited for and later ones came, they are lost, and their time has been filled already.
    fn beyond_lost(&mut self, next: i64) -> i64 {
        // What a longer packet has covered.
        while self.packets.first_key_value().is_some_and(|(first, _)| *first < next) {
            self.packets.pop_first();
        }
        let Some((first, _)) = self.packets.first_key_value() else { return next };
        let gap = first - next;
        // Less than a frame is the speaker's clock set anew.
        let passed = if gap < FRAME_TICKS { gap } else { gap.min(self.waited * FRAME_TICKS) };
        if passed > 0 {
            self.waited = 0;
        }
        self.next = Some(next + passed);
        next + passed
    }

    fn missing(&mut self, time: i64) -> Playout {
        self.concealed_in_a_row += 1;
        let over = self.concealed_in_a_row > MAX_CONCEALED;
        let Some((later, payload)) = self.packets.first_key_value() else {
            self.waited += 1;
            if over {
                self.begin_anew();
                return Playout::Silence;
            }
            return Playout::Conceal;
        };
        let (later, payload) = (*later, payload.clone());
        self.next = Some(time + FRAME_TICKS);
        if later == time + FRAME_TICKS {
            return Playout::Repair(payload);
        }
        if over {
            // A pause of the speaker: it goes on with the first packet there is.
            self.begin_anew();
            return Playout::Silence;
        }
        Playout::Conceal
    }

    fn begin_anew(&mut self) {
        (self.next, self.waited) = (None, 0);
        if let Some((newest, _)) = self.packets.last_key_value() {
            self.delay.restart(self.now - newest);
        } else {
            self.delay.forget_best();
        }
    }
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

    fn pull(buffer: &mut JitterBuffer) -> Playout {
        buffer.tick();
        buffer.take()
    }

    #[test]
    fn in_order_packets_come_out_after_a_constant_delay_across_the_wrap() {
        let mut buffer = JitterBuffer::new();
        let mut played = Vec::new();
        for n in 0..1_000 {
            push(&mut buffer, n);
            played.push(pull(&mut buffer));
        }
        assert_eq!(played[..2], [Playout::Silence, Playout::Silence]);
        for n in 2..1_000_u32 {
            assert_eq!(played[n as usize], Playout::Packet(packet(n - 2).1));
        }
        assert_eq!(buffer.delay_ms(0), 40);
    }

    #[test]
    fn reordering_is_undone_and_loss_is_repaired() {
        let mut buffer = JitterBuffer::new();
        for n in [0, 2, 1, 4] {
            push(&mut buffer, n);
        }
        for n in 0..3 {
            assert_eq!(pull(&mut buffer), Playout::Packet(packet(n).1));
        }
        assert_eq!(pull(&mut buffer), Playout::Repair(packet(4).1));
        assert_eq!(pull(&mut buffer), Playout::Packet(packet(4).1));
        assert_eq!(pull(&mut buffer), Playout::Conceal);
    }

    #[test]
    fn a_late_packet_is_still_heard_and_a_lost_one_does_not_delay_the_others() {
        let mut buffer = JitterBuffer::new();
        for n in 0..10 {
            push(&mut buffer, n);
            pull(&mut buffer);
        }
        // The two that wait, and then there is none for two frames.
        for n in [8, 9] {
            assert_eq!(pull(&mut buffer), Playout::Packet(packet(n).1));
        }
        assert_eq!((pull(&mut buffer), pull(&mut buffer)), (Playout::Conceal, Playout::Conceal));
        push(&mut buffer, 10);
        assert_eq!(pull(&mut buffer), Playout::Packet(packet(10).1));
        let longer = buffer.delay_ms(0);
        // 11 never comes.
        assert_eq!(pull(&mut buffer), Playout::Conceal);
        push(&mut buffer, 12);
        assert_eq!(pull(&mut buffer), Playout::Packet(packet(12).1));
        assert_eq!((longer, buffer.delay_ms(0)), (80, 80));
    }

    #[test]
    fn a_pause_becomes_silence_and_then_goes_on() {
        let mut buffer = JitterBuffer::new();
        for n in 0..10 {
            push(&mut buffer, n);
            pull(&mut buffer);
        }
        let during: Vec<Playout> = (0..20).map(|_| pull(&mut buffer)).collect();
        assert_eq!(during.iter().filter(|p| matches!(p, Playout::Packet(_))).count(), 2);
        assert_eq!(during.iter().filter(|p| **p == Playout::Conceal).count(), 5);
        for n in 30..40 {
            push(&mut buffer, n);
            pull(&mut buffer);
        }
        assert_eq!(buffer.delay_ms(0), 40);
        push(&mut buffer, 40);
        assert_eq!(pull(&mut buffer), Playout::Packet(packet(38).1));
    }

    #[test]
    fn a_speaker_who_begins_at_another_time_is_followed() {
        for start in [20_000_u32, 4_294_000_000] {
            let mut buffer = JitterBuffer::new();
            for n in 0..100 {
                buffer.push(n * 960 + 10_000_000, Bytes::new());
                pull(&mut buffer);
            }
            let after: Vec<Playout> = (0..20_u32)
                .map(|n| {
                    buffer.push(start.wrapping_add(n * 960), Bytes::from_static(b"new"));
                    pull(&mut buffer)
                })
                .collect();
            assert!(
                after[15..].iter().all(|p| *p == Playout::Packet(Bytes::from_static(b"new"))),
                "{after:?}"
            );
        }
    }

    proptest! {
        #[test]
        fn nothing_makes_it_panic_or_grow(steps in prop::collection::vec((any::<u32>(), 0..3_usize, 0..4_usize), 0..400)) {
            let mut buffer = JitterBuffer::new();
            for (timestamp, pulls, longer) in steps {
                buffer.push(timestamp, Bytes::new());
                for _ in 0..pulls {
                    if pull(&mut buffer) == Playout::Packet(Bytes::new()) {
                        buffer.was_longer(longer);
                    }
                    let _ = (buffer.surplus(960), buffer.delay_ms(0), buffer.has_next());
                }
                prop_assert!(buffer.packets.len() <= CAPACITY);
            }
        }
    }
}
