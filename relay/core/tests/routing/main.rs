//! Who hears whom: every role × phase × mode × output × channel × aside × cough × transcription, enumerated, against a
//! table written by hand.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may fail by panic")]

mod scene;
mod table;

use dragoman_core::interpreting::{Channel, Mode};
use dragoman_core::routing::{hearings, routes};
use dragoman_core::session_types::Phase;

use scene::{AsideOf, Follows, Into, Scene};
use table::*;

const PHASES: [Phase; 8] = [
    Phase::Ringing,
    Phase::Unanswered,
    Phase::Briefing,
    Phase::Live,
    Phase::Paused,
    Phase::Stopped,
    Phase::Sealed,
    Phase::Abandoned,
];

/// What the table says for a scene: for each speaker, a letter for each listener.
fn expected(scene: &Scene) -> [String; 7] {
    let mut rows: [String; 7] = match scene.phase {
        Phase::Briefing | Phase::Paused => STAFF,
        Phase::Live => live(scene),
        _ => NOBODY,
    }
    .map(str::to_owned);
    if let Some(silent) = scene.coughs {
        rows[silent] = ".......".to_owned();
    }
    if !scene.transcribing {
        rows.iter_mut().for_each(|row| row.replace_range(S..=S, "."));
    }
    // Nobody of a place that was not taken is in the session yet.
    if matches!(scene.phase, Phase::Ringing | Phase::Unanswered) {
        assert!(rows.iter().all(|row| row == "......."));
    }
    rows
}

fn live(scene: &Scene) -> [Row; 7] {
    let mut rows = CONSECUTIVE;
    if scene.mode != Mode::Consecutive {
        rows[M1] = match (scene.first_into, scene.observer_follows) {
            (Into::Outer, _) => M1_TO_INTERVIEWEE,
            (Into::Between, Follows::Own) => M1_TO_BETWEEN,
            (Into::Between, Follows::Between) => M1_TO_BETWEEN_OBSERVED,
        };
        rows[M2] = match (scene.mode, scene.second_into, scene.observer_follows) {
            (Mode::Whispered, Into::Outer, _) => M2_TO_OFFICER_WHISPERED,
            (_, Into::Outer, Follows::Own) => M2_TO_OFFICER,
            (_, Into::Outer, Follows::Between) => M2_TO_OFFICER_UNOBSERVED,
            (_, Into::Between, Follows::Own) => M2_TO_BETWEEN,
            (_, Into::Between, Follows::Between) => M2_TO_BETWEEN_OBSERVED,
        };
    }
    match scene.aside {
        AsideOf::Nobody => {}
        AsideOf::OfficerAndFirst => [rows[O], rows[M1]] = OFFICER_ASIDE_WITH_M1,
        AsideOf::ObserverAndOfficer => [rows[O], rows[B]] = OBSERVER_ASIDE_WITH_OFFICER,
    }
    rows
}

#[test]
fn every_case_is_as_the_table_says() {
    let mut cases = 0_u32;
    for phase in PHASES {
        for scene in scene::all(phase) {
            let (session, people) = scene.session();
            let (routes, expected) = (routes(&session), expected(&scene));
            for (to, listener) in people.iter().enumerate() {
                let Some(listener) = listener.and_then(|id| session.participant(id)) else { continue };
                let heard = hearings(&session, listener);
                for (from, speaker) in people.iter().enumerate() {
                    let Some(speaker) = speaker else { continue };
                    let through = heard.iter().find(|hearing| hearing.speaker == *speaker);
                    let letter = match through.map(|hearing| &hearing.channel) {
                        None => '.',
                        Some(Channel::Floor) => 'F',
                        Some(Channel::Language { .. }) => 'C',
                        Some(Channel::Aside) => 'A',
                    };
                    let wanted = expected[from].chars().nth(to).unwrap();
                    assert_eq!(letter, wanted, "speaker {from}, listener {to} of {scene:?}");
                    let routed = routes.iter().any(|r| r.from == *speaker && r.to.contains(&listener.id));
                    assert_eq!(routed, wanted != '.', "route of speaker {from} to {to} of {scene:?}");
                    cases += 1;
                }
            }
        }
    }
    println!("{cases} cases");
    assert!(cases > 50_000, "{cases}: everything was enumerated");
}

/// The original is soft only for whoever hears an interpretation of it at the same time.
#[test]
fn the_floor_is_ducked_under_an_interpretation_and_never_else() {
    for scene in scene::all(Phase::Live) {
        let (session, people) = scene.session();
        let expected = expected(&scene);
        for (to, listener) in people.iter().enumerate().filter_map(|(to, id)| Some((to, (*id)?))) {
            let heard = hearings(&session, session.participant(listener).unwrap());
            // A channel that somebody speaks into; mediators and scribes hear channels without following one.
            let interpreted = [O, I, B].contains(&to)
                && [M1, M2].iter().any(|from| expected[*from].chars().nth(to) == Some('C'));
            for hearing in heard {
                let original = [O, I, B].iter().any(|from| people[*from] == Some(hearing.speaker));
                let floor = hearing.channel == Channel::Floor;
                assert_eq!(hearing.ducked, interpreted && floor && original, "listener {to} of {scene:?}");
            }
        }
    }
}

/// A session without a pivot: the usual one, in the usual words.
#[test]
fn with_one_mediator_each_side_hears_its_own_language() {
    let (session, [officer, mediator, interviewee]) = scene::three(Mode::Simultaneous);
    let hears = |who| {
        let heard = hearings(&session, session.participant(who).unwrap());
        heard.into_iter().map(|h| (h.speaker, h.channel, h.ducked)).collect::<Vec<_>>()
    };
    let into_en = Channel::Language { language: "en".parse().unwrap() };
    assert_eq!(hears(officer), vec![(mediator, into_en, false), (interviewee, Channel::Floor, true)]);
    assert_eq!(hears(interviewee), vec![(officer, Channel::Floor, false)]);
    assert_eq!(hears(mediator), vec![(officer, Channel::Floor, false), (interviewee, Channel::Floor, false)]);
}
