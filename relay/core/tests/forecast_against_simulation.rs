//! The forecast, held against the simulator of ringing: what Erlang-A foretells from past requests and planned duty is
//! what months of played calls come to, on well staffed and on thin rosters.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

use std::collections::BTreeMap;
use std::path::Path;

use dragoman_core::availability::wall::time_zone;
use dragoman_core::forecast::demand::Demand;
use dragoman_core::forecast::{Assumptions, forecast};
use dragoman_core::policy::DispatchPolicy;
use dragoman_core::simulator::files::{DemandFile, RosterFile};
use dragoman_core::simulator::simulate;
use serde_json::{Value, json};

/// Months that are played for each roster.
const SEEDS: std::ops::RangeInclusive<u64> = 1..=2;

fn example(name: &str) -> Value {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/simulation");
    serde_json::from_str(&std::fs::read_to_string(folder.join(name)).unwrap()).unwrap()
}

/// What a call takes of a mediator in the example: 25 minutes, and ten of rest.
const SERVICE_SECONDS: f64 = 2_100.0;

/// By language: share of calls answered in time as foretold, as played, and how many calls were played.
fn compared(keep_one_in: usize) -> BTreeMap<String, (f64, f64, u32)> {
    let mut roster = example("roster.json");
    let people = roster["people"].as_array_mut().unwrap();
    let kept: Vec<Value> = people.iter().step_by(keep_one_in).cloned().collect();
    *people = kept;
    let roster: RosterFile = serde_json::from_value(roster).unwrap();
    let month = example("demand.json");
    let mut past = month.clone();
    (past["first_day"], past["days"]) = (json!("2025-09-01"), json!(26 * 7));
    let (month, past): (DemandFile, DemandFile) =
        (serde_json::from_value(month).unwrap(), serde_json::from_value(past).unwrap());

    let before = past.with(&roster, 99);
    let zone = time_zone("Europe/Tirane").unwrap();
    let requests = before.calls.iter().map(|call| (call.request.languages.source.primary(), call.at));
    let demand = Demand::learn(requests, past.span(), zone);

    let mut shares: BTreeMap<String, (f64, f64, u32)> = BTreeMap::new();
    for seed in SEEDS {
        let scenario = month.with(&roster, seed);
        let mediators: Vec<_> = scenario.people.iter().map(|person| person.mediator.clone()).collect();
        let duties =
            scenario.people.iter().map(|person| (person.mediator.id, person.duties.clone())).collect();
        let told = forecast(
            &demand,
            &mediators,
            &duties,
            month.span(),
            &Assumptions { service_seconds: SERVICE_SECONDS, ..Assumptions::default() },
        )
        .unwrap();
        let played = simulate(&scenario, DispatchPolicy::default());
        for (language, figures) in &played.by_language {
            let row = told.languages.iter().find(|row| &row.language == language).unwrap();
            let calls: f64 = row.expected_calls.iter().sum();
            let answered: f64 = row
                .expected_calls
                .iter()
                .zip(&row.answered_within_30s)
                .map(|(calls, share)| calls * share)
                .sum();
            let entry = shares.entry(language.clone()).or_default();
            entry.0 = answered / calls;
            entry.1 += f64::from(figures.in_time);
            entry.2 += figures.requests;
        }
    }
    shares
        .into_iter()
        .map(|(language, (told, in_time, all))| (language, (told, in_time / f64::from(all), all)))
        .collect()
}

/// Erlang-A takes a language's calls to be spread evenly over those who speak it, and knows nothing of people off duty
/// who answer all the same: so it foretells somewhat less than is played. Too little by a tenth is a careful plan;
/// too much would be a promise that nobody keeps.
#[test]
fn what_is_foretold_is_what_is_played_or_a_little_less() {
    let mut by_roster = Vec::new();
    for keep_one_in in [1, 3, 6] {
        let shares = compared(keep_one_in);
        assert_eq!(shares.len(), 8, "all languages of the example: {shares:?}");
        for (language, (told, played, calls)) in &shares {
            let of = format!(
                "one mediator in {keep_one_in}, {language}: told {told:.3}, played {played:.3} of {calls}"
            );
            println!("{of}");
            assert!(*told <= played + 0.02, "promises too much: {of}");
            assert!(*told >= played - 0.14, "fears too much: {of}");
        }
        by_roster.push(shares.values().map(|(told, ..)| told).sum::<f64>() / 8.0);
    }
    assert!(
        by_roster.is_sorted_by(|more, fewer| more > fewer),
        "fewer mediators, fewer answers: {by_roster:?}"
    );
}
