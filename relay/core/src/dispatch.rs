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
    if (silent || next_wave_at(&draft.session) <= now) && has_left(draft, roster, now) {
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

/// When something is to be done about the rings of a session, if anything. A wave that is overdue waits for somebody
/// to become ready, which is an input of its own.
pub(crate) fn poll_timeout(session: &Session, now: UnixMillis) -> Option<UnixMillis> {
    if session.phase() != Phase::Ringing {
        return None;
    }
    let expiry = session.ringing().map(|offer| offer.expires_at).min();
    let wave = Some(next_wave_at(session)).filter(|at| *at > now);
    expiry.into_iter().chain(wave).min()
}

fn next_wave_at(session: &Session) -> UnixMillis {
    session.wave_began + WAVE_EVERY
}

fn has_left(draft: &Draft, roster: &Roster, now: UnixMillis) -> bool {
    !left_to_ring(&draft.session, &rank_for(&draft.session, roster, now)).is_empty()
}

fn note_if_unanswered(draft: &mut Draft, now: UnixMillis) {
    if draft.session.phase() == Phase::Ringing && draft.session.ringing().next().is_none() {
        draft.record(Event::NobodyAnswered, now);
    }
}
