//! The payload of RFC 2198 §3: a header for each block, then the blocks, the earliest frame first.

/// Most earlier frames that are read from one payload; senders in use put in one to four.
pub const MAX_EARLIER: usize = 8;
/// The header's timestamp offset has 14 bits, its block length 10.
const MAX_OFFSET: u32 = (1 << 14) - 1;
const MAX_BLOCK: usize = (1 << 10) - 1;
/// Set in the headers of all blocks but the last.
const MORE: u8 = 0x80;

/// One frame in a payload.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Block<'a> {
    /// RTP payload type of the frame, 7 bits.
    pub payload_type: u8,
    /// How many packets earlier it was sent first; 0: this is the packet's own frame.
    pub age: u16,
    /// By how much its timestamp lies before the packet's, in units of the media clock.
    pub earlier_by: u32,
    /// The frame.
    pub payload: &'a [u8],
}

/// The frames of a payload, the earliest first and the packet's own last.
#[derive(Debug, Clone)]
pub struct Blocks<'a> {
    headers: &'a [u8],
    frames: &'a [u8],
    own_type: u8,
    left: u16,
}

impl<'a> Blocks<'a> {
    /// Reads a payload; `None` if it is cut short, or has more than [`MAX_EARLIER`] earlier frames.
    pub fn read(payload: &'a [u8]) -> Option<Self> {
        let (mut earlier, mut total) = (0, 0);
        while payload.get(earlier * 4)? & MORE != 0 {
            if earlier == MAX_EARLIER {
                return None;
            }
            total += header(payload.get(earlier * 4..)?)?.length;
            earlier += 1;
        }
        let own_type = *payload.get(earlier * 4)?;
        let frames = payload.get(earlier * 4 + 1..)?;
        (frames.len() >= total).then_some(Self {
            headers: payload.get(..earlier * 4)?,
            frames,
            own_type,
            left: u16::try_from(earlier + 1).ok()?,
        })
    }
}

impl<'a> Iterator for Blocks<'a> {
    type Item = Block<'a>;

    fn next(&mut self) -> Option<Block<'a>> {
        let age = self.left.checked_sub(1)?;
        self.left = age;
        let Some(header) = header(self.headers) else {
            return Some(Block { payload_type: self.own_type, age, earlier_by: 0, payload: self.frames });
        };
        self.headers = self.headers.get(4..)?;
        let (payload, frames) = self.frames.split_at_checked(header.length)?;
        self.frames = frames;
        Some(Block { payload_type: header.payload_type, age, earlier_by: header.earlier_by, payload })
    }
}

struct Header {
    payload_type: u8,
    earlier_by: u32,
    length: usize,
}

fn header(bytes: &[u8]) -> Option<Header> {
    let [first, a, b, c]: [u8; 4] = *bytes.first_chunk()?;
    Some(Header {
        payload_type: first & !MORE,
        earlier_by: u32::from(a) << 6 | u32::from(b >> 2),
        length: usize::from(b & 3) << 8 | usize::from(c),
    })
}

/// Appends a payload to `out`: of `earlier` (the earliest first, as (by how much its timestamp is earlier, frame)) those
/// that the format can hold, then `own`. Returns how many earlier frames it holds. A frame that does not fit ends the row:
/// whatever is before it is left out too, so that a receiver may count packets backwards from the last.
pub fn write<'a, I>(out: &mut Vec<u8>, payload_type: u8, earlier: I, own: &[u8]) -> usize
where
    I: DoubleEndedIterator<Item = (u32, &'a [u8])> + Clone,
{
    let fits = |(earlier_by, frame): &(u32, &[u8])| {
        (1..=MAX_OFFSET).contains(earlier_by) && !frame.is_empty() && frame.len() <= MAX_BLOCK
    };
    let count = earlier.clone().rev().take(MAX_EARLIER).take_while(fits).count();
    let total = earlier.clone().count();
    let kept = || earlier.clone().skip(total - count);
    for (earlier_by, frame) in kept() {
        // One bit more, 7 of the type, 14 of the offset, 10 of the length.
        let bits = u32::from(MORE | payload_type) << 24 | earlier_by << 10 | frame.len() as u32;
        out.extend_from_slice(&bits.to_be_bytes());
    }
    out.push(payload_type & !MORE);
    for (_, frame) in kept() {
        out.extend_from_slice(frame);
    }
    out.extend_from_slice(own);
    count
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn one_earlier_frame_is_written_as_the_standard_draws_it() {
        let mut out = vec![9];
        assert_eq!(write(&mut out, 111, [(960, &[1, 2, 3][..])].into_iter(), &[4, 5]), 1);
        assert_eq!(
            out,
            [
                9,
                0x80 | 111,
                960_u16.to_be_bytes()[0] << 2 | 960_u16.to_be_bytes()[1] >> 6,
                0,
                3,
                111,
                1,
                2,
                3,
                4,
                5
            ]
        );
        let blocks: Vec<Block<'_>> = Blocks::read(&out[1..]).unwrap().collect();
        assert_eq!(
            blocks,
            [
                Block { payload_type: 111, age: 1, earlier_by: 960, payload: &[1, 2, 3] },
                Block { payload_type: 111, age: 0, earlier_by: 0, payload: &[4, 5] },
            ]
        );
    }

    #[test]
    fn a_frame_that_does_not_fit_takes_the_ones_before_it_along() {
        let long = vec![7; MAX_BLOCK + 1];
        let mut out = Vec::new();
        let earlier = [(2_880, &[1][..]), (1_920, &long), (960, &[3])];
        assert_eq!(write(&mut out, 111, earlier.into_iter(), &[4]), 1);
        let far = [(MAX_OFFSET + 1, &[1][..]), (MAX_OFFSET, &[2])];
        out.clear();
        assert_eq!(write(&mut out, 111, far.into_iter(), &[4]), 1);
        assert_eq!(Blocks::read(&out).unwrap().next().unwrap().earlier_by, MAX_OFFSET);
    }

    #[test]
    fn what_is_cut_short_is_refused() {
        assert!(Blocks::read(&[]).is_none());
        assert!(Blocks::read(&[0x80 | 111, 0, 0]).is_none());
        assert!(
            Blocks::read(&[0x80 | 111, 15, 0, 3, 111, 1, 2]).is_none(),
            "a block longer than the payload"
        );
        let endless = [0x80; 200];
        assert!(Blocks::read(&endless).is_none());
        assert_eq!(Blocks::read(&[111]).unwrap().next().unwrap().payload, &[] as &[u8]);
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(
            payload_type in 0_u8..128,
            frames in prop::collection::vec((1..=MAX_OFFSET, prop::collection::vec(any::<u8>(), 1..=MAX_BLOCK)), 0..=MAX_EARLIER),
            own in prop::collection::vec(any::<u8>(), 0..1_200),
        ) {
            let mut out = Vec::new();
            let earlier = frames.iter().map(|(by, frame)| (*by, &frame[..]));
            prop_assert_eq!(write(&mut out, payload_type, earlier, &own), frames.len());
            let blocks: Vec<Block<'_>> = Blocks::read(&out).unwrap().collect();
            prop_assert_eq!(blocks.len(), frames.len() + 1);
            for (index, block) in blocks.iter().enumerate() {
                prop_assert_eq!(block.payload_type, payload_type);
                prop_assert_eq!(usize::from(block.age), frames.len() - index);
                let (by, frame) = frames.get(index).map_or((0, &own), |(by, frame)| (*by, frame));
                prop_assert_eq!((block.earlier_by, block.payload), (by, &frame[..]));
            }
        }

        #[test]
        fn any_bytes_are_read_without_panic_and_nothing_is_read_twice(
            bytes in prop::collection::vec(any::<u8>(), 0..300),
        ) {
            if let Some(blocks) = Blocks::read(&bytes) {
                let blocks: Vec<Block<'_>> = blocks.collect();
                prop_assert_eq!(blocks.last().unwrap().age, 0);
                let total: usize = blocks.iter().map(|block| block.payload.len()).sum();
                prop_assert_eq!(total + (blocks.len() - 1) * 4 + 1, bytes.len());
            }
        }
    }
}
