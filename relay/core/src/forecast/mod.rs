//! How likely a call in an hour ahead is answered within half a minute, from past demand and planned duty.
//!
//! [`demand`] says how many calls to expect, [`cover`] how many mediators stand ready for them, [`erlang_a`] what
//! follows. A forecast is a statement about hours like this one, not about the next call.

pub mod cover;
pub mod demand;
pub mod erlang_a;
mod view;

use serde::{Deserialize, Serialize};

pub use view::forecast;

use crate::availability::Duty;
use crate::time::UnixMillis;
use cover::HourCover;
use demand::Demand;
use erlang_a::{NotAQueue, Queue};

/// What the forecast takes for granted. Shown beside it, and to be replaced by what an agency measures.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(deny_unknown_fields, default)]
pub struct Assumptions {
    /// Mean time a mediator is taken by one call, with briefing and rest, in seconds.
    pub service_seconds: f64,
    /// Mean time an officer waits before giving up, in seconds.
    pub patience_seconds: f64,
    /// Mean time until the first of those who are rung picks up, in seconds.
    pub pick_up_seconds: f64,
    /// The answer is in time within so many seconds.
    pub answer_within_seconds: f64,
    /// Share of the time on shift in which a mediator does answer, 0 to 1.
    pub on_shift_answers: f64,
    /// The same for time on call.
    pub on_call_answers: f64,
}

impl Default for Assumptions {
    fn default() -> Self {
        Self {
            service_seconds: 2_400.0,
            patience_seconds: 180.0,
            pick_up_seconds: 6.0,
            answer_within_seconds: 30.0,
            on_shift_answers: 0.9,
            on_call_answers: 0.5,
        }
    }
}

impl Assumptions {
    /// Share of the time on such duty in which a mediator does answer.
    pub fn answers(&self, duty: Duty) -> f64 {
        match duty {
            Duty::OnShift => self.on_shift_answers,
            Duty::OnCall => self.on_call_answers,
        }
    }
}

/// One cell of the coverage heat map.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct HourForecast {
    /// Primary language tag.
    pub language: String,
    /// When the hour begins.
    pub hour_start: UnixMillis,
    /// Calls to expect in it.
    pub expected_calls: f64,
    /// Mediators who stand ready for them, in whole persons and parts.
    pub servers: f64,
    /// Probability, 0 to 1, that a call is answered within [`Assumptions::answer_within_seconds`].
    pub answered_in_time: f64,
}

/// The forecast of every hour of a cover, in its order.
///
/// # Errors
/// [`NotAQueue`] if an assumption is out of range.
pub fn forecast_hours(
    demand: &Demand,
    covers: &[HourCover],
    assumptions: &Assumptions,
) -> Result<Vec<HourForecast>, NotAQueue> {
    let of_cover = |cover: &HourCover| {
        let expected_calls = demand.expected(&cover.language, cover.hour_start);
        let servers = cover.on_shift * assumptions.answers(Duty::OnShift)
            + cover.on_call * assumptions.answers(Duty::OnCall);
        let answered_in_time = answered_in_time(expected_calls, servers, assumptions)?;
        let (language, hour_start) = (cover.language.clone(), cover.hour_start);
        Ok(HourForecast { language, hour_start, expected_calls, servers, answered_in_time })
    };
    covers.iter().map(of_cover).collect()
}

/// Erlang-A between whole numbers of servers: two and a half are two half of the time, and three the other half.
fn answered_in_time(calls: f64, servers: f64, assumptions: &Assumptions) -> Result<f64, NotAQueue> {
    let (whole, part) = (servers.max(0.0).floor(), servers.max(0.0).fract());
    let with = |servers: f64| {
        let queue = Queue {
            calls_per_hour: calls,
            service_seconds: assumptions.service_seconds,
            patience_seconds: assumptions.patience_seconds,
            servers: servers as u32,
        };
        let solved = queue.solve()?;
        Ok(solved.answered_within(assumptions.answer_within_seconds, assumptions.pick_up_seconds))
    };
    let below: f64 = with(whole)?;
    Ok(if part == 0.0 { below } else { below + part * (with(whole + 1.0)? - below) })
}

#[cfg(test)]
mod tests {
    use chrono_tz::Tz;

    use super::*;
    use crate::availability::{DutySpan, Span};
    use cover::{Planned, cover_hours};

    const HOUR: i64 = 3_600_000;
    /// A Monday.
    const FROM: i64 = 1_767_571_200_000;

    fn span(from: i64, until: i64) -> Span {
        Span { from: UnixMillis(FROM + from * HOUR), until: UnixMillis(FROM + until * HOUR) }
    }

    fn demand(calls_an_hour: i64) -> Demand {
        let requests = (0..168 * 8)
            .flat_map(|hour| (0..calls_an_hour).map(move |n| ("sq", UnixMillis(FROM + hour * HOUR + n))));
        Demand::learn(requests, span(0, 168 * 8), Tz::UTC)
    }

    fn cover(on_shift: f64, on_call: f64) -> HourCover {
        HourCover { language: "sq".into(), hour_start: UnixMillis(FROM), on_shift, on_call }
    }

    #[test]
    fn nobody_planned_is_nobody_answering_and_more_are_better() {
        let covers = [cover(0.0, 0.0), cover(0.5, 0.0), cover(1.0, 0.0), cover(1.0, 1.0), cover(4.0, 0.0)];
        let forecast = forecast_hours(&demand(2), &covers, &Assumptions::default()).unwrap();
        let answered: Vec<f64> = forecast.iter().map(|hour| hour.answered_in_time).collect();
        assert_eq!((answered[0], forecast[0].servers), (0.0, 0.0));
        assert!(answered.is_sorted() && answered[1] > 0.0 && answered[4] > 0.85, "{answered:?}");
        assert!((forecast[0].expected_calls - 2.0).abs() < 0.01);
    }

    #[test]
    fn an_assumption_out_of_range_is_refused() {
        let assumptions = Assumptions { service_seconds: 0.0, ..Assumptions::default() };
        let error = forecast_hours(&demand(1), &[cover(1.0, 0.0)], &assumptions).unwrap_err();
        assert_eq!(error, NotAQueue::ServiceSeconds(0.0));
    }

    #[test]
    fn two_weeks_of_a_roster_become_a_forecast_of_every_language_and_hour() {
        let (demand, assumptions) = (demand(1), Assumptions::default());
        let languages = ["sq".to_owned(), "mk".to_owned()];
        let night = |day: i64| Planned {
            languages: &languages,
            duty: DutySpan { span: span(day * 24 + 20, day * 24 + 30), duty: Duty::OnShift },
        };
        let planned: Vec<Planned<'_>> = (0..14).map(night).collect();
        let covers = cover_hours(&demand, &planned, span(0, 336), &assumptions);
        let forecast = forecast_hours(&demand, &covers, &assumptions).unwrap();
        assert_eq!(forecast.len(), 2 * 336);
        let gaps = forecast.iter().filter(|hour| hour.language == "sq" && hour.servers == 0.0).count();
        assert_eq!(
            gaps,
            336 - 14 * 10 + 6,
            "ten hours a night are planned, the last six of them after the two weeks"
        );
    }
}
