//! Single RTP packets (RFC 3550) that go over no WebRTC connection: those of a telephone line.

use bytes::Bytes;
use rtc::rtp;
use rtc::shared::marshal::{Marshal as _, Unmarshal as _};

/// One packet.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RtpPacket {
    /// What the payload is.
    pub payload_type: u8,
    /// A new spurt of talk, or a new digit, begins.
    pub marker: bool,
    /// Counts packets.
    pub sequence: u16,
    /// Counts samples, at the payload's rate.
    pub timestamp: u32,
    /// Which stream.
    pub ssrc: u32,
    /// The sound.
    pub payload: Bytes,
}

impl RtpPacket {
    /// Reads a datagram. `None`: it is no RTP.
    pub fn read(datagram: Bytes) -> Option<Self> {
        // Version 2; RTCP's packet types are 192 to 223 (RFC 5761 §4).
        let [first, second, ..] = *datagram else { return None };
        if first >> 6 != 2 || (192..224).contains(&second) {
            return None;
        }
        let rtp::Packet { header, payload } = rtp::Packet::unmarshal(&mut { datagram }).ok()?;
        Some(Self {
            payload_type: header.payload_type,
            marker: header.marker,
            sequence: header.sequence_number,
            timestamp: header.timestamp,
            ssrc: header.ssrc,
            payload,
        })
    }

    /// As a datagram. `None`: it is too large.
    pub fn write(self) -> Option<Bytes> {
        let header = rtp::header::Header {
            version: 2,
            marker: self.marker,
            payload_type: self.payload_type,
            sequence_number: self.sequence,
            timestamp: self.timestamp,
            ssrc: self.ssrc,
            ..Default::default()
        };
        Some(rtp::Packet { header, payload: self.payload }.marshal().ok()?.freeze())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_is_written_is_read(
            payload_type in 0..64_u8, marker: bool, sequence: u16, timestamp: u32, ssrc: u32,
            payload in proptest::collection::vec(any::<u8>(), 0..400),
        ) {
            let payload = payload.into();
            let packet = RtpPacket { payload_type, marker, sequence, timestamp, ssrc, payload };
            prop_assert_eq!(RtpPacket::read(packet.clone().write().unwrap()), Some(packet));
        }

        #[test]
        fn junk_never_panics(mut junk in proptest::collection::vec(any::<u8>(), 0..200), version_2: bool) {
            if let (true, Some(first)) = (version_2, junk.first_mut()) {
                *first = 0x80 | *first & 0x3f;
            }
            let _ = RtpPacket::read(junk.into());
        }
    }
}
