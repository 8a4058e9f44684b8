//! What a simulation is given: people with their duty and habits, and calls with their length and patience.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::chance::{Draw, exponential, generator};
use crate::availability::{Duty, DutySpan};
use crate::roster::Mediator;
use crate::session_types::SessionRequest;
use crate::time::{HOUR_MILLIS, UnixMillis};

/// Reactions are drawn anew for each such stretch of a call: who did not hear the first ring may hear one later. It is
/// longer than the limit that answers are measured by, so within that limit everybody has one mind.
const MINUTE_MILLIS: u64 = 60_000;

/// Everything that happens to a relay from outside, but for what depends on whom it rings.
#[derive(Clone, Debug)]
pub struct Scenario {
    /// The mediators.
    pub people: Vec<Person>,
    /// The calls, earliest first.
    pub calls: Vec<Call>,
    /// Decides all reactions.
    pub seed: u64,
}

/// A mediator, when they work, and how they behave.
#[derive(Clone, Debug)]
pub struct Person {
    /// The roster entry.
    pub mediator: Mediator,
    /// When on duty.
    pub duties: Vec<DutySpan>,
    /// How they react to rings.
    pub habits: Habits,
}

/// How somebody reacts to rings, by the kind of duty.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Habits {
    /// On shift.
    pub on_shift: Habit,
    /// On call.
    pub on_call: Habit,
    /// Mean time until somebody who was set away because of unanswered rings comes back, in seconds; exponential.
    pub back_after_seconds: f64,
}

impl Default for Habits {
    /// Whoever is on call has a life beside it, and takes longer.
    fn default() -> Self {
        let on_call = Habit { answers: 0.7, declines: 0.05, pick_up_seconds: 15.0 };
        Self { on_shift: Habit::default(), on_call, back_after_seconds: 900.0 }
    }
}

/// How somebody reacts to a ring.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Habit {
    /// Share of rings that are taken, 0 to 1, if nobody else is faster.
    pub answers: f64,
    /// Share of rings that are declined, 0 to 1. What is neither taken nor declined is not heard.
    pub declines: f64,
    /// Mean time until a ring is taken or declined, in seconds; exponential.
    pub pick_up_seconds: f64,
}

impl Default for Habit {
    fn default() -> Self {
        Self { answers: 0.85, declines: 0.05, pick_up_seconds: 7.0 }
    }
}

/// One call.
#[derive(Clone, Debug)]
pub struct Call {
    /// When it comes.
    pub at: UnixMillis,
    /// What is asked for.
    pub request: SessionRequest,
    /// How long the session lasts once somebody answered.
    pub length: Duration,
    /// How long the officer waits for an answer.
    pub patience: Duration,
}

/// Calls that come at random within one hour.
#[derive(Clone, Debug)]
pub struct Rate {
    /// When the hour begins.
    pub hour_start: UnixMillis,
    /// What they ask for.
    pub request: SessionRequest,
    /// How many are expected; their number is Poisson.
    pub calls: f64,
}

/// How long sessions last and officers wait.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Callers {
    /// Mean length of a session, in seconds; exponential.
    pub session_seconds: f64,
    /// No officer gives up before, in seconds.
    pub least_patience_seconds: f64,
    /// Mean patience beyond that, in seconds; exponential.
    pub patience_seconds: f64,
}

impl Default for Callers {
    fn default() -> Self {
        Self { session_seconds: 1_800.0, least_patience_seconds: 60.0, patience_seconds: 180.0 }
    }
}

/// What somebody does about a ring, and how long after it began.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Reaction {
    /// Takes it.
    Takes(Duration),
    /// Says no.
    Declines(Duration),
    /// Does not hear it.
    Ignores,
}

impl Scenario {
    /// What a person does about a ring for a call, if it begins `after` so long and meets them on such duty.
    pub fn reaction(&self, person: usize, call: usize, after: Duration, duty: Duty) -> Reaction {
        let Some(habits) = self.people.get(person).map(|person| person.habits) else {
            return Reaction::Ignores;
        };
        let habit = match duty {
            Duty::OnShift => habits.on_shift,
            Duty::OnCall => habits.on_call,
        };
        let minute = u64::try_from(after.as_millis()).unwrap_or(u64::MAX) / MINUTE_MILLIS;
        let mut rng = generator(self.seed, Draw::Reaction { person, call, minute });
        let mind = rng.f64();
        let delay = seconds(exponential(&mut rng, habit.pick_up_seconds));
        match mind {
            mind if mind < habit.answers => Reaction::Takes(delay),
            mind if mind < habit.answers + habit.declines => Reaction::Declines(delay),
            _ => Reaction::Ignores,
        }
    }

    /// How long somebody stays away who was set away then.
    pub(super) fn away(&self, person: usize, since: UnixMillis) -> Duration {
        let mean = self.people.get(person).map_or(0.0, |person| person.habits.back_after_seconds);
        seconds(exponential(&mut generator(self.seed, Draw::Away { person, since: since.0 }), mean))
    }

    /// When calls come that rates bring.
    pub fn times_of(rates: &[Rate], seed: u64) -> Vec<(UnixMillis, SessionRequest)> {
        let mut times = Vec::new();
        for (number, rate) in rates.iter().enumerate() {
            let come = arrivals(rate, &mut generator(seed, Draw::Arrivals { rate: number }));
            times.extend(come.into_iter().map(|at| (at, rate.request.clone())));
        }
        times
    }

    /// Calls that come at given times; the rest is drawn.
    pub fn calls_at(mut times: Vec<(UnixMillis, SessionRequest)>, callers: Callers, seed: u64) -> Vec<Call> {
        times.sort_by_key(|(at, _)| *at);
        let call = |(number, (at, request)): (usize, (UnixMillis, SessionRequest))| {
            let mut rng = generator(seed, Draw::Caller { call: number });
            let length = seconds(exponential(&mut rng, callers.session_seconds));
            let beyond = exponential(&mut rng, callers.patience_seconds);
            let patience = seconds(callers.least_patience_seconds + beyond);
            Call { at, request, length, patience }
        };
        times.into_iter().enumerate().map(call).collect()
    }
}

impl Person {
    /// The duty at this time; on shift counts before on call.
    pub fn duty_at(&self, at: UnixMillis) -> Option<Duty> {
        self.duties.iter().filter(|duty| duty.span.contains(at)).map(|duty| duty.duty).min()
    }
}

fn arrivals(rate: &Rate, rng: &mut fastrand::Rng) -> Vec<UnixMillis> {
    let mut come = Vec::new();
    if !(rate.calls > 0.0 && rate.calls.is_finite()) {
        return come;
    }
    let mut passed = exponential(rng, 1.0 / rate.calls);
    while passed < 1.0 {
        come.push(UnixMillis(rate.hour_start.0.saturating_add((passed * HOUR_MILLIS as f64) as i64)));
        passed += exponential(rng, 1.0 / rate.calls);
    }
    come
}

/// Whole milliseconds, at least one and at most a day; what is no number is a day.
fn seconds(seconds: f64) -> Duration {
    const DAY: f64 = 86_400_000.0;
    let millis = if seconds.is_nan() { DAY } else { (seconds * 1_000.0).clamp(1.0, DAY) };
    Duration::from_millis(millis as u64)
}
