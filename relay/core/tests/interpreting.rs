//! What may be done on the floor, by whom, and what becomes of it.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may fail by panic")]

use std::time::Duration;

use dragoman_core::event::{ConsentStatement, Event};
use dragoman_core::ids::{AccountId, MediatorId, ParticipantId, SessionId};
use dragoman_core::interpreting::{FloorAct, Mode, Signal};
use dragoman_core::language::LanguagePair;
use dragoman_core::refusal::Refusal;
use dragoman_core::relay::{Act, Input, Relay};
use dragoman_core::roster::{Level, LoadLimits, Mediator, Profile, SpokenLanguage};
use dragoman_core::routing::routes;
use dragoman_core::session::Session;
use dragoman_core::session_types::{
    ConsentKind, ConsentMeans, OfferNumber, Phase, Place, Role, SessionRequest,
};
use dragoman_core::time::UnixMillis;
use uuid::Uuid;

const SESSION: SessionId = SessionId(Uuid::from_u128(7));
const OFFICER: ParticipantId = id(1);
const FIRST: ParticipantId = id(2);
const INTERVIEWEE: ParticipantId = id(3);
const OBSERVER: ParticipantId = id(4);
const SECOND: ParticipantId = id(5);
const PLACE: Place = Place(0);

const fn id(number: u128) -> ParticipantId {
    ParticipantId(Uuid::from_u128(number))
}

/// A relay with one live session of officer, mediator, interviewee and observer, and its clock.
struct World {
    relay: Relay,
    now: UnixMillis,
}

impl World {
    fn live(mediators: u128, minor: bool) -> Self {
        let mut world = Self { relay: Relay::default(), now: UnixMillis(1_000) };
        for number in 1..=mediators {
            let mediator = mediator(number);
            let id = mediator.id;
            for input in
                [Input::PutMediator(mediator), Input::SetReady(id, true), Input::SetReachable(id, true)]
            {
                world.input(input).unwrap();
            }
        }
        let languages = LanguagePair { source: "sq".parse().unwrap(), target: "en".parse().unwrap() };
        let request = SessionRequest { minor, ..SessionRequest::between(languages) };
        let officer_account = AccountId(Uuid::from_u128(9));
        let asks = Input::RequestSession { session: SESSION, officer_account, officer: OFFICER, request };
        world.input(asks).unwrap();
        world.accept(FIRST).unwrap();
        for (participant, role) in [(INTERVIEWEE, Role::Interviewee), (OBSERVER, Role::Observer)] {
            let language = "sq".parse().unwrap();
            world.input(Input::AdmitParticipant { session: SESSION, participant, role, language }).unwrap();
        }
        for by in [OFFICER, FIRST, INTERVIEWEE, OBSERVER] {
            world.act(by, Act::Connect).unwrap();
        }
        let (kind, means) = (ConsentKind::Interpreting, ConsentMeans::OwnScreen);
        world.act(INTERVIEWEE, Act::StateConsent(ConsentStatement { kind, agreed: true, means })).unwrap();
        assert_eq!(world.session().phase(), Phase::Live);
        world
    }

    fn input(&mut self, input: Input) -> Result<Vec<Event>, Refusal> {
        let drafts = self.relay.handle_input(input, self.now)?;
        Ok(drafts.into_iter().flat_map(|draft| draft.events).collect())
    }

    fn act(&mut self, by: ParticipantId, act: Act) -> Result<Vec<Event>, Refusal> {
        self.input(Input::Act { session: SESSION, by, act })
    }

    fn floor(&mut self, by: ParticipantId, act: FloorAct) -> Result<Vec<Event>, Refusal> {
        self.act(by, Act::Floor(act))
    }

    /// Whoever rings first takes it.
    fn accept(&mut self, participant: ParticipantId) -> Option<MediatorId> {
        let (offer, mediator) = self.session().ringing().next().map(|ring| (ring.number, ring.mediator))?;
        self.input(Input::AcceptOffer { session: SESSION, offer, mediator, participant }).unwrap();
        Some(mediator)
    }

    fn pass(&mut self, time: Duration) -> Vec<Event> {
        let until = self.now + time;
        let mut events = Vec::new();
        while let Some(due) = self.relay.poll_timeout(self.now).filter(|due| *due <= until) {
            self.now = due.max(self.now);
            let drafts = self.relay.handle_timeout(self.now);
            events.extend(drafts.into_iter().flat_map(|draft| draft.events));
        }
        self.now = until;
        events
    }

    fn session(&self) -> &Session {
        self.relay.session(SESSION).unwrap()
    }

    fn hears(&self, from: ParticipantId, to: ParticipantId) -> bool {
        routes(self.session()).iter().any(|route| route.from == from && route.to.contains(&to))
    }
}

fn mediator(number: u128) -> Mediator {
    let spoken = |tag: &str| SpokenLanguage { tag: tag.parse().unwrap(), level: Level::Fluent };
    let profile = Profile::new(&format!("M{number}"), vec![spoken("sq"), spoken("en")]);
    let load = LoadLimits { rest_minutes: 0, ..LoadLimits::default() };
    let specialisms = [dragoman_core::roster::Specialism::Minors].into();
    Mediator {
        id: MediatorId(Uuid::from_u128(number)),
        profile: Profile { load, specialisms, ..profile.cleared(UnixMillis(0)) },
    }
}

#[test]
fn an_aside_is_for_two_who_may_and_ends_with_either_or_with_a_lost_page() {
    let mut world = World::live(1, false);
    let begin = |with| FloorAct::BeginAside { with };
    for (by, with) in [
        (INTERVIEWEE, OFFICER),
        (OFFICER, INTERVIEWEE),
        (FIRST, OBSERVER),
        (OFFICER, OFFICER),
        (FIRST, FIRST),
    ] {
        assert_eq!(world.floor(by, begin(with)), Err(Refusal::NotYourRole), "{by:?} with {with:?}");
    }
    assert_eq!(world.floor(OFFICER, FloorAct::EndAside), Err(Refusal::NoAside));
    world.floor(FIRST, begin(OFFICER)).unwrap();
    assert!(
        world.hears(OFFICER, FIRST)
            && !world.hears(OFFICER, INTERVIEWEE)
            && world.hears(INTERVIEWEE, OFFICER)
    );
    assert_eq!(world.floor(OBSERVER, begin(OFFICER)), Err(Refusal::AsideTaken));
    assert_eq!(world.floor(OBSERVER, FloorAct::EndAside), Err(Refusal::NotYourRole));
    world.act(FIRST, Act::Disconnect).unwrap();
    assert!(world.hears(OFFICER, INTERVIEWEE), "nobody speaks aside to a page that is gone");
    assert_eq!(world.floor(OFFICER, begin(FIRST)), Err(Refusal::NotYourRole), "who is not there");
    world.floor(OBSERVER, begin(OFFICER)).unwrap();
    world.act(INTERVIEWEE, Act::Stop).unwrap();
    assert!(world.session().floor.aside.is_none() && routes(world.session()).is_empty());
}

#[test]
fn the_interviewee_ends_their_own_break_where_they_have_a_screen() {
    let mut world = World::live(1, false);
    assert_eq!(world.floor(OBSERVER, FloorAct::Pause), Err(Refusal::NotYourRole));
    assert_eq!(world.floor(OFFICER, FloorAct::Resume), Err(Refusal::NotPaused));
    world.floor(INTERVIEWEE, FloorAct::Pause).unwrap();
    assert_eq!(world.session().phase(), Phase::Paused);
    assert_eq!(world.floor(FIRST, FloorAct::Pause), Err(Refusal::NotLive));
    assert_eq!(world.floor(OFFICER, FloorAct::Resume), Err(Refusal::IntervieweeDecides));
    world.act(INTERVIEWEE, Act::Disconnect).unwrap();
    world.floor(OFFICER, FloorAct::Resume).unwrap();
    world.act(INTERVIEWEE, Act::Connect).unwrap();
    world.floor(FIRST, FloorAct::Pause).unwrap();
    assert_eq!(world.floor(INTERVIEWEE, FloorAct::Resume), Err(Refusal::NotYourRole), "somebody else rests");
    world.floor(OFFICER, FloorAct::Resume).unwrap();
    world.floor(INTERVIEWEE, FloorAct::Pause).unwrap();
    world.act(INTERVIEWEE, Act::Stop).unwrap();
    assert_eq!(world.session().phase(), Phase::Stopped, "a stop is more than a break");
    assert_eq!(world.floor(INTERVIEWEE, FloorAct::Resume), Err(Refusal::NotPaused), "it asks anew");
}

#[test]
fn signals_are_given_by_whom_they_are_for_and_not_without_end() {
    let mut world = World::live(1, false);
    let sign = |signal| FloorAct::Signal { signal };
    assert_eq!(world.floor(OFFICER, sign(Signal::Correction)), Err(Refusal::NotYourRole));
    assert_eq!(world.floor(FIRST, sign(Signal::AnotherMediator)), Err(Refusal::NotYourRole));
    world.floor(INTERVIEWEE, sign(Signal::AnotherMediator)).unwrap();
    assert_eq!(world.floor(INTERVIEWEE, sign(Signal::Slower)), Err(Refusal::TooSoon));
    world.pass(Duration::from_secs(1));
    for _ in 0..20 {
        world.floor(INTERVIEWEE, sign(Signal::Slower)).unwrap();
        world.pass(Duration::from_secs(1));
    }
    assert_eq!(world.session().floor.signals.len(), 8, "the screens show the latest; the log has all");
}

#[test]
fn modes_and_channels_are_those_of_the_session() {
    let mut world = World::live(1, false);
    let mode = FloorAct::SetMode { mode: Mode::Simultaneous };
    assert_eq!(world.floor(INTERVIEWEE, mode.clone()), Err(Refusal::NotYourRole));
    world.floor(FIRST, mode.clone()).unwrap();
    assert_eq!(world.floor(OFFICER, mode).unwrap(), vec![], "twice is not wrong, and changes nothing");
    let into = |tag: &str| FloorAct::SpeakInto { language: tag.parse().unwrap() };
    assert_eq!(world.floor(OFFICER, into("en")), Err(Refusal::NotYourRole));
    assert_eq!(world.floor(FIRST, into("fr")), Err(Refusal::NotALanguageOfTheSession));
    assert!(world.hears(FIRST, OFFICER) && !world.hears(FIRST, INTERVIEWEE));
    world.floor(FIRST, into("sq")).unwrap();
    assert!(!world.hears(FIRST, OFFICER) && world.hears(FIRST, INTERVIEWEE));
    let listen =
        |language: Option<&str>| FloorAct::ListenTo { language: language.map(|l| l.parse().unwrap()) };
    assert_eq!(world.floor(FIRST, listen(Some("en"))), Err(Refusal::NotYourRole));
    assert_eq!(world.floor(OBSERVER, listen(Some("fr"))), Err(Refusal::NotALanguageOfTheSession));
    world.floor(OBSERVER, listen(None)).unwrap();
    assert!(!world.hears(FIRST, OBSERVER) && world.hears(OFFICER, OBSERVER));
}

#[test]
fn a_second_mediator_is_rung_takes_over_and_the_first_is_free_for_others() {
    let mut world = World::live(3, false);
    let handover = FloorAct::BeginHandover { place: PLACE };
    assert_eq!(world.floor(INTERVIEWEE, FloorAct::RequestRelief { place: PLACE }), Err(Refusal::NotYourRole));
    assert_eq!(world.floor(OFFICER, FloorAct::RequestRelief { place: Place(1) }), Err(Refusal::NoSuchPlace));
    assert_eq!(world.floor(OFFICER, handover.clone()), Err(Refusal::NoRelief));
    assert_eq!(world.floor(FIRST, FloorAct::Leave), Err(Refusal::StillOnTurn));
    world.floor(FIRST, FloorAct::RequestRelief { place: PLACE }).unwrap();
    assert_eq!(world.session().phase(), Phase::Live, "the interview goes on while it rings");
    world.floor(OFFICER, FloorAct::CallOffRelief { place: PLACE }).unwrap();
    assert_eq!(world.session().ringing().count(), 0);
    world.floor(OFFICER, FloorAct::RequestRelief { place: PLACE }).unwrap();
    world.accept(SECOND).unwrap();
    world.act(SECOND, Act::Connect).unwrap();
    assert!(world.hears(INTERVIEWEE, SECOND) && world.hears(FIRST, SECOND) && !world.hears(SECOND, FIRST));
    assert_eq!(world.floor(OFFICER, FloorAct::RequestRelief { place: PLACE }), Err(Refusal::ReliefIsThere));
    assert_eq!(world.floor(FIRST, handover.clone()), Err(Refusal::ReliefNotReady));
    assert_eq!(world.floor(FIRST, FloorAct::SetReady { ready: true }), Err(Refusal::NotYourRole));

    world.floor(SECOND, FloorAct::SetReady { ready: true }).unwrap();
    world.floor(FIRST, handover.clone()).unwrap();
    world.floor(SECOND, FloorAct::SetReady { ready: false }).unwrap();
    assert_eq!(world.pass(Duration::from_secs(10)), vec![], "not now after all");
    world.floor(SECOND, FloorAct::SetReady { ready: true }).unwrap();
    world.floor(OFFICER, handover).unwrap();
    assert!(world.hears(FIRST, INTERVIEWEE), "the countdown runs");
    let (place, from, to) = (PLACE, FIRST, SECOND);
    assert_eq!(world.pass(Duration::from_secs(3)), vec![Event::HandedOver { place, from, to }]);
    assert!(
        world.hears(SECOND, INTERVIEWEE) && !world.hears(FIRST, INTERVIEWEE) && !world.hears(FIRST, SECOND)
    );

    let taken = |world: &World| world.session().mediators().map(|taken| taken.mediator).collect::<Vec<_>>();
    let first = taken(&world)[0];
    world.floor(FIRST, FloorAct::Leave).unwrap();
    assert!(!taken(&world).contains(&first) && !world.relay.roster().get(first).unwrap().standing.in_session);
    assert_eq!(world.act(FIRST, Act::Connect), Err(Refusal::NotAParticipant));
    // And a third one later, at a place of its own.
    world.floor(OFFICER, FloorAct::RequestRelief { place: PLACE }).unwrap();
    let third = id(6);
    world.accept(third).expect("somebody rings");
    assert!(world.session().relief(PLACE).is_some_and(|relief| relief.id == third));
    let offers = &world.session().offers;
    assert!(offers.iter().any(|offer| offer.place == Place(4)) && offers.len() >= 3);
    assert_eq!(offers.last().unwrap().number, OfferNumber(u32::try_from(offers.len()).unwrap()));
}

#[test]
fn a_turn_that_lasts_too_long_is_said_once_and_a_rest_begins_a_new_one() {
    let minutes = |n: u64| Duration::from_secs(n * 60);
    for (minor, limit) in [(false, 30), (true, 20)] {
        let mut world = World::live(1, minor);
        assert_eq!(world.pass(minutes(limit) - Duration::from_secs(1)), vec![]);
        assert_eq!(world.pass(Duration::from_secs(2)), vec![Event::TurnTooLong { place: PLACE }]);
        assert_eq!(world.pass(minutes(30)), vec![], "once");
        // A short break is no rest.
        for (rest, expected) in [(4, 0), (5, 1)] {
            world.floor(OFFICER, FloorAct::Pause).unwrap();
            assert_eq!(world.pass(minutes(rest)), vec![]);
            world.floor(OFFICER, FloorAct::Resume).unwrap();
            assert_eq!(world.pass(minutes(limit + 1)).len(), expected);
        }
    }
}
