//! What changes while it rings: whoever may not take the call any more does not.

use dragoman_core::codes::{Circumstance, Tie};
use dragoman_core::ids::{AccountId, ParticipantId};
use dragoman_core::refusal::Refusal;
use dragoman_core::relay::{Act, Input, Relay};
use dragoman_core::session_types::{OfferNumber, OfferState, Phase, SessionRequest, Widening};
use uuid::Uuid;

use crate::people::{NOW, OFFICER, Person, SESSION, asked, between, hence, speaks};

fn ana() -> Person {
    speaks("Ana", "sq:native en:fluent")
}

fn ringing(relay: &Relay) -> usize {
    relay.session(SESSION).unwrap().ringing().count()
}

/// Ana answers her first ring so many minutes from now.
fn accept(relay: &mut Relay, in_minutes: i64) -> Result<(), Refusal> {
    let participant = ParticipantId(Uuid::from_u128(10));
    let (offer, mediator) = (OfferNumber(1), ana().id());
    let input = Input::AcceptOffer { session: SESSION, offer, mediator, participant };
    relay.handle_input(input, hence(in_minutes)).map(|_| ())
}

#[test]
fn a_clearance_that_ran_out_while_it_rang_takes_no_call() {
    let mut relay = asked(&[ana().with(|p| p.vetted_until = Some(hence(1)))], between("sq", "en"));
    assert_eq!(ringing(&relay), 1);
    assert_eq!(accept(&mut relay, 1), Err(Refusal::NoLongerSuitable));
    assert_eq!(relay.session(SESSION).unwrap().phase(), Phase::Ringing);
    assert_eq!(accept(&mut relay, 0), Ok(()), "a moment before it was no matter");
}

#[test]
fn whoever_loses_what_it_takes_is_not_rung_any_longer_and_others_are() {
    let ben = speaks("Ben", "sq:native en:fluent");
    let favoured = ana().with(|p| p.favourite_of = ["AL-BORDER".parse().unwrap()].into());
    let request = SessionRequest { agency: Some("AL-BORDER".parse().unwrap()), ..between("sq", "en") };
    let mut relay = asked(&[favoured, ben.clone()], request);
    assert_eq!(ringing(&relay), 1, "the favourite alone");
    relay.handle_input(Input::PutMediator(ana().with(|p| p.active = false).mediator), NOW).unwrap();
    let session = relay.session(SESSION).unwrap();
    assert_eq!(session.offers[0].state, OfferState::Withdrawn);
    let rung: Vec<_> = session.ringing().map(|offer| offer.mediator).collect();
    assert_eq!(rung, [ben.id()], "nothing rang any more, so the next do at once");
    assert_eq!(accept(&mut relay, 0), Err(Refusal::OfferNotRinging));
}

#[test]
fn the_end_of_a_loan_ends_its_rings() {
    let mut relay = asked(&[ana().of("RS-MUP").not_ready()], {
        SessionRequest { agency: Some("AL-BORDER".parse().unwrap()), ..between("sq", "en") }
    });
    assert_eq!(ringing(&relay), 0);
    let lent = [(ana().id(), "AL-BORDER".parse().unwrap())].into();
    relay.handle_input(Input::SetLoans(lent), NOW).unwrap();
    relay.handle_input(Input::SetReady(ana().id(), true), NOW).unwrap();
    assert_eq!(ringing(&relay), 1);
    relay.handle_input(Input::SetLoans(Default::default()), NOW).unwrap();
    assert_eq!(ringing(&relay), 0);
}

#[test]
fn whoever_answers_though_switched_off_or_soon_booked_is_there() {
    let mut relay = asked(&[ana()], between("sq", "en"));
    let booked = vec![ana().booked(10).booked[0]];
    for input in [
        Input::SetReady(ana().id(), false),
        Input::SetReachable(ana().id(), false),
        Input::SetBooked(ana().id(), booked),
    ] {
        relay.handle_input(input, NOW).unwrap();
    }
    assert_eq!(accept(&mut relay, 0), Ok(()));
}

#[test]
fn an_exception_lifts_what_it_was_made_for_and_nothing_that_comes_later() {
    let place = Circumstance::new(Tie::Place, "Kukës").unwrap();
    let request = SessionRequest { circumstances: [place].into(), ..between("sq", "en") };
    let mut relay = asked(&[ana().not_ready()], request);
    let (mediator, account) = (ana().id(), AccountId(Uuid::from_u128(4)));
    let by_hand = |reason: &str| {
        let reason = reason.to_owned();
        Input::RingByHand { session: SESSION, mediator, account, reason }
    };
    let ring_again = Input::Act { session: SESSION, by: OFFICER, act: Act::Widen(Widening::RingAgain) };
    relay.handle_input(by_hand("nobody else is there"), NOW).unwrap();
    assert_eq!(ringing(&relay), 1);
    relay.handle_input(Input::PutMediator(ana().tied("Kukës").mediator), NOW).unwrap();
    relay.handle_input(ring_again.clone(), NOW).unwrap();
    assert_eq!(ringing(&relay), 0, "nobody gave a reason for the tie");
    assert_eq!(relay.handle_input(by_hand(""), NOW).err(), Some(Refusal::ReasonMissing));
    relay.handle_input(by_hand("the tie is to another family"), NOW).unwrap();
    assert_eq!(accept(&mut relay, 0), Err(Refusal::OfferNotRinging), "that one is over");
    assert_eq!(ringing(&relay), 1);
}
