//! How many earlier frames are sent along, by the loss that the other side reports. Time is counted in packets.

/// Most earlier frames that are ever chosen: hardly anybody waits longer than the 40 ms they take.
pub const MOST: u8 = 2;
/// Loss (share) from which so many earlier frames are sent (index: one less), and below which fewer are again.
const RAISE_FROM: [f64; 2] = [0.01, 0.08];
const LOWER_BELOW: [f64; 2] = [0.003, 0.04];
/// The past counts half after so many packets, 4 s of one voice.
const HALF_LIFE: f64 = 200.0;
/// So many packets are waited for before more is sent: two reports, so that packets on their way average out.
const ENOUGH: f64 = 90.0;
/// So long a level is kept before less is sent: a link that lost once will again.
const CALM: f64 = 500.0;
/// More was sent, and the loss went beyond this many times what it was, and this share more: the link is full, and more
/// of the same would fill it more. Then less is sent, for so many packets.
const WORSE: (f64, f64) = (2.0, 0.05);
const FULL_FOR: f64 = 1_500.0;

/// How many earlier frames go into a packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Redundancy {
    /// By the loss that is reported; one where nothing is known.
    #[default]
    Adaptive,
    /// Always so many, [`MOST`] at most; 0: none.
    Fixed(u8),
}

/// Not a way of sending redundancy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be adaptive, 0, 1 or 2")]
pub struct UnknownRedundancy;

impl std::str::FromStr for Redundancy {
    type Err = UnknownRedundancy;

    fn from_str(text: &str) -> Result<Self, UnknownRedundancy> {
        match text {
            "adaptive" => Ok(Self::Adaptive),
            _ => text.parse().ok().filter(|n| *n <= MOST).map(Self::Fixed).ok_or(UnknownRedundancy),
        }
    }
}

/// The present number of earlier frames for one link.
#[derive(Debug, Clone)]
pub struct Level {
    redundancy: Redundancy,
    level: u8,
    sent: f64,
    lost: f64,
    /// Packets since the level was last needed.
    calm: f64,
    /// What was lost before the last raise.
    before: Option<f64>,
    /// Packets for which the level may not rise.
    full: f64,
}

impl Level {
    /// A link of which nothing is known.
    pub fn new(redundancy: Redundancy) -> Self {
        let level = match redundancy {
            Redundancy::Adaptive => 1,
            Redundancy::Fixed(earlier) => earlier.min(MOST),
        };
        Self { redundancy, level, sent: 0.0, lost: 0.0, calm: 0.0, before: None, full: 0.0 }
    }

    /// How many earlier frames to send along now.
    pub fn earlier(&self) -> u8 {
        self.level
    }

    /// The share of packets that was lost lately, before any repair; `None` before enough is known.
    pub fn loss(&self) -> Option<f64> {
        (self.sent >= ENOUGH).then(|| (self.lost / self.sent).max(0.0))
    }

    /// Notes what a report says: of so many packets that were `sent` since the last one, so many were `received`.
    pub fn note(&mut self, sent: u32, received: u32) {
        let (sent, received) = (f64::from(sent), f64::from(received));
        let keep = 0.5_f64.powf(sent / HALF_LIFE);
        self.sent = self.sent * keep + sent;
        // Packets on their way look lost in one report and come too many in the next, so the difference may be negative.
        self.lost = self.lost * keep + (sent - received).clamp(-sent, sent);
        self.calm += sent;
        self.full = (self.full - sent).max(0.0);
        if self.redundancy == Redundancy::Adaptive {
            self.adapt();
        }
    }

    fn adapt(&mut self) {
        let Some(loss) = self.loss() else { return };
        if let Some(before) = self.before.filter(|_| self.calm >= HALF_LIFE) {
            self.before = None;
            if loss > before * WORSE.0 + WORSE.1 {
                self.full = FULL_FOR;
                return self.set(self.level - 1);
            }
        }
        let wanted = RAISE_FROM.iter().filter(|from| loss >= **from).count() as u8;
        if wanted > self.level && self.full == 0.0 {
            self.set(wanted);
            self.before = Some(loss);
            return;
        }
        let needed = usize::from(self.level).checked_sub(1).is_some_and(|index| loss >= LOWER_BELOW[index]);
        if needed && self.before.is_none() {
            self.calm = 0.0;
        } else if self.level > 0 && self.calm >= CALM && self.full == 0.0 {
            self.set(self.level - 1);
        }
    }

    /// What was measured was measured with another number of frames, and counts no more.
    fn set(&mut self, level: u8) {
        self.level = level;
        (self.sent, self.lost, self.calm, self.before) = (0.0, 0.0, 0.0, None);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Seconds of one voice with a report each.
    fn run(level: &mut Level, seconds: usize, lost_of_50: impl Fn(&Level) -> u32) {
        for _ in 0..seconds {
            let lost = lost_of_50(level);
            level.note(50, 50 - lost);
        }
    }

    #[test]
    fn it_begins_with_one_and_follows_the_loss() {
        let mut level = Level::new(Redundancy::Adaptive);
        assert_eq!((level.earlier(), level.loss()), (1, None));
        run(&mut level, 3, |_| 10);
        assert_eq!(level.earlier(), 2, "20 %");
        run(&mut level, 60, |_| 5);
        assert_eq!(level.earlier(), 2, "10 % keeps it");
        run(&mut level, 12, |_| 1);
        assert_eq!(level.earlier(), 2, "not at once");
        run(&mut level, 30, |_| 1);
        assert_eq!(level.earlier(), 1, "2 %");
        run(&mut level, 60, |_| 0);
        assert_eq!(level.earlier(), 0);
        run(&mut level, 8, |_| 1);
        assert_eq!(level.earlier(), 1);
    }

    #[test]
    fn a_link_that_is_full_is_not_filled_further() {
        let mut level = Level::new(Redundancy::Adaptive);
        let full = |level: &Level| if level.earlier() == 2 { 20 } else { 5 };
        run(&mut level, 8, full);
        assert_eq!(level.earlier(), 1, "two made it worse");
        let mut with_two = 0;
        for _ in 0..200 {
            run(&mut level, 1, full);
            with_two += u32::from(level.earlier() == 2);
        }
        assert!((1..60).contains(&with_two), "tried again now and then: {with_two} s of 200");
    }

    #[test]
    fn packets_on_their_way_are_not_lost() {
        let mut level = Level::new(Redundancy::Adaptive);
        for n in 0..100 {
            level.note(50, if n % 2 == 0 { 40 } else { 60 });
        }
        assert!(level.earlier() <= 1 && level.loss().unwrap() < 0.04);
    }

    #[test]
    fn it_is_read_from_a_word() {
        assert_eq!("adaptive".parse(), Ok(Redundancy::Adaptive));
        assert_eq!("2".parse(), Ok(Redundancy::Fixed(2)));
        for wrong in ["", "3", "-1", "Adaptive"] {
            assert_eq!(wrong.parse::<Redundancy>(), Err(UnknownRedundancy));
        }
    }

    #[test]
    fn a_fixed_number_stays() {
        for (asked, given) in [(0, 0), (1, 1), (2, 2), (9, MOST)] {
            let mut level = Level::new(Redundancy::Fixed(asked));
            run(&mut level, 30, |_| 20);
            assert_eq!(level.earlier(), given);
        }
    }
}
