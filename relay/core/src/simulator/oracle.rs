//! An oracle that knows who would hear which ring, how long each session lasts and which calls are still to come: no
//! way of ringing answers more calls in time than it does.
//!
//! It is a bound from above, computed in three steps, each of which can only raise it:
//!
//! 1. Relaxed: only calls that are answered in time take anybody's time; the oracle refuses the others at no cost.
//!    Limits on the work of a day are left out. A mediator is taken from the latest moment at which the call could be
//!    answered in time to the earliest at which the session, and the rest after it, could be over.
//! 2. What remains is to choose for each call at most one mediator so that nobody has two calls at once. Its linear
//!    relaxation is bounded by Lagrangian duality (M. L. Fisher, "The Lagrangian Relaxation Method for Solving Integer
//!    Programming Problems", Management Science 27(1), 1981): given a price for each call, every mediator chooses alone
//!    the schedule that earns most, which weighted interval scheduling finds exactly. For *any* prices
//!    Σ prices + Σ earnings is a bound; prices are moved by subgradient steps and the least bound is kept.
//! 3. A number of calls is whole, so the bound is rounded down.

use std::collections::BTreeSet;
use std::time::Duration;

use super::report::limit;
use super::scenario::{Person, Reaction, Scenario};
use crate::matching::{Loans, Wanted, judge};
use crate::standing::Standing;
use crate::time::UnixMillis;

/// Steps of the prices; after them the bound moves by less than a call in a thousand.
const STEPS: u32 = 300;

/// One call that one mediator would answer in time.
#[derive(Clone, Copy, Debug)]
struct Chance {
    call: usize,
    /// Taken for certain from here …
    from: i64,
    /// … to here; nothing in between if that is earlier.
    until: i64,
}

/// What one mediator could do, by end.
#[derive(Debug, Default)]
struct Diary {
    chances: Vec<Chance>,
    /// For each, how many of those before it end before it begins.
    compatible: Vec<usize>,
}

/// Most calls that could be answered within [`IN_TIME`](super::IN_TIME) by anybody who knew everything.
pub fn most_in_time(scenario: &Scenario) -> u32 {
    let people = scenario.people.iter().enumerate();
    let chances = people.map(|(number, person)| {
        (0..scenario.calls.len()).filter_map(move |call| Chance::of(scenario, number, person, call)).collect()
    });
    bound(&chances.map(Diary::of).collect::<Vec<_>>(), scenario.calls.len())
}

fn bound(diaries: &[Diary], calls: usize) -> u32 {
    // With a price of one nobody earns anything: the number of calls for which there is anybody at all.
    let mut prices = vec![0.0; calls];
    for chance in diaries.iter().flat_map(|diary| &diary.chances) {
        prices[chance.call] = 1.0;
    }
    let mut least = f64::INFINITY;
    for step in 0..STEPS {
        let mut taken = vec![0.0; calls];
        let earned: f64 = diaries.iter().map(|diary| diary.best(&prices, &mut taken)).sum();
        least = least.min(prices.iter().sum::<f64>() + earned);
        let length = 0.5 / (1.0 + f64::from(step) / 10.0);
        for (price, taken) in prices.iter_mut().zip(&taken) {
            *price = (*price - length * (1.0 - taken)).clamp(0.0, 1.0);
        }
    }
    (least + 1e-6).floor() as u32
}

impl Diary {
    fn of(mut chances: Vec<Chance>) -> Self {
        chances.sort_by_key(|chance| chance.until);
        let before = |chance: &Chance| chances.partition_point(|other| other.until <= chance.from);
        let compatible = chances.iter().map(before).collect();
        Self { chances, compatible }
    }

    /// The most that can be earned, one less its price for each call; notes which calls were chosen for it.
    fn best(&self, prices: &[f64], taken: &mut [f64]) -> f64 {
        let gain = |chance: &Chance| 1.0 - prices[chance.call];
        let mut best = vec![0.0_f64; self.chances.len() + 1];
        for (number, (chance, compatible)) in self.chances.iter().zip(&self.compatible).enumerate() {
            best[number + 1] = best[number].max(gain(chance) + best[number.min(*compatible)]);
        }
        let mut number = self.chances.len();
        while let Some(last) = number.checked_sub(1) {
            if best[number] > best[last] {
                taken[self.chances[last].call] += 1.0;
                number = last.min(self.compatible[last]);
            } else {
                number = last;
            }
        }
        best[self.chances.len()]
    }
}

impl Chance {
    /// Whether a person would answer a call in time, if rung at the right moment.
    fn of(scenario: &Scenario, number: usize, person: &Person, call_number: usize) -> Option<Self> {
        let call = scenario.calls.get(call_number)?;
        // Whoever gave up is not answered.
        let latest = call.at.0.saturating_add(limit()).min((call.at + call.patience).0);
        let moments = person.duties.iter().flat_map(|duty| [duty.span.from, duty.span.until]);
        let moments = moments.filter(|at| call.at < *at && at.0 <= latest).chain([call.at]);
        let answered = |at: UnixMillis| {
            let after = Duration::from_millis(u64::try_from(at.0 - call.at.0).ok()?);
            match scenario.reaction(number, call_number, after, person.duty_at(at)?) {
                Reaction::Takes(delay) => Some((at + delay).0),
                _ => None,
            }
        };
        let earliest = moments.filter_map(answered).min().filter(|at| *at <= latest)?;
        could_be_rung(person, scenario, call_number).then_some(())?;
        let rest = Duration::from_secs(60 * u64::from(person.mediator.load.rest_minutes));
        let until = UnixMillis(earliest) + call.length + rest;
        Some(Self { call: call_number, from: latest, until: until.0 })
    }
}

/// Whether nothing but the moment speaks against ringing somebody for a call.
fn could_be_rung(person: &Person, scenario: &Scenario, call: usize) -> bool {
    let Some(call) = scenario.calls.get(call) else { return false };
    let (loans, overridden) = (Loans::new(), BTreeSet::new());
    let wanted = Wanted {
        request: &call.request,
        languages: &call.request.languages,
        adjacent_allowed: false,
        served: &[],
        loans: &loans,
        overridden: &overridden,
    };
    let free = Standing { ready: true, reachable: true, ..Standing::default() };
    judge(&person.mediator, &free, wanted, call.at).is_some_and(|candidate| candidate.eligible)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Every choice of a mediator or nobody for each call, tried.
    fn best_by_trying(
        diaries: &[Vec<Chance>],
        calls: usize,
        call: usize,
        chosen: &mut Vec<(usize, Chance)>,
    ) -> u32 {
        if call == calls {
            return chosen.len() as u32;
        }
        let mut best = best_by_trying(diaries, calls, call + 1, chosen);
        for (who, diary) in diaries.iter().enumerate() {
            for chance in diary.iter().filter(|chance| chance.call == call) {
                let apart = |other: &Chance| other.until <= chance.from || chance.until <= other.from;
                if chosen.iter().all(|(other, taken)| *other != who || apart(taken)) {
                    chosen.push((who, *chance));
                    best = best.max(best_by_trying(diaries, calls, call + 1, chosen));
                    chosen.pop();
                }
            }
        }
        best
    }

    proptest! {
        #[test]
        fn it_is_never_below_the_best_choice_and_seldom_above(
            calls in prop::collection::vec((0_i64..60, prop::collection::vec(prop::option::of(1_i64..40), 3)), 0..7)
        ) {
            let diary = |who: usize| -> Vec<Chance> {
                let chance = |(call, (at, lengths)): (usize, &(i64, Vec<Option<i64>>))| {
                    Some(Chance { call, from: *at, until: at + lengths[who]? })
                };
                calls.iter().enumerate().filter_map(chance).collect()
            };
            let diaries: Vec<Vec<Chance>> = (0..3).map(diary).collect();
            let best = best_by_trying(&diaries, calls.len(), 0, &mut Vec::new());
            let bound = bound(&diaries.into_iter().map(Diary::of).collect::<Vec<_>>(), calls.len());
            prop_assert!((best..=best + 1).contains(&bound), "best {best}, bound {bound}");
        }
    }
}
