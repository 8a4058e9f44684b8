//! An account's home.

use serde::{Deserialize, Serialize};

use crate::ids::{MediatorId, SessionId};
use crate::language::{LanguagePair, LanguageTag};
use crate::session_types::{IntervieweeLabel, MatchReason, NoAnswer, OfferNumber, Phase};
use crate::standing::Availability;
use crate::time::UnixMillis;

/// An account's home, by role; parts that do not concern the role are absent.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct DeskView {
    /// For a mediator.
    pub mediator: Option<MediatorDesk>,
    /// For an officer, a coordinator and an administrator: sessions they may see that are not over, newest first.
    pub sessions: Vec<SessionSummary>,
    /// For a coordinator: every mediator's standing now.
    pub presence: Vec<MediatorPresence>,
    /// For an officer: per language, how many mediators could be rung now.
    pub reachable: Vec<LanguageReach>,
}

/// A mediator's own home.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct MediatorDesk {
    /// The ready switch.
    pub ready: bool,
    /// Whether they are there to be rung: by the switch, or by a shift.
    pub availability: Availability,
    /// Switched off because offers ran out unanswered.
    pub missed_calls: bool,
    /// What keeps this mediator from being rung at all, if anything.
    pub barred: Vec<MatchReason>,
    /// Rings now. No names of people.
    pub offers: Vec<OfferView>,
    /// The session this mediator is in.
    pub current: Option<SessionId>,
}

/// A ring, as the rung mediator sees it.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct OfferView {
    /// Which session.
    pub session: SessionId,
    /// Which ring.
    pub offer: OfferNumber,
    /// Between which languages.
    pub languages: LanguagePair,
    /// Capacity of the interviewee.
    pub label: IntervieweeLabel,
    /// A child is to be interviewed.
    pub minor: bool,
    /// Rings until.
    pub expires_at: UnixMillis,
}

/// A session in a list.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct SessionSummary {
    /// Which.
    pub id: SessionId,
    /// Where it stands.
    pub phase: Phase,
    /// Languages.
    pub languages: LanguagePair,
    /// When it was requested.
    pub requested_at: UnixMillis,
    /// Participants connected now.
    pub connected: u32,
    /// The mediator's alias, once assigned.
    pub mediator_alias: Option<String>,
    /// Whether a transcript is agreed to, so that a scribe on standby may join.
    pub transcription_agreed: bool,
    /// Why nobody answered, while nobody does.
    pub no_answer: Option<NoAnswer>,
    /// Place in the line of those who wait for somebody who is busy, from 1.
    pub place_in_line: Option<u32>,
    /// A coordinator is called to it.
    pub coordinator_called: bool,
}

/// Where a mediator stands now.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct MediatorPresence {
    /// Who.
    pub mediator: MediatorId,
    /// Ready switch.
    pub ready: bool,
    /// A page or device is open.
    pub reachable: bool,
    /// In a session now.
    pub in_session: bool,
    /// By switch or by shift.
    pub availability: Availability,
    /// Minutes in sessions within the last 24 hours.
    pub minutes_worked: u32,
}

/// How many mediators could be rung for a language now.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct LanguageReach {
    /// The interviewee's language.
    pub language: LanguageTag,
    /// Ready, reachable and free.
    pub ready: u32,
    /// On the roster at all.
    pub on_roster: u32,
}
