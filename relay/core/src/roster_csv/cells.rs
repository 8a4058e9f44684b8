//! How values stand in a cell: dates, lists, names of choices.

use serde::Serialize;
use serde::de::DeserializeOwned;
use time::format_description::well_known::Rfc3339;
use time::macros::format_description;
use time::{Date, OffsetDateTime};

use crate::codes::{Circumstance, Tie};
use crate::roster::{Level, SpokenLanguage};
use crate::time::UnixMillis;

const DAY_MILLIS: i64 = 24 * 60 * 60 * 1_000;
const EXPECTED_DATE: &str = "write 2026-12-31 or 31.12.2026";
/// Before the milliseconds of a time that no calendar can say.
const UNIX: &str = "unix:";

/// The first moment of a day, or a moment.
pub(super) fn first_moment(text: &str) -> Result<UnixMillis, String> {
    moment(text, 0)
}

/// The first moment after a day, or a moment.
pub(super) fn end_moment(text: &str) -> Result<UnixMillis, String> {
    moment(text, DAY_MILLIS)
}

/// The reverse of [`first_moment`].
pub(super) fn write_first_moment(at: UnixMillis) -> String {
    write_moment(at, 0)
}

/// The reverse of [`end_moment`].
pub(super) fn write_end_moment(at: UnixMillis) -> String {
    write_moment(at, DAY_MILLIS)
}

/// One of the named choices.
pub(super) fn choice<T: DeserializeOwned>(text: &str, choices: &str) -> Result<T, String> {
    let name = text.to_lowercase().replace([' ', '-'], "_");
    serde_json::from_value(serde_json::Value::String(name))
        .map_err(|_| format!("'{}' is not known: write {choices}", shortened(text)))
}

/// The reverse of [`choice`].
pub(super) fn write_choice<T: Serialize>(value: &T) -> String {
    serde_json::to_value(value).ok().and_then(|name| name.as_str().map(str::to_owned)).unwrap_or_default()
}

/// `sq:native`.
pub(super) fn language(text: &str) -> Result<SpokenLanguage, String> {
    let (tag, level) = text
        .split_once(':')
        .ok_or_else(|| format!("'{}': say how well, such as sq:native or en:fluent", shortened(text)))?;
    let tag = tag.trim().parse().map_err(|error| format!("{error}"))?;
    Ok(SpokenLanguage { tag, level: choice::<Level>(level.trim(), "working, fluent or native")? })
}

/// `place:Tropojë`.
pub(super) fn conflict(text: &str) -> Result<Circumstance, String> {
    let (tie, name) = text
        .split_once(':')
        .ok_or_else(|| format!("'{}': say what it is, such as place:Tropojë", shortened(text)))?;
    let tie = choice::<Tie>(tie.trim(), "place, family or community before the colon")?;
    Circumstance::new(tie, name).map_err(|error| error.to_string())
}

/// The items of a list, without the empty ones; `\;` and `\\` stand for themselves.
pub(super) fn items(text: &str) -> Vec<String> {
    let mut items = vec![String::new()];
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match c {
            ';' => items.push(String::new()),
            c => {
                let c = if c == '\\' { chars.next().unwrap_or(c) } else { c };
                if let Some(item) = items.last_mut() {
                    item.push(c);
                }
            }
        }
    }
    items.into_iter().map(|item| item.trim().to_owned()).filter(|item| !item.is_empty()).collect()
}

/// The reverse of [`items`].
pub(super) fn write_items(items: impl IntoIterator<Item = String>) -> String {
    let escaped = items.into_iter().map(|item| item.replace('\\', r"\\").replace(';', r"\;"));
    escaped.collect::<Vec<_>>().join("; ")
}

/// `yes` or `no`, also as spreadsheets rewrite them.
pub(super) fn yes_or_no(text: &str) -> Result<bool, String> {
    match text.to_lowercase().as_str() {
        "yes" | "true" | "1" => Ok(true),
        "no" | "false" | "0" => Ok(false),
        _ => Err(format!("'{}': write yes or no", shortened(text))),
    }
}

/// The beginning of what was given, for an error.
pub(super) fn shortened(text: &str) -> String {
    text.chars().take(40).collect()
}

fn moment(text: &str, after_date: i64) -> Result<UnixMillis, String> {
    let refuse = || format!("'{}' is not a date: {EXPECTED_DATE}", shortened(text));
    if let Some(millis) = text.strip_prefix(UNIX) {
        return millis.parse().map(UnixMillis).map_err(|_| refuse());
    }
    let iso = Date::parse(text, format_description!("[year]-[month]-[day]"));
    let dotted = format_description!("[day padding:none].[month padding:none].[year]");
    // Serbian writes a full stop after the year as well.
    let date = iso.or_else(|_| Date::parse(text.trim_end_matches('.'), dotted));
    if let Ok(date) = date {
        let start = millis_of(date.midnight().assume_utc()).ok_or_else(refuse)?;
        return Ok(UnixMillis(start.0.saturating_add(after_date)));
    }
    OffsetDateTime::parse(text, &Rfc3339).ok().and_then(millis_of).ok_or_else(refuse)
}

fn write_moment(at: UnixMillis, after_date: i64) -> String {
    let calendar = |millis: i64| {
        let moment = OffsetDateTime::from_unix_timestamp_nanos(i128::from(millis) * 1_000_000).ok()?;
        (0..=9999).contains(&moment.year()).then_some(moment)
    };
    let is_day = at.0.rem_euclid(DAY_MILLIS) == 0;
    let day = at.0.checked_sub(after_date).filter(|_| is_day).and_then(calendar);
    let date = day.and_then(|day| day.date().format(format_description!("[year]-[month]-[day]")).ok());
    date.or_else(|| calendar(at.0)?.format(&Rfc3339).ok()).unwrap_or_else(|| format!("{UNIX}{}", at.0))
}

fn millis_of(moment: OffsetDateTime) -> Option<UnixMillis> {
    i64::try_from(moment.unix_timestamp_nanos().div_euclid(1_000_000)).ok().map(UnixMillis)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_date_is_its_first_moment_or_the_first_after_it() {
        assert_eq!(first_moment("1970-01-02"), Ok(UnixMillis(DAY_MILLIS)));
        assert_eq!(end_moment("1970-01-02"), Ok(UnixMillis(2 * DAY_MILLIS)));
        for same in ["31.12.2026", "31.12.2026."] {
            assert_eq!(end_moment(same), end_moment("2026-12-31"), "{same}");
        }
        assert_eq!(first_moment("1970-01-01T01:00:00.007+01:00"), Ok(UnixMillis(7)));
        for nonsense in ["12/31/2026", "2026-02-30", "soon", "unix:", "31.12.26", "é"] {
            assert!(first_moment(nonsense).unwrap_err().contains("2026-12-31"), "{nonsense}");
        }
        assert_eq!(write_end_moment(UnixMillis(DAY_MILLIS)), "1970-01-01");
        assert_eq!(write_end_moment(UnixMillis(i64::MAX)), format!("unix:{}", i64::MAX));
    }

    #[test]
    fn lists_may_hold_semicolons() {
        assert_eq!(items(r" a; b\;c ;; d\\"), ["a", "b;c", r"d\"]);
        assert!(language("sq").unwrap_err().contains("sq:native"));
        assert!(conflict("clan:x").unwrap_err().contains("community"));
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_as_it_was(text: String, millis: i64, day in -1_000_000_i64..4_000_000) {
            let list: Vec<String> = text.split_whitespace().map(str::to_owned).collect();
            prop_assert_eq!(items(&write_items(list.clone())), list);
            for at in [UnixMillis(millis), UnixMillis(day * DAY_MILLIS)] {
                prop_assert_eq!(first_moment(&write_first_moment(at)), Ok(at));
                prop_assert_eq!(end_moment(&write_end_moment(at)), Ok(at));
            }
        }

        #[test]
        fn no_cell_makes_reading_panic(text: String) {
            let _ = (first_moment(&text), end_moment(&text), language(&text), conflict(&text), items(&text));
        }
    }
}
