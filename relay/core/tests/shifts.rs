//! Shifts on real days: nights in which clocks change, hostile rules, and calendars that go out and come back.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::time::{Duration, Instant};

use chrono::{DateTime, NaiveDate, TimeDelta};
use dragoman_core::availability::calendar::duties;
use dragoman_core::availability::coverage::{FillReason, HOUR, coverage, who_could_fill};
use dragoman_core::availability::shift::{MAX_MINUTES, Shift};
use dragoman_core::availability::{Duty, DutySpan, Span, feed, import};
use dragoman_core::ids::{MediatorId, ShiftId};
use dragoman_core::rest_shifts::ShiftForm;
use dragoman_core::roster::{Level, LoadLimits, Mediator, Profile, SpokenLanguage};
use dragoman_core::time::UnixMillis;
use proptest::prelude::*;
use uuid::Uuid;

fn form(starts_at: &str, zone: &str, minutes: u32, rule: &str) -> ShiftForm {
    ShiftForm {
        starts_at: starts_at.to_owned(),
        zone: zone.to_owned(),
        minutes,
        rule: (!rule.is_empty()).then(|| rule.to_owned()),
        skipped: Vec::new(),
        duty: Duty::OnShift,
    }
}

fn shift(number: u128, form: &ShiftForm) -> Shift {
    Shift::checked(ShiftId(Uuid::from_u128(number)), mediator_id(number), form).unwrap()
}

fn mediator_id(number: u128) -> MediatorId {
    MediatorId(Uuid::from_u128(number))
}

fn utc(text: &str) -> UnixMillis {
    UnixMillis(DateTime::parse_from_rfc3339(&format!("{text}Z")).unwrap().timestamp_millis())
}

fn window(from: &str, until: &str) -> Span {
    Span { from: utc(from), until: utc(until) }
}

fn told(spans: &[DutySpan]) -> Vec<String> {
    let time =
        |at: UnixMillis| DateTime::from_timestamp_millis(at.0).unwrap().format("%m-%dT%H:%M").to_string();
    spans.iter().map(|duty| format!("{}/{}", time(duty.span.from), time(duty.span.until))).collect()
}

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
            assert!(began.elapsed() < Duration::from_secs(2), "{rule}: {number} in {:?}", began.elapsed());
        }
    }
}

#[test]
fn a_skipped_day_takes_one_occurrence_and_no_other() {
    let weekly = shift(1, &form("2026-03-02T22:00", "Europe/Tirane", 480, "FREQ=WEEKLY;BYDAY=MO,WE;COUNT=6"));
    let all = window("2026-01-01T00:00:00", "2027-01-01T00:00:00");
    let day = |text: &str| text.parse::<NaiveDate>().unwrap();
    let less = weekly.skip(day("2026-03-09")).unwrap();
    let kept: Vec<DutySpan> =
        weekly.occurrences(all).into_iter().filter(|o| !less.occurrences(all).contains(o)).collect();
    assert_eq!((weekly.occurrences(all).len(), told(&kept)), (6, vec!["03-09T21:00/03-10T05:00".to_owned()]));
    for (shift, date) in [(&less, "2026-03-09"), (&weekly, "2026-03-10"), (&weekly, "2027-03-08")] {
        assert!(shift.skip(day(date)).unwrap_err().to_string().starts_with("date: "));
    }
    let once = shift(1, &form("2026-03-02T22:00", "Europe/Tirane", 480, ""));
    assert!(once.skip(day("2026-03-02")).unwrap_err().to_string().contains("remove it"));
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
    fn any_shift()(
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
            prop_assert!(length.abs() <= HOUR, "a clock changes by an hour at most");
        }
        let wide = Span { from: UnixMillis(begin - 900 * 86_400_000), until: UnixMillis(begin + 1_800 * 86_400_000) };
        let all: Vec<DutySpan> = shift.occurrences(wide).into_iter().filter(|o| o.span.overlaps(span)).collect();
        prop_assert_eq!(found, all);
    }

    #[test]
    fn a_feed_is_taken_back_as_the_shifts_that_it_came_from(shift in any_shift()) {
        let now = utc("2026-02-01T00:00:00");
        let text = feed::calendar("All", [(&shift, "Blue Heron")], now);
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

    #[test]
    fn no_text_makes_the_import_fail_badly(text in "\\PC{0,200}", lines in proptest::collection::vec(hostile_line(), 0..12)) {
        let ics = format!("BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\n{}\r\n{text}\r\nEND:VEVENT\r\nEND:VCALENDAR", lines.join("\r\n"));
        let (shifts, problems) = import::shifts(mediator_id(1), &ics, Some("Europe/Tirane"), || ShiftId(Uuid::nil()));
        prop_assert!(shifts.len() + problems.len() <= 13);
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
    let new_york = form("2026-03-01T20:00", "America/New_York", 600, "FREQ=WEEKLY;INTERVAL=1;BYDAY=SA,SU");
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
    let ics = feed::calendar("Dragoman: AL-BORDER", shifts.iter().zip(aliases), now);
    let mut meaning = String::new();
    for shift in &shifts {
        for DutySpan { span, .. } in shift.occurrences(window("2026-02-01T00:00:00", "2026-12-31T00:00:00")) {
            writeln!(meaning, "{}@dragoman {} {}", shift.id, span.from.0, span.until.0).unwrap();
        }
    }
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/calendars");
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

#[test]
fn calendars_of_other_programs_become_shifts_or_problems_in_words() {
    let ics = include_str!("calendars/foreign.ics");
    let mut number = 0;
    let (shifts, problems) = import::shifts(mediator_id(1), ics, None, || {
        number += 1;
        ShiftId(Uuid::from_u128(number))
    });
    let week = window("2026-03-01T00:00:00", "2026-04-15T00:00:00");
    let made: Vec<(String, Vec<String>)> =
        shifts.iter().map(|shift| (shift.zone.name().to_owned(), told(&shift.occurrences(week)))).collect();
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
fn files_that_are_no_calendar_are_refused_as_a_whole() {
    let many = format!("BEGIN:VCALENDAR\n{}END:VCALENDAR", "BEGIN:VEVENT\nEND:VEVENT\n".repeat(501));
    for (ics, words) in [
        ("", "no calendar file"),
        ("name,starts\nheron,22:00", "no calendar file"),
        ("BEGIN:VCALENDAR\nEND:VCALENDAR\n", "no event"),
        (&many, "at most 500"),
        (&"x".repeat((1 << 20) + 1), "1 MiB"),
    ] {
        let (shifts, problems) = import::shifts(mediator_id(1), ics, None, || ShiftId(Uuid::nil()));
        assert!(shifts.is_empty());
        assert!(
            problems.len() == 1 && problems[0].event == 0 && problems[0].message.contains(words),
            "{problems:?}"
        );
    }
}

fn mediator(number: u128, languages: &[(&str, Level)]) -> Mediator {
    let spoken = |(tag, level): &(&str, Level)| SpokenLanguage { tag: tag.parse().unwrap(), level: *level };
    let profile = Profile::new(&format!("M{number}"), languages.iter().map(spoken).collect());
    Mediator { id: mediator_id(number), profile: profile.cleared(UnixMillis(1)) }
}

#[test]
fn coverage_counts_who_is_there_all_through_an_hour_and_finds_gaps() {
    let albanian = [("sq", Level::Native), ("en", Level::Fluent)];
    let mut lapses = mediator(3, &albanian);
    lapses.profile.vetted_until = Some(utc("2026-03-02T11:00:00"));
    let roster = [
        mediator(1, &albanian),
        mediator(2, &[("sr-Latn", Level::Native), ("sr-Cyrl", Level::Native), ("en", Level::Fluent)]),
        lapses,
    ];
    let duty = |number, start: &str, minutes, duty| {
        shift(number, &ShiftForm { duty, ..form(start, "UTC", minutes, "") })
    };
    let shifts = [
        duty(1, "2026-03-02T10:00", 90, Duty::OnShift),
        duty(2, "2026-03-02T10:00", 60, Duty::OnCall),
        duty(2, "2026-03-02T11:00", 60, Duty::OnShift),
        duty(3, "2026-03-02T10:00", 120, Duty::OnShift),
    ];
    let duties = duties(&shifts, window("2026-03-02T00:00:00", "2026-03-03T00:00:00"));
    let wanted: BTreeSet<String> = ["ti".to_owned()].into();
    let from = (utc("2026-03-02T09:00:00"), 4, "Europe/Tirane".parse().unwrap());
    let people: Vec<&Mediator> = roster.iter().collect();
    let needed =
        |language: &str, at: UnixMillis| u32::from(language != "en" && at >= utc("2026-03-02T10:00:00"));
    let view = coverage(&people, &duties, &wanted, from, needed);
    assert_eq!(view.hours[0].local, "2026-03-02T10:00");
    let row = |language: &str| view.languages.iter().find(|row| row.language == language).unwrap();
    // 1 leaves at half past eleven, and 3 is not cleared from eleven on.
    assert_eq!(
        (row("sq").on_shift.as_slice(), row("sq").gaps.as_slice()),
        ([0, 2, 0, 0].as_slice(), [2, 3].as_slice())
    );
    assert_eq!((row("sr").speakers, row("sr").on_call.as_slice()), (1, [0, 1, 0, 0].as_slice()));
    assert_eq!(row("sr").on_shift, [0, 0, 1, 0]);
    assert_eq!((row("en").on_shift.as_slice(), row("en").gaps.len()), ([0, 2, 1, 0].as_slice(), 0));
    assert_eq!((row("ti").speakers, row("ti").gaps.as_slice()), (0, [1, 2, 3].as_slice()));
    assert_eq!(view.languages[0].language, "ti", "most gaps first");
}

#[test]
fn who_could_fill_an_hour_is_ranked_and_reasoned() {
    let albanian = |level| [("sq", level), ("en", Level::Fluent)];
    let mut tired = mediator(4, &albanian(Level::Native));
    tired.profile.load = LoadLimits { minutes_a_day: 120, rest_minutes: 10 };
    let mut unvetted = mediator(5, &albanian(Level::Native));
    unvetted.profile.vetted_until = None;
    let mut gone = mediator(6, &albanian(Level::Native));
    gone.profile.active = false;
    let roster = [
        mediator(1, &albanian(Level::Fluent)),
        mediator(2, &albanian(Level::Native)),
        mediator(3, &albanian(Level::Native)),
        tired,
        unvetted,
        gone,
        mediator(7, &[("sr", Level::Native), ("en", Level::Native)]),
        mediator(8, &albanian(Level::Native)),
    ];
    let shifts = [
        shift(3, &form("2026-03-02T08:00", "UTC", 120, "")),
        shift(4, &form("2026-03-02T07:00", "UTC", 90, "")),
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
            (4, false, vec![FillReason::OverLoadLimit]),
        ]
    );
    assert_eq!(view.others[4].minutes_that_day, 90);
}

/// Not a benchmark, but a bound that a slip would break: 3,000 mediators with two weekly shifts each.
#[test]
fn two_weeks_of_three_thousand_mediators_are_worked_out_in_seconds() {
    let languages = ["sq", "sr", "ar", "fa", "tr", "ur", "ti", "so"];
    let roster: Vec<Mediator> = (0..3_000)
        .map(|n| {
            mediator(n, &[(languages[n as usize % languages.len()], Level::Native), ("en", Level::Fluent)])
        })
        .collect();
    let shifts: Vec<Shift> = (0..6_000u128)
        .map(|n| {
            shift(n % 3_000, &form("2024-03-04T22:00", "Europe/Tirane", 480, "FREQ=WEEKLY;BYDAY=MO,TU,WE"))
        })
        .collect();
    let began = Instant::now();
    let two_weeks = window("2026-03-16T00:00:00", "2026-03-30T00:00:00");
    let duties: BTreeMap<MediatorId, Vec<DutySpan>> = duties(&shifts, two_weeks);
    let expanded = began.elapsed();
    let people: Vec<&Mediator> = roster.iter().collect();
    let from = (two_weeks.from, 336, chrono_tz::Europe::Tirane);
    let view = coverage(&people, &duties, &BTreeSet::new(), from, |_, _| 1);
    println!("6,000 shifts in {expanded:?}, coverage in {:?}", began.elapsed() - expanded);
    assert_eq!(view.languages.len(), 9);
    assert!(began.elapsed() < Duration::from_secs(20));
}
