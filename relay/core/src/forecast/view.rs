//! The forecast of the next hours as a table: languages by hours.

use std::collections::{BTreeMap, BTreeSet};

use super::cover::{Planned, cover_hours};
use super::demand::Demand;
use super::erlang_a::NotAQueue;
use super::{Assumptions, forecast_hours};
use crate::availability::{DutySpan, Span};
use crate::ids::MediatorId;
use crate::rest_reports::{ForecastView, LanguageForecast};
use crate::roster::Mediator;
use crate::time::{HOUR_MILLIS, UnixMillis};

/// The forecast of each whole hour within `hours`, counted from its start. Counted are duties of mediators who are
/// active, and only in hours at whose beginning they are cleared; `duties` must not overlap for one mediator.
///
/// # Errors
/// [`NotAQueue`] if an assumption is out of range.
pub fn forecast(
    demand: &Demand,
    roster: &[Mediator],
    duties: &BTreeMap<MediatorId, Vec<DutySpan>>,
    hours: Span,
    assumptions: &Assumptions,
) -> Result<ForecastView, NotAQueue> {
    let spoken: Vec<(&Mediator, Vec<String>)> = roster
        .iter()
        .filter(|mediator| mediator.active)
        .map(|mediator| {
            let tags: BTreeSet<&str> = mediator.languages.iter().map(|spoken| spoken.tag.primary()).collect();
            (mediator, tags.into_iter().map(str::to_owned).collect())
        })
        .collect();
    let mut planned = Vec::new();
    for (mediator, languages) in &spoken {
        let own = duties.get(&mediator.id).map(Vec::as_slice).unwrap_or_default();
        if own.is_empty() {
            continue;
        }
        for cleared in cleared_spans(mediator, hours) {
            planned.extend(
                own.iter()
                    .filter_map(|duty| within(*duty, cleared))
                    .map(|duty| Planned { languages: languages.as_slice(), duty }),
            );
        }
    }
    let covers = cover_hours(demand, &planned, hours, assumptions);
    let mut rows: BTreeMap<String, LanguageForecast> = BTreeMap::new();
    for hour in forecast_hours(demand, &covers, assumptions)? {
        let row = rows.entry(hour.language).or_insert_with_key(|language| LanguageForecast {
            language: language.clone(),
            requests_seen: demand.requests_seen(language),
            expected_calls: Vec::new(),
            answered_within_30s: Vec::new(),
        });
        row.expected_calls.push(hour.expected_calls);
        row.answered_within_30s.push(hour.answered_in_time);
    }
    Ok(ForecastView {
        from: hours.from,
        weeks_seen: demand.weeks_seen(),
        assumptions: *assumptions,
        languages: rows.into_values().collect(),
    })
}

/// Runs of hours at whose beginning the mediator is cleared.
fn cleared_spans(mediator: &Mediator, hours: Span) -> Vec<Span> {
    let mut runs: Vec<Span> = Vec::new();
    for at in (hours.from.0..hours.until.0).step_by(HOUR_MILLIS as usize).map(UnixMillis) {
        let until = UnixMillis(at.0.saturating_add(HOUR_MILLIS).min(hours.until.0));
        match runs.last_mut() {
            _ if !mediator.is_cleared(at) => {}
            Some(run) if run.until == at => run.until = until,
            _ => runs.push(Span { from: at, until }),
        }
    }
    runs
}

fn within(duty: DutySpan, window: Span) -> Option<DutySpan> {
    let span = Span { from: duty.span.from.max(window.from), until: duty.span.until.min(window.until) };
    (span.from < span.until).then_some(DutySpan { span, ..duty })
}

#[cfg(test)]
mod tests {
    use chrono_tz::Tz;
    use uuid::Uuid;

    use super::*;
    use crate::availability::Duty;
    use crate::roster::{Level, Profile, SpokenLanguage};

    /// A Monday.
    const FROM: i64 = 1_767_571_200_000;

    fn span(from: i64, until: i64) -> Span {
        Span { from: UnixMillis(FROM + from * HOUR_MILLIS), until: UnixMillis(FROM + until * HOUR_MILLIS) }
    }

    fn mediator(n: u128, tags: &[&str], vetted_hours: i64) -> Mediator {
        let spoken = |tag: &&str| SpokenLanguage { tag: tag.parse().unwrap(), level: Level::Native };
        let mut profile =
            Profile::new("Blue Heron", tags.iter().map(spoken).collect()).cleared(UnixMillis(FROM));
        profile.vetted_until = Some(UnixMillis(FROM + vetted_hours * HOUR_MILLIS));
        Mediator { id: MediatorId(Uuid::from_u128(n)), profile }
    }

    fn shift(from: i64, until: i64) -> DutySpan {
        DutySpan { span: span(from, until), duty: Duty::OnShift }
    }

    fn demand() -> Demand {
        let calls = (0..168).map(|hour| ("sq", UnixMillis(FROM + hour * HOUR_MILLIS)));
        Demand::learn(calls, span(0, 168), Tz::UTC)
    }

    fn row<'a>(view: &'a ForecastView, language: &str) -> &'a LanguageForecast {
        view.languages.iter().find(|row| row.language == language).unwrap()
    }

    #[test]
    fn only_those_who_are_active_and_cleared_count() {
        let mut away = mediator(2, &["ti"], 1_000);
        away.profile.active = false;
        let roster = [mediator(1, &["sq-XK", "sq", "en"], 3), away];
        let duties = roster.iter().map(|mediator| (mediator.id, vec![shift(0, 6)])).collect();
        let view = forecast(&demand(), &roster, &duties, span(0, 8), &Assumptions::default()).unwrap();
        let answered = &row(&view, "sq").answered_within_30s;
        let hours: Vec<usize> = (0..8).filter(|hour| answered[*hour] > 0.0).collect();
        assert_eq!(hours, [0, 1, 2], "the vetting ends after three hours: {answered:?}");
        assert!(view.languages.iter().all(|row| row.language != "ti"), "not active, and never asked for");
        let english = row(&view, "en");
        assert_eq!(
            (english.requests_seen, english.expected_calls[0], english.answered_within_30s.len()),
            (0, 0.0, 8)
        );
        assert_eq!(row(&view, "sq").requests_seen, 168);
    }

    #[test]
    fn without_a_past_the_plan_alone_speaks() {
        let roster = [mediator(1, &["sq"], 1_000)];
        let duties = [(roster[0].id, vec![shift(1, 2)])].into();
        let none = Demand::learn([], span(0, 0), Tz::UTC);
        let view = forecast(&none, &roster, &duties, span(0, 3), &Assumptions::default()).unwrap();
        let answered = &row(&view, "sq").answered_within_30s;
        assert!(answered[0] == 0.0 && answered[1] > 0.5 && answered[2] == 0.0, "{answered:?}");
        assert_eq!(view.weeks_seen, 0.0);
    }
}
