//! The cases: people, a request, and what must come of it.

use dragoman_core::availability::Duty::{OnCall, OnShift};
use dragoman_core::case::{CaseRef, KeyedDigest, Served};
use dragoman_core::codes::{Circumstance, Tie};
use dragoman_core::exceptions::{Exceptions, Liftable};
use dragoman_core::matching::Loans;
use dragoman_core::roster::Gender::{Female, Male, Other};
use dragoman_core::roster::Qualification::{CulturalMediator, SwornInterpreter};
use dragoman_core::roster::{LoadLimits, Specialism};
use dragoman_core::session_types::IntervieweeLabel::{Suspect, Victim, Witness};
use dragoman_core::session_types::{IntervieweeLabel, MatchReason, SessionRequest};

use crate::people::{Person, ago, between, hence, speaks};

/// One case.
pub(crate) struct Case {
    pub(crate) name: &'static str,
    pub(crate) people: Vec<Person>,
    pub(crate) request: SessionRequest,
    pub(crate) adjacent_allowed: bool,
    pub(crate) served: Vec<Served>,
    pub(crate) loans: Loans,
    pub(crate) overridden: Exceptions,
    /// Who may be rung, in this order.
    pub(crate) order: Vec<&'static str>,
    /// Reasons that must stand beside a name.
    pub(crate) reasons: Vec<(&'static str, MatchReason)>,
    /// Who is no candidate at all.
    pub(crate) absent: Vec<&'static str>,
}

fn case(name: &'static str, people: impl Into<Vec<Person>>, request: SessionRequest) -> Case {
    Case {
        name,
        people: people.into(),
        request,
        adjacent_allowed: false,
        served: Vec::new(),
        loans: Loans::new(),
        overridden: Exceptions::new(),
        order: Vec::new(),
        reasons: Vec::new(),
        absent: Vec::new(),
    }
}

impl Case {
    fn rings(mut self, order: &[&'static str]) -> Self {
        self.order = order.to_vec();
        self
    }

    fn because(mut self, who: &'static str, reason: MatchReason) -> Self {
        self.reasons.push((who, reason));
        self
    }

    fn without(mut self, who: &'static str) -> Self {
        self.absent.push(who);
        self
    }

    fn neighbours_too(mut self) -> Self {
        self.adjacent_allowed = true;
        self
    }

    fn served(mut self, who: &str, person: Option<u8>, label: IntervieweeLabel) -> Self {
        let mediator = self.people.iter().find(|p| p.mediator.alias == who).unwrap().id();
        self.served.push(Served { person: person.map(|byte| KeyedDigest([byte; 32])), label, mediator });
        self
    }

    fn lent(mut self, who: &str, to: &str) -> Self {
        let mediator = self.people.iter().find(|p| p.mediator.alias == who).unwrap().id();
        self.loans.insert((mediator, to.parse().unwrap()));
        self
    }

    fn exception_for(mut self, who: &str, kind: Liftable) -> Self {
        let mediator = self.people.iter().find(|p| p.mediator.alias == who).unwrap().id();
        self.overridden.insert((mediator, kind));
        self
    }
}

/// Albanian for an English-speaking officer.
fn albanian() -> SessionRequest {
    between("sq", "en")
}

fn of_agency(agency: &str) -> SessionRequest {
    SessionRequest { agency: Some(agency.parse().unwrap()), ..albanian() }
}

fn about(place: &str) -> SessionRequest {
    SessionRequest { circumstances: [Circumstance::new(Tie::Place, place).unwrap()].into(), ..albanian() }
}

fn in_case(person: Option<u8>, label: IntervieweeLabel) -> SessionRequest {
    let person = person.map(|byte| KeyedDigest([byte; 32]));
    SessionRequest { case: Some(CaseRef { case: KeyedDigest([9; 32]), person }), label, ..albanian() }
}

fn ana() -> Person {
    speaks("Ana", "sq:native en:fluent")
}

fn ben() -> Person {
    speaks("Ben", "sq:native en:fluent")
}

fn adjacent(spoken: &str) -> MatchReason {
    MatchReason::AdjacentLanguage { spoken: spoken.parse().unwrap() }
}

/// All cases, by subject.
pub(crate) fn all() -> Vec<Case> {
    let subjects = [
        languages(),
        neighbours(),
        clearance(),
        wishes(),
        ties(),
        agencies(),
        availability(),
        load(),
        favour(),
    ];
    subjects.into_iter().flatten().collect()
}

fn languages() -> Vec<Case> {
    vec![
        case("both languages are needed", [ana(), speaks("Cem", "sq:native tr:native")], albanian())
            .rings(&["Ana"])
            .without("Cem"),
        case("either direction", [ana()], between("en", "sq")).rings(&["Ana"]),
        case("nobody speaks it", [ana()], between("ti", "en")).without("Ana"),
        case(
            "a script is the same language, and the very one comes first",
            [speaks("Ada", "sr-Latn:native en:fluent"), speaks("Bo", "sr-Cyrl:native en:fluent")],
            between("sr-Cyrl", "en"),
        )
        .rings(&["Bo", "Ada"])
        .because("Bo", MatchReason::ExactVariety),
        case(
            "the mother tongue before the learnt one",
            [
                speaks("Ada", "sq:working en:fluent"),
                speaks("Bo", "sq:fluent en:fluent"),
                speaks("Cy", "sq:native en:fluent"),
            ],
            albanian(),
        )
        .rings(&["Cy", "Bo", "Ada"])
        .because("Cy", MatchReason::NativeLevel),
        case(
            "a dialect that was asked for outweighs a better qualification",
            [
                speaks("Ada", "ar:native en:fluent").qualified(SwornInterpreter),
                speaks("Bo", "ar-SY:native en:fluent"),
            ],
            between("ar-SY", "en"),
        )
        .rings(&["Bo", "Ada"]),
        case(
            "the officer's language counts as well",
            [speaks("Ada", "sq:native en:working"), speaks("Bo", "sq:native en:native")],
            albanian(),
        )
        .rings(&["Bo", "Ada"]),
    ]
}

fn neighbours() -> Vec<Case> {
    let mila = || speaks("Mila", "bs:native en:native").qualified(SwornInterpreter);
    vec![
        case("a neighbour is not rung unasked", [mila()], between("sr", "en")).without("Mila"),
        case("a neighbour is rung where allowed, and says so", [mila()], between("sr", "en"))
            .neighbours_too()
            .rings(&["Mila"])
            .because("Mila", adjacent("bs")),
        case(
            "never before the language itself",
            [mila(), speaks("Zoe", "sr:working en:working").qualified(CulturalMediator)],
            between("sr", "en"),
        )
        .neighbours_too()
        .rings(&["Zoe", "Mila"]),
        case(
            "nor for an inner circle",
            [
                mila().with(|p| p.favourite_of = ["AL-BORDER".parse().unwrap()].into()),
                speaks("Zoe", "sr:working en:working").on(OnCall, -5, 5),
            ],
            SessionRequest { agency: Some("AL-BORDER".parse().unwrap()), ..between("sr", "en") },
        )
        .neighbours_too()
        .rings(&["Zoe", "Mila"])
        .because("Mila", MatchReason::Favourite),
        case(
            "whoever speaks both is no neighbour",
            [speaks("Ivo", "hr:native sr:fluent en:fluent")],
            between("sr", "en"),
        )
        .neighbours_too()
        .rings(&["Ivo"])
        .because("Ivo", MatchReason::SpeaksPair),
        case("Persian for Dari", [speaks("Ali", "fa:native en:fluent")], between("prs", "en"))
            .neighbours_too()
            .rings(&["Ali"])
            .because("Ali", adjacent("fa")),
        case("Macedonian is no neighbour of Albanian", [speaks("Eva", "mk:native en:fluent")], albanian())
            .neighbours_too()
            .without("Eva"),
    ]
}

fn clearance() -> Vec<Case> {
    let out = |name, person: Person, reason| case(name, [person], albanian()).because("Ana", reason);
    vec![
        out(
            "no undertaking, no ring",
            ana().with(|p| p.undertaking_signed_at = None),
            MatchReason::NoUndertaking,
        ),
        out(
            "signed for tomorrow",
            ana().with(|p| p.undertaking_signed_at = Some(hence(9))),
            MatchReason::NoUndertaking,
        ),
        out(
            "the undertaking ran out",
            ana().with(|p| p.undertaking_until = Some(ago(1))),
            MatchReason::NoUndertaking,
        ),
        out("not vetted", ana().with(|p| p.vetted_until = None), MatchReason::NotVetted),
        out(
            "the vetting runs out this minute",
            ana().with(|p| p.vetted_until = Some(ago(0))),
            MatchReason::NotVetted,
        ),
        out("off the roster", ana().with(|p| p.active = false), MatchReason::NotActive),
    ]
}

fn wishes() -> Vec<Case> {
    let woman = || SessionRequest { gender_wish: Some(Female), ..albanian() };
    let child = || SessionRequest { minor: true, ..albanian() };
    vec![
        case("a wish for a woman", [ana().gender(Male), ben().gender(Female)], woman())
            .rings(&["Ben"])
            .because("Ana", MatchReason::NotTheWishedGender)
            .because("Ben", MatchReason::GenderAsWished),
        case("not stated is not the wish", [ana()], woman()).because("Ana", MatchReason::NotTheWishedGender),
        case("without a wish all are rung", [ana().gender(Other), ben().gender(Male)], albanian())
            .rings(&["Ana", "Ben"]),
        case("children only by those trained for them", [ana(), ben().trained(Specialism::Minors)], child())
            .rings(&["Ben"])
            .because("Ana", MatchReason::NotTrainedForMinors),
        case(
            "training that helps comes first, and is not demanded",
            [ana(), ben().trained(Specialism::Trafficking)],
            SessionRequest { specialisms: [Specialism::Trafficking].into(), ..albanian() },
        )
        .rings(&["Ben", "Ana"])
        .because("Ben", MatchReason::Specialised { specialism: Specialism::Trafficking }),
    ]
}

fn ties() -> Vec<Case> {
    vec![
        case("a declared tie excludes", [ana().tied("Kukës"), ben()], about("KUKËS"))
            .rings(&["Ben"])
            .because("Ana", MatchReason::TieDeclared),
        case("a tie to another place does not", [ana().tied("Vlorë")], about("Kukës")).rings(&["Ana"]),
        case("the suspect's mediator is not the victim's", [ana(), ben()], in_case(Some(1), Victim))
            .served("Ana", Some(2), Suspect)
            .rings(&["Ben"])
            .because("Ana", MatchReason::ServedTheOtherSide),
        case("nor the victim's the suspect's", [ana(), ben()], in_case(Some(2), Suspect))
            .served("Ana", Some(1), Victim)
            .rings(&["Ben"]),
        case("a witness stands with the victim", [ana()], in_case(Some(1), Victim))
            .served("Ana", Some(3), Witness)
            .rings(&["Ana"]),
        case("the wall stands though the person is not named", [ana()], in_case(None, Victim))
            .served("Ana", None, Suspect)
            .because("Ana", MatchReason::ServedTheOtherSide),
        case("the same mediator again for the same person", [ana(), ben()], in_case(Some(1), Victim))
            .served("Ben", Some(1), Victim)
            .rings(&["Ben", "Ana"])
            .because("Ben", MatchReason::KnowsThePerson),
    ]
}

fn agencies() -> Vec<Case> {
    let abroad = |country: &str| SessionRequest { country: Some(country.parse().unwrap()), ..albanian() };
    vec![
        case("own agency first", [ana(), ben().of("AL-BORDER")], of_agency("AL-BORDER"))
            .rings(&["Ben", "Ana"])
            .because("Ben", MatchReason::OwnAgency),
        case("another agency's mediator is not rung", [ana().of("RS-MUP")], of_agency("AL-BORDER"))
            .because("Ana", MatchReason::OtherAgency),
        case(
            "unless they serve it beside their own",
            [ana().of("RS-MUP").with(|p| p.serves = ["AL-BORDER".parse().unwrap()].into())],
            of_agency("AL-BORDER"),
        )
        .rings(&["Ana"]),
        case(
            "on loan they ring last",
            [ana().of("RS-MUP").qualified(SwornInterpreter), ben()],
            of_agency("AL-BORDER"),
        )
        .lent("Ana", "AL-BORDER")
        .rings(&["Ben", "Ana"])
        .because("Ana", MatchReason::OnLoan),
        case("lent to another is not lent to this one", [ana().of("RS-MUP")], of_agency("AL-BORDER"))
            .lent("Ana", "MK-MOI")
            .because("Ana", MatchReason::OtherAgency),
        case(
            "no exception borrows past the loan desk",
            [ana().of("RS-MUP").not_ready()],
            of_agency("AL-BORDER"),
        )
        .exception_for("Ana", Liftable::NotReady)
        .because("Ana", MatchReason::OtherAgency),
        case(
            "only where they may serve",
            [ana().with(|p| p.countries = ["AL".parse().unwrap()].into())],
            abroad("RS"),
        )
        .because("Ana", MatchReason::OtherCountry),
    ]
}

fn availability() -> Vec<Case> {
    let out = |name, person: Person, reason| case(name, [person], albanian()).because("Ana", reason);
    vec![
        out("not ready", ana().not_ready(), MatchReason::NotReady),
        out("no page, no phone", ana().unreachable(), MatchReason::NotReachable),
        out("in another session", ana().busy(), MatchReason::InAnotherSession),
        case("a shift counts like the switch", [ana().on(OnShift, -5, 5)], albanian())
            .rings(&["Ana"])
            .because("Ana", MatchReason::OnShift),
        out(
            "before the shift and after it",
            ana().on(OnShift, 5, 9).on(OnShift, -9, -5),
            MatchReason::NotReady,
        ),
        out("switched off during the shift", ana().on(OnShift, -5, 5).switched_off(2), MatchReason::NotReady),
        case(
            "on shift before on call",
            [ana().on(OnCall, -5, 5).qualified(SwornInterpreter), ben().on(OnShift, -5, 5)],
            albanian(),
        )
        .rings(&["Ben", "Ana"])
        .because("Ana", MatchReason::OnCall),
    ]
}

fn load() -> Vec<Case> {
    let limited = |person: Person, minutes_a_day, rest_minutes| {
        person.with(|p| p.load = LoadLimits { minutes_a_day, rest_minutes })
    };
    vec![
        case("rest after a session", [limited(ana(), 360, 10).worked(20, 4)], albanian())
            .because("Ana", MatchReason::Resting { until: hence(6) }),
        case("rested", [limited(ana(), 360, 10).worked(20, 10)], albanian()).rings(&["Ana"]),
        case("worked as much as is bearable", [limited(ana(), 60, 0).worked(60, 90)], albanian())
            .because("Ana", MatchReason::LoadLimitReached),
        case("work of yesterday does not count", [limited(ana(), 60, 0).worked(60, 24 * 60)], albanian())
            .rings(&["Ana"]),
        case("whoever worked less comes first", [ana().worked(120, 600), ben().worked(30, 600)], albanian())
            .rings(&["Ben", "Ana"]),
        case("a booked session is not cut short", [ana().booked(20)], albanian())
            .because("Ana", MatchReason::BookedSoon { at: hence(20) }),
        case("one much later is no matter", [ana().booked(31)], albanian()).rings(&["Ana"]),
    ]
}

fn favour() -> Vec<Case> {
    let booked = |person: &Person| SessionRequest { booked: Some(person.id()), ..albanian() };
    let favourite = |person: Person| person.with(|p| p.favourite_of = ["AL-BORDER".parse().unwrap()].into());
    vec![
        case(
            "the booked one before all others",
            [ana().qualified(SwornInterpreter), ben().booked(0)],
            booked(&ben()),
        )
        .rings(&["Ben", "Ana"])
        .because("Ben", MatchReason::Booked),
        case(
            "the booked one need not be ready for anything else",
            [ana().qualified(SwornInterpreter), ben().booked(0).not_ready()],
            booked(&ben()),
        )
        .rings(&["Ben", "Ana"])
        .because("Ben", MatchReason::Booked),
        case("another's booking makes nobody ready", [ana().not_ready()], booked(&ben()))
            .because("Ana", MatchReason::NotReady),
        case("the booked one rings first though on call", [ana(), ben().on(OnCall, -5, 5)], booked(&ben()))
            .rings(&["Ben", "Ana"]),
        case(
            "the booked one rings first though on loan",
            [ana(), ben().of("RS-MUP")],
            SessionRequest { booked: Some(ben().id()), ..of_agency("AL-BORDER") },
        )
        .lent("Ben", "AL-BORDER")
        .rings(&["Ben", "Ana"]),
        case(
            "a favourite before better points",
            [ana().qualified(SwornInterpreter), favourite(speaks("Ben", "sq:working en:working"))],
            of_agency("AL-BORDER"),
        )
        .rings(&["Ben", "Ana"])
        .because("Ben", MatchReason::Favourite),
        case("an exception lifts what may be lifted", [ana().not_ready()], albanian())
            .exception_for("Ana", Liftable::NotReady)
            .rings(&["Ana"])
            .because("Ana", MatchReason::Overridden),
        case("and nothing that came later", [ana().not_ready().tied("Kukës")], about("Kukës"))
            .exception_for("Ana", Liftable::NotReady)
            .because("Ana", MatchReason::TieDeclared),
        case("nor anything for others", [ana().not_ready(), ben().not_ready()], albanian())
            .exception_for("Ana", Liftable::NotReady)
            .rings(&["Ana"]),
    ]
}
