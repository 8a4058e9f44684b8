//! The month of `docs/simulation`, rung as the default rules say, compared with ringing everyone at once, with ringing
//! one by one, and with an oracle.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use dragoman_core::policy::DispatchPolicy;
use dragoman_core::simulator::Comparison;
use dragoman_core::simulator::files::{DemandFile, RosterFile};

#[test]
fn the_default_rules_come_near_the_oracle_with_half_the_rings_of_everyone_at_once() {
    let roster: RosterFile =
        serde_json::from_str(include_str!("../../../docs/simulation/roster.json")).unwrap();
    let demand: DemandFile =
        serde_json::from_str(include_str!("../../../docs/simulation/demand.json")).unwrap();
    for seed in 1..=2 {
        let compared = Comparison::of(&demand.with(&roster, seed), &DispatchPolicy::default());
        println!("seed {seed}\n{compared}");
        let (ours, at_once) = (&compared.policy.all, &compared.everyone_at_once.all);
        assert!(ours.covered_in_time_share() >= 0.97, "seed {seed}: {}", ours.covered_in_time_share());
        let of_oracle = f64::from(ours.in_time) / f64::from(compared.oracle_in_time);
        assert!((0.98..=1.0).contains(&of_oracle), "seed {seed}: {of_oracle} of the oracle");
        assert!(ours.rings_per_request < 0.5 * at_once.rings_per_request, "seed {seed}: rings");
    }
}
