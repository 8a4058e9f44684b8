//! Plays months of calls against the real relay, to compare ways of ringing before anybody is rung that way.
//!
//! Nothing here stands for the relay: requests, rings, answers and ends go through [`Relay::handle_input`] and
//! [`Relay::handle_timeout`], as in service. Only people are made up, by a seed.

mod chance;
pub mod files;
mod oracle;
mod report;
mod scenario;
mod world;

pub use oracle::most_in_time;
pub use report::{Fate, Figures, Hours, IN_TIME, Report};
pub use scenario::{Call, Callers, Habit, Habits, Person, Rate, Reaction, Scenario};

use crate::relay::Relay;

/// Plays a scenario against an empty relay, which is set up as it is to be tried.
pub fn simulate(scenario: &Scenario, relay: Relay) -> Report {
    Report::of(scenario, &fates(scenario, relay))
}

/// The same, call by call.
pub fn fates(scenario: &Scenario, relay: Relay) -> Vec<Fate> {
    world::World::new(scenario, relay).play()
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
            habits: Habits { on_shift: habit, on_call: habit },
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

    #[test]
    fn a_month_is_repeatable_and_stays_below_the_oracle() {
        let seed = 3;
        let people: Vec<Person> = (1..=12)
            .map(|n| {
                person(n, [&["sq", "sr"][..], &["sr"], &["ti", "sq"]][n as usize % 3], 720, Habit::default())
            })
            .collect();
        let scenario =
            Scenario { people, calls: calls(&["sq", "sr", "ti"], 720, 1.0, Callers::default(), seed), seed };
        let begun = std::time::Instant::now();
        let report = simulate(&scenario, Relay::default());
        let played = begun.elapsed();
        let bound = most_in_time(&scenario);
        eprintln!("{played:?} {:?} {bound} {report:#?}", begun.elapsed());
        assert_eq!(report, simulate(&scenario, Relay::default()), "seed {seed}");
        assert!(report.all.in_time <= bound, "seed {seed}: {} > {bound}", report.all.in_time);
    }

    /// One language, everybody hears every ring within a second: then dispatch is the queue of the formula.
    #[test]
    fn the_simulation_agrees_with_erlang_a_in_a_plain_case() {
        let (seed, hours) = (11, 2_000);
        let habit = Habit { answers: 1.0, declines: 0.0, pick_up_seconds: 1.0 };
        let callers = Callers { session_seconds: 1_200.0, patience_seconds: 300.0 };
        for (servers, rate) in [(1, 1.0), (3, 6.0), (4, 6.0)] {
            let people = (1..=servers).map(|n| person(n.into(), &["sq"], hours, habit)).collect();
            let scenario = Scenario { people, calls: calls(&["sq"], hours, rate, callers, seed), seed };
            let report = simulate(&scenario, Relay::default()).all;
            let queue =
                Queue { calls_per_hour: rate, service_seconds: 1_200.0, patience_seconds: 300.0, servers };
            let expected = queue.solve().unwrap().answered_within(30.0, 1.0);
            let found = report.in_time_share();
            eprintln!("{servers} {rate} {expected} {found}");
        }
    }
}
