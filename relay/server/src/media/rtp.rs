//! RTP headers (RFC 3550 §5.1), and the rewriting that makes one continuous stream out of changing speakers.

use std::time::Instant;

/// Of the Opus that clients send.
const FRAME_MS: u128 = 20;
const SAMPLES_A_FRAME: u32 = 960;

/// The fields of a header that forwarding needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RtpHeader {
    /// Payload type, 7 bits.
    pub payload_type: u8,
    /// Marker bit.
    pub marker: bool,
    /// Sequence number.
    pub sequence: u16,
    /// Media time, in samples at 48 kHz for Opus.
    pub timestamp: u32,
    /// Synchronisation source.
    pub ssrc: u32,
    /// Length of the header with contributing sources and extensions, in bytes.
    pub length: usize,
}

impl RtpHeader {
    /// Reads the header of a packet; `None` where it is cut short or not version 2.
    pub fn read(packet: &[u8]) -> Option<Self> {
        let fixed: &[u8; 12] = packet.first_chunk()?;
        if fixed[0] >> 6 != 2 {
            return None;
        }
        let mut length = 12 + 4 * usize::from(fixed[0] & 0x0f);
        if fixed[0] & 0x10 != 0 {
            let words = packet.get(length + 2..length + 4)?;
            length += 4 + 4 * usize::from(u16::from_be_bytes([words[0], words[1]]));
        }
        (packet.len() >= length).then_some(Self {
            payload_type: fixed[1] & 0x7f,
            marker: fixed[1] & 0x80 != 0,
            sequence: u16::from_be_bytes([fixed[2], fixed[3]]),
            timestamp: u32::from_be_bytes([fixed[4], fixed[5], fixed[6], fixed[7]]),
            ssrc: u32::from_be_bytes([fixed[8], fixed[9], fixed[10], fixed[11]]),
            length,
        })
    }

    /// Whether a datagram that is RTP or RTCP by its first byte is RTCP (RFC 5761 §4).
    pub fn is_rtcp(packet: &[u8]) -> bool {
        matches!(packet.get(1).map(|b| b & 0x7f), Some(64..=95))
    }
}

/// One slot's outgoing stream. It keeps sequence numbers without a hole and media time without a step back, whoever's
/// voice it carries, so that the receiver's jitter buffer never takes a change of speaker for loss.
#[derive(Debug)]
pub struct Restamp {
    sequence_offset: u16,
    timestamp_offset: u32,
    last: Option<Sent>,
    /// First sequence number of the current source; what is older belongs to the time before it was routed here.
    first: Option<u16>,
}

#[derive(Debug, Clone, Copy)]
struct Sent {
    sequence: u16,
    timestamp: u32,
    at: Instant,
}

impl Restamp {
    /// A stream that begins at the numbers of its first source, shifted by `random` (RFC 3550 §5.1 asks for that).
    pub fn new(random: u32) -> Self {
        let [a, b, ..] = random.to_be_bytes();
        Self {
            sequence_offset: u16::from_be_bytes([a, b]),
            timestamp_offset: random,
            last: None,
            first: None,
        }
    }

    /// The next packet comes from another source, or from the same after a pause.
    pub fn change_source(&mut self) {
        self.first = None;
    }

    /// Whether a packet of the current source belongs to the time since it was routed here.
    pub fn carries(&self, sequence: u16) -> bool {
        // Serial number arithmetic (RFC 1982): older than the first, in half the number space.
        self.first.is_some_and(|first| sequence.wrapping_sub(first) <= 0x8000)
    }

    /// Sequence number and timestamp for a packet; `None`: it is older than the change of source, drop it. Only a packet
    /// that `begins` can be a source's first: what came as another's redundancy was spoken before.
    pub fn next(&mut self, sequence: u16, timestamp: u32, begins: bool, now: Instant) -> Option<(u16, u32)> {
        match self.first {
            None if !begins => return None,
            None => {
                if let Some(last) = self.last {
                    // In whole frames: a receiver's buffer looks for the next frame where the last one ended.
                    let silence = now.saturating_duration_since(last.at).as_millis();
                    let frames = u32::try_from((silence + FRAME_MS / 2) / FRAME_MS).unwrap_or(0).max(1);
                    let samples = frames.wrapping_mul(SAMPLES_A_FRAME);
                    self.sequence_offset = last.sequence.wrapping_add(1).wrapping_sub(sequence);
                    self.timestamp_offset = last.timestamp.wrapping_add(samples).wrapping_sub(timestamp);
                }
                self.first = Some(sequence);
            }
            Some(_) if !self.carries(sequence) => return None,
            // Let the reference follow, so that after half the number space new packets do not look old.
            Some(first) if sequence.wrapping_sub(first) > 0x2000 => {
                self.first = Some(first.wrapping_add(0x1000))
            }
            Some(_) => {}
        }
        let sequence = sequence.wrapping_add(self.sequence_offset);
        let timestamp = timestamp.wrapping_add(self.timestamp_offset);
        let newer = self.last.is_none_or(|l| sequence.wrapping_sub(l.sequence) < 0x8000);
        if newer {
            self.last = Some(Sent { sequence, timestamp, at: now });
        }
        Some((sequence, timestamp))
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_change_of_speaker_leaves_no_hole_and_no_step_back() {
        let mut stream = Restamp::new(0xfffe_0000);
        let start = Instant::now();
        let (first, t0) = stream.next(100, 9_000, true, start).unwrap();
        let (second, t1) = stream.next(101, 9_960, true, start).unwrap();
        assert_eq!((second.wrapping_sub(first), t1.wrapping_sub(t0)), (1, 960));
        stream.change_source();
        let (third, t2) = stream.next(60_000, 5, true, start + Duration::from_secs(2)).unwrap();
        assert_eq!(third.wrapping_sub(second), 1);
        assert_eq!(t2.wrapping_sub(t1), 96_000);
        assert_eq!(stream.next(59_999, 5, true, start), None, "older than the change");
        // Whoever speaks next did not begin on the beat of whoever spoke before.
        for (later, frames) in [(0, 1), (27, 1), (33, 2), (70, 4)] {
            let before = stream.last.map(|last| (last.timestamp, last.at)).unwrap();
            stream.change_source();
            let (_, after) = stream.next(7, 77, true, before.1 + Duration::from_millis(later)).unwrap();
            assert_eq!(after.wrapping_sub(before.0), frames * 960, "{later} ms later");
        }
    }

    #[test]
    fn what_was_recovered_never_begins_a_source() {
        let mut stream = Restamp::new(0);
        let now = Instant::now();
        assert_eq!(stream.next(9, 960, false, now), None);
        let (tenth, _) = stream.next(10, 1_920, true, now).unwrap();
        assert_eq!(stream.next(9, 960, false, now), None);
        let (twelfth, _) = stream.next(12, 3_840, true, now).unwrap();
        let (eleventh, _) = stream.next(11, 2_880, false, now).unwrap();
        assert_eq!((eleventh.wrapping_sub(tenth), twelfth.wrapping_sub(tenth)), (1, 2));
        stream.change_source();
        assert!(!stream.carries(12));
        assert_eq!(stream.next(13, 4_800, false, now), None);
    }

    #[test]
    fn numbers_run_on_over_many_wraps() {
        let mut stream = Restamp::new(7);
        let now = Instant::now();
        let mut previous = stream.next(0, 0, true, now).unwrap().0;
        for n in 1..200_000_u32 {
            let out = stream.next(n as u16, n.wrapping_mul(960), true, now).expect("never taken for old").0;
            assert_eq!(out, previous.wrapping_add(1));
            previous = out;
        }
    }

    #[test]
    fn headers_are_read_with_their_extensions_and_short_ones_refused() {
        let mut packet = vec![0x90, 0xef, 0, 7, 0, 0, 0, 9, 0, 0, 0, 5, 0xbe, 0xde, 0, 1, 1, 2, 3, 4, 42];
        let header = RtpHeader::read(&packet).unwrap();
        assert_eq!((header.length, header.payload_type, header.marker, header.sequence), (20, 111, true, 7));
        packet.truncate(18);
        assert_eq!(RtpHeader::read(&packet), None);
        assert!(RtpHeader::is_rtcp(&[0x80, 200]) && !RtpHeader::is_rtcp(&[0x80, 111]));
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_are_read_without_panic(bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..80)) {
            if let Some(header) = RtpHeader::read(&bytes) {
                assert!(header.length <= bytes.len());
            }
        }
    }
}
