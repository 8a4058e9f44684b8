//! The nouns of a review.

use serde::{Deserialize, Serialize};

use crate::ids::{AccountId, MediatorId, ParticipantId, SessionId};
use crate::language::LanguagePair;
use crate::session_types::Role;
use crate::time::UnixMillis;

/// Who did something to a transcript: never a name.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Reviser {
    /// As whom: the session's officer, or one of its mediators.
    pub role: Role,
    /// A mediator's, as in the session.
    pub alias: Option<String>,
    /// Number in an official register of interpreters, or an officer's service number.
    pub register_number: Option<String>,
}

/// Somebody, and when.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct SignedAt {
    /// Who.
    pub by: Reviser,
    /// When.
    pub at: UnixMillis,
}

/// A text that took the place of the one before; that one is kept.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Correction {
    /// The line as it is since then.
    pub text: String,
    /// Who corrected it, and when.
    #[serde(flatten)]
    pub signed: SignedAt,
}

/// A line as somebody saw it: nobody corrects or certifies what changed while they looked.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(deny_unknown_fields)]
pub struct LineVersion {
    /// Number of the line: its place in the session's log.
    pub line: u64,
    /// How often it was corrected.
    pub version: u32,
}

/// What is asked for: the body of `POST /api/v1/sessions/{id}/transcript/revisions`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(tag = "act", rename_all = "snake_case", deny_unknown_fields)]
pub enum ReviewAct {
    /// Put another text in the place of a line's.
    CorrectLine {
        /// Which, as it was seen.
        seen: LineVersion,
        /// What was said, 1 to 2,000 characters.
        text: String,
    },
    /// State that lines say what was said.
    CertifyLines {
        /// Which, as they were seen; 1 to 1,000.
        seen: Vec<LineVersion>,
        /// An officer's service number. A mediator's register number is the roster's.
        #[serde(default)]
        service_number: Option<String>,
    },
    /// Explain something: of a line or gap, or of the whole.
    Comment {
        /// Its number; `None`: the whole.
        #[serde(default)]
        entry: Option<u64>,
        /// 1 to 2,000 characters.
        text: String,
    },
    /// The officer asks a mediator of the session to go through the transcript; only then do they see it.
    AskCheck {
        /// The mediator, as participant.
        of: ParticipantId,
    },
    /// The officer takes that back; what the mediator has done until then stays.
    CallCheckOff {
        /// The mediator, as participant.
        of: ParticipantId,
    },
    /// The mediator is through, and sees the transcript no more.
    FinishCheck,
}

/// What was done. The tag and fields are the format of the record: add, never rename.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(tag = "revision", rename_all = "snake_case")]
pub enum Revision {
    /// A line has another text.
    LineCorrected {
        /// Its number.
        line: u64,
        /// The new text.
        text: String,
    },
    /// Lines say what was said.
    LinesCertified {
        /// Which, and in which version.
        lines: Vec<LineVersion>,
    },
    /// Something was explained.
    Commented {
        /// Of which line or gap; `None`: of the whole.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        entry: Option<u64>,
        /// The explanation.
        text: String,
    },
    /// A mediator was asked to go through it.
    CheckAsked {
        /// As participant.
        of: ParticipantId,
        /// On the roster.
        mediator: MediatorId,
    },
    /// The officer took that back.
    CheckCalledOff {
        /// As participant.
        of: ParticipantId,
    },
    /// The mediator is through.
    CheckFinished {
        /// As participant.
        of: ParticipantId,
    },
}

/// One entry of the log of a review.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct RevisionLine {
    /// Place in that log, from 1.
    pub seq: u64,
    /// When.
    pub at: UnixMillis,
    /// Of which session.
    pub session: SessionId,
    /// Who: the account, which the record names nowhere else than in logs.
    pub account: AccountId,
    /// Who, as others may see them.
    pub by: Reviser,
    /// What.
    #[serde(flatten)]
    pub revision: Revision,
}

/// A mediator who was asked to go through a transcript.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Check {
    /// As participant.
    pub of: ParticipantId,
    /// As in the session.
    pub alias: String,
    /// When they were asked last.
    pub asked_at: UnixMillis,
    /// When they were through, if they are.
    pub finished_at: Option<UnixMillis>,
}

/// A transcript that a mediator was asked to go through, as they see it: `GET /api/v1/my/checks`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct MyCheck {
    /// Of which session.
    pub session: SessionId,
    /// What was interpreted.
    pub languages: LanguagePair,
    /// When it was requested.
    pub requested_at: UnixMillis,
    /// When they were asked.
    pub asked_at: UnixMillis,
}
