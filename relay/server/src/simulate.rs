//! `dragoman-relay simulate`: a month of calls in seconds, to compare ways of ringing before anybody is rung that way.
//!
//! The files are described in [`dragoman_core::simulator::files`]; `docs/simulation` has one of each.

use std::path::Path;

use anyhow::Context;
use dragoman_core::policy::DispatchPolicy;
use dragoman_core::simulator::Comparison;
use dragoman_core::simulator::files::{DemandFile, RosterFile};
use serde::de::DeserializeOwned;

/// Plays the calls of a demand file to the people of a roster file, by these rules and by those it is compared with.
///
/// # Errors
/// If a file cannot be read, or is not what it should be; names the file, and the line.
pub fn run(roster: &Path, demand: &Path, policy: &DispatchPolicy, seed: u64) -> anyhow::Result<Comparison> {
    let roster: RosterFile = read(roster, "a roster to simulate")?;
    let demand: DemandFile = read(demand, "a demand to simulate")?;
    Ok(Comparison::of(&demand.with(&roster, seed), policy))
}

fn read<T: DeserializeOwned>(file: &Path, what: &str) -> anyhow::Result<T> {
    let text = std::fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
    serde_json::from_str(&text).with_context(|| format!("{} is not {what}", file.display()))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    const DEMAND: &str = r#"{"zone": "Europe/Tirane", "first_day": "2026-03-09", "days": 2,
        "rates": [{"source": "sq", "target": "en", "from": "08:00", "until": "16:00", "calls_per_hour": 2}]}"#;
    const ROSTER: &str = r#"{"zone": "Europe/Tirane", "people": [{"alias": "Blue Heron",
        "languages": [{"tag": "sq", "level": "native"}, {"tag": "en", "level": "fluent"}],
        "weekly": [{"from": "08:00", "until": "16:00", "duty": "on_shift"}]}]}"#;

    #[test]
    fn two_files_become_a_comparison_and_a_broken_one_is_named_with_its_line() {
        let folder = tempfile::tempdir().unwrap();
        let file = |name: &str, text: &str| {
            let file = folder.path().join(name);
            std::fs::write(&file, text).unwrap();
            file
        };
        let (roster, demand) = (file("roster.json", ROSTER), file("demand.json", DEMAND));
        let compared = run(&roster, &demand, &DispatchPolicy::default(), 7).unwrap();
        assert!(compared.policy.all.requests > 10 && compared.policy.all.answered > 0);
        assert!(compared.policy.all.in_time <= compared.oracle_in_time);
        let broken = file("broken.json", &ROSTER.replace("08:00", "8 o'clock"));
        let error = format!("{:#}", run(&broken, &demand, &DispatchPolicy::default(), 7).unwrap_err());
        let (named, line) =
            (error.contains("broken.json"), error.contains("'8 o'clock'") && error.contains("line 3"));
        assert!(named && line, "{error}");
        let missing = run(&folder.path().join("none.json"), &demand, &DispatchPolicy::default(), 7);
        assert!(missing.unwrap_err().to_string().contains("none.json"));
    }
}
