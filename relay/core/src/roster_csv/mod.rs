//! The roster as a CSV file (RFC 4180), for coordinators who work in a spreadsheet: read, judged, written.
//!
//! The first line names the columns, in any order and case. `alias`, `languages` and `qualification` must be there. A
//! column that is left out leaves mediators of the roster as they are, and gives new ones the usual value; an empty
//! cell means the usual value. Lists are separated by semicolons.
//!
//! | column | cell |
//! |---|---|
//! | `id` | of a mediator on the roster, to change it; empty for a new one |
//! | `alias` | 1 to 40 characters, no two alike |
//! | `name`, `phone`, `email` | private details; not checked against anything |
//! | `languages` | `sq:native; en:fluent`: BCP 47 tag and `working`, `fluent` or `native` |
//! | `gender` | `female`, `male`, `other` or empty |
//! | `qualification` | `cultural_mediator`, `interpreter` or `sworn_interpreter` |
//! | `register_number` | in an official register of interpreters, at most 40 characters, or empty |
//! | `specialisms` | of `minors`, `trafficking`, `asylum`, `medical` |
//! | `undertaking_signed` | a date: from its beginning in UTC; empty: not signed |
//! | `undertaking_until`, `vetted_until` | a date: to its end in UTC; empty: without end, and not vetted |
//! | `agency` | a code such as `AL-BORDER`, or empty |
//! | `serves`, `favourite_of` | agencies' codes |
//! | `countries` | ISO 3166-1 alpha-2; empty: all |
//! | `conflicts` | `place:Tropojë; family:…; community:…`; a semicolon or backslash within has a backslash before it |
//! | `minutes_a_day`, `rest_minutes` | whole numbers; empty: 360 and 10 |
//! | `active` | `yes` or `no`; empty: `yes` |
//!
//! Dates are `2026-12-31` or `31.12.2026`. A time of day can be given in RFC 3339; what no calendar can say stands as
//! `unix:` and milliseconds.
//!
//! A cell that a spreadsheet would take for a formula (it begins with `=`, `+`, `-` or `@`) is written with an
//! apostrophe before it, which reading takes away again.

mod cells;
mod judge;
mod read;
mod write;

use std::collections::BTreeSet;

pub use judge::{Change, Judged, Known, judge};
pub use read::{FileError, parse};
pub use write::{ExportOptions, export};

use crate::ids::MediatorId;
use crate::rest_directory::{FieldError, PrivateDetails};
use crate::roster::Profile;

/// Most rows of a file: the largest roster that matching is measured with, so that what is exported can be imported.
pub const MAX_ROWS: usize = 100_000;
/// Longest file, in bytes: 671 for each row, where a row with everything in it has some 450.
pub const MAX_BYTES: usize = 64 * 1024 * 1024;

macro_rules! columns {
    ($($column:ident = $name:literal),+ $(,)?) => {
        /// A column of the file.
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
        pub enum Column { $(#[doc = $name] $column),+ }

        impl Column {
            /// All of them, in the order in which they are written.
            pub const ALL: &'static [Self] = &[$(Self::$column),+];

            /// As it stands in the first line.
            pub fn name(self) -> &'static str {
                match self { $(Self::$column => $name),+ }
            }
        }
    };
}

columns!(
    Id = "id",
    Alias = "alias",
    Name = "name",
    Phone = "phone",
    Email = "email",
    Languages = "languages",
    Gender = "gender",
    Qualification = "qualification",
    RegisterNumber = "register_number",
    Specialisms = "specialisms",
    UndertakingSigned = "undertaking_signed",
    UndertakingUntil = "undertaking_until",
    VettedUntil = "vetted_until",
    Agency = "agency",
    Serves = "serves",
    Countries = "countries",
    FavouriteOf = "favourite_of",
    Conflicts = "conflicts",
    MinutesADay = "minutes_a_day",
    RestMinutes = "rest_minutes",
    Active = "active",
);

impl Column {
    /// The column of this heading, however it is spelled: `Undertaking signed` is `undertaking_signed`.
    pub fn of(heading: &str) -> Option<Self> {
        let name = heading.trim().to_lowercase().replace([' ', '-'], "_");
        Self::ALL.iter().copied().find(|column| column.name() == name)
    }

    /// Whether it holds private details.
    pub fn is_private(self) -> bool {
        matches!(self, Self::Name | Self::Phone | Self::Email)
    }
}

/// A file, as read.
#[derive(Clone, PartialEq, Debug)]
pub struct Table {
    /// The columns that it has.
    pub columns: BTreeSet<Column>,
    /// Its rows, without the empty ones.
    pub rows: Vec<Row>,
}

/// One row.
#[derive(Clone, PartialEq, Debug)]
pub struct Row {
    /// The line of the file on which it begins; the header is on line 1.
    pub line: u32,
    /// The mediator that it changes; `None`: somebody new.
    pub id: Option<MediatorId>,
    /// The cell of the alias as it stands there.
    pub alias: String,
    /// What it says, or all that is wrong with it.
    pub result: Result<Draft, Vec<FieldError>>,
}

/// What a row says.
#[derive(Clone, PartialEq, Debug)]
pub struct Draft {
    /// With the usual value where a cell is empty or the column is not there.
    pub profile: Profile,
    /// Name, telephone and e-mail.
    pub details: PrivateDetails,
}

impl Table {
    /// Whether it has a column of private details.
    pub fn has_private(&self) -> bool {
        self.columns.iter().any(|column| column.is_private())
    }
}
