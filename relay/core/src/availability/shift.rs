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
use super::wall::{clock, is_jumped_over, moment};
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
pub(super) fn zone_of(name: &str) -> Result<Tz, ShiftProblem> {
    let unknown = |_| {
        let name: String = name.chars().take(40).collect();
        problem("zone", format!("'{name}' is not a time zone: use an IANA name such as Europe/Tirane"))
    };
    name.trim().parse().map_err(unknown)
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
