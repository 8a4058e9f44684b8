//! One's own frames once more: keeps the last ones, and puts them into the packets that follow (RFC 2198).

use std::collections::VecDeque;

use bytes::Bytes;
use dragoman_core::red;

/// Builds payloads with earlier frames. The frames must be those of packets without a gap in their numbers, since
/// receivers count back from the packet's own.
#[derive(Debug, Default)]
pub struct RedEncoder {
    earlier: VecDeque<(u32, Bytes)>,
}

impl RedEncoder {
    /// The payload for a frame with up to `earlier` ones before it, [`red::MOST`] at most. `payload_type` is that of the
    /// frames. With `earlier` 0 it is only noted: its packet is the frame itself.
    pub fn payload(&mut self, payload_type: u8, timestamp: u32, frame: &Bytes, earlier: u8) -> Option<Bytes> {
        let payload = (earlier > 0).then(|| {
            let kept = self.earlier.len();
            let skipped = kept.saturating_sub(usize::from(earlier));
            let row = (skipped..kept).filter_map(|index| self.earlier.get(index));
            let row = row.map(|(at, frame)| (timestamp.wrapping_sub(*at), &frame[..]));
            let mut out = Vec::with_capacity((frame.len() + 4) * (usize::from(earlier) + 1));
            red::write(&mut out, payload_type, row, frame);
            out.into()
        });
        self.earlier.push_back((timestamp, frame.clone()));
        if self.earlier.len() > usize::from(red::MOST) {
            self.earlier.pop_front();
        }
        payload
    }
}

#[cfg(test)]
mod tests {
    use dragoman_core::red::Blocks;

    use super::*;
    use crate::audio::{FRAME, VoiceEncoder};

    #[test]
    fn packets_hold_the_frames_before_them_and_have_one_size() {
        let mut opus = VoiceEncoder::new().unwrap();
        let mut encoder = RedEncoder::default();
        let mut frames = Vec::new();
        for n in 0..100_u32 {
            let loud = if n % 20 < 10 { 0.4 } else { 0.0 };
            let sound = std::array::from_fn(|i| loud * ((n as usize * FRAME + i) as f32 * 0.03).sin());
            let frame = opus.encode(&sound).unwrap();
            let payload = encoder.payload(111, n.wrapping_mul(960).wrapping_sub(4_000), &frame, 2).unwrap();
            frames.push(frame);
            if n < 2 {
                continue;
            }
            assert_eq!(payload.len(), 9 + 3 * 80);
            for block in Blocks::read(&payload).unwrap() {
                assert_eq!(block.earlier_by, u32::from(block.age) * 960);
                assert_eq!(block.payload, frames[n as usize - usize::from(block.age)]);
            }
        }
        assert_eq!(encoder.payload(111, 0, &frames[0], 0), None);
    }
}
