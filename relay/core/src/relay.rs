//! The whole relay as one state machine: the roster as it stands now, and every session that is not over.
//!
//! [`Relay::decide`] says what an input would change, without changing it; the shell writes that down, and then
//! [`Relay::commit`] makes it so. What was acknowledged is therefore always on disk, and what the disk refused never
//! happened.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::commands;
use crate::dispatch;
use crate::draft::Draft;
use crate::event::{ConsentStatement, Event};
use crate::ids::{AccountId, MediatorId, ParticipantId, SessionId};
use crate::language::LanguageTag;
use crate::matching::Standing;
use crate::refusal::Refusal;
use crate::roster::Mediator;
use crate::session::Session;
use crate::session_types::{OfferNumber, Phase, Role, SessionRequest, TranscriptLine, Widening};
use crate::time::UnixMillis;

/// A session that nobody is connected to ends by itself after this; one that still rings, after [`RINGS_ALONE_FOR`].
pub const EMPTY_FOR: Duration = Duration::from_secs(10 * 60);
/// An officer who left while it rang is not coming back to it.
pub const RINGS_ALONE_FOR: Duration = Duration::from_secs(2 * 60);

/// Everything that can happen to a relay, apart from time.
#[derive(Clone, Debug)]
pub enum Input {
    /// A roster entry is new or was changed.
    PutMediator(Mediator),
    /// The ready switch.
    SetReady(MediatorId, bool),
    /// Whether a page or device of the mediator is open.
    SetReachable(MediatorId, bool),
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
    /// Writes a line of the transcript.
    AddLine(TranscriptLine),
    /// Ends the session.
    End,
}

/// What an input changes: all of it or nothing.
#[derive(Clone, Debug, Default)]
pub struct Decision {
    /// Sessions that change, each with what is to be written first.
    pub drafts: Vec<Draft>,
    /// The roster entry that changes.
    pub mediator: Option<Mediator>,
    /// The ready switch that changes.
    pub ready: Option<(MediatorId, bool)>,
    reachable: Option<(MediatorId, bool)>,
}

/// The roster and how everybody on it stands.
#[derive(Clone, Debug, Default)]
pub struct Roster {
    entries: BTreeMap<MediatorId, (Mediator, Standing)>,
}

impl Roster {
    /// Everybody with their standing.
    pub fn standings(&self) -> impl Iterator<Item = (&Mediator, Standing)> {
        self.entries.values().map(|(mediator, standing)| (mediator, *standing))
    }

    /// One of them.
    pub fn get(&self, id: MediatorId) -> Option<(&Mediator, Standing)> {
        self.entries.get(&id).map(|(mediator, standing)| (mediator, *standing))
    }

    fn standing_mut(&mut self, id: MediatorId) -> Option<&mut Standing> {
        self.entries.get_mut(&id).map(|(_, standing)| standing)
    }
}

/// See the module's page.
#[derive(Clone, Debug, Default)]
pub struct Relay {
    roster: Roster,
    sessions: BTreeMap<SessionId, Session>,
}

impl Relay {
    /// The roster.
    pub fn roster(&self) -> &Roster {
        &self.roster
    }

    /// A session that is not over.
    pub fn session(&self, id: SessionId) -> Option<&Session> {
        self.sessions.get(&id)
    }

    /// All sessions that are not over.
    pub fn sessions(&self) -> impl Iterator<Item = &Session> {
        self.sessions.values()
    }

    /// The session a mediator is in.
    pub fn session_of(&self, mediator: MediatorId) -> Option<&Session> {
        self.sessions.values().find(|session| session.mediator().is_some_and(|(id, ..)| id == mediator))
    }

    /// Takes back a session that was going on when the relay ended; whoever was connected is not any more.
    pub fn restore(&mut self, session: Session, now: UnixMillis) -> Decision {
        let mut draft = Draft::of(&session);
        for participant in session.participants.iter().filter(|participant| participant.connected) {
            draft.record(Event::ParticipantDisconnected { participant: participant.id }, now);
        }
        commands::settle(&mut draft, now);
        self.adopt(session);
        Decision { drafts: vec![draft], ..Decision::default() }
    }

    /// What an input would change.
    ///
    /// # Errors
    /// [`Refusal`] says why nothing would.
    pub fn decide(&self, input: Input, now: UnixMillis) -> Result<Decision, Refusal> {
        let mut decision = Decision::default();
        match input {
            Input::PutMediator(mediator) => decision.mediator = Some(mediator),
            Input::SetReady(mediator, ready) => {
                let (_, standing) = self.roster.get(mediator).ok_or(Refusal::NoSuchMediator)?;
                decision.ready = (standing.ready != ready).then_some((mediator, ready));
            }
            Input::SetReachable(mediator, reachable) => {
                let (_, standing) = self.roster.get(mediator).ok_or(Refusal::NoSuchMediator)?;
                decision.reachable = (standing.reachable != reachable).then_some((mediator, reachable));
            }
            Input::RequestSession { session, officer_account, officer, request } => {
                if self.sessions.contains_key(&session) {
                    return Err(Refusal::SessionExists);
                }
                if request.languages.source.same_language(&request.languages.target) {
                    return Err(Refusal::SameLanguage);
                }
                let requested = Event::SessionRequested { officer_account, officer, request };
                let mut draft = Draft::begin(session, requested, now).ok_or(Refusal::NoSuchSession)?;
                dispatch::ring_next_wave(&mut draft, &self.roster, now);
                decision.drafts.push(draft);
            }
            Input::AdmitParticipant { session, participant, role, language } => {
                decision.drafts.push(commands::admit(
                    self.draft(session)?,
                    participant,
                    role,
                    language,
                    now,
                )?);
            }
            Input::AcceptOffer { session, offer, mediator, participant } => {
                decision.drafts = self.accept(session, offer, mediator, participant, now)?;
            }
            Input::DeclineOffer { session, offer, mediator } => {
                let draft = self.draft(session)?;
                decision.drafts.push(commands::decline(draft, &self.roster, offer, mediator, now)?);
            }
            Input::Act { session, by, act } => {
                decision.drafts.push(commands::act(self.draft(session)?, &self.roster, by, act, now)?);
            }
        }
        self.ring_whoever_became_free(&mut decision, now);
        Ok(decision)
    }

    /// What the passing of time changes.
    pub fn decide_timeout(&self, now: UnixMillis) -> Decision {
        let mut drafts = Vec::new();
        for session in self
            .sessions
            .values()
            .filter(|session| due_at(session, &self.roster, now).is_some_and(|due| due <= now))
        {
            let mut draft = Draft::of(session);
            dispatch::handle_timeout(&mut draft, &self.roster, now);
            if ends_empty_at(&draft.session).is_some_and(|at| at <= now) {
                commands::end(&mut draft, None, now);
            }
            if !draft.events.is_empty() {
                drafts.push(draft);
            }
        }
        let mut decision = Decision { drafts, ..Decision::default() };
        self.ring_whoever_became_free(&mut decision, now);
        decision
    }

    /// When [`Relay::decide_timeout`] has something to do next.
    pub fn poll_timeout(&self, now: UnixMillis) -> Option<UnixMillis> {
        self.sessions.values().filter_map(|session| due_at(session, &self.roster, now)).min()
    }

    /// Makes a decision so. Sessions that are over are forgotten; returns them as they ended.
    pub fn commit(&mut self, decision: Decision) -> Vec<Session> {
        if let Some(mediator) = decision.mediator {
            let standing = self.roster.get(mediator.id).map(|(_, standing)| standing).unwrap_or_default();
            self.roster.entries.insert(mediator.id, (mediator, standing));
        }
        if let Some((mediator, ready)) = decision.ready
            && let Some(standing) = self.roster.standing_mut(mediator)
        {
            standing.ready = ready;
        }
        if let Some((mediator, reachable)) = decision.reachable
            && let Some(standing) = self.roster.standing_mut(mediator)
        {
            standing.reachable = reachable;
        }
        decision.drafts.into_iter().filter_map(|draft| self.adopt(draft.session)).collect()
    }

    /// Decides and commits in one step, for those who have nothing to write: simulation and tests.
    ///
    /// # Errors
    /// [`Refusal`].
    pub fn handle_input(&mut self, input: Input, now: UnixMillis) -> Result<Vec<Draft>, Refusal> {
        let decision = self.decide(input, now)?;
        let drafts = decision.drafts.clone();
        self.commit(decision);
        Ok(drafts)
    }

    /// The same for the passing of time.
    pub fn handle_timeout(&mut self, now: UnixMillis) -> Vec<Draft> {
        let decision = self.decide_timeout(now);
        let drafts = decision.drafts.clone();
        self.commit(decision);
        drafts
    }

    fn draft(&self, session: SessionId) -> Result<Draft, Refusal> {
        self.sessions.get(&session).map(Draft::of).ok_or(Refusal::NoSuchSession)
    }

    /// The accepting session's draft, and those of all others that rang the same mediator.
    fn accept(
        &self,
        session: SessionId,
        offer: OfferNumber,
        mediator: MediatorId,
        participant: ParticipantId,
        now: UnixMillis,
    ) -> Result<Vec<Draft>, Refusal> {
        let (entry, standing) = self.roster.get(mediator).ok_or(Refusal::NoSuchMediator)?;
        let draft = self.draft(session)?;
        if standing.in_session {
            return Err(Refusal::MediatorBusy);
        }
        let mut drafts = vec![commands::accept(draft, entry, offer, participant, now)?];
        for other in self.sessions.values().filter(|other| other.id != session) {
            let rings = other.ringing().find(|offer| offer.mediator == mediator).map(|offer| offer.number);
            if let Some(number) = rings {
                let mut draft = Draft::of(other);
                commands::withdraw(&mut draft, &self.roster, number, now);
                drafts.push(draft);
            }
        }
        Ok(drafts)
    }

    /// A session that has rung everybody takes whoever became free by this decision.
    fn ring_whoever_became_free(&self, decision: &mut Decision, now: UnixMillis) {
        let came = |switch: Option<(MediatorId, bool)>| switch.is_some_and(|(_, on)| on);
        let left = decision
            .drafts
            .iter()
            .any(|draft| draft.session.phase().is_over() && draft.session.mediator().is_some());
        if !(left || came(decision.ready) || came(decision.reachable) || decision.mediator.is_some()) {
            return;
        }
        // The roster as it will be.
        let mut after = Self { roster: self.roster.clone(), sessions: BTreeMap::new() };
        after.commit(decision.clone());
        let touched: Vec<SessionId> = decision.drafts.iter().map(|draft| draft.session.id).collect();
        for session in self.sessions.values().filter(|session| !touched.contains(&session.id)) {
            let mut draft = Draft::of(session);
            dispatch::go_on(&mut draft, &after.roster, now);
            if !draft.events.is_empty() {
                decision.drafts.push(draft);
            }
        }
    }

    /// Puts a session in its place, or forgets it if it is over; keeps the standing of its mediator in step.
    fn adopt(&mut self, session: Session) -> Option<Session> {
        let mediator = session.mediator().map(|(id, ..)| id);
        let over = session.phase().is_over();
        if over {
            self.sessions.remove(&session.id);
        } else {
            self.sessions.insert(session.id, session.clone());
        }
        if let Some(standing) = mediator.and_then(|id| self.roster.standing_mut(id)) {
            standing.in_session = !over;
            standing.last_assigned = standing.last_assigned.max(session.assigned_at);
        }
        over.then_some(session)
    }
}

fn due_at(session: &Session, roster: &Roster, now: UnixMillis) -> Option<UnixMillis> {
    dispatch::poll_timeout(session, roster, now).into_iter().chain(ends_empty_at(session)).min()
}

fn ends_empty_at(session: &Session) -> Option<UnixMillis> {
    let patience = match session.phase() {
        Phase::Ringing | Phase::Unanswered => RINGS_ALONE_FOR,
        phase if phase.is_over() => return None,
        _ => EMPTY_FOR,
    };
    session.empty_since.map(|since| since + patience)
}
