//! Plays a scenario against the real relay on a clock that jumps from one event to the next.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap};
use std::time::Duration;

use uuid::Uuid;

use super::report::{Fate, GaveUp};
use super::scenario::{Reaction, Scenario};
use crate::availability::Duty;
use crate::event::{ConsentStatement, Event};
use crate::ids::{AccountId, MediatorId, ParticipantId, SessionId};
use crate::matching::{Loans, Wanted, rank};
use crate::policy::DispatchPolicy;
use crate::relay::{Act, Decision, Input, Relay};
use crate::session_types::{ConsentKind, ConsentMeans, NoAnswer, OfferNumber, SessionRequest};
use crate::standing::Change;
use crate::standings::RosterNow;
use crate::time::UnixMillis;

/// Something that is going to happen.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Happening {
    DutyEnds { person: usize },
    Returns { person: usize },
    CallComes { call: usize },
    Takes { person: usize, call: usize, offer: OfferNumber },
    Declines { person: usize, call: usize, offer: OfferNumber },
    OfficerGivesUp { call: usize },
    SessionEnds { call: usize },
}

pub(super) struct World<'a> {
    scenario: &'a Scenario,
    relay: Relay,
    numbers: BTreeMap<MediatorId, usize>,
    /// Earliest first; of two at once the one that was put in first.
    agenda: BinaryHeap<Reverse<(UnixMillis, u64, Happening)>>,
    put_in: u64,
    fates: Vec<Fate>,
}

impl<'a> World<'a> {
    pub(super) fn new(scenario: &'a Scenario, policy: DispatchPolicy) -> Self {
        let ids = scenario.people.iter().map(|person| person.mediator.id);
        let mut world = Self {
            scenario,
            relay: Relay::with_policy(policy),
            numbers: ids.zip(0..).collect(),
            agenda: BinaryHeap::new(),
            put_in: 0,
            fates: vec![Fate::default(); scenario.calls.len()],
        };
        for (number, person) in scenario.people.iter().enumerate() {
            for duty in &person.duties {
                world.expect(duty.span.until, Happening::DutyEnds { person: number });
            }
        }
        for (number, call) in scenario.calls.iter().enumerate() {
            world.expect(call.at, Happening::CallComes { call: number });
        }
        world
    }

    /// Plays until nothing is left to happen.
    pub(super) fn play(mut self) -> Vec<Fate> {
        self.enrol();
        let mut now = UnixMillis(i64::MIN);
        while let Some(at) = self.agenda.peek().map(|Reverse((at, ..))| *at) {
            match self.relay.poll_timeout(now).filter(|due| *due < at) {
                Some(due) => {
                    now = now.max(due);
                    let decision = self.relay.decide_timeout(now);
                    self.commit(decision, now);
                }
                None => {
                    now = at;
                    let Some(Reverse((_, _, happening))) = self.agenda.pop() else { break };
                    self.happen(happening, now);
                }
            }
        }
        self.fates
    }

    fn enrol(&mut self) {
        let begin = UnixMillis(i64::MIN);
        for person in &self.scenario.people {
            let id = person.mediator.id;
            self.input(Input::PutMediator(person.mediator.clone()), begin);
            self.input(Input::SetReachable(id, true), begin);
            self.input(Input::SetDuties(id, person.duties.clone()), begin);
        }
    }

    fn happen(&mut self, happening: Happening, now: UnixMillis) {
        match happening {
            Happening::DutyEnds { person } => self.switch(person, false, now),
            Happening::Returns { person } => self.switch(person, true, now),
            Happening::CallComes { call } => self.call(call, now),
            Happening::Takes { person, call, offer } => self.take(person, call, offer, now),
            Happening::Declines { person, call, offer } => {
                if let Some(mediator) = self.mediator(person) {
                    self.input(Input::DeclineOffer { session: session_id(call), offer, mediator }, now);
                }
            }
            Happening::OfficerGivesUp { call } => self.give_up(call, now),
            Happening::SessionEnds { call } => self.officer_acts(call, Act::End, now),
        }
    }

    /// Only who was set away switches on, and only who switched on switches off: otherwise the shifts say it all.
    fn switch(&mut self, person: usize, on: bool, now: UnixMillis) {
        let Some(mediator) = self.mediator(person) else { return };
        let ready = self.relay.roster().get(mediator).is_some_and(|entry| entry.standing.ready);
        if ready != on && self.duty(person, now).is_some() == on {
            self.input(Input::SetReady(mediator, on), now);
        }
    }

    fn call(&mut self, number: usize, now: UnixMillis) {
        let Some(call) = self.scenario.calls.get(number) else { return };
        let covered = self.is_covered(&call.request, now);
        if let Some(fate) = self.fates.get_mut(number) {
            fate.covered = covered;
        }
        let request = Input::RequestSession {
            session: session_id(number),
            officer_account: AccountId(Uuid::from_u128(1)),
            officer: officer_id(number),
            request: call.request.clone(),
        };
        self.input(request, now);
        self.officer_acts(number, Act::Connect, now);
        self.expect(now + call.patience, Happening::OfficerGivesUp { call: number });
    }

    fn is_covered(&self, request: &SessionRequest, now: UnixMillis) -> bool {
        let (loans, overridden) = (Loans::new(), BTreeSet::new());
        let wanted = Wanted {
            request,
            languages: &request.languages,
            adjacent_allowed: false,
            served: &[],
            loans: &loans,
            overridden: &overridden,
        };
        rank(RosterNow::of(self.relay.roster()), wanted, now).iter().any(|candidate| candidate.eligible)
    }

    fn take(&mut self, person: usize, number: usize, offer: OfferNumber, now: UnixMillis) {
        let (Some(mediator), Some(call)) = (self.mediator(person), self.scenario.calls.get(number)) else {
            return;
        };
        let (session, participant) = (session_id(number), mediator_id(number));
        if !self.input(Input::AcceptOffer { session, offer, mediator, participant }, now) {
            return;
        }
        let means = ConsentMeans::NotedByOfficer;
        let statement = ConsentStatement { kind: ConsentKind::Interpreting, agreed: true, means };
        self.officer_acts(number, Act::StateConsent(statement), now);
        self.expect(now + call.length, Happening::SessionEnds { call: number });
    }

    fn give_up(&mut self, number: usize, now: UnixMillis) {
        let Some(session) = self.relay.session(session_id(number)).filter(|session| session.is_searching())
        else {
            return;
        };
        let gave_up = match session.no_answer {
            None => GaveUp::WhileRinging,
            Some(NoAnswer::AllBusy) => GaveUp::InLine,
            Some(NoAnswer::NobodyAnswered | NoAnswer::NobodySuitable) => GaveUp::AfterNobody,
        };
        if let Some(fate) = self.fates.get_mut(number) {
            fate.gave_up = Some(gave_up);
        }
        self.officer_acts(number, Act::End, now);
    }

    fn officer_acts(&mut self, call: usize, act: Act, now: UnixMillis) {
        self.input(Input::Act { session: session_id(call), by: officer_id(call), act }, now);
    }

    /// Whether the relay took it. A refusal is part of life: two people take one call at once.
    fn input(&mut self, input: Input, now: UnixMillis) -> bool {
        let decision = self.relay.decide(input, now);
        decision.map(|decision| self.commit(decision, now)).is_ok()
    }

    fn commit(&mut self, decision: Decision, now: UnixMillis) {
        self.relay.commit(decision.clone());
        for (mediator, change) in &decision.standings {
            let person = self.numbers.get(mediator).copied();
            if let (Change::Switched(false, _), Some(person)) = (change, person) {
                let away = self.scenario.away(person, now);
                self.expect(now + away, Happening::Returns { person });
            }
        }
        for draft in &decision.drafts {
            let Some(call) = number_of(draft.session.id) else { continue };
            for event in &draft.events {
                self.note(call, event, now);
            }
        }
    }

    fn note(&mut self, call: usize, event: &Event, now: UnixMillis) {
        let person_of = |mediator| self.numbers.get(mediator).copied();
        let Some(fate) = self.fates.get_mut(call) else { return };
        match event {
            Event::OfferRang { offer, mediator, .. } => {
                fate.rings += 1;
                if let Some(person) = person_of(mediator) {
                    self.react(person, call, *offer, now);
                }
            }
            Event::OfferAccepted { mediator, .. } => {
                fate.answered = person_of(mediator).map(|person| (now, person));
            }
            _ => {}
        }
    }

    fn react(&mut self, person: usize, number: usize, offer: OfferNumber, now: UnixMillis) {
        let Some(call) = self.scenario.calls.get(number) else { return };
        // Who is rung off duty, in the moment in which it ends, does not hear it.
        let Some(duty) = self.duty(person, now) else { return };
        let after = Duration::from_millis(u64::try_from(now.0 - call.at.0).unwrap_or(0));
        match self.scenario.reaction(person, number, after, duty) {
            Reaction::Takes(delay) => {
                self.expect(now + delay, Happening::Takes { person, call: number, offer })
            }
            Reaction::Declines(delay) => {
                self.expect(now + delay, Happening::Declines { person, call: number, offer });
            }
            Reaction::Ignores => {}
        }
    }

    fn expect(&mut self, at: UnixMillis, happening: Happening) {
        self.put_in += 1;
        self.agenda.push(Reverse((at, self.put_in, happening)));
    }

    fn mediator(&self, person: usize) -> Option<MediatorId> {
        self.scenario.people.get(person).map(|person| person.mediator.id)
    }

    fn duty(&self, person: usize, now: UnixMillis) -> Option<Duty> {
        self.scenario.people.get(person).and_then(|person| person.duty_at(now))
    }
}

fn session_id(call: usize) -> SessionId {
    SessionId(Uuid::from_u128(call as u128 + 1))
}

fn number_of(session: SessionId) -> Option<usize> {
    usize::try_from(session.0.as_u128()).ok()?.checked_sub(1)
}

fn officer_id(call: usize) -> ParticipantId {
    ParticipantId(Uuid::from_u128(2 * call as u128 + 2))
}

fn mediator_id(call: usize) -> ParticipantId {
    ParticipantId(Uuid::from_u128(2 * call as u128 + 3))
}
