//! A transcript as files: for players (WebVTT), for reading (plain text, DOCX, PDF) and for programs (JSON).
//!
//! What a paper says is put together once (`outline`); each format only sets it. Nothing here reads a clock or the
//! network: the same document gives the same bytes. Only fonts are read from the machine, for PDF.

mod clean;
mod docx;
mod labels;
mod moments;
mod names;
mod outline;
mod pdf;
mod plain_text;
mod schema;
mod web_vtt;

use std::str::FromStr;

use chrono_tz::Tz;
use dragoman_core::review::TranscriptDocument;

pub use labels::PaperLanguage;
use outline::Outline;
pub use schema::schema;

/// What a transcript can be written as.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Format {
    /// Captions beside a recording: <https://www.w3.org/TR/webvtt1/>.
    WebVtt,
    /// UTF-8, readable in any program.
    Text,
    /// The document itself, as [`schema`] describes it.
    Json,
    /// For word processors (ISO/IEC 29500).
    Docx,
    /// For the file and the court: PDF/A-2a (ISO 19005-2) and PDF/UA-1 (ISO 14289-1).
    Pdf,
}

impl Format {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::WebVtt, Self::Text, Self::Json, Self::Docx, Self::Pdf];

    /// The ending of a file's name, without the dot.
    pub fn extension(self) -> &'static str {
        match self {
            Self::WebVtt => "vtt",
            Self::Text => "txt",
            Self::Json => "json",
            Self::Docx => "docx",
            Self::Pdf => "pdf",
        }
    }

    /// For the header `Content-Type`.
    pub fn media_type(self) -> &'static str {
        match self {
            Self::WebVtt => "text/vtt; charset=utf-8",
            Self::Text => "text/plain; charset=utf-8",
            Self::Json => "application/json",
            Self::Docx => "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
            Self::Pdf => "application/pdf",
        }
    }
}

/// No transcript is written as that.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a transcript is written as vtt, txt, json, docx or pdf")]
pub struct NotAFormat;

impl FromStr for Format {
    type Err = NotAFormat;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|format| format.extension() == text).ok_or(NotAFormat)
    }
}

/// For whom a paper is written. WebVTT, text, DOCX and PDF follow it; JSON is the same for everybody.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// The language of all that was not said in the session.
    pub language: PaperLanguage,
    /// In which dates and times are given.
    pub time_zone: Tz,
}

/// Why there is no paper.
#[derive(Debug, thiserror::Error)]
pub enum PaperError {
    /// A box in the place of a letter would be a false transcript, and PDF/A forbids it.
    #[error(
        "no installed font has {characters}: install fonts-noto-core (for Chinese, Japanese and Korean \
         fonts-noto-cjk), or take another format than PDF"
    )]
    NoGlyphs {
        /// The first of them, each with its code point and script.
        characters: String,
    },
    /// The machine has no fonts at all.
    #[error("no fonts are installed: install fonts-noto-core, or take another format than PDF")]
    NoFonts,
    /// The library that writes the format refused.
    #[error("the {format} file can not be made: {why}")]
    NotWritten {
        /// Which format.
        format: &'static str,
        /// What the library says.
        why: String,
    },
}

impl PaperError {
    /// What it is, without anything of the transcript: for logs.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::NoGlyphs { .. } => "letters without a font",
            Self::NoFonts => "no fonts",
            Self::NotWritten { .. } => "the library refused",
        }
    }
}

/// Writes a transcript.
///
/// # Errors
/// See [`PaperError`]; only PDF asks something of the machine.
pub fn write(
    document: &TranscriptDocument,
    format: Format,
    options: &Options,
) -> Result<Vec<u8>, PaperError> {
    let outline = || Outline::of(document, options);
    match format {
        Format::WebVtt => Ok(web_vtt::write(&outline()).into_bytes()),
        Format::Text => Ok(plain_text::write(&outline()).into_bytes()),
        Format::Json => serde_json::to_vec_pretty(document)
            .map_err(|error| PaperError::NotWritten { format: "JSON", why: error.to_string() }),
        Format::Docx => docx::write(&outline()),
        Format::Pdf => pdf::write(&outline()),
    }
}
