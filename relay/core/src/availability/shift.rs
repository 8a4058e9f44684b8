//! Shifts: when a mediator is on duty, once or again and again, by the wall clock of a time zone.
//!
//! A shift begins and ends by the wall clock: one from 22:00 to 06:00 ends at 06:00 in the night in which clocks
//! change too, and is an hour shorter or longer then. If its beginning is jumped over by the clock, it begins that much
//! later (see [`super::wall`]), and then keeps its length instead, for there is no other end that is surely after it.

use std::collections::BTreeSet;

use chrono::{Datelike, NaiveDate, NaiveDateTime, TimeDelta, Timelike};
use chrono_tz::Tz;
use rrule::RRuleSet;
use serde::{Deserialize, Serialize};

use super::rule::{Every, Rule};
use super::wall::{clock, is_jumped_over, moment, time_zone};
use super::{Duty, DutySpan, Span};
use crate::ids::{MediatorId, ShiftId};
use crate::rest_shifts::ShiftForm;
use crate::time::UnixMillis;

/// Longest shift, in minutes: a day.
pub const MAX_MINUTES: u32 = 24 * 60;
/// Most days left out of one shift.
pub const MAX_SKIPPED: usize = 400;
/// Most occurrences that are worked out at a time, whatever was asked for.
pub const MAX_OCCURRENCES: usize = 5_000;
/// Years in which a shift may begin.
const YEARS: std::ops::RangeInclusive<i32> = 2_000..=2_100;

/// When a mediator is on duty.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Shift {
    /// Which.
    pub id: ShiftId,
    /// Whose.
    pub mediator: MediatorId,
    /// The first beginning by the wall clock of `zone`, such as `2026-03-02T22:00:00`.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    #[cfg_attr(feature = "typescript", ts(type = "string"))]
    pub starts_at: NaiveDateTime,
    /// The zone's IANA name, such as `Europe/Tirane`.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    #[cfg_attr(feature = "typescript", ts(type = "string"))]
    pub zone: Tz,
    /// Length by the wall clock, 1 to 1,440.
    pub minutes: u32,
    /// How it recurs; `None`: it does not.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>))]
    #[cfg_attr(feature = "typescript", ts(type = "string | null"))]
    pub rule: Option<Rule>,
    /// Days, by the wall clock, on which an occurrence is left out (RFC 5545's EXDATE).
    #[cfg_attr(feature = "openapi", schema(value_type = Vec<String>))]
    #[cfg_attr(feature = "typescript", ts(type = "Array<string>"))]
    pub skipped: BTreeSet<NaiveDate>,
    /// What the mediator does.
    pub duty: Duty,
}

/// A shift can not be as it was given.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {message}")]
pub struct ShiftProblem {
    /// Which field.
    pub field: &'static str,
    /// What is wrong with it, and what to do.
    pub message: String,
}

impl Shift {
    /// The shift that a form describes.
    ///
    /// # Errors
    /// [`ShiftProblem`] for the first field that is wrong.
    pub fn checked(id: ShiftId, mediator: MediatorId, form: &ShiftForm) -> Result<Self, ShiftProblem> {
        let zone = zone_of(&form.zone)?;
        let rule = form.rule.as_deref().filter(|rule| !rule.trim().is_empty());
        let rule: Option<Rule> =
            rule.map(str::parse).transpose().map_err(|e| problem("rule", format!("{e}")))?;
        let skipped: Result<BTreeSet<NaiveDate>, _> = form.skipped.iter().map(|day| day_of(day)).collect();
        let shift = Self {
            id,
            mediator,
            starts_at: start_of(&form.starts_at)?,
            zone,
            minutes: form.minutes,
            rule: rule.map(|rule| rule.with_utc_end(zone)),
            skipped: skipped?,
            duty: form.duty,
        };
        shift.check()?;
        Ok(shift)
    }

    /// The same, without the occurrence that begins on a day.
    ///
    /// # Errors
    /// [`ShiftProblem`] if none does, or the shift happens only once.
    pub fn skip(&self, day: NaiveDate) -> Result<Self, ShiftProblem> {
        if self.rule.is_none() {
            return Err(problem("date", "this shift happens only once: remove it instead"));
        }
        if self.skipped.contains(&day)
            || !self.starts_within(day, day).contains(&day.and_time(self.starts_at.time()))
        {
            return Err(problem(
                "date",
                format!("this shift does not begin on {day}: choose a day on which it does"),
            ));
        }
        let mut skipped = self.skipped.clone();
        skipped.insert(day);
        check_skipped(&skipped)?;
        Ok(Self { skipped, ..self.clone() })
    }

    /// The occurrences that have a moment in `window`, in order, uncut; [`MAX_OCCURRENCES`] at most.
    pub fn occurrences(&self, window: Span) -> Vec<DutySpan> {
        self.starts_in(window)
            .into_iter()
            .map(|start| DutySpan { span: self.span_from(start), duty: self.duty })
            .filter(|occurrence| occurrence.span.overlaps(window))
            .collect()
    }

    /// When the occurrences begin by the wall clock that may have a moment in `window`.
    pub(super) fn starts_in(&self, window: Span) -> Vec<NaiveDateTime> {
        // A shift lasts a day at most, and a clock jumps by a day at most.
        let first = clock(self.zone, window.from).date() - TimeDelta::days(3);
        let last = clock(self.zone, window.until).date() + TimeDelta::days(2);
        let mut starts = self.starts_within(first, last);
        starts.retain(|start| !self.skipped.contains(&start.date()));
        starts
    }

    /// The moments of the occurrence that begins at a time by the wall clock.
    pub(super) fn span_from(&self, start: NaiveDateTime) -> Span {
        let from = moment(self.zone, start);
        let until = moment(self.zone, self.end_from(start));
        if until <= from || is_jumped_over(self.zone, start) {
            return Span { from, until: UnixMillis(from.0 + i64::from(self.minutes) * 60_000) };
        }
        Span { from, until }
    }

    /// When the occurrence that begins then ends, by the wall clock.
    pub(super) fn end_from(&self, start: NaiveDateTime) -> NaiveDateTime {
        start + TimeDelta::minutes(i64::from(self.minutes))
    }

    /// All beginnings on these days, whether left out or not.
    fn starts_within(&self, first: NaiveDate, last: NaiveDate) -> Vec<NaiveDateTime> {
        let within = |start: &NaiveDateTime| first <= start.date() && start.date() <= last;
        let Some(rule) = &self.rule else {
            return Some(self.starts_at).filter(within).into_iter().collect();
        };
        let Some(set) = floating(rule, jumped_ahead(rule, self.starts_at, first)) else { return Vec::new() };
        let last_start = rule.last_start(self.zone);
        set.into_iter()
            .map(|start| start.naive_utc())
            .take_while(|start| start.date() <= last)
            .filter(within)
            .take_while(|start| last_start.is_none_or(|last| moment(self.zone, *start) <= last))
            .take(MAX_OCCURRENCES)
            .collect()
    }

    fn check(&self) -> Result<(), ShiftProblem> {
        if !YEARS.contains(&self.starts_at.year()) {
            return Err(problem("starts_at", "give a year from 2000 to 2100"));
        }
        if self.starts_at.second() != 0 || self.starts_at.nanosecond() != 0 {
            return Err(problem("starts_at", "a shift begins on a full minute"));
        }
        if !(1..=MAX_MINUTES).contains(&self.minutes) {
            return Err(problem("minutes", "a shift lasts 1 to 1440 minutes: make two of a longer one"));
        }
        check_skipped(&self.skipped)?;
        let Some(rule) = &self.rule else { return Ok(()) };
        // RFC 5545 §3.8.5.3 leaves open what a rule means that does not fall on its own start, and readers differ.
        let first = floating(rule, self.starts_at).and_then(|set| set.into_iter().next());
        if first.map(|first| first.naive_utc()) != Some(self.starts_at) {
            let message =
                "the rule does not fall on the shift's first day: let starts_at be the first day of the rule";
            return Err(problem("rule", message));
        }
        if rule.last_start(self.zone).is_some_and(|last| last < moment(self.zone, self.starts_at)) {
            return Err(problem("rule", "UNTIL is before the shift begins: choose a later end"));
        }
        Ok(())
    }
}

/// The rule from a start on, on a clock without zone and jumps: what days it falls on must not depend on them.
fn floating(rule: &Rule, start: NaiveDateTime) -> Option<RRuleSet> {
    // The library gives up after 100,000 empty steps where it is told to limit itself.
    rule.recurrence().build(start.and_utc().with_timezone(&rrule::Tz::UTC)).ok().map(RRuleSet::limit)
}

/// A start from which the rule falls on the same days from `first` on. Years of days that nobody asked for need not be
/// gone through where days or weeks are counted and no number of occurrences is.
fn jumped_ahead(rule: &Rule, start: NaiveDateTime, first: NaiveDate) -> NaiveDateTime {
    let days = match rule.every {
        Every::Day => i64::from(rule.interval),
        Every::Week => 7 * i64::from(rule.interval),
        Every::Month | Every::Year => return start,
    };
    let ahead = (first - start.date()).num_days() / days;
    if rule.count.is_some() || ahead <= 0 { start } else { start + TimeDelta::days(ahead * days) }
}

fn check_skipped(skipped: &BTreeSet<NaiveDate>) -> Result<(), ShiftProblem> {
    if skipped.len() > MAX_SKIPPED {
        return Err(problem(
            "skipped",
            "at most 400 days can be left out: end this shift and make a new one",
        ));
    }
    Ok(())
}

/// A zone by its IANA name.
///
/// # Errors
/// [`ShiftProblem`] if there is none.
pub fn zone_of(name: &str) -> Result<Tz, ShiftProblem> {
    time_zone(name).map_err(|error| problem("zone", error.to_string()))
}

/// A day by ISO 8601.
///
/// # Errors
/// [`ShiftProblem`] if it is none.
pub fn day_of(text: &str) -> Result<NaiveDate, ShiftProblem> {
    text.trim().parse().map_err(|_| problem("skipped", "a day is written like 2026-03-29"))
}

fn start_of(text: &str) -> Result<NaiveDateTime, ShiftProblem> {
    let text = text.trim();
    let parsed = ["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"]
        .iter()
        .find_map(|form| NaiveDateTime::parse_from_str(text, form).ok());
    parsed.ok_or_else(|| problem("starts_at", "write day and time without an offset, like 2026-03-29T22:00"))
}

fn problem(field: &'static str, message: impl Into<String>) -> ShiftProblem {
    ShiftProblem { field, message: message.into() }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use proptest::prelude::*;
    use uuid::Uuid;

    use super::*;
    use crate::availability::samples::{any_shift, form, mediator_id, shift, told, utc, window};
    use crate::time::HOUR_MILLIS;

    #[test]
    fn a_night_shift_ends_at_six_by_the_wall_clock_whatever_clocks_do() {
        for zone in ["Europe/Tirane", "Europe/Belgrade"] {
            let nights = shift(1, &form("2026-03-02T22:00", zone, 480, "FREQ=DAILY"));
            let march = nights.occurrences(window("2026-03-27T12:00:00", "2026-03-30T12:00:00"));
            // 22:00 is 21:00 UTC in winter and 20:00 in summer; 06:00 is 05:00 and 04:00.
            assert_eq!(
                told(&march),
                ["03-27T21:00/03-28T05:00", "03-28T21:00/03-29T04:00", "03-29T20:00/03-30T04:00"]
            );
            let october = nights.occurrences(window("2026-10-23T12:00:00", "2026-10-26T12:00:00"));
            assert_eq!(
                told(&october),
                ["10-23T20:00/10-24T04:00", "10-24T20:00/10-25T05:00", "10-25T21:00/10-26T05:00"]
            );
        }
        // Elsewhere clocks change on other days, or never.
        let london = shift(1, &form("2026-03-02T22:00", "Europe/London", 480, "FREQ=DAILY"));
        let march = london.occurrences(window("2026-03-28T12:00:00", "2026-03-29T12:00:00"));
        assert_eq!(told(&march), ["03-28T22:00/03-29T05:00"]);
        let new_york = shift(1, &form("2026-03-02T22:00", "America/New_York", 480, "FREQ=DAILY"));
        let march = new_york.occurrences(window("2026-03-07T12:00:00", "2026-03-09T00:00:00"));
        assert_eq!(told(&march), ["03-08T03:00/03-08T10:00"]);
        let tehran = shift(1, &form("2026-03-02T22:00", "Asia/Tehran", 480, "FREQ=DAILY"));
        let march = tehran.occurrences(window("2026-03-28T12:00:00", "2026-03-29T12:00:00"));
        assert_eq!(told(&march), ["03-28T18:30/03-29T02:30"]);
    }

    #[test]
    fn shifts_that_begin_or_end_in_the_changed_hour_follow_the_standard() {
        let spring = window("2026-03-29T00:00:00", "2026-03-29T12:00:00");
        let autumn = window("2026-10-24T23:00:00", "2026-10-25T12:00:00");
        let daily = |start: &str, minutes| shift(1, &form(start, "Europe/Tirane", minutes, "FREQ=DAILY"));
        // 02:30 does not exist on 29 March: it is read as 01:30 UTC, and such a shift keeps its length.
        assert_eq!(told(&daily("2026-03-01T02:30", 120).occurrences(spring)), ["03-29T01:30/03-29T03:30"]);
        assert_eq!(told(&daily("2026-03-01T02:30", 20).occurrences(spring)), ["03-29T01:30/03-29T01:50"]);
        // An end at 02:30 that does not exist is an hour after 01:30 UTC's 01:30.
        assert_eq!(told(&daily("2026-03-01T00:30", 120).occurrences(spring)), ["03-28T23:30/03-29T01:30"]);
        // 02:30 comes twice on 25 October: the first is meant.
        assert_eq!(told(&daily("2026-03-01T02:30", 120).occurrences(autumn)), ["10-25T00:30/10-25T03:30"]);
        assert_eq!(told(&daily("2026-03-01T00:30", 120).occurrences(autumn)), ["10-24T22:30/10-25T00:30"]);
    }

    #[test]
    fn the_end_of_a_rule_is_told_in_its_zone_and_kept_in_utc() {
        let rule = |until: &str| format!("FREQ=DAILY;UNTIL={until}");
        let year = window("2026-01-01T00:00:00", "2027-01-01T00:00:00");
        for (until, kept, number) in [
            ("20260331", "20260331T215900Z", 31),
            ("20260331T220000", "20260331T200000Z", 31),
            ("20260331T195959Z", "20260331T195959Z", 30),
            ("20260331T200000Z", "20260331T200000Z", 31),
        ] {
            let shift = shift(1, &form("2026-03-01T22:00", "Europe/Tirane", 480, &rule(until)));
            assert_eq!(shift.rule.as_ref().unwrap().to_string(), rule(kept));
            assert_eq!(shift.occurrences(year).len(), number, "{until}");
        }
    }

    #[test]
    fn what_is_wrong_with_a_shift_is_said_with_its_field() {
        let good = form("2026-03-02T22:00", "Europe/Tirane", 480, "FREQ=WEEKLY;BYDAY=MO,WE");
        let cases = [
            (ShiftForm { starts_at: "yesterday".to_owned(), ..good.clone() }, "starts_at: write"),
            (
                ShiftForm { starts_at: "2026-03-02T22:00:00+01:00".to_owned(), ..good.clone() },
                "without an offset",
            ),
            (ShiftForm { starts_at: "2026-03-02T22:00:30".to_owned(), ..good.clone() }, "full minute"),
            (ShiftForm { starts_at: "1026-03-02T22:00".to_owned(), ..good.clone() }, "2000 to 2100"),
            (ShiftForm { zone: "Tirana".to_owned(), ..good.clone() }, "zone: 'Tirana'"),
            (ShiftForm { minutes: 0, ..good.clone() }, "minutes: "),
            (ShiftForm { minutes: MAX_MINUTES + 1, ..good.clone() }, "minutes: "),
            (ShiftForm { skipped: vec!["2026-02-30".to_owned()], ..good.clone() }, "skipped: "),
            (ShiftForm { rule: Some("FREQ=SECONDLY".to_owned()), ..good.clone() }, "rule: FREQ=SECONDLY"),
            (ShiftForm { rule: Some("FREQ=WEEKLY;BYDAY=TU".to_owned()), ..good.clone() }, "first day"),
            (
                ShiftForm { rule: Some("FREQ=WEEKLY;UNTIL=20260101".to_owned()), ..good.clone() },
                "UNTIL is before",
            ),
            // A day that never comes; looking for it must end.
            (
                ShiftForm { rule: Some("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30".to_owned()), ..good.clone() },
                "first day",
            ),
        ];
        for (form, words) in cases {
            let began = Instant::now();
            let error = Shift::checked(ShiftId(Uuid::nil()), mediator_id(1), &form).unwrap_err().to_string();
            assert!(error.contains(words), "{error} lacks {words}");
            assert!(began.elapsed() < Duration::from_secs(2), "{error} took {:?}", began.elapsed());
        }
    }

    #[test]
    fn the_sparsest_rules_and_the_widest_window_end_soon() {
        let forever = Span { from: UnixMillis(i64::MIN), until: UnixMillis(i64::MAX) };
        for (start, rule) in [
            ("2000-02-29T22:00", "FREQ=DAILY;INTERVAL=97;BYMONTH=2"),
            ("2000-02-29T22:00", "FREQ=YEARLY;INTERVAL=100;BYMONTH=2;BYMONTHDAY=29;BYDAY=TU"),
            ("2000-02-29T22:00", "FREQ=MONTHLY;INTERVAL=100;BYMONTHDAY=29"),
            ("2000-02-29T22:00", "FREQ=DAILY;INTERVAL=7;BYMONTH=2;BYDAY=TU"),
            ("2000-01-01T22:00", "FREQ=DAILY"),
        ] {
            let shift = shift(1, &form(start, "Europe/Tirane", 480, rule));
            for span in [forever, window("2026-03-01T00:00:00", "2026-05-01T00:00:00")] {
                let began = Instant::now();
                let number = shift.occurrences(span).len();
                assert!(
                    began.elapsed() < Duration::from_secs(2),
                    "{rule}: {number} in {:?}",
                    began.elapsed()
                );
            }
        }
    }

    #[test]
    fn a_skipped_day_takes_one_occurrence_and_no_other() {
        let weekly =
            shift(1, &form("2026-03-02T22:00", "Europe/Tirane", 480, "FREQ=WEEKLY;BYDAY=MO,WE;COUNT=6"));
        let all = window("2026-01-01T00:00:00", "2027-01-01T00:00:00");
        let day = |text: &str| text.parse::<NaiveDate>().unwrap();
        let less = weekly.skip(day("2026-03-09")).unwrap();
        let kept: Vec<DutySpan> =
            weekly.occurrences(all).into_iter().filter(|o| !less.occurrences(all).contains(o)).collect();
        assert_eq!(
            (weekly.occurrences(all).len(), told(&kept)),
            (6, vec!["03-09T21:00/03-10T05:00".to_owned()])
        );
        for (shift, date) in [(&less, "2026-03-09"), (&weekly, "2026-03-10"), (&weekly, "2027-03-08")] {
            assert!(shift.skip(day(date)).unwrap_err().to_string().starts_with("date: "));
        }
        let once = shift(1, &form("2026-03-02T22:00", "Europe/Tirane", 480, ""));
        assert!(once.skip(day("2026-03-02")).unwrap_err().to_string().contains("remove it"));
    }

    proptest! {
        #[test]
        fn occurrences_are_in_the_window_in_order_once_and_do_not_depend_on_it(
            shift in any_shift(), from in 0i64..800, days in 1i64..90,
        ) {
            let begin = utc("2025-01-01T00:00:00").0;
            let span = Span { from: UnixMillis(begin + from * 86_400_000), until: UnixMillis(begin + (from + days) * 86_400_000) };
            let found = shift.occurrences(span);
            prop_assert!(found.windows(2).all(|pair| pair[0].span.from < pair[1].span.from));
            for occurrence in &found {
                prop_assert!(occurrence.span.overlaps(span) && occurrence.span.from < occurrence.span.until);
                let length = occurrence.span.until.0 - occurrence.span.from.0 - i64::from(shift.minutes) * 60_000;
                prop_assert!(length.abs() <= HOUR_MILLIS, "a clock changes by an hour at most");
            }
            let wide = Span { from: UnixMillis(begin - 900 * 86_400_000), until: UnixMillis(begin + 1_800 * 86_400_000) };
            let all: Vec<DutySpan> = shift.occurrences(wide).into_iter().filter(|o| o.span.overlaps(span)).collect();
            prop_assert_eq!(found, all);
        }
    }
}
