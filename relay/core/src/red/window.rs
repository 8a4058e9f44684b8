//! Which of a stream's last packets were taken.

/// Remembers the last 64 sequence numbers, so that a frame that comes by itself and as another packet's redundancy is
/// taken once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    highest: u16,
    /// Bit n: `highest - n` was taken, or lies before the beginning.
    taken: u64,
}

impl Window {
    /// How far back it looks, in packets: 1.3 s of audio, more than any receiver waits.
    pub const LENGTH: u16 = 64;

    /// A stream whose next packet is `sequence`: whatever is before it counts as taken.
    pub fn before(sequence: u16) -> Self {
        Self { highest: sequence.wrapping_sub(1), taken: u64::MAX }
    }

    /// Takes a packet; `false` if it was taken already, or is too old to know.
    pub fn take(&mut self, sequence: u16) -> bool {
        // Serial number arithmetic (RFC 1982).
        let ahead = sequence.wrapping_sub(self.highest);
        if ahead != 0 && ahead < 0x8000 {
            self.taken = self.taken.checked_shl(u32::from(ahead)).unwrap_or(0) | 1;
            self.highest = sequence;
            return true;
        }
        let behind = self.highest.wrapping_sub(sequence);
        if behind >= Self::LENGTH {
            return false;
        }
        let bit = 1 << behind;
        let is_new = self.taken & bit == 0;
        self.taken |= bit;
        is_new
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn each_is_taken_once_and_what_was_before_never() {
        let mut window = Window::before(2);
        assert!(!window.take(1) && !window.take(65_535));
        assert!(window.take(2) && window.take(5) && window.take(3) && window.take(4));
        assert!(!window.take(5) && !window.take(3) && !window.take(2));
        assert!(window.take(100) && window.take(37) && !window.take(36));
    }

    proptest! {
        #[test]
        fn it_is_like_a_set(start: u16, steps in prop::collection::vec(-70_i32..70, 0..400)) {
            let mut window = Window::before(start);
            let mut known = BTreeSet::new();
            let mut highest = i64::from(start) - 1;
            for step in steps {
                let number = highest + i64::from(step);
                let is_new = number >= i64::from(start)
                    && (number > highest || highest - number < i64::from(Window::LENGTH))
                    && known.insert(number);
                highest = highest.max(number);
                let sequence = u16::try_from(number.rem_euclid(65_536)).unwrap();
                prop_assert_eq!(window.take(sequence), is_new);
            }
        }
    }
}
