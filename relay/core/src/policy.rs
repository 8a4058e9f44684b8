//! How mediators are rung: which circle in which wave, how many at once, for how long.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::session_types::Circle;

/// Rules of ringing. They can be tried on past demand before they are used (`dragoman-relay simulate`).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DispatchPolicy {
    /// One after the other; a wave that would ring nobody is passed over.
    pub waves: Vec<Wave>,
    /// How long one phone rings, in seconds.
    pub ring_seconds: u32,
    /// Offers in a row that ran out unanswered until a mediator is switched off; 0: never.
    pub away_after_missed: u8,
    /// A session that waits looks again for somebody after so many seconds: shifts begin, and rests end.
    pub look_again_seconds: u32,
    /// A coordinator is called to a session that nobody answered in so many seconds.
    pub escalate_after_seconds: u32,
    /// A mediator who interpreted for so many minutes without a rest is due for one, and all who work there are told; 0:
    /// never. The trade's own measure is 20 to 30 minutes.
    pub break_after_minutes: u32,
    /// The same where a child is heard.
    pub break_after_minutes_minor: u32,
}

/// One wave of rings.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Wave {
    /// This circle and those within it.
    pub circle: Circle,
    /// How many at most; `None`: all.
    #[serde(default)]
    pub most: Option<u32>,
    /// The next wave begins after so many seconds.
    pub seconds: u32,
}

impl Default for DispatchPolicy {
    /// Those who know the person first; then the best few, more, and all who are there; then those on call; then loans.
    /// A commercial service answers in 15 s on average, contracts ask for 30 s: within them everybody near was rung.
    fn default() -> Self {
        let wave = |circle, most, seconds| Wave { circle, most, seconds };
        Self {
            waves: vec![
                wave(Circle::Familiar, Some(3), 8),
                wave(Circle::Pool, Some(3), 8),
                wave(Circle::Pool, Some(5), 6),
                wave(Circle::Pool, None, 8),
                wave(Circle::OnCall, None, 12),
                wave(Circle::Loan, None, 30),
            ],
            ring_seconds: 30,
            away_after_missed: 2,
            look_again_seconds: 5,
            escalate_after_seconds: 60,
            break_after_minutes: 30,
            break_after_minutes_minor: 20,
        }
    }
}

impl DispatchPolicy {
    /// Whether the rules can be rung by.
    ///
    /// # Errors
    /// Which rule can not, and what it takes.
    pub fn check(&self) -> Result<(), String> {
        if self.waves.is_empty() {
            return Err("waves: give at least one, such as { circle = 'pool', seconds = 10 }".to_owned());
        }
        if self.waves.iter().any(|wave| wave.seconds == 0 || wave.most == Some(0)) {
            return Err("waves: 'seconds' and 'most' are at least 1".to_owned());
        }
        if !(5..=300).contains(&self.ring_seconds) {
            return Err("ring_seconds: a phone rings for 5 to 300 seconds".to_owned());
        }
        Ok(())
    }

    /// How long one phone rings.
    pub fn ring_for(&self) -> Duration {
        Duration::from_secs(u64::from(self.ring_seconds))
    }

    /// After how long the wave after this one (from 1; 0: none began) may begin.
    pub fn wave_lasts(&self, wave: u32) -> Duration {
        let began = wave.checked_sub(1).and_then(|index| self.waves.get(index as usize));
        Duration::from_secs(began.map_or(0, |wave| u64::from(wave.seconds)))
    }

    /// See `look_again_seconds`.
    pub fn look_again(&self) -> Duration {
        Duration::from_secs(u64::from(self.look_again_seconds.max(1)))
    }

    /// See `break_after_minutes`; `minor`: a child is heard.
    pub fn break_after(&self, minor: bool) -> Option<Duration> {
        let minutes = if minor { self.break_after_minutes_minor } else { self.break_after_minutes };
        (minutes > 0).then(|| Duration::from_secs(u64::from(minutes) * 60))
    }

    /// See `escalate_after_seconds`.
    pub fn escalate_after(&self) -> Duration {
        Duration::from_secs(u64::from(self.escalate_after_seconds))
    }
}
