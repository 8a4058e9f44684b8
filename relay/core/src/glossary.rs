//! Terms of a kind of case in several languages: for the mediator to look up, and for a speech model to expect.
//!
//! A glossary is a CSV file (RFC 4180). The first line names its columns: BCP 47 tags, and `note` if there is one; each
//! further line is a term.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::csv_text::{self, armoured, unarmoured};
use crate::language::LanguageTag;
use crate::roster::Specialism;
use crate::time::UnixMillis;

/// Most terms of one glossary.
pub const MAX_TERMS: usize = 2_000;
/// Longest file, in bytes.
pub const MAX_BYTES: usize = 1024 * 1024;
/// Most languages of one glossary.
const MAX_LANGUAGES: usize = 40;
/// Longest term or note, in characters.
const MAX_CHARS: usize = 200;
/// Most errors that are named.
const MAX_ERRORS: usize = 20;
/// The column that is not a language.
const NOTE: &str = "note";

/// For which sessions a glossary is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum CaseType {
    /// All of them.
    General,
    /// Interviews of children.
    Minors,
    /// People who were trafficked.
    Trafficking,
    /// Asylum interviews.
    Asylum,
    /// Medical examinations.
    Medical,
}

impl CaseType {
    /// Those of a session: by what it was asked for.
    pub fn of(specialisms: &BTreeSet<Specialism>, minor: bool) -> BTreeSet<Self> {
        let asked = specialisms.iter().map(|specialism| match specialism {
            Specialism::Minors => Self::Minors,
            Specialism::Trafficking => Self::Trafficking,
            Specialism::Asylum => Self::Asylum,
            Specialism::Medical => Self::Medical,
        });
        let child = minor.then_some(Self::Minors);
        [Self::General].into_iter().chain(asked).chain(child).collect()
    }
}

/// One term.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Term {
    /// The term in each language that has one.
    pub texts: BTreeMap<LanguageTag, String>,
    /// What to know of it.
    pub note: Option<String>,
}

/// All terms of a file, in its order.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Glossary {
    /// Its columns.
    pub languages: Vec<LanguageTag>,
    /// Its rows.
    pub terms: Vec<Term>,
}

/// `GET /api/v1/glossaries`: one glossary, without its terms.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct GlossaryRow {
    /// For which sessions.
    pub case_type: CaseType,
    /// Its languages.
    pub languages: Vec<LanguageTag>,
    /// How many terms it has.
    pub terms: u32,
    /// When it was put there.
    pub changed_at: UnixMillis,
}

/// `PUT /api/v1/glossaries/{case_type}` (coordinator of all agencies, administrator): takes the place of the one before.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(deny_unknown_fields)]
pub struct GlossaryForm {
    /// The file's text; at most 1 MiB and 2,000 terms. Empty: no glossary any more.
    pub csv: String,
}

/// Why a file is not a glossary; every line that is wrong is named.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum GlossaryError {
    /// Too long.
    #[error("the file is longer than 1 MiB or has more than 2,000 terms: split it by kind of case")]
    TooLong,
    /// The header.
    #[error(
        "line 1 names the columns: language tags such as en,sq,ar, at least two of 40, and note if there is one. {0}"
    )]
    Header(String),
    /// Rows.
    #[error("{0}")]
    Rows(String),
}

impl Glossary {
    /// Reads a file.
    ///
    /// # Errors
    /// What is wrong with it, by line.
    pub fn parse(text: &str) -> Result<Self, GlossaryError> {
        if text.len() > MAX_BYTES {
            return Err(GlossaryError::TooLong);
        }
        let mut records = csv_text::rows(text);
        let header = records.next().ok_or_else(|| GlossaryError::Header("The file is empty.".to_owned()))?;
        let columns = columns_of(&header.1)?;
        let (mut terms, mut errors) = (Vec::new(), Vec::new());
        for (line, record) in records {
            if terms.len() == MAX_TERMS {
                return Err(GlossaryError::TooLong);
            }
            match term_of(&record, &columns) {
                Ok(term) => terms.push(term),
                Err(problem) => errors.push(format!("line {line}: {problem}")),
            }
        }
        if !errors.is_empty() {
            let more = if errors.len() > MAX_ERRORS { "; …" } else { "" };
            errors.truncate(MAX_ERRORS);
            return Err(GlossaryError::Rows(errors.join("; ") + more));
        }
        Ok(Self { languages: columns.into_iter().flatten().collect(), terms })
    }

    /// As a file, which [`Self::parse`] takes back as it is.
    pub fn write(&self) -> String {
        let mut writer =
            csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(b"\xef\xbb\xbf".to_vec());
        // Writing into memory does not fail, and all rows have the same length.
        let header = self.languages.iter().map(LanguageTag::as_str).chain([NOTE]);
        let _ = writer.write_record(header);
        for term in &self.terms {
            let texts = self.languages.iter().map(|tag| term.texts.get(tag).cloned().unwrap_or_default());
            let cells = texts.chain([term.note.clone().unwrap_or_default()]);
            let _ = writer.write_record(cells.map(armoured));
        }
        String::from_utf8(writer.into_inner().unwrap_or_default()).unwrap_or_default()
    }

    /// Its terms in the languages of a session, each under the session's own tag; those that are there in two at least.
    pub fn between(&self, languages: &[LanguageTag]) -> Vec<Term> {
        let terms = self.terms.iter().filter_map(|term| {
            let texts: BTreeMap<LanguageTag, String> = languages
                .iter()
                .filter_map(|wanted| Some((wanted.clone(), text_in(term, wanted)?.to_owned())))
                .collect();
            (texts.len() >= 2).then(|| Term { texts, note: term.note.clone() })
        });
        terms.collect()
    }
}

/// The text in the very tag, or in the same language in another script or region.
fn text_in<'a>(term: &'a Term, wanted: &LanguageTag) -> Option<&'a String> {
    let same = || term.texts.iter().find(|(tag, _)| tag.same_language(wanted)).map(|(_, text)| text);
    term.texts.get(wanted).or_else(same)
}

/// What a speech model may expect to hear in one language: terms without repetition, at most `max_chars` characters of
/// them, the first terms of the glossary first.
pub fn prompt_of(terms: &[Term], language: &LanguageTag, max_chars: usize) -> String {
    let mut known = BTreeSet::new();
    let mut prompt = String::new();
    for text in terms.iter().filter_map(|term| term.texts.get(language)) {
        let length = prompt.chars().count() + 2 + text.chars().count();
        if known.insert(text.to_lowercase()) && length <= max_chars {
            if !prompt.is_empty() {
                prompt.push_str(", ");
            }
            prompt.push_str(text);
        }
    }
    prompt
}

/// Each column's language; `None`: the notes.
fn columns_of(header: &csv::StringRecord) -> Result<Vec<Option<LanguageTag>>, GlossaryError> {
    let mut columns = Vec::new();
    let mut wrong = Vec::new();
    // Spreadsheets leave empty columns behind at the end.
    let width = (0..header.len()).rfind(|at| !header[*at].trim().is_empty()).map_or(0, |last| last + 1);
    for heading in header.iter().take(width).map(str::trim) {
        let column = match heading.eq_ignore_ascii_case(NOTE) {
            true => None,
            false => match heading.parse::<LanguageTag>() {
                Ok(tag) => Some(tag),
                Err(problem) => {
                    wrong.push(problem.to_string());
                    continue;
                }
            },
        };
        if columns.contains(&column) {
            wrong.push(format!("'{heading}' stands there twice"));
        }
        columns.push(column);
    }
    let languages = columns.iter().flatten().count();
    if !(2..=MAX_LANGUAGES).contains(&languages) {
        wrong.push(format!("there are {languages} languages"));
    }
    if wrong.is_empty() { Ok(columns) } else { Err(GlossaryError::Header(wrong.join("; "))) }
}

fn term_of(record: &csv::StringRecord, columns: &[Option<LanguageTag>]) -> Result<Term, String> {
    if record.iter().skip(columns.len()).any(|cell| !cell.trim().is_empty()) {
        return Err("more cells than line 1 has: put text with a separator in quotes".to_owned());
    }
    let mut term = Term { texts: BTreeMap::new(), note: None };
    for (cell, column) in record.iter().zip(columns) {
        let text = unarmoured(cell.trim());
        if text.contains('\u{fffd}') {
            return Err("letters were lost: save the file as CSV UTF-8".to_owned());
        }
        if text.chars().count() > MAX_CHARS || text.chars().any(char::is_control) {
            return Err("a term or note has at most 200 characters on one line".to_owned());
        }
        match column {
            _ if text.is_empty() => {}
            Some(tag) => drop(term.texts.insert(tag.clone(), text.to_owned())),
            None => term.note = Some(text.to_owned()),
        }
    }
    if term.texts.len() >= 2 { Ok(term) } else { Err("a term needs two languages at least".to_owned()) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn tag(text: &str) -> LanguageTag {
        text.parse().unwrap()
    }

    const FILE: &str = "\u{feff}en;sq;sr;ar;note\r\n\
        trafficking in human beings;trafikim i qenieve njerëzore;trgovina ljudima;الاتجار بالبشر;not smuggling\r\n\
        \r\n\
        smuggler;kontrabandist;krijumčar;;\r\n\
        residence permit;;boravišna dozvola;إقامة;\r\n";

    #[test]
    fn a_file_is_read_and_gives_the_terms_of_a_session() {
        let glossary = Glossary::parse(FILE).unwrap();
        assert_eq!(glossary.languages, [tag("en"), tag("sq"), tag("sr"), tag("ar")]);
        assert_eq!(glossary.terms.len(), 3);
        assert_eq!(glossary.terms[0].note.as_deref(), Some("not smuggling"));
        assert_eq!(Glossary::parse(&glossary.write()).unwrap(), glossary);
        let terms = glossary.between(&[tag("ar"), tag("en")]);
        let arabic: Vec<_> = terms.iter().map(|term| term.texts[&tag("ar")].as_str()).collect();
        assert_eq!(arabic, ["الاتجار بالبشر", "إقامة"]);
        let cyrillic = glossary.between(&[tag("sr-Cyrl"), tag("sq")]);
        assert_eq!(cyrillic[1].texts[&tag("sr-Cyrl")], "krijumčar", "another script is better than nothing");
        assert!(glossary.between(&[tag("ps"), tag("en")]).is_empty());
    }

    #[test]
    fn a_prompt_has_each_term_once_and_ends_at_a_whole_one() {
        let text = "en,sq\nsmuggler,a\nSmuggler,b\nborder crossing,c\nvisa,d\n";
        let terms = Glossary::parse(text).unwrap().between(&[tag("en"), tag("sq")]);
        assert_eq!(prompt_of(&terms, &tag("en"), 400), "smuggler, border crossing, visa");
        assert_eq!(prompt_of(&terms, &tag("en"), 17), "smuggler, visa");
        assert_eq!(prompt_of(&terms, &tag("fr"), 400), "");
    }

    #[test]
    fn what_is_wrong_is_said_by_line() {
        let error = |text: &str| Glossary::parse(text).unwrap_err().to_string();
        assert!(error("").contains("empty"));
        assert!(error("en\nx\n").contains("there are 1 languages"));
        assert!(error("en,english language,sq,en\n").contains("'english language' is not a language tag"));
        assert!(error("en,sq,en\n").contains("'en' stands there twice"));
        let rows = error("en,sq\nsmuggler,kontrabandist\nvisa,\na,b,c\n\u{fffd},x\n");
        for named in ["line 3: a term needs two", "line 4: more cells", "line 5: letters were lost"] {
            assert!(rows.contains(named), "{rows}");
        }
        assert!(error(&"x".repeat(MAX_BYTES + 1)).contains("1 MiB"));
    }

    #[test]
    fn sessions_have_the_terms_that_they_were_asked_for() {
        let specialisms = BTreeSet::from([Specialism::Trafficking]);
        assert_eq!(CaseType::of(&BTreeSet::new(), false), BTreeSet::from([CaseType::General]));
        let of_child = BTreeSet::from([CaseType::General, CaseType::Minors, CaseType::Trafficking]);
        assert_eq!(CaseType::of(&specialisms, true), of_child);
    }

    proptest! {
        #[test]
        fn nothing_from_outside_makes_it_panic(text in "[a-z,;\"\n\r\u{0}-\u{ff}=+@'-]{0,200}") {
            if let Ok(glossary) = Glossary::parse(&text) {
                prop_assert_eq!(Glossary::parse(&glossary.write()).unwrap(), glossary);
            }
        }
    }
}
