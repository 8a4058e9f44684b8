//! Opus: one's own voice into packets, somebody else's packets into sound.

use bytes::Bytes;
use dragoman_core::red::Window;
use opus::{Application, Bitrate, Channels, Decoder, Encoder, Signal};
use serde::Serialize;

use super::jitter::{JitterBuffer, Playout};
use super::{FRAME, SAMPLE_RATE};
use crate::error::Result;

/// Bits a second. Constant, because packet sizes of variable-rate speech tell what is said even when it is encrypted.
const BITRATE: i32 = 32_000;
/// The in-band copies are made for such a loss, in percent.
const EXPECTED_LOSS: i32 = 10;
/// A frame whose samples are all below this (-50 dBFS) is silence.
const QUIET: f32 = 0.003;

/// Encodes one's own voice.
#[derive(Debug)]
pub struct VoiceEncoder {
    opus: Encoder,
}

impl VoiceEncoder {
    /// 48 kHz, mono, 20 ms, constant bit rate, no DTX, in-band FEC.
    ///
    /// # Errors
    /// If libopus has no memory.
    pub fn new() -> Result<Self> {
        Self::with_fec(true)
    }

    /// The same, with or without in-band FEC.
    ///
    /// # Errors
    /// If libopus has no memory.
    pub fn with_fec(fec: bool) -> Result<Self> {
        let mut opus = Encoder::new(SAMPLE_RATE, Channels::Mono, Application::Voip)?;
        opus.set_bitrate(Bitrate::Bits(BITRATE))?;
        opus.set_vbr(false)?;
        opus.set_dtx(false)?;
        opus.set_inband_fec(fec)?;
        opus.set_packet_loss_perc(if fec { EXPECTED_LOSS } else { 0 })?;
        opus.set_signal(Signal::Voice)?;
        Ok(Self { opus })
    }

    /// One frame into one packet.
    ///
    /// # Errors
    /// If libopus refuses.
    pub fn encode(&mut self, frame: &[f32; FRAME]) -> Result<Bytes> {
        Ok(self.opus.encode_vec_float(frame, 400)?.into())
    }
}

/// What was received of one speaker.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize)]
pub struct VoiceCounters {
    /// Packets that arrived.
    pub received: u64,
    /// Packets that never arrived, by their numbers.
    pub lost: u64,
    /// Frames of lost packets that came with a later packet, as its redundancy (RED).
    pub recovered: u64,
    /// Packets that arrived too late to be played.
    pub late: u64,
    /// Frames that were made up because nothing was there to play.
    pub concealed: u64,
    /// Frames among those that came from the next packet's in-band copy.
    pub repaired: u64,
}

impl VoiceCounters {
    /// What was counted since `earlier`; what was lost and came after all may have been lost before.
    pub(crate) fn since(&self, earlier: &Self) -> Self {
        Self {
            received: self.received - earlier.received,
            lost: self.lost.saturating_sub(earlier.lost),
            recovered: self.recovered - earlier.recovered,
            late: self.late - earlier.late,
            concealed: self.concealed - earlier.concealed,
            repaired: self.repaired - earlier.repaired,
        }
    }

    pub(crate) fn add(&mut self, other: &Self) {
        self.received += other.received;
        self.lost += other.lost;
        self.recovered += other.recovered;
        self.late += other.late;
        self.concealed += other.concealed;
        self.repaired += other.repaired;
    }
}

/// Receives one voice: jitter buffer, decoder, counters.
#[derive(Debug)]
pub struct VoiceDecoder {
    opus: Decoder,
    frame: usize,
    buffer: JitterBuffer,
    counters: VoiceCounters,
    sequence: Option<u16>,
    window: Option<Window>,
    quiet: bool,
    /// What a packet longer than 20 ms left over.
    rest: Vec<f32>,
    scratch: Vec<f32>,
}

impl VoiceDecoder {
    /// A decoder to `rate` samples a second: 48 000 to listen, 16 000 to transcribe.
    ///
    /// # Errors
    /// If libopus does not know that rate.
    pub fn new(rate: u32) -> Result<Self> {
        let opus = Decoder::new(rate, Channels::Mono)?;
        let frame = rate as usize / 50;
        Ok(Self {
            opus,
            frame,
            buffer: JitterBuffer::new(),
            counters: VoiceCounters::default(),
            sequence: None,
            window: None,
            quiet: true,
            rest: Vec::new(),
            // Opus packets hold at most 120 ms (RFC 6716 §2.1.4).
            scratch: vec![0.0; frame * 6],
        })
    }

    /// Takes a packet as it arrives.
    pub fn push(&mut self, sequence: u16, timestamp: u32, payload: Bytes) {
        self.counters.received += 1;
        match self.sequence {
            None => self.sequence = Some(sequence),
            Some(last) => {
                let step = sequence.wrapping_sub(last);
                if (1..0x8000).contains(&step) {
                    self.counters.lost += u64::from(step) - 1;
                    self.sequence = Some(sequence);
                } else if step != 0 {
                    // It was counted as lost, and only came out of order.
                    self.counters.lost = self.counters.lost.saturating_sub(1);
                }
            }
        }
        if self.window.get_or_insert_with(|| Window::before(sequence)).take(sequence) {
            self.buffer.push(timestamp, payload);
        }
    }

    /// Takes a frame that came as the redundancy of a later packet, unless it is there already. What was sent before the
    /// first packet is left out.
    pub fn recover(&mut self, sequence: u16, timestamp: u32, payload: Bytes) {
        if self.window.as_mut().is_some_and(|window| window.take(sequence)) {
            self.counters.recovered += 1;
            self.buffer.push(timestamp, payload);
        }
    }

    /// Appends the next 20 ms to `out`; returns whether it came from a packet.
    pub fn pull(&mut self, out: &mut Vec<f32>) -> bool {
        let start = out.len();
        let playout = self.buffer.pull(self.quiet);
        if self.rest.len() >= self.frame {
            out.extend(self.rest.drain(..self.frame));
            return true;
        }
        let playing = matches!(playout, Playout::Packet(_));
        let decoded = match &playout {
            Playout::Packet(payload) => self.opus.decode_float(payload, &mut self.scratch, false),
            Playout::Repair(next) => {
                self.counters.concealed += 1;
                self.counters.repaired += 1;
                self.opus.decode_float(next, &mut self.scratch[..self.frame], true)
            }
            Playout::Conceal => {
                self.counters.concealed += 1;
                self.opus.decode_float(&[], &mut self.scratch[..self.frame], false)
            }
            Playout::Silence => Ok(0),
        };
        // What is no Opus is silence, never noise.
        let length = decoded.unwrap_or(0).min(self.scratch.len());
        out.extend_from_slice(&self.scratch[..length.min(self.frame)]);
        out.resize(start + self.frame, 0.0);
        if length > self.frame {
            self.rest.clear();
            self.rest.extend_from_slice(&self.scratch[self.frame..length]);
        }
        self.quiet = out[start..].iter().all(|sample| sample.abs() < QUIET);
        playing
    }

    /// What was received so far.
    pub fn counters(&self) -> VoiceCounters {
        VoiceCounters { late: self.buffer.late(), ..self.counters }
    }

    /// The jitter buffer's present delay in milliseconds.
    pub fn delay_ms(&self) -> u64 {
        self.buffer.delay_ms()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_packet_has_the_same_size_and_silence_is_sent_too() {
        let mut encoder = VoiceEncoder::new().unwrap();
        let mut sizes = std::collections::BTreeSet::new();
        for n in 0..100_usize {
            let loud = if n % 20 < 10 { 0.4 } else { 0.0 };
            let frame = std::array::from_fn(|i| loud * ((n * FRAME + i) as f32 * 0.03).sin());
            sizes.insert(encoder.encode(&frame).unwrap().len());
        }
        assert_eq!(sizes.into_iter().collect::<Vec<_>>(), vec![80]);
    }

    #[test]
    fn a_lost_packet_is_counted_and_concealed() {
        let mut encoder = VoiceEncoder::new().unwrap();
        let mut decoder = VoiceDecoder::new(16_000).unwrap();
        let mut heard = Vec::new();
        for n in 0..100_u16 {
            let frame = std::array::from_fn(|i| 0.4 * ((usize::from(n) * FRAME + i) as f32 * 0.03).sin());
            let packet = encoder.encode(&frame).unwrap();
            if n % 10 != 5 {
                decoder.push(n.wrapping_add(65_500), u32::from(n) * 960, packet);
            }
            decoder.pull(&mut heard);
        }
        let counters = decoder.counters();
        assert_eq!((counters.received, counters.lost, counters.concealed), (90, 10, 10));
        assert_eq!(heard.len(), 100 * 320);
        assert!(
            heard[3_200..].chunks(320).all(|frame| frame.iter().any(|s| s.abs() > 0.05)),
            "no hole is heard"
        );
    }

    #[test]
    fn a_frame_that_comes_again_is_played_once_and_nothing_is_made_up() {
        let mut encoder = VoiceEncoder::new().unwrap();
        let mut decoder = VoiceDecoder::new(16_000).unwrap();
        let (mut heard, mut before, mut played) = (Vec::new(), None, 0);
        for n in 0..100_u16 {
            let frame = std::array::from_fn(|i| 0.4 * ((usize::from(n) * FRAME + i) as f32 * 0.03).sin());
            let packet = encoder.encode(&frame).unwrap();
            let (sequence, timestamp) = (n.wrapping_add(65_500), u32::from(n) * 960);
            // Every third is lost, and every packet has the frame before it.
            if n % 3 != 1 {
                if let Some(earlier) = before.take() {
                    decoder.recover(sequence.wrapping_sub(1), timestamp.wrapping_sub(960), earlier);
                }
                decoder.push(sequence, timestamp, packet.clone());
            }
            before = Some(packet);
            played += u32::from(decoder.pull(&mut heard));
        }
        let counters = decoder.counters();
        assert_eq!((counters.received, counters.lost, counters.recovered), (67, 33, 33));
        assert_eq!((counters.concealed, counters.late), (0, 0));
        assert!(played >= 97);
    }

    #[test]
    fn junk_is_silence() {
        let mut decoder = VoiceDecoder::new(SAMPLE_RATE).unwrap();
        let mut out = Vec::new();
        for n in 0..50_u16 {
            decoder.push(n, u32::from(n) * 960, Bytes::from(vec![0xff; usize::from(n)]));
            decoder.pull(&mut out);
        }
        assert_eq!(out.len(), 50 * FRAME);
    }
}
