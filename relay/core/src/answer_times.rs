//! How long answers took lately, per language: so that a wait can be told honestly, or not at all.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use crate::language::LanguageTag;

/// Answers of each language that are remembered.
const REMEMBERED: usize = 50;
/// With fewer nothing is said: three lucky nights are no promise.
const AT_LEAST: usize = 5;

/// Waiting times of answered calls, by primary language.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct AnswerTimes {
    by_language: BTreeMap<String, VecDeque<Duration>>,
}

impl AnswerTimes {
    /// A call for this language was answered after so long.
    pub fn note(&mut self, language: &LanguageTag, after: Duration) {
        let times = self.by_language.entry(language.primary().to_owned()).or_default();
        if times.len() == REMEMBERED {
            times.pop_front();
        }
        times.push_back(after);
    }

    /// Nine of ten calls were answered within this, and of how many calls that is known; `None`: of too few.
    pub fn nine_of_ten(&self, language: &LanguageTag) -> Option<(Duration, usize)> {
        let times = self.by_language.get(language.primary()).filter(|times| times.len() >= AT_LEAST)?;
        let mut sorted: Vec<Duration> = times.iter().copied().collect();
        sorted.sort_unstable();
        let index = (sorted.len() * 9).div_ceil(10).saturating_sub(1);
        sorted.get(index).map(|time| (*time, sorted.len()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_too_few_answers_nothing_is_said_and_old_ones_are_forgotten() {
        let (mut times, sq) = (AnswerTimes::default(), "sq".parse().unwrap());
        for second in 1..=4 {
            times.note(&sq, Duration::from_secs(second));
        }
        assert_eq!(times.nine_of_ten(&sq), None);
        for second in 5..=10 {
            times.note(&sq, Duration::from_secs(second));
        }
        assert_eq!(times.nine_of_ten(&"sq-AL".parse().unwrap()), Some((Duration::from_secs(9), 10)));
        for _ in 0..REMEMBERED {
            times.note(&sq, Duration::from_secs(1));
        }
        assert_eq!(times.nine_of_ten(&sq), Some((Duration::from_secs(1), REMEMBERED)));
    }
}
