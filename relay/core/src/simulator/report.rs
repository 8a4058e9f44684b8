//! What came of a simulation, in figures that name nobody.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Serialize;

use super::scenario::Scenario;
use crate::quantile::nearest_rank;
use crate::time::UnixMillis;

/// An answer is in time within this.
pub const IN_TIME: Duration = Duration::from_secs(30);

/// What became of one call.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Fate {
    /// Somebody eligible was on duty and free when it came.
    pub covered: bool,
    /// When it was answered, and by whom: the number within [`Scenario::people`].
    pub answered: Option<(UnixMillis, usize)>,
    /// Rings that it caused.
    pub rings: u32,
    /// How it stood when the officer gave up.
    pub gave_up: Option<GaveUp>,
}

/// How a call stood when the officer gave up.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum GaveUp {
    /// Somebody was being rung.
    WhileRinging,
    /// Everybody suitable was busy, and it waited for them.
    InLine,
    /// The relay had said that nobody answers, or that nobody is there.
    AfterNobody,
}

/// A whole simulation.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Report {
    /// All languages together.
    pub all: Figures,
    /// By primary tag of the interviewee's language.
    pub by_language: BTreeMap<String, Figures>,
    /// Hours in sessions of each mediator, and how evenly they are spread.
    pub hours: Hours,
}

/// Figures of some of the calls.
#[derive(Clone, Copy, PartialEq, Debug, Default, Serialize)]
pub struct Figures {
    /// Calls.
    pub requests: u32,
    /// Somebody answered.
    pub answered: u32,
    /// Somebody answered within [`IN_TIME`].
    pub in_time: u32,
    /// Calls for which somebody eligible was on duty and free when they came.
    pub covered: u32,
    /// Of those, answered within [`IN_TIME`].
    pub covered_in_time: u32,
    /// The officer gave up while somebody was being rung.
    pub gave_up_ringing: u32,
    /// The officer gave up in the line for those who were busy.
    pub gave_up_in_line: u32,
    /// The officer gave up after the relay had said that nobody answers, or that nobody is there.
    pub gave_up_unanswered: u32,
    /// Time until the answer, of those answered: half are faster. In seconds.
    pub wait_p50_seconds: f64,
    /// 19 of 20 are faster.
    pub wait_p95_seconds: f64,
    /// Rings for each call.
    pub rings_per_request: f64,
}

/// How the work is spread.
#[derive(Clone, Copy, PartialEq, Debug, Default, Serialize)]
pub struct Hours {
    /// Least.
    pub min: f64,
    /// Middle.
    pub median: f64,
    /// Most.
    pub max: f64,
    /// Gini coefficient: 0 is even, 1 is all with one.
    pub gini: f64,
}

impl Report {
    /// Counts the fates of a scenario's calls.
    pub fn of(scenario: &Scenario, fates: &[Fate]) -> Self {
        let mut by_language: BTreeMap<String, Vec<(UnixMillis, Fate)>> = BTreeMap::new();
        let mut hours = vec![0.0; scenario.people.len()];
        let mut all = Vec::new();
        for (call, fate) in scenario.calls.iter().zip(fates) {
            let language = call.request.languages.source.primary().to_owned();
            by_language.entry(language).or_default().push((call.at, *fate));
            all.push((call.at, *fate));
            if let Some(worked) = fate.answered.and_then(|(_, person)| hours.get_mut(person)) {
                *worked += call.length.as_secs_f64() / 3_600.0;
            }
        }
        let by_language = by_language.into_iter().map(|(language, fates)| (language, Figures::of(&fates)));
        Self { all: Figures::of(&all), by_language: by_language.collect(), hours: Hours::of(hours) }
    }
}

impl Figures {
    fn of(fates: &[(UnixMillis, Fate)]) -> Self {
        let wait = |(at, fate): &(UnixMillis, Fate)| fate.answered.map(|(answered, _)| answered.0 - at.0);
        let is_in_time = |fate: &&(UnixMillis, Fate)| wait(fate).is_some_and(|wait| wait <= limit());
        let count = |holds: &dyn Fn(&&(UnixMillis, Fate)) -> bool| {
            u32::try_from(fates.iter().filter(holds).count()).unwrap_or(u32::MAX)
        };
        let requests = count(&|_| true);
        let rings: u32 = fates.iter().map(|(_, fate)| fate.rings).sum();
        let mut waits: Vec<f64> = fates.iter().filter_map(wait).map(|wait| wait as f64 / 1_000.0).collect();
        waits.sort_by(f64::total_cmp);
        Self {
            requests,
            answered: count(&|fate| fate.1.answered.is_some()),
            in_time: count(&is_in_time),
            covered: count(&|fate| fate.1.covered),
            covered_in_time: count(&|fate| fate.1.covered && is_in_time(fate)),
            gave_up_ringing: count(&|fate| fate.1.gave_up == Some(GaveUp::WhileRinging)),
            gave_up_in_line: count(&|fate| fate.1.gave_up == Some(GaveUp::InLine)),
            gave_up_unanswered: count(&|fate| fate.1.gave_up == Some(GaveUp::AfterNobody)),
            wait_p50_seconds: quantile(&waits, 0.5),
            wait_p95_seconds: quantile(&waits, 0.95),
            rings_per_request: f64::from(rings) / f64::from(requests.max(1)),
        }
    }

    /// Share of all calls that were answered in time, 0 to 1.
    pub fn in_time_share(&self) -> f64 {
        f64::from(self.in_time) / f64::from(self.requests.max(1))
    }

    /// The same of those that were covered.
    pub fn covered_in_time_share(&self) -> f64 {
        f64::from(self.covered_in_time) / f64::from(self.covered.max(1))
    }
}

impl Hours {
    fn of(mut hours: Vec<f64>) -> Self {
        hours.sort_by(f64::total_cmp);
        let (count, sum) = (hours.len() as f64, hours.iter().sum::<f64>());
        let ranked: f64 = (1_u32..).zip(&hours).map(|(rank, hours)| f64::from(rank) * hours).sum();
        let gini = if sum > 0.0 { 2.0 * ranked / (count * sum) - (count + 1.0) / count } else { 0.0 };
        Self { min: quantile(&hours, 0.0), median: quantile(&hours, 0.5), max: quantile(&hours, 1.0), gini }
    }
}

/// [`IN_TIME`] in milliseconds.
pub(super) fn limit() -> i64 {
    i64::try_from(IN_TIME.as_millis()).unwrap_or(i64::MAX)
}

/// The nearest rank; 0 of none.
fn quantile(sorted: &[f64], share: f64) -> f64 {
    nearest_rank(sorted, share).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn medians_and_gini_are_those_of_the_textbook() {
        let even = Hours::of(vec![2.0, 2.0, 2.0]);
        assert_eq!((even.min, even.median, even.max), (2.0, 2.0, 2.0));
        assert!(even.gini.abs() < 1e-12);
        let one_of_four = Hours::of(vec![0.0, 8.0, 0.0, 0.0]);
        assert!((one_of_four.gini - 0.75).abs() < 1e-12, "all with one of n is (n-1)/n");
        assert_eq!((one_of_four.median, one_of_four.max), (0.0, 8.0));
        assert_eq!(Hours::of(Vec::new()), Hours::default());
    }
}
