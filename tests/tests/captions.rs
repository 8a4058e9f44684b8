//! Captions from end to end: real voices through the relay to a scribe with the small model, and back to the officer's
//! screen while they are still speaking; and what is left of it when the worker or the scribe dies.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "helpers of tests, which may panic"
)]

use std::collections::BTreeMap;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use dragoman_client::audio::SAMPLE_RATE;
use dragoman_client::call::Begin;
use dragoman_client::net::{ApiClient, Link, Trust};
use dragoman_client::roles::Scribe;
use dragoman_client::speech::{EngineOptions, SpeechEngine};
use dragoman_core::session_types::Role;
use dragoman_core::transcript::{GapReason, LanguageNote, LanguageRemark, LineStatus, ScribePace};
use dragoman_core::wire::SessionView;
use dragoman_speech::word_errors;
use dragoman_tests::relay::{TestRelay, client_program};
use dragoman_tests::speech::{Phrases, spoken};
use dragoman_tests::written::{Seen, WrittenSession, small_model};
use serde_json::json;
use tokio::sync::Mutex;
use tokio::time::timeout;

/// A debug build on a busy machine.
const PATIENCE: Duration = Duration::from_secs(30);
const PAUSE: usize = SAMPLE_RATE as usize * 3 / 2;

/// Each test has a model of its own to feed, and needs the processor for it.
static ONE_AT_A_TIME: Mutex<()> = Mutex::const_new(());

/// Phrases with pauses around them.
fn clip(phrases: &[String], numbers: &[usize], voice: &str) -> Result<Arc<[f32]>> {
    let mut clip = vec![0.0; PAUSE];
    for number in numbers {
        clip.extend(spoken(&phrases[*number], voice)?);
        clip.resize(clip.len() + PAUSE, 0.0);
    }
    Ok(clip.into())
}

/// Two phrases in one breath, again and again: long enough for their language to be told.
fn breaths(phrases: &[String], numbers: &[[usize; 2]], voice: &str) -> Result<Vec<f32>> {
    let mut clip = vec![0.0; PAUSE];
    for [one, other] in numbers {
        clip.extend(spoken(&phrases[*one], voice)?);
        clip.extend(spoken(&phrases[*other], voice)?);
        clip.resize(clip.len() + PAUSE, 0.0);
    }
    Ok(clip)
}

fn silence() -> Arc<[f32]> {
    vec![0.0; SAMPLE_RATE as usize].into()
}

fn engine(gist: bool) -> Result<SpeechEngine> {
    Ok(SpeechEngine::start(EngineOptions {
        program: client_program()?,
        gist,
        ..EngineOptions::new(small_model())?
    })?)
}

/// An officer and an interviewee who play clips, and a scribe who writes.
struct Writing {
    session: WrittenSession,
    scribe: Scribe,
    engine: SpeechEngine,
    _relay: TestRelay,
}

impl Writing {
    async fn begin(clips: [Arc<[f32]>; 2]) -> Result<Self> {
        Self::begin_on(TestRelay::start().await?, clips, false).await
    }

    async fn begin_on(relay: TestRelay, clips: [Arc<[f32]>; 2], gist: bool) -> Result<Self> {
        let engine = tokio::task::spawn_blocking(move || engine(gist)).await??;
        let session = establish(&relay, clips).await?;
        let link: Link = session.scribe_link.parse()?;
        let api = ApiClient::new(link.relay.clone(), Trust::new(None)?)?;
        let scribe = Scribe::join(api, &link, &engine).await?;
        Ok(Self { session, scribe, engine, _relay: relay })
    }
}

async fn establish(relay: &TestRelay, clips: [Arc<[f32]>; 2]) -> Result<WrittenSession> {
    let (officer, mediator) = (&relay.links.officer, &relay.links.mediators[0].link);
    WrittenSession::establish(officer, mediator, clips, Begin::Transcribing).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_said_is_drafted_while_it_is_said_and_then_written_with_the_times_of_its_words() -> Result<()>
{
    let _alone = ONE_AT_A_TIME.lock().await;
    let phrases = Phrases::read()?;
    let said = [4, 12, 15];
    let clips = [clip(&phrases.en, &said, "en+f3")?, clip(&phrases.sq, &said, "sq+m4")?];
    let Writing { session, scribe, engine: _engine, _relay } = Writing::begin(clips).await?;
    let lines_of = |seen: &[(Instant, Seen)], role| {
        let id = session.id(role).unwrap();
        let lines = seen.iter().filter_map(|(_, seen)| match seen {
            Seen::Line(line) if line.speaker == id => Some(line.clone()),
            _ => None,
        });
        lines.collect::<Vec<_>>()
    };
    let enough = |seen: &[(Instant, Seen)]| {
        [Role::Officer, Role::Interviewee].iter().all(|role| lines_of(seen, *role).len() >= said.len())
    };
    session.until("a line of each phrase", PATIENCE, enough).await?;

    let seen = session.seen();
    let mut drafts = BTreeMap::new();
    let mut drafted_first = 0;
    for (_, seen) in &seen {
        match seen {
            Seen::Draft(draft) if draft.settled.is_empty() && draft.open.is_empty() => {
                drafts.remove(&draft.speaker);
            }
            Seen::Draft(draft) => {
                if let Some(before) = drafts.insert(draft.speaker, draft.settled.clone()) {
                    assert!(
                        draft.settled.starts_with(&before),
                        "what had settled changed: {before} → {}",
                        draft.settled
                    );
                }
            }
            Seen::Line(line) => drafted_first += usize::from(drafts.remove(&line.speaker).is_some()),
            Seen::Gap(_) | Seen::Gist(_) => panic!("{seen:?}"),
        }
    }
    for (role, language, texts) in
        [(Role::Officer, "en", &phrases.en), (Role::Interviewee, "sq", &phrases.sq)]
    {
        let lines = lines_of(&seen, role);
        let expected: Vec<&str> = said.iter().map(|number| texts[*number].as_str()).collect();
        let heard: Vec<&str> = lines.iter().map(|line| line.text.as_str()).collect();
        let errors = word_errors(&expected.join(" "), &heard.join(" "));
        println!("{role:?}: {} of {} words wrong: {heard:?}", errors.errors, errors.words);
        assert!(errors.rate() <= 0.2, "{heard:?}");
        for line in lines {
            assert!(line.is_whole() && line.status == LineStatus::MachineDraft && !line.broken_off);
            assert_eq!((line.language.as_str(), line.model.as_str()), (language, "test"));
            let words: Vec<&str> = line.words.iter().map(|word| word.text.as_str()).collect();
            assert_eq!(words.join(" "), line.text);
            assert!(line.words.is_sorted_by_key(|word| word.from_ms), "{:?}", line.words);
        }
    }
    let view = session.officer.view().borrow().clone().expect("a view");
    let state =
        view.participants.iter().find_map(|participant| participant.scribe.clone()).expect("a scribe");
    assert_eq!(state.model, "test");
    // On a machine that has too much else to do, captions come less often, and the scribe says so.
    assert!(
        drafted_first >= said.len() || state.pace != ScribePace::Live,
        "{drafted_first} drafts: {state:?}"
    );
    scribe.finish().await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_name_is_written_as_the_glossary_spells_it_and_the_gist_says_it_in_english() -> Result<()> {
    let _alone = ONE_AT_A_TIME.lock().await;
    let phrases = Phrases::read()?;
    let said = [1, 34];
    let relay = TestRelay::start().await?;
    let coordinator = relay.signed_in(&relay.links.coordinator).await?;
    let glossary = json!({ "csv": "en,sq\nresidence permit,leje qëndrimi\nAna,Anna\n" });
    let (status, answer) = coordinator.try_put("/api/v1/glossaries/general", &glossary).await?;
    assert_eq!(status, 200, "{answer}");
    let clips = [clip(&phrases.en, &said, "en+f3")?, clip(&phrases.sq, &said, "sq+m4")?];
    let writing = Writing::begin_on(relay, clips, true).await?;
    let (officer, interviewee) = (writing.session.id(Role::Officer)?, writing.session.id(Role::Interviewee)?);
    let lines = |seen: &[(Instant, Seen)], speaker| {
        let lines = seen.iter().filter_map(|(_, seen)| match seen {
            Seen::Line(line) if line.speaker == speaker => Some(line.text.clone()),
            _ => None,
        });
        lines.collect::<Vec<_>>()
    };
    let gists = |seen: &[(Instant, Seen)]| {
        let gists = seen.iter().filter_map(|(_, seen)| match seen {
            Seen::Gist(gist) => Some(gist.clone()),
            _ => None,
        });
        gists.collect::<Vec<_>>()
    };
    let all = |seen: &[(Instant, Seen)]| {
        [officer, interviewee].iter().all(|id| lines(seen, *id).len() >= said.len())
            && gists(seen).len() >= said.len()
    };
    writing.session.until("each line and the gist of the Albanian ones", PATIENCE, all).await?;
    let seen = writing.session.seen();
    // Without the glossary it is "Anna" in English and "Ana" in Albanian (`models/tests/transcribe.rs`).
    assert_eq!(lines(&seen, officer)[0], "My name is Ana.");
    assert_eq!(lines(&seen, interviewee)[0], "Unë quhem Anna.");
    for (speaker, texts) in [(officer, &phrases.en), (interviewee, &phrases.sq)] {
        let heard = lines(&seen, speaker)[1..].join(" ");
        assert!(word_errors(&texts[said[1]], &heard).rate() <= 0.25, "{heard}");
    }
    let mut gists = gists(&seen);
    assert!(gists.iter().all(|gist| gist.speaker == interviewee && gist.model == "test"), "{gists:?}");
    // The newest line comes first where there was no time before.
    gists.sort_by_key(|gist| gist.started_at);
    let english: Vec<&str> = gists.iter().map(|gist| gist.text.as_str()).collect();
    let errors = word_errors(&format!("My name is Anna. {}", phrases.en[34]), &english.join(" "));
    assert!(gists.len() == said.len() && errors.rate() <= 0.25, "Albanian alone needs a gist: {english:?}");
    writing.scribe.finish().await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_speaks_another_language_than_was_said_is_named_until_they_do_not() -> Result<()> {
    let _alone = ONE_AT_A_TIME.lock().await;
    let phrases = Phrases::read()?;
    // Two of them are enough on a machine that has nothing else to do.
    let numbers = [[12, 15], [20, 39], [17, 38]];
    let english = breaths(&phrases.en, &numbers, "en+m4")?;
    let albanian = breaths(&phrases.sq, &numbers, "sq+m4")?;
    // The session was told that the interviewee speaks Albanian.
    let clips = [english.clone().into(), [english, albanian].concat().into()];
    let writing = Writing::begin(clips).await?;
    let interviewee = writing.session.id(Role::Interviewee)?;
    let mut view = writing.session.officer.view();
    // None: no scribe says anything.
    let notes = |view: &Option<SessionView>| -> Option<Vec<LanguageNote>> {
        let scribe = view.iter().flat_map(|view| &view.participants).find_map(|one| one.scribe.clone());
        scribe.map(|scribe| scribe.notes)
    };
    let is_named = |view: &Option<SessionView>| notes(view).is_some_and(|notes| !notes.is_empty());
    let named = timeout(PATIENCE, view.wait_for(is_named)).await.context("nobody was named")??.clone();
    let what = LanguageRemark::SoundsLike { language: "en".parse()? };
    assert_eq!(notes(&named), Some(vec![LanguageNote { speaker: interviewee, what }]), "and not the officer");
    timeout(PATIENCE, view.wait_for(|view| notes(view).is_some_and(|notes| notes.is_empty())))
        .await
        .context("they are named although they speak the language that was said")??;
    writing.scribe.finish().await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_speech_worker_that_dies_leaves_a_gap_in_the_text_and_none_in_the_call() -> Result<()> {
    let _alone = ONE_AT_A_TIME.lock().await;
    let phrases = Phrases::read()?;
    let clips = [clip(&phrases.en, &[4, 12, 15, 7, 39, 4, 12], "en+f3")?, silence()];
    let Writing { session, scribe, engine, _relay } = Writing::begin(clips).await?;
    let is_said = |seen: &[(Instant, Seen)]| matches!(seen.last(), Some((_, Seen::Draft(draft))) if !draft.open.is_empty() || !draft.settled.is_empty());
    session.until("a draft", PATIENCE, is_said).await?;
    let before = session.seen().len();
    let worker = engine.worker().expect("a worker");
    assert!(Command::new("kill").args(["-KILL", &worker.to_string()]).status()?.success());
    let is_told = |seen: &[(Instant, Seen)]| {
        seen[before..].iter().any(|(_, seen)| match seen {
            Seen::Gap(gap) => gap.why == GapReason::ModelFailed && gap.started_at < gap.ended_at,
            Seen::Line(line) => line.broken_off,
            Seen::Draft(_) | Seen::Gist(_) => false,
        })
    };
    session.until("a gap", PATIENCE, is_told).await?;
    let after = session.seen().len();
    let goes_on = |seen: &[(Instant, Seen)]| {
        seen[after..].iter().any(|(_, seen)| matches!(seen, Seen::Line(line) if !line.broken_off))
    };
    session.until("a line after it", PATIENCE, goes_on).await?;
    assert_ne!(engine.worker(), Some(worker));
    let view = session
        .officer
        .wait_for(|view| {
            let pace = view.participants.iter().find_map(|one| one.scribe.as_ref().map(|state| state.pace));
            pace.is_some_and(|pace| pace != ScribePace::Restarting)
        })
        .await?;
    assert!(view.transcribing);
    let (report, _) = scribe.finish().await?;
    assert_eq!(report.expect("a report").reconnects, 0, "the scribe's call did not notice");
    assert_eq!(session.officer.finish().await?.reconnects, 0);
    Ok(())
}

/// Ends with the test, whatever comes.
struct Process(Child);

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_a_scribe_that_is_killed_what_had_settled_is_kept() -> Result<()> {
    let _alone = ONE_AT_A_TIME.lock().await;
    let phrases = Phrases::read()?;
    let long: Vec<String> = vec![[4, 12, 15, 7].map(|number| phrases.en[number].as_str()).join(" ")];
    let relay = TestRelay::start().await?;
    let clips = [clip(&long, &[0], "en+f3")?, silence()];
    let session = establish(&relay, clips).await?;
    let mut command = Command::new(client_program()?);
    command.arg("scribe").arg(&session.scribe_link).arg("--model").arg(small_model());
    let mut scribe = Process(command.stdout(Stdio::null()).spawn()?);
    let settled = |seen: &[(Instant, Seen)]| match seen.last() {
        Some((_, Seen::Draft(draft))) => Some(draft.clone()).filter(|draft| !draft.settled.is_empty()),
        _ => None,
    };
    session.until("a settled word", PATIENCE, |seen| settled(seen).is_some()).await?;
    scribe.0.kill()?;
    let killed = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH)?;
    let is_kept = |seen: &[(Instant, Seen)]| {
        seen.iter().any(|(_, seen)| matches!(seen, Seen::Line(line) if line.broken_off))
    };
    session.until("a line that is broken off", PATIENCE, is_kept).await?;
    let seen = session.seen();
    let last_draft = seen.iter().rev().find_map(|(_, seen)| match seen {
        Seen::Draft(draft) => Some(draft.settled.clone()),
        _ => None,
    });
    let kept = seen.iter().find_map(|(_, seen)| match seen {
        Seen::Line(line) if line.broken_off => Some(line.clone()),
        _ => None,
    });
    let kept = kept.context("a line that is broken off")?;
    assert_eq!(Some(&kept.text), last_draft.as_ref());
    let lost_ms = i64::try_from(killed.as_millis())? - kept.ended_at.0;
    println!("of what was said until the scribe was killed, the last {lost_ms} ms are lost");
    assert!(lost_ms <= 5_000, "{lost_ms} ms are lost");
    assert!(session.officer.wait_for(|view| !view.transcribing).await.is_ok());
    Ok(())
}
