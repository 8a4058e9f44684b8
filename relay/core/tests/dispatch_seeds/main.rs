//! Many short nights of dispatch from seeds, each with a small roster and several sessions at once: whatever people do,
//! nobody is rung who must not be, and no request is left without an answer or a reason.
//!
//! `DRAGOMAN_SEEDS=N` runs N seeds instead of 10,000; `DRAGOMAN_SEED=N` runs one.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod model;

use std::collections::BTreeSet;
use std::time::Duration;

use dragoman_core::availability::{Duty, DutySpan, Span};
use dragoman_core::case::{CaseRef, KeyedDigest};
use dragoman_core::codes::{AgencyCode, Circumstance, Tie};
use dragoman_core::ids::{AccountId, MediatorId, ParticipantId, SessionId};
use dragoman_core::language::LanguagePair;
use dragoman_core::policy::{DispatchPolicy, Wave};
use dragoman_core::relay::{Act, Decision, Input, Relay};
use dragoman_core::roster::{Gender, Level, LoadLimits, Mediator, Profile, Specialism, SpokenLanguage};
use dragoman_core::session::Session;
use dragoman_core::session_types::{Circle, IntervieweeLabel, NoAnswer, SessionRequest, Widening};
use dragoman_core::time::UnixMillis;
use fastrand::Rng;
use uuid::Uuid;

use model::Model;

const DEFAULT_SEEDS: u64 = 10_000;
const STEPS: usize = 60;
const BEGIN: UnixMillis = UnixMillis(1_000_000_000);
const LONGEST_LOOK_AGAIN_MILLIS: i64 = 40_000;
const AGENCIES: [&str; 2] = ["AL-BORDER", "RS-POLICE"];

/// How the requests of some nights ended.
#[derive(Clone, Copy, Default, Debug)]
struct Ends {
    rings: u32,
    answered: u32,
    widened: u32,
    in_line: u32,
    refused: u32,
    given_up: u32,
}

#[test]
fn nobody_is_rung_who_must_not_be_and_no_request_is_left_without_a_reason() {
    let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse::<u64>().ok());
    let seeds = match number("DRAGOMAN_SEED") {
        Some(seed) => seed..seed + 1,
        None => 0..number("DRAGOMAN_SEEDS").unwrap_or(DEFAULT_SEEDS),
    };
    let workers = std::thread::available_parallelism().map_or(1, usize::from);
    let ends: Vec<Ends> = std::thread::scope(|scope| {
        let run = |worker: usize| {
            let mine = seeds.clone().skip(worker).step_by(workers);
            scope.spawn(move || mine.map(|seed| Night::new(seed).lived_through()).collect::<Vec<_>>())
        };
        let running: Vec<_> = (0..workers).map(run).collect();
        running.into_iter().flat_map(|worker| worker.join().expect("the seed stands above")).collect()
    });
    let sum = |of: fn(&Ends) -> u32| ends.iter().map(of).sum::<u32>();
    let (rings, answered, widened) = (sum(|e| e.rings), sum(|e| e.answered), sum(|e| e.widened));
    let (in_line, refused, given_up) = (sum(|e| e.in_line), sum(|e| e.refused), sum(|e| e.given_up));
    println!(
        "{} seeds: {rings} rings; requests answered {answered}, widened {widened}, in line {in_line}, \
         refused with a reason {refused}, given up {given_up}",
        ends.len()
    );
    let enough = ends.len() < 100 || [rings, answered, widened, in_line, refused].iter().all(|n| *n > 50);
    assert!(enough, "the simulation reaches every end");
}

struct Night {
    seed: u64,
    rng: Rng,
    relay: Relay,
    model: Model,
    now: UnixMillis,
    mediators: Vec<MediatorId>,
    fresh: u128,
}

impl Night {
    fn new(seed: u64) -> Self {
        let mut rng = Rng::with_seed(seed);
        let relay = Relay::with_policy(some_policy(&mut rng));
        let (model, now, mediators) = (Model::default(), BEGIN, Vec::new());
        let mut night = Self { seed, rng, relay, model, now, mediators, fresh: 1_000 };
        for number in 0..night.rng.u128(2..10) {
            let mediator = some_mediator(number + 1, &mut night.rng);
            night.mediators.push(mediator.id);
            let id = mediator.id;
            night.input(Input::PutMediator(mediator));
            let (reachable, ready) = (night.chance(0.95), night.chance(0.75));
            night.input(Input::SetReachable(id, reachable));
            night.input(Input::SetReady(id, ready));
            let duties = night.some_duties();
            night.input(Input::SetDuties(id, duties));
        }
        night
    }

    fn lived_through(mut self) -> Ends {
        for _ in 0..STEPS {
            self.wait();
            let Some(input) = self.some_input() else { continue };
            let requested = match &input {
                Input::RequestSession { session, officer, .. } => Some((*session, *officer)),
                _ => None,
            };
            self.input(input);
            if let Some((session, by)) = requested.filter(|_| self.chance(0.8)) {
                self.input(Input::Act { session, by, act: Act::Connect });
            }
        }
        self.let_it_ring_out();
        self.ends()
    }

    /// Lets time pass; the relay is asked exactly when it wants to be.
    fn wait(&mut self) {
        let millis = match self.rng.u32(0..20) {
            0..14 => self.rng.u64(0..6_000),
            14..19 => self.rng.u64(0..40_000),
            _ => self.rng.u64(60_000..900_000),
        };
        self.wait_until(self.now + Duration::from_millis(millis));
    }

    fn wait_until(&mut self, until: UnixMillis) {
        for turn in 0.. {
            let Some(due) = self.relay.poll_timeout(self.now).filter(|due| *due <= until) else { break };
            self.must(turn < 2_000, "the relay wants to be asked without end");
            self.now = self.now.max(due);
            let decision = self.relay.decide_timeout(self.now);
            self.take_in(decision);
        }
        self.now = until;
        for session in self.relay.sessions() {
            let late = session.ringing().any(|offer| offer.expires_at < self.now);
            self.must(!late, "a ring outlives its time");
        }
    }

    fn input(&mut self, input: Input) {
        if let Ok(decision) = self.relay.decide(input.clone(), self.now) {
            self.model.note_input(&input, self.now);
            self.take_in(decision);
        }
    }

    fn take_in(&mut self, decision: Decision) {
        let verdict = self.model.note_decision(&decision, self.now);
        self.must(verdict.is_ok(), &verdict.err().unwrap_or_default());
        self.relay.commit(decision);
    }

    /// Everybody stops doing anything: every wave is rung, and every ring runs out.
    fn let_it_ring_out(&mut self) {
        self.wait_until(self.now + Duration::from_secs(400));
        for turn in 0.. {
            // A shift that begins or a rest that ends brings new rings, but not for ever.
            if self.relay.sessions().all(|session| session.ringing().next().is_none()) {
                break;
            }
            self.must(turn < 100, "it rings without end");
            self.wait_until(self.now + Duration::from_secs(60));
        }
        for session in self.relay.sessions().filter(|session| session.is_searching()) {
            let known = &self.model.sessions[&session.id];
            self.must(
                session.no_answer.is_some() && session.no_answer == known.refused,
                "no reason was given",
            );
            // As it was when the relay looked last, at the latest.
            let before = UnixMillis(self.now.0 - LONGEST_LOOK_AGAIN_MILLIS);
            let whys = [before, self.now].map(|at| Some(self.model.why_nobody(known, at)));
            self.must(whys.contains(&session.no_answer), &format!("{whys:?}, not {:?}", session.no_answer));
            let forgotten = self
                .model
                .could_be_rung(known, before)
                .intersection(&self.model.could_be_rung(known, self.now))
                .next()
                .copied();
            self.must(forgotten.is_none(), &format!("{forgotten:?} could be rung for {}", session.id));
        }
    }

    fn ends(&self) -> Ends {
        let mut ends = Ends { rings: self.model.rings, ..Ends::default() };
        for known in self.model.sessions.values() {
            let end = match (known.open_places().next(), known.widened, known.refused) {
                (None, ..) => &mut ends.answered,
                (Some(_), true, _) => &mut ends.widened,
                (Some(_), false, Some(NoAnswer::AllBusy)) => &mut ends.in_line,
                (Some(_), false, Some(_)) => &mut ends.refused,
                (Some(_), false, None) => {
                    self.must(known.over, "neither answer nor reason");
                    &mut ends.given_up
                }
            };
            *end += 1;
        }
        ends
    }

    fn some_input(&mut self) -> Option<Input> {
        let mediator = *self.rng.choice(&self.mediators)?;
        let sessions: Vec<Session> = self.relay.sessions().cloned().collect();
        match self.rng.u32(0..32) {
            0..4 if sessions.len() < 5 => return Some(self.request()),
            4..6 => return Some(Input::SetReady(mediator, self.chance(0.8))),
            6 => return Some(Input::SetReachable(mediator, self.chance(0.9))),
            7 => return Some(Input::PutMediator(some_mediator(mediator.0.as_u128(), &mut self.rng))),
            8 => return Some(Input::SetDuties(mediator, self.some_duties())),
            9 => return Some(Input::SetBooked(mediator, vec![self.some_span(3_600_000)])),
            10 => return Some(Input::SetLoans(self.some_loans())),
            _ => {}
        }
        let session = self.rng.choice(&sessions)?.clone();
        let id = session.id;
        let ringing: Vec<_> = session.ringing().cloned().collect();
        match self.rng.u32(0..14) {
            0..5 => {
                // Sometimes somebody takes what is over or not theirs.
                let offer = self.rng.choice(&ringing).or(session.offers.first())?.clone();
                let who = if self.chance(0.9) { offer.mediator } else { mediator };
                let participant = ParticipantId(self.uuid());
                Some(Input::AcceptOffer { session: id, offer: offer.number, mediator: who, participant })
            }
            5..7 => {
                let offer = self.rng.choice(&session.offers)?.clone();
                Some(Input::DeclineOffer { session: id, offer: offer.number, mediator: offer.mediator })
            }
            7 => {
                let reason = if self.chance(0.8) { "nobody else is there".to_owned() } else { String::new() };
                Some(Input::RingByHand { session: id, mediator, account: AccountId(self.uuid()), reason })
            }
            _ => Some(Input::Act { session: id, by: session.officer()?.id, act: self.some_act() }),
        }
    }

    fn some_act(&mut self) -> Act {
        match self.rng.u32(0..14) {
            0..3 => Act::Connect,
            3 => Act::Disconnect,
            4..8 => Act::End,
            8..10 => Act::Widen(Widening::RingAgain),
            10 => Act::Widen(Widening::AllowAdjacentLanguage),
            11 => Act::Widen(Widening::DropGenderWish { reason: "the person agreed".to_owned() }),
            12 => Act::Widen(Widening::DropGenderWish { reason: String::new() }),
            _ => Act::Widen(Widening::Pivot { via: some_tag(&mut self.rng).parse().unwrap() }),
        }
    }

    fn request(&mut self) -> Input {
        let source = some_tag(&mut self.rng).parse().unwrap();
        let languages = LanguagePair { source, target: "en".parse().unwrap() };
        let labels = [IntervieweeLabel::Victim, IntervieweeLabel::Witness, IntervieweeLabel::Suspect];
        let digest = |byte| KeyedDigest([byte; 32]);
        let case = CaseRef { case: digest(self.rng.u8(0..2)), person: Some(digest(self.rng.u8(2..5))) };
        let place = Circumstance::new(Tie::Place, "Novi Pazar").unwrap();
        let booked = *self.rng.choice(&self.mediators).unwrap();
        let request = SessionRequest {
            booked: self.chance(0.1).then_some(booked),
            gender_wish: self.chance(0.12).then_some(Gender::Female),
            minor: self.chance(0.1),
            label: *self.rng.choice(&labels).unwrap(),
            case: self.chance(0.5).then_some(case),
            circumstances: self.chance(0.12).then_some(place).into_iter().collect(),
            agency: self.chance(0.2).then(|| some_agency(&mut self.rng)),
            country: self.chance(0.2).then(|| "AL".parse().unwrap()),
            ..SessionRequest::between(languages)
        };
        let (session, officer) = (SessionId(self.uuid()), ParticipantId(self.uuid()));
        Input::RequestSession { session, officer_account: AccountId(self.uuid()), officer, request }
    }

    fn some_duties(&mut self) -> Vec<DutySpan> {
        let count = self.rng.usize(0..3);
        let duty = |night: &mut Self| {
            let duty = if night.chance(0.5) { Duty::OnShift } else { Duty::OnCall };
            DutySpan { span: night.some_span(1_800_000), duty }
        };
        (0..count).map(|_| duty(self)).collect()
    }

    fn some_span(&mut self, longest: i64) -> Span {
        let from = self.now.0 + self.rng.i64(-600_000..600_000);
        Span { from: UnixMillis(from), until: UnixMillis(from + self.rng.i64(1..longest)) }
    }

    fn some_loans(&mut self) -> BTreeSet<(MediatorId, AgencyCode)> {
        let lent: Vec<MediatorId> = self.mediators.iter().copied().filter(|_| self.rng.bool()).collect();
        lent.into_iter().map(|mediator| (mediator, some_agency(&mut self.rng))).collect()
    }

    fn must(&self, holds: bool, otherwise: &str) {
        let (seed, at) = (self.seed, self.now.0 - BEGIN.0);
        assert!(holds, "seed {seed} after {at} ms: {otherwise} (repeat with DRAGOMAN_SEED={seed})");
    }

    fn chance(&mut self, share: f64) -> bool {
        self.rng.f64() < share
    }

    fn uuid(&mut self) -> Uuid {
        self.fresh += 1;
        Uuid::from_u128(self.fresh)
    }
}

/// Any rules; the last wave rings all who are left.
fn some_policy(rng: &mut Rng) -> DispatchPolicy {
    let circles = [Circle::Familiar, Circle::Pool, Circle::OnCall, Circle::Loan];
    let wave = |rng: &mut Rng| Wave {
        circle: *rng.choice(&circles).unwrap(),
        most: rng.bool().then(|| rng.u32(1..4)),
        seconds: rng.u32(1..20),
    };
    let mut waves: Vec<Wave> = (0..rng.usize(0..4)).map(|_| wave(rng)).collect();
    waves.push(Wave { circle: Circle::Loan, most: None, seconds: rng.u32(1..20) });
    DispatchPolicy {
        waves,
        ring_seconds: rng.u32(3..40),
        away_after_missed: rng.u8(0..6),
        look_again_seconds: rng.u32(5..=40),
        escalate_after_seconds: rng.u32(10..90),
        ..DispatchPolicy::default()
    }
}

fn some_mediator(number: u128, rng: &mut Rng) -> Mediator {
    let spoken = |tag: &str| SpokenLanguage { tag: tag.parse().unwrap(), level: Level::Fluent };
    let mut languages: BTreeSet<&str> = BTreeSet::from([some_tag(rng), some_tag(rng), some_tag(rng)]);
    if rng.f64() < 0.93 {
        languages.insert("en");
    }
    let often = |rng: &mut Rng| rng.f64() < 0.95;
    let load = LoadLimits { minutes_a_day: rng.u16(2..40), rest_minutes: rng.u16(0..4) };
    let place = Circumstance::new(Tie::Place, "novi pazar").unwrap();
    let profile = Profile {
        gender: rng.bool().then_some(if rng.bool() { Gender::Female } else { Gender::Male }),
        specialisms: rng.bool().then_some(Specialism::Minors).into_iter().collect(),
        undertaking_signed_at: often(rng).then_some(UnixMillis(1)),
        undertaking_until: (!often(rng)).then(|| UnixMillis(BEGIN.0 + rng.i64(0..600_000))),
        vetted_until: often(rng).then(|| UnixMillis(BEGIN.0 + rng.i64(0..9_000_000))),
        agency: rng.bool().then(|| some_agency(rng)),
        serves: (!often(rng)).then(|| some_agency(rng)).into_iter().collect(),
        countries: (!often(rng)).then(|| "RS".parse().unwrap()).into_iter().collect(),
        favourite_of: (!often(rng)).then(|| some_agency(rng)).into_iter().collect(),
        conflicts: (rng.f64() < 0.2).then_some(place).into_iter().collect(),
        load,
        active: often(rng),
        ..Profile::new(&format!("M{number}"), languages.into_iter().map(spoken).collect())
    };
    Mediator { id: MediatorId(Uuid::from_u128(number)), profile }
}

fn some_tag(rng: &mut Rng) -> &'static str {
    rng.choice(["sq", "sr-Latn", "bs", "ti"]).unwrap()
}

fn some_agency(rng: &mut Rng) -> AgencyCode {
    rng.choice(AGENCIES).unwrap().parse().unwrap()
}
