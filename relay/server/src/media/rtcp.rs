//! The little RTCP the relay speaks: it reads sender and receiver reports, and writes receiver reports (RFC 3550 §6.4),
//! from which a client learns its round-trip time and the loss on its way to the relay.

use std::time::{Duration, Instant};

/// Middle 32 bits of the NTP time in the first sender report of a packet, if there is one.
pub fn sender_report_time(packet: &[u8]) -> Option<u32> {
    let head: &[u8; 16] = packet.first_chunk()?;
    (head[0] >> 6 == 2 && head[1] == 200)
        .then(|| u32::from_be_bytes([head[10], head[11], head[12], head[13]]))
}

/// What a receiver says of one stream (RFC 3550 §6.4.1), as far as it is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReportBlock {
    /// The stream.
    pub ssrc: u32,
    /// Highest sequence number that came, with the count of its cycles above it.
    pub highest: u32,
    /// Packets that never came, since the beginning; negative where some came twice.
    pub lost: i32,
}

/// All report blocks in a compound packet.
pub fn report_blocks(compound: &[u8]) -> impl Iterator<Item = ReportBlock> {
    packets(compound).flat_map(|packet| {
        let blocks = match packet[1] {
            200 => packet.get(28..),
            201 => packet.get(8..),
            _ => None,
        };
        let count = usize::from(packet[0] & 0x1f);
        blocks.unwrap_or_default().chunks_exact(24).take(count).map(|block| {
            let word =
                |at: usize| u32::from_be_bytes([block[at], block[at + 1], block[at + 2], block[at + 3]]);
            // 24 bits with a sign.
            let lost = (word(4) << 8).cast_signed() >> 8;
            ReportBlock { ssrc: word(0), highest: word(8), lost }
        })
    })
}

/// The packets of a compound one, each at least its four bytes of header; what is cut short ends the row.
fn packets(mut compound: &[u8]) -> impl Iterator<Item = &[u8]> {
    std::iter::from_fn(move || {
        let head: &[u8; 4] = compound.first_chunk()?;
        let length = 4 * (usize::from(u16::from_be_bytes([head[2], head[3]])) + 1);
        let (packet, rest) = compound.split_at_checked(length).filter(|_| head[0] >> 6 == 2)?;
        compound = rest;
        Some(packet)
    })
}

/// What was received of one stream, for its receiver reports.
#[derive(Debug)]
pub struct Reception {
    first: u16,
    highest: u32,
    received: u32,
    expected_before: u32,
    received_before: u32,
    jitter: f64,
    last: Option<(Instant, u32)>,
    sender_report: Option<(u32, Instant)>,
}

impl Reception {
    /// A stream whose first packet has this number.
    pub fn starting_at(sequence: u16) -> Self {
        Self {
            first: sequence,
            highest: u32::from(sequence),
            received: 0,
            expected_before: 0,
            received_before: 0,
            jitter: 0.0,
            last: None,
            sender_report: None,
        }
    }

    /// Counts a packet (RFC 3550 §A.3, §A.8; media clock 48 kHz); whether none after it came before.
    pub fn count(&mut self, sequence: u16, timestamp: u32, now: Instant) -> bool {
        self.received = self.received.wrapping_add(1);
        let ahead = sequence.wrapping_sub(self.highest as u16);
        if ahead < 0x8000 {
            self.highest = self.highest.wrapping_add(u32::from(ahead));
        }
        if let Some((at, media)) = self.last {
            let arrival = now.saturating_duration_since(at).as_secs_f64() * 48_000.0;
            let sent = f64::from(timestamp.wrapping_sub(media) as i32);
            self.jitter += ((arrival - sent).abs().min(48_000.0) - self.jitter) / 16.0;
        }
        self.last = Some((now, timestamp));
        ahead < 0x8000
    }

    /// Packets that arrived.
    pub fn received(&self) -> u32 {
        self.received
    }

    /// Notes a sender report.
    pub fn note_sender_report(&mut self, middle_of_ntp: u32, now: Instant) {
        self.sender_report = Some((middle_of_ntp, now));
    }

    /// A receiver report about stream `ssrc`, from `reporter`: 32 bytes.
    pub fn report(&mut self, reporter: u32, ssrc: u32, now: Instant) -> [u8; 32] {
        let expected = self.highest.wrapping_sub(u32::from(self.first)).wrapping_add(1);
        let expected_now = expected.wrapping_sub(self.expected_before);
        let received_now = self.received.wrapping_sub(self.received_before);
        let lost_now = expected_now.saturating_sub(received_now);
        let fraction = if expected_now == 0 {
            0
        } else {
            (u64::from(lost_now) * 256 / u64::from(expected_now)).min(255)
        };
        self.expected_before = expected;
        self.received_before = self.received;
        let lost = expected.saturating_sub(self.received).min(0x7f_ffff);
        let (middle, delay) = match self.sender_report {
            Some((middle, at)) => (middle, delay_units(now.saturating_duration_since(at))),
            None => (0, 0),
        };
        let mut report = [0_u8; 32];
        report[..4].copy_from_slice(&[0x81, 201, 0, 7]);
        let words =
            [reporter, ssrc, (fraction as u32) << 24 | lost, self.highest, self.jitter as u32, middle, delay];
        for (place, word) in report[4..].chunks_exact_mut(4).zip(words) {
            place.copy_from_slice(&word.to_be_bytes());
        }
        report
    }
}

/// Units of 1/65,536 second.
fn delay_units(delay: Duration) -> u32 {
    u32::try_from(delay.as_micros().saturating_mul(65_536) / 1_000_000).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loss_is_reported_as_the_standard_counts_it() {
        let now = Instant::now();
        let mut reception = Reception::starting_at(65_530);
        for n in (0..100_u32).filter(|n| n % 4 != 3) {
            let at = now + Duration::from_millis(u64::from(n) * 20);
            reception.count(65_530_u16.wrapping_add(n as u16), n * 960, at);
        }
        reception.note_sender_report(0xabcd, now);
        let report = reception.report(1, 2, now + Duration::from_secs(1));
        assert_eq!(report[12], 62, "24 of 99 expected, in 1/256");
        assert_eq!(u32::from_be_bytes([0, report[13], report[14], report[15]]), 24);
        assert_eq!(u32::from_be_bytes(report[28..32].try_into().unwrap()), 65_536);
        assert!(reception.jitter < 1.0);
    }

    #[test]
    fn report_blocks_are_found_in_a_compound_packet() {
        let now = Instant::now();
        let mut reception = Reception::starting_at(10);
        for n in [10_u16, 11, 13] {
            assert!(reception.count(n, u32::from(n) * 960, now));
        }
        let about_five = reception.report(1, 5, now);
        let mut compound = vec![0_u8; 28];
        compound[..4].copy_from_slice(&[0x81, 200, 0, 12]);
        compound.extend_from_slice(&about_five[8..]);
        compound.extend_from_slice(&about_five);
        compound[28..32].copy_from_slice(&6_u32.to_be_bytes());
        compound[33..36].copy_from_slice(&[0xff, 0xff, 0xfe]);
        compound.extend_from_slice(&[0x81, 202, 0, 9, 1]);
        let blocks: Vec<ReportBlock> = report_blocks(&compound).collect();
        assert_eq!(
            blocks,
            [ReportBlock { ssrc: 6, highest: 13, lost: -2 }, ReportBlock { ssrc: 5, highest: 13, lost: 1 }]
        );
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_are_read_without_panic(bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..200)) {
            assert!(report_blocks(&bytes).count() <= bytes.len() / 24);
        }
    }

    #[test]
    fn sender_reports_are_told_from_others() {
        let mut packet = [0_u8; 28];
        packet[..2].copy_from_slice(&[0x80, 200]);
        packet[10..14].copy_from_slice(&[1, 2, 3, 4]);
        assert_eq!(sender_report_time(&packet), Some(0x0102_0304));
        packet[1] = 201;
        assert_eq!(sender_report_time(&packet), None);
        assert_eq!(sender_report_time(&[0x80]), None);
    }
}
