//! Shifts as an iCalendar file (RFC 5545), for the calendar programs of mediators and agencies.
//!
//! A shift is one event with its rule, so that a feed stays short. Programs disagree about nights in which clocks
//! change: RFC 5545 §3.8.5.3 keeps an event's exact duration, many programs keep its end by the wall clock, as we do.
//! So each occurrence that can be read in two ways is written out besides, in UTC (RECURRENCE-ID, §3.8.4.4). Nothing
//! is in a feed but times, duties and aliases.

use calcard::common::PartialDateTime;
use calcard::icalendar::{
    ICalendar, ICalendarComponent, ICalendarComponentType, ICalendarDay, ICalendarEntry, ICalendarFrequency,
    ICalendarMonth, ICalendarParameter, ICalendarProperty, ICalendarRecurrenceRule, ICalendarValue,
    ICalendarWeekday,
};
use chrono::{DateTime, Datelike, NaiveDateTime, NaiveTime, Timelike, Weekday};
use chrono_tz::Tz;

use super::rule::{Every, Rule, Until};
use super::shift::Shift;
use super::wall::is_plain;
use super::{Duty, Span};
use crate::time::UnixMillis;

/// Most shifts in one feed; further ones are left out.
pub const MAX_FEED_SHIFTS: usize = 5_000;
/// What of the past a feed still has, in milliseconds: 31 days.
const PAST: i64 = 31 * 86_400_000;
/// How far ahead occurrences are written out that could be misread, in milliseconds: 400 days. Feeds are read anew
/// every few hours.
const AHEAD: i64 = 400 * 86_400_000;
/// How far beyond that the time zones are described, in seconds: five years, for calendars that were kept and are not
/// read anew.
const ZONES_AHEAD: i64 = 5 * 366 * 86_400;

/// A calendar of shifts, each with what its mediator is called. `name` is the calendar's; `now` becomes DTSTAMP.
/// Shifts that have no occurrence from a month ago to a year ahead are left out.
pub fn calendar<'a>(
    name: &str,
    shifts: impl IntoIterator<Item = (&'a Shift, &'a str)>,
    now: UnixMillis,
) -> String {
    let window = Span { from: UnixMillis(now.0 - PAST), until: UnixMillis(now.0 + AHEAD) };
    let mut calendar = ICalendar { components: vec![head(name)] };
    let mut zones: Vec<Tz> = Vec::new();
    let mut earliest = window.from;
    let lively = shifts.into_iter().filter(|(shift, _)| !shift.occurrences(window).is_empty());
    for (shift, alias) in lively.take(MAX_FEED_SHIFTS) {
        if !zones.contains(&shift.zone) {
            zones.push(shift.zone);
        }
        earliest = earliest.min(shift.span_from(shift.starts_at).from);
        for event in events(shift, alias, window, now) {
            add(&mut calendar, event);
        }
    }
    for zone in zones.into_iter().filter(|zone| *zone != Tz::UTC) {
        calendar.add_timezone(zone.name(), earliest.0 / 1_000 - 86_400, window.until.0 / 1_000 + ZONES_AHEAD);
    }
    calendar.to_string()
}

fn head(name: &str) -> ICalendarComponent {
    let mut head = ICalendarComponent::new(ICalendarComponentType::VCalendar);
    head.add_property(ICalendarProperty::Version, "2.0".to_owned());
    head.add_property(ICalendarProperty::Prodid, "-//Dragoman//Shifts//EN".to_owned());
    head.add_property(ICalendarProperty::Calscale, "GREGORIAN".to_owned());
    // RFC 7986 §5.1, and the property that programs knew before it.
    head.add_property(ICalendarProperty::Name, name.to_owned());
    head.add_property(ICalendarProperty::Other("X-WR-CALNAME".to_owned()), name.to_owned());
    head
}

fn add(calendar: &mut ICalendar, event: ICalendarComponent) {
    let number = u32::try_from(calendar.components.len()).unwrap_or(u32::MAX);
    calendar.components.push(event);
    if let Some(head) = calendar.components.first_mut() {
        head.component_ids.push(number);
    }
}

/// The shift, and each occurrence in `window` that programs would read in two ways.
fn events(shift: &Shift, alias: &str, window: Span, now: UnixMillis) -> Vec<ICalendarComponent> {
    let mut first = event(shift, alias, now);
    let Some(rule) = &shift.rule else {
        if is_clear(shift, shift.starts_at) {
            place_by_wall(&mut first, shift);
        } else {
            place_in_utc(&mut first, shift.span_from(shift.starts_at));
        }
        return vec![first];
    };
    place_by_wall(&mut first, shift);
    first.add_property(ICalendarProperty::Rrule, rule_value(rule));
    for day in &shift.skipped {
        first.entries.push(wall_time(
            ICalendarProperty::Exdate,
            shift.zone,
            day.and_time(shift.starts_at.time()),
        ));
    }
    let mut events = vec![first];
    for start in shift.starts_in(window).into_iter().filter(|start| !is_clear(shift, *start)) {
        let mut exact = event(shift, alias, now);
        exact.entries.push(wall_time(ICalendarProperty::RecurrenceId, shift.zone, start));
        place_in_utc(&mut exact, shift.span_from(start));
        events.push(exact);
    }
    events
}

/// Whether wall clock and exact duration say the same of an occurrence.
fn is_clear(shift: &Shift, start: NaiveDateTime) -> bool {
    let span = shift.span_from(start);
    is_plain(shift.zone, start)
        && is_plain(shift.zone, shift.end_from(start))
        && span.until.0 - span.from.0 == i64::from(shift.minutes) * 60_000
}

fn event(shift: &Shift, alias: &str, now: UnixMillis) -> ICalendarComponent {
    let (words, category) = match shift.duty {
        Duty::OnShift => ("on shift", "ON-SHIFT"),
        Duty::OnCall => ("on call", "ON-CALL"),
    };
    let mut event = ICalendarComponent::new(ICalendarComponentType::VEvent);
    event.add_uid(&format!("{}@dragoman", shift.id));
    event.add_dtstamp(utc(now));
    event.add_property(ICalendarProperty::Summary, format!("{alias}: {words}"));
    event.add_property(ICalendarProperty::Categories, category.to_owned());
    event
}

fn place_by_wall(event: &mut ICalendarComponent, shift: &Shift) {
    event.entries.push(wall_time(ICalendarProperty::Dtstart, shift.zone, shift.starts_at));
    event.entries.push(wall_time(ICalendarProperty::Dtend, shift.zone, shift.end_from(shift.starts_at)));
}

fn place_in_utc(event: &mut ICalendarComponent, span: Span) {
    event.add_property(ICalendarProperty::Dtstart, utc(span.from));
    event.add_property(ICalendarProperty::Dtend, utc(span.until));
}

fn wall_time(name: ICalendarProperty, zone: Tz, local: NaiveDateTime) -> ICalendarEntry {
    if zone == Tz::UTC {
        return ICalendarEntry::new(name).with_value(in_utc(local));
    }
    let zone = ICalendarParameter::tzid(zone.name().to_owned());
    ICalendarEntry::new(name).with_param(zone).with_value(plain(local))
}

fn utc(at: UnixMillis) -> PartialDateTime {
    in_utc(DateTime::from_timestamp_millis(at.0).unwrap_or_default().naive_utc())
}

fn in_utc(time: NaiveDateTime) -> PartialDateTime {
    PartialDateTime { tz_hour: Some(0), tz_minute: Some(0), ..plain(time) }
}

fn plain(time: NaiveDateTime) -> PartialDateTime {
    let small = |number: u32| u8::try_from(number).ok();
    PartialDateTime {
        year: u16::try_from(time.year()).ok(),
        month: small(time.month()),
        day: small(time.day()),
        hour: small(time.hour()),
        minute: small(time.minute()),
        second: small(time.second()),
        ..PartialDateTime::default()
    }
}

fn rule_value(rule: &Rule) -> ICalendarValue {
    let freq = match rule.every {
        Every::Day => ICalendarFrequency::Daily,
        Every::Week => ICalendarFrequency::Weekly,
        Every::Month => ICalendarFrequency::Monthly,
        Every::Year => ICalendarFrequency::Yearly,
    };
    let until = match rule.until {
        Some(Until::Utc(time)) => Some(in_utc(time)),
        Some(Until::Local(time)) => Some(plain(time)),
        Some(Until::Day(day)) => {
            let midnight = plain(day.and_time(NaiveTime::MIN));
            Some(PartialDateTime { hour: None, minute: None, second: None, ..midnight })
        }
        None => None,
    };
    let day = |(nth, weekday): &(i16, Weekday)| ICalendarDay {
        ordwk: (*nth != 0).then_some(*nth),
        weekday: weekday_value(*weekday),
    };
    let value = ICalendarRecurrenceRule {
        freq,
        until,
        count: rule.count,
        interval: (rule.interval != 1).then_some(rule.interval),
        byday: rule.by_day.iter().map(day).collect(),
        bymonthday: rule.by_month_day.clone(),
        bymonth: rule.by_month.iter().map(|month| ICalendarMonth::new(*month, false)).collect(),
        bysetpos: rule.by_set_pos.clone(),
        wkst: (rule.week_start != Weekday::Mon).then(|| weekday_value(rule.week_start)),
        ..ICalendarRecurrenceRule::default()
    };
    value.into()
}

fn weekday_value(day: Weekday) -> ICalendarWeekday {
    match day {
        Weekday::Mon => ICalendarWeekday::Monday,
        Weekday::Tue => ICalendarWeekday::Tuesday,
        Weekday::Wed => ICalendarWeekday::Wednesday,
        Weekday::Thu => ICalendarWeekday::Thursday,
        Weekday::Fri => ICalendarWeekday::Friday,
        Weekday::Sat => ICalendarWeekday::Saturday,
        Weekday::Sun => ICalendarWeekday::Sunday,
    }
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;
    use std::path::Path;

    use proptest::prelude::*;

    use super::*;
    use crate::availability::samples::{any_shift, form, shift, utc, window};
    use crate::availability::{DutySpan, import};
    use crate::rest_shifts::ShiftForm;

    /// Shifts whose feed is read by other programs in `tests/calendars`, and what we say that they mean.
    fn for_other_programs() -> Vec<Shift> {
        let mut weekly =
            form("2026-03-02T22:00", "Europe/Tirane", 480, "FREQ=WEEKLY;BYDAY=MO,WE,SA,SU;UNTIL=20261201");
        weekly.skipped = vec!["2026-03-30".to_owned(), "2026-10-26".to_owned()];
        let on_call = ShiftForm {
            duty: Duty::OnCall,
            ..form("2026-01-04T01:30", "Europe/Belgrade", 90, "FREQ=MONTHLY;BYDAY=-1SU,1SU")
        };
        let jumped = form("2026-03-25T02:30", "Europe/Belgrade", 120, "FREQ=DAILY;COUNT=12");
        let ambiguous = form("2026-10-20T02:30", "Europe/Tirane", 45, "FREQ=DAILY;COUNT=9");
        let new_york =
            form("2026-03-01T20:00", "America/New_York", 600, "FREQ=WEEKLY;INTERVAL=1;BYDAY=SA,SU");
        let tehran = form("2026-03-01T22:15", "Asia/Tehran", 480, "FREQ=DAILY;INTERVAL=9");
        let once = form("2026-10-24T22:00", "Europe/Tirane", 480, "");
        let forms = [weekly, on_call, jumped, ambiguous, new_york, tehran, once];
        (1..).zip(&forms).map(|(number, form)| shift(number, form)).collect()
    }

    /// `tests/calendars/daylight.ics` is what a feed looks like, and `daylight.txt` what it means by us. Programs that know
    /// nothing of us read both: `tests/browser/feed.test.mjs`. To write them anew: `WRITE_CALENDARS=1`.
    #[test]
    fn the_feed_that_other_programs_are_tested_with_is_what_we_write() {
        let shifts = for_other_programs();
        let aliases =
            ["Blue Heron", "Grey Wolf; and, \"more\"", "Çelësi i Kaltër", "Црвена Луња", "M5", "M6", "M7"];
        let now = utc("2026-02-01T00:00:00");
        let ics = calendar("Dragoman: AL-BORDER", shifts.iter().zip(aliases), now);
        let mut meaning = String::new();
        for shift in &shifts {
            for DutySpan { span, .. } in
                shift.occurrences(window("2026-02-01T00:00:00", "2026-12-31T00:00:00"))
            {
                writeln!(meaning, "{}@dragoman {} {}", shift.id, span.from.0, span.until.0).unwrap();
            }
        }
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/calendars");
        for (name, text) in [("daylight.ics", &ics), ("daylight.txt", &meaning)] {
            if std::env::var_os("WRITE_CALENDARS").is_some() {
                std::fs::write(folder.join(name), text).unwrap();
            }
            assert_eq!(
                &std::fs::read_to_string(folder.join(name)).unwrap(),
                text,
                "{name}: see the test's comment"
            );
        }
        assert!(ics.lines().all(|line| line.len() <= 75), "RFC 5545 §3.1: lines of 75 octets at most");
    }

    proptest! {
        #[test]
        fn a_feed_is_taken_back_as_the_shifts_that_it_came_from(shift in any_shift()) {
            let now = utc("2026-02-01T00:00:00");
            let text = calendar("All", [(&shift, "Blue Heron")], now);
            let span = Span { from: UnixMillis(now.0 - 31 * 86_400_000), until: UnixMillis(now.0 + 395 * 86_400_000) };
            if !text.contains("BEGIN:VEVENT") {
                prop_assert!(shift.occurrences(span).is_empty());
                return Ok(());
            }
            let (back, problems) = import::shifts(shift.mediator, &text, None, || shift.id);
            prop_assert!(problems.is_empty(), "{problems:?}\n{text}");
            prop_assert_eq!(back.len(), 1, "{}", text);
            prop_assert_eq!(back[0].occurrences(span), shift.occurrences(span), "{}", text);
        }
    }
}
