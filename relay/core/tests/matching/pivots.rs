//! Chains of two, where nobody speaks the pair.

use dragoman_core::ids::ParticipantId;
use dragoman_core::pivot::best_chains;
use dragoman_core::relay::{Act, Input};
use dragoman_core::session_types::{NoAnswer, Phase, Place, Widening};
use uuid::Uuid;

use crate::people::{NOW, OFFICER, Person, SESSION, asked, between, hence, speaks};

/// How many cases stand in this file.
pub(crate) const CASES: usize = 6;

/// The languages between, best first.
fn chains(people: &[Person], source: &str, target: &str) -> Vec<String> {
    let relay = asked(people, between(source, target));
    let session = relay.session(SESSION).unwrap();
    best_chains(&relay.dispatcher(NOW), session).into_iter().map(|chain| chain.via.to_string()).collect()
}

#[test]
fn tigrinya_reaches_albanian_through_english() {
    let people = [speaks("Saba", "ti:native en:fluent"), speaks("Ana", "sq:native en:fluent")];
    assert_eq!(chains(&people, "ti", "sq"), ["en"]);
    let relay = asked(&people, between("ti", "sq"));
    assert_eq!(relay.session(SESSION).unwrap().no_answer, Some(NoAnswer::NobodySuitable));
}

#[test]
fn the_chain_of_the_better_two_comes_first() {
    let people = [
        speaks("Saba", "ti:native en:working ar:native"),
        speaks("Ana", "sq:native en:working"),
        speaks("Layla", "ar:native sq:native"),
    ];
    assert_eq!(chains(&people, "ti", "sq"), ["ar", "en"]);
}

#[test]
fn a_half_without_anybody_there_is_no_chain() {
    let people = [speaks("Saba", "ti:native en:fluent"), speaks("Ana", "sq:native en:fluent").not_ready()];
    assert!(chains(&people, "ti", "sq").is_empty());
}

#[test]
fn the_officers_own_language_is_not_between() {
    let people = [speaks("Saba", "ti:native sq:fluent").unreachable(), speaks("Ana", "sq:native en:fluent")];
    assert!(chains(&people, "ti", "sq").is_empty());
}

#[test]
fn both_ring_at_once_and_the_session_waits_for_both() {
    let people = [speaks("Saba", "ti:native en:fluent"), speaks("Ana", "sq:native en:fluent")];
    let mut relay = asked(&people, between("ti", "sq"));
    let act = |act| Input::Act { session: SESSION, by: OFFICER, act };
    relay.handle_input(act(Act::Widen(Widening::Pivot { via: "en".parse().unwrap() })), NOW).unwrap();
    let session = relay.session(SESSION).unwrap().clone();
    let mut ringing: Vec<_> = session.ringing().map(|offer| (offer.place, offer.mediator)).collect();
    ringing.sort();
    assert_eq!(ringing, [(Place(0), people[0].id()), (Place(1), people[1].id())]);
    for (number, (place, phase)) in [(1, Phase::Ringing), (0, Phase::Briefing)].into_iter().enumerate() {
        let offer = session.ringing().find(|offer| offer.place == Place(place)).unwrap();
        let participant = ParticipantId(Uuid::from_u128(10 + number as u128));
        let (offer, mediator) = (offer.number, offer.mediator);
        relay
            .handle_input(Input::AcceptOffer { session: SESSION, offer, mediator, participant }, hence(0))
            .unwrap();
        assert_eq!(relay.session(SESSION).unwrap().phase(), phase);
    }
    let session = relay.session(SESSION).unwrap();
    let languages: Vec<String> =
        session.participants.iter().skip(1).map(|participant| participant.language.to_string()).collect();
    assert_eq!(languages, ["en", "ti"], "each in the language they interpret from");
}

#[test]
fn a_chain_is_offered_only_where_nobody_speaks_the_pair() {
    let people = [
        speaks("Saba", "ti:native en:fluent"),
        speaks("Ana", "sq:native en:fluent"),
        speaks("Rahel", "ti:fluent sq:working"),
    ];
    let relay = asked(&people, between("ti", "sq"));
    let view = dragoman_core::views::session_view(
        &relay,
        relay.session(SESSION).unwrap(),
        &Default::default(),
        OFFICER,
        NOW,
    );
    let choices = view.unwrap().ringing.unwrap().widenings;
    assert!(choices.iter().all(|choice| choice.how != "pivot"), "{choices:?}");
}
