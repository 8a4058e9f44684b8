//! What can happen to a relay, and what of it changes: the two ends of every decision.

use crate::availability::{DutySpan, Span};
use crate::draft::Draft;
use crate::event::ConsentStatement;
use crate::ids::{AccountId, MediatorId, ParticipantId, SessionId};
use crate::interpreting::FloorAct;
use crate::language::LanguageTag;
use crate::matching::Loans;
use crate::roster::Mediator;
use crate::session_types::{OfferNumber, Role, SessionRequest, Widening};
use crate::standing::Change;
use crate::time::UnixMillis;
use crate::transcript::{TranscriptGap, TranscriptGist, TranscriptLine};

/// Everything that can happen to a relay, apart from time.
#[derive(Clone, Debug)]
pub enum Input {
    /// A roster entry is new or was changed.
    PutMediator(Mediator),
    /// Several at once: all of them or none.
    PutRoster(Vec<Mediator>),
    /// The ready switch.
    SetReady(MediatorId, bool),
    /// Whether a page or device of the mediator is open.
    SetReachable(MediatorId, bool),
    /// A mediator's shifts of the next days.
    SetDuties(MediatorId, Vec<DutySpan>),
    /// A mediator's booked sessions of the next days.
    SetBooked(MediatorId, Vec<Span>),
    /// Who is on loan from now on; replaces what was said before.
    SetLoans(Loans),
    /// A coordinator rings one mediator by hand, and lifts what speaks against them.
    RingByHand {
        /// Where.
        session: SessionId,
        /// Whom.
        mediator: MediatorId,
        /// Who decides it.
        account: AccountId,
        /// Why; stands in the record.
        reason: String,
    },
    /// An officer asks for an interpreter.
    RequestSession {
        /// Fresh.
        session: SessionId,
        /// Who asks.
        officer_account: AccountId,
        /// Fresh.
        officer: ParticipantId,
        /// What for.
        request: SessionRequest,
    },
    /// Somebody came by a link.
    AdmitParticipant {
        /// Where.
        session: SessionId,
        /// Fresh.
        participant: ParticipantId,
        /// As what.
        role: Role,
        /// In which language.
        language: LanguageTag,
    },
    /// A mediator takes the session.
    AcceptOffer {
        /// Where.
        session: SessionId,
        /// Which ring.
        offer: OfferNumber,
        /// Who.
        mediator: MediatorId,
        /// Fresh.
        participant: ParticipantId,
    },
    /// A mediator says no.
    DeclineOffer {
        /// Where.
        session: SessionId,
        /// Which ring.
        offer: OfferNumber,
        /// Who.
        mediator: MediatorId,
    },
    /// What a participant does in a session.
    Act {
        /// Where.
        session: SessionId,
        /// Who.
        by: ParticipantId,
        /// What.
        act: Act,
    },
}

/// What a participant does.
#[derive(Clone, Debug)]
pub enum Act {
    /// The page or device connected.
    Connect,
    /// It went away.
    Disconnect,
    /// Relaxes the request.
    Widen(Widening),
    /// Agrees or refuses.
    StateConsent(ConsentStatement),
    /// Stops everything.
    Stop,
    /// Modes, channels, signals, breaks and handovers.
    Floor(FloorAct),
    /// Writes a line of the transcript.
    AddLine(TranscriptLine),
    /// Says that speech got no text.
    AddGap(TranscriptGap),
    /// Says in English what a line says.
    AddGist(TranscriptGist),
    /// Ends the session.
    End,
}

/// What an input changes: all of it or nothing.
#[derive(Clone, Debug, Default)]
pub struct Decision {
    /// Sessions that change, each with what is to be written first.
    pub drafts: Vec<Draft>,
    /// Roster entries that are new or change.
    pub roster: Vec<Mediator>,
    /// How standings change; of these only the ready switch is written.
    pub standings: Vec<(MediatorId, Change)>,
    /// Who is on loan, if that changes.
    pub(crate) loans: Option<Loans>,
    /// Sessions that looked for somebody and found nobody, at this time.
    pub(crate) looked: Vec<(SessionId, UnixMillis)>,
}
