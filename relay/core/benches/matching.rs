//! Matching among 100,000 mediators: one request, the whole roster looked through. Prints the memory that it takes.
//!
//! Source of the shape: 40 languages, drawn with the skew of real rosters (a few host languages that many speak, a long
//! tail of rare ones); three of four also speak English.
#![allow(
    clippy::unwrap_used,
    missing_docs,
    reason = "a benchmark fails by panicking; criterion makes the items"
)]

use std::collections::BTreeSet;
use std::hint::black_box;
use std::time::{Duration, Instant};

use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use dragoman_core::dispatch::MOST_RANKED;
use dragoman_core::ids::{AccountId, MediatorId, ParticipantId, SessionId};
use dragoman_core::language::{LanguagePair, SEED};
use dragoman_core::matching::{Loans, Wanted, rank_near};
use dragoman_core::relay::{Input, Relay};
use dragoman_core::roster::{Gender, Level, Mediator, Profile, SpokenLanguage};
use dragoman_core::session_types::SessionRequest;
use dragoman_core::standing::Change;
use dragoman_core::standings::{Roster, RosterNow};
use dragoman_core::time::UnixMillis;
use rustix::time::{ClockId, clock_gettime};
use uuid::Uuid;

const MEDIATORS: u64 = 100_000;
const NOW: UnixMillis = UnixMillis(1_790_000_000_000);

/// SplitMix64 (Steele, Lea, Flood 2014): the same roster every time.
struct Draw(u64);

impl Draw {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }

    fn tag(&mut self) -> &'static str {
        // The smaller of two draws: the front of the list is asked for most.
        let index = self.below(40).min(self.below(40));
        SEED[usize::try_from(index).unwrap()]
    }
}

fn mediator(number: u64, draw: &mut Draw) -> Mediator {
    let levels = [Level::Native, Level::Fluent, Level::Working];
    let mut tags = BTreeSet::from([draw.tag(), draw.tag()]);
    if draw.below(4) > 0 {
        tags.insert("en");
    }
    let mut spoken = |tag: &str| {
        let level = levels[usize::try_from(draw.below(3)).unwrap()];
        SpokenLanguage { tag: tag.parse().unwrap(), level }
    };
    let languages = tags.into_iter().map(&mut spoken).collect();
    let gender = [Some(Gender::Female), Some(Gender::Male), None][usize::try_from(draw.below(3)).unwrap()];
    let profile = Profile { gender, ..Profile::new(&format!("Mediator {number}"), languages) };
    Mediator {
        id: MediatorId(Uuid::from_u128(u128::from(draw.next()))),
        profile: profile.cleared(UnixMillis(1)),
    }
}

fn roster() -> Roster {
    let (mut roster, mut draw) = (Roster::default(), Draw(7));
    for number in 0..MEDIATORS {
        let mediator = mediator(number, &mut draw);
        let id = mediator.id;
        roster.put(mediator);
        roster.apply(id, Change::Switched(draw.below(10) == 0, UnixMillis(2)));
        roster.apply(id, Change::Reachable(draw.below(5) > 0));
    }
    roster
}

fn request(source: &str) -> SessionRequest {
    SessionRequest::between(LanguagePair { source: source.parse().unwrap(), target: "en".parse().unwrap() })
}

fn ranked(roster: &Roster, request: &SessionRequest) -> usize {
    let (loans, overridden) = (Loans::new(), BTreeSet::new());
    let languages = &request.languages;
    let wanted = Wanted {
        request,
        languages,
        adjacent_allowed: true,
        served: &[],
        loans: &loans,
        overridden: &overridden,
    };
    rank_near(RosterNow::of(roster), wanted, MOST_RANKED, NOW).len()
}

/// Resident memory in MB (Linux, proc(5)).
fn resident_mb() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok()).unwrap_or(0) / 1_024
}

/// Requests of one kind that are timed one by one.
const TIMED: usize = 1_000;

/// Prints the middle and the tail of the times that one request takes: criterion gives means, a promise needs the tail.
/// On a machine that others use as well, the wall clock also has the time in which they ran; the processor's has not.
fn print_times(scenario: &str, mut timed: impl FnMut(usize) -> [Duration; 2]) {
    let times: Vec<[Duration; 2]> = (0..TIMED).map(&mut timed).collect();
    for (place, clock) in ["wall clock", "processor"].into_iter().enumerate() {
        let mut sorted: Vec<Duration> = times.iter().map(|both| both[place]).collect();
        sorted.sort_unstable();
        let milliseconds = |place: usize| sorted[place].as_secs_f64() * 1_000.0;
        let [p50, p99, slowest] = [TIMED / 2, TIMED * 99 / 100, TIMED - 1].map(milliseconds);
        println!("{scenario:<57} {clock:<10} p50 {p50:6.3} ms  p99 {p99:6.3} ms  slowest {slowest:6.3} ms");
    }
}

/// How long something takes, by the wall clock and by this thread's time on a processor.
fn timed<T>(run: impl FnOnce() -> T) -> [Duration; 2] {
    let processor = || {
        let at = clock_gettime(ClockId::ThreadCPUTime);
        Duration::new(at.tv_sec.try_into().unwrap(), at.tv_nsec.try_into().unwrap())
    };
    let (wall_began, processor_began) = (Instant::now(), processor());
    let result = black_box(run());
    let times = [wall_began.elapsed(), processor() - processor_began];
    drop(result);
    times
}

fn print_ranking_times(scenario: &str, roster: &Roster, requests: &[SessionRequest]) {
    let candidates = requests.iter().map(|request| ranked(roster, request)).max().unwrap_or(0);
    print_times(&format!("{scenario}, {candidates} candidates at most"), |number| {
        let request = &requests[number % requests.len()];
        timed(|| ranked(roster, request))
    });
}

fn matching(criterion: &mut Criterion) {
    let before = resident_mb();
    let roster = roster();
    println!("{MEDIATORS} mediators: {} MB resident", resident_mb() - before);
    let all: Vec<SessionRequest> =
        SEED.iter().filter(|tag| **tag != "en").take(39).map(|tag| request(tag)).collect();
    print_ranking_times("39 languages", &roster, &all);
    let child = |request: &SessionRequest| SessionRequest {
        minor: true,
        gender_wish: Some(Gender::Female),
        ..request.clone()
    };
    print_ranking_times(
        "39 languages, a child, a woman",
        &roster,
        &all.iter().map(child).collect::<Vec<_>>(),
    );
    let sources = ["sq", "sr-Latn", "fa", "ti"];
    for source in sources {
        print_ranking_times(source, &roster, &[request(source)]);
    }
    let mut group = criterion.benchmark_group("matching among 100,000");
    for source in sources {
        let request = request(source);
        group.bench_function(source, |bencher| bencher.iter(|| ranked(&roster, black_box(&request))));
    }
    group.finish();
    request_whole(criterion);
}

/// The whole decision: ranked, first wave rung, log entries hashed.
fn request_whole(criterion: &mut Criterion) {
    let (mut relay, mut draw) = (Relay::default(), Draw(7));
    let mediators = (0..MEDIATORS).map(|number| mediator(number, &mut draw)).collect::<Vec<_>>();
    let ready: Vec<MediatorId> = mediators.iter().step_by(10).map(|mediator| mediator.id).collect();
    relay.handle_input(Input::PutRoster(mediators), NOW).unwrap();
    for id in ready {
        for input in [Input::SetReady(id, true), Input::SetReachable(id, true)] {
            relay.handle_input(input, NOW).unwrap();
        }
    }
    let (session, officer) = (SessionId(Uuid::from_u128(1)), ParticipantId(Uuid::from_u128(2)));
    let officer_account = AccountId(Uuid::from_u128(3));
    let input =
        |source| Input::RequestSession { session, officer_account, officer, request: request(source) };
    for source in ["sq", "sr-Latn"] {
        print_times(&format!("{source}, decided: ranked, rung, log entries hashed"), |_| {
            let input = input(source);
            timed(|| relay.decide(input, NOW).unwrap())
        });
    }
    criterion.bench_function("a request among 100,000, decided", |bencher| {
        let input = || input("sq");
        bencher.iter_batched(input, |input| relay.decide(input, NOW).unwrap(), BatchSize::SmallInput);
    });
}

criterion_group!(benches, matching);
criterion_main!(benches);
