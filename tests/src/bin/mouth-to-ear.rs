//! Mouth to ear: how long from the sample that is spoken to the same sample that is heard, through two native clients
//! and a relay in a process of its own, over loopback.
//!
//! `mouth-to-ear [CALLS] [SECONDS]`; one JSON object on standard output; fails if the median is above 90 ms or
//! the 95th percentile above 120 ms.
//!
//! Each client speaks a chirp every quarter of a second. A spoken sample has the time of its place on the speaker's
//! timeline, as a microphone would have delivered it; a heard one the time at which the client hands its frame to the
//! loudspeaker, plus its place within. So the figure has the 20 ms of a frame, Opus, both transports, the relay and the
//! jitter buffer. It has no sound card: the buffers of capture and playback come on top.

use std::f32::consts::TAU;
use std::process::ExitCode;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use dragoman_client::audio::{AudioSink, AudioSource, FRAME, SAMPLE_RATE};
use dragoman_client::call::{Call, CallOptions};
use dragoman_client::net::{ApiClient, Link, Trust};
use dragoman_core::ids::SessionId;
use dragoman_core::language::LanguagePair;
use dragoman_core::rest::SessionForm;
use dragoman_core::wire::{DeskMessage, DeskRelayMessage, ParticipantMessage};
use dragoman_tests::correlation::align;
use dragoman_tests::relay::RelayProcess;
use serde_json::{Value, json};

const SECOND: usize = SAMPLE_RATE as usize;
const CHIRP_EVERY: usize = SECOND / 4;
const CHIRP: usize = SECOND / 20;
/// What is searched after a chirp was spoken.
const SEARCHED: usize = SECOND / 4 - CHIRP;
/// The delay is still being learnt; it is reported apart.
const LEARNING: Duration = Duration::from_secs(5);

#[tokio::main]
async fn main() -> ExitCode {
    let numbers: Vec<u64> = std::env::args().skip(1).map_while(|text| text.parse().ok()).collect();
    let (calls, seconds) =
        (numbers.first().copied().unwrap_or(5), numbers.get(1).copied().unwrap_or(30).max(10));
    match run(calls, Duration::from_secs(seconds)).await {
        Ok((report, good)) => {
            println!("{report}");
            if good { ExitCode::SUCCESS } else { ExitCode::FAILURE }
        }
        Err(error) => {
            eprintln!("mouth-to-ear: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn run(calls: u64, length: Duration) -> Result<(Value, bool)> {
    let data = tempfile::tempdir()?;
    let relay = RelayProcess::start(data.path()).await?;
    let links = relay.links().await?;
    let link = |path: &str| -> Result<Link> {
        Ok(links.pointer(path).and_then(Value::as_str).context("no such link")?.parse()?)
    };
    let (officer, mediator) = (link("/officer")?, link("/mediators/0/link")?);
    let (mut learning, mut learnt, mut concealed) = (Vec::new(), Vec::new(), 0);
    for number in 0..calls {
        // The phase between the two clients' clocks is part of the delay: each call has another.
        let (session, officer, mediator) = answered_call(&officer, &mediator).await?;
        tokio::time::sleep(Duration::from_millis(7 * number % 20)).await;
        let ways = converse(session, officer, mediator, length).await?;
        for (spoken, heard, made_up) in ways {
            concealed += made_up;
            for (at, delay) in delays(&spoken, &heard)? {
                if at < LEARNING { &mut learning } else { &mut learnt }.push(delay);
            }
        }
        eprintln!("mouth-to-ear: call {} of {calls}", number + 1);
    }
    if learnt.len() < 20 {
        bail!("only {} chirps were heard", learnt.len());
    }
    let (p50, p95) = (quantile(&mut learnt, 0.5), quantile(&mut learnt, 0.95));
    let figures = |delays: &mut Vec<f64>| {
        json!({
            "chirps": delays.len(), "p05": quantile(delays, 0.05), "p50": quantile(delays, 0.5),
            "p95": quantile(delays, 0.95), "p99": quantile(delays, 0.99), "worst": quantile(delays, 1.0),
        })
    };
    let report = json!({
        "calls": calls, "seconds": length.as_secs(), "concealed_frames": concealed,
        "mouth_to_ear_ms": figures(&mut learnt), "in_the_first_5_s_ms": figures(&mut learning),
    });
    Ok((report, p50 <= 90.0 && p95 <= 120.0))
}

/// A briefing: officer and mediator hear each other.
async fn answered_call(officer: &Link, mediator: &Link) -> Result<(SessionId, ApiClient, ApiClient)> {
    let trust = || Trust::new(None);
    let for_officer = ApiClient::new(officer.relay.clone(), trust()?)?;
    let for_mediator = ApiClient::new(mediator.relay.clone(), trust()?)?;
    let me = for_officer.sign_in(officer).await?;
    for_mediator.sign_in(mediator).await?;
    let mut desk = for_mediator.desk_socket().await?;
    desk.send(&DeskMessage::SetReady { ready: true }).await?;
    let languages = LanguagePair { source: "sq".parse()?, target: me.language };
    let session = for_officer.create_session(&SessionForm::between(languages)).await?.session;
    while let Some(message) = desk.next().await {
        match message {
            DeskRelayMessage::Desk { view } => {
                let offers = view.mediator.map(|mediator| mediator.offers).unwrap_or_default();
                if let Some(ring) = offers.iter().find(|offer| offer.session == session) {
                    desk.send(&DeskMessage::AcceptOffer { session, offer: ring.offer }).await?;
                }
            }
            DeskRelayMessage::Assigned { session: assigned } if assigned == session => {
                return Ok((session, for_officer, for_mediator));
            }
            _ => {}
        }
    }
    bail!("the mediator's desk closed before the call was theirs")
}

/// When the sample 0 of a timeline was spoken.
type Spoken = Instant;
/// Frames, and when each was handed to the loudspeaker.
type HeardFrames = Vec<(Instant, Vec<f32>)>;

async fn converse(
    session: SessionId,
    officer: ApiClient,
    mediator: ApiClient,
    length: Duration,
) -> Result<Vec<(Spoken, HeardFrames, u64)>> {
    let mut clients = Vec::new();
    for api in [officer, mediator] {
        let heard: Arc<Mutex<HeardFrames>> = Arc::default();
        let into = heard.clone();
        let sink = AudioSink::callback(move |frame| {
            let now = Instant::now();
            into.lock().unwrap_or_else(PoisonError::into_inner).push((now, frame.mixed.to_vec()));
        });
        let options = CallOptions {
            source: AudioSource::clip(chirps().into(), true),
            sinks: vec![sink],
            ..CallOptions::default()
        };
        let call = Call::start(api, session, options).await?;
        call.connected().await?;
        clients.push((call, heard));
    }
    tokio::time::sleep(length).await;
    let mut spoken = Vec::new();
    for (call, _) in &clients {
        spoken.push(call.timeline().context("the timeline has begun")?.started);
    }
    // It ends for both, so that the mediator can be rung for the next one.
    clients[0].0.send(ParticipantMessage::EndSession).await?;
    let mut ways = Vec::new();
    for ((call, heard), spoken) in clients.into_iter().zip(spoken.into_iter().rev()) {
        let report = call.finish().await?;
        let concealed = report.voices.values().map(|voice| voice.counters.concealed).sum();
        let heard = std::mem::take(&mut *heard.lock().unwrap_or_else(PoisonError::into_inner));
        ways.push((spoken, heard, concealed));
    }
    Ok(ways)
}

/// One second with a chirp in each quarter, so long apart that none is taken for another.
fn chirps() -> Vec<f32> {
    let mut samples = vec![0.0; SECOND];
    for quarter in samples.chunks_mut(CHIRP_EVERY) {
        quarter[..CHIRP].copy_from_slice(&chirp());
    }
    samples
}

/// From 300 to 3 000 Hz in 50 ms.
fn chirp() -> Vec<f32> {
    (0..CHIRP)
        .map(|n| {
            let t = n as f32 / SECOND as f32;
            let window = (std::f32::consts::PI * n as f32 / CHIRP as f32).sin();
            0.5 * window * (TAU * (300.0 * t + 27_000.0 * t * t)).sin()
        })
        .collect()
}

/// Of each chirp that was heard well: when it was spoken, and how many milliseconds later it was heard.
fn delays(spoken: &Spoken, heard: &HeardFrames) -> Result<Vec<(Duration, f64)>> {
    let (first, last) = (heard.first().context("nothing heard")?.0, heard.last().context("nothing heard")?.0);
    let mut found = Vec::new();
    for number in 0_u32.. {
        let at = Duration::from_secs_f64(f64::from(number) * CHIRP_EVERY as f64 / SECOND as f64);
        let mouth = *spoken + at;
        if mouth + Duration::from_millis(300) > last {
            break;
        }
        let Some(begin) = heard.iter().position(|(time, _)| *time >= mouth).filter(|_| mouth > first) else {
            continue;
        };
        let frames = &heard[begin..heard.len().min(begin + (SEARCHED + CHIRP) / FRAME)];
        let samples: Vec<f32> = frames.iter().flat_map(|(_, samples)| samples.iter().copied()).collect();
        let alignment = align(&chirp(), &samples);
        let Ok(lag) = usize::try_from(alignment.lag) else { continue };
        // The other frames are near silence, so the whole piece is like the chirp where it is heard.
        let Some((time, _)) = frames.get(lag / FRAME).filter(|_| alignment.correlation > 0.6) else {
            continue;
        };
        let ear = *time + Duration::from_secs_f64((lag % FRAME) as f64 / SECOND as f64);
        found.push((at, (ear - mouth).as_secs_f64() * 1_000.0));
    }
    Ok(found)
}

fn quantile(delays: &mut [f64], part: f64) -> f64 {
    if delays.is_empty() {
        return f64::NAN;
    }
    delays.sort_by(f64::total_cmp);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "an index")]
    let index = ((delays.len() - 1) as f64 * part).round() as usize;
    (delays[index] * 10.0).round() / 10.0
}
