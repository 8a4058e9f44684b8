//! A session in every state that routing looks at, made by events as a log would have them.

use dragoman_core::event::Event;
use dragoman_core::ids::{AccountId, MediatorId, ParticipantId, SessionId};
use dragoman_core::interpreting::Mode;
use dragoman_core::language::{LanguagePair, LanguageTag};
use dragoman_core::session::Session;
use dragoman_core::session_types::{
    Consent, ConsentKind, ConsentMeans, OfferNumber, Phase, Place, Role, SessionRequest, Widening,
};
use dragoman_core::time::UnixMillis;
use uuid::Uuid;

const AT: UnixMillis = UnixMillis(1);

/// Into which of the two languages of its place a mediator speaks.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Into {
    /// The officer's or the interviewee's.
    Outer,
    /// The one between the two mediators.
    Between,
}

/// Which channel the observer follows.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Follows {
    /// That of their own language, the officer's.
    Own,
    /// That of the language between.
    Between,
}

/// Who speaks aside.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum AsideOf {
    Nobody,
    OfficerAndFirst,
    ObserverAndOfficer,
}

/// One case.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Scene {
    pub(crate) phase: Phase,
    pub(crate) mode: Mode,
    pub(crate) first_into: Into,
    pub(crate) second_into: Into,
    pub(crate) observer_follows: Follows,
    pub(crate) aside: AsideOf,
    /// Who coughs, by column of the table.
    pub(crate) coughs: Option<usize>,
    pub(crate) transcribing: bool,
}

/// Every case of one phase.
pub(crate) fn all(phase: Phase) -> Vec<Scene> {
    let mut scenes = Vec::new();
    for mode in [Mode::Consecutive, Mode::Simultaneous, Mode::Whispered] {
        for first_into in [Into::Outer, Into::Between] {
            for second_into in [Into::Outer, Into::Between] {
                for observer_follows in [Follows::Own, Follows::Between] {
                    for aside in [AsideOf::Nobody, AsideOf::OfficerAndFirst, AsideOf::ObserverAndOfficer] {
                        for coughs in [None].into_iter().chain((0..6).map(Some)) {
                            for transcribing in [false, true] {
                                scenes.push(Scene {
                                    phase,
                                    mode,
                                    first_into,
                                    second_into,
                                    observer_follows,
                                    aside,
                                    coughs,
                                    transcribing,
                                });
                            }
                        }
                    }
                }
            }
        }
    }
    scenes
}

fn tag(text: &str) -> LanguageTag {
    text.parse().unwrap()
}

fn id(number: u128) -> ParticipantId {
    ParticipantId(Uuid::from_u128(number))
}

fn begin() -> Session {
    let languages = LanguagePair { source: tag("sq"), target: tag("en") };
    let request = SessionRequest { transcription_wished: true, ..SessionRequest::between(languages) };
    let officer_account = AccountId(Uuid::from_u128(1));
    let first = Event::SessionRequested { officer_account, officer: id(0), request };
    Session::begin(SessionId(Uuid::from_u128(7)), &first, AT).unwrap()
}

fn accepted(number: u128, place: u8) -> Event {
    Event::OfferAccepted {
        offer: OfferNumber(u32::from(place) + 1),
        mediator: MediatorId(Uuid::from_u128(number)),
        participant: id(number),
        alias: format!("M{number}"),
        register_number: None,
        adjacent_language: None,
        place: Place(place),
    }
}

fn agree(agreed: bool) -> Event {
    let (kind, means) = (ConsentKind::Interpreting, ConsentMeans::NotedByOfficer);
    Event::ConsentGiven { by: id(0), consent: Consent { kind, agreed, means, at: AT } }
}

/// Officer, mediator and interviewee, live in this mode; their identifiers.
pub(crate) fn three(mode: Mode) -> (Session, [ParticipantId; 3]) {
    let mut session = begin();
    let admitted =
        Event::ParticipantAdmitted { participant: id(4), role: Role::Interviewee, language: tag("sq") };
    for event in [accepted(1, 0), admitted, agree(true), Event::ModeChanged { by: id(0), mode }] {
        session.apply(&event, AT);
    }
    (session, [id(0), id(1), id(4)])
}

impl Scene {
    /// The session, and who is in it by column of the table.
    pub(crate) fn session(&self) -> (Session, [Option<ParticipantId>; 7]) {
        let mut session = begin();
        let answered = !matches!(self.phase, Phase::Ringing | Phase::Unanswered);
        let mut events = vec![Event::RequestWidened { widening: Widening::Pivot { via: tag("fr") } }];
        if answered {
            let relief = Event::ReliefRequested { by: id(0), place: Place(2) };
            events.extend([accepted(1, 0), accepted(2, 1), relief, accepted(3, 2)]);
        }
        for (number, role, language) in
            [(4, Role::Interviewee, "sq"), (5, Role::Observer, "en"), (6, Role::Scribe, "en")]
        {
            let language = tag(language);
            events.push(Event::ParticipantAdmitted { participant: id(number), role, language });
        }
        events.push(Event::ModeChanged { by: id(0), mode: self.mode });
        if answered {
            let first = if self.first_into == Into::Outer { "sq" } else { "fr" };
            let second = if self.second_into == Into::Outer { "en" } else { "fr" };
            for (by, language) in [(1, first), (2, second)] {
                events.push(Event::OutputChosen { by: id(by), language: tag(language) });
            }
        }
        if self.observer_follows == Follows::Between {
            events.push(Event::ChannelChosen { by: id(5), language: Some(tag("fr")) });
        }
        events.extend(self.until_phase());
        if self.phase == Phase::Live {
            let pair = match self.aside {
                AsideOf::Nobody => None,
                AsideOf::OfficerAndFirst => Some((0, 1)),
                AsideOf::ObserverAndOfficer => Some((5, 0)),
            };
            events.extend(pair.map(|(by, with)| Event::AsideBegun { by: id(by), with: id(with) }));
        }
        events.extend(self.coughs.map(|who| Event::CoughSwitched { by: id(who as u128), on: true }));
        events.push(Event::TranscriptionSwitched { on: self.transcribing });
        events.iter().for_each(|event| session.apply(event, AT));
        assert_eq!(session.phase(), self.phase);
        let present = |number: u128| session.participant(id(number)).map(|present| present.id);
        let people = std::array::from_fn(|column| present(column as u128));
        (session, people)
    }

    fn until_phase(&self) -> Vec<Event> {
        let over = |abandoned| Event::SessionEnded { by: None, abandoned };
        match self.phase {
            Phase::Ringing | Phase::Briefing => vec![],
            Phase::Unanswered => vec![Event::NobodyAnswered { why: None }],
            Phase::Live => vec![agree(true)],
            Phase::Paused => vec![agree(true), Event::Paused { by: id(4) }],
            Phase::Stopped => vec![agree(true), Event::Stopped { by: id(4) }],
            Phase::Sealed => vec![agree(true), over(false)],
            Phase::Abandoned => vec![over(true)],
        }
    }
}
