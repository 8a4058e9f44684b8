//! Erlang-A (M/M/n+M): how likely a call is answered in time when callers wait, but not for ever.
//!
//! Calls come as a Poisson process, service and patience are exponential, n servers take the waiting in order.
//! Source: O. Garnett, A. Mandelbaum, M. Reiman, "Designing a Call Center with Impatient Customers", Manufacturing &
//! Service Operations Management 4(3), 2002; the model is C. Palm's of 1957.
//!
//! A call that finds j others waiting is served after V = Exp(nμ) + Exp(nμ+θ) + … + Exp(nμ+jθ), if its own patience
//! Exp(θ) lasts that long. So with c = nμ/θ and p = 1 − e^(−θt)
//!
//! P(served, V ≤ t) = nμ / (nμ + (j+1)θ) · I_p(j+1, c+1)
//!
//! where I is the regularised incomplete beta function: under the factor e^(−θV) the stages become Exp((c+i)θ),
//! i = 1 … j+1, which are the gaps between order statistics of exponentials.

/// Longest service and patience that are taken, in seconds: a day. It bounds the number of states.
pub const LONGEST_SECONDS: f64 = 86_400.0;
/// Most calls an hour that are taken.
pub const MOST_CALLS_PER_HOUR: f64 = 100_000.0;

/// States rarer than this, compared with the likeliest, are left out.
const NEGLIGIBLE: f64 = 1e-18;

/// Who calls, and who answers.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Queue {
    /// Expected calls an hour.
    pub calls_per_hour: f64,
    /// Mean length of a call, in seconds.
    pub service_seconds: f64,
    /// Mean time a caller waits before giving up, in seconds.
    pub patience_seconds: f64,
    /// Servers.
    pub servers: u32,
}

/// The numbers describe no queue.
#[derive(Clone, Copy, PartialEq, Debug, thiserror::Error)]
pub enum NotAQueue {
    /// Rate of calls.
    #[error("{0} calls an hour is out of range: give 0 to 100000")]
    CallsPerHour(f64),
    /// Mean length of a call.
    #[error("a call of {0} s is out of range: give more than 0 and at most 86400 s")]
    ServiceSeconds(f64),
    /// Mean patience.
    #[error("a patience of {0} s is out of range: give more than 0 and at most 86400 s")]
    PatienceSeconds(f64),
}

/// A queue in its steady state.
#[derive(Clone, PartialEq, Debug)]
pub struct ErlangA {
    /// Rates per second of calls, of service by all servers together, and of giving up by one caller.
    arrival: f64,
    all_serve: f64,
    giving_up: f64,
    /// Probability that a server is free.
    free: f64,
    /// Probability that all serve and j wait, by j.
    waiting: Vec<f64>,
}

impl Queue {
    /// The steady state.
    ///
    /// # Errors
    /// [`NotAQueue`] names the number that is out of range.
    pub fn solve(&self) -> Result<ErlangA, NotAQueue> {
        let seconds = |value: f64| value > 0.0 && value <= LONGEST_SECONDS;
        if !(0.0..=MOST_CALLS_PER_HOUR).contains(&self.calls_per_hour) {
            return Err(NotAQueue::CallsPerHour(self.calls_per_hour));
        }
        if !seconds(self.service_seconds) {
            return Err(NotAQueue::ServiceSeconds(self.service_seconds));
        }
        if !seconds(self.patience_seconds) {
            return Err(NotAQueue::PatienceSeconds(self.patience_seconds));
        }
        let rates = Rates {
            arrival: self.calls_per_hour / 3_600.0,
            service: 1.0 / self.service_seconds,
            giving_up: 1.0 / self.patience_seconds,
            servers: self.servers as usize,
        };
        let (free, waiting) = rates.steady_state();
        Ok(ErlangA {
            arrival: rates.arrival,
            all_serve: f64::from(self.servers) * rates.service,
            giving_up: rates.giving_up,
            free,
            waiting,
        })
    }
}

impl ErlangA {
    /// Share of calls that give up before they are served. Without any calls: of a call that would come.
    pub fn abandoned(&self) -> f64 {
        (self.mean_wait_seconds() * self.giving_up).clamp(0.0, 1.0)
    }

    /// Mean time in the queue over all calls, served or not, in seconds (Little's law). Without any calls: of a call
    /// that would come.
    pub fn mean_wait_seconds(&self) -> f64 {
        if self.all_serve == 0.0 {
            return 1.0 / self.giving_up;
        }
        if self.arrival == 0.0 {
            return 0.0;
        }
        let length: f64 = (0_u32..).zip(&self.waiting).map(|(j, share)| f64::from(j) * share).sum();
        length / self.arrival
    }

    /// Share of all calls that a server is found for within so many seconds.
    pub fn served_within(&self, seconds: f64) -> f64 {
        if self.all_serve == 0.0 || seconds < 0.0 {
            return 0.0;
        }
        let given_up = -(-self.giving_up * seconds).exp_m1();
        let b = self.all_serve / self.giving_up + 1.0;
        // I_p(j+1, b) = I_p(j, b) − t_j, with t_0 = (1−p)^b and t_(j+1) = t_j · p (j+b) / (j+1). In logarithms, since
        // t_0 is too small for a float where many serve.
        let (mut beta, mut ln_term) = (1.0_f64, -self.giving_up * seconds * b);
        let mut sum = self.free;
        for (j, share) in (0_u32..).zip(&self.waiting) {
            let j = f64::from(j);
            beta = (beta - ln_term.exp()).max(0.0);
            ln_term += (given_up * (j + b) / (j + 1.0)).ln();
            sum += share * beta * self.all_serve / (self.all_serve + (j + 1.0) * self.giving_up);
        }
        sum.clamp(0.0, 1.0)
    }

    /// Share of all calls that are answered within so many seconds, where the server that was found takes an
    /// exponential time with the mean `pick_up_seconds` to pick up. Exponential, because a fixed time would make the
    /// answer jump from all to nothing where it meets the limit. Who has a server does not give up any more.
    pub fn answered_within(&self, seconds: f64, pick_up_seconds: f64) -> f64 {
        if pick_up_seconds <= 0.0 {
            return self.served_within(seconds);
        }
        // What is slower than 36 means is one call in 10^15.
        let until = seconds.min(36.0 * pick_up_seconds).max(0.0);
        let density = |x: f64| (-x / pick_up_seconds).exp() / pick_up_seconds;
        gauss_legendre(until, |x| density(x) * self.served_within(seconds - x)).clamp(0.0, 1.0)
    }
}

struct Rates {
    arrival: f64,
    service: f64,
    giving_up: f64,
    servers: usize,
}

impl Rates {
    /// Probability that a server is free, and that j calls wait. Weights go both ways from the likeliest state, so that
    /// none of them overflows.
    fn steady_state(&self) -> (f64, Vec<f64>) {
        if self.servers == 0 || self.arrival == 0.0 {
            return (if self.servers == 0 { 0.0 } else { 1.0 }, Vec::new());
        }
        let likeliest = self.likeliest();
        let (mut free, mut waiting) = (0.0, vec![0.0; (likeliest + 1).saturating_sub(self.servers)]);
        let mut add = |state: usize, weight: f64| match state.checked_sub(self.servers) {
            None => free += weight,
            Some(j) if j < waiting.len() => waiting[j] = weight,
            Some(_) => waiting.push(weight),
        };
        let (mut state, mut weight) = (likeliest, 1.0);
        while weight > NEGLIGIBLE {
            add(state, weight);
            state += 1;
            weight *= self.arrival / self.leaving(state);
        }
        (state, weight) = (likeliest, 1.0);
        while state > 0 && weight > NEGLIGIBLE {
            weight *= self.leaving(state) / self.arrival;
            state -= 1;
            add(state, weight);
        }
        let total = free + waiting.iter().sum::<f64>();
        (free / total, waiting.into_iter().map(|weight| weight / total).collect())
    }

    /// The last state that is entered from below at least as often as it is left downwards.
    fn likeliest(&self) -> usize {
        let all_serve = self.servers as f64 * self.service;
        if self.arrival < all_serve {
            (self.arrival / self.service) as usize
        } else {
            self.servers + ((self.arrival - all_serve) / self.giving_up) as usize
        }
    }

    /// Rate at which calls leave while so many are there.
    fn leaving(&self, there: usize) -> f64 {
        let served = there.min(self.servers) as f64;
        let waiting = there.saturating_sub(self.servers) as f64;
        served * self.service + waiting * self.giving_up
    }
}

/// ∫ f from 0 to `until`, with 16 points: exact for polynomials up to degree 31 (Abramowitz & Stegun, table 25.4).
fn gauss_legendre(until: f64, f: impl Fn(f64) -> f64) -> f64 {
    const POINTS: [(f64, f64); 8] = [
        (0.095_012_509_837_637_44, 0.189_450_610_455_068_5),
        (0.281_603_550_779_258_9, 0.182_603_415_044_923_6),
        (0.458_016_777_657_227_4, 0.169_156_519_395_002_54),
        (0.617_876_244_402_643_7, 0.149_595_988_816_576_73),
        (0.755_404_408_355_003, 0.124_628_971_255_533_87),
        (0.865_631_202_387_831_7, 0.095_158_511_682_492_78),
        (0.944_575_023_073_232_6, 0.062_253_523_938_647_89),
        (0.989_400_934_991_649_9, 0.027_152_459_411_754_095),
    ];
    let half = until / 2.0;
    let both = |(x, weight): &(f64, f64)| weight * (f(half * (1.0 - x)) + f(half * (1.0 + x)));
    half * POINTS.iter().map(both).sum::<f64>()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn queue(calls_per_hour: f64, service_seconds: f64, patience_seconds: f64, servers: u32) -> Queue {
        Queue { calls_per_hour, service_seconds, patience_seconds, servers }
    }

    #[test]
    fn nobody_answers_nothing_and_no_calls_find_everybody_free() {
        let nobody = queue(5.0, 600.0, 90.0, 0).solve().unwrap();
        assert_eq!((nobody.served_within(30.0), nobody.abandoned()), (0.0, 1.0));
        assert_eq!(nobody.mean_wait_seconds(), 90.0);
        let quiet = queue(0.0, 600.0, 90.0, 1).solve().unwrap();
        assert_eq!((quiet.served_within(0.0), quiet.abandoned(), quiet.mean_wait_seconds()), (1.0, 0.0, 0.0));
        let picked_up = quiet.answered_within(30.0, 10.0);
        assert!((picked_up - (1.0 - (-3.0_f64).exp())).abs() < 1e-9, "{picked_up}");
        assert_eq!(queue(0.0, 600.0, 90.0, 0).solve().unwrap().answered_within(30.0, 5.0), 0.0);
    }

    #[test]
    fn what_is_out_of_range_is_named() {
        let error = |queue: Queue| queue.solve().unwrap_err().to_string();
        assert!(error(queue(-1.0, 600.0, 90.0, 1)).contains("-1 calls"));
        assert!(error(queue(f64::NAN, 600.0, 90.0, 1)).contains("calls an hour"));
        assert!(error(queue(1.0, 0.0, 90.0, 1)).contains("a call of 0 s"));
        assert!(error(queue(1.0, 600.0, f64::INFINITY, 1)).contains("patience of inf"));
    }

    /// With patience as long as service the number in the system is that of M/M/∞: Poisson with mean λ/μ.
    #[test]
    fn patience_like_service_gives_the_poisson_distribution() {
        let solved = queue(12.0, 900.0, 900.0, 4).solve().unwrap();
        let mean: f64 = 12.0 * 900.0 / 3_600.0;
        let mut probability = (-mean).exp();
        let mut free = 0.0;
        for state in 0..4 {
            free += probability;
            probability *= mean / f64::from(state + 1);
        }
        assert!((solved.served_within(0.0) - free).abs() < 1e-12, "{} {free}", solved.served_within(0.0));
    }

    /// Erlang's own example of a loss system: callers without patience; B(10 erlang, 15 servers) = 0.03650.
    #[test]
    fn without_patience_it_is_erlang_b() {
        let solved = queue(40.0, 900.0, 1e-6, 15).solve().unwrap();
        assert!((solved.abandoned() - 0.036_50).abs() < 5e-6, "{}", solved.abandoned());
    }

    #[test]
    fn three_thousand_servers_do_not_overflow() {
        for (calls, service) in [(9_000.0, 1_200.0), (20_000.0, 60.0), (100_000.0, 1_200.0), (1.0, 600.0)] {
            let solved = queue(calls, service, 300.0, 3_000).solve().unwrap();
            let (served, abandoned) = (solved.served_within(1e6), solved.abandoned());
            assert!((served + abandoned - 1.0).abs() < 1e-9, "{calls}: {served} + {abandoned}");
            let in_time = solved.answered_within(30.0, 5.0);
            assert!(in_time.is_finite() && in_time <= served + 1e-9, "{calls}: {in_time}");
        }
    }

    proptest! {
        #[test]
        fn more_servers_longer_patience_and_fewer_calls_answer_more(
            calls in 0.0..2_000.0_f64, service in 30.0..4_000.0_f64, patience in 5.0..3_000.0_f64,
            servers in 0_u32..300, seconds in 0.0..120.0_f64, pick_up in 0.0..40.0_f64,
        ) {
            let solve = |calls, patience, servers| queue(calls, service, patience, servers).solve().unwrap();
            let plain = solve(calls, patience, servers);
            let more = solve(calls, patience, servers + 1);
            let patient = solve(calls, patience * 1.5, servers);
            let busier = solve(calls * 1.2, patience, servers);
            let answered = |solved: &ErlangA| solved.answered_within(seconds, pick_up);
            prop_assert!((0.0..=1.0).contains(&answered(&plain)));
            prop_assert!(answered(&more) >= answered(&plain) - 1e-9);
            prop_assert!(answered(&busier) <= answered(&plain) + 1e-9);
            prop_assert!(patient.abandoned() <= plain.abandoned() + 1e-9);
            prop_assert!(plain.answered_within(seconds + 1.0, pick_up) >= answered(&plain) - 1e-4);
            prop_assert!(plain.answered_within(seconds, pick_up + 1.0) <= answered(&plain) + 1e-4);
            let whole = plain.served_within(1e7) + plain.abandoned();
            prop_assert!((whole - 1.0).abs() < 1e-9, "served or abandoned: {whole}");
        }
    }

    /// The queue played through call by call: for each batch of calls the shares of in-time answers and of abandonment.
    fn played(queue: Queue, seconds: f64, pick_up: f64, rng: &mut fastrand::Rng) -> Vec<[f64; 2]> {
        let mut draw = |mean: f64| -mean * (1.0 - rng.f64()).ln();
        let mut free_at = vec![0.0_f64; queue.servers as usize];
        let mut now = 0.0;
        let mut play_batch = |_| {
            let (mut in_time, mut abandoned) = (0_u32, 0_u32);
            for _ in 0..CALLS_OF_BATCH {
                now += draw(3_600.0 / queue.calls_per_hour);
                // First come, first served: the server that is free first takes this call, if its patience lasts.
                let server = free_at.iter_mut().min_by(|a, b| a.total_cmp(b)).unwrap();
                let begins = server.max(now);
                if begins - now > draw(queue.patience_seconds) {
                    abandoned += 1;
                    continue;
                }
                *server = begins + draw(queue.service_seconds);
                in_time += u32::from(begins - now + draw(pick_up) <= seconds);
            }
            [in_time, abandoned].map(|count| f64::from(count) / f64::from(CALLS_OF_BATCH))
        };
        (0..BATCHES).map(&mut play_batch).collect()
    }

    const CALLS_OF_BATCH: u32 = 5_000;
    const BATCHES: usize = 60;

    /// Mean and its standard error. Over batches, because the calls of one busy spell fare alike.
    fn mean_and_error(values: impl Iterator<Item = f64> + Clone) -> (f64, f64) {
        let count = BATCHES as f64;
        let mean = values.clone().sum::<f64>() / count;
        let variance = values.map(|value| (value - mean).powi(2)).sum::<f64>() / (count - 1.0);
        (mean, (variance / count).sqrt())
    }

    #[test]
    fn the_formula_agrees_with_the_queue_played_through() {
        const SEED: u64 = 20_261_125;
        let mut rng = fastrand::Rng::with_seed(SEED);
        for (calls, service, patience, servers, pick_up) in [
            (2.0, 1_200.0, 180.0, 1, 6.0),
            (10.0, 1_200.0, 60.0, 3, 10.0),
            (10.0, 1_200.0, 600.0, 4, 1.0),
            (120.0, 600.0, 120.0, 18, 4.0),
            (120.0, 600.0, 120.0, 25, 15.0),
            (600.0, 60.0, 30.0, 9, 0.2),
        ] {
            let queue = queue(calls, service, patience, servers);
            let solved = queue.solve().unwrap();
            let batches = played(queue, 30.0, pick_up, &mut rng);
            for (which, expected) in
                [solved.answered_within(30.0, pick_up), solved.abandoned()].into_iter().enumerate()
            {
                let (found, error) = mean_and_error(batches.iter().map(|shares| shares[which]));
                assert!(
                    (expected - found).abs() < 4.0 * error && error < 0.005,
                    "seed {SEED}, {queue:?}, share {which}: formula {expected}, played {found} ± {error}"
                );
            }
        }
    }
}
