//! Bodies of the calls about a mediator's private details and about the roster as a CSV file.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::time::UnixMillis;

/// Longest name, in characters.
const MAX_NAME_CHARS: usize = 120;
/// Longest telephone number, in characters.
const MAX_PHONE_CHARS: usize = 32;
/// Longest address (RFC 5321, section 4.5.3.1.3, without the brackets).
const MAX_EMAIL_CHARS: usize = 254;
/// Longest notes, in characters.
const MAX_NOTES_CHARS: usize = 2_000;

/// Who a mediator is and how to reach them: `GET` and `PUT /api/v1/mediators/{id}/private`, for coordinators and
/// administrators. Kept sealed; every reading and every change is logged.
#[derive(Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(deny_unknown_fields)]
pub struct PrivateDetails {
    /// The person's name; at most 120 characters.
    #[serde(default)]
    pub name: Option<String>,
    /// Telephone number, with the country's code; at most 32 characters.
    #[serde(default)]
    pub phone: Option<String>,
    /// Address for e-mail; at most 254 characters.
    #[serde(default)]
    pub email: Option<String>,
    /// What else a coordinator has to know; at most 2,000 characters.
    #[serde(default)]
    pub notes: Option<String>,
}

impl fmt::Debug for PrivateDetails {
    /// Says nothing: it must not get into a log by accident.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PrivateDetails(…)")
    }
}

impl PrivateDetails {
    /// In the form in which they are kept: no space around, and nothing instead of empty text.
    ///
    /// # Errors
    /// Everything that is wrong, each by its field. The messages do not repeat what was given.
    pub fn checked(self) -> Result<Self, Vec<FieldError>> {
        let [name, phone, email, notes] = [self.name, self.phone, self.email, self.notes].map(filled);
        let mut errors = Vec::new();
        let mut demand = |holds: bool, field: &str, message: &str| {
            if !holds {
                errors.push(FieldError::new(field, message));
            }
        };
        let is_line = |text: &Option<String>, most: usize| {
            text.as_ref()
                .is_none_or(|text| text.chars().count() <= most && !text.chars().any(char::is_control))
        };
        demand(is_line(&name, MAX_NAME_CHARS), "name", "a name is one line of at most 120 characters");
        demand(
            phone.as_deref().is_none_or(is_phone),
            "phone",
            "a telephone number has 3 to 32 digits, spaces, dashes and brackets, such as +355 4 000 0000",
        );
        demand(
            is_line(&email, MAX_EMAIL_CHARS) && email.as_deref().is_none_or(is_email),
            "email",
            "an address for e-mail has one @ and no space, such as name@example.org; at most 254 characters",
        );
        let is_short = notes.as_ref().is_none_or(|text| text.chars().count() <= MAX_NOTES_CHARS);
        demand(is_short, "notes", "notes have at most 2,000 characters");
        if errors.is_empty() { Ok(Self { name, phone, email, notes }) } else { Err(errors) }
    }
}

/// What is wrong with one field, and what to do.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct FieldError {
    /// The field's or column's name.
    pub column: String,
    /// For people.
    pub message: String,
}

impl FieldError {
    /// Of a field or column.
    pub fn new(column: &str, message: impl Into<String>) -> Self {
        Self { column: column.to_owned(), message: message.into() }
    }
}

/// What was done with somebody's private details (Directive (EU) 2016/680, Art. 25).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum PrivateUse {
    /// An account read them.
    Consultation,
    /// An account changed them.
    Alteration,
    /// The relay gave the number to the gateway, to ring.
    Disclosure,
}

/// One line of `GET /api/v1/mediators/{id}/private/log`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct PrivateAccess {
    /// When.
    pub at: UnixMillis,
    /// Login name of who did it; `null`: the relay itself.
    pub by: Option<String>,
    /// What was done.
    pub what: PrivateUse,
}

/// `POST /api/v1/mediators/import` (coordinator, administrator).
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(deny_unknown_fields)]
pub struct ImportForm {
    /// The file's text; at most 64 MiB and 100,000 rows.
    pub csv: String,
    /// `false`: says what would happen. `true`: does it, all or nothing.
    #[serde(default)]
    pub commit: bool,
}

/// What an import does, or would do.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct ImportReport {
    /// It was done.
    pub committed: bool,
    /// Each row of the file, in its order.
    pub rows: Vec<ImportRow>,
}

/// One row of an import.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct ImportRow {
    /// The line of the file on which it begins; the header is on line 1.
    pub line: u32,
    /// Its alias, as far as it can be read.
    pub alias: String,
    /// What it is.
    pub verdict: ImportVerdict,
    /// The columns that change, for `changed`.
    pub changes: Vec<String>,
    /// All that is wrong with it, for `error`.
    pub errors: Vec<FieldError>,
}

/// What a row of an import is.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum ImportVerdict {
    /// A mediator that is not on the roster yet.
    New,
    /// One of the roster, different.
    Changed,
    /// One of the roster, the same.
    Unchanged,
    /// It can not be read, or does not fit the roster.
    Error,
}

fn filled(text: Option<String>) -> Option<String> {
    text.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty())
}

fn is_phone(text: &str) -> bool {
    let is_part = |c: char| c.is_ascii_digit() || "+-()/. ".contains(c);
    text.chars().all(is_part)
        && (3..=MAX_PHONE_CHARS).contains(&text.len())
        && text.chars().filter(char::is_ascii_digit).count() >= 3
}

fn is_email(text: &str) -> bool {
    let parts = text.split_once('@');
    parts.is_some_and(|(local, host)| !local.is_empty() && !host.is_empty() && !host.contains('@'))
        && !text.contains(char::is_whitespace)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn details_are_kept_trimmed_and_everything_wrong_is_said_without_repeating_it() {
        let given = PrivateDetails {
            name: Some("  Ana Example ".into()),
            phone: Some("+355 (4) 000-0000".into()),
            email: Some(" ".into()),
            notes: None,
        };
        let kept = given.checked().unwrap();
        assert_eq!(kept.name.as_deref(), Some("Ana Example"));
        assert_eq!(kept.email, None);
        let wrong = PrivateDetails {
            name: Some("Zana ".repeat(40)),
            phone: Some("call me".into()),
            email: Some("zana@".into()),
            notes: Some("x".repeat(2_001)),
        };
        assert!(!format!("{wrong:?}").contains("Zana"));
        let errors = wrong.checked().unwrap_err();
        let columns: Vec<&str> = errors.iter().map(|error| error.column.as_str()).collect();
        assert_eq!(columns, ["name", "phone", "email", "notes"]);
        assert!(errors.iter().all(|error| !error.message.contains("Zana")));
    }
}
