//! A whole session without a browser or a person: officer, interviewee and mediator as native clients over real WebRTC
//! with spoken files, a scribe, captions, the end, the download, the verification.
//!
//! Progress goes to standard error; the last line of standard output is one JSON object with what was measured. The exit
//! status is 1 if anything failed.

use std::ops::Range;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use dragoman_client::audio::{AudioSink, AudioSource, SAMPLE_RATE, read_wav};
use dragoman_client::call::{Begin, Call, CallEvent, CallOptions, JoinTimes};
use dragoman_client::net::{ApiClient, DeskSocket, Link, Trust};
use dragoman_client::roles::Scribe;
use dragoman_client::speech::{EngineOptions, SpeechEngine};
use dragoman_core::ids::{ParticipantId, SessionId};
use dragoman_core::language::LanguagePair;
use dragoman_core::rest::{InviteRequest, SessionForm};
use dragoman_core::session_types::{ConsentKind, Phase, Role};
use dragoman_core::transcript::TranscriptLine;
use dragoman_core::wire::{DeskMessage, DeskRelayMessage, ParticipantMessage};
use dragoman_speech::word_errors;
use dragoman_tests::correlation::{Alignment, align, pieces, together};
use dragoman_tests::relay::{RelayProcess, client_program, relay_program};
use dragoman_tests::speech::{Phrases, speak};
use serde_json::{Value, json};
use tokio::sync::Mutex;

/// Silence before the first word, so that the scribe is there.
const LEAD: Duration = Duration::from_secs(4);
/// From the beginning of one turn to the next.
const TURN: Duration = Duration::from_secs(4);
/// After the last turn, for the last captions.
const TAIL: Duration = Duration::from_secs(5);
/// Which phrases are said, by their place in `models/phrases.json`.
const QUESTION: usize = 7;
const ANSWER: usize = 34;
const LEAST_CORRELATION: f64 = 0.8;
/// A turn is held against what was heard of it in pieces of this length,
const PIECE: Duration = Duration::from_millis(500);
/// each of which may have come earlier or later than the whole by so much.
const STRETCHED: Duration = Duration::from_millis(150);
/// Voices and speeds that the model was not trained with are tested in `models/tests`; here is the whole way.
const MOST_WORD_ERRORS: f64 = 0.25;

#[tokio::main]
async fn main() -> ExitCode {
    let model = std::env::args_os().nth(1).map(PathBuf::from);
    match run(model).await {
        Ok((report, passed)) => {
            println!("{report}");
            if passed { ExitCode::SUCCESS } else { ExitCode::FAILURE }
        }
        Err(error) => {
            eprintln!("rehearsal: {error:#}");
            println!("{}", json!({ "passed": false, "error": format!("{error:#}") }));
            ExitCode::FAILURE
        }
    }
}

/// One who speaks: what, and what was recorded of the others.
struct Voice {
    role: Role,
    clip: Arc<[f32]>,
    said: String,
    /// Where each of its turns lies in the clip, in samples.
    turns: Vec<Range<usize>>,
    folder: PathBuf,
}

async fn run(model: Option<PathBuf>) -> Result<(Value, bool)> {
    let model = model
        .unwrap_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../models/ggml-dragoman-test.bin"));
    let folder = tempfile::tempdir()?;
    progress("speaking the phrases into files");
    let [officer_voice, interviewee_voice, mediator_voice] = voices(folder.path())?;
    progress("loading the speech model");
    let speech = EngineOptions { program: client_program()?, ..EngineOptions::new(model)? };
    let engine = tokio::task::spawn_blocking(move || SpeechEngine::start(speech)).await??;
    progress("starting the relay");
    let relay = RelayProcess::start_with_tls(&folder.path().join("data")).await?;
    let trust = Trust::new(Some(&relay.certificate()))?;
    let links = relay.links().await?;
    let link = |path: &str| -> Result<Link> {
        Ok(links.pointer(path).and_then(Value::as_str).context("no link")?.parse()?)
    };

    let (officer_link, mediator_link) = (link("/officer")?, link("/mediators/0/link")?);
    let officer_api = ApiClient::new(officer_link.relay.clone(), trust.clone())?;
    let mediator_api = ApiClient::new(mediator_link.relay.clone(), trust.clone())?;
    officer_api.sign_in(&officer_link).await?;
    mediator_api.sign_in(&mediator_link).await?;
    let mut desk = mediator_api.desk_socket().await?;
    desk.send(&DeskMessage::SetReady { ready: true }).await?;

    progress("the officer asks for Albanian");
    let asked = Instant::now();
    let session = officer_api.create_session(&request()?).await?.session;
    accept(&mut desk).await?;
    let match_ms = milliseconds(asked.elapsed());
    progress("a mediator accepted; the interviewee joins by the link");
    let officer = Call::start(officer_api.clone(), session, options(&officer_voice)?).await?;
    let mediator = Call::start(mediator_api, session, options(&mediator_voice)?).await?;
    let invitation: Link = invite(&officer_api, session, Role::Interviewee).await?.parse()?;
    let agree = vec![ConsentKind::Interpreting, ConsentKind::Transcription];
    let interviewee_api = ApiClient::new(invitation.relay.clone(), trust.clone())?;
    let interviewee_options = CallOptions { agree, ..options(&interviewee_voice)? };
    let interviewee = Call::join(interviewee_api, &invitation, interviewee_options).await?;
    let mut officer = officer;
    let captions = collect_captions(&mut officer);
    officer.wait_for(|view| view.phase == Phase::Live && view.consents.len() == 2).await?;
    progress("live; the scribe joins");
    let scribe_link: Link = invite(&officer_api, session, Role::Scribe).await?.parse()?;
    let scribe =
        Scribe::join(ApiClient::new(scribe_link.relay.clone(), trust)?, &scribe_link, &engine).await?;
    officer.wait_for(|view| view.transcribing).await?;

    progress("all three speak in turn");
    tokio::time::sleep(LEAD + TURN * 4 + TAIL).await;
    let participants = officer.view().borrow().clone().context("no view")?.participants;
    let who = |role: Role| {
        participants.iter().find(|p| p.role == role).map(|p| p.id).context("a participant is gone")
    };
    let speakers = [
        (who(Role::Officer)?, &officer_voice, &officer),
        (who(Role::Interviewee)?, &interviewee_voice, &interviewee),
        (who(Role::Mediator)?, &mediator_voice, &mediator),
    ];
    let started: Vec<Instant> = speakers
        .iter()
        .map(|(.., call)| call.timeline().map(|t| t.started))
        .collect::<Option<_>>()
        .context("a timeline did not begin")?;
    let ids: Vec<ParticipantId> = speakers.iter().map(|(id, ..)| *id).collect();
    let roles_and_times: Vec<(Role, JoinTimes)> =
        speakers.iter().map(|(_, voice, call)| (voice.role, call.times())).collect();

    progress("the session ends");
    officer.send(ParticipantMessage::EndSession).await?;
    let (_, scribe_counters) = scribe.finish().await?;
    for call in [officer, interviewee, mediator] {
        call.finish().await?;
    }
    let captions = captions.lock().await.clone();

    progress("comparing what was said with what was heard");
    let voices = [&officer_voice, &interviewee_voice, &mediator_voice];
    let (directions, all_heard) = directions(&voices, &ids, &started)?;
    let (caption_report, captions_right) = compare_captions(&voices, &ids, &captions);
    progress("downloading and verifying the record");
    let (verification, verified) = verify(&officer_api, session, folder.path(), captions.len()).await?;

    let joins: Value = roles_and_times
        .iter()
        .map(|(role, times)| (name(*role), json!(times)))
        .collect::<serde_json::Map<_, _>>()
        .into();
    let passed = all_heard && captions_right && verified;
    let report = json!({
        "passed": passed,
        "match_ms": match_ms,
        "join": joins,
        "directions": directions,
        "captions": caption_report,
        "scribe": { "lines": scribe_counters.lines, "dropped_frames": scribe_counters.dropped },
        "record": verification,
    });
    Ok((report, passed))
}

/// The question, its rendering, the answer, its rendering: three voices on one timeline, each in its turns.
fn voices(folder: &Path) -> Result<[Voice; 3]> {
    let phrases = Phrases::read()?;
    let turns: [(Role, &str, &str); 4] = [
        (Role::Officer, &phrases.en[QUESTION], "en+m3"),
        (Role::Mediator, &phrases.sq[QUESTION], "sq+f2"),
        (Role::Interviewee, &phrases.sq[ANSWER], "sq+f4"),
        (Role::Mediator, &phrases.en[ANSWER], "en+f2"),
    ];
    let voice = |role: Role| -> Result<Voice> {
        let (mut clip, mut said, mut places) = (Vec::new(), Vec::new(), Vec::new());
        for (turn, (_, text, voice)) in (0_u32..).zip(turns).filter(|(_, (who, ..))| *who == role) {
            let file = folder.join(format!("turn-{turn}.wav"));
            speak(text, voice, 150, &file)?;
            clip.resize(samples(LEAD + TURN * turn), 0.0);
            let begins = clip.len();
            clip.extend(read_wav(&file)?);
            places.push(begins..clip.len());
            said.push(text);
        }
        let (said, folder) = (said.join(" "), folder.join(name(role)));
        Ok(Voice { role, clip: clip.into(), said, turns: places, folder })
    };
    Ok([voice(Role::Officer)?, voice(Role::Interviewee)?, voice(Role::Mediator)?])
}

fn options(voice: &Voice) -> Result<CallOptions> {
    Ok(CallOptions {
        source: AudioSource::clip(voice.clip.clone(), false),
        sinks: vec![AudioSink::per_speaker(&voice.folder)?],
        begin: Begin::Live,
        ..CallOptions::default()
    })
}

fn request() -> Result<SessionForm> {
    let languages = LanguagePair { source: "sq".parse()?, target: "en".parse()? };
    Ok(SessionForm { transcription_wished: true, ..SessionForm::between(languages) })
}

async fn accept(desk: &mut DeskSocket) -> Result<()> {
    while let Some(message) = desk.next().await {
        match message {
            DeskRelayMessage::Desk { view } => {
                if let Some(ring) = view.mediator.and_then(|desk| desk.offers.into_iter().next()) {
                    desk.send(&DeskMessage::AcceptOffer { session: ring.session, offer: ring.offer }).await?;
                }
            }
            DeskRelayMessage::Assigned { .. } => return Ok(()),
            DeskRelayMessage::Refused { problem } | DeskRelayMessage::Goodbye { problem, .. } => {
                anyhow::bail!("the mediator could not accept: {}", problem.message)
            }
        }
    }
    anyhow::bail!("the mediator's socket was closed")
}

async fn invite(api: &ApiClient, session: SessionId, role: Role) -> Result<String> {
    Ok(api.invite(session, &InviteRequest { role, language: None }).await?.url)
}

fn collect_captions(call: &mut Call) -> Arc<Mutex<Vec<TranscriptLine>>> {
    let captions = Arc::new(Mutex::new(Vec::new()));
    let (mut events, collected) = (call.events(), captions.clone());
    tokio::spawn(async move {
        while let Some(event) = events.next().await {
            if let CallEvent::Caption(line) = event {
                progress(&format!("caption ({}): {}", line.language, line.text));
                collected.lock().await.push(*line);
            }
        }
    });
    captions
}

/// All six directions: how well (of all turns the worst), and how long after it was said (the longest).
fn directions(
    voices: &[&Voice; 3],
    ids: &[ParticipantId],
    started: &[Instant],
) -> Result<(Vec<Value>, bool)> {
    let mut directions = Vec::new();
    let mut all_heard = true;
    for (from, speaker) in voices.iter().enumerate() {
        for (to, listener) in voices.iter().enumerate().filter(|(to, _)| *to != from) {
            let file = listener.folder.join(format!("{}-{}.wav", ids[from], name(speaker.role)));
            ensure!(file.exists(), "the {} heard nothing of the {}", name(listener.role), name(speaker.role));
            let recorded = read_wav(&file)?;
            let later = started[to].saturating_duration_since(started[from]).as_secs_f64()
                - started[from].saturating_duration_since(started[to]).as_secs_f64();
            // Each turn for itself, and each half second of it: the jitter buffer changes its delay, as it should.
            let turns: Vec<Alignment> =
                speaker.turns.iter().map(|turn| align_turn(&speaker.clip, &recorded, turn)).collect();
            let correlation = turns.iter().map(|turn| turn.correlation).fold(1.0, f64::min);
            let lag = turns.iter().map(|turn| turn.lag).max().unwrap_or(0);
            let delay_ms = (lag as f64 / f64::from(SAMPLE_RATE) + later) * 1_000.0;
            all_heard &= correlation >= LEAST_CORRELATION;
            directions.push(json!({
                "from": name(speaker.role), "to": name(listener.role),
                "correlation": round(correlation, 1_000.0), "delay_ms": round(delay_ms, 10.0),
            }));
        }
    }
    Ok((directions, all_heard))
}

/// One turn against what was recorded around its time: where it lies, and how like its half seconds are.
fn align_turn(played: &[f32], recorded: &[f32], turn: &Range<usize>) -> Alignment {
    let around = samples(Duration::from_secs(1));
    let begins = turn.start.saturating_sub(around).min(recorded.len());
    let ends = (turn.end + around).min(recorded.len());
    let found = align(&played[turn.clone()], &recorded[begins..ends]);
    let lag = found.lag + begins as i64 - turn.start as i64;
    let reach = samples(STRETCHED) as i64;
    let alike = pieces(played, turn, recorded, samples(PIECE), lag - reach..lag + reach);
    Alignment { lag, correlation: together(&alike) }
}

/// Each speaker's captions against what they said.
fn compare_captions(
    voices: &[&Voice; 3],
    ids: &[ParticipantId],
    captions: &[TranscriptLine],
) -> (Value, bool) {
    let mut errors = dragoman_speech::WordErrors::default();
    for (voice, id) in voices.iter().zip(ids) {
        let text: Vec<&str> =
            captions.iter().filter(|line| line.speaker == *id).map(|line| line.text.as_str()).collect();
        errors += word_errors(&voice.said, &text.join(" "));
    }
    let report = json!({ "lines": captions.len(), "words": errors.words, "word_errors": errors.errors,
        "word_error_rate": round(errors.rate(), 1_000.0) });
    (report, errors.rate() <= MOST_WORD_ERRORS)
}

/// As somebody at a court would: with the program, on the file.
async fn verify(
    api: &ApiClient,
    session: SessionId,
    folder: &Path,
    captions: usize,
) -> Result<(Value, bool)> {
    let record = api.record(session, "rehearsal").await?;
    let file = folder.join("record.zip");
    std::fs::write(&file, &record)?;
    let output = Command::new(relay_program()?).arg("verify").arg(&file).output()?;
    let says = String::from_utf8_lossy(&output.stdout).lines().next().unwrap_or_default().to_owned();
    let verified = output.status.success() && says.contains(&format!(" {captions} transcript lines"));
    Ok((json!({ "bytes": record.len(), "verified": verified, "says": says }), verified))
}

fn samples(time: Duration) -> usize {
    (time.as_secs_f64() * f64::from(SAMPLE_RATE)) as usize
}

fn name(role: Role) -> String {
    format!("{role:?}").to_lowercase()
}

fn milliseconds(time: Duration) -> f64 {
    round(time.as_secs_f64() * 1_000.0, 10.0)
}

fn round(value: f64, steps: f64) -> f64 {
    (value * steps).round() / steps
}

fn progress(what: &str) {
    eprintln!("rehearsal: {what}");
}
