//! Clearance and the wall in a case, looked at whenever somebody takes a booking, and again while they hold it.

use super::*;
use crate::case::{CaseRef, KeyedDigest, Served};
use crate::session_types::IntervieweeLabel;

/// An interview of this case with somebody in this capacity.
fn of_case(case: u8, label: IntervieweeLabel) -> SessionRequest {
    let case = CaseRef { case: KeyedDigest([case; 32]), person: None };
    SessionRequest { case: Some(case), label, ..plain() }
}

#[test]
fn whoever_takes_a_booking_is_judged_anew() {
    let mut world = World::default();
    let by = actor(AccountId(Uuid::from_u128(2)), AccountRole::Coordinator);
    world.plan_as(1, of_case(1, IntervieweeLabel::Victim), (600, 660), 0).unwrap();
    assert_eq!(world.offered(1), [0, 1, 2]);
    // Since they were asked, one was taken off the roster, one's vetting was shortened, and one served the suspect.
    let [mut gone, mut lapsed, walled] = [0, 1, 2].map(mediator);
    gone.profile.active = false;
    lapsed.profile.vetted_until = Some(at(630));
    let served = [Served { person: None, label: IntervieweeLabel::Suspect, mediator: walled.id }];
    let known = Known { served: &served, ..Known::default() };
    for mediator in [&gone, &lapsed] {
        assert_eq!(world.act(1, yes(mediator), 1), Err(BookingRefusal::NotCleared));
        assert_eq!(world.act(1, by_hand(mediator, &by), 1), Err(BookingRefusal::NotCleared));
    }
    let assign = BookingAct::Assign { mediator: &walled, known, by: &by, reason: "nobody else".to_owned() };
    assert_eq!(world.act(1, assign, 1), Err(BookingRefusal::OtherSide));
    let accept = BookingAct::Accept { mediator: &walled, known };
    assert_eq!(world.act(1, accept, 1), Err(BookingRefusal::NotSuitable), "and is not told of the case");
    let busy = Known { booked: &[Span { from: at(650), until: at(700) }], ..Known::default() };
    let accept = BookingAct::Accept { mediator: &walled, known: busy };
    assert_eq!(world.act(1, accept, 1), Err(BookingRefusal::AlreadyBooked));
    assert_eq!(world.book.get(id(1)).unwrap().mediator(), None, "nothing was changed");
    world.act(1, yes(&walled), 1).unwrap();
}

#[test]
fn nobody_holds_bookings_of_both_sides_of_a_case() {
    let mut world = World::default();
    let by = actor(AccountId(Uuid::from_u128(2)), AccountRole::Coordinator);
    world.plan_as(1, of_case(1, IntervieweeLabel::Victim), (600, 660), 0).unwrap();
    world.plan_as(2, of_case(1, IntervieweeLabel::Suspect), (2_000, 2_060), 0).unwrap();
    world.plan_as(3, of_case(1, IntervieweeLabel::Witness), (3_000, 3_060), 0).unwrap();
    world.plan_as(4, of_case(2, IntervieweeLabel::Suspect), (4_000, 4_060), 0).unwrap();
    let first = mediator(0);
    world.act(1, yes(&first), 1).unwrap();
    assert_eq!(world.offered(2), [1, 2, 3], "who took the victim is not asked for the suspect any more");
    assert_eq!((world.offered(3), world.offered(4)), (vec![0, 1, 2], vec![0, 1, 2]));
    assert_eq!(world.act(2, by_hand(&first, &by), 2), Err(BookingRefusal::OtherSide));
    world.plan_as(5, of_case(1, IntervieweeLabel::Suspect), (5_000, 5_060), 2).unwrap();
    assert_eq!(world.offered(5), [1, 2, 3]);
    world.act(3, yes(&first), 3).unwrap();
    world.act(4, yes(&first), 3).unwrap();
}

#[test]
fn whoever_holds_a_booking_and_may_not_serve_it_any_more_is_replaced() {
    let [mut gone, mut lapsed, kept] = [0, 0, 0].map(mediator);
    gone.profile.active = false;
    lapsed.profile.vetted_until = Some(at(630));
    let served = [Served { person: None, label: IntervieweeLabel::Suspect, mediator: kept.id }];
    let walled = Known { served: &served, ..Known::default() };
    let foreign = {
        let mut foreign = kept.clone();
        foreign.profile.agency = Some("RS-ASYL".parse().unwrap());
        foreign
    };
    for (holder, known) in [
        (&gone, Known::default()),
        (&lapsed, Known::default()),
        (&kept, walled),
        (&foreign, Known::default()),
    ] {
        let mut world = World::default();
        let request = SessionRequest {
            agency: Some("AL-BORDER".parse().unwrap()),
            ..of_case(1, IntervieweeLabel::Victim)
        };
        world.plan_as(1, request, (600, 660), 0).unwrap();
        world.act(1, yes(&kept), 1).unwrap();
        assert_eq!(
            world.book.held(at(2)).map(|(booking, who)| (booking.id, who)).next(),
            Some((id(1), kept.id))
        );
        assert_eq!(world.book.decide_review(id(1), &kept, Known::default(), at(2)), None, "suits as before");
        assert_eq!(world.book.decide_review(id(1), &mediator(1), walled, at(2)), None, "does not hold it");
        let change = world.book.decide_review(id(1), holder, known, at(3)).unwrap();
        // The ranking of now leaves them out, as the shell's does.
        world.logs.get_mut(&id(1)).unwrap().extend(change.1.clone());
        world.book.apply(change);
        let refilled = world.book.refill(id(1), &World::ranking()[1..], at(3)).unwrap();
        world.logs.get_mut(&id(1)).unwrap().extend(refilled.1.clone());
        world.book.apply(refilled);
        let booking = world.book.get(id(1)).unwrap();
        assert_eq!((booking.state, booking.mediator()), (BookingState::Seeking, None));
        assert_eq!(booking.offer_to(kept.id), Some(BookingOfferState::Withdrawn));
        assert_eq!((world.offered(1), world.book.held(at(3)).count()), (vec![1, 2, 3], 0));
        world.act(1, yes(&mediator(2)), 4).unwrap();
        world.check();
        assert_eq!(
            world.book.held(at(630)).count(),
            0,
            "when it can not be begun any more, nothing is looked at"
        );
    }
}
