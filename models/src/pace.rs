//! How often captions are drafted on a machine that has other work too. Pure: times come in.
//!
//! Sound comes first on such a machine, so what the model may use is bounded, and where it would need more, captions come
//! less often, then only when somebody has finished speaking, then not at all until it has caught up.

use std::collections::VecDeque;

/// What is drafted now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Pace {
    /// A draft of an open segment each time so much more of it was heard.
    Steps {
        /// In milliseconds.
        every_ms: u64,
    },
    /// Only segments that have ended.
    FinalsOnly,
    /// Nothing: this machine is too slow for this model.
    Paused,
}

impl Pace {
    /// The shortest steps, in milliseconds.
    pub const BEST_EVERY_MS: u64 = 400;
    /// The longest.
    pub const WORST_EVERY_MS: u64 = 1_600;
}

/// From the best to the worst.
const PACES: [Pace; 5] = [
    Pace::Steps { every_ms: Pace::BEST_EVERY_MS },
    Pace::Steps { every_ms: 800 },
    Pace::Steps { every_ms: Pace::WORST_EVERY_MS },
    Pace::FinalsOnly,
    Pace::Paused,
];
/// The time that is looked back on.
const WINDOW_MS: u64 = 4_000;
/// Below this share of the budget, for [`CALM_MS`], captions come more often again: twice as often needs at most twice as
/// much.
const CALM_SHARE: f64 = 0.4;
const CALM_MS: u64 = 10_000;
/// A change shows its effect before there is another.
const SETTLE_MS: u64 = 2_000;
/// So much speech may wait for its final text. Beyond, nothing new is taken on until there is none.
pub const MOST_WAITING_MS: u64 = 30_000;

/// Share of the time in which a model may compute beside a call.
pub const BUDGET: f64 = 0.6;

/// Decides the [`Pace`] by how much the model computes, and how much waits for it.
#[derive(Clone, Debug)]
pub struct Pacer {
    /// Share of the time in which the model may compute, 0 to 1.
    budget: f64,
    index: usize,
    changed_ms: u64,
    calm_since_ms: Option<u64>,
    /// When it computed: begin and end.
    computed: VecDeque<(u64, u64)>,
}

impl Pacer {
    /// Begins with the best pace; `budget`: the share of the time in which the model may compute.
    pub fn new(budget: f64) -> Self {
        Self { budget, index: 0, changed_ms: 0, calm_since_ms: None, computed: VecDeque::new() }
    }

    /// What is drafted now.
    pub fn pace(&self) -> Pace {
        PACES[self.index]
    }

    /// Notes that the model computed from one time to another.
    pub fn note_computed(&mut self, from_ms: u64, to_ms: u64) {
        self.computed.push_back((from_ms, to_ms.max(from_ms)));
    }

    /// Decides anew; `waiting_ms` of speech have ended and wait for their final text. Returns the pace if it is another.
    pub fn decide(&mut self, now_ms: u64, waiting_ms: u64) -> Option<Pace> {
        let begin = now_ms.saturating_sub(WINDOW_MS);
        while self.computed.front().is_some_and(|(_, to)| *to <= begin) {
            self.computed.pop_front();
        }
        let before = self.index;
        self.index = self.next(now_ms, waiting_ms);
        if self.index == before {
            return None;
        }
        self.changed_ms = now_ms;
        self.calm_since_ms = None;
        Some(self.pace())
    }

    fn next(&mut self, now_ms: u64, waiting_ms: u64) -> usize {
        let last = PACES.len() - 1;
        if waiting_ms > MOST_WAITING_MS {
            return last;
        }
        if self.index == last {
            // Caught up: the machine is shown to bear finals only.
            return if waiting_ms == 0 { last - 1 } else { last };
        }
        let used = self.used(now_ms) / self.budget;
        let is_settled = now_ms >= self.changed_ms + SETTLE_MS;
        if used > 1.0 && is_settled {
            // Finals must be made in any case; only a backlog of them leads further.
            return (self.index + 1).min(last - 1);
        }
        if used >= CALM_SHARE || waiting_ms > 0 {
            self.calm_since_ms = None;
            return self.index;
        }
        let since = *self.calm_since_ms.get_or_insert(now_ms);
        if now_ms >= since + CALM_MS { self.index.saturating_sub(1) } else { self.index }
    }

    /// Share of the last [`WINDOW_MS`] in which the model computed.
    fn used(&self, now_ms: u64) -> f64 {
        let begin = now_ms.saturating_sub(WINDOW_MS);
        let spans = self.computed.iter().map(|(from, to)| to.min(&now_ms).saturating_sub(*from.max(&begin)));
        spans.sum::<u64>() as f64 / WINDOW_MS as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A machine that needs `compute` milliseconds for a draft and for a final; somebody speaks without end, in segments of
    /// five seconds. Returns the pace after each second.
    fn drive(compute: u64, seconds: u64) -> Vec<Pace> {
        let mut pacer = Pacer::new(0.5);
        let (mut paces, mut now, mut drafted, mut segment, mut waiting) = (Vec::new(), 0, 0, 0, 0_u64);
        while now < seconds * 1_000 {
            let began = now;
            if waiting > 0 && pacer.pace() <= Pace::Paused {
                now += compute;
                waiting -= 5_000;
                pacer.note_computed(began, now);
            } else if let Pace::Steps { every_ms } = pacer.pace()
                && now >= drafted + every_ms
            {
                now += compute;
                drafted = now;
                pacer.note_computed(began, now);
            } else {
                now += 20;
            }
            while segment + 5_000 <= now {
                segment += 5_000;
                // What is said while paused is a gap.
                waiting += if pacer.pace() == Pace::Paused { 0 } else { 5_000 };
            }
            pacer.decide(now, waiting);
            paces.resize(usize::try_from(now / 1_000).unwrap_or(0), pacer.pace());
        }
        paces
    }

    #[test]
    fn a_quick_machine_drafts_often_and_a_slow_one_less_and_neither_pauses() {
        assert!(drive(50, 60).iter().all(|pace| *pace == PACES[0]));
        let slow = drive(700, 120);
        assert!(slow.iter().all(|pace| *pace != Pace::Paused));
        assert_eq!(slow[0], PACES[0]);
        assert!(slow[60..].iter().all(|pace| *pace >= PACES[1]), "{slow:?}");
        // Finals alone need 2 s of every 5: within the budget of a half.
        assert!(drive(2_000, 120)[60..].contains(&Pace::FinalsOnly));
    }

    #[test]
    fn a_machine_that_can_not_even_write_finals_pauses_and_catches_up() {
        let paces = drive(7_000, 600);
        let paused = paces.iter().position(|pace| *pace == Pace::Paused).expect("it pauses");
        assert!(paces[paused..].contains(&Pace::FinalsOnly), "it goes on when it has caught up");
    }

    #[test]
    fn after_a_busy_time_captions_come_often_again() {
        let mut pacer = Pacer::new(0.5);
        for second in 0..20 {
            pacer.note_computed(second * 1_000, second * 1_000 + 900);
            pacer.decide(second * 1_000 + 1_000, 0);
        }
        assert_eq!(pacer.pace(), Pace::FinalsOnly);
        for second in 20..80 {
            pacer.decide(second * 1_000, 0);
        }
        assert_eq!(pacer.pace(), PACES[0]);
    }
}
