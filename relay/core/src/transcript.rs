//! What was said, in writing: drafts that still change, lines, and the gaps between them.

use serde::{Deserialize, Serialize};

use crate::ids::ParticipantId;
use crate::language::LanguageTag;
use crate::time::UnixMillis;

/// Longest name of a speech model, in characters.
const MAX_MODEL_CHARS: usize = 100;

/// Where the text of a line came from, and how far it can be trusted. Every line says it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum LineStatus {
    /// Written by a speech model; nobody has checked it.
    MachineDraft,
    /// Corrected by somebody after the session; nobody has certified it in this form.
    Corrected,
    /// Somebody of the session states that it says what was said.
    Certified,
}

/// One line of the transcript.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct TranscriptLine {
    /// Who spoke.
    pub speaker: ParticipantId,
    /// In which language it was transcribed.
    pub language: LanguageTag,
    /// The text, at most [`TranscriptLine::MAX_CHARS`] characters.
    pub text: String,
    /// When the speech began and ended, on the scribe's clock.
    pub started_at: UnixMillis,
    /// See `started_at`.
    pub ended_at: UnixMillis,
    /// Name of the speech model.
    pub model: String,
    /// Machine draft, or what it became.
    pub status: LineStatus,
    /// When each word was said, and which of them are doubtful; empty where it is not known.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub words: Vec<LineWord>,
    /// The model guessed: the whole line is doubtful.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub doubtful: bool,
    /// The scribe was lost in the middle of it: what was settled until then.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub broken_off: bool,
}

/// One word of a line.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct LineWord {
    /// With its punctuation.
    pub text: String,
    /// When it began, in milliseconds since the line did.
    pub from_ms: u32,
    /// When it ended.
    pub until_ms: u32,
    /// How sure the model is of it, 0 to 100.
    pub sure: u8,
}

impl LineWord {
    /// Less sure than this, a word is shown as doubtful.
    pub const DOUBTFUL_BELOW: u8 = 50;
}

impl TranscriptLine {
    /// Longest text of one line, in characters.
    pub const MAX_CHARS: usize = 2_000;
    /// Most words of one line.
    pub const MAX_WORDS: usize = 500;

    /// Whether a scribe may have written it: a text, in order, of words that lie in it.
    pub fn is_whole(&self) -> bool {
        let length = self.text.trim().chars().count();
        let span_ms = self.ended_at.0.checked_sub(self.started_at.0);
        let fits = |word: &LineWord| {
            word.from_ms <= word.until_ms
                && span_ms.is_some_and(|span| i64::from(word.until_ms) <= span)
                && word.sure <= 100
                && (1..=Self::MAX_CHARS).contains(&word.text.chars().count())
        };
        (1..=Self::MAX_CHARS).contains(&length)
            && (1..=MAX_MODEL_CHARS).contains(&self.model.chars().count())
            && span_ms.is_some_and(|span| span >= 0)
            && self.words.len() <= Self::MAX_WORDS
            && self.words.iter().all(fits)
            && self.status == LineStatus::MachineDraft
    }
}

/// Speech of which there is no text. Without this entry a reader would take it for silence.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct TranscriptGap {
    /// Who spoke.
    pub speaker: ParticipantId,
    /// From when, on the scribe's clock.
    pub started_at: UnixMillis,
    /// Until when.
    pub ended_at: UnixMillis,
    /// Why.
    pub why: GapReason,
}

/// Why there is no text.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum GapReason {
    /// The scribe's device is too slow for its model.
    TooSlow,
    /// The speech model failed.
    ModelFailed,
}

/// Roughly what a line says, in English, as a machine translates it. Shown apart: it is no interpretation, and no part of
/// the transcript.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct TranscriptGist {
    /// Who spoke.
    pub speaker: ParticipantId,
    /// When the line of which it is the gist began.
    pub started_at: UnixMillis,
    /// In English, at most [`TranscriptLine::MAX_CHARS`] characters.
    pub text: String,
    /// Name of the speech model.
    pub model: String,
}

impl TranscriptGist {
    /// Whether a scribe may have written it.
    pub fn is_whole(&self) -> bool {
        (1..=TranscriptLine::MAX_CHARS).contains(&self.text.trim().chars().count())
            && (1..=MAX_MODEL_CHARS).contains(&self.model.chars().count())
    }

    /// Whether it is the gist of this line.
    pub fn is_of(&self, line: &TranscriptLine) -> bool {
        (self.speaker, self.started_at) == (line.speaker, line.started_at)
    }
}

/// What a transcript consists of, in the order in which it was written.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(untagged)]
pub enum TranscriptEntry {
    /// A text.
    Line(TranscriptLine),
    /// None.
    Gap(TranscriptGap),
}

/// A line that is still being said. It is shown and forgotten; the line that it becomes is kept.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct CaptionDraft {
    /// Who speaks.
    pub speaker: ParticipantId,
    /// In which language it is transcribed.
    pub language: LanguageTag,
    /// Words that stay, at most [`TranscriptLine::MAX_CHARS`] characters together with `open`.
    pub settled: String,
    /// Words that may still change. With none and no settled ones, there is nothing to show any more.
    pub open: String,
    /// When the speech began, on the scribe's clock.
    pub started_at: UnixMillis,
    /// Until when it is written down.
    pub until: UnixMillis,
    /// Name of the speech model.
    pub model: String,
}

impl CaptionDraft {
    /// Whether a scribe may have written it.
    pub fn is_whole(&self) -> bool {
        self.settled.chars().count() + self.open.chars().count() <= TranscriptLine::MAX_CHARS
            && (1..=MAX_MODEL_CHARS).contains(&self.model.chars().count())
            && self.started_at <= self.until
    }

    /// What is kept of it where its scribe was lost: the settled words; `None` without any.
    pub fn broken_off(self) -> Option<TranscriptLine> {
        let text = self.settled.trim().to_owned();
        (!text.is_empty()).then_some(TranscriptLine {
            speaker: self.speaker,
            language: self.language,
            text,
            started_at: self.started_at,
            ended_at: self.until,
            model: self.model,
            status: LineStatus::MachineDraft,
            words: Vec::new(),
            doubtful: false,
            broken_off: true,
        })
    }
}

/// How the scribe's device keeps up.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum ScribePace {
    /// Captions come while somebody speaks.
    Live,
    /// The same, less often.
    Slower,
    /// Captions come when somebody has finished.
    FinalsOnly,
    /// No captions: the device is too slow for this model.
    TooSlow,
    /// The speech model failed and is started again.
    Restarting,
}

/// What a reader of the captions should know of them, as the scribe says it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct ScribeState {
    /// How the device keeps up.
    pub pace: ScribePace,
    /// Name of the speech model.
    pub model: String,
    /// What to know of speakers' languages, at most [`ScribeState::MAX_NOTES`].
    pub notes: Vec<LanguageNote>,
}

impl ScribeState {
    /// Most notes.
    pub const MAX_NOTES: usize = 2 * crate::session_types::MAX_PARTICIPANTS;

    /// Whether a scribe may say so.
    pub fn is_whole(&self) -> bool {
        (1..=MAX_MODEL_CHARS).contains(&self.model.chars().count()) && self.notes.len() <= Self::MAX_NOTES
    }
}

/// Something about one speaker's language.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct LanguageNote {
    /// Who.
    pub speaker: ParticipantId,
    /// What.
    pub what: LanguageRemark,
}

/// What may be the matter with a speaker's language.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum LanguageRemark {
    /// It is transcribed as a neighbour of theirs.
    TranscribedAs {
        /// As this one.
        language: LanguageTag,
    },
    /// The model does not know it: no captions.
    NotKnown,
    /// They sound as if they spoke another one.
    SoundsLike {
        /// This one.
        language: LanguageTag,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line() -> TranscriptLine {
        TranscriptLine {
            speaker: ParticipantId(uuid::Uuid::from_u128(1)),
            language: "sq".parse().unwrap(),
            text: "Ku keni fjetur?".to_owned(),
            started_at: UnixMillis(1_000),
            ended_at: UnixMillis(2_500),
            model: "test".to_owned(),
            status: LineStatus::MachineDraft,
            words: vec![LineWord { text: "Ku".to_owned(), from_ms: 0, until_ms: 300, sure: 90 }],
            doubtful: false,
            broken_off: false,
        }
    }

    #[test]
    fn a_line_is_whole_only_with_a_text_and_words_within_it() {
        assert!(line().is_whole());
        let spoil: [fn(&mut TranscriptLine); 8] = [
            |line| line.text = " ".to_owned(),
            |line| line.text = "x".repeat(TranscriptLine::MAX_CHARS + 1),
            |line| line.model.clear(),
            |line| line.ended_at = UnixMillis(999),
            |line| line.started_at = UnixMillis(i64::MIN),
            |line| line.words[0].until_ms = 1_501,
            |line| line.words[0].from_ms = 301,
            |line| line.words[0].sure = 101,
        ];
        for spoil in spoil {
            let mut spoilt = line();
            spoil(&mut spoilt);
            assert!(!spoilt.is_whole(), "{spoilt:?}");
        }
    }

    #[test]
    fn lines_of_records_of_before_are_read_and_written_as_they_were() {
        let before = r#"{"speaker":"00000000-0000-0000-0000-000000000001","language":"sq","text":"Po.","started_at":1,"ended_at":2,"model":"test","status":"machine_draft"}"#;
        let line: TranscriptLine = serde_json::from_str(before).unwrap();
        assert_eq!(serde_json::to_string(&line).unwrap(), before, "the record's chain is over these bytes");
    }

    #[test]
    fn of_a_draft_whose_scribe_is_lost_the_settled_words_are_kept() {
        let draft = CaptionDraft {
            speaker: line().speaker,
            language: "sq".parse().unwrap(),
            settled: "Ku keni".to_owned(),
            open: "fjet".to_owned(),
            started_at: UnixMillis(1_000),
            until: UnixMillis(2_000),
            model: "test".to_owned(),
        };
        let kept = draft.clone().broken_off().unwrap();
        assert!(kept.is_whole() && kept.broken_off && kept.text == "Ku keni" && kept.ended_at == draft.until);
        assert_eq!(CaptionDraft { settled: " ".to_owned(), ..draft }.broken_off(), None);
    }
}
