//! What comes in a packet: a frame, and earlier ones along with it (RFC 2198).

use std::time::Instant;

use bytes::Bytes;
use dragoman_core::red::Blocks;
use rtc::rtp;

use super::transport::{OPUS, RED};

/// A voice packet as it arrived.
#[derive(Debug, Clone)]
pub struct Arrival {
    /// The slot's stream.
    pub ssrc: u32,
    /// RTP sequence number.
    pub sequence: u16,
    /// RTP timestamp, 48 kHz.
    pub timestamp: u32,
    /// Opus.
    pub payload: Bytes,
    /// It came along with a later packet, whose number and timestamp are not these.
    pub recovered: bool,
    /// When it was received.
    pub at: Instant,
}

/// The frames of a packet, the earliest first. What is no payload at all gives none.
pub(super) fn arrivals(packet: &rtp::Packet) -> impl Iterator<Item = Arrival> {
    let rtp::Packet { header, payload } = packet;
    let at = Instant::now();
    let arrival = move |age: u16, earlier_by: u32, payload: Bytes| Arrival {
        ssrc: header.ssrc,
        sequence: header.sequence_number.wrapping_sub(age),
        timestamp: header.timestamp.wrapping_sub(earlier_by),
        payload,
        recovered: age > 0,
        at,
    };
    let plain = (header.payload_type == OPUS).then(|| arrival(0, 0, payload.clone()));
    let blocks = (header.payload_type == RED).then(|| Blocks::read(payload)).flatten();
    let blocks = blocks.into_iter().flatten().filter(|block| block.payload_type == OPUS);
    let redundant =
        blocks.map(move |block| arrival(block.age, block.earlier_by, payload.slice_ref(block.payload)));
    plain.into_iter().chain(redundant)
}
