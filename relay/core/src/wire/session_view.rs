//! A session as one participant may see it.

use serde::{Deserialize, Serialize};

use crate::ids::{ParticipantId, SessionId};
use crate::interpreting::{Hearing, Mode, Signal};
use crate::language::{LanguagePair, LanguageTag};
use crate::roster::{Gender, Qualification};
use crate::session_types::{
    Consent, IntervieweeLabel, MatchReason, NoAnswer, OfferNumber, OfferState, Phase, Place, Role,
};
use crate::time::UnixMillis;
use crate::transcript::ScribeState;

/// How well somebody hears.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum Quality {
    /// Loss below 3 %, nothing to notice.
    Good,
    /// Audible, understandable.
    Weak,
    /// Words are lost.
    Bad,
}

/// A session as one participant may see it.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct SessionView {
    /// Which.
    pub id: SessionId,
    /// The reader.
    pub you: ParticipantId,
    /// The reader's role.
    pub role: Role,
    /// Where it stands.
    pub phase: Phase,
    /// The languages.
    pub languages: LanguagePair,
    /// Set where the mediator speaks a neighbour of the interviewee's language instead.
    pub adjacent_language: Option<LanguageTag>,
    /// The language between, where two mediators interpret in a row.
    pub via: Option<LanguageTag>,
    /// Capacity of the interviewee (only the officer, mediator and observer see it).
    pub label: Option<IntervieweeLabel>,
    /// Everybody, in the order they joined.
    pub participants: Vec<ParticipantView>,
    /// Agreements as they stand.
    pub consents: Vec<Consent>,
    /// Whether a transcript is wished by the officer.
    pub transcription_wished: bool,
    /// Whether speech is being transcribed now.
    pub transcribing: bool,
    /// Modes, channels, signals, breaks and turns.
    pub interpreting: InterpretingView,
    /// The rings, for the officer only, newest wave last.
    pub ringing: Option<RingingView>,
    /// When it was requested.
    pub requested_at: UnixMillis,
    /// When all first heard all.
    pub live_since: Option<UnixMillis>,
}

/// One participant as the others see them.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct ParticipantView {
    /// Which.
    pub id: ParticipantId,
    /// As what.
    pub role: Role,
    /// The mediator's alias; the others have none.
    pub alias: Option<String>,
    /// The language they speak and read.
    pub language: LanguageTag,
    /// Page or device connected.
    pub connected: bool,
    /// A mediator who left for good.
    pub left: bool,
    /// Microphone switched off.
    pub muted: bool,
    /// As last reported.
    pub quality: Option<Quality>,
    /// How a scribe's captions stand.
    pub scribe: Option<ScribeState>,
}

/// How it is interpreted, as one participant may see it.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct InterpretingView {
    /// In which mode.
    pub mode: Mode,
    /// The languages that can be followed, where it is not interpreted one after the other.
    pub channels: Vec<LanguageTag>,
    /// Into which language the reader interprets now; mediators only.
    pub speaks_into: Option<LanguageTag>,
    /// Between which languages the reader interprets; mediators only.
    pub may_speak_into: Vec<LanguageTag>,
    /// Which channel the reader follows; nothing: the floor alone.
    pub listens_to: Option<LanguageTag>,
    /// Every voice that the reader hears now, and how.
    pub hears: Vec<Hearing>,
    /// Two who speak aside; everybody sees it.
    pub aside: Option<AsideView>,
    /// With whom the reader may speak aside.
    pub may_speak_aside_with: Vec<ParticipantId>,
    /// Who holds the cough button.
    pub coughing: Vec<ParticipantId>,
    /// The latest signals, the newest last.
    pub signals: Vec<SignalView>,
    /// The break, if there is one.
    pub pause: Option<PauseView>,
    /// Whose turn it is, for each place; officer and mediators only.
    pub turns: Vec<TurnView>,
    /// The relay's clock when this was sent, for what counts down.
    pub now: UnixMillis,
}

/// Two who speak aside.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct AsideView {
    /// The two.
    pub between: [ParticipantId; 2],
    /// Since when.
    pub since: UnixMillis,
}

/// A signal.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct SignalView {
    /// By whom.
    pub by: ParticipantId,
    /// Which.
    pub signal: Signal,
    /// When.
    pub at: UnixMillis,
}

/// A break.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct PauseView {
    /// Who asked for it.
    pub by: ParticipantId,
    /// Since when.
    pub since: UnixMillis,
    /// Whether the reader may end it.
    pub you_may_resume: bool,
}

/// Who interprets at one place, and who could take over.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct TurnView {
    /// Which place.
    pub place: Place,
    /// Who interprets.
    pub on_turn: Option<ParticipantId>,
    /// Since when without a rest.
    pub since: Option<UnixMillis>,
    /// Longer than is good.
    pub too_long: bool,
    /// A second mediator is looked for.
    pub relief_wanted: bool,
    /// The second mediator.
    pub relief: Option<ParticipantId>,
    /// They can take over.
    pub relief_ready: bool,
    /// The turn changes then.
    pub switches_at: Option<UnixMillis>,
}

/// How the search for a mediator goes.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct RingingView {
    /// Current wave, from 1; 0: nobody could be rung.
    pub wave: u32,
    /// All offers so far.
    pub offers: Vec<OfferStatusView>,
    /// Eligible mediators not rung yet.
    pub left_to_ring: u32,
    /// What may be relaxed that could bring somebody, most useful first.
    pub widenings: Vec<WideningChoice>,
    /// Why nobody answered, while nobody does.
    pub no_answer: Option<NoAnswer>,
    /// Place in the line of those who wait for somebody who is busy, from 1.
    pub place_in_line: Option<u32>,
    /// What waiting usually is, as far as this relay has seen.
    pub usual_wait: Option<UsualWait>,
    /// A coordinator was called to it.
    pub coordinator_called: bool,
}

/// How long calls for a language took to be answered lately.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct UsualWait {
    /// Nine of ten were answered within so many seconds.
    pub nine_of_ten_seconds: u32,
    /// Of so many calls.
    pub calls: u32,
}

/// One ring, as the officer sees it: alias and skills, never a name.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct OfferStatusView {
    /// Number within the session.
    pub offer: OfferNumber,
    /// Alias.
    pub alias: String,
    /// Formal standing.
    pub qualification: Qualification,
    /// As stated.
    pub gender: Option<Gender>,
    /// For which place of the session.
    pub place: Place,
    /// What became of it.
    pub state: OfferState,
    /// Why this one.
    pub reasons: Vec<MatchReason>,
    /// Rings until.
    pub expires_at: UnixMillis,
}

/// One way to widen the request, with what it would bring.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct WideningChoice {
    /// `ring_again`, `allow_adjacent_language`, `drop_gender_wish` or `pivot`.
    pub how: String,
    /// The language between, for a pivot.
    pub via: Option<LanguageTag>,
    /// How many mediators could be rung then, at this moment.
    pub would_reach: u32,
}

/// Which receive-only SDP section carries whom.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Slot {
    /// The SDP section's `a=mid`.
    pub mid: String,
    /// Whose voice.
    pub participant: ParticipantId,
}
