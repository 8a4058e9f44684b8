//! The whole relay as one state machine: the roster as it stands now, and every session that is not over.
//!
//! [`Relay::decide`] says what an input would change, without changing it; the shell writes that down, and then
//! [`Relay::commit`] makes it so. What was acknowledged is therefore always on disk, and what the disk refused never
//! happened.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use crate::answer_times::AnswerTimes;
use crate::availability::Span;
use crate::case::{CaseBook, KeyedDigest, Served};
use crate::commands;
use crate::dispatch::Dispatcher;
use crate::draft::Draft;
use crate::event::Event;
use crate::ids::{MediatorId, ParticipantId, SessionId};
use crate::interpreting;
use crate::language::LanguageTag;
use crate::matching::Loans;
use crate::policy::DispatchPolicy;
use crate::refusal::Refusal;
use crate::session::Session;
use crate::session_types::{OfferNumber, Phase};
use crate::standing::Change;
use crate::standings::{Roster, RosterEntry, RosterNow};
use crate::time::UnixMillis;

pub use crate::input::{Act, Decision, Input};

/// A session that nobody is connected to ends by itself after this; one that still rings, after [`RINGS_ALONE_FOR`].
pub const EMPTY_FOR: Duration = Duration::from_secs(10 * 60);
/// An officer who left while it rang is not coming back to it.
pub const RINGS_ALONE_FOR: Duration = Duration::from_secs(2 * 60);

/// Something of the past that decides about the present; the store remembers it over a restart.
#[derive(Clone, Debug)]
pub enum Memory {
    /// The ready switch, and when it was last used.
    Switched(MediatorId, bool, UnixMillis),
    /// Somebody interpreted in a case.
    Served(KeyedDigest, Served),
    /// Somebody was in a session.
    Worked(MediatorId, Span),
    /// A call for this language was answered after so long.
    Answered(LanguageTag, Duration),
}

/// See the module's page.
#[derive(Clone, Debug, Default)]
pub struct Relay {
    policy: DispatchPolicy,
    roster: Roster,
    loans: Loans,
    cases: CaseBook,
    answer_times: AnswerTimes,
    sessions: BTreeMap<SessionId, Session>,
    looked: BTreeMap<SessionId, UnixMillis>,
}

impl Relay {
    /// A relay that rings by these rules.
    pub fn with_policy(policy: DispatchPolicy) -> Self {
        Self { policy, ..Self::default() }
    }

    /// The rules.
    pub fn policy(&self) -> &DispatchPolicy {
        &self.policy
    }

    /// The roster.
    pub fn roster(&self) -> &Roster {
        &self.roster
    }

    /// How long answers took.
    pub fn answer_times(&self) -> &AnswerTimes {
        &self.answer_times
    }

    /// What ringing is decided by now.
    pub fn dispatcher(&self, now: UnixMillis) -> Dispatcher<'_> {
        self.dispatcher_with(RosterNow::of(&self.roster), now)
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
        self.sessions.values().find(|session| session.mediators().any(|taken| taken.mediator == mediator))
    }

    /// The place in the line of those who wait for somebody who is busy now, from 1; `None`: it does not wait.
    /// Calls for the same two languages stand in one line, the oldest first.
    pub fn place_in_line(&self, session: &Session) -> Option<u32> {
        if !waits_in_line(session) {
            return None;
        }
        let key = |of: &Session| (of.requested_at, of.id);
        let ahead = self.sessions.values().filter(|other| {
            waits_in_line(other) && same_languages(other, session) && key(other) < key(session)
        });
        u32::try_from(ahead.count() + 1).ok()
    }

    /// Remembers something of the past, at the start.
    pub fn recall(&mut self, memory: Memory) {
        match memory {
            Memory::Switched(mediator, ready, at) => self.roster.apply(mediator, Change::Switched(ready, at)),
            Memory::Served(case, served) => self.cases.note(case, served),
            Memory::Worked(mediator, span) => self.roster.apply(mediator, Change::Worked(span)),
            Memory::Answered(language, after) => self.answer_times.note(&language, after),
        }
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
        let mut decision = self.decide_alone(input, now)?;
        self.review_rings(&mut decision, now);
        Ok(decision)
    }

    /// What the passing of time changes.
    pub fn decide_timeout(&self, now: UnixMillis) -> Decision {
        let standings = self.missed_by(now);
        let mut decision = Decision { standings, ..Decision::default() };
        // Whoever is switched off by this is not rung by it either.
        let changed = self.entries_after(&decision);
        let dispatcher = self.dispatcher_with(RosterNow::with(&self.roster, &changed), now);
        // The oldest call first: whoever waits longest gets whom they both could have.
        for session in self.by_age().filter(|session| self.due_at(session, now).is_some_and(|due| due <= now))
        {
            let mut draft = Draft::of(session);
            let looked = dispatcher.looked(session);
            dispatcher.handle_timeout(&mut draft);
            interpreting::handle_timeout(&mut draft, &self.policy, now);
            if ends_empty_at(&draft.session).is_some_and(|at| at <= now) {
                commands::end(&mut draft, None, now);
            }
            if looked {
                decision.looked.push((session.id, now));
            }
            if !draft.events.is_empty() {
                decision.drafts.push(draft);
            }
        }
        self.review_rings(&mut decision, now);
        decision
    }

    /// When [`Relay::decide_timeout`] has something to do next.
    pub fn poll_timeout(&self, now: UnixMillis) -> Option<UnixMillis> {
        self.sessions.values().filter_map(|session| self.due_at(session, now)).min()
    }

    /// Makes a decision so. Sessions that are over are forgotten; returns them as they ended.
    pub fn commit(&mut self, decision: Decision) -> Vec<Session> {
        for mediator in decision.roster {
            self.roster.put(mediator);
        }
        for (mediator, change) in decision.standings {
            self.roster.apply(mediator, change);
        }
        if let Some(loans) = decision.loans {
            self.loans = loans;
        }
        self.looked.extend(decision.looked);
        decision.drafts.into_iter().filter_map(|draft| self.adopt(draft.session)).collect()
    }

    /// Who is lent to whom.
    pub(crate) fn loans(&self) -> &Loans {
        &self.loans
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

    fn dispatcher_with<'a>(&'a self, roster: RosterNow<'a>, now: UnixMillis) -> Dispatcher<'a> {
        Dispatcher { roster, cases: &self.cases, loans: &self.loans, policy: &self.policy, now }
    }

    fn decide_alone(&self, input: Input, now: UnixMillis) -> Result<Decision, Refusal> {
        let dispatcher = self.dispatcher(now);
        let mut decision = Decision::default();
        match input {
            Input::PutMediator(mediator) => decision.roster.push(mediator),
            Input::PutRoster(mediators) => decision.roster = mediators,
            Input::SetReady(mediator, ready) => {
                let standing = &self.entry(mediator)?.standing;
                // Off while off is on shift: it ends what the shift says.
                if standing.ready != ready || !ready {
                    decision.standings.push((mediator, Change::Switched(ready, now)));
                }
            }
            Input::SetReachable(mediator, reachable) => {
                if self.entry(mediator)?.standing.reachable != reachable {
                    decision.standings.push((mediator, Change::Reachable(reachable)));
                }
            }
            Input::SetDuties(mediator, duties) => {
                if self.entry(mediator)?.standing.duties != duties {
                    decision.standings.push((mediator, Change::Duties(duties)));
                }
            }
            Input::SetBooked(mediator, booked) => {
                if self.entry(mediator)?.standing.booked != booked {
                    decision.standings.push((mediator, Change::Booked(booked)));
                }
            }
            Input::SetLoans(loans) => decision.loans = (self.loans != loans).then_some(loans),
            Input::RequestSession { session, officer_account, officer, request } => {
                if self.sessions.contains_key(&session) {
                    return Err(Refusal::SessionExists);
                }
                if request.languages.source.same_language(&request.languages.target) {
                    return Err(Refusal::SameLanguage);
                }
                let requested = Event::SessionRequested { officer_account, officer, request };
                let mut draft = Draft::begin(session, requested, now).ok_or(Refusal::NoSuchSession)?;
                dispatcher.ring_next_wave(&mut draft);
                decision.drafts.push(draft);
            }
            Input::AdmitParticipant { session, participant, role, language } => {
                let draft = self.draft(session)?;
                decision.drafts.push(commands::admit(draft, participant, role, language, now)?);
            }
            Input::AcceptOffer { session, offer, mediator, participant } => {
                decision.drafts = self.accept(session, offer, mediator, participant, now)?;
            }
            Input::DeclineOffer { session, offer, mediator } => {
                let draft = self.draft(session)?;
                decision.drafts.push(commands::decline(draft, &dispatcher, offer, mediator)?);
                decision.standings.push((mediator, Change::Missed(0)));
            }
            Input::RingByHand { session, mediator, account, reason } => {
                let entry = self.entry(mediator)?;
                let draft = self.draft(session)?;
                decision.drafts.push(commands::ring_by_hand(draft, &dispatcher, entry, account, reason)?);
            }
            Input::Act { session, by, act } => {
                decision.drafts.push(commands::act(self.draft(session)?, &dispatcher, by, act)?);
            }
        }
        Ok(decision)
    }

    fn entry(&self, mediator: MediatorId) -> Result<&RosterEntry, Refusal> {
        self.roster.get(mediator).ok_or(Refusal::NoSuchMediator)
    }

    fn draft(&self, session: SessionId) -> Result<Draft, Refusal> {
        self.sessions.get(&session).map(Draft::of).ok_or(Refusal::NoSuchSession)
    }

    fn by_age(&self) -> impl Iterator<Item = &Session> {
        let mut sessions: Vec<&Session> = self.sessions.values().collect();
        sessions.sort_by_key(|session| (session.requested_at, session.id));
        sessions.into_iter()
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
        let entry = self.entry(mediator)?;
        let draft = self.draft(session)?;
        if entry.standing.in_session {
            return Err(Refusal::MediatorBusy);
        }
        let mut drafts = vec![commands::accept(draft, &self.dispatcher(now), entry, offer, participant)?];
        // The others ring on in a roster where this one is taken.
        let mut taken = entry.clone();
        taken.standing.apply(Change::Assigned(now));
        let changed = [taken];
        let dispatcher = self.dispatcher_with(RosterNow::with(&self.roster, &changed), now);
        for other in self.by_age().filter(|other| other.id != session) {
            let rings = other.ringing().find(|offer| offer.mediator == mediator).map(|offer| offer.number);
            if let Some(number) = rings {
                let mut draft = Draft::of(other);
                commands::withdraw(&mut draft, &dispatcher, number);
                drafts.push(draft);
            }
        }
        Ok(drafts)
    }

    /// Counts what runs out unanswered now, and switches off whoever never answers.
    fn missed_by(&self, now: UnixMillis) -> Vec<(MediatorId, Change)> {
        let mut missed: BTreeMap<MediatorId, u8> = BTreeMap::new();
        let ringing = self.sessions.values().flat_map(Session::ringing);
        for offer in ringing.filter(|offer| offer.expires_at <= now) {
            let before = self.roster.get(offer.mediator).map_or(0, |entry| entry.standing.missed);
            let count = missed.entry(offer.mediator).or_insert(before);
            *count = count.saturating_add(1);
        }
        let limit = self.policy.away_after_missed;
        let changes = |(mediator, count): (MediatorId, u8)| {
            let off = (limit > 0 && count >= limit).then_some((mediator, Change::Switched(false, now)));
            // After the switch, which forgets: the mediator is told why it is off.
            off.into_iter().chain([(mediator, Change::Missed(count))])
        };
        missed.into_iter().flat_map(changes).collect()
    }

    /// A session that has rung everybody takes whoever became free by this decision; whoever lost by it what a ring takes
    /// is not rung any longer.
    fn review_rings(&self, decision: &mut Decision, now: UnixMillis) {
        let changed = self.entries_after(decision);
        if changed.is_empty() && decision.loans.is_none() {
            return;
        }
        let mut dispatcher = self.dispatcher_with(RosterNow::with(&self.roster, &changed), now);
        if let Some(loans) = &decision.loans {
            dispatcher.loans = loans;
        }
        let may_lose = !decision.roster.is_empty() || decision.loans.is_some();
        let touched: BTreeSet<SessionId> = decision.drafts.iter().map(|draft| draft.session.id).collect();
        let mut more = Vec::new();
        for session in self.by_age().filter(|session| !touched.contains(&session.id)) {
            let mut draft = Draft::of(session);
            if may_lose {
                dispatcher.withdraw_unfit(&mut draft);
            }
            dispatcher.go_on(&mut draft);
            if !draft.events.is_empty() {
                more.push(draft);
            }
        }
        decision.drafts.extend(more);
    }

    /// The entries that a decision changes, as they will be.
    fn entries_after(&self, decision: &Decision) -> Vec<RosterEntry> {
        let mut after = Roster::default();
        let mut take = |id: MediatorId| {
            if after.get(id).is_none()
                && let Some(entry) = self.roster.get(id)
            {
                after.put_entry(entry.clone());
            }
        };
        decision.roster.iter().map(|mediator| mediator.id).for_each(&mut take);
        decision.standings.iter().map(|(id, _)| *id).for_each(&mut take);
        let released: Vec<(MediatorId, Change)> = decision
            .drafts
            .iter()
            .flat_map(|draft| releases(self.sessions.get(&draft.session.id), &draft.session))
            .collect();
        released.iter().map(|(id, _)| *id).for_each(&mut take);
        for mediator in &decision.roster {
            after.put(mediator.clone());
        }
        for (mediator, change) in &decision.standings {
            after.apply(*mediator, change.clone());
        }
        for (mediator, change) in released {
            after.apply(mediator, change);
        }
        after.into_entries()
    }

    /// Puts a session in its place, or forgets it if it is over; keeps the standing of its mediators in step.
    fn adopt(&mut self, session: Session) -> Option<Session> {
        let before = self.sessions.get(&session.id);
        let was_taken =
            |id| before.is_some_and(|before| before.mediators().any(|taken| taken.mediator == id));
        let all = session.mediators().map(|taken| (taken.mediator, taken.since));
        let new: Vec<(MediatorId, UnixMillis)> = all.filter(|(id, _)| !was_taken(*id)).collect();
        let newly_assigned = before.is_some_and(|before| before.assigned_at.is_none());
        if let Some(at) = session.assigned_at.filter(|_| newly_assigned) {
            let waited = Duration::from_millis(u64::try_from(at.0 - session.requested_at.0).unwrap_or(0));
            self.answer_times.note(&session.request.languages.source, waited);
        }
        for (mediator, since) in new {
            self.roster.apply(mediator, Change::Assigned(since));
            if let Some(case) = session.request.case {
                let served = Served { person: case.person, label: session.request.label, mediator };
                self.cases.note(case.case, served);
            }
        }
        for (mediator, change) in releases(self.sessions.get(&session.id), &session) {
            self.roster.apply(mediator, change);
        }
        if !session.phase().is_over() {
            self.sessions.insert(session.id, session);
            return None;
        }
        self.sessions.remove(&session.id);
        self.looked.remove(&session.id);
        Some(session)
    }

    fn due_at(&self, session: &Session, now: UnixMillis) -> Option<UnixMillis> {
        let looked = self.looked.get(&session.id).copied();
        let rings = self.dispatcher(now).poll_timeout(session, looked);
        let turns = interpreting::poll_timeout(session, &self.policy);
        rings.into_iter().chain(turns).chain(ends_empty_at(session)).min()
    }
}

/// Who of a session is free again by what changed it: whoever left, and at its end all who were there.
fn releases(before: Option<&Session>, session: &Session) -> Vec<(MediatorId, Change)> {
    let was_there = |id| before.is_none_or(|before| before.mediators().any(|taken| taken.mediator == id));
    let all = session.participants.iter().filter_map(|participant| participant.assigned.as_ref());
    let free = all.filter(|taken| was_there(taken.mediator)).filter_map(|taken| {
        let until = taken.released.or(session.ended_at)?;
        Some((taken.mediator, Change::Worked(Span { from: taken.since, until })))
    });
    free.collect()
}

fn waits_in_line(session: &Session) -> bool {
    session.no_answer == Some(crate::session_types::NoAnswer::AllBusy)
}

fn same_languages(one: &Session, other: &Session) -> bool {
    let (one, other) = (&one.request.languages, &other.request.languages);
    one.source.same_language(&other.source) && one.target.same_language(&other.target)
}

fn ends_empty_at(session: &Session) -> Option<UnixMillis> {
    let patience = match session.phase() {
        Phase::Ringing | Phase::Unanswered => RINGS_ALONE_FOR,
        phase if phase.is_over() => return None,
        _ => EMPTY_FOR,
    };
    session.empty_since.map(|since| since + patience)
}
