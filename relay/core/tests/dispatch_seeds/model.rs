//! What has to hold about rings, written a second time and without the relay's help: the model watches inputs and
//! events, and judges each ring by its own books.

use std::collections::{BTreeMap, BTreeSet};

use dragoman_core::availability::{DutySpan, Span};
use dragoman_core::case::CaseRef;
use dragoman_core::event::Event;
use dragoman_core::ids::{MediatorId, SessionId};
use dragoman_core::language::LanguagePair;
use dragoman_core::matching::Loans;
use dragoman_core::relay::{Decision, Input};
use dragoman_core::roster::{Profile, Specialism};
use dragoman_core::session_types::{
    IntervieweeLabel, MatchReason, NoAnswer, OfferNumber, OfferState, Place, SessionRequest, Widening,
};
use dragoman_core::standing::Change;
use dragoman_core::time::UnixMillis;

const MINUTE: i64 = 60_000;
const DAY: i64 = 24 * 60 * MINUTE;

/// Why somebody may not be rung.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Against {
    /// No exception is possible.
    Law,
    /// No page or device.
    Unreachable,
    /// Gone, or rung already.
    Asked,
    /// In a session.
    Busy,
    // A coordinator may lift the others.
    Gender,
    Minors,
    Tie,
    Country,
    Away,
    Load,
    Booked,
    Rests,
}

#[derive(Default)]
struct Person {
    profile: Option<Profile>,
    ready: bool,
    switched_at: UnixMillis,
    reachable: bool,
    duties: Vec<DutySpan>,
    booked: Vec<Span>,
    session: Option<SessionId>,
    worked: Vec<Span>,
}

/// One session as the model remembers it.
pub(crate) struct Known {
    pub(crate) request: SessionRequest,
    pub(crate) adjacent: bool,
    pub(crate) via: Option<dragoman_core::language::LanguageTag>,
    pub(crate) over: bool,
    pub(crate) widened: bool,
    pub(crate) refused: Option<NoAnswer>,
    pub(crate) taken: BTreeMap<Place, (MediatorId, UnixMillis)>,
    pub(crate) ringing: BTreeMap<OfferNumber, (MediatorId, Place, UnixMillis)>,
    rung: BTreeSet<MediatorId>,
    declined: BTreeSet<MediatorId>,
    excepted: BTreeSet<(MediatorId, Against)>,
}

/// The books.
#[derive(Default)]
pub(crate) struct Model {
    people: BTreeMap<MediatorId, Person>,
    pub(crate) sessions: BTreeMap<SessionId, Known>,
    served: Vec<(CaseRef, MediatorId, IntervieweeLabel)>,
    serves_now: Vec<(CaseRef, MediatorId, IntervieweeLabel)>,
    loans: Loans,
    pub(crate) rings: u32,
}

impl Model {
    /// Takes in an input that the relay took.
    pub(crate) fn note_input(&mut self, input: &Input, now: UnixMillis) {
        match input {
            Input::PutMediator(mediator) => {
                self.person(mediator.id).profile = Some(mediator.profile.clone());
            }
            Input::SetReady(id, ready) => {
                let person = self.person(*id);
                if person.ready != *ready || !ready {
                    (person.ready, person.switched_at) = (*ready, now);
                }
            }
            Input::SetReachable(id, reachable) => self.person(*id).reachable = *reachable,
            Input::SetDuties(id, duties) => self.person(*id).duties = duties.clone(),
            Input::SetBooked(id, booked) => self.person(*id).booked = booked.clone(),
            Input::SetLoans(loans) => self.loans = loans.clone(),
            // A coordinator may ring somebody a second time; but not whoever said no, or rings.
            Input::RingByHand { session, mediator, .. } => {
                self.sessions.get_mut(session).map(|session| session.rung.remove(mediator));
            }
            _ => {}
        }
    }

    /// Takes in what the relay decided, and says what is wrong with it.
    pub(crate) fn note_decision(&mut self, decision: &Decision, now: UnixMillis) -> Result<(), String> {
        // Whoever is set away because of missed rings is not rung by the same decision either.
        for (id, change) in &decision.standings {
            if let Change::Switched(ready, at) = change {
                let person = self.person(*id);
                (person.ready, person.switched_at) = (*ready, *at);
            }
        }
        for draft in &decision.drafts {
            for event in &draft.events {
                self.note(draft.session.id, event, now).map_err(|wrong| format!("{event:?}: {wrong}"))?;
            }
        }
        // The wall in a case stands from the next decision on: until then whoever accepted is busy anyhow.
        self.served.append(&mut self.serves_now);
        Ok(())
    }

    /// Everything that speaks against ringing somebody for a place.
    pub(crate) fn against(
        &self,
        id: MediatorId,
        session: &Known,
        place: Place,
        now: UnixMillis,
    ) -> BTreeSet<Against> {
        let all = self.against_unlifted(id, session, place, now);
        // What is lifted counts only where that is all that speaks against.
        let is_lifted = |what: &Against| *what == Against::Asked || session.excepted.contains(&(id, *what));
        if all.iter().all(is_lifted) {
            return all.into_iter().filter(|what| *what == Against::Asked).collect();
        }
        all
    }

    fn against_unlifted(
        &self,
        id: MediatorId,
        session: &Known,
        place: Place,
        now: UnixMillis,
    ) -> BTreeSet<Against> {
        let Some((person, profile)) = self.people.get(&id).and_then(|p| Some((p, p.profile.as_ref()?)))
        else {
            return BTreeSet::from([Against::Law]);
        };
        let request = &session.request;
        let mut against = BTreeSet::new();
        let mut add = |holds: bool, what: Against| {
            if holds {
                against.insert(what);
            }
        };
        let vetted = profile.vetted_until.is_some_and(|until| now < until);
        let bound = profile.undertaking_signed_at.is_some_and(|at| at <= now)
            && profile.undertaking_until.is_none_or(|until| now < until);
        add(!profile.active || !vetted || !bound, Against::Law);
        add(!speaks(profile, &session.languages(place), session.adjacent), Against::Law);
        add(self.served_the_other_side(id, request), Against::Law);
        add(!person.reachable, Against::Unreachable);
        add(request.gender_wish.is_some() && request.gender_wish != profile.gender, Against::Gender);
        add(request.minor && !profile.specialisms.contains(&Specialism::Minors), Against::Minors);
        add(request.circumstances.iter().any(|tie| profile.conflicts.contains(tie)), Against::Tie);
        add(!self.serves(id, profile, request), Against::Law);
        let abroad = |country| !profile.countries.is_empty() && !profile.countries.contains(country);
        add(request.country.as_ref().is_some_and(abroad), Against::Country);
        let booked = request.booked == Some(id);
        add(!booked && !person.is_there(now), Against::Away);
        add(person.worked_today(now) >= i64::from(profile.load.minutes_a_day), Against::Load);
        add(
            !booked && person.booked.iter().any(|span| span.from.0 < now.0 + 30 * MINUTE && now < span.until),
            Against::Booked,
        );
        let rest = i64::from(profile.load.rest_minutes) * MINUTE;
        add(person.worked.last().is_some_and(|span| now.0 < span.until.0 + rest), Against::Rests);
        add(person.session.is_some(), Against::Busy);
        let rings = session.ringing.values().any(|(who, ..)| *who == id);
        add(session.declined.contains(&id) || session.rung.contains(&id) || rings, Against::Asked);
        against
    }

    /// Why nobody answers, as the books have it; judged when nothing rings.
    pub(crate) fn why_nobody(&self, session: &Known, now: UnixMillis) -> NoAnswer {
        let only_busy = |place: Place| {
            self.people.keys().any(|id| {
                let against = self.against(*id, session, place, now);
                let asked = session.declined.contains(id);
                let busy = |what: &Against| matches!(what, Against::Busy | Against::Rests);
                let rest: Vec<_> =
                    against.iter().filter(|what| !busy(what) && **what != Against::Asked).collect();
                against.iter().any(busy) && rest.is_empty() && !asked
            })
        };
        match (session.open_places().any(only_busy), session.rung.is_empty()) {
            (true, _) => NoAnswer::AllBusy,
            (false, false) => NoAnswer::NobodyAnswered,
            (false, true) => NoAnswer::NobodySuitable,
        }
    }

    /// Everybody who could be rung for a session.
    pub(crate) fn could_be_rung(&self, session: &Known, now: UnixMillis) -> BTreeSet<MediatorId> {
        let free = |id: &MediatorId| {
            session.open_places().any(|place| self.against(*id, session, place, now).is_empty())
        };
        self.people.keys().copied().filter(free).collect()
    }

    fn note(&mut self, id: SessionId, event: &Event, now: UnixMillis) -> Result<(), String> {
        if let Event::SessionRequested { request, .. } = event {
            self.sessions.insert(id, Known::new(request.clone()));
        }
        let session = self.sessions.get(&id).ok_or("an event before the request")?;
        require(!session.over, "an event after the end")?;
        match event {
            Event::OfferRang { mediator, place, .. } => {
                require(session.open_places().any(|open| open == *place), "the place is taken")?;
                let against = self.against(*mediator, session, *place, now);
                require(against.is_empty(), &format!("rung against {against:?}"))?;
                self.rings += 1;
            }
            Event::OfferAccepted { offer, mediator, place, .. } => {
                let rang = session.ringing.get(offer);
                require(rang.is_some_and(|(who, of, _)| (who, of) == (mediator, place)), "it did not ring")?;
                require(!session.taken.contains_key(place), "two assignments of one place")?;
                let person = self.people.get(mediator).ok_or("nobody")?;
                require(person.session.is_none(), "in two sessions at once")?;
                let all = self.against_unlifted(*mediator, session, *place, now);
                let stands = |what: &Against| {
                    use Against::{Asked, Away, Booked, Unreachable};
                    let answers = matches!(what, Asked | Away | Booked | Unreachable);
                    !answers && !session.excepted.contains(&(*mediator, *what))
                };
                require(!all.iter().any(stands), &format!("taken against {all:?}"))?;
                self.assign(id, *mediator);
            }
            Event::NobodyAnswered { why } => {
                require(session.ringing.is_empty(), "somebody is being rung")?;
                let expected = self.why_nobody(session, now);
                require(*why == Some(expected), &format!("the reason is {expected:?}"))?;
            }
            Event::ExceptionMade { reason, .. } => {
                require(!reason.trim().is_empty(), "an exception without a reason")?;
            }
            Event::SessionEnded { .. } => {
                require(session.ringing.is_empty(), "rings go on after the end")?;
                self.release(id, now);
            }
            _ => {}
        }
        let session = self.sessions.get_mut(&id).ok_or("gone")?;
        session.note(event, now);
        Ok(())
    }

    fn assign(&mut self, id: SessionId, mediator: MediatorId) {
        self.person(mediator).session = Some(id);
        if let Some((case, label)) =
            self.sessions.get(&id).and_then(|s| Some((s.request.case?, s.request.label)))
        {
            self.serves_now.push((case, mediator, label));
        }
    }

    fn release(&mut self, id: SessionId, now: UnixMillis) {
        let Some(session) = self.sessions.get(&id) else { return };
        let worked: Vec<(MediatorId, UnixMillis)> = session.taken.values().copied().collect();
        for (mediator, from) in worked {
            let person = self.person(mediator);
            person.session = None;
            person.worked.push(Span { from, until: now });
        }
    }

    fn served_the_other_side(&self, id: MediatorId, request: &SessionRequest) -> bool {
        let suspect = |label: IntervieweeLabel| label == IntervieweeLabel::Suspect;
        let Some(case) = request.case else { return false };
        self.served.iter().any(|(of, who, label)| {
            of.case == case.case && *who == id && suspect(*label) != suspect(request.label)
        })
    }

    fn serves(&self, id: MediatorId, profile: &Profile, request: &SessionRequest) -> bool {
        let Some(agency) = &request.agency else { return true };
        profile.agency.is_none()
            || profile.agency.as_ref() == Some(agency)
            || profile.serves.contains(agency)
            || self.loans.contains(&(id, agency.clone()))
    }

    fn person(&mut self, id: MediatorId) -> &mut Person {
        self.people.entry(id).or_default()
    }
}

impl Person {
    fn is_there(&self, now: UnixMillis) -> bool {
        let counts = |duty: &DutySpan| {
            duty.span.from <= now && now < duty.span.until && duty.span.from >= self.switched_at
        };
        self.ready || self.duties.iter().any(counts)
    }

    /// Whole minutes in sessions since yesterday at this time.
    fn worked_today(&self, now: UnixMillis) -> i64 {
        let within = |span: &Span| (span.until.0.min(now.0) - span.from.0.max(now.0 - DAY)).max(0);
        self.worked.iter().map(within).sum::<i64>() / MINUTE
    }
}

impl Known {
    fn new(request: SessionRequest) -> Self {
        Self {
            request,
            adjacent: false,
            via: None,
            over: false,
            widened: false,
            refused: None,
            taken: BTreeMap::new(),
            ringing: BTreeMap::new(),
            rung: BTreeSet::new(),
            declined: BTreeSet::new(),
            excepted: BTreeSet::new(),
        }
    }

    pub(crate) fn open_places(&self) -> impl Iterator<Item = Place> {
        let count = if self.via.is_some() { 2 } else { 1 };
        (0..count).map(Place).filter(|place| !self.taken.contains_key(place))
    }

    fn languages(&self, place: Place) -> LanguagePair {
        let LanguagePair { source, target } = self.request.languages.clone();
        match (&self.via, place.0) {
            (Some(via), 0) => LanguagePair { source, target: via.clone() },
            (Some(via), _) => LanguagePair { source: via.clone(), target },
            (None, _) => LanguagePair { source, target },
        }
    }

    fn note(&mut self, event: &Event, now: UnixMillis) {
        match event {
            Event::OfferRang { offer, mediator, place, expires_at, .. } => {
                self.ringing.insert(*offer, (*mediator, *place, *expires_at));
                self.rung.insert(*mediator);
                self.refused = None;
            }
            Event::OfferAccepted { offer, mediator, place, .. } => {
                self.ringing.remove(offer);
                self.taken.insert(*place, (*mediator, now));
            }
            Event::OfferClosed { offer, outcome } => {
                if let (Some((who, ..)), OfferState::Declined) = (self.ringing.remove(offer), *outcome) {
                    self.declined.insert(who);
                }
            }
            Event::RequestWidened { widening } => self.widen(widening),
            Event::ExceptionMade { mediator, lifted, .. } => {
                self.excepted.extend(lifted.iter().filter_map(lifted_by).map(|what| (*mediator, what)));
            }
            Event::NobodyAnswered { why } => self.refused = *why,
            Event::SessionEnded { .. } => self.over = true,
            _ => {}
        }
    }

    fn widen(&mut self, widening: &Widening) {
        self.widened = true;
        match widening {
            Widening::RingAgain => self.rung.clear(),
            Widening::AllowAdjacentLanguage => self.adjacent = true,
            Widening::DropGenderWish { .. } => self.request.gender_wish = None,
            Widening::Pivot { via } => {
                self.via = Some(via.clone());
                self.rung.clear();
            }
        }
    }
}

/// What an exception for this reason lifts.
fn lifted_by(reason: &MatchReason) -> Option<Against> {
    Some(match reason {
        MatchReason::NotTheWishedGender => Against::Gender,
        MatchReason::NotTrainedForMinors => Against::Minors,
        MatchReason::TieDeclared => Against::Tie,
        MatchReason::OtherCountry => Against::Country,
        MatchReason::NotReady => Against::Away,
        MatchReason::LoadLimitReached => Against::Load,
        MatchReason::BookedSoon { .. } => Against::Booked,
        MatchReason::Resting { .. } => Against::Rests,
        _ => return None,
    })
}

/// The same language in any variety, or a neighbour of the interviewee's where that is allowed.
fn speaks(profile: &Profile, languages: &LanguagePair, adjacent: bool) -> bool {
    const NEIGHBOURS: [&str; 4] = ["sr", "bs", "hr", "cnr"];
    let knows = |primary: &str| profile.languages.iter().any(|spoken| spoken.tag.primary() == primary);
    let source = languages.source.primary();
    let near = adjacent && NEIGHBOURS.contains(&source) && NEIGHBOURS.iter().any(|near| knows(near));
    knows(languages.target.primary()) && (knows(source) || near)
}

fn require(holds: bool, otherwise: &str) -> Result<(), String> {
    if holds { Ok(()) } else { Err(otherwise.to_owned()) }
}
