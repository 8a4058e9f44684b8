//! Who could fill an hour for a language in which nobody is on duty, and why, or why not.

use std::collections::BTreeMap;

use chrono_tz::Tz;
use serde::{Deserialize, Serialize};

use super::wall::{clock, moment};
use super::{Duty, DutySpan, Span};
use crate::ids::MediatorId;
use crate::rest_shifts::FillView;
use crate::roster::{Level, Mediator};
use crate::time::{HOUR_MILLIS, UnixMillis};

/// Rest without a break that is due in 24 hours, and so follows on every stretch of work: 11 hours (Directive 2003/88/EC,
/// Art. 3; that it follows directly: Court of Justice, C-151/02, Jaeger, paragraph 95).
const DAILY_REST: i64 = 11 * HOUR_MILLIS;
/// What that leaves for a stretch of work, breaks within it included.
const LONGEST_STRETCH: i64 = 24 * HOUR_MILLIS - DAILY_REST;

/// A mediator who is not on duty in an hour, and whether that could be changed.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Filler {
    /// Who.
    pub mediator: MediatorId,
    /// What others see instead of a name.
    pub alias: String,
    /// Could take the hour.
    pub fits: bool,
    /// How well the language is spoken.
    pub level: Level,
    /// Minutes on shift that day already, in the zone that was asked for.
    pub minutes_that_day: u32,
    /// Why, or why not.
    pub reasons: Vec<FillReason>,
}

/// Why a mediator could fill a gap or could not.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum FillReason {
    /// No duty that day.
    FreeThatDay,
    /// A shift ends when the hour begins, or begins when it ends: it would only be longer.
    ShiftAdjoins,
    /// No signed and valid undertaking at that time.
    NoUndertaking,
    /// No valid vetting at that time.
    NotVetted,
    /// With this hour there would be more than 13 hours between two rests of 11. Hours on call are no hours of work.
    /// The load limit is not asked: it bounds minutes in sessions, and a shift is mostly waiting.
    TooLittleRest,
}

/// Who is on duty in one hour for a language, and who else speaks it and could be, with reasons.
///
/// `duties` must reach from the day before the hour to the day after it.
pub fn who_could_fill(
    roster: &[&Mediator],
    duties: &BTreeMap<MediatorId, Vec<DutySpan>>,
    language: &str,
    hour: UnixMillis,
    zone: Tz,
) -> FillView {
    let span = Span { from: hour, until: UnixMillis(hour.0.saturating_add(HOUR_MILLIS)) };
    let mut view = FillView {
        language: language.to_owned(),
        hour,
        on_shift: Vec::new(),
        on_call: Vec::new(),
        others: Vec::new(),
    };
    for mediator in roster.iter().filter(|mediator| mediator.active) {
        let Some(level) = level_of(mediator, language) else { continue };
        let own: &[DutySpan] = duties.get(&mediator.id).map(Vec::as_slice).unwrap_or_default();
        let duty = own.iter().filter(|duty| duty.span.overlaps(span)).map(|duty| duty.duty).min();
        match duty.filter(|_| mediator.is_cleared(hour)) {
            Some(Duty::OnShift) => view.on_shift.push(mediator.id),
            Some(Duty::OnCall) => view.on_call.push(mediator.id),
            // Whoever is not cleared is not rung, duty or not.
            None => view.others.push(filler(mediator, level, own, span, zone)),
        }
    }
    view.others.sort_by(|a, b| {
        let adjoins = |filler: &Filler| filler.reasons.contains(&FillReason::ShiftAdjoins);
        b.fits
            .cmp(&a.fits)
            .then(b.level.cmp(&a.level))
            .then(adjoins(b).cmp(&adjoins(a)))
            .then(a.minutes_that_day.cmp(&b.minutes_that_day))
            .then(a.mediator.cmp(&b.mediator))
    });
    view
}

/// The day by the wall clock of `zone` in which a moment lies.
fn day_around(zone: Tz, at: UnixMillis) -> Span {
    let today = clock(zone, at).date();
    let midnight = |day: chrono::NaiveDate| moment(zone, day.and_time(chrono::NaiveTime::MIN));
    Span { from: midnight(today), until: midnight(today.succ_opt().unwrap_or(today)) }
}

fn filler(mediator: &Mediator, level: Level, own: &[DutySpan], hour: Span, zone: Tz) -> Filler {
    let day = day_around(zone, hour.from);
    let on_shift = own.iter().filter(|duty| duty.duty == Duty::OnShift);
    let minutes = on_shift.map(|duty| duty.span.millis_within(day)).sum::<i64>() / 60_000;
    let against = [
        (!mediator.has_undertaking(hour.from), FillReason::NoUndertaking),
        (!mediator.is_vetted(hour.from), FillReason::NotVetted),
        (!leaves_rest(own, hour), FillReason::TooLittleRest),
    ];
    let mut reasons: Vec<FillReason> =
        against.iter().filter(|(holds, _)| *holds).map(|(_, reason)| *reason).collect();
    let fits = reasons.is_empty();
    if own.iter().all(|duty| !duty.span.overlaps(day)) {
        reasons.push(FillReason::FreeThatDay);
    }
    let adjoins = |duty: &DutySpan| duty.span.until == hour.from || duty.span.from == hour.until;
    if own.iter().any(|duty| duty.duty == Duty::OnShift && adjoins(duty)) {
        reasons.push(FillReason::ShiftAdjoins);
    }
    let minutes_that_day = u32::try_from(minutes).unwrap_or(0);
    Filler { mediator: mediator.id, alias: mediator.alias.clone(), fits, level, minutes_that_day, reasons }
}

/// Whether the stretch of work of which an hour would be part, with all shifts that less than a rest lies between, is
/// short enough.
fn leaves_rest(own: &[DutySpan], hour: Span) -> bool {
    let shifts = || own.iter().filter(|duty| duty.duty == Duty::OnShift).map(|duty| duty.span);
    let mut stretch = hour;
    let earlier: Vec<Span> = shifts().filter(|span| span.from < hour.from).collect();
    for span in earlier.into_iter().rev() {
        if stretch.from.0.saturating_sub(span.until.0) < DAILY_REST {
            stretch.from = stretch.from.min(span.from);
        }
    }
    for span in shifts().filter(|span| span.until > hour.until) {
        if span.from.0.saturating_sub(stretch.until.0) < DAILY_REST {
            stretch.until = stretch.until.max(span.until);
        }
    }
    stretch.until.0.saturating_sub(stretch.from.0) <= LONGEST_STRETCH
}

/// How well a mediator speaks a primary language, in whichever variety best.
fn level_of(mediator: &Mediator, language: &str) -> Option<Level> {
    mediator
        .languages
        .iter()
        .filter(|spoken| spoken.tag.primary() == language)
        .map(|spoken| spoken.level)
        .max()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::availability::calendar::duties;
    use crate::availability::samples::{form, mediator, mediator_id, shift, utc, window};
    use crate::availability::shift::Shift;
    use crate::rest_shifts::ShiftForm;

    #[test]
    fn who_could_fill_an_hour_is_ranked_and_reasoned() {
        let albanian = |level| [("sq", level), ("en", Level::Fluent)];
        let mut unvetted = mediator(5, &albanian(Level::Native));
        unvetted.profile.vetted_until = None;
        let mut gone = mediator(6, &albanian(Level::Native));
        gone.profile.active = false;
        let roster = [
            mediator(1, &albanian(Level::Fluent)),
            mediator(2, &albanian(Level::Native)),
            mediator(3, &albanian(Level::Native)),
            mediator(4, &albanian(Level::Native)),
            unvetted,
            gone,
            mediator(7, &[("sr", Level::Native), ("en", Level::Native)]),
            mediator(8, &albanian(Level::Native)),
        ];
        let shifts = [
            shift(3, &form("2026-03-02T02:00", "UTC", 480, "")),
            shift(4, &form("2026-03-01T20:00", "UTC", 600, "")),
            shift(8, &ShiftForm { duty: Duty::OnCall, ..form("2026-03-02T10:30", "UTC", 30, "") }),
        ];
        let duties = duties(&shifts, window("2026-03-01T00:00:00", "2026-03-04T00:00:00"));
        let people: Vec<&Mediator> = roster.iter().collect();
        let view = who_could_fill(&people, &duties, "sq", utc("2026-03-02T10:00:00"), chrono_tz::UTC);
        assert_eq!((view.on_shift.len(), view.on_call.as_slice()), (0, [mediator_id(8)].as_slice()));
        let said: Vec<(u128, bool, Vec<FillReason>)> =
            view.others.iter().map(|f| (f.mediator.0.as_u128(), f.fits, f.reasons.clone())).collect();
        assert_eq!(
            said,
            [
                (3, true, vec![FillReason::ShiftAdjoins]),
                (2, true, vec![FillReason::FreeThatDay]),
                (1, true, vec![FillReason::FreeThatDay]),
                (5, false, vec![FillReason::NotVetted, FillReason::FreeThatDay]),
                (4, false, vec![FillReason::TooLittleRest]),
            ]
        );
        assert_eq!(view.others[4].minutes_that_day, 360);
    }

    #[test]
    fn an_hour_is_too_much_only_if_no_eleven_hours_of_rest_are_left() {
        let roster = [mediator(1, &[("sq", Level::Native), ("en", Level::Fluent)])];
        let fits = |shifts: &[(&str, u32, Duty)]| {
            let shift =
                |(start, minutes, duty)| shift(1, &ShiftForm { duty, ..form(start, "UTC", minutes, "") });
            let shifts: Vec<Shift> = shifts.iter().copied().map(shift).collect();
            let duties = duties(&shifts, window("2026-03-01T10:00:00", "2026-03-03T11:00:00"));
            let people: Vec<&Mediator> = roster.iter().collect();
            let view = who_could_fill(&people, &duties, "sq", utc("2026-03-02T10:00:00"), chrono_tz::UTC);
            view.others[0].fits
        };
        use Duty::{OnCall, OnShift};
        // Six hours in sessions are bearable by default; eight on shift are a day's work.
        assert!(fits(&[("2026-03-02T02:00", 480, OnShift)]));
        assert!(fits(&[("2026-03-01T22:00", 720, OnShift)]), "13 hours in all");
        assert!(!fits(&[("2026-03-01T21:45", 735, OnShift)]));
        assert!(fits(&[("2026-03-01T11:00", 720, OnShift)]), "11 hours of rest before");
        assert!(!fits(&[("2026-03-01T11:15", 720, OnShift)]), "a quarter less");
        assert!(fits(&[("2026-03-02T22:00", 720, OnShift)]), "11 hours of rest after");
        assert!(!fits(&[("2026-03-02T21:45", 720, OnShift)]));
        // A break does not end a stretch: 4 to 8, the hour, 15 to 17 are 13 hours; to 17:15 is more.
        assert!(fits(&[("2026-03-02T04:00", 240, OnShift), ("2026-03-02T15:00", 120, OnShift)]));
        assert!(!fits(&[("2026-03-02T04:00", 240, OnShift), ("2026-03-02T15:00", 135, OnShift)]));
        assert!(fits(&[("2026-03-01T14:00", 1_200, OnCall)]), "on call is no work");
        assert!(!fits(&[("2026-03-01T11:00", 1_380, OnShift)]));
    }
}
