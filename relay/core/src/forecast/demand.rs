//! Past demand: how many calls to expect for a language in an hour of the week, learnt from few requests.
//!
//! Empirical Bayes with a Gamma-Poisson model. The calls of a language in one of the 168 hours of the week are Poisson
//! with a rate of their own; before anything is seen that rate is Gamma-distributed around
//!
//! prior = the language's average over the week × its profile over the hours of the day
//!
//! with the weight of `k` weeks. The profile is the language's own, and that of all languages together as far as its
//! requests are too few ([`PROFILE_REQUESTS`]). `k` is the one of [`PRIOR_WEEKS`] that makes what was seen likeliest, so
//! days of the week that truly differ are believed soon, and chance is not. The expectation is then
//!
//! (requests seen in the hour + k · prior) / (weeks in which the hour was seen + k)
//!
//! Hours are those of the wall clock in a time zone, so demand stays at nine o'clock when the clocks change.

use std::collections::BTreeMap;

use chrono_tz::Tz;

use crate::availability::Span;
use crate::availability::wall::hour_of_week;
use crate::time::UnixMillis;

/// Hours of a week; hour 0 begins on Monday at midnight.
pub const HOURS_OF_WEEK: usize = 168;
/// Requests of all languages together count like so many of the language itself in its profile over the day.
pub const PROFILE_REQUESTS: f64 = 24.0;
/// Weights that are tried for the prior, in weeks.
pub const PRIOR_WEEKS: [f64; 9] = [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0];

const HOURS_OF_DAY: usize = 24;
const QUARTER_MILLIS: i64 = 15 * 60 * 1_000;
const QUARTERS_OF_HOUR: i64 = 4;
/// Years of past that are looked at, at most: older demand says little, and the hours are counted one by one.
const LONGEST_PAST_MILLIS: i64 = 5 * 366 * 24 * 60 * 60 * 1_000;

/// Expected calls by language and hour of the week.
#[derive(Clone, PartialEq, Debug)]
pub struct Demand {
    zone: Tz,
    weeks_seen: f64,
    by_language: BTreeMap<String, LanguageDemand>,
}

#[derive(Clone, PartialEq, Debug)]
struct LanguageDemand {
    requests: u32,
    prior_weeks: f64,
    /// Calls an hour, by hour of the week.
    expected: [f64; HOURS_OF_WEEK],
}

impl Demand {
    /// Learns from the requests of a time that was watched as a whole: each with its primary language tag and when it
    /// came. Requests outside `watched` are left out; of more than five years the last five are taken.
    pub fn learn<'a>(
        requests: impl IntoIterator<Item = (&'a str, UnixMillis)>,
        watched: Span,
        zone: Tz,
    ) -> Self {
        let from = watched.from.max(UnixMillis(watched.until.0.saturating_sub(LONGEST_PAST_MILLIS)));
        let watched = Span { from, ..watched };
        let weeks = weeks_of_each_hour(watched, zone);
        let mut counts: BTreeMap<String, [u32; HOURS_OF_WEEK]> = BTreeMap::new();
        for (language, at) in requests.into_iter().filter(|(_, at)| watched.contains(*at)) {
            let hours = counts.entry(language.to_owned()).or_insert([0; HOURS_OF_WEEK]);
            if let Some(count) = hours.get_mut(hour(at, zone)) {
                *count = count.saturating_add(1);
            }
        }
        let all = by_hour_of_day(counts.values().flat_map(|hours| hours.iter().enumerate()));
        let smoothed = counts.iter().map(|(language, hours)| (language.clone(), smooth(hours, &weeks, &all)));
        Self { zone, weeks_seen: mean(&weeks), by_language: smoothed.collect() }
    }

    /// Languages that were ever asked for, by primary tag.
    pub fn languages(&self) -> impl Iterator<Item = &str> {
        self.by_language.keys().map(String::as_str)
    }

    /// Weeks that were watched: what the expectation rests on.
    pub fn weeks_seen(&self) -> f64 {
        self.weeks_seen
    }

    /// Requests of a language that were seen.
    pub fn requests_seen(&self, language: &str) -> u32 {
        self.by_language.get(language).map_or(0, |demand| demand.requests)
    }

    /// Weight of the prior for a language, in weeks: the larger, the less the days of the week differ.
    pub fn prior_weeks(&self, language: &str) -> Option<f64> {
        self.by_language.get(language).map(|demand| demand.prior_weeks)
    }

    /// Expected calls in the hour that begins then. Never asked for means none expected.
    pub fn expected(&self, language: &str, hour_start: UnixMillis) -> f64 {
        let Some(demand) = self.by_language.get(language) else { return 0.0 };
        // Quarter by quarter: where the zone is half an hour off, an hour lies in two of its hours.
        let quarters = (0..QUARTERS_OF_HOUR)
            .map(|quarter| UnixMillis(hour_start.0.saturating_add(quarter * QUARTER_MILLIS)));
        let rates = quarters.filter_map(|at| demand.expected.get(hour(at, self.zone)));
        rates.sum::<f64>() / QUARTERS_OF_HOUR as f64
    }
}

/// The hour of the week on the wall clock of the zone.
fn hour(at: UnixMillis, zone: Tz) -> usize {
    hour_of_week(zone, at) as usize
}

/// How often each hour of the week lies in a time. An hour that the change of clocks skips was not seen that week, the
/// one that it repeats was seen twice.
fn weeks_of_each_hour(watched: Span, zone: Tz) -> [f64; HOURS_OF_WEEK] {
    let mut weeks = [0.0; HOURS_OF_WEEK];
    let mut at = watched.from;
    while at < watched.until {
        let part = (watched.until.0 - at.0).min(QUARTER_MILLIS);
        if let Some(seen) = weeks.get_mut(hour(at, zone)) {
            *seen += part as f64 / (QUARTERS_OF_HOUR * QUARTER_MILLIS) as f64;
        }
        at = UnixMillis(at.0.saturating_add(QUARTER_MILLIS));
    }
    weeks
}

fn smooth(
    counts: &[u32; HOURS_OF_WEEK],
    weeks: &[f64; HOURS_OF_WEEK],
    all: &[f64; HOURS_OF_DAY],
) -> LanguageDemand {
    let prior = prior(counts, weeks, all);
    let evidence = |k: f64| log_evidence(counts, weeks, &prior, k);
    let best = PRIOR_WEEKS.into_iter().max_by(|a, b| evidence(*a).total_cmp(&evidence(*b)));
    let k = best.unwrap_or(PRIOR_WEEKS[0]);
    let mut expected = [0.0; HOURS_OF_WEEK];
    for (rate, ((count, weeks), prior)) in expected.iter_mut().zip(counts.iter().zip(weeks).zip(&prior)) {
        *rate = (f64::from(*count) + k * prior) / (weeks + k);
    }
    LanguageDemand { requests: counts.iter().sum(), prior_weeks: k, expected }
}

/// The language's average over the week, shaped by the hours of the day.
fn prior(
    counts: &[u32; HOURS_OF_WEEK],
    weeks: &[f64; HOURS_OF_WEEK],
    all: &[f64; HOURS_OF_DAY],
) -> [f64; HOURS_OF_WEEK] {
    let own = by_hour_of_day(counts.iter().enumerate());
    let (requests, of_all) = (own.iter().sum::<f64>(), all.iter().sum::<f64>().max(1.0));
    let mut hours_seen = [0.0; HOURS_OF_DAY];
    for (hour, weeks) in weeks.iter().enumerate() {
        hours_seen[hour % HOURS_OF_DAY] += weeks;
    }
    std::array::from_fn(|hour| {
        let hour = hour % HOURS_OF_DAY;
        let borrowed = PROFILE_REQUESTS * all[hour] / of_all;
        let share = (own[hour] + borrowed) / (requests + PROFILE_REQUESTS);
        if hours_seen[hour] > 0.0 { requests * share / hours_seen[hour] } else { 0.0 }
    })
}

fn by_hour_of_day<'a>(counts: impl Iterator<Item = (usize, &'a u32)>) -> [f64; HOURS_OF_DAY] {
    let mut sums = [0.0; HOURS_OF_DAY];
    for (hour, count) in counts {
        sums[hour % HOURS_OF_DAY] += f64::from(*count);
    }
    sums
}

/// Logarithm of the probability of the counts under the prior with the weight `k`, but for what does not depend on `k`:
/// negative binomial, Γ(a+n)/Γ(a) written as a product since n is whole.
fn log_evidence(
    counts: &[u32; HOURS_OF_WEEK],
    weeks: &[f64; HOURS_OF_WEEK],
    prior: &[f64; HOURS_OF_WEEK],
    k: f64,
) -> f64 {
    let of_hour = |((count, weeks), prior): ((&u32, &f64), &f64)| {
        let shape = k * prior;
        if shape <= 0.0 {
            return 0.0;
        }
        let rising: f64 = (0..*count).map(|i| (shape + f64::from(i)).ln()).sum();
        rising + shape * (k / (k + weeks)).ln() - f64::from(*count) * (k + weeks).ln()
    };
    counts.iter().zip(weeks).zip(prior).map(of_hour).sum()
}

fn mean(weeks: &[f64; HOURS_OF_WEEK]) -> f64 {
    weeks.iter().sum::<f64>() / HOURS_OF_WEEK as f64
}

#[cfg(test)]
mod tests {
    use chrono::{TimeZone, Utc};
    use proptest::prelude::*;

    use super::*;
    use crate::availability::wall::time_zone;

    const HOUR: i64 = 3_600_000;
    const WEEK: i64 = 168 * HOUR;

    fn utc(year: i32, month: u32, day: u32, hour: u32) -> UnixMillis {
        UnixMillis(Utc.with_ymd_and_hms(year, month, day, hour, 0, 0).unwrap().timestamp_millis())
    }

    fn span(from: UnixMillis, until: UnixMillis) -> Span {
        Span { from, until }
    }

    fn tirane() -> Tz {
        time_zone("Europe/Tirane").unwrap()
    }

    /// Clocks went forward on 2026-03-29 and go back on 2026-10-25, at 01:00 UTC, in all of Europe.
    #[test]
    fn hours_follow_the_wall_clock_over_both_changes() {
        for (zone, offset) in [("Europe/Tirane", 1), ("Europe/Athens", 2)] {
            let zone = time_zone(zone).unwrap();
            let sunday = 6 * 24;
            let cases = [
                (utc(2026, 3, 29, 0), offset),
                (utc(2026, 3, 29, 1), 2 + offset),
                (utc(2026, 10, 25, 0), 1 + offset),
                (utc(2026, 10, 25, 1), 1 + offset),
                (utc(2026, 10, 25, 2), 2 + offset),
            ];
            for (at, hour) in cases {
                assert_eq!(super::hour(at, zone), sunday + hour, "{at:?} in {zone}");
            }
            let weeks = weeks_of_each_hour(span(utc(2026, 3, 23, 0), utc(2026, 4, 6, 0)), zone);
            assert_eq!((weeks[sunday + 1 + offset], weeks[sunday + 2 + offset]), (1.0, 2.0));
            let weeks = weeks_of_each_hour(span(utc(2026, 10, 19, 0), utc(2026, 11, 2, 0)), zone);
            assert_eq!((weeks[sunday + 1 + offset], weeks[sunday + 2 + offset]), (3.0, 2.0));
        }
    }

    #[test]
    fn nine_o_clock_stays_nine_o_clock_when_the_clocks_change() {
        let (from, until) = (utc(2026, 1, 5, 0), utc(2026, 3, 23, 0));
        // Every day at nine on the winter clock, which is eight in UTC.
        let days = (from.0 / HOUR / 24)..(until.0 / HOUR / 24);
        let requests: Vec<_> = days.map(|day| ("sq", UnixMillis((day * 24 + 8) * HOUR + 1))).collect();
        let demand = Demand::learn(requests, span(from, until), tirane());
        let summer = |hour| demand.expected("sq", utc(2026, 7, 1, hour));
        assert!(summer(7) > 0.9 && summer(8) < 0.1, "{} {}", summer(7), summer(8));
    }

    #[test]
    fn a_single_request_is_spread_and_many_are_believed() {
        let (from, until) = (utc(2026, 1, 5, 0), utc(2026, 4, 27, 0));
        let weeks = (until.0 - from.0) / WEEK;
        let monday = |week: i64| UnixMillis(from.0 + week * WEEK + 9 * HOUR);
        let busy = (0..weeks).flat_map(|week| (0..5).map(move |_| ("sq", monday(week))));
        let requests = busy.chain([("ti", monday(0))]);
        let demand = Demand::learn(requests, span(from, until), Tz::UTC);
        let monday_nine = utc(2026, 5, 4, 9);
        let thursday_nine = utc(2026, 5, 7, 9);
        assert!(demand.expected("sq", monday_nine) > 4.0, "{}", demand.expected("sq", monday_nine));
        assert!(demand.expected("sq", thursday_nine) < 0.5);
        let (once, never) = (demand.expected("ti", monday_nine), demand.expected("ti", thursday_nine));
        assert!(once < 3.0 * never && never > 0.0, "one request makes no weekly habit: {once} {never}");
        assert_eq!((demand.expected("so", monday_nine), demand.requests_seen("ti")), (0.0, 1));
        assert!((demand.weeks_seen() - 16.0).abs() < 1e-9);
    }

    proptest! {
        #[test]
        fn as_many_are_expected_as_were_seen(
            hours in prop::collection::vec((0_i64..20 * 168, 0_usize..3), 0..400)
        ) {
            let from = utc(2026, 1, 5, 0);
            let tags = ["sq", "sr", "ti"];
            let requests: Vec<_> = hours
                .iter()
                .map(|(hour, tag)| (tags[*tag], UnixMillis(from.0 + hour * HOUR + HOUR / 2)))
                .collect();
            let demand = Demand::learn(requests.iter().copied(), span(from, UnixMillis(from.0 + 20 * WEEK)), Tz::UTC);
            for language in demand.languages() {
                let expected: f64 =
                    (0..168).map(|hour| demand.expected(language, UnixMillis(from.0 + hour * HOUR))).sum();
                let seen = f64::from(demand.requests_seen(language)) / 20.0;
                prop_assert!((expected - seen).abs() < 1e-9 * (1.0 + seen), "{language}: {expected} {seen}");
                prop_assert!(demand.expected(language, from) >= 0.0);
            }
        }
    }
}
