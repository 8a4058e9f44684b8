//! Rings mediators in waves until every place of a session is taken, or nobody is left: the familiar first, then the
//! best few, then everybody.

use std::collections::BTreeSet;

use crate::case::CaseBook;
use crate::draft::Draft;
use crate::event::Event;
use crate::exceptions::is_lifted;
use crate::ids::MediatorId;
use crate::language::LanguagePair;
use crate::matching::{Loans, Wanted, judge, rank, rank_near};
use crate::policy::DispatchPolicy;
use crate::session::{Offer, Session};
use crate::session_types::{
    Candidate, MatchReason, NoAnswer, OfferNumber, OfferState, Place, SessionRequest,
};
use crate::standings::{RosterEntry, RosterNow};
use crate::time::UnixMillis;

/// So many candidates of a ranking are kept in the log; a roster of thousands must not swell every record.
pub const MOST_RANKED: usize = 60;

/// Everything that ringing is decided by, at one moment.
#[derive(Clone, Copy, Debug)]
pub struct Dispatcher<'a> {
    /// Who there is.
    pub roster: RosterNow<'a>,
    /// Who interpreted in which case.
    pub cases: &'a CaseBook,
    /// Who is on loan.
    pub loans: &'a Loans,
    /// The rules.
    pub policy: &'a DispatchPolicy,
    /// The moment.
    pub now: UnixMillis,
}

impl Dispatcher<'_> {
    /// Ranks the roster for one place of a session as it stands; whoever said no to the session is excluded.
    pub fn rank(&self, session: &Session, place: Place) -> Vec<Candidate> {
        let Some(languages) = session.languages_of(place) else { return Vec::new() };
        self.rank_as(session, &session.request, &languages, session.adjacent_allowed)
    }

    /// Judges the whole roster for one place, also those who could never be rung now: for people who ask why not.
    pub fn judge_all(&self, session: &Session, place: Place) -> Vec<Candidate> {
        let Some(languages) = session.languages_of(place) else { return Vec::new() };
        let wanted = self.wanted(session, &session.request, &languages, session.adjacent_allowed);
        note_declined(session, rank(self.roster, wanted, self.now))
    }

    /// Judges one mediator for one place; `None`: does not speak its languages.
    pub(crate) fn judge(&self, session: &Session, place: Place, entry: &RosterEntry) -> Option<Candidate> {
        let languages = session.languages_of(place)?;
        let wanted = self.wanted(session, &session.request, &languages, session.adjacent_allowed);
        judge(&entry.mediator, &entry.standing, wanted, self.now)
    }

    /// Whether somebody who is rung may take the place still. Clearance, loans or the wall in a case may have changed since
    /// it rang; that they were not ready, not reachable or soon booked elsewhere says nothing against whoever answers.
    pub(crate) fn may_still_take(&self, session: &Session, place: Place, entry: &RosterEntry) -> bool {
        let Some(candidate) = self.judge(session, place, entry) else { return false };
        let settled_by_answering = |reason: &MatchReason| {
            use MatchReason::{BookedSoon, NotReachable, NotReady};
            matches!(reason, NotReady | NotReachable | BookedSoon { .. })
        };
        let lifted = |reason: &MatchReason| is_lifted(&session.overridden, candidate.mediator, reason);
        let mut against = candidate.reasons.iter().filter(|reason| reason.excludes());
        against.all(|reason| settled_by_answering(reason) || lifted(reason))
    }

    /// Ends the rings of those who may not take their place any more.
    pub(crate) fn withdraw_unfit(&self, draft: &mut Draft) {
        let fits = |offer: &Offer| {
            let entry = self.roster.get(offer.mediator);
            entry.is_some_and(|entry| self.may_still_take(&draft.session, offer.place, entry))
        };
        let unfit = draft.session.ringing().filter(|offer| !fits(offer)).map(|offer| offer.number);
        for offer in unfit.collect::<Vec<_>>() {
            draft.record(Event::OfferClosed { offer, outcome: OfferState::Withdrawn }, self.now);
        }
    }

    /// [`Dispatcher::rank`] for a request that is not the session's own: what a widening would bring.
    pub(crate) fn rank_as(
        &self,
        session: &Session,
        request: &SessionRequest,
        languages: &LanguagePair,
        adjacent_allowed: bool,
    ) -> Vec<Candidate> {
        let wanted = self.wanted(session, request, languages, adjacent_allowed);
        note_declined(session, rank_near(self.roster, wanted, MOST_RANKED, self.now))
    }

    fn wanted<'b>(
        &'b self,
        session: &'b Session,
        request: &'b SessionRequest,
        languages: &'b LanguagePair,
        adjacent_allowed: bool,
    ) -> Wanted<'b> {
        let (served, overridden) = (self.cases.of(request.case), &session.overridden);
        Wanted { request, languages, adjacent_allowed, served, loans: self.loans, overridden }
    }

    /// Rings the next wave that has somebody in it, for every place that is open; notes it if nobody is left and
    /// nothing rings.
    pub(crate) fn ring_next_wave(&self, draft: &mut Draft) {
        let ranked: Vec<(Place, Vec<Candidate>)> =
            draft.session.open_places().map(|place| (place, self.rank(&draft.session, place))).collect();
        let last = u32::try_from(self.policy.waves.len()).unwrap_or(u32::MAX);
        for wave in draft.session.wave..last {
            let chosen = self.choose(&draft.session, &ranked, wave);
            if !chosen.is_empty() {
                return self.ring(draft, ranked, chosen, wave + 1);
            }
        }
        // After the last wave, whoever came free since, of any circle that rang before.
        let chosen = self.choose(&draft.session, &ranked, last.saturating_sub(1));
        if chosen.is_empty() {
            self.note_if_unanswered(draft, &ranked)
        } else {
            self.ring(draft, ranked, chosen, last)
        }
    }

    /// After an offer closed, or somebody became free: rings on, if it is time or nothing rings any more. A session
    /// that nobody answered rings again by itself for somebody who was not rung yet.
    pub(crate) fn go_on(&self, draft: &mut Draft) {
        let silent = draft.session.ringing().next().is_none();
        if draft.session.is_searching() && (silent || self.next_wave_at(&draft.session) <= self.now) {
            self.ring_next_wave(draft);
        }
    }

    /// Ends those rings that ran out, begins the next wave when it is due, and calls a coordinator when it is time.
    pub(crate) fn handle_timeout(&self, draft: &mut Draft) {
        let ran_out = |offer: &&Offer| offer.expires_at <= self.now;
        let expired: Vec<OfferNumber> =
            draft.session.ringing().filter(ran_out).map(|offer| offer.number).collect();
        for offer in expired {
            draft.record(Event::OfferClosed { offer, outcome: OfferState::Expired }, self.now);
        }
        self.go_on(draft);
        if self.escalates_at(&draft.session).is_some_and(|at| at <= self.now) {
            draft.record(Event::CoordinatorCalled, self.now);
        }
    }

    /// Rings one mediator for the first place that they could fill, beside the waves.
    pub(crate) fn ring_by_hand(&self, draft: &mut Draft, mediator: MediatorId) -> bool {
        let places: Vec<Place> = draft.session.open_places().collect();
        for place in places {
            let ranked = self.rank(&draft.session, place);
            if ranked.iter().any(|candidate| candidate.mediator == mediator && candidate.eligible) {
                let wave = draft.session.wave.max(1);
                self.ring(draft, vec![(place, ranked)], vec![(place, mediator)], wave);
                return true;
            }
        }
        false
    }

    /// When something is to be done about the rings of a session, if anything. `looked`: when it looked last for
    /// somebody and found nobody.
    pub(crate) fn poll_timeout(&self, session: &Session, looked: Option<UnixMillis>) -> Option<UnixMillis> {
        if !session.is_searching() {
            return None;
        }
        let expiry = session.ringing().map(|offer| offer.expires_at).min();
        let again = looked.map_or(UnixMillis(i64::MIN), |at| at + self.policy.look_again());
        let wave = self.next_wave_at(session).max(again);
        expiry.into_iter().chain(self.escalates_at(session)).chain([wave]).min()
    }

    /// Whether a wave is due, so that the session just looked for somebody.
    pub(crate) fn looked(&self, session: &Session) -> bool {
        session.is_searching() && self.next_wave_at(session) <= self.now
    }

    fn next_wave_at(&self, session: &Session) -> UnixMillis {
        session.wave_began + self.policy.wave_lasts(session.wave)
    }

    fn escalates_at(&self, session: &Session) -> Option<UnixMillis> {
        (session.is_searching() && !session.coordinator_called)
            .then(|| session.search_began + self.policy.escalate_after())
    }

    /// Whom a wave (from 0) would ring, for each place; nobody for two places. Waves ring by circle, and within one the
    /// pair before its neighbours: a neighbour of an inner circle may ring before the pair in an outer one.
    fn choose(
        &self,
        session: &Session,
        ranked: &[(Place, Vec<Candidate>)],
        wave: u32,
    ) -> Vec<(Place, MediatorId)> {
        let Some(wave) = self.policy.waves.get(wave as usize) else { return Vec::new() };
        let most = wave.most.map_or(usize::MAX, |most| most as usize);
        let mut chosen: Vec<(Place, MediatorId)> = Vec::new();
        for (place, candidates) in ranked {
            let taken: BTreeSet<MediatorId> = chosen.iter().map(|(_, mediator)| *mediator).collect();
            let left = left_to_ring(session, candidates).into_iter();
            let circle = left.filter(|candidate| candidate.circle <= wave.circle);
            let free =
                circle.map(|candidate| candidate.mediator).filter(|mediator| !taken.contains(mediator));
            chosen.extend(free.take(most).map(|mediator| (*place, mediator)));
        }
        chosen
    }

    fn ring(
        &self,
        draft: &mut Draft,
        ranked: Vec<(Place, Vec<Candidate>)>,
        chosen: Vec<(Place, MediatorId)>,
        wave: u32,
    ) {
        for (place, mut candidates) in ranked {
            let left_out = u32::try_from(candidates.len().saturating_sub(MOST_RANKED)).unwrap_or(u32::MAX);
            candidates.truncate(MOST_RANKED);
            if draft.session.ranking(place) != candidates {
                draft.record(Event::CandidatesRanked { candidates, place, left_out }, self.now);
            }
        }
        for (place, mediator) in chosen {
            let offer = OfferNumber(u32::try_from(draft.session.offers.len() + 1).unwrap_or(u32::MAX));
            let expires_at = self.now + self.policy.ring_for();
            draft.record(Event::OfferRang { offer, mediator, wave, expires_at, place }, self.now);
        }
    }

    fn note_if_unanswered(&self, draft: &mut Draft, ranked: &[(Place, Vec<Candidate>)]) {
        if !draft.session.is_searching() || draft.session.ringing().next().is_some() {
            return;
        }
        let rung = draft.session.offers.len() > draft.session.round_began;
        let why = match (ranked.iter().any(|(_, candidates)| candidates.iter().any(only_busy)), rung) {
            (true, _) => NoAnswer::AllBusy,
            (false, true) => NoAnswer::NobodyAnswered,
            (false, false) => NoAnswer::NobodySuitable,
        };
        // Again when the reason changes: nobody waits in a line for somebody who has gone home since.
        if draft.session.no_answer != Some(why) {
            draft.record(Event::NobodyAnswered { why: Some(why) }, self.now);
        }
    }
}

/// Excludes whoever said no to this session.
fn note_declined(session: &Session, mut ranked: Vec<Candidate>) -> Vec<Candidate> {
    let no = session.offers.iter().filter(|offer| offer.state == OfferState::Declined);
    let declined: BTreeSet<MediatorId> = no.map(|offer| offer.mediator).collect();
    if declined.is_empty() {
        return ranked;
    }
    for candidate in ranked.iter_mut().filter(|candidate| declined.contains(&candidate.mediator)) {
        (candidate.eligible, candidate.score) = (false, 0);
        candidate.reasons.push(MatchReason::DeclinedBefore);
    }
    ranked.sort_by_key(|candidate| !candidate.eligible);
    ranked
}

/// Eligible candidates that were not rung in this round, in their order.
pub(crate) fn left_to_ring<'a>(session: &Session, ranked: &'a [Candidate]) -> Vec<&'a Candidate> {
    let rung: BTreeSet<MediatorId> =
        session.offers.iter().skip(session.round_began).map(|o| o.mediator).collect();
    // Whoever still rings from an earlier round, or took the other place, must not ring again.
    let taken: BTreeSet<MediatorId> = session
        .ringing()
        .map(|offer| offer.mediator)
        .chain(session.mediators().map(|m| m.mediator))
        .collect();
    let fresh = |id: &MediatorId| !rung.contains(id) && !taken.contains(id);
    ranked.iter().filter(|candidate| candidate.eligible && fresh(&candidate.mediator)).collect()
}

/// Whether somebody would do, were they not at work or at rest just now: waiting for them makes sense.
pub(crate) fn only_busy(candidate: &Candidate) -> bool {
    let busy =
        |reason: &MatchReason| matches!(reason, MatchReason::InAnotherSession | MatchReason::Resting { .. });
    let hopeless = |reason: &MatchReason| reason.excludes() && !busy(reason);
    !candidate.eligible && candidate.reasons.iter().any(busy) && !candidate.reasons.iter().any(hopeless)
}

/// Withdraws the rings of a session: all, or those for one place.
pub(crate) fn withdraw(draft: &mut Draft, place: Option<Place>, now: UnixMillis) {
    let of_place = |offer: &&Offer| place.is_none_or(|place| offer.place == place);
    let ringing: Vec<OfferNumber> =
        draft.session.ringing().filter(of_place).map(|offer| offer.number).collect();
    for offer in ringing {
        draft.record(Event::OfferClosed { offer, outcome: OfferState::Withdrawn }, now);
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::ids::{AccountId, ParticipantId, SessionId};
    use crate::language::LanguagePair;
    use crate::relay::{Act, Input, Relay};
    use crate::roster::{Level, LoadLimits, Mediator, Profile, SpokenLanguage};
    use crate::session_types::Phase;

    const OFFICER: ParticipantId = ParticipantId(Uuid::from_u128(1));

    fn mediator(number: u128) -> Mediator {
        let spoken = |tag: &str| SpokenLanguage { tag: tag.parse().unwrap(), level: Level::Fluent };
        let profile = Profile::new(&format!("M{number}"), vec![spoken("sq"), spoken("en")]);
        let load = LoadLimits { rest_minutes: 0, ..LoadLimits::default() };
        Mediator {
            id: MediatorId(Uuid::from_u128(number)),
            profile: Profile { load, ..profile.cleared(UnixMillis(0)) },
        }
    }

    fn relay_with(mediators: u128) -> Relay {
        let mut relay = Relay::default();
        for number in 1..=mediators {
            let (entry, id) = (mediator(number), MediatorId(Uuid::from_u128(number)));
            for input in [Input::PutMediator(entry), Input::SetReady(id, true), Input::SetReachable(id, true)]
            {
                relay.handle_input(input, UnixMillis(1)).unwrap();
            }
        }
        relay
    }

    fn request(relay: &mut Relay, number: u128, now: UnixMillis) -> SessionId {
        let session = SessionId(Uuid::from_u128(number));
        let languages = LanguagePair { source: "sq".parse().unwrap(), target: "en".parse().unwrap() };
        let request = SessionRequest::between(languages);
        let officer_account = AccountId(Uuid::from_u128(9));
        relay
            .handle_input(Input::RequestSession { session, officer_account, officer: OFFICER, request }, now)
            .unwrap();
        relay.handle_input(Input::Act { session, by: OFFICER, act: Act::Connect }, now).unwrap();
        session
    }

    fn ringing(relay: &Relay, session: SessionId) -> usize {
        relay.session(session).unwrap().ringing().count()
    }

    #[test]
    fn three_then_five_then_all_ring_and_then_nobody_answered() {
        let mut relay = relay_with(12);
        let session = request(&mut relay, 1, UnixMillis(0));
        for (at, expected) in
            [(0, 3), (7_999, 3), (8_000, 8), (14_000, 12), (30_000, 9), (38_000, 4), (44_000, 0)]
        {
            relay.handle_timeout(UnixMillis(at));
            assert_eq!(ringing(&relay, session), expected, "after {at} ms");
        }
        assert_eq!(relay.session(session).unwrap().phase(), Phase::Unanswered);
    }

    #[test]
    fn whoever_becomes_ready_or_free_is_rung_though_nobody_answered_before() {
        let mut relay = relay_with(1);
        let first = request(&mut relay, 1, UnixMillis(0));
        let (mediator, participant) = (MediatorId(Uuid::from_u128(1)), ParticipantId(Uuid::from_u128(5)));
        let accept = Input::AcceptOffer { session: first, offer: OfferNumber(1), mediator, participant };
        relay.handle_input(accept, UnixMillis(1)).unwrap();
        let second = request(&mut relay, 2, UnixMillis(2));
        assert_eq!(relay.session(second).unwrap().phase(), Phase::Unanswered);
        relay.handle_input(Input::Act { session: first, by: OFFICER, act: Act::End }, UnixMillis(3)).unwrap();
        assert_eq!((ringing(&relay, second), relay.session(second).unwrap().phase()), (1, Phase::Ringing));
    }
}
