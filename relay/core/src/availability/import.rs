//! Calendars of other programs (RFC 5545) as proposed shifts.
//!
//! Each event becomes a shift or a problem in words. What a shift has no place for (places, alarms, attendees) is
//! left behind, titles too: they may name people. Nothing is guessed: times without a zone, whole days and extra dates
//! are problems.

use std::collections::BTreeMap;

use calcard::common::timezone::Tz as AnyZone;
use calcard::icalendar::timezone::TzResolver;
use calcard::icalendar::{
    ICalendar, ICalendarComponent, ICalendarEntry, ICalendarProperty, ICalendarStatus, ICalendarValue,
};
use chrono::{NaiveDateTime, TimeDelta};
use chrono_tz::Tz;

use super::shift::{MAX_SKIPPED, Shift, zone_of};
use super::wall::{clock, moment};
use super::{Duty, Span};
use crate::ids::{MediatorId, ShiftId};
use crate::rest_shifts::{ShiftForm, ShiftImportProblem};

/// Longest calendar, in bytes: 1 MiB.
pub const MAX_IMPORT_BYTES: usize = 1 << 20;
/// Most events in it.
pub const MAX_IMPORT_EVENTS: usize = 500;

/// What a calendar comes to: the shifts of its good events, and the problems of the others. `zone` is that of times
/// which name none; `fresh` gives an identifier for each shift.
pub fn shifts(
    mediator: MediatorId,
    ics: &str,
    zone: Option<&str>,
    mut fresh: impl FnMut() -> ShiftId,
) -> (Vec<Shift>, Vec<ShiftImportProblem>) {
    let (mut shifts, mut problems) = (Vec::new(), Vec::new());
    match read(ics, zone) {
        Err(message) => problems.push(ShiftImportProblem { event: 0, summary: String::new(), message }),
        Ok((calendar, zone)) => {
            let mut import = Import { zones: calendar.build_tz_resolver(), zone, masters: BTreeMap::new() };
            let events = calendar.components.iter().filter(|c| c.component_type.is_event());
            // Occurrences that were moved stand for themselves, and change the event that they were moved from.
            let (moved, plain): (Vec<_>, Vec<_>) = (1u32..)
                .zip(events)
                .partition(|(_, event)| event.has_property(&ICalendarProperty::RecurrenceId));
            for (number, event) in plain.into_iter().chain(moved) {
                if let Err(message) = import.take(event, mediator, &mut fresh, &mut shifts) {
                    problems.push(ShiftImportProblem { event: number, summary: title(event), message });
                }
            }
        }
    }
    (shifts, problems)
}

fn read(ics: &str, zone: Option<&str>) -> Result<(ICalendar, Option<Tz>), String> {
    if ics.len() > MAX_IMPORT_BYTES {
        return Err("the file is longer than 1 MiB: export a shorter time".to_owned());
    }
    let zone =
        zone.filter(|zone| !zone.trim().is_empty()).map(zone_of).transpose().map_err(|e| e.to_string())?;
    let not_one = |_| "this is no calendar file: export one as .ics (iCalendar) and choose that".to_owned();
    let calendar = ICalendar::parse(ics).map_err(not_one)?;
    match calendar.components.iter().filter(|c| c.component_type.is_event()).count() {
        0 => Err("there is no event in this file: export a calendar that has some".to_owned()),
        number if number > MAX_IMPORT_EVENTS => Err(format!(
            "there are {number} events in this file: take over at most {MAX_IMPORT_EVENTS} at a time"
        )),
        _ => Ok((calendar, zone)),
    }
}

struct Import<'a> {
    zones: TzResolver<&'a str>,
    zone: Option<Tz>,
    /// Which shift each recurring event became, by UID: its place in the list.
    masters: BTreeMap<String, usize>,
}

impl Import<'_> {
    fn take(
        &mut self,
        event: &ICalendarComponent,
        mediator: MediatorId,
        fresh: &mut impl FnMut() -> ShiftId,
        shifts: &mut Vec<Shift>,
    ) -> Result<(), String> {
        let cancelled = matches!(event.status(), Some(ICalendarStatus::Cancelled));
        let recurrence = event.property(&ICalendarProperty::RecurrenceId);
        if recurrence.is_none() && cancelled {
            return Ok(());
        }
        let master = event.uid().and_then(|uid| self.masters.get(uid)).copied();
        let master =
            recurrence.and(master).and_then(|place| shifts.get(place).cloned().map(|shift| (place, shift)));
        match (recurrence, master) {
            (Some(replaced), Some((place, master))) => {
                let (at, zone) = self.time(replaced)?;
                let day = clock(master.zone, moment(zone, at)).date();
                let unmoved = master.span_from(day.and_time(master.starts_at.time()));
                if !cancelled && self.span(event)? == unmoved {
                    // Written out although nothing was moved, as our own feeds do where clocks change.
                    return Ok(());
                }
                let without = master.skip(day).map_err(|e| e.message)?;
                if !cancelled {
                    shifts.push(self.shift(event, mediator, fresh())?);
                }
                if let Some(shift) = shifts.get_mut(place) {
                    *shift = without;
                }
            }
            (Some(_), None) if cancelled => {}
            _ => {
                let shift = self.shift(event, mediator, fresh())?;
                if let (Some(uid), true) = (event.uid(), shift.rule.is_some()) {
                    self.masters.insert(uid.to_owned(), shifts.len());
                }
                shifts.push(shift);
            }
        }
        Ok(())
    }

    fn shift(&self, event: &ICalendarComponent, mediator: MediatorId, id: ShiftId) -> Result<Shift, String> {
        if event.has_property(&ICalendarProperty::Rdate) {
            return Err("it has extra dates (RDATE): add those days as shifts of their own".to_owned());
        }
        let (start, zone) =
            self.time(event.property(&ICalendarProperty::Dtstart).ok_or("it has no start (DTSTART)")?)?;
        let minutes = self.length(event, (start, zone))?.num_minutes();
        let form = ShiftForm {
            starts_at: start.format("%Y-%m-%dT%H:%M:%S").to_string(),
            zone: zone.name().to_owned(),
            minutes: u32::try_from(minutes).map_err(|_| "it ends before it begins: correct DTEND")?,
            rule: rule_of(event)?,
            skipped: self.skipped(event, zone)?,
            duty: duty_of(event),
        };
        Shift::checked(id, mediator, &form).map_err(|problem| problem.to_string())
    }

    fn span(&self, event: &ICalendarComponent) -> Result<Span, String> {
        let start =
            self.time(event.property(&ICalendarProperty::Dtstart).ok_or("it has no start (DTSTART)")?)?;
        let from = moment(start.1, start.0);
        let until = start.0.checked_add_signed(self.length(event, start)?);
        let until = until.ok_or("it ends beyond all calendars: correct DURATION")?;
        Ok(Span { from, until: moment(start.1, until) })
    }

    /// How long it lasts by the wall clock of its start.
    fn length(
        &self,
        event: &ICalendarComponent,
        (start, zone): (NaiveDateTime, Tz),
    ) -> Result<TimeDelta, String> {
        if let Some(end) = event.property(&ICalendarProperty::Dtend) {
            let (end, end_zone) = self.time(end)?;
            let end = if end_zone == zone { end } else { clock(zone, moment(end_zone, end)) };
            return Ok(end - start);
        }
        let duration = event.property(&ICalendarProperty::Duration).and_then(|entry| entry.values.first());
        match duration {
            Some(ICalendarValue::Duration(duration)) => {
                duration.to_time_delta().ok_or_else(|| "its DURATION can not be read".to_owned())
            }
            _ => Err("it has no end: give it one (DTEND or DURATION)".to_owned()),
        }
    }

    fn skipped(&self, event: &ICalendarComponent, zone: Tz) -> Result<Vec<String>, String> {
        let mut days = Vec::new();
        for entry in event.properties(&ICalendarProperty::Exdate) {
            for value in &entry.values {
                let (at, from) = self.time_of(entry, value)?;
                days.push(clock(zone, moment(from, at)).date().to_string());
            }
        }
        if days.len() > MAX_SKIPPED {
            return Err(format!(
                "more than {MAX_SKIPPED} days are left out (EXDATE): end it and begin a new one"
            ));
        }
        Ok(days)
    }

    fn time(&self, entry: &ICalendarEntry) -> Result<(NaiveDateTime, Tz), String> {
        self.time_of(entry, entry.values.first().ok_or("a time is missing")?)
    }

    fn time_of(&self, entry: &ICalendarEntry, value: &ICalendarValue) -> Result<(NaiveDateTime, Tz), String> {
        let name = entry.name.as_str();
        let ICalendarValue::PartialDateTime(time) = value else {
            return Err(format!("{name} is not a time: write it like 20260302T220000"));
        };
        if !time.has_date_and_time() {
            return Err(format!(
                "{name} has no time of day: a shift is not a whole day, give it a beginning and an end"
            ));
        }
        let read = time.to_date_time().ok_or_else(|| format!("{name} is a time that does not exist"))?;
        match (read.offset, entry.tz_id()) {
            (Some(offset), _) => Ok((read.date_time - offset, Tz::UTC)),
            (None, Some(id)) => match self.zones.resolve(id) {
                Some(AnyZone::Tz(zone)) => Ok((read.date_time, zone)),
                _ => {
                    let id: String = id.chars().take(40).collect();
                    Err(format!("{name}: '{id}' is no time zone that is known here: use an IANA name"))
                }
            },
            (None, None) => {
                let message =
                    || format!("{name} names no time zone: choose the zone in which these times are meant");
                self.zone.map(|zone| (read.date_time, zone)).ok_or_else(message)
            }
        }
    }
}

fn rule_of(event: &ICalendarComponent) -> Result<Option<String>, String> {
    let mut rules = event.properties(&ICalendarProperty::Rrule).flat_map(|entry| &entry.values);
    let rule = match rules.next() {
        None => None,
        Some(ICalendarValue::RecurrenceRule(rule)) => Some(rule.to_string()),
        Some(_) => return Err("its recurrence rule (RRULE) can not be read".to_owned()),
    };
    if rules.next().is_some() {
        return Err("it has several recurrence rules (RRULE): make an event of each".to_owned());
    }
    Ok(rule)
}

/// On call where the event says so; our own feeds say it.
fn duty_of(event: &ICalendarComponent) -> Duty {
    let mut categories = event.properties(&ICalendarProperty::Categories).flat_map(|entry| &entry.values);
    let on_call =
        categories.any(|value| value.as_text().is_some_and(|text| text.eq_ignore_ascii_case("ON-CALL")));
    if on_call { Duty::OnCall } else { Duty::OnShift }
}

fn title(event: &ICalendarComponent) -> String {
    let text = event.property(&ICalendarProperty::Summary).and_then(|entry| entry.values.first()?.as_text());
    text.unwrap_or_default().chars().filter(|c| !c.is_control()).take(60).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use uuid::Uuid;

    use super::*;
    use crate::availability::samples::{mediator_id, told, window};

    #[test]
    fn calendars_of_other_programs_become_shifts_or_problems_in_words() {
        let ics = include_str!("../../tests/calendars/foreign.ics");
        let mut number = 0;
        let (shifts, problems) = super::shifts(mediator_id(1), ics, None, || {
            number += 1;
            ShiftId(Uuid::from_u128(number))
        });
        let week = window("2026-03-01T00:00:00", "2026-04-15T00:00:00");
        let made: Vec<(String, Vec<String>)> = shifts
            .iter()
            .map(|shift| (shift.zone.name().to_owned(), told(&shift.occurrences(week))))
            .collect();
        let text = |list: &[&str]| list.iter().map(|t| (*t).to_owned()).collect::<Vec<_>>();
        // The third Monday is moved to Tuesday, the fourth cancelled, one is left out; the clock changes on 29 March.
        assert_eq!(
            made,
            [
                (
                    "Europe/Berlin".to_owned(),
                    text(&["03-02T08:00/03-02T12:00", "03-30T07:00/03-30T11:00", "04-13T07:00/04-13T11:00"])
                ),
                ("UTC".to_owned(), text(&["03-05T20:00/03-06T04:00"])),
                ("Europe/Berlin".to_owned(), text(&["03-17T09:00/03-17T13:00"])),
            ]
        );
        assert_eq!(shifts[1].duty, Duty::OnCall);
        let said: Vec<String> =
            problems.iter().map(|p| format!("{} {}: {}", p.event, p.summary, p.message)).collect();
        for (line, words) in said.iter().zip([
            ("3 All day", "not a whole day"),
            ("4 Floating", "names no time zone"),
            ("5 Every second", "by day at most"),
            ("6 Nowhere", "'Mars/Olympus'"),
            ("7 Backwards", "ends before it begins"),
            ("8 No end", "has no end"),
            ("9 Extra", "RDATE"),
            ("10 Two days", "1 to 1440"),
        ]) {
            assert!(line.starts_with(words.0) && line.contains(words.1), "{line} is not {words:?}");
        }
        assert_eq!(said.len(), 8, "{said:?}");
    }

    #[test]
    fn an_exception_that_ends_beyond_all_calendars_is_a_problem_in_words() {
        let ics = "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nUID:x\r\nDTSTART:20260302T080000Z\r\nDURATION:PT4H\r\n\
            RRULE:FREQ=WEEKLY\r\nEND:VEVENT\r\nBEGIN:VEVENT\r\nUID:x\r\nRECURRENCE-ID:20260309T080000Z\r\n\
            DTSTART:20260309T080000Z\r\nDURATION:P4000000000W\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n";
        let (_, problems) = super::shifts(mediator_id(1), ics, None, || ShiftId(Uuid::nil()));
        assert_eq!(problems.len(), 1, "{problems:?}");
        assert!(!problems[0].message.is_empty());
    }

    #[test]
    fn files_that_are_no_calendar_are_refused_as_a_whole() {
        let many = format!("BEGIN:VCALENDAR\n{}END:VCALENDAR", "BEGIN:VEVENT\nEND:VEVENT\n".repeat(501));
        for (ics, words) in [
            ("", "no calendar file"),
            ("name,starts\nheron,22:00", "no calendar file"),
            ("BEGIN:VCALENDAR\nEND:VCALENDAR\n", "no event"),
            (&many, "at most 500"),
            (&"x".repeat((1 << 20) + 1), "1 MiB"),
        ] {
            let (shifts, problems) = super::shifts(mediator_id(1), ics, None, || ShiftId(Uuid::nil()));
            assert!(shifts.is_empty());
            assert!(
                problems.len() == 1 && problems[0].event == 0 && problems[0].message.contains(words),
                "{problems:?}"
            );
        }
    }

    fn hostile_line() -> impl Strategy<Value = String> {
        prop_oneof![
            Just("DTSTART:20260329T023000".to_owned()),
            Just("DTSTART;TZID=Europe/Tirane:20260302T220000".to_owned()),
            Just("DTEND:20260329T033000Z".to_owned()),
            Just("DURATION:P99999999999W".to_owned()),
            Just("DURATION:PT8H".to_owned()),
            Just("RRULE:FREQ=SECONDLY;COUNT=4000000000".to_owned()),
            Just("RRULE:FREQ=DAILY;BYHOUR=1,2;INTERVAL=65535".to_owned()),
            Just("RRULE:FREQ=DAILY".to_owned()),
            Just("EXDATE;VALUE=DATE:20260305".to_owned()),
            Just("RECURRENCE-ID:00000000T999999".to_owned()),
            Just("BEGIN:VEVENT".to_owned()),
            "[A-Z-]{1,12}[;:=][ -~]{0,40}".prop_map(|line| line),
        ]
    }

    proptest! {
        #[test]
        fn no_text_makes_the_import_fail_badly(text in "\\PC{0,200}", lines in proptest::collection::vec(hostile_line(), 0..12)) {
            let ics = format!("BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\n{}\r\n{text}\r\nEND:VEVENT\r\nEND:VCALENDAR", lines.join("\r\n"));
            let (shifts, problems) = super::shifts(mediator_id(1), &ics, Some("Europe/Tirane"), || ShiftId(Uuid::nil()));
            prop_assert!(shifts.len() + problems.len() <= 13);
        }
    }
}
