//! What happened in a session, in the past tense. A session's state is its events, replayed.

use serde::{Deserialize, Serialize};

use crate::ids::{AccountId, MediatorId, ParticipantId};
use crate::interpreting::{Mode, Signal};
use crate::language::LanguageTag;
use crate::session_types::{
    Candidate, Consent, ConsentKind, ConsentMeans, MatchReason, NoAnswer, OfferNumber, OfferState, Place,
    Role, SessionRequest, Widening,
};
use crate::time::UnixMillis;
use crate::transcript::{TranscriptGap, TranscriptGist, TranscriptLine};

/// One thing that happened. The tag and fields are the format of the record: add, never rename.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Event {
    /// An officer asked for an interpreter.
    SessionRequested {
        /// The officer's account.
        officer_account: AccountId,
        /// The officer as participant.
        officer: ParticipantId,
        /// What was asked for.
        request: SessionRequest,
    },
    /// Matching ranked the roster; the eligible first, best first.
    CandidatesRanked {
        /// The first of them: eligible ones, then excluded ones with their reasons.
        candidates: Vec<Candidate>,
        /// For which place.
        #[serde(default, skip_serializing_if = "Place::is_first")]
        place: Place,
        /// How many more were ranked.
        #[serde(default)]
        left_out: u32,
    },
    /// One mediator is being rung.
    OfferRang {
        /// Number within the session.
        offer: OfferNumber,
        /// Who is rung.
        mediator: MediatorId,
        /// Which wave, from 1.
        wave: u32,
        /// It expires then.
        expires_at: UnixMillis,
        /// For which place.
        #[serde(default, skip_serializing_if = "Place::is_first")]
        place: Place,
    },
    /// A mediator took the session; they are its mediator from now on.
    OfferAccepted {
        /// Which offer.
        offer: OfferNumber,
        /// Who.
        mediator: MediatorId,
        /// Their participant in this session.
        participant: ParticipantId,
        /// What others see instead of a name.
        alias: String,
        /// Number in an official register of interpreters, where they have one: for the certificate, not for screens.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        register_number: Option<String>,
        /// Shown to all where the mediator speaks a neighbour of the language asked for.
        #[serde(default)]
        adjacent_language: Option<LanguageTag>,
        /// Which place they take.
        #[serde(default, skip_serializing_if = "Place::is_first")]
        place: Place,
    },
    /// An offer ended otherwise.
    OfferClosed {
        /// Which offer.
        offer: OfferNumber,
        /// `declined`, `expired` or `withdrawn`.
        outcome: OfferState,
    },
    /// Nobody is left to ring.
    NobodyAnswered {
        /// Why; absent in records of before.
        #[serde(default)]
        why: Option<NoAnswer>,
    },
    /// It took so long that a coordinator was called.
    CoordinatorCalled,
    /// A coordinator lifted exclusions of one mediator for this session, by hand.
    ExceptionMade {
        /// Who decided it.
        account: AccountId,
        /// For whom.
        mediator: MediatorId,
        /// What was lifted.
        lifted: Vec<MatchReason>,
        /// Why, in the coordinator's words.
        reason: String,
    },
    /// The officer relaxed the request.
    RequestWidened {
        /// How, with the reason.
        widening: Widening,
    },
    /// Somebody was let in by a link.
    ParticipantAdmitted {
        /// Who.
        participant: ParticipantId,
        /// As what.
        role: Role,
        /// The language they speak and read.
        language: LanguageTag,
    },
    /// A participant's page or device is connected.
    ParticipantConnected {
        /// Who.
        participant: ParticipantId,
    },
    /// The connection was lost or closed.
    ParticipantDisconnected {
        /// Who.
        participant: ParticipantId,
    },
    /// The interviewee agreed or refused.
    ConsentGiven {
        /// Who stated it.
        by: ParticipantId,
        /// What, and how.
        consent: Consent,
    },
    /// Everything was stopped.
    Stopped {
        /// By whom.
        by: ParticipantId,
    },
    /// It is interpreted in another mode.
    ModeChanged {
        /// Who changed it.
        by: ParticipantId,
        /// To this one.
        mode: Mode,
    },
    /// A participant listens to another channel.
    ChannelChosen {
        /// Who.
        by: ParticipantId,
        /// Interpretation into this language; nothing: the floor alone.
        language: Option<LanguageTag>,
    },
    /// A mediator interprets into another language.
    OutputChosen {
        /// Who.
        by: ParticipantId,
        /// Into this one.
        language: LanguageTag,
    },
    /// Two speak aside; what they say is forwarded to nobody else.
    AsideBegun {
        /// Who began it.
        by: ParticipantId,
        /// With whom.
        with: ParticipantId,
    },
    /// The aside is over.
    AsideEnded {
        /// Who ended it.
        by: ParticipantId,
    },
    /// A signal was given.
    SignalGiven {
        /// By whom.
        by: ParticipantId,
        /// Which.
        signal: Signal,
    },
    /// A participant's voice was held back for a cough, or is let through again.
    CoughSwitched {
        /// Who.
        by: ParticipantId,
        /// Held back from now?
        on: bool,
    },
    /// A break began: nothing of the interviewee is forwarded, and nothing to them.
    Paused {
        /// Who asked for it.
        by: ParticipantId,
    },
    /// The break is over.
    Resumed {
        /// Who ended it.
        by: ParticipantId,
    },
    /// A second mediator is looked for, who takes turns with the first.
    ReliefRequested {
        /// By whom.
        by: ParticipantId,
        /// The place that they will take.
        place: Place,
    },
    /// The search was called off.
    ReliefCalledOff {
        /// By whom.
        by: ParticipantId,
        /// The place that was kept for them.
        place: Place,
    },
    /// A second mediator can take over, or can not after all.
    ReadySet {
        /// Who.
        by: ParticipantId,
        /// Can?
        ready: bool,
    },
    /// The countdown to a handover began.
    HandoverBegun {
        /// Who began it.
        by: ParticipantId,
        /// Of which place.
        place: Place,
        /// The turn changes then.
        switch_at: UnixMillis,
    },
    /// The countdown was called off.
    HandoverCalledOff {
        /// By whom.
        by: ParticipantId,
        /// Of which place.
        place: Place,
    },
    /// The turn changed: one is heard from now, the other no more.
    HandedOver {
        /// Of which place.
        place: Place,
        /// Who interpreted until now.
        from: ParticipantId,
        /// Who does from now.
        to: ParticipantId,
    },
    /// Whoever is on turn works longer without a rest than is good for anybody.
    TurnTooLong {
        /// At which place.
        place: Place,
    },
    /// A mediator who had no turn left the session for good.
    MediatorReleased {
        /// Who.
        participant: ParticipantId,
    },
    /// Transcription began or ended, as agreement and a scribe came and went.
    TranscriptionSwitched {
        /// Whether it is on from now.
        on: bool,
    },
    /// The scribe wrote a line.
    LineTranscribed {
        /// The scribe.
        by: ParticipantId,
        /// The line.
        line: TranscriptLine,
    },
    /// Somebody spoke, and there is no text of it.
    TextMissing {
        /// The scribe.
        by: ParticipantId,
        /// Of whom, when and why.
        gap: TranscriptGap,
    },
    /// The scribe's machine said in English roughly what a line says.
    GistWritten {
        /// The scribe.
        by: ParticipantId,
        /// The gist.
        gist: TranscriptGist,
    },
    /// The session is over.
    SessionEnded {
        /// Who ended it; `None`: the relay, because nobody was there any more.
        by: Option<ParticipantId>,
        /// `true`: it ended before anything was interpreted.
        abandoned: bool,
    },
}

/// A consent as asked for by a participant, before the core stamped it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ConsentStatement {
    /// What.
    pub kind: ConsentKind,
    /// Yes or no.
    pub agreed: bool,
    /// How it was given.
    pub means: ConsentMeans,
}
