//! Keys that are pressed on the phone, as events between the sound (RFC 4733), and what they mean during a call.

use std::time::{Duration, Instant};

/// Events 0 to 11; A to D are on no telephone.
const KEYS: [char; 12] = ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', '*', '#'];
/// Two presses of `0` within this time leave.
const TWICE_WITHIN: Duration = Duration::from_secs(2);

/// Tells each press once: an event comes in many packets, of which any may be lost.
#[derive(Debug, Default)]
pub(super) struct KeyEvents {
    last: Option<(u32, u32)>,
}

impl KeyEvents {
    /// Takes a packet's payload; returns the key if its press is new. All packets of one press have one timestamp.
    pub(super) fn arrive(&mut self, ssrc: u32, timestamp: u32, payload: &[u8]) -> Option<char> {
        let [event, _, _, _, ..] = *payload else { return None };
        let key = *KEYS.get(usize::from(event))?;
        let older = self
            .last
            .is_some_and(|(stream, last)| stream == ssrc && last.wrapping_sub(timestamp) < u32::MAX / 2);
        if older {
            return None;
        }
        self.last = Some((ssrc, timestamp));
        Some(key)
    }
}

/// What whoever interprets wants, during a call.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Wish {
    /// `*`: a break.
    Pause,
    /// `0` twice: to leave.
    Leave,
}

/// Keys during a call; what has no meaning is ignored.
#[derive(Debug, Default)]
pub(super) struct Wishes {
    zero: Option<Instant>,
}

impl Wishes {
    pub(super) fn press(&mut self, key: char, now: Instant) -> Option<Wish> {
        let before = self.zero.take();
        match key {
            '*' => Some(Wish::Pause),
            '0' if before.is_some_and(|before| now.duration_since(before) <= TWICE_WITHIN) => {
                Some(Wish::Leave)
            }
            '0' => {
                self.zero = Some(now);
                None
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_press_is_told_once_whatever_is_lost_repeated_or_late() {
        let mut events = KeyEvents::default();
        let packet = |event: u8, end: bool| [event, if end { 0x8a } else { 0x0a }, 0, 160];
        assert_eq!(events.arrive(1, 800, &packet(5, false)), Some('5'));
        assert_eq!(events.arrive(1, 800, &packet(5, true)), None);
        // The beginning was lost.
        assert_eq!(events.arrive(1, 4_000, &packet(11, true)), Some('#'));
        assert_eq!(events.arrive(1, 800, &packet(5, true)), None);
        assert_eq!(events.arrive(1, 4_000, &packet(11, true)), None);
        // Another stream begins anywhere.
        assert_eq!(events.arrive(2, 9, &packet(10, false)), Some('*'));
        for junk in [&[][..], &[1, 2, 3], &[99, 0, 0, 0]] {
            assert_eq!(events.arrive(2, 90_000, junk), None);
        }
    }

    #[test]
    fn a_star_pauses_and_two_zeros_in_a_row_leave() {
        let (mut wishes, now) = (Wishes::default(), Instant::now());
        let later = |seconds| now + Duration::from_secs(seconds);
        assert_eq!(wishes.press('*', now), Some(Wish::Pause));
        assert_eq!(wishes.press('0', now), None);
        assert_eq!(wishes.press('1', now), None);
        assert_eq!(wishes.press('0', now), None);
        assert_eq!(wishes.press('0', later(3)), None);
        assert_eq!(wishes.press('0', later(4)), Some(Wish::Leave));
    }
}
