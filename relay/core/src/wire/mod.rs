//! The messages of the two WebSockets: a participant's in a session, and an account's at the desk.
//!
//! Both are JSON, one object a message, told apart by `type`. The relay sends whole views, never differences: a page
//! that reconnects is right after one message.

mod desk_view;
mod session_view;

use serde::{Deserialize, Serialize};

use crate::ids::SessionId;
use crate::interpreting::FloorAct;
use crate::session_types::{ConsentKind, ConsentMeans, OfferNumber, Widening};
use crate::transcript::{
    CaptionDraft, ScribeState, TranscriptEntry, TranscriptGap, TranscriptGist, TranscriptLine,
};

pub use desk_view::{DeskView, LanguageReach, MediatorDesk, MediatorPresence, OfferView, SessionSummary};
pub use session_view::{
    AsideView, InterpretingView, OfferStatusView, ParticipantView, PauseView, Quality, RingingView,
    SessionView, SignalView, Slot, TurnView, UsualWait, WideningChoice,
};

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
    /// Speech of which there is no text (scribe).
    AddTranscriptGap {
        /// The gap.
        gap: TranscriptGap,
    },
    /// Roughly what a line says, in English (scribe).
    AddGist {
        /// The gist.
        gist: TranscriptGist,
    },
    /// What is being said, as far as it is understood (scribe). The next one of the same speaker takes its place.
    DraftCaption {
        /// The draft.
        draft: CaptionDraft,
    },
    /// How well I keep up, and what to know of the captions (scribe).
    ReportScribe {
        /// The state.
        state: ScribeState,
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
    /// What is being said now; the next draft or line of the same speaker takes its place.
    Draft {
        /// The draft.
        draft: CaptionDraft,
    },
    /// Speech of which there is no text.
    Gap {
        /// The gap.
        gap: TranscriptGap,
    },
    /// Roughly what a line says, in English, as a machine translates it. Interviewees do not get it.
    Gist {
        /// The gist.
        gist: TranscriptGist,
    },
    /// The last of what was written before this connection while this participant was in the session, in its order: the
    /// first thing about the transcript that a connection brings, where there is anything. What was being said when the
    /// former connection was lost may be among it.
    Written {
        /// Texts, and where there is none. Words of a text only where some are doubtful.
        entries: Vec<TranscriptEntry>,
        /// Gists of some of them.
        gists: Vec<TranscriptGist>,
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
