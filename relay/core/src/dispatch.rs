//! Rings mediators in waves until one accepts, or nobody is left: the best few first, then more, then everybody.

use std::collections::BTreeSet;
use std::time::Duration;

use crate::draft::Draft;
use crate::event::Event;
use crate::ids::MediatorId;
use crate::matching::{Wanted, rank};
use crate::relay::Roster;
use crate::session::Session;
use crate::session_types::{Candidate, MatchReason, OfferNumber, OfferState, Phase};
use crate::time::UnixMillis;

/// How many are rung in each wave; later waves ring all who are left.
pub const WAVE_SIZES: [usize; 2] = [3, 5];
/// When the next wave begins, if nobody accepted: a commercial service answers in 15 s on average.
pub const WAVE_EVERY: Duration = Duration::from_secs(10);
/// How long one phone rings.
pub const RING_FOR: Duration = Duration::from_secs(30);

/// Ranks the roster for a session as it stands, with those who said no to it excluded.
pub(crate) fn rank_for(session: &Session, roster: &Roster, now: UnixMillis) -> Vec<Candidate> {
    rank_as(
        session,
        roster,
        Wanted { request: &session.request, adjacent_allowed: session.adjacent_allowed },
        now,
    )
}

/// The same for a request that is not the session's own: what a widening would bring.
pub(crate) fn rank_as(
    session: &Session,
    roster: &Roster,
    wanted: Wanted<'_>,
    now: UnixMillis,
) -> Vec<Candidate> {
    let declined = |id: MediatorId| {
        session.offers.iter().any(|offer| offer.mediator == id && offer.state == OfferState::Declined)
    };
    let mut ranked = rank(roster.standings(), wanted, now);
    for candidate in ranked.iter_mut().filter(|candidate| declined(candidate.mediator)) {
        (candidate.eligible, candidate.score) = (false, 0);
        candidate.reasons.push(MatchReason::DeclinedBefore);
    }
    ranked.sort_by_key(|candidate| !candidate.eligible);
    ranked
}

/// Eligible candidates that were not rung in this round, best first.
pub(crate) fn left_to_ring<'a>(session: &Session, ranked: &'a [Candidate]) -> Vec<&'a Candidate> {
    let rung: BTreeSet<MediatorId> =
        session.offers.iter().skip(session.round_began).map(|o| o.mediator).collect();
    // Whoever still rings from an earlier round must not ring twice.
    let ringing: BTreeSet<MediatorId> = session.ringing().map(|offer| offer.mediator).collect();
    let fresh = |id: &MediatorId| !rung.contains(id) && !ringing.contains(id);
    ranked.iter().filter(|candidate| candidate.eligible && fresh(&candidate.mediator)).collect()
}

/// Ranks anew and rings the next wave; notes it if nobody is left and nothing rings.
pub(crate) fn ring_next_wave(draft: &mut Draft, roster: &Roster, now: UnixMillis) {
    let ranked = rank_for(&draft.session, roster, now);
    let size = WAVE_SIZES.get(draft.session.wave as usize).copied().unwrap_or(usize::MAX);
    let chosen: Vec<MediatorId> = left_to_ring(&draft.session, &ranked)
        .into_iter()
        .take(size)
        .map(|candidate| candidate.mediator)
        .collect();
    if chosen.is_empty() {
        return note_if_unanswered(draft, now);
    }
    if draft.session.candidates != ranked {
        draft.record(Event::CandidatesRanked { candidates: ranked }, now);
    }
    let wave = draft.session.wave + 1;
    for mediator in chosen {
        let offer = OfferNumber(u32::try_from(draft.session.offers.len() + 1).unwrap_or(u32::MAX));
        draft.record(Event::OfferRang { offer, mediator, wave, expires_at: now + RING_FOR }, now);
    }
}

/// Ends those rings that ran out, and begins the next wave when it is due.
pub(crate) fn handle_timeout(draft: &mut Draft, roster: &Roster, now: UnixMillis) {
    let expired: Vec<OfferNumber> =
        draft.session.ringing().filter(|offer| offer.expires_at <= now).map(|offer| offer.number).collect();
    for offer in expired {
        draft.record(Event::OfferClosed { offer, outcome: OfferState::Expired }, now);
    }
    go_on(draft, roster, now);
}

/// After an offer closed, or somebody became free: rings on, if it is time or nothing rings any more. A session that
/// nobody answered rings again by itself for somebody who was not rung yet.
pub(crate) fn go_on(draft: &mut Draft, roster: &Roster, now: UnixMillis) {
    if !matches!(draft.session.phase(), Phase::Ringing | Phase::Unanswered) {
        return;
    }
    let silent = draft.session.ringing().next().is_none();
    if (silent || next_wave_at(&draft.session) <= now) && has_left(&draft.session, roster, now) {
        ring_next_wave(draft, roster, now);
    } else if silent {
        note_if_unanswered(draft, now);
    }
}

/// Withdraws every ring of a session.
pub(crate) fn withdraw_all(draft: &mut Draft, now: UnixMillis) {
    let ringing: Vec<OfferNumber> = draft.session.ringing().map(|offer| offer.number).collect();
    for offer in ringing {
        draft.record(Event::OfferClosed { offer, outcome: OfferState::Withdrawn }, now);
    }
}

/// When something is to be done about the rings of a session, if anything. A wave that is overdue with nobody left to
/// ring waits for somebody to become free, which is decided with the input that frees them.
pub(crate) fn poll_timeout(session: &Session, roster: &Roster, now: UnixMillis) -> Option<UnixMillis> {
    if session.phase() != Phase::Ringing {
        return None;
    }
    let expiry = session.ringing().map(|offer| offer.expires_at).min();
    let wave = Some(next_wave_at(session)).filter(|at| *at > now || has_left(session, roster, now));
    expiry.into_iter().chain(wave).min()
}

fn next_wave_at(session: &Session) -> UnixMillis {
    session.wave_began + WAVE_EVERY
}

fn has_left(session: &Session, roster: &Roster, now: UnixMillis) -> bool {
    !left_to_ring(session, &rank_for(session, roster, now)).is_empty()
}

fn note_if_unanswered(draft: &mut Draft, now: UnixMillis) {
    if draft.session.phase() == Phase::Ringing && draft.session.ringing().next().is_none() {
        draft.record(Event::NobodyAnswered, now);
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::ids::{AccountId, ParticipantId, SessionId};
    use crate::language::LanguagePair;
    use crate::relay::{Act, Input, Relay};
    use crate::roster::{Level, Mediator, Profile, SpokenLanguage};
    use crate::session_types::SessionRequest;

    const OFFICER: ParticipantId = ParticipantId(Uuid::from_u128(1));

    fn mediator(number: u128) -> Mediator {
        let spoken = |tag: &str| SpokenLanguage { tag: tag.parse().unwrap(), level: Level::Fluent };
        let profile = Profile::new(&format!("M{number}"), vec![spoken("sq"), spoken("en")]);
        Mediator { id: MediatorId(Uuid::from_u128(number)), profile: profile.cleared(UnixMillis(0)) }
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
            [(0, 3), (9_999, 3), (10_000, 8), (20_000, 12), (30_000, 9), (40_000, 4), (50_000, 0)]
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
