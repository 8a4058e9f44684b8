//! The messages of the two WebSockets: a participant's in a session, and an account's at the desk.
//!
//! Both are JSON, one object a message, told apart by `type`. The relay sends whole views, never differences: a page
//! that reconnects is right after one message.

use serde::{Deserialize, Serialize};

use crate::ids::{MediatorId, ParticipantId, SessionId};
use crate::interpreting::{FloorAct, Hearing, Mode, Signal};
use crate::language::{LanguagePair, LanguageTag};
use crate::roster::{Gender, Qualification};
use crate::session_types::{
    Consent, ConsentKind, ConsentMeans, IntervieweeLabel, MatchReason, NoAnswer, OfferNumber, OfferState,
    Phase, Place, Role, TranscriptLine, Widening,
};
use crate::standing::Availability;
use crate::time::UnixMillis;

/// Largest message either side sends, in bytes; a longer one is refused.
pub const MAX_MESSAGE_BYTES: usize = 64 * 1024;

/// Participant → relay, on `/api/v1/sessions/{id}/socket`.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub enum ParticipantMessage {
    /// The client's SDP offer: one audio section it sends, and up to seven it only receives (the slots).
    SdpOffer {
        /// RFC 8866 text.
        sdp: String,
    },
    /// Agree or refuse; the interviewee on their screen, or the officer who noted it.
    StateConsent {
        /// What.
        kind: ConsentKind,
        /// Yes or no.
        agreed: bool,
        /// How it was given.
        means: ConsentMeans,
    },
    /// Stop everything, at once. Going on needs [`ConsentKind::Interpreting`] anew.
    Stop,
    /// Modes, channels, signals, breaks and handovers.
    Floor {
        /// What.
        act: FloorAct,
    },
    /// My microphone is off; shown to the others.
    SetMuted {
        /// Off?
        muted: bool,
    },
    /// How well I hear, from my own statistics; shown to the others.
    ReportQuality {
        /// In three steps.
        quality: Quality,
    },
    /// Relax the request (officer, while nobody answered).
    Widen {
        /// How.
        widening: Widening,
    },
    /// End the session for all (officer).
    EndSession,
    /// A transcribed line (scribe).
    AddTranscriptLine {
        /// The line; its `status` must be `machine_draft`.
        line: TranscriptLine,
    },
}

/// Relay → participant.
#[expect(
    clippy::large_enum_variant,
    reason = "each is written out where it is made; none is kept in numbers"
)]
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum RelayMessage {
    /// By which ways the audio may go where UDP does not get through. The first message of every connection.
    IceServers {
        /// TURN servers; empty where there are none.
        servers: Vec<IceServer>,
    },
    /// Everything the screen needs. Sent at the start and after every change.
    Session {
        /// The session as this participant may see it.
        view: SessionView,
    },
    /// The relay's SDP answer to the latest offer.
    SdpAnswer {
        /// RFC 8866 text.
        sdp: String,
    },
    /// Whose voice arrives in which receive-only section of the SDP.
    Slots {
        /// Only occupied slots are listed.
        slots: Vec<Slot>,
    },
    /// A line of the transcript, as it is written.
    Caption {
        /// The line.
        line: TranscriptLine,
    },
    /// The message was not carried out; nothing changed.
    Refused {
        /// Why, and what to do.
        problem: Problem,
    },
    /// The relay closes this connection and there is no use in coming back, or there is, as `reconnect` says.
    Goodbye {
        /// Why.
        problem: Problem,
        /// Whether to connect again.
        reconnect: bool,
    },
}

/// A TURN server, as a browser's `RTCPeerConnection` takes it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct IceServer {
    /// `turn:` and `turns:` addresses (RFC 7065).
    pub urls: Vec<String>,
    /// When it ends (seconds since 1970) and for whom it was made, in the loggable form.
    pub username: String,
    /// The password that goes with it.
    pub credential: String,
}

impl std::fmt::Debug for IceServer {
    /// Without the password: it must not stand in a log.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("IceServer")
            .field("urls", &self.urls)
            .field("username", &self.username)
            .finish_non_exhaustive()
    }
}

/// Account → relay, on `/api/v1/desk`.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub enum DeskMessage {
    /// The mediator's ready switch.
    SetReady {
        /// On?
        ready: bool,
    },
    /// Take the session.
    AcceptOffer {
        /// Which session.
        session: SessionId,
        /// Which ring.
        offer: OfferNumber,
    },
    /// Not this one.
    DeclineOffer {
        /// Which session.
        session: SessionId,
        /// Which ring.
        offer: OfferNumber,
    },
}

/// Relay → account.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum DeskRelayMessage {
    /// Everything the account's home screen needs. Sent at the start and after every change.
    Desk {
        /// What this account may see.
        view: DeskView,
    },
    /// The offer is yours: open the session.
    Assigned {
        /// Which session.
        session: SessionId,
    },
    /// The message was not carried out; nothing changed.
    Refused {
        /// Why, and what to do.
        problem: Problem,
    },
    /// The relay closes this connection.
    Goodbye {
        /// Why.
        problem: Problem,
        /// Whether to connect again.
        reconnect: bool,
    },
}

/// A refusal that says what was wrong and what to do. The same shape on HTTP and on the sockets.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Problem {
    /// Stable, for programs: `link_expired`, `not_allowed`, …
    pub code: String,
    /// For people, in English; screens translate by `code`.
    pub message: String,
}

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
    /// The latest signs, the newest last.
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

/// A sign.
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
