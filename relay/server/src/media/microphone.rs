//! What arrives of one voice: its packets, and the frames that were lost on the way and came as redundancy of later ones.

use std::time::Instant;

use dragoman_core::red::{Block, Blocks, Window};

use super::rtcp::Reception;
use super::rtp::RtpHeader;
use super::sdp::Section;

/// Frames that are kept: as many as the window knows, so that whatever is taken has a place. The oldest goes first.
const KEPT: usize = Window::LENGTH as usize;

/// A voice as the relay receives it. Frames are opaque.
pub(super) struct Microphone {
    /// Its stream; known with the first packet.
    pub ssrc: u32,
    pub reception: Option<Reception>,
    opus: u8,
    red: Option<u8>,
    window: Window,
    frames: Vec<Frame>,
    fresh: Vec<u16>,
}

/// One frame, with the numbers of the packet that was made for it.
#[derive(Debug, Default)]
pub(super) struct Frame {
    pub sequence: u16,
    pub timestamp: u32,
    pub marker: bool,
    /// It came as another packet's redundancy.
    pub recovered: bool,
    pub payload: Vec<u8>,
}

impl Microphone {
    pub(super) fn new(section: &Section) -> Self {
        Self {
            ssrc: 0,
            reception: None,
            opus: section.opus,
            red: section.red,
            window: Window::before(0),
            frames: std::iter::repeat_with(Frame::default).take(KEPT).collect(),
            fresh: Vec::new(),
        }
    }

    /// Whether a packet may belong to it. The first authentic stream is the microphone; others would only grow the
    /// replay tables.
    pub(super) fn expects(&self, header: &RtpHeader) -> bool {
        let known = header.payload_type == self.opus || Some(header.payload_type) == self.red;
        known && (self.reception.is_none() || self.ssrc == header.ssrc)
    }

    /// Takes an authentic packet; whether it is the newest. What was new in it is told by [`Microphone::fresh`].
    pub(super) fn take(&mut self, header: &RtpHeader, payload: &[u8], now: Instant) -> bool {
        self.fresh.clear();
        if self.reception.is_none() {
            self.ssrc = header.ssrc;
            self.window = Window::before(header.sequence);
        }
        let reception = self.reception.get_or_insert_with(|| Reception::starting_at(header.sequence));
        let newest = reception.count(header.sequence, header.timestamp, now);
        if header.payload_type == self.opus {
            let own = Block { payload_type: self.opus, age: 0, earlier_by: 0, payload };
            self.keep(header, &own);
            return newest;
        }
        for block in Blocks::read(payload).into_iter().flatten() {
            let is_frame = block.age == 0 || block.earlier_by != 0 && !block.payload.is_empty();
            if block.payload_type == self.opus && is_frame {
                self.keep(header, &block);
            }
        }
        newest
    }

    /// Sequence numbers of the frames that the last packet brought and no one before it, the earliest first.
    pub(super) fn fresh(&self) -> &[u16] {
        &self.fresh
    }

    /// A frame, if it came and is kept still.
    pub(super) fn frame(&self, sequence: u16) -> Option<&Frame> {
        let frame = self.frames.get(usize::from(sequence) % KEPT)?;
        (frame.sequence == sequence && !frame.payload.is_empty()).then_some(frame)
    }

    fn keep(&mut self, header: &RtpHeader, block: &Block<'_>) {
        let sequence = header.sequence.wrapping_sub(block.age);
        if !self.window.take(sequence) {
            return;
        }
        let Some(frame) = self.frames.get_mut(usize::from(sequence) % KEPT) else { return };
        frame.sequence = sequence;
        frame.timestamp = header.timestamp.wrapping_sub(block.earlier_by);
        frame.marker = header.marker && block.age == 0;
        frame.recovered = block.age != 0;
        frame.payload.clear();
        frame.payload.extend_from_slice(block.payload);
        self.fresh.push(sequence);
    }
}

#[cfg(test)]
mod tests {
    use dragoman_core::red::write;

    use super::*;
    use crate::media::sdp::SectionKind;

    fn microphone() -> Microphone {
        Microphone::new(&Section::for_tests(SectionKind::Microphone, 111, Some(63)))
    }

    fn header(payload_type: u8, sequence: u16) -> RtpHeader {
        let timestamp = u32::from(sequence).wrapping_mul(960);
        RtpHeader { payload_type, marker: false, sequence, timestamp, ssrc: 7, length: 12 }
    }

    /// A packet with that many earlier frames; a frame's content is its number.
    fn red(sequence: u16, earlier: u16) -> Vec<u8> {
        let frames: Vec<(u32, [u8; 2])> = (1..=earlier)
            .rev()
            .map(|age| (u32::from(age) * 960, sequence.wrapping_sub(age).to_be_bytes()))
            .collect();
        let mut out = Vec::new();
        let rows = frames.iter().map(|(by, frame)| (*by, &frame[..]));
        assert_eq!(write(&mut out, 111, rows, &sequence.to_be_bytes()), usize::from(earlier));
        out
    }

    fn taken(microphone: &mut Microphone, sequence: u16, earlier: u16) -> Vec<u16> {
        microphone.take(&header(63, sequence), &red(sequence, earlier), Instant::now());
        for number in microphone.fresh() {
            let frame = microphone.frame(*number).unwrap();
            assert_eq!(frame.payload, number.to_be_bytes());
            let earlier_by = u32::from(sequence.wrapping_sub(*number)) * 960;
            assert_eq!(frame.timestamp, header(63, sequence).timestamp.wrapping_sub(earlier_by));
        }
        microphone.fresh().to_vec()
    }

    #[test]
    fn a_lost_frame_comes_with_a_later_packet_and_once_only() {
        let mut voice = microphone();
        assert_eq!(taken(&mut voice, 65_534, 2), [65_534], "what was before the beginning is not taken");
        assert_eq!(taken(&mut voice, 1, 2), [65_535, 0, 1]);
        assert!(voice.frame(0).unwrap().recovered && !voice.frame(1).unwrap().recovered);
        assert_eq!(taken(&mut voice, 0, 2), [] as [u16; 0], "it was only late");
        assert_eq!(taken(&mut voice, 3, 1), [2, 3]);
        voice.take(&header(111, 4), &[9], Instant::now());
        assert_eq!(voice.fresh(), [4]);
        assert_eq!(voice.reception.as_ref().unwrap().received(), 5);
    }

    #[test]
    fn what_comes_out_of_order_brings_what_is_older_still() {
        let mut voice = microphone();
        taken(&mut voice, 10, 0);
        assert_eq!(taken(&mut voice, 13, 1), [12, 13]);
        assert_eq!(taken(&mut voice, 12, 1), [11], "12 itself was there");
        assert!(voice.frame(400).is_none());
    }

    #[test]
    fn another_stream_or_type_is_not_expected() {
        let mut voice = microphone();
        assert!(voice.expects(&header(111, 1)) && voice.expects(&header(63, 1)));
        taken(&mut voice, 1, 0);
        assert!(!voice.expects(&RtpHeader { ssrc: 8, ..header(111, 2) }));
        assert!(!voice.expects(&header(0, 2)));
    }

    proptest::proptest! {
        #[test]
        fn any_payloads_are_taken_without_panic(
            packets in proptest::collection::vec(
                (proptest::num::u16::ANY, proptest::collection::vec(proptest::num::u8::ANY, 0..60)), 0..60
            )
        ) {
            let mut voice = microphone();
            let mut seen = std::collections::BTreeSet::new();
            for (sequence, payload) in packets {
                voice.take(&header(63, sequence), &payload, Instant::now());
                for number in voice.fresh() {
                    proptest::prop_assert!(seen.insert(*number) || seen.len() > KEPT, "once only");
                }
            }
        }
    }
}
