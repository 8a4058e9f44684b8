//! Cases of matching, written by hand: who is rung, in which order, and what keeps the others out.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod cases;
mod people;
mod pivots;
mod rings;

use dragoman_core::matching::{Wanted, rank};
use dragoman_core::session_types::MatchReason;
use dragoman_core::standings::RosterNow;

use cases::{Case, all};
use people::{NOW, roster_of};

#[test]
fn every_case_is_judged_as_written() {
    let cases = all();
    assert_eq!(cases.len() + pivots::CASES, 68, "none is lost, pivots among them");
    let wrong: Vec<String> = cases.iter().filter_map(|case| judge(case).err()).collect();
    assert!(wrong.is_empty(), "{} of {} cases:\n{}", wrong.len(), cases.len(), wrong.join("\n"));
}

fn judge(case: &Case) -> Result<(), String> {
    let roster = roster_of(&case.people);
    let wanted = Wanted {
        request: &case.request,
        languages: &case.request.languages,
        adjacent_allowed: case.adjacent_allowed,
        served: &case.served,
        loans: &case.loans,
        overridden: &case.overridden,
    };
    let ranked = rank(RosterNow::of(&roster), wanted, NOW);
    let alias = |id| roster.get(id).unwrap().mediator.alias.clone();
    let order: Vec<String> =
        ranked.iter().filter(|candidate| candidate.eligible).map(|c| alias(c.mediator)).collect();
    if order != case.order {
        return Err(format!("{}: rung {order:?}, expected {:?}", case.name, case.order));
    }
    for (who, reason) in &case.reasons {
        let found = ranked.iter().find(|candidate| alias(candidate.mediator) == *who);
        let reasons: &[MatchReason] = found.map(|candidate| candidate.reasons.as_slice()).unwrap_or_default();
        if !reasons.contains(reason) {
            return Err(format!("{}: {who} lacks {reason:?}, has {reasons:?}", case.name));
        }
    }
    for who in &case.absent {
        if ranked.iter().any(|candidate| alias(candidate.mediator) == *who) {
            return Err(format!("{}: {who} speaks other languages and is no candidate", case.name));
        }
    }
    Ok(())
}
