//! How long a packet has to wait before it is played, so that nearly all others are there in time. Pure: no clock.
//!
//! Time is counted in the listener's frames of 20 ms, because a packet is only ever late for a frame. The *lateness* of
//! a packet is the frame at which it was there less its own number. The least lateness of the last seconds is what the
//! way takes at best; a histogram of what came on top of it, in which old packets slowly lose their weight, says how
//! long to wait (the same idea as NetEQ's).

use super::FRAME;

const FRAME_TICKS: i64 = FRAME as i64;
/// Longest delay that is aimed at: 400 ms. Who answers after more is interrupted.
const MAX_FRAMES: usize = 20;
/// The delay before anything is known of the way.
const START_FRAMES: usize = 2;
/// So many packets are seen before the histogram is believed: one second.
const ENOUGH: u32 = 50;
/// A packet's weight is halved after seven seconds.
const MEMORY: u32 = 500;
/// This part of the packets must be there in time.
const IN_TIME: f32 = 0.99;
/// The delay is only shortened if that leaves so many in time, or it would go up and down all the time.
const IN_TIME_TO_SHORTEN: f32 = 0.995;
/// The best lateness is that of the last one to two spans of so many packets (2 s): clocks drift apart.
const SPAN: u32 = 100;
/// A packet that came too late keeps the delay one frame longer until so many others have come (2 s): where one is late
/// there are often more, and the histogram only believes it after several.
const HOLD: u32 = 100;
/// Beyond a second it is no jitter: the speaker's clock was set anew.
const JUMP: i64 = 50 * FRAME_TICKS;

/// See the module's page. Times are in ticks of the media clock, 48 kHz.
#[derive(Debug)]
pub(super) struct DelayTarget {
    /// Part of the packets that came so many frames after the best time.
    shares: [f32; MAX_FRAMES + 1],
    seen: u32,
    base: i64,
    /// Packets since the best time was set by a single one, which may have been late itself.
    since_restart: u32,
    /// Least lateness of the present and of the last span.
    least: (i64, i64),
    in_span: u32,
    frames: usize,
    /// Packets until the extra frame is given up.
    hold: u32,
}

impl DelayTarget {
    pub(super) fn new() -> Self {
        Self {
            shares: [0.0; MAX_FRAMES + 1],
            seen: 0,
            base: 0,
            since_restart: 0,
            least: (i64::MAX, i64::MAX),
            in_span: 0,
            frames: START_FRAMES,
            hold: 0,
        }
    }

    /// What packets should wait beyond the best time, in ticks.
    pub(super) fn target(&self) -> i64 {
        ticks(self.frames + usize::from(self.hold > 0))
    }

    /// The least lateness.
    pub(super) fn base(&self) -> i64 {
        self.base
    }

    /// The speaker begins anew: only the packet of this lateness counts for the best time. What is known of the
    /// jitter stays.
    pub(super) fn restart(&mut self, lateness: i64) {
        (self.base, self.least, self.in_span) = (lateness, (lateness, i64::MAX), 0);
        self.since_restart = 0;
    }

    /// The speaker paused; the best time is that of the next packet.
    pub(super) fn forget_best(&mut self) {
        self.least = (i64::MAX, i64::MAX);
    }

    /// A packet came.
    pub(super) fn arrived(&mut self, lateness: i64) {
        if self.least.0 == i64::MAX {
            self.restart(lateness);
        }
        self.least.0 = self.least.0.min(lateness);
        self.in_span += 1;
        self.since_restart = self.since_restart.saturating_add(1);
        if self.in_span >= SPAN {
            (self.least, self.in_span) = ((lateness, self.least.0), 0);
        }
        self.set_base(self.least.0.min(self.least.1));
        self.note(lateness);
    }

    /// What `arrived` does for the histogram only: a packet that was lost could have been made good at this lateness.
    pub(super) fn note(&mut self, lateness: i64) {
        let excess = lateness - self.base;
        if excess > JUMP {
            return;
        }
        let frames = usize::try_from((excess + FRAME_TICKS - 1) / FRAME_TICKS).unwrap_or(0);
        self.seen = (self.seen + 1).min(MEMORY);
        let weight = 1.0 / self.seen as f32;
        self.shares.iter_mut().for_each(|share| *share *= 1.0 - weight);
        self.shares[frames.min(MAX_FRAMES)] += weight;
        if self.seen < ENOUGH {
            return;
        }
        let needed = self.quantile(IN_TIME);
        if needed > self.frames {
            self.frames = needed;
        } else {
            self.frames = self.frames.min(self.quantile(IN_TIME_TO_SHORTEN));
        }
        self.hold = if frames > self.frames { HOLD } else { self.hold.saturating_sub(1) };
    }

    fn quantile(&self, part: f32) -> usize {
        let mut sum = 0.0;
        let enough = |share: &f32| {
            sum += share;
            sum >= part
        };
        self.shares.iter().position(enough).unwrap_or(MAX_FRAMES)
    }

    /// The histogram counts from the best time, so it moves along.
    fn set_base(&mut self, base: i64) {
        let mut steps = (base - self.base) / FRAME_TICKS;
        self.base = base;
        // The first packets only show where it is. Were the histogram moved for them, each restart with a late packet would
        // add to the delay what that packet was late.
        if steps.abs() > 50 || self.since_restart < ENOUGH {
            return;
        }
        while steps < 0 {
            let last = self.shares[MAX_FRAMES];
            self.shares.rotate_right(1);
            self.shares[0] = 0.0;
            self.shares[MAX_FRAMES] += last;
            self.frames = (self.frames + 1).min(MAX_FRAMES);
            steps += 1;
        }
        while steps > 0 {
            let first = self.shares[0];
            self.shares.rotate_left(1);
            self.shares[MAX_FRAMES] = 0.0;
            self.shares[0] += first;
            self.frames = self.frames.saturating_sub(1);
            steps -= 1;
        }
    }
}

fn ticks(frames: usize) -> i64 {
    i64::try_from(frames).unwrap_or(0) * FRAME_TICKS
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(lateness: impl Iterator<Item = i64>) -> DelayTarget {
        let mut target = DelayTarget::new();
        lateness.for_each(|frames| target.arrived(frames * FRAME_TICKS));
        target
    }

    #[test]
    fn a_steady_way_needs_no_waiting_and_an_unsteady_one_its_worst_hundredth() {
        assert_eq!(after((0..20).map(|_| 7)).target(), ticks(START_FRAMES));
        assert_eq!(after((0..200).map(|_| 7)).target(), 0);
        assert_eq!(after((0..1_000).map(|n| 7 + i64::from(n % 20 == 0) * 3)).target(), ticks(3));
        // One in a thousand is not waited for.
        assert_eq!(after((0..1_800).map(|n| 7 + i64::from(n == 1_000) * 10)).target(), 0);
    }

    #[test]
    fn it_follows_a_way_that_becomes_worse_and_better() {
        let worse = (0..3_000).map(|n| if (1_000..2_000).contains(&n) { 7 + n % 5 } else { 7 });
        let mut target = DelayTarget::new();
        let mut seen = Vec::new();
        for lateness in worse {
            target.arrived(lateness * FRAME_TICKS);
            seen.push(target.target() / FRAME_TICKS);
        }
        assert_eq!((seen[999], seen[1_250], seen[1_999]), (0, 4, 4));
        assert!(
            seen[2_999] <= 4 && after((0..9_000).map(|n| if n < 1_000 { n % 5 } else { 0 })).target() == 0
        );
    }

    #[test]
    fn drift_moves_the_best_time_and_not_the_delay() {
        for direction in [-1, 1] {
            let target = after((0..100_000_i64).map(|n| direction * (n / 5_000)));
            assert_eq!(target.base(), direction * 19 * FRAME_TICKS);
            assert_eq!(target.target(), 0);
        }
    }

    #[test]
    fn a_restart_with_a_late_packet_adds_no_delay() {
        let way = |n: i64| n * 7 % 5;
        let mut target = after((0..1_000).map(way));
        let before = target.target();
        for _ in 0..10 {
            target.restart(4 * FRAME_TICKS);
            (0..300).for_each(|n| target.arrived(way(n) * FRAME_TICKS));
        }
        assert_eq!((target.base(), target.target()), (0, before));
    }

    #[test]
    fn a_speaker_whose_clock_was_set_anew_is_no_jitter() {
        let mut target = after((0..500).map(|_| 3));
        target.arrived(10_000 * FRAME_TICKS);
        assert_eq!(target.target(), 0);
        target.restart(10_000 * FRAME_TICKS);
        assert_eq!((target.base(), target.target()), (10_000 * FRAME_TICKS, 0));
    }
}
