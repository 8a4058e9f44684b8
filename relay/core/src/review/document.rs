//! The transcript as it is read, exported and checked: one shape for the screen, for JSON and for paper.

use serde::{Deserialize, Serialize};

use crate::evidence::VerifiedLog;
use crate::ids::{ParticipantId, SessionId};
use crate::language::LanguageTag;
use crate::review::certificate::Certificate;
use crate::review::log::Review;
use crate::review::types::{Check, Correction, SignedAt};
use crate::session_types::{Phase, Role};
use crate::time::UnixMillis;
use crate::transcript::{LineStatus, LineWord, TranscriptEntry, TranscriptGap, TranscriptLine};

/// The version of the shape.
const FORMAT: &str = "dragoman-transcript-1";

/// `GET /api/v1/sessions/{id}/transcript`: the document, and what its reader may do with it.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct TranscriptView {
    /// What was said.
    pub document: TranscriptDocument,
    /// As whom the reader may correct and certify; `None`: only read.
    pub you: Option<ParticipantId>,
    /// Languages in which they may certify.
    pub your_languages: Vec<LanguageTag>,
    /// Mediators who were asked to go through it.
    pub checks: Vec<Check>,
}

/// A transcript with its certificate. `/api/v1/transcript.schema.json` describes it as JSON Schema (2020-12).
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct TranscriptDocument {
    /// `dragoman-transcript-1`.
    pub format: String,
    /// Of which session.
    pub session: SessionId,
    /// How it ended.
    pub phase: Phase,
    /// When it was requested.
    pub from: UnixMillis,
    /// When it ended.
    pub to: UnixMillis,
    /// What it follows from.
    pub record: RecordHash,
    /// Who interpreted what, when and how.
    pub certificate: Certificate,
    /// Everybody who was in the session.
    pub speakers: Vec<Speaker>,
    /// Lines and gaps, in the order in which speech began.
    pub entries: Vec<DocumentEntry>,
    /// Explanations, in the order in which they were written.
    pub comments: Vec<Comment>,
}

/// The ends of the two chains from which a transcript follows, hexadecimal SHA-256: with the record, anybody can check it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct RecordHash {
    /// Entries of the session's log.
    pub entries: u64,
    /// The chain after the last of them.
    pub chain: String,
    /// Entries of the review's log.
    pub revisions: u64,
    /// The chain after the last of them; it begins at the end of the other one.
    pub revisions_chain: String,
}

/// Somebody in a session.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Speaker {
    /// As in the log.
    pub id: ParticipantId,
    /// As what.
    pub role: Role,
    /// A mediator's.
    pub alias: Option<String>,
    /// What they speak.
    pub language: LanguageTag,
}

/// A line, or a gap.
#[expect(clippy::large_enum_variant, reason = "a transcript is mostly lines")]
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum DocumentEntry {
    /// What somebody said.
    Line(DocumentLine),
    /// Somebody spoke, and there is no text of it.
    Gap(DocumentGap),
}

impl DocumentEntry {
    /// Its place in the session's log.
    pub fn number(&self) -> u64 {
        match self {
            Self::Line(line) => line.number,
            Self::Gap(gap) => gap.number,
        }
    }

    /// When the speech began.
    pub fn started_at(&self) -> UnixMillis {
        match self {
            Self::Line(line) => line.started_at,
            Self::Gap(gap) => gap.gap.started_at,
        }
    }

    /// Who spoke.
    pub fn speaker(&self) -> ParticipantId {
        match self {
            Self::Line(line) => line.speaker,
            Self::Gap(gap) => gap.gap.speaker,
        }
    }
}

/// One line as it stands.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct DocumentLine {
    /// Its place in the session's log.
    pub number: u64,
    /// Who spoke.
    pub speaker: ParticipantId,
    /// In which language it was transcribed.
    pub language: LanguageTag,
    /// When the speech began, on the scribe's clock.
    pub started_at: UnixMillis,
    /// When it ended.
    pub ended_at: UnixMillis,
    /// As corrected last.
    pub text: String,
    /// Where the text comes from.
    pub status: LineStatus,
    /// As the machine wrote it, and each correction but the last, oldest first; empty: never corrected.
    pub before: Vec<LineVersionText>,
    /// Who corrected it last, and when.
    pub corrected: Option<SignedAt>,
    /// How often it was corrected.
    pub version: u32,
    /// Who states that this text says what was said.
    pub certified: Vec<SignedAt>,
    /// The speech model.
    pub model: String,
    /// Words as the machine wrote them.
    pub words: Vec<LineWord>,
    /// The model guessed.
    pub doubtful: bool,
    /// The scribe was lost in the middle of it.
    pub broken_off: bool,
    /// Roughly what it says, in English, as a machine translated it: no interpretation, and never certified.
    pub gist: Option<String>,
}

/// A text that a line had before.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct LineVersionText {
    /// The text.
    pub text: String,
    /// Who wrote it, and when; `None`: the machine.
    pub signed: Option<SignedAt>,
}

/// A gap.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct DocumentGap {
    /// Its place in the session's log.
    pub number: u64,
    /// Of whom, when and why.
    #[serde(flatten)]
    pub gap: TranscriptGap,
}

/// An explanation.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Comment {
    /// Its place in the review's log.
    pub number: u64,
    /// Of which entry; `None`: of the whole.
    pub entry: Option<u64>,
    /// What it says.
    pub text: String,
    /// Whose, and when.
    #[serde(flatten)]
    pub signed: SignedAt,
}

impl TranscriptDocument {
    /// What follows from the two logs.
    pub fn of(log: &VerifiedLog, review: &Review) -> Self {
        let speakers = log.everybody.iter().map(|participant| Speaker {
            id: participant.id,
            role: participant.role,
            alias: participant.assigned.as_ref().map(|taken| taken.alias.clone()),
            language: participant.language.clone(),
        });
        let entries = log.transcript.iter().map(|(number, entry)| match entry {
            TranscriptEntry::Line(line) => DocumentEntry::Line(line_of(*number, line, log, review)),
            TranscriptEntry::Gap(gap) => {
                DocumentEntry::Gap(DocumentGap { number: *number, gap: gap.clone() })
            }
        });
        let mut entries: Vec<DocumentEntry> = entries.collect();
        entries.sort_by_key(|entry| (entry.started_at(), entry.number()));
        let comments = review.comments.iter().map(|(number, entry, text, signed)| Comment {
            number: *number,
            entry: *entry,
            text: text.clone(),
            signed: signed.clone(),
        });
        Self {
            format: FORMAT.to_owned(),
            session: log.session.id,
            phase: log.session.phase(),
            from: log.span.0,
            to: log.span.1,
            record: RecordHash {
                entries: log.session.chain.length,
                chain: hex::encode(log.session.chain.head),
                revisions: review.chain.length,
                revisions_chain: hex::encode(review.chain.head),
            },
            certificate: log.certificate.clone(),
            speakers: speakers.collect(),
            entries,
            comments: comments.collect(),
        }
    }

    /// Somebody who spoke.
    pub fn speaker(&self, id: ParticipantId) -> Option<&Speaker> {
        self.speakers.iter().find(|speaker| speaker.id == id)
    }

    /// What was explained of an entry, or of the whole.
    pub fn comments_on(&self, entry: Option<u64>) -> impl Iterator<Item = &Comment> {
        self.comments.iter().filter(move |comment| comment.entry == entry)
    }
}

impl TranscriptView {
    /// The document as `reviewer` may see and change it; `None`: somebody who only reads.
    pub fn of(log: &VerifiedLog, review: &Review, reviewer: Option<&super::Reviewer>) -> Self {
        let you = reviewer.and_then(|reviewer| reviewer.in_session(log)).map(|participant| participant.id);
        let your_languages = reviewer.map(|reviewer| reviewer.languages(log)).unwrap_or_default();
        Self {
            document: TranscriptDocument::of(log, review),
            you,
            your_languages,
            checks: review.checks(log),
        }
    }
}

fn line_of(number: u64, line: &TranscriptLine, log: &VerifiedLog, review: &Review) -> DocumentLine {
    let corrections = review.corrections.get(&number).map(Vec::as_slice).unwrap_or_default();
    let version = review.version(number);
    let gist = log.gists.iter().rfind(|gist| gist.is_of(line));
    let certified = review.certified.get(&number).into_iter().flatten();
    let certified = certified.filter(|(of, _)| *of == version).map(|(_, signed)| signed.clone());
    let certified: Vec<SignedAt> = certified.collect();
    let machine = LineVersionText { text: line.text.clone(), signed: None };
    let written = |Correction { text, signed }: &Correction| LineVersionText {
        text: text.clone(),
        signed: Some(signed.clone()),
    };
    let mut texts: Vec<LineVersionText> =
        std::iter::once(machine).chain(corrections.iter().map(written)).collect();
    let last = texts.pop();
    let (text, corrected) = last.map_or((line.text.clone(), None), |last| (last.text, last.signed));
    let status = match (certified.is_empty(), &corrected) {
        (false, _) => LineStatus::Certified,
        (true, Some(_)) => LineStatus::Corrected,
        (true, None) => line.status,
    };
    DocumentLine {
        number,
        speaker: line.speaker,
        language: line.language.clone(),
        started_at: line.started_at,
        ended_at: line.ended_at,
        text,
        status,
        before: texts,
        corrected,
        version,
        certified,
        model: line.model.clone(),
        words: line.words.clone(),
        doubtful: line.doubtful,
        broken_off: line.broken_off,
        gist: gist.map(|gist| gist.text.clone()),
    }
}
