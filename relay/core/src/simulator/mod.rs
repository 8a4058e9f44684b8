//! Plays months of calls against the real relay, to compare ways of ringing before anybody is rung that way.
//!
//! Nothing here stands for the relay: requests, rings, answers and ends go through [`Relay::decide`],
//! [`Relay::decide_timeout`] and [`Relay::commit`], as in service. Only people are made up, by a seed.
//!
//! [`Relay::decide`]: crate::relay::Relay::decide
//! [`Relay::decide_timeout`]: crate::relay::Relay::decide_timeout
//! [`Relay::commit`]: crate::relay::Relay::commit

mod chance;
mod comparison;
pub mod files;
mod oracle;
mod report;
mod scenario;
mod ways;
mod world;

pub use comparison::Comparison;
pub use oracle::most_in_time;
pub use report::{Fate, Figures, GaveUp, Hours, IN_TIME, Report};
pub use scenario::{Call, Callers, Habit, Habits, Person, Rate, Reaction, Scenario};
pub use ways::{everyone_at_once, one_by_one};

use crate::policy::DispatchPolicy;

/// Plays a scenario against a relay that rings by these rules.
pub fn simulate(scenario: &Scenario, policy: DispatchPolicy) -> Report {
    Report::of(scenario, &fates(scenario, policy))
}

/// The same, call by call.
pub fn fates(scenario: &Scenario, policy: DispatchPolicy) -> Vec<Fate> {
    world::World::new(scenario, policy).play()
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::availability::{Duty, DutySpan, Span};
    use crate::forecast::erlang_a::Queue;
    use crate::ids::MediatorId;
    use crate::language::LanguagePair;
    use crate::roster::{Level, LoadLimits, Mediator, Profile, SpokenLanguage};
    use crate::session_types::SessionRequest;
    use crate::time::UnixMillis;

    const HOUR: i64 = 3_600_000;

    fn request(language: &str) -> SessionRequest {
        let (source, target) = (language.parse().unwrap(), "en".parse().unwrap());
        SessionRequest::between(LanguagePair { source, target })
    }

    fn person(number: u128, languages: &[&str], hours: i64, habit: Habit) -> Person {
        let spoken = |tag: &&str| SpokenLanguage { tag: tag.parse().unwrap(), level: Level::Fluent };
        let spoken = languages.iter().chain(&["en"]).map(spoken).collect();
        let load = LoadLimits { minutes_a_day: 1_440, rest_minutes: 0 };
        let profile = Profile { load, ..Profile::new(&format!("M{number}"), spoken) };
        let span = Span { from: UnixMillis(0), until: UnixMillis(hours * HOUR) };
        Person {
            mediator: Mediator {
                id: MediatorId(Uuid::from_u128(number)),
                profile: profile.cleared(UnixMillis(0)),
            },
            duties: vec![DutySpan { span, duty: Duty::OnShift }],
            habits: Habits { on_shift: habit, on_call: habit, back_after_seconds: 600.0 },
        }
    }

    /// Calls for every language in every hour.
    fn calls(languages: &[&str], hours: i64, calls: f64, callers: Callers, seed: u64) -> Vec<Call> {
        let of_hour = |hour: i64| {
            languages.iter().map(move |language| Rate {
                hour_start: UnixMillis(hour * HOUR),
                request: request(language),
                calls,
            })
        };
        let rates: Vec<Rate> = (0..hours).flat_map(of_hour).collect();
        Scenario::calls_at(Scenario::times_of(&rates, seed), callers, seed)
    }

    fn month(seed: u64) -> Scenario {
        let languages = [&["sq", "sr"][..], &["sr"], &["ti", "sq"]];
        let of = |n: u128| person(n, languages[n as usize % 3], 720, Habit::default());
        let calls = calls(&["sq", "sr", "ti"], 720, 1.0, Callers::default(), seed);
        Scenario { people: (1..=15).map(of).collect(), calls, seed }
    }

    #[test]
    fn a_month_is_repeatable_and_no_way_of_ringing_beats_the_oracle() {
        for seed in 0..2 {
            let scenario = month(seed);
            let compared = Comparison::of(&scenario, &DispatchPolicy::default());
            assert_eq!(compared, Comparison::of(&scenario, &DispatchPolicy::default()), "seed {seed}");
            for report in [&compared.policy, &compared.everyone_at_once, &compared.one_by_one] {
                assert!(report.all.in_time <= compared.oracle_in_time, "seed {seed}: {report:?}");
                let ended = report.all.answered + report.all.gave_up_ringing + report.all.gave_up_in_line;
                assert_eq!(ended + report.all.gave_up_unanswered, report.all.requests, "seed {seed}");
            }
        }
    }

    /// One language, everybody hears every ring within a second: then dispatch is the queue of the formula.
    #[test]
    fn the_simulation_agrees_with_erlang_a_in_a_plain_case() {
        let (seed, hours) = (11, 2_000);
        let habit = Habit { answers: 1.0, declines: 0.0, pick_up_seconds: 1.0 };
        let callers =
            Callers { session_seconds: 1_200.0, least_patience_seconds: 0.0, patience_seconds: 300.0 };
        for (servers, rate) in [(1, 1.0), (3, 6.0), (4, 6.0)] {
            let people = (1..=servers).map(|n| person(n.into(), &["sq"], hours, habit)).collect();
            let scenario = Scenario { people, calls: calls(&["sq"], hours, rate, callers, seed), seed };
            let report = simulate(&scenario, DispatchPolicy::default()).all;
            let queue =
                Queue { calls_per_hour: rate, service_seconds: 1_200.0, patience_seconds: 300.0, servers };
            let expected = queue.solve().unwrap().answered_within(30.0, 1.0);
            let found = report.in_time_share();
            assert!(
                (expected - found).abs() < 0.02,
                "seed {seed}, {servers}: formula {expected}, simulation {found}"
            );
        }
    }
}
