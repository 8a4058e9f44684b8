//! Shifts and people for tests.

use chrono::{DateTime, NaiveDate, TimeDelta};
use proptest::prelude::*;
use uuid::Uuid;

use super::shift::{MAX_MINUTES, Shift};
use super::{Duty, DutySpan, Span};
use crate::ids::{MediatorId, ShiftId};
use crate::rest_shifts::ShiftForm;
use crate::roster::{Level, Mediator, Profile, SpokenLanguage};
use crate::time::UnixMillis;

pub(super) fn form(starts_at: &str, zone: &str, minutes: u32, rule: &str) -> ShiftForm {
    ShiftForm {
        starts_at: starts_at.to_owned(),
        zone: zone.to_owned(),
        minutes,
        rule: (!rule.is_empty()).then(|| rule.to_owned()),
        skipped: Vec::new(),
        duty: Duty::OnShift,
    }
}

pub(super) fn shift(number: u128, form: &ShiftForm) -> Shift {
    Shift::checked(ShiftId(Uuid::from_u128(number)), mediator_id(number), form).unwrap()
}

pub(super) fn mediator_id(number: u128) -> MediatorId {
    MediatorId(Uuid::from_u128(number))
}

pub(super) fn utc(text: &str) -> UnixMillis {
    UnixMillis(DateTime::parse_from_rfc3339(&format!("{text}Z")).unwrap().timestamp_millis())
}

pub(super) fn window(from: &str, until: &str) -> Span {
    Span { from: utc(from), until: utc(until) }
}

pub(super) fn told(spans: &[DutySpan]) -> Vec<String> {
    let time =
        |at: UnixMillis| DateTime::from_timestamp_millis(at.0).unwrap().format("%m-%dT%H:%M").to_string();
    spans.iter().map(|duty| format!("{}/{}", time(duty.span.from), time(duty.span.until))).collect()
}

pub(super) fn mediator(number: u128, languages: &[(&str, Level)]) -> Mediator {
    let spoken = |(tag, level): &(&str, Level)| SpokenLanguage { tag: tag.parse().unwrap(), level: *level };
    let profile = Profile::new(&format!("M{number}"), languages.iter().map(spoken).collect());
    Mediator { id: mediator_id(number), profile: profile.cleared(UnixMillis(1)) }
}

const ZONES: [&str; 6] =
    ["Europe/Tirane", "Europe/London", "America/New_York", "Asia/Tehran", "Australia/Lord_Howe", "UTC"];
const RULES: [&str; 8] = [
    "",
    "FREQ=DAILY",
    "FREQ=DAILY;INTERVAL=3;COUNT=40",
    "FREQ=WEEKLY",
    "FREQ=WEEKLY;INTERVAL=2;WKST=SU",
    "FREQ=MONTHLY",
    "FREQ=YEARLY",
    "FREQ=DAILY;UNTIL=20261101",
];

prop_compose! {
    pub(super) fn any_shift()(
        day in 0i64..700, minute in 0i64..1_440, zone in 0..ZONES.len(), minutes in 1..=MAX_MINUTES,
        rule in 0..RULES.len(), days in proptest::collection::btree_set(0i64..900, 0..6),
    ) -> Shift {
        let first = NaiveDate::from_ymd_opt(2025, 1, 1).unwrap();
        let start = (first + TimeDelta::days(day)).and_hms_opt(0, 0, 0).unwrap() + TimeDelta::minutes(minute);
        let rule = if start.date() > NaiveDate::from_ymd_opt(2026, 11, 1).unwrap() && rule == 7 { 1 } else { rule };
        let mut form = form(&start.format("%Y-%m-%dT%H:%M").to_string(), ZONES[zone], minutes, RULES[rule]);
        form.skipped = days.into_iter().map(|day| (first + TimeDelta::days(day)).to_string()).collect();
        shift(7, &form)
    }
}
