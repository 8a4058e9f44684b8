//! G.711 (ITU-T), the telephone's codec: 8 000 samples a second, a byte each, without anything against loss.

use std::collections::VecDeque;

use audio_codec_algorithms::{decode_alaw, decode_ulaw, encode_alaw, encode_ulaw};
use bytes::Bytes;

use super::jitter::Playout;
use super::playout::Player;
use super::{FRAME, SAMPLE_RATE, StreamResampler};
use crate::error::Result;

/// Samples a second.
const RATE: u32 = 8_000;
/// Bytes, and samples, of 20 ms.
const NARROW_FRAME: usize = RATE as usize / 50;
/// Ticks of the jitter buffer's clock (48 kHz) to one sample.
const TICKS: u32 = SAMPLE_RATE / RATE;
/// By this the last sound is repeated more softly, each 20 ms that are missing.
const FADE: f32 = 0.6;

/// How a sample becomes a byte.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Law {
    /// Most of the world.
    A,
    /// North America and Japan.
    Mu,
}

impl Law {
    fn decode(self, byte: u8) -> f32 {
        let sample = match self {
            Self::A => decode_alaw(byte),
            Self::Mu => decode_ulaw(byte),
        };
        f32::from(sample) / 32_768.0
    }

    fn encode(self, sample: f32) -> u8 {
        #[expect(
            clippy::cast_possible_truncation,
            reason = "within the range, and a cast of floats saturates"
        )]
        let sample = (sample * 32_768.0).clamp(-32_768.0, 32_767.0) as i16;
        match self {
            Self::A => encode_alaw(sample),
            Self::Mu => encode_ulaw(sample),
        }
    }
}

/// Encodes what the telephone is to hear.
#[derive(Debug)]
pub struct G711Encoder {
    law: Law,
    down: StreamResampler,
    ready: VecDeque<u8>,
}

impl G711Encoder {
    /// From 48 kHz.
    ///
    /// # Errors
    /// If the resampler has no memory.
    pub fn new(law: Law) -> Result<Self> {
        let down = StreamResampler::filtered(SAMPLE_RATE, RATE)?;
        Ok(Self { law, down, ready: VecDeque::new() })
    }

    /// One frame into the 160 bytes of one packet.
    pub fn encode(&mut self, frame: &[f32; FRAME]) -> Bytes {
        let Self { law, down, ready } = self;
        down.push(frame, |samples| ready.extend(samples.iter().map(|sample| law.encode(*sample))));
        (0..NARROW_FRAME).map(|_| ready.pop_front().unwrap_or_else(|| law.encode(0.0))).collect()
    }
}

/// Receives the telephone's voice: jitter buffer, decoder, made-up sound where something is missing.
#[derive(Debug)]
pub struct G711Decoder {
    law: Law,
    player: Player,
    up: StreamResampler,
    /// What of the last packet was less than a frame, and the timestamp (8 kHz) of its first sample.
    rest: (u32, Vec<u8>),
    last: Vec<f32>,
    narrow: Vec<f32>,
}

impl G711Decoder {
    /// To 48 kHz.
    ///
    /// # Errors
    /// If the resampler has no memory.
    pub fn new(law: Law) -> Result<Self> {
        Ok(Self {
            law,
            player: Player::new(RATE),
            up: StreamResampler::filtered(RATE, SAMPLE_RATE)?,
            rest: (0, Vec::new()),
            last: Vec::new(),
            narrow: Vec::new(),
        })
    }

    /// Takes a packet as it arrives: any length, as trunks send 10 to 60 ms. `timestamp` counts samples (RFC 3551).
    pub fn push(&mut self, timestamp: u32, payload: &[u8]) {
        let (began, rest) = &mut self.rest;
        let expected = began.wrapping_add(u32::try_from(rest.len()).unwrap_or(0));
        if rest.is_empty() || expected != timestamp {
            (*began, *rest) = (timestamp, Vec::new());
        }
        rest.extend_from_slice(payload);
        let whole = rest.len() - rest.len() % NARROW_FRAME;
        let frames: Vec<u8> = rest.drain(..whole).collect();
        for frame in frames.chunks_exact(NARROW_FRAME) {
            // 32-bit timestamps of the two clocks wrap around together.
            self.player.buffer_mut().push(began.wrapping_mul(TICKS), Bytes::copy_from_slice(frame));
            *began = began.wrapping_add(u32::from(NARROW_FRAME as u16));
        }
    }

    /// The next 20 ms.
    pub fn pull(&mut self, out: &mut [f32; FRAME]) {
        let Self { law, player, up, last, narrow, .. } = self;
        narrow.clear();
        player.pull(narrow, |playout, ready| match playout {
            Playout::Packet(payload) => {
                last.clear();
                last.extend(payload.iter().map(|byte| law.decode(*byte)));
                ready.extend_from_slice(last);
            }
            Playout::Repair(_) | Playout::Conceal => {
                last.iter_mut().for_each(|sample| *sample *= FADE);
                ready.extend_from_slice(last);
            }
            Playout::Silence => last.clear(),
        });
        out.fill(0.0);
        let mut filled = 0;
        up.push(narrow, |samples| {
            let count = samples.len().min(FRAME - filled);
            out[filled..filled + count].copy_from_slice(&samples[..count]);
            filled += count;
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tone(frame: usize) -> [f32; FRAME] {
        std::array::from_fn(|n| {
            0.4 * ((frame * FRAME + n) as f32 / 48_000.0 * 440.0 * std::f32::consts::TAU).sin()
        })
    }

    fn energy(samples: &[f32]) -> f32 {
        samples.iter().map(|sample| sample * sample).sum::<f32>() / samples.len() as f32
    }

    #[test]
    fn the_values_are_those_of_the_itu() {
        // ITU-T G.711, tables 1a and 2a: silence, the largest value and its negative.
        assert_eq!((Law::A.encode(0.0), Law::Mu.encode(0.0)), (0xd5, 0xff));
        assert_eq!((Law::A.encode(1.0), Law::Mu.encode(1.0)), (0xaa, 0x80));
        assert_eq!((Law::A.encode(-1.0), Law::Mu.encode(-1.0)), (0x2a, 0x00));
        assert_eq!(Law::A.decode(0xaa) * 32_768.0, 32_256.0);
        assert_eq!(Law::Mu.decode(0x80) * 32_768.0, 32_124.0);
    }

    #[test]
    fn a_voice_comes_back_whatever_the_length_of_the_packets() {
        for (law, length) in [(Law::A, 80), (Law::A, 160), (Law::Mu, 240), (Law::Mu, 480)] {
            let (mut encoder, mut decoder) = (G711Encoder::new(law).unwrap(), G711Decoder::new(law).unwrap());
            let (mut waiting, mut heard) = (Vec::new(), Vec::new());
            // Beginning shortly before the clock wraps around.
            let mut timestamp = u32::MAX - 3_000;
            for n in 0..100 {
                waiting.extend_from_slice(&encoder.encode(&tone(n)));
                while waiting.len() >= length {
                    let packet: Vec<u8> = waiting.drain(..length).collect();
                    decoder.push(timestamp, &packet);
                    timestamp = timestamp.wrapping_add(u32::try_from(length).unwrap());
                }
                let mut out = [0.0; FRAME];
                decoder.pull(&mut out);
                heard.extend_from_slice(&out);
            }
            let settled = &heard[50 * FRAME..];
            let level = energy(settled) / energy(&tone(0));
            assert!((0.8..1.2).contains(&level), "{law:?} {length}: {level}");
            assert!(settled.chunks(FRAME).all(|frame| energy(frame) > 0.02), "{law:?} {length}: a hole");
        }
    }

    #[test]
    fn a_lost_packet_leaves_no_hole_and_junk_no_panic() {
        let mut encoder = G711Encoder::new(Law::A).unwrap();
        let mut decoder = G711Decoder::new(Law::A).unwrap();
        let mut heard = Vec::new();
        for n in 0..100_u32 {
            let packet = encoder.encode(&tone(n as usize));
            if n % 10 != 5 {
                decoder.push(n * 160, &packet);
            }
            let mut out = [0.0; FRAME];
            decoder.pull(&mut out);
            heard.extend_from_slice(&out);
        }
        assert!(heard[20 * FRAME..].chunks(FRAME).all(|frame| energy(frame) > 0.005));
        for n in 0..500_u32 {
            decoder.push(n.wrapping_mul(2_654_435_761), &vec![7; (n * 37 % 1_400) as usize]);
            decoder.pull(&mut [0.0; FRAME]);
        }
    }
}
