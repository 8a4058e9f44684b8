//! Bookings of a small world: each rule by itself, and all of them under whatever happens.

mod wall;

use std::collections::{BTreeMap, HashMap};

use proptest::prelude::*;
use uuid::Uuid;

use super::decide::REMINDERS;
use super::*;
use crate::ids::SessionId;
use crate::language::LanguagePair;
use crate::loan::Actor;
use crate::rest::AccountRole;
use crate::roster::Mediator;
use crate::roster::{Level, Profile, SpokenLanguage};

const MINUTE: i64 = 60_000;
const OFFICER: AccountId = AccountId(Uuid::from_u128(1));

fn mediator(number: u128) -> Mediator {
    let spoken = |tag: &str| SpokenLanguage { tag: tag.parse().unwrap(), level: Level::Fluent };
    let profile = Profile::new("M", vec![spoken("sq"), spoken("en")]).cleared(UnixMillis(0));
    Mediator { id: MediatorId(Uuid::from_u128(number)), profile }
}

fn plain() -> SessionRequest {
    let languages = LanguagePair { source: "sq".parse().unwrap(), target: "en".parse().unwrap() };
    SessionRequest::between(languages)
}

fn at(minutes: i64) -> UnixMillis {
    UnixMillis(minutes * MINUTE)
}

fn actor(account: AccountId, role: AccountRole) -> Actor {
    Actor { account, role, agency: None }
}

fn id(number: u128) -> BookingId {
    BookingId(Uuid::from_u128(number))
}

/// A book as the shell keeps it, with the whole log of every booking.
#[derive(Default)]
struct World {
    book: BookingBook,
    logs: BTreeMap<BookingId, Vec<BookingEntry>>,
    over: BTreeMap<BookingId, Booking>,
}

impl World {
    fn ranking() -> Vec<MediatorId> {
        (0..6).map(|number| mediator(number).id).collect()
    }

    fn take(&mut self, changes: Vec<Change>, now: UnixMillis) {
        for change in changes {
            let (id, entries) = change.clone();
            self.logs.entry(id).or_default().extend(entries);
            self.over.extend(self.book.apply(change).map(|booking| (id, booking)));
            if let Some(change) = self.book.refill(id, &Self::ranking(), now) {
                self.logs.entry(id).or_default().extend(change.1.clone());
                self.book.apply(change);
            }
        }
    }

    fn plan(&mut self, number: u128, from: i64, until: i64, now: i64) -> Result<(), BookingRefusal> {
        self.plan_as(number, plain(), (from, until), now)
    }

    fn plan_as(
        &mut self,
        number: u128,
        request: SessionRequest,
        (from, until): (i64, i64),
        now: i64,
    ) -> Result<(), BookingRefusal> {
        let span = Span { from: at(from), until: at(until) };
        let change = self.book.request(id(number), OFFICER, request, span, at(now))?;
        self.take(vec![change], at(now));
        Ok(())
    }

    fn act(&mut self, number: u128, act: BookingAct<'_>, now: i64) -> Result<(), BookingRefusal> {
        let changes = self.book.decide(id(number), act, at(now))?;
        self.take(changes, at(now));
        Ok(())
    }

    fn pass(&mut self, now: i64) {
        for id in self.book.due(at(now)) {
            let change = self.book.decide_timeout(id, &Self::ranking(), at(now));
            self.take(change.into_iter().collect(), at(now));
        }
    }

    /// Whoever holds it is off the roster from now.
    fn lapse(&mut self, number: u128, now: i64) {
        let held = self.book.get(id(number)).and_then(Booking::mediator);
        let Some(mut holder) = held.map(|mediator_id| mediator(mediator_id.0.as_u128())) else { return };
        holder.profile.active = false;
        let change = self.book.decide_review(id(number), &holder, Known::default(), at(now)).unwrap();
        self.take(vec![change], at(now));
    }

    fn offered(&self, number: u128) -> Vec<u128> {
        let offered = self.book.get(id(number)).unwrap().with(BookingOfferState::Offered);
        offered.map(|id| id.0.as_u128()).collect()
    }

    fn check(&self) {
        let mut held: HashMap<MediatorId, Vec<Span>> = HashMap::new();
        for booking in self.book.bookings() {
            let accepted = booking.with(BookingOfferState::Accepted).count();
            assert!(accepted <= 1, "at most one mediator a booking");
            assert_eq!(accepted == 1, booking.state == BookingState::Confirmed);
            let open = booking.with(BookingOfferState::Offered).count();
            assert!(accepted == 0 || open == 0, "who said yes ends all asking");
            assert_eq!(Booking::replay(booking.id, self.logs[&booking.id].clone()).unwrap(), *booking);
            if let Some(mediator) = booking.mediator() {
                let others = held.entry(mediator).or_default();
                assert!(!others.iter().any(|span| collide(*span, booking.span)), "nobody in two places");
                others.push(booking.span);
            }
        }
        for (id, booking) in &self.over {
            assert_eq!(Booking::replay(*id, self.logs[id].clone()).unwrap(), *booking);
            assert_eq!(booking.with(BookingOfferState::Offered).count(), 0, "nobody is left asked");
        }
    }
}

fn yes(mediator: &Mediator) -> BookingAct<'_> {
    BookingAct::Accept { mediator, known: Known::default() }
}

fn by_hand<'a>(mediator: &'a Mediator, by: &'a Actor) -> BookingAct<'a> {
    BookingAct::Assign { mediator, known: Known::default(), by, reason: "knows".into() }
}

#[derive(Clone, Debug)]
enum Step {
    Plan(i64, i64),
    Accept(u128, u128),
    Decline(u128, u128),
    GiveBack(u128, u128),
    Assign(u128, u128),
    Cancel(u128),
    Begin(u128),
    Lapse(u128),
    Wait(i64),
}

fn step() -> impl Strategy<Value = Step> {
    let (which, who) = (1_u128..8, 0_u128..7);
    prop_oneof![
        2 => (1_i64..600, 5_i64..180).prop_map(|(from, length)| Step::Plan(from, length)),
        6 => (which.clone(), who.clone()).prop_map(|(b, m)| Step::Accept(b, m)),
        2 => (which.clone(), who.clone()).prop_map(|(b, m)| Step::Decline(b, m)),
        1 => (which.clone(), who.clone()).prop_map(|(b, m)| Step::GiveBack(b, m)),
        1 => (which.clone(), who).prop_map(|(b, m)| Step::Assign(b, m)),
        1 => which.clone().prop_map(Step::Cancel),
        1 => which.clone().prop_map(Step::Begin),
        1 => which.prop_map(Step::Lapse),
        2 => (1_i64..90).prop_map(Step::Wait),
    ]
}

proptest! {
    #[test]
    fn bookings_keep_their_invariants_whatever_happens(steps in prop::collection::vec(step(), 1..120)) {
        let mut world = World::default();
        let (mut now, mut planned) = (0, 0);
        let coordinator = actor(AccountId(Uuid::from_u128(2)), AccountRole::Coordinator);
        let officer = actor(OFFICER, AccountRole::Officer);
        for step in steps {
            let _ = match step {
                Step::Plan(ahead, length) => {
                    planned += 1;
                    world.plan(planned, now + ahead, now + ahead + length, now)
                }
                Step::Accept(b, m) => world.act(b, yes(&mediator(m)), now),
                Step::Decline(b, m) => world.act(b, BookingAct::Decline(mediator(m).id), now),
                Step::GiveBack(b, m) => {
                    world.act(b, BookingAct::GiveBack { mediator: mediator(m).id, reason: None }, now)
                }
                Step::Assign(b, m) => {
                    let (mediator, by, reason) = (&mediator(m), &coordinator, "by telephone".to_owned());
                    world.act(b, BookingAct::Assign { mediator, known: Known::default(), by, reason }, now)
                }
                Step::Cancel(b) => {
                    world.act(b, BookingAct::Cancel { by: &officer, reason: "moved".into() }, now)
                }
                Step::Begin(b) => {
                    let session = SessionId(Uuid::from_u128(b));
                    world.act(b, BookingAct::Begin { by: &officer, session }, now)
                }
                Step::Lapse(b) => {
                    world.lapse(b, now);
                    Ok(())
                }
                Step::Wait(minutes) => {
                    now += minutes;
                    world.pass(now);
                    Ok(())
                }
            };
            world.check();
        }
        // In the end every booking is over, and no timer is left.
        for _ in 0..2_000 {
            let Some(due) = world.book.poll_timeout() else { break };
            now = now.max(due.0.div_euclid(MINUTE) + 1);
            world.pass(now);
        }
        world.check();
        prop_assert_eq!(world.book.bookings().count(), 0);
        prop_assert_eq!(world.over.len(), world.logs.len());
    }
}

#[test]
fn the_best_three_are_asked_and_whoever_says_no_is_replaced_by_the_next() {
    let mut world = World::default();
    world.plan(1, 3_000, 3_060, 0).unwrap();
    assert_eq!(world.offered(1), [0, 1, 2]);
    world.act(1, BookingAct::Decline(mediator(1).id), 1).unwrap();
    assert_eq!(world.offered(1), [0, 2, 3]);
    assert_eq!(world.act(1, yes(&mediator(5)), 2), Err(BookingRefusal::NotOffered));
    world.act(1, yes(&mediator(3)), 2).unwrap();
    assert!(world.offered(1).is_empty());
    assert_eq!(world.act(1, yes(&mediator(0)), 3), Err(BookingRefusal::NotOffered), "the second yes");
    let give_back = |number| BookingAct::GiveBack { mediator: mediator(number).id, reason: None };
    assert_eq!(world.act(1, give_back(0), 4), Err(BookingRefusal::NotYours));
    world.act(1, give_back(3), 4).unwrap();
    assert_eq!(world.offered(1), [0, 2, 4], "a replacement is sought at once, not from who said no");
    // Unanswered, three more are asked six hours later; two are left.
    world.pass(360);
    assert_eq!(world.offered(1), [0, 2, 4, 5]);
    world.check();
}

#[test]
fn nobody_is_asked_or_taken_for_two_at_one_time() {
    let mut world = World::default();
    world.plan(1, 600, 660, 0).unwrap();
    world.plan(2, 674, 700, 0).unwrap();
    world.plan(3, 675, 700, 0).unwrap();
    assert_eq!(world.offered(2), [0, 1, 2]);
    world.act(1, yes(&mediator(0)), 1).unwrap();
    assert_eq!(world.offered(2), [1, 2, 3], "14 minutes after the other one: withdrawn and replaced");
    assert_eq!(world.offered(3), [0, 1, 2], "15 minutes are enough");
    let by = actor(AccountId(Uuid::from_u128(2)), AccountRole::Coordinator);
    let (busy, first, second) = (mediator(0), mediator(5), mediator(4));
    let mut unvetted = mediator(3);
    unvetted.profile.vetted_until = Some(at(690));
    let assign = |mediator| by_hand(mediator, &by);
    assert_eq!(world.act(2, assign(&busy), 2), Err(BookingRefusal::AlreadyBooked));
    assert_eq!(world.act(2, assign(&unvetted), 2), Err(BookingRefusal::NotCleared));
    world.act(2, assign(&first), 2).unwrap();
    world.act(2, assign(&second), 3).unwrap();
    assert_eq!(world.book.booked(mediator(5).id), []);
    assert_eq!(world.book.booked(mediator(4).id), [Span { from: at(674), until: at(700) }]);
}

#[test]
fn reminders_come_once_each_and_only_those_ahead() {
    let times = |accepted: i64, ticks: &[i64]| {
        let mut world = World::default();
        world.plan(1, 3_000, 3_060, 0).unwrap();
        world.act(1, yes(&mediator(0)), accepted).unwrap();
        ticks.iter().for_each(|now| world.pass(*now));
        let reminded = world.logs[&id(1)].iter().filter_map(|entry| match entry.event {
            BookingEvent::BookingReminded { minutes_before } => Some(minutes_before),
            _ => None,
        });
        reminded.collect::<Vec<_>>()
    };
    let minutes: Vec<i64> = (0..3_000).collect();
    assert_eq!(times(0, &minutes), REMINDERS);
    assert_eq!(times(2_900, &minutes[2_900..]), [15]);
    assert_eq!(times(0, &[2_990]), [15], "after a night without the relay");
}

#[test]
fn coordinators_are_told_two_hours_before_and_again_after_a_loss() {
    let mut world = World::default();
    world.plan(1, 3_000, 3_060, 0).unwrap();
    let escalated = |world: &World| world.book.get(id(1)).unwrap().escalated;
    world.pass(2_879);
    assert!(!escalated(&world));
    world.pass(2_880);
    assert!(escalated(&world));
    world.act(1, yes(&mediator(0)), 2_900).unwrap();
    assert!(!escalated(&world));
    world.act(1, BookingAct::GiveBack { mediator: mediator(0).id, reason: None }, 2_990).unwrap();
    world.pass(2_990);
    assert!(escalated(&world));
    world.pass(3_029);
    assert!(world.over.is_empty());
    world.pass(3_030);
    assert_eq!(world.over[&id(1)].state, BookingState::Unfilled);
}

#[test]
fn only_the_officer_begins_and_only_near_its_time() {
    let mut world = World::default();
    world.plan(1, 600, 660, 0).unwrap();
    let (officer, other) =
        (actor(OFFICER, AccountRole::Officer), actor(AccountId(Uuid::from_u128(3)), AccountRole::Officer));
    let session = SessionId(Uuid::from_u128(5));
    let begin = |by| BookingAct::Begin { by, session };
    let cancel = |by, reason: &str| BookingAct::Cancel { by, reason: reason.to_owned() };
    assert_eq!(world.act(1, begin(&other), 600), Err(BookingRefusal::NoSuchBooking));
    assert_eq!(world.act(1, cancel(&other, "not mine"), 600), Err(BookingRefusal::NoSuchBooking));
    assert_eq!(world.act(1, cancel(&officer, " "), 600), Err(BookingRefusal::ReasonMissing));
    assert_eq!(world.act(1, begin(&officer), 584), Err(BookingRefusal::TooEarly));
    assert_eq!(world.act(1, begin(&officer), 630), Err(BookingRefusal::TooLate));
    world.act(1, begin(&officer), 585).unwrap();
    assert_eq!(world.over[&id(1)].session, Some(session));
    assert_eq!(world.act(1, begin(&officer), 590), Err(BookingRefusal::NoSuchBooking), "twice");
}

#[test]
fn what_can_not_be_planned_is_refused() {
    let mut world = World::default();
    for (from, until) in [(99, 160), (200, 204), (200, 200 + 721), (100 + 366 * 1_440 + 1, 600_000)] {
        assert_eq!(world.plan(1, from, until, 100), Err(BookingRefusal::BadSpan), "{from} {until}");
    }
    let mut same = plain();
    same.languages.target = "sq-XK".parse().unwrap();
    let span = Span { from: at(10), until: at(20) };
    let refused = world.book.request(id(1), OFFICER, same, span, at(0));
    assert_eq!(refused.unwrap_err(), BookingRefusal::SameLanguage);
}
