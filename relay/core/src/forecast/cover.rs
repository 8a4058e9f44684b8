//! How many mediators stand ready for each language in each hour, where most of them speak several.
//!
//! A mediator who speaks several languages is in calls of all of them. Let pₗ be the load of language l (expected calls
//! × service time) for each who speaks it, and s the sum of it over a mediator's languages. Then this mediator is
//! counted for l as 1 − min(s, 1) · (1 − pₗ/s): free time and the time in calls of l, without the calls of the other
//! languages. Who is overloaded (s ≥ 1) is so split over the languages in proportion to their demand.
//!
//! It is an approximation: it takes the calls of one language to be spread evenly over all who speak it, and languages
//! to be busy independently of each other.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::Assumptions;
use super::demand::Demand;
use crate::availability::{Duty, DutySpan, Span};
use crate::time::{HOUR_MILLIS, UnixMillis};

/// A time in which one mediator is planned to be there.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Planned<'a> {
    /// Primary tags of the languages that the mediator interprets from, each once.
    pub languages: &'a [String],
    /// When, and whether on shift or on call.
    pub duty: DutySpan,
}

/// Who stands ready for a language in an hour, in mediators and parts of them.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct HourCover {
    /// Primary language tag.
    pub language: String,
    /// When the hour begins.
    pub hour_start: UnixMillis,
    /// On shift.
    pub on_shift: f64,
    /// On call.
    pub on_call: f64,
}

/// The cover of every language that is asked for or planned, in each hour that begins within `hours`, counted from its
/// start. By hour, then by language.
pub fn cover_hours(
    demand: &Demand,
    planned: &[Planned<'_>],
    hours: Span,
    assumptions: &Assumptions,
) -> Vec<HourCover> {
    let spoken = planned.iter().flat_map(|planned| planned.languages).map(String::as_str);
    let languages: BTreeSet<&str> = demand.languages().chain(spoken).collect();
    let mut covers = Vec::new();
    for (hour_start, there) in there_by_hour(planned, hours) {
        let load =
            |language: &str| demand.expected(language, hour_start) * assumptions.service_seconds / 3_600.0;
        let pressure = pressure(&there, load, assumptions);
        let mut cover: BTreeMap<&str, HourCover> =
            languages.iter().map(|language| (*language, HourCover::nobody(language, hour_start))).collect();
        for (planned, part) in &there {
            for language in planned.languages {
                if let Some(cover) = cover.get_mut(language.as_str()) {
                    cover.add(planned.duty.duty, part * counted(planned.languages, language, &pressure));
                }
            }
        }
        covers.extend(cover.into_values());
    }
    covers
}

impl HourCover {
    fn nobody(language: &str, hour_start: UnixMillis) -> Self {
        Self { language: language.to_owned(), hour_start, on_shift: 0.0, on_call: 0.0 }
    }

    fn add(&mut self, duty: Duty, counted: f64) {
        match duty {
            Duty::OnShift => self.on_shift += counted,
            Duty::OnCall => self.on_call += counted,
        }
    }
}

/// A duty with the part of the hour that it lasts, 0 to 1.
type Part<'a> = (Planned<'a>, f64);

fn there_by_hour<'a>(planned: &[Planned<'a>], hours: Span) -> Vec<(UnixMillis, Vec<Part<'a>>)> {
    let starts = (hours.from.0..hours.until.0).step_by(HOUR_MILLIS as usize).map(UnixMillis);
    let mut by_hour: Vec<(UnixMillis, Vec<Part<'a>>)> = starts.map(|start| (start, Vec::new())).collect();
    for planned in planned {
        let span = planned.duty.span;
        let first = span.from.0.saturating_sub(hours.from.0).max(0) / HOUR_MILLIS;
        for (start, there) in by_hour.iter_mut().skip(usize::try_from(first).unwrap_or(usize::MAX)) {
            let hour = Span { from: *start, until: UnixMillis(start.0.saturating_add(HOUR_MILLIS)) };
            let millis = span.millis_within(hour);
            if millis == 0 {
                break;
            }
            there.push((*planned, millis as f64 / HOUR_MILLIS as f64));
        }
    }
    by_hour
}

/// The load of each language for each who speaks it, in mediators that it takes all the time.
fn pressure<'a>(
    there: &[Part<'a>],
    load: impl Fn(&str) -> f64,
    assumptions: &Assumptions,
) -> BTreeMap<&'a str, f64> {
    let mut servers: BTreeMap<&str, f64> = BTreeMap::new();
    for (planned, part) in there {
        for language in planned.languages {
            *servers.entry(language).or_default() += part * assumptions.answers(planned.duty.duty);
        }
    }
    let of = |(language, servers): (&'a str, f64)| {
        (language, if servers > 0.0 { load(language) / servers } else { 0.0 })
    };
    servers.into_iter().map(of).collect()
}

/// What one mediator counts for a language; see the module's page.
fn counted(languages: &[String], language: &str, pressure: &BTreeMap<&str, f64>) -> f64 {
    let of = |language: &str| pressure.get(language).copied().unwrap_or(0.0);
    let all: f64 = languages.iter().map(|spoken| of(spoken)).sum();
    if all > 0.0 { 1.0 - all.min(1.0) * (1.0 - of(language) / all) } else { 1.0 }
}

#[cfg(test)]
mod tests {
    use chrono_tz::Tz;

    use super::*;

    const FROM: UnixMillis = UnixMillis(1_767_571_200_000);

    fn at(hours: f64) -> UnixMillis {
        UnixMillis(FROM.0 + (hours * HOUR_MILLIS as f64) as i64)
    }

    /// So many calls in every hour of the week, for each language.
    fn demand(calls: &[(&str, i64)]) -> Demand {
        let mut requests = Vec::new();
        for (language, calls) in calls {
            let at = |n: i64| UnixMillis(FROM.0 + n / calls * HOUR_MILLIS);
            requests.extend((0..168 * calls).map(|n| (*language, at(n))));
        }
        Demand::learn(requests, Span { from: FROM, until: at(168.0) }, Tz::UTC)
    }

    fn planned(languages: &[String], from: f64, until: f64) -> Planned<'_> {
        let span = Span { from: at(from), until: at(until) };
        Planned { languages, duty: DutySpan { span, duty: Duty::OnShift } }
    }

    fn hours(until: f64) -> Span {
        Span { from: FROM, until: at(until) }
    }

    fn assumptions(service_seconds: f64) -> Assumptions {
        Assumptions { service_seconds, on_shift_answers: 1.0, ..Assumptions::default() }
    }

    fn of<'a>(covers: &'a [HourCover], language: &str, hour: f64) -> &'a HourCover {
        covers.iter().find(|cover| cover.language == language && cover.hour_start == at(hour)).unwrap()
    }

    #[test]
    fn parts_of_hours_count_as_parts_and_empty_hours_are_there() {
        let languages = ["sq".to_owned()];
        let mut on_call = planned(&languages, -3.0, 0.25);
        on_call.duty.duty = Duty::OnCall;
        let duties = [planned(&languages, 0.5, 2.0), on_call];
        let covers = cover_hours(&demand(&[("ti", 1)]), &duties, hours(3.0), &assumptions(60.0));
        assert_eq!(covers.len(), 6);
        assert_eq!((of(&covers, "sq", 0.0).on_shift, of(&covers, "sq", 0.0).on_call), (0.5, 0.25));
        assert_eq!((of(&covers, "sq", 1.0).on_shift, of(&covers, "sq", 2.0).on_shift), (1.0, 0.0));
        assert_eq!(of(&covers, "ti", 1.0).on_shift, 0.0);
    }

    #[test]
    fn an_overloaded_mediator_is_split_in_proportion_to_demand() {
        let languages = ["sq".to_owned(), "sr".to_owned()];
        let duties = [planned(&languages, 0.0, 1.0)];
        let covers =
            cover_hours(&demand(&[("sq", 6), ("sr", 2)]), &duties, hours(1.0), &assumptions(3_600.0));
        let (sq, sr) = (of(&covers, "sq", 0.0).on_shift, of(&covers, "sr", 0.0).on_shift);
        assert!((sq - 0.75).abs() < 1e-2 && (sq + sr - 1.0).abs() < 1e-9, "{sq} {sr}");
    }

    #[test]
    fn a_mediator_with_little_to_do_is_there_for_every_language() {
        let languages = ["sq".to_owned(), "sr".to_owned()];
        let duties = [planned(&languages, 0.0, 1.0)];
        let covers = cover_hours(&demand(&[("sq", 1), ("sr", 1)]), &duties, hours(1.0), &assumptions(360.0));
        let sq = of(&covers, "sq", 0.0).on_shift;
        assert!((sq - 0.9).abs() < 1e-3, "absent for the other language's six minutes: {sq}");
    }
}
