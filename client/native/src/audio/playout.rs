//! What is decoded becomes what is played: 20 ms each time, and meanwhile made shorter or longer until the delay is what
//! the way needs (`delay`), inside of speech too.

use super::FRAME;
use super::jitter::{JitterBuffer, Playout};
use super::stretch::{Seam, Stretch};

/// All samples below this (-50 dBFS) are silence.
const QUIET: f32 = 0.003;
/// A delay that is too long by less than this, in ticks, is left alone: 5 ms.
const SMALL: i64 = FRAME as i64 / 4;
/// A delay that is too long by more than this is a hindrance: 60 ms. It is shortened in every frame, with rough seams.
const LARGE: i64 = FRAME as i64 * 3;
/// Frames between two changes otherwise: speech becomes faster by a tenth, and nobody notices.
const BETWEEN: u32 = 5;

/// See the module's page.
#[derive(Debug)]
pub(super) struct Player {
    buffer: JitterBuffer,
    stretch: Stretch,
    /// Samples of 20 ms.
    frame: usize,
    /// Decoded and not yet played.
    ready: Vec<f32>,
    from_packet: bool,
    since_change: u32,
}

impl Player {
    /// For `rate` samples a second.
    pub(super) fn new(rate: u32) -> Self {
        Self {
            buffer: JitterBuffer::new(),
            stretch: Stretch::new(rate),
            frame: rate as usize / 50,
            ready: Vec::new(),
            from_packet: false,
            since_change: 0,
        }
    }

    pub(super) fn buffer(&self) -> &JitterBuffer {
        &self.buffer
    }

    pub(super) fn buffer_mut(&mut self) -> &mut JitterBuffer {
        &mut self.buffer
    }

    /// The present delay in milliseconds: see [`JitterBuffer::delay_ms`].
    pub(super) fn delay_ms(&self) -> u64 {
        self.buffer.delay_ms(self.ticks(self.ready.len()))
    }

    /// Appends the next 20 ms to `out`; returns whether they came from packets. `decode` appends what it makes of a
    /// packet, or in its place; where that is nothing, it is silence.
    pub(super) fn pull(
        &mut self,
        out: &mut Vec<f32>,
        mut decode: impl FnMut(&Playout, &mut Vec<f32>),
    ) -> bool {
        self.buffer.tick();
        while self.ready.len() < self.frame {
            self.decode_next(&mut decode);
        }
        self.since_change = self.since_change.saturating_add(1);
        if self.from_packet {
            self.adapt(&mut decode);
        }
        out.extend(self.ready.drain(..self.frame));
        self.from_packet
    }

    fn decode_next(&mut self, decode: &mut impl FnMut(&Playout, &mut Vec<f32>)) {
        let playout = self.buffer.take();
        let before = self.ready.len();
        decode(&playout, &mut self.ready);
        self.from_packet = matches!(playout, Playout::Packet(_));
        if self.ready.len() < before + self.frame {
            self.ready.resize(before + self.frame, 0.0);
        }
        if self.from_packet {
            self.buffer.was_longer((self.ready.len() - before) / self.frame - 1);
        }
    }

    fn adapt(&mut self, decode: &mut impl FnMut(&Playout, &mut Vec<f32>)) {
        let surplus = self.buffer.surplus(self.ticks(self.ready.len()));
        let quiet = self.ready.iter().all(|sample| sample.abs() < QUIET);
        let hurry = quiet || surplus > LARGE;
        // Too short is never small: a fraction of a frame less waits for a whole packet less.
        let wait = surplus >= 0 && (surplus < SMALL || self.since_change < BETWEEN && !hurry);
        if wait {
            return;
        }
        let seam = if quiet {
            Seam::Any
        } else if (0..=LARGE).contains(&surplus) {
            Seam::Unheard
        } else {
            Seam::Rough
        };
        let changed = if surplus > 0 {
            self.shorten(surplus, seam, decode)
        } else {
            self.stretch.lengthen(&mut self.ready, seam)
        };
        if changed > 0 {
            self.since_change = 0;
        }
    }

    /// Only as much as leaves a whole frame to play.
    fn shorten(
        &mut self,
        surplus: i64,
        seam: Seam,
        decode: &mut impl FnMut(&Playout, &mut Vec<f32>),
    ) -> usize {
        let wished = usize::try_from(surplus).unwrap_or(0) * self.frame / FRAME;
        let wished = wished.min(self.stretch.longest());
        if self.ready.len() < self.frame + wished && self.buffer.has_next() {
            self.decode_next(decode);
        }
        let most = wished.min(self.ready.len() - self.frame);
        if most < self.stretch.shortest() {
            return 0;
        }
        self.stretch.shorten(&mut self.ready, most, seam)
    }

    fn ticks(&self, samples: usize) -> i64 {
        i64::try_from(samples * FRAME / self.frame).unwrap_or(0)
    }
}

#[cfg(test)]
mod tests;
