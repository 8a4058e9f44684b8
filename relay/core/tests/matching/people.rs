//! Invented mediators, in few words.

use dragoman_core::availability::{Duty, DutySpan, Span};
use dragoman_core::codes::{Circumstance, Tie};
use dragoman_core::ids::{AccountId, MediatorId, ParticipantId, SessionId};
use dragoman_core::language::LanguagePair;
use dragoman_core::relay::{Input, Memory, Relay};
use dragoman_core::roster::{Gender, Level, Mediator, Profile, Qualification, Specialism, SpokenLanguage};
use dragoman_core::session_types::SessionRequest;
use dragoman_core::standing::Change;
use dragoman_core::standings::Roster;
use dragoman_core::time::UnixMillis;
use uuid::Uuid;

/// Some day at noon.
pub(crate) const NOW: UnixMillis = UnixMillis(1_790_000_000_000);
const MINUTE: i64 = 60_000;

/// So many minutes before now.
pub(crate) fn ago(minutes: i64) -> UnixMillis {
    UnixMillis(NOW.0 - minutes * MINUTE)
}

/// So many minutes from now.
pub(crate) fn hence(minutes: i64) -> UnixMillis {
    ago(-minutes)
}

/// One mediator and how they stand; ready and reachable unless said otherwise.
#[derive(Clone)]
pub(crate) struct Person {
    pub(crate) mediator: Mediator,
    pub(crate) ready: bool,
    pub(crate) reachable: bool,
    pub(crate) busy: bool,
    pub(crate) duties: Vec<DutySpan>,
    pub(crate) booked: Vec<Span>,
    pub(crate) worked: Vec<Span>,
    pub(crate) switched_at: UnixMillis,
}

/// A cleared interpreter: `speaks("Ana", "sq:native en:fluent")`.
pub(crate) fn speaks(alias: &str, languages: &str) -> Person {
    let level = |text: &str| match text {
        "native" => Level::Native,
        "fluent" => Level::Fluent,
        _ => Level::Working,
    };
    let spoken = |word: &str| {
        let (tag, how) = word.split_once(':').unwrap();
        SpokenLanguage { tag: tag.parse().unwrap(), level: level(how) }
    };
    let profile =
        Profile::new(alias, languages.split_whitespace().map(spoken).collect()).cleared(ago(99_999));
    // The name is the number, so that equals are in the order of the alphabet.
    let number =
        alias.bytes().fold(0_u128, |number, byte| number << 8 | u128::from(byte)) << (8 * (12 - alias.len()));
    Person {
        mediator: Mediator { id: MediatorId(Uuid::from_u128(number)), profile },
        ready: true,
        reachable: true,
        busy: false,
        duties: Vec::new(),
        booked: Vec::new(),
        worked: Vec::new(),
        switched_at: UnixMillis(0),
    }
}

impl Person {
    pub(crate) fn id(&self) -> MediatorId {
        self.mediator.id
    }

    pub(crate) fn with(mut self, change: impl FnOnce(&mut Profile)) -> Self {
        change(&mut self.mediator.profile);
        self
    }

    pub(crate) fn gender(self, gender: Gender) -> Self {
        self.with(|profile| profile.gender = Some(gender))
    }

    pub(crate) fn qualified(self, qualification: Qualification) -> Self {
        self.with(|profile| profile.qualification = qualification)
    }

    pub(crate) fn trained(self, specialism: Specialism) -> Self {
        self.with(|profile| {
            profile.specialisms.insert(specialism);
        })
    }

    pub(crate) fn of(self, agency: &str) -> Self {
        self.with(|profile| profile.agency = Some(agency.parse().unwrap()))
    }

    pub(crate) fn tied(self, place: &str) -> Self {
        self.with(|profile| {
            profile.conflicts.insert(Circumstance::new(Tie::Place, place).unwrap());
        })
    }

    pub(crate) fn not_ready(mut self) -> Self {
        self.ready = false;
        self
    }

    pub(crate) fn unreachable(mut self) -> Self {
        self.reachable = false;
        self
    }

    pub(crate) fn busy(mut self) -> Self {
        self.busy = true;
        self
    }

    /// Not switched on, but on duty from and until so many minutes from now.
    pub(crate) fn on(mut self, duty: Duty, from: i64, until: i64) -> Self {
        self.ready = false;
        self.duties.push(DutySpan { span: Span { from: hence(from), until: hence(until) }, duty });
        self
    }

    pub(crate) fn switched_off(mut self, minutes_ago: i64) -> Self {
        self.switched_at = ago(minutes_ago);
        self
    }

    pub(crate) fn booked(mut self, in_minutes: i64) -> Self {
        self.booked.push(Span { from: hence(in_minutes), until: hence(in_minutes + 60) });
        self
    }

    /// In a session that ended so many minutes ago.
    pub(crate) fn worked(mut self, minutes: i64, ended_ago: i64) -> Self {
        self.worked.push(Span { from: ago(ended_ago + minutes), until: ago(ended_ago) });
        self
    }
}

/// An interpreter between two languages.
pub(crate) fn between(source: &str, target: &str) -> SessionRequest {
    SessionRequest::between(LanguagePair { source: source.parse().unwrap(), target: target.parse().unwrap() })
}

/// The relay that knows these people.
pub(crate) fn relay_of(people: &[Person]) -> Relay {
    let mut relay = Relay::default();
    for person in people {
        let id = person.id();
        relay.handle_input(Input::PutMediator(person.mediator.clone()), NOW).unwrap();
        relay.recall(Memory::Switched(id, person.ready, person.switched_at));
        for span in &person.worked {
            relay.recall(Memory::Worked(id, *span));
        }
        for input in [
            Input::SetReachable(id, person.reachable),
            Input::SetDuties(id, person.duties.clone()),
            Input::SetBooked(id, person.booked.clone()),
        ] {
            relay.handle_input(input, NOW).unwrap();
        }
    }
    relay
}

/// The session that [`asked`] asks for, and its officer.
pub(crate) const SESSION: SessionId = SessionId(Uuid::from_u128(1));
pub(crate) const OFFICER: ParticipantId = ParticipantId(Uuid::from_u128(2));

/// The relay that knows these people, and rings them for this request.
pub(crate) fn asked(people: &[Person], request: SessionRequest) -> Relay {
    let mut relay = relay_of(people);
    let officer_account = AccountId(Uuid::from_u128(3));
    let input = Input::RequestSession { session: SESSION, officer_account, officer: OFFICER, request };
    relay.handle_input(input, NOW).unwrap();
    relay
}

/// The roster of these people.
pub(crate) fn roster_of(people: &[Person]) -> Roster {
    let mut roster = relay_of(people).roster().clone();
    for person in people.iter().filter(|person| person.busy) {
        roster.apply(person.id(), Change::Assigned(ago(5)));
    }
    roster
}
