//! What leaves of one voice towards one listener: a stream of its own, with as many earlier frames in each packet as the
//! way there needs.

use std::time::Instant;

use dragoman_core::ids::ParticipantId;
use dragoman_core::red;
use rtc_rtp::header::Header;

use super::microphone::{Frame, Microphone};
use super::rtcp::ReportBlock;
use super::rtp::Restamp;
use super::sdp::Section;

/// A receiver that reports so many more packets than were sent counts something else.
const SLACK: u32 = 64;

pub(super) struct VoiceSlot {
    pub mid: String,
    pub ssrc: u32,
    pub voice: Option<ParticipantId>,
    pub stream: Restamp,
    opus: u8,
    red: Option<u8>,
    sent: u32,
    reported: Option<Reported>,
}

/// What was true when the listener last reported.
struct Reported {
    sent: u32,
    highest: u32,
    lost: i32,
}

impl VoiceSlot {
    pub(super) fn new(section: &Section) -> Self {
        Self {
            mid: section.mid.clone(),
            ssrc: rand::random(),
            voice: None,
            stream: Restamp::new(rand::random()),
            opus: section.opus,
            red: section.red,
            sent: 0,
            reported: None,
        }
    }

    /// Writes the packet for a frame into `packet`, with up to `earlier` frames before it; its header. `None`: it is not
    /// for this listener, because it was spoken before the voice was routed here.
    pub(super) fn write(
        &mut self,
        (voice, frame): (&Microphone, &Frame),
        earlier: u8,
        now: Instant,
        packet: &mut Vec<u8>,
    ) -> Option<Header> {
        let stamps = self.stream.next(frame.sequence, frame.timestamp, !frame.recovered, now);
        let (sequence_number, timestamp) = stamps?;
        let red = self.red.filter(|_| earlier > 0);
        let payload_type = red.unwrap_or(self.opus);
        packet.clear();
        packet.extend_from_slice(&[0x80, payload_type | if frame.marker { 0x80 } else { 0 }]);
        packet.extend_from_slice(&sequence_number.to_be_bytes());
        packet.extend_from_slice(&timestamp.to_be_bytes());
        packet.extend_from_slice(&self.ssrc.to_be_bytes());
        if red.is_some() {
            // One unbroken row, for receivers count back from the packet's own frame; and nothing from the time before
            // the voice was routed here: a pause must not leak at its end.
            let at = |age: u16| {
                let sequence = frame.sequence.wrapping_sub(age);
                voice.frame(sequence).filter(|_| self.stream.carries(sequence))
            };
            let there = (1..=u16::from(earlier)).take_while(|age| at(*age).is_some()).count() as u16;
            let row = (1..=there).rev().filter_map(|age| {
                let before = at(age)?;
                Some((frame.timestamp.wrapping_sub(before.timestamp), &before.payload[..]))
            });
            red::write(packet, self.opus, row, &frame.payload);
        } else {
            packet.extend_from_slice(&frame.payload);
        }
        self.sent = self.sent.wrapping_add(1);
        let ssrc = self.ssrc;
        Some(Header {
            version: 2,
            marker: frame.marker,
            payload_type,
            sequence_number,
            timestamp,
            ssrc,
            ..Default::default()
        })
    }

    /// Takes a listener's report; how many packets were sent since the last one, and how many of them arrived. Counted
    /// against what was sent, since a hole in the numbers may come from the speaker's side.
    pub(super) fn reported(&mut self, report: &ReportBlock) -> Option<(u32, u32)> {
        let now = Reported { sent: self.sent, highest: report.highest, lost: report.lost };
        let before = self.reported.replace(now)?;
        let sent = self.sent.wrapping_sub(before.sent);
        let expected = report.highest.wrapping_sub(before.highest);
        let received = expected.checked_add_signed(before.lost.wrapping_sub(report.lost))?;
        (received <= sent.saturating_add(SLACK)).then_some((sent, received))
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::media::rtp::RtpHeader;
    use crate::media::sdp::SectionKind;

    const SIZE: usize = 80;

    fn speak(voice: &mut Microphone, sequence: u16) {
        let timestamp = u32::from(sequence) * 960;
        let header = RtpHeader { payload_type: 111, marker: false, sequence, timestamp, ssrc: 7, length: 12 };
        voice.take(&header, &[sequence as u8; SIZE], Instant::now());
    }

    fn voice() -> Microphone {
        Microphone::new(&Section::for_tests(SectionKind::Microphone, 111, None))
    }

    fn slot() -> VoiceSlot {
        VoiceSlot::new(&Section::for_tests(SectionKind::Slot, 96, Some(97)))
    }

    /// Frames in the packet for `sequence`: their content and how much earlier they are.
    fn sent(slot: &mut VoiceSlot, voice: &Microphone, sequence: u16, earlier: u8) -> Option<Vec<(u8, u32)>> {
        let mut packet = Vec::new();
        let frame = voice.frame(sequence).unwrap();
        let header = slot.write((voice, frame), earlier, Instant::now(), &mut packet)?;
        let read = RtpHeader::read(&packet).unwrap();
        assert_eq!((read.sequence, read.timestamp), (header.sequence_number, header.timestamp));
        assert_eq!(read.payload_type, if earlier > 0 { 97 } else { 96 });
        let payload = &packet[12..];
        if earlier == 0 {
            return Some(vec![(payload[0], 0)]);
        }
        let blocks = red::Blocks::read(payload).unwrap();
        Some(
            blocks
                .inspect(|b| assert_eq!(b.payload_type, 96))
                .map(|b| (b.payload[0], b.earlier_by))
                .collect(),
        )
    }

    #[test]
    fn a_packet_holds_the_frames_before_it_and_nothing_from_before_the_route() {
        let (mut voice, mut slot) = (voice(), slot());
        (10..15).for_each(|n| speak(&mut voice, n));
        assert_eq!(
            sent(&mut slot, &voice, 12, 2),
            Some(vec![(12, 0)]),
            "10 and 11 were not for this listener"
        );
        assert_eq!(sent(&mut slot, &voice, 13, 2), Some(vec![(12, 960), (13, 0)]));
        assert_eq!(sent(&mut slot, &voice, 14, 2), Some(vec![(12, 1_920), (13, 960), (14, 0)]));
        assert_eq!(sent(&mut slot, &voice, 14, 0), Some(vec![(14, 0)]));
        assert_eq!(sent(&mut slot, &voice, 11, 2), None);
        slot.stream.change_source();
        (15..18).for_each(|n| speak(&mut voice, n));
        assert_eq!(sent(&mut slot, &voice, 16, 2), Some(vec![(16, 0)]), "the row begins anew");
    }

    #[test]
    fn a_frame_that_is_missing_ends_the_row() {
        let (mut voice, mut slot) = (voice(), slot());
        [10, 11, 13, 14].into_iter().for_each(|n| speak(&mut voice, n));
        sent(&mut slot, &voice, 10, 2);
        assert_eq!(sent(&mut slot, &voice, 13, 2), Some(vec![(13, 0)]));
        assert_eq!(sent(&mut slot, &voice, 14, 2), Some(vec![(13, 960), (14, 0)]));
    }

    #[test]
    fn all_packets_have_one_size_from_the_third_on() {
        let (mut voice, mut slot) = (voice(), slot());
        let mut sizes = Vec::new();
        for sequence in 0..50 {
            speak(&mut voice, sequence);
            let mut packet = Vec::new();
            slot.write((&voice, voice.frame(sequence).unwrap()), 2, Instant::now(), &mut packet).unwrap();
            sizes.push(packet.len());
        }
        assert!(sizes[2..].iter().all(|size| *size == 12 + 9 + 3 * SIZE), "{sizes:?}");
    }

    #[test]
    fn reports_are_held_against_what_was_sent() {
        let (mut voice, mut slot) = (voice(), slot());
        let mut send = |slot: &mut VoiceSlot, sequences: std::ops::Range<u16>| {
            for sequence in sequences.step_by(2) {
                speak(&mut voice, sequence);
                let mut packet = Vec::new();
                let at = Instant::now() + Duration::from_millis(u64::from(sequence) * 20);
                slot.write((&voice, voice.frame(sequence).unwrap()), 0, at, &mut packet).unwrap();
            }
        };
        let report = |highest, lost| ReportBlock { ssrc: 1, highest, lost };
        assert_eq!(slot.reported(&report(70_000, -3)), None, "there is nothing to compare with");
        send(&mut slot, 0..100);
        // Every second packet is missing on the speaker's side; of 50 that were sent, 40 arrived.
        assert_eq!(slot.reported(&report(70_100, 57)), Some((50, 40)));
        assert_eq!(slot.reported(&report(5, 0)), None, "the receiver began anew");
        send(&mut slot, 100..120);
        assert_eq!(slot.reported(&report(25, 10)), Some((10, 10)));
    }
}
