//! Modes, asides, breaks and handovers, measured where they count: in what a listener's device plays.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use dragoman_client::net::ApiClient;
use dragoman_core::ids::SessionId;
use dragoman_core::interpreting::{FloorAct, Mode};
use dragoman_core::session_types::{Phase, Place, Role};
use dragoman_core::wire::SessionView;
use dragoman_tests::correlation::align;
use dragoman_tests::natives::{Native, accept, invite, ready_desk, request, signed_in};
use dragoman_tests::relay::TestRelay;
use dragoman_tests::speech::{Phrases, spoken};

const RATE: usize = 48_000;
/// A jitter buffer is empty after so long.
const EMPTY: Duration = Duration::from_millis(400);

struct Three {
    relay: TestRelay,
    session: SessionId,
    officer_api: ApiClient,
    officer: Native,
    mediator: Native,
    interviewee: Native,
}

impl Three {
    /// Officer, mediator and interviewee, live, each with a voice that goes on and on.
    async fn live(voices: [Arc<[f32]>; 3]) -> Result<Self> {
        let relay = TestRelay::start().await?;
        let [of_officer, of_mediator, of_interviewee] = voices;
        let officer_api = signed_in(&relay.links.officer).await?;
        let mediator_api = signed_in(&relay.links.mediators[0].link).await?;
        let mut desk = ready_desk(&mediator_api).await?;
        let session = request(&officer_api, "sq").await?;
        accept(&mut desk).await?;
        let officer = Native::enter(officer_api.clone(), session, of_officer).await?;
        let mediator = Native::enter(mediator_api, session, of_mediator).await?;
        let link = invite(&officer_api, session, Role::Interviewee).await?;
        let interviewee = Native::join(&link, of_interviewee).await?;
        for person in [&officer, &mediator, &interviewee] {
            person.call.connected().await?;
            person.call.wait_for(|view| view.phase == Phase::Live).await?;
        }
        Ok(Self { relay, session, officer_api, officer, mediator, interviewee })
    }

    fn id_of(&self, role: Role) -> Result<dragoman_core::ids::ParticipantId> {
        let view = self.officer.call.view().borrow().clone().context("no view")?;
        Ok(view.participants.iter().find(|p| p.role == role).context("not there")?.id)
    }
}

/// The interviewee's received sound holds nothing of the aside, and the mediator's all of it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_aside_is_never_heard_by_the_interviewee() -> Result<()> {
    let phrases = Phrases::read()?;
    let voices =
        [spoken(&phrases.en[3], "en+m3")?.into(), spoken(&phrases.sq[5], "sq+f2")?.into(), silence()];
    let [of_officer, of_mediator, _] = voices.clone();
    let three = Three::live(voices).await?;
    let like = |voice: &[f32], heard: &[f32]| align(voice, heard).correlation;

    let before = three.interviewee.listen(Duration::from_secs(4)).await;
    assert!(like(&of_officer, &before) > 0.2, "heard before the aside: {}", like(&of_officer, &before));

    three.officer.act(FloorAct::BeginAside { with: three.id_of(Role::Mediator)? }).await?;
    let seen = |view: &SessionView| view.interpreting.aside.is_some();
    three.interviewee.call.wait_for(seen).await.context("the interviewee sees that there is an aside")?;
    tokio::time::sleep(EMPTY).await;
    let (during, aside) = tokio::join!(
        three.interviewee.listen(Duration::from_secs(6)),
        three.mediator.listen(Duration::from_secs(6))
    );
    for (voice, whose) in [(&of_officer, "officer"), (&of_mediator, "mediator")] {
        let correlation = like(voice, &during);
        assert!(correlation < 0.05, "the {whose}'s aside reached the interviewee: {correlation}");
    }
    assert!(during.iter().all(|sample| sample.abs() < 0.01), "nothing else either");
    assert!(like(&of_officer, &aside) > 0.4, "the mediator hears it: {}", like(&of_officer, &aside));

    three.mediator.act(FloorAct::EndAside).await?;
    three.interviewee.call.wait_for(|view| view.interpreting.aside.is_none()).await?;
    let after = three.interviewee.listen(Duration::from_secs(4)).await;
    assert!(like(&of_officer, &after) > 0.2, "heard again after it");
    Ok(())
}

/// Simultaneous: the officer hears the interpretation, the interviewee does not; a break silences the interviewee both ways.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn channels_and_breaks_are_what_is_heard() -> Result<()> {
    let three = Three::live([tone(300.0), tone(700.0), tone(1_500.0)]).await?;
    three.officer.act(FloorAct::SetMode { mode: Mode::Simultaneous }).await?;
    let simultaneous = |view: &SessionView| view.interpreting.mode == Mode::Simultaneous;
    three.interviewee.call.wait_for(simultaneous).await?;
    assert_eq!(levels(&three.officer).await?, [false, true, true], "officer: mediator and interviewee");
    assert_eq!(levels(&three.interviewee).await?, [true, false, false], "interviewee: the officer only");

    three.mediator.act(FloorAct::SpeakInto { language: "sq".parse()? }).await?;
    three.interviewee.call.wait_for(|view| view.interpreting.hears.iter().any(|heard| heard.ducked)).await?;
    assert_eq!(levels(&three.officer).await?, [false, false, true]);
    assert_eq!(levels(&three.interviewee).await?, [true, true, false]);

    three.interviewee.act(FloorAct::Pause).await?;
    three.interviewee.call.wait_for(|view| view.phase == Phase::Paused).await?;
    assert_eq!(levels(&three.interviewee).await?, [false; 3], "a break");
    assert_eq!(levels(&three.officer).await?, [false, true, false], "officer and mediator hear each other");
    three.interviewee.act(FloorAct::Resume).await?;
    three.interviewee.call.wait_for(|view| view.phase == Phase::Live).await?;
    assert_eq!(levels(&three.interviewee).await?, [true, true, false]);

    three.officer.act(FloorAct::Cough { on: true }).await?;
    tokio::time::sleep(EMPTY).await;
    assert_eq!(levels(&three.interviewee).await?, [false, true, false], "the officer coughs");
    Ok(())
}

/// A listener hears one mediator until the handover and the other one from then on: no gap, no two voices.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_handover_leaves_neither_a_gap_nor_two_voices() -> Result<()> {
    let (first, second) = (700.0, 1_500.0);
    let three = Three::live([silence(), tone(first), silence()]).await?;
    let relief_api = signed_in(&three.relay.links.mediators[1].link).await?;
    let mut desk = ready_desk(&relief_api).await?;
    three.officer.act(FloorAct::RequestRelief { place: Place(0) }).await?;
    assert_eq!(accept(&mut desk).await?, three.session);
    let relief = Native::enter(relief_api, three.session, tone(second)).await?;
    relief.call.connected().await?;
    assert!(three.officer_api.sessions().await?.iter().any(|row| row.id == three.session));
    for round in 0..4_u32 {
        let from = three.interviewee.position();
        let (next, before, after) =
            if round % 2 == 0 { (&relief, first, second) } else { (&three.mediator, second, first) };
        next.act(FloorAct::SetReady { ready: true }).await?;
        three.officer.call.wait_for(|view| view.interpreting.turns[0].relief_ready).await?;
        three.officer.act(FloorAct::BeginHandover { place: Place(0) }).await?;
        let me = next.call.wait_for(|_| true).await?.you;
        three.interviewee.call.wait_for(|view| view.phase == Phase::Live).await?;
        three.officer.call.wait_for(|view| view.interpreting.turns[0].on_turn == Some(me)).await?;
        tokio::time::sleep(Duration::from_millis(800)).await;
        let heard = three.interviewee.heard_since(from + RATE / 2);
        let Handover { silence, both, changed } = Handover::of(&heard, before, after);
        println!("round {round}: longest silence {silence} ms, two voices {both} ms");
        assert!(changed, "round {round}: first the one, then the other");
        assert!(silence <= 50, "round {round}: {silence} ms of silence");
        assert_eq!(both, 0, "round {round}: two voices");
    }
    // Whoever has no turn may go, and is free for others.
    let leaves = &three.mediator;
    let on_turn = three.officer.call.view().borrow().clone().context("view")?.interpreting.turns[0].on_turn;
    let leaves = if on_turn == Some(leaves.call.wait_for(|_| true).await?.you) { &relief } else { leaves };
    leaves.act(FloorAct::Leave).await?;
    leaves.call.ended().await;
    three.officer.call.wait_for(|view| view.participants.iter().any(|p| p.left)).await?;
    Ok(())
}

/// What a listener heard while the turn changed.
struct Handover {
    silence: usize,
    both: usize,
    changed: bool,
}

impl Handover {
    /// Judged in steps of 2 ms over windows of 10 ms.
    fn of(heard: &[f32], before: f32, after: f32) -> Self {
        let (window, step) = (RATE / 100, RATE / 500);
        let mut order = Vec::new();
        let (mut silent, mut silence, mut both) = (0, 0, 0);
        for at in (0..heard.len().saturating_sub(window)).step_by(step) {
            let part = &heard[at..at + window];
            let (one, other) = (loudness(part, before) > 0.05, loudness(part, after) > 0.05);
            // A window over the change itself has the end of one and the beginning of the other.
            let halves = part.split_at(window / 2);
            let overlap = |half: &[f32]| loudness(half, before) > 0.1 && loudness(half, after) > 0.1;
            both += usize::from(one && other && overlap(halves.0) && overlap(halves.1)) * 2;
            silent = if one || other { 0 } else { silent + 2 };
            silence = silence.max(silent);
            order.extend((one != other).then_some(one));
        }
        order.dedup();
        Self { silence, both, changed: order == [true, false] }
    }
}

/// Which of the three tones are in what somebody hears, once the buffers are empty.
async fn levels(listener: &Native) -> Result<[bool; 3]> {
    tokio::time::sleep(EMPTY).await;
    let heard = listener.listen(Duration::from_millis(600)).await;
    Ok([300.0, 700.0, 1_500.0].map(|hertz| loudness(&heard, hertz) > 0.01))
}

/// Amplitude of one frequency (Goertzel).
fn loudness(samples: &[f32], hertz: f32) -> f32 {
    let turn = std::f32::consts::TAU * hertz / RATE as f32;
    let (mut re, mut im) = (0.0_f32, 0.0_f32);
    for (n, sample) in samples.iter().enumerate() {
        re += sample * (turn * n as f32).cos();
        im += sample * (turn * n as f32).sin();
    }
    2.0 * re.hypot(im) / samples.len().max(1) as f32
}

fn tone(hertz: f32) -> Arc<[f32]> {
    let turn = std::f32::consts::TAU * hertz / RATE as f32;
    (0..RATE).map(|n| 0.3 * (turn * n as f32).sin()).collect()
}

fn silence() -> Arc<[f32]> {
    vec![0.0; RATE].into()
}
