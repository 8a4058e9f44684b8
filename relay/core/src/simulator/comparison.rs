//! One month, rung in three ways, beside what an oracle could do: the table of `dragoman-relay simulate`.

use std::fmt;

use serde::Serialize;

use super::report::Report;
use super::scenario::Scenario;
use super::{everyone_at_once, most_in_time, one_by_one, simulate};
use crate::policy::DispatchPolicy;

/// The same calls and people under each way of ringing.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Comparison {
    /// As the policy says.
    pub policy: Report,
    /// Everyone at once.
    pub everyone_at_once: Report,
    /// One by one.
    pub one_by_one: Report,
    /// Calls that an all-knowing oracle answers in time, at most.
    pub oracle_in_time: u32,
}

impl Comparison {
    /// Plays all of it.
    pub fn of(scenario: &Scenario, policy: &DispatchPolicy) -> Self {
        Self {
            policy: simulate(scenario, policy.clone()),
            everyone_at_once: simulate(scenario, everyone_at_once(policy)),
            one_by_one: simulate(scenario, one_by_one(policy)),
            oracle_in_time: most_in_time(scenario),
        }
    }
}

impl fmt::Display for Comparison {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ways = [&self.policy, &self.everyone_at_once, &self.one_by_one];
        let requests = self.policy.all.requests;
        let share = |count: u32, of: u32| format!("{:.1} %", 100.0 * f64::from(count) / f64::from(of.max(1)));
        let (policy, at_once, one_by_one, oracle) = ("policy", "at once", "one by one", "oracle");
        writeln!(f, "{:<38} {policy:>10} {at_once:>10} {one_by_one:>10} {oracle:>10}", "")?;
        let mut row = |name: &str, cell: &dyn Fn(&Report) -> String, oracle: String| {
            let [policy, at_once, one_by_one] = ways.map(cell);
            writeln!(f, "{name:<38} {policy:>10} {at_once:>10} {one_by_one:>10} {oracle:>10}")
        };
        let none = String::new;
        row("answered", &|of| share(of.all.answered, of.all.requests), none())?;
        let oracle = format!("≤ {}", share(self.oracle_in_time, requests));
        row("answered within 30 s", &|of| share(of.all.in_time, of.all.requests), oracle)?;
        let covered = |of: &Report| share(of.all.covered_in_time, of.all.covered);
        row("  of those with somebody there and free", &covered, none())?;
        row("gave up: while it rang", &|of| of.all.gave_up_ringing.to_string(), none())?;
        row("gave up: in the line for busy ones", &|of| of.all.gave_up_in_line.to_string(), none())?;
        row("gave up: told that nobody answers", &|of| of.all.gave_up_unanswered.to_string(), none())?;
        row("wait, half are faster", &|of| format!("{:.1} s", of.all.wait_p50_seconds), none())?;
        row("wait, 19 of 20 are faster", &|of| format!("{:.1} s", of.all.wait_p95_seconds), none())?;
        row("rings for each call", &|of| format!("{:.2}", of.all.rings_per_request), none())?;
        row("hours in sessions, least", &|of| format!("{:.1}", of.hours.min), none())?;
        row("hours in sessions, middle", &|of| format!("{:.1}", of.hours.median), none())?;
        row("hours in sessions, most", &|of| format!("{:.1}", of.hours.max), none())?;
        row("unevenness of hours (Gini)", &|of| format!("{:.2}", of.hours.gini), none())?;
        languages(f, &self.policy)
    }
}

fn languages(f: &mut fmt::Formatter<'_>, report: &Report) -> fmt::Result {
    writeln!(f, "\nBy language, as the policy says:")?;
    writeln!(
        f,
        "{:<10} {:>8} {:>9} {:>12} {:>9} {:>9} {:>7}",
        "", "calls", "answered", "within 30 s", "p50", "p95", "rings"
    )?;
    for (language, of) in &report.by_language {
        let (p50, p95) = (of.wait_p50_seconds, of.wait_p95_seconds);
        let (answered, in_time) = (f64::from(of.answered), 100.0 * of.in_time_share());
        let answered = 100.0 * answered / f64::from(of.requests.max(1));
        let (calls, rings) = (of.requests, of.rings_per_request);
        writeln!(
            f,
            "{language:<10} {calls:>8} {answered:>7.1} % {in_time:>10.1} % {p50:>7.1} s {p95:>7.1} s {rings:>7.2}"
        )?;
    }
    Ok(())
}
