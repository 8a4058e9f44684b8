//! How the search for a mediator goes, as the officer sees it: who rings, what is left, what would help.

use crate::dispatch::{Dispatcher, left_to_ring};
use crate::pivot::best_chains;
use crate::relay::Relay;
use crate::session::Session;
use crate::session_types::{Candidate, Place, SessionRequest};
use crate::time::UnixMillis;
use crate::views::count;
use crate::wire::{OfferStatusView, RingingView, UsualWait, WideningChoice};

pub(crate) fn ringing_view(relay: &Relay, session: &Session, now: UnixMillis) -> RingingView {
    let dispatcher = relay.dispatcher(now);
    let rank = |place| (place, dispatcher.rank(session, place));
    let ranked: Vec<(Place, Vec<Candidate>)> = session.open_places().map(rank).collect();
    let left = ranked.iter().map(|(_, candidates)| left_to_ring(session, candidates).len()).sum();
    RingingView {
        wave: session.wave,
        offers: offers(relay, session),
        left_to_ring: count(left),
        widenings: widenings(&dispatcher, session, &ranked),
        no_answer: session.no_answer,
        place_in_line: relay.place_in_line(session),
        usual_wait: usual_wait(relay, session),
        coordinator_called: session.coordinator_called,
    }
}

fn offers(relay: &Relay, session: &Session) -> Vec<OfferStatusView> {
    let view = |offer: &crate::session::Offer| {
        let mediator = &relay.roster().get(offer.mediator)?.mediator;
        let judged =
            session.ranking(offer.place).iter().find(|candidate| candidate.mediator == offer.mediator);
        Some(OfferStatusView {
            offer: offer.number,
            alias: mediator.alias.clone(),
            qualification: mediator.qualification,
            gender: mediator.gender,
            place: offer.place,
            state: offer.state,
            reasons: judged.map(|candidate| candidate.reasons.clone()).unwrap_or_default(),
            expires_at: offer.expires_at,
        })
    };
    session.offers.iter().filter_map(view).collect()
}

fn usual_wait(relay: &Relay, session: &Session) -> Option<UsualWait> {
    let (time, calls) = relay.answer_times().nine_of_ten(&session.request.languages.source)?;
    let nine_of_ten_seconds = u32::try_from(time.as_millis().div_ceil(1_000)).unwrap_or(u32::MAX);
    Some(UsualWait { nine_of_ten_seconds, calls: count(calls) })
}

/// What could be relaxed, and whom it would reach; what brings most first.
fn widenings(
    dispatcher: &Dispatcher<'_>,
    session: &Session,
    ranked: &[(Place, Vec<Candidate>)],
) -> Vec<WideningChoice> {
    let choice = |how: &str, would_reach: usize| WideningChoice {
        how: how.to_owned(),
        via: None,
        would_reach: count(would_reach),
    };
    let eligible: usize =
        ranked.iter().flat_map(|(_, candidates)| candidates).filter(|candidate| candidate.eligible).count();
    let mut choices = vec![choice("ring_again", eligible.saturating_sub(session.ringing().count()))];
    let request = &session.request;
    if !session.adjacent_allowed && !request.languages.source.adjacent().is_empty() {
        choices.push(choice("allow_adjacent_language", gained(dispatcher, session, ranked, request, true)));
    }
    if request.gender_wish.is_some() {
        let relaxed = SessionRequest { gender_wish: None, ..request.clone() };
        let gain = gained(dispatcher, session, ranked, &relaxed, session.adjacent_allowed);
        choices.push(choice("drop_gender_wish", gain));
    }
    // A chain is slower for everybody: it is offered only where nobody speaks the pair.
    if eligible == 0 {
        choices.extend(
            best_chains(dispatcher, session)
                .into_iter()
                .map(|chain| WideningChoice { via: Some(chain.via), ..choice("pivot", chain.reach) }),
        );
    }
    choices.sort_by_key(|choice| std::cmp::Reverse(choice.would_reach));
    choices
}

/// How many more could be rung for a relaxed request.
fn gained(
    dispatcher: &Dispatcher<'_>,
    session: &Session,
    ranked: &[(Place, Vec<Candidate>)],
    request: &SessionRequest,
    adjacent_allowed: bool,
) -> usize {
    let gain = |(place, as_it_is): &(Place, Vec<Candidate>)| {
        let languages = session.languages_of(*place)?;
        let relaxed = dispatcher.rank_as(session, request, &languages, adjacent_allowed);
        let left = left_to_ring(session, as_it_is).len();
        Some(left_to_ring(session, &relaxed).len().saturating_sub(left))
    };
    ranked.iter().filter_map(gain).sum()
}
