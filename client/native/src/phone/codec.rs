//! The codecs of a telephone call, and a call's two directions in one of them.

use bytes::Bytes;

use crate::audio::{FRAME, G711Decoder, G711Encoder, Law, SAMPLE_RATE, VoiceDecoder, VoiceEncoder};
use crate::error::Result;
use crate::media::RtpPacket;

/// Which codec.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Codec {
    Opus,
    Alaw,
    Mulaw,
}

impl Codec {
    pub(super) const ALL: [Self; 3] = [Self::Opus, Self::Alaw, Self::Mulaw];

    /// Name, clock and channels as SDP writes them.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Opus => "opus/48000/2",
            Self::Alaw => "PCMA/8000",
            Self::Mulaw => "PCMU/8000",
        }
    }

    /// Whether a lower-case name means this codec; one channel may be said or not.
    pub(super) fn is_named(self, name: &str) -> bool {
        name.strip_suffix("/1").unwrap_or(name).eq_ignore_ascii_case(self.name())
    }

    /// By how much a timestamp grows in 20 ms (RFC 3551 §4.5, RFC 7587 §4.1).
    pub(super) fn ticks(self) -> u32 {
        match self {
            Self::Opus => 960,
            Self::Alaw | Self::Mulaw => 160,
        }
    }
}

/// What the phone is to hear, packet by packet.
pub(super) enum Encoder {
    Opus(Box<VoiceEncoder>),
    G711(Box<G711Encoder>),
}

impl Encoder {
    pub(super) fn new(codec: Codec) -> Result<Self> {
        Ok(match codec {
            Codec::Opus => Self::Opus(Box::new(VoiceEncoder::new()?)),
            Codec::Alaw => Self::G711(Box::new(G711Encoder::new(Law::A)?)),
            Codec::Mulaw => Self::G711(Box::new(G711Encoder::new(Law::Mu)?)),
        })
    }

    pub(super) fn encode(&mut self, frame: &[f32; FRAME]) -> Result<Bytes> {
        match self {
            Self::Opus(encoder) => encoder.encode(frame),
            Self::G711(encoder) => Ok(encoder.encode(frame)),
        }
    }
}

/// What the phone says.
pub(super) enum Decoder {
    Opus(Box<VoiceDecoder>),
    G711(Box<G711Decoder>),
}

impl Decoder {
    pub(super) fn new(codec: Codec) -> Result<Self> {
        Ok(match codec {
            Codec::Opus => Self::Opus(Box::new(VoiceDecoder::new(SAMPLE_RATE)?)),
            Codec::Alaw => Self::G711(Box::new(G711Decoder::new(Law::A)?)),
            Codec::Mulaw => Self::G711(Box::new(G711Decoder::new(Law::Mu)?)),
        })
    }

    pub(super) fn push(&mut self, packet: RtpPacket) {
        match self {
            Self::Opus(decoder) => decoder.push(packet.sequence, packet.timestamp, packet.payload),
            Self::G711(decoder) => decoder.push(packet.timestamp, &packet.payload),
        }
    }

    pub(super) fn pull(&mut self, out: &mut [f32; FRAME]) {
        match self {
            Self::Opus(decoder) => {
                let mut heard = Vec::with_capacity(FRAME);
                decoder.pull(&mut heard);
                for (to, sample) in out.iter_mut().zip(heard) {
                    *to = sample;
                }
            }
            Self::G711(decoder) => decoder.pull(out),
        }
    }
}
