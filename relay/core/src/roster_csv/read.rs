//! Reads a file: every row is a draft, or has all its errors.

use std::collections::{BTreeMap, BTreeSet};

use csv::StringRecord;

use super::cells;
use super::{Column, Draft, MAX_BYTES, MAX_ROWS, Row, Table};
use crate::csv_text::{self, unarmoured};
use crate::rest_directory::{FieldError, PrivateDetails};
use crate::roster::{LoadLimits, Profile, Qualification};
use crate::roster_check;

/// Longest cell, in characters; a longer one is a quotation mark that was left open.
const MAX_CELL_CHARS: usize = 8_000;
/// Columns without which nobody can be on the roster.
const DEMANDED: [Column; 3] = [Column::Alias, Column::Languages, Column::Qualification];

/// The file as a whole can not be read; the message says what to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FileError {
    /// Longer than [`MAX_BYTES`].
    #[error("the file is longer than 64 MiB: split it")]
    TooLong,
    /// More than [`MAX_ROWS`].
    #[error("the file has more than 100,000 rows: split it")]
    TooManyRows,
    /// Not even a header.
    #[error("the file is empty: its first line names the columns, such as alias,languages,qualification")]
    Empty,
    /// The header.
    #[error("line 1 names the columns. {0}")]
    Header(String),
}

/// Reads a file.
///
/// # Errors
/// [`FileError`] if it can not be read at all. What is wrong with a row stands in the row.
pub fn parse(text: &str) -> Result<Table, FileError> {
    if text.len() > MAX_BYTES {
        return Err(FileError::TooLong);
    }
    let mut records = csv_text::rows(text);
    let (_, header) = records.next().ok_or(FileError::Empty)?;
    let places = places_of(&header)?;
    let mut rows = Vec::new();
    for (line, record) in records {
        if rows.len() == MAX_ROWS {
            return Err(FileError::TooManyRows);
        }
        rows.push(Cells { record: &record, places: &places, errors: Vec::new() }.into_row(line));
    }
    Ok(Table { columns: places.into_keys().collect(), rows })
}

fn places_of(header: &StringRecord) -> Result<BTreeMap<Column, usize>, FileError> {
    let (mut places, mut wrong) = (BTreeMap::new(), Vec::new());
    for (place, heading) in header.iter().enumerate() {
        match Column::of(heading) {
            Some(column) if places.insert(column, place).is_some() => {
                wrong.push(format!("'{}' stands there twice", column.name()));
            }
            Some(_) => {}
            // Spreadsheets leave empty columns behind at the end.
            None if heading.trim().is_empty() => {}
            None => wrong.push(format!("'{}' is not known", cells::shortened(heading.trim()))),
        }
    }
    let missing = DEMANDED.iter().filter(|column| !places.contains_key(column));
    wrong.extend(missing.map(|column| format!("'{}' is missing", column.name())));
    if wrong.is_empty() {
        return Ok(places);
    }
    let known: Vec<&str> = Column::ALL.iter().map(|column| column.name()).collect();
    Err(FileError::Header(format!("{}. Known are: {}", wrong.join("; "), known.join(", "))))
}

/// One row while it is read.
struct Cells<'a> {
    record: &'a StringRecord,
    places: &'a BTreeMap<Column, usize>,
    errors: Vec<FieldError>,
}

impl<'a> Cells<'a> {
    fn into_row(mut self, line: u32) -> Row {
        self.demand_form();
        let id = self.one(Column::Id, |text| {
            text.parse().map_err(|_| "not an identifier: leave it as it was exported, or empty".to_owned())
        });
        let profile = self.profile();
        let details = self.details();
        let alias = cells::shortened(self.cell(Column::Alias));
        let result = if self.errors.is_empty() { Ok(Draft { profile, details }) } else { Err(self.errors) };
        Row { line, id, alias, result }
    }

    fn profile(&mut self) -> Profile {
        let errors_before = self.errors.len();
        let languages = self.many(Column::Languages, cells::language);
        let is_readable = self.errors.len() == errors_before;
        let usual = Profile::new(self.cell(Column::Alias), languages);
        let load = LoadLimits::default();
        let qualification = self.one(Column::Qualification, |text| {
            cells::choice::<Qualification>(text, "cultural_mediator, interpreter or sworn_interpreter")
        });
        if qualification.is_none() && self.cell(Column::Qualification).is_empty() {
            self.fail(Column::Qualification, "write cultural_mediator, interpreter or sworn_interpreter");
        }
        let specialism = |text: &str| cells::choice(text, "minors, trafficking, asylum or medical");
        let profile = Profile {
            gender: self.one(Column::Gender, |text| cells::choice(text, "female, male or other")),
            qualification: qualification.unwrap_or(usual.qualification),
            register_number: self.one(Column::RegisterNumber, |text| Ok(text.to_owned())),
            specialisms: self.set(Column::Specialisms, specialism),
            undertaking_signed_at: self.one(Column::UndertakingSigned, cells::first_moment),
            undertaking_until: self.one(Column::UndertakingUntil, cells::end_moment),
            vetted_until: self.one(Column::VettedUntil, cells::end_moment),
            agency: self.one(Column::Agency, parsed),
            serves: self.set(Column::Serves, parsed),
            countries: self.set(Column::Countries, parsed),
            favourite_of: self.set(Column::FavouriteOf, parsed),
            conflicts: self.set(Column::Conflicts, cells::conflict),
            load: LoadLimits {
                minutes_a_day: self.one(Column::MinutesADay, minutes).unwrap_or(load.minutes_a_day),
                rest_minutes: self.one(Column::RestMinutes, minutes).unwrap_or(load.rest_minutes),
            },
            active: self.one(Column::Active, cells::yes_or_no).unwrap_or(true),
            ..usual
        };
        self.check(profile, is_readable)
    }

    /// A language that can not be read was named already; how many are left says nothing then.
    fn check(&mut self, profile: Profile, languages_are_readable: bool) -> Profile {
        roster_check::checked(profile.clone()).unwrap_or_else(|errors| {
            let languages = Column::Languages.name();
            let counts = |error: &FieldError| languages_are_readable || error.column != languages;
            self.errors.extend(errors.into_iter().filter(counts));
            profile
        })
    }

    fn details(&mut self) -> PrivateDetails {
        let [name, phone, email] = [Column::Name, Column::Phone, Column::Email]
            .map(|column| Some(self.cell(column).to_owned()).filter(|text| !text.is_empty()));
        PrivateDetails { name, phone, email, notes: None }.checked().unwrap_or_else(|errors| {
            self.errors.extend(errors);
            PrivateDetails::default()
        })
    }

    fn demand_form(&mut self) {
        let width = self.places.values().max().map_or(0, |last| last + 1);
        if self.record.iter().skip(width).any(|cell| !cell.trim().is_empty()) {
            let message = "the row has more cells than the first line: put text with a separator in quotes";
            self.errors.push(FieldError::new("", message));
        }
        for column in self.places.keys() {
            let cell = self.cell(*column);
            if cell.contains('\u{fffd}') {
                self.fail(*column, "letters were lost: save the file as CSV UTF-8");
            }
            if cell.len() > MAX_CELL_CHARS && cell.chars().count() > MAX_CELL_CHARS {
                self.fail(
                    *column,
                    "the cell is longer than 8,000 characters: is a quotation mark left open?",
                );
            }
        }
    }

    fn cell(&self, column: Column) -> &'a str {
        let record: &'a StringRecord = self.record;
        let cell = self.places.get(&column).and_then(|place| record.get(*place));
        unarmoured(cell.unwrap_or_default().trim())
    }

    fn fail(&mut self, column: Column, message: impl Into<String>) {
        self.errors.push(FieldError::new(column.name(), message));
    }

    fn one<T>(&mut self, column: Column, read: impl Fn(&str) -> Result<T, String>) -> Option<T> {
        let cell = self.cell(column);
        if cell.is_empty() {
            return None;
        }
        read(cell).map_err(|message| self.fail(column, message)).ok()
    }

    fn many<T>(&mut self, column: Column, read: impl Fn(&str) -> Result<T, String>) -> Vec<T> {
        let read_all: Vec<_> = cells::items(self.cell(column)).iter().map(|item| read(item)).collect();
        let keep = |item: Result<T, String>| item.map_err(|message| self.fail(column, message)).ok();
        read_all.into_iter().filter_map(keep).collect()
    }

    fn set<T: Ord>(&mut self, column: Column, read: impl Fn(&str) -> Result<T, String>) -> BTreeSet<T> {
        self.many(column, read).into_iter().collect()
    }
}

fn parsed<T: std::str::FromStr<Err: std::fmt::Display>>(text: &str) -> Result<T, String> {
    text.parse().map_err(|error| format!("{error}"))
}

fn minutes(text: &str) -> Result<u16, String> {
    text.parse().map_err(|_| format!("'{}': write whole minutes, such as 360", cells::shortened(text)))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const HEADER: &str = "alias,languages,qualification";

    #[test]
    fn all_errors_of_a_row_are_said_at_once_with_the_line_of_the_file() {
        let text = format!(
            "\u{feff}{HEADER},vetted_until,conflicts\r\n\r\nHeron,sq:native;en:fluent,interpreter,2026-12-31,\r\n\
             ,sq;xx-:native,judge,soon,clan:x\r\n\"two\r\nlines\",sq:native;en:fluent,interpreter,,\r\n,,,,\r\n\
             Wolf,sq:native;en:fluent,interpreter,,,what\r\nB\u{fffd}r,sq:native;sq:fluent,interpreter,,"
        );
        let table = parse(&text).unwrap();
        let lines: Vec<u32> = table.rows.iter().map(|row| row.line).collect();
        assert_eq!(lines, [3, 4, 5, 8, 9]);
        let columns = |row: usize| -> Vec<String> {
            let errors = table.rows[row].result.clone().err().unwrap_or_default();
            errors.into_iter().map(|error| error.column).collect()
        };
        assert!(table.rows[0].result.is_ok());
        let expected = ["languages", "languages", "qualification", "vetted_until", "conflicts", "alias"];
        assert_eq!(columns(1), expected);
        assert_eq!(columns(2), ["alias"]);
        assert_eq!(columns(3), [""]);
        assert_eq!(columns(4), ["alias", "languages"]);
    }

    #[test]
    fn separators_are_told_apart_and_headings_may_be_spelled_as_people_spell() {
        for separator in [",", ";", "\t"] {
            let text = ["Alias", "Languages", "Qualification", "Undertaking signed"].join(separator)
                + "\n"
                + &["Heron", "\"sq:native;en:fluent\"", "Sworn Interpreter", "1.2.2026"].join(separator);
            let table = parse(&text).unwrap();
            let draft = table.rows[0].result.as_ref().unwrap();
            assert_eq!(draft.profile.qualification, Qualification::SwornInterpreter, "{separator:?}");
            assert_eq!(draft.profile.languages.len(), 2);
            assert!(draft.profile.undertaking_signed_at.is_some());
        }
    }

    #[test]
    fn columns_that_are_unknown_missing_or_there_twice_are_named() {
        let error = parse("alias,alias,langs\nx,y,z").unwrap_err().to_string();
        for named in ["'alias' stands there twice", "'langs' is not known", "'qualification' is missing"] {
            assert!(error.contains(named), "{error}");
        }
        assert_eq!(parse(" \n"), parse(" "));
        assert_eq!(parse(""), Err(FileError::Empty));
        assert_eq!(parse(&"x".repeat(MAX_BYTES + 1)), Err(FileError::TooLong));
        let many = format!("{HEADER}\n{}", "a,b,c\n".repeat(MAX_ROWS + 1));
        assert_eq!(parse(&many), Err(FileError::TooManyRows));
    }

    proptest! {
        #[test]
        fn no_text_makes_reading_panic(text: String, rows in "[,;\"'\\r\\n=a:-]{0,200}") {
            let _ = parse(&text);
            let read = parse(&format!("{HEADER},conflicts,active\n{rows}"));
            prop_assert!(read.is_ok());
        }
    }
}
