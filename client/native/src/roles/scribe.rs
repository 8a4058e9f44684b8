//! A scribe in one session: hears everybody, says nothing, writes lines while transcription is agreed.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use dragoman_core::ids::ParticipantId;
use dragoman_core::session_types::{LineStatus, Role, TranscriptLine};
use dragoman_core::time::UnixMillis;
use dragoman_core::wire::{ParticipantMessage, SessionView};
use dragoman_speech::{LanguagePlan, WhisperLanguage};
use serde::Serialize;
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use super::speech::{Item, Sound, SpeechEngine, Written};
use crate::audio::{AudioSink, FRAME_MS, Heard};
use crate::call::{Call, CallOptions, CallReport};
use crate::error::Result;
use crate::net::{ApiClient, Link};

/// Lines that wait to be sent. Beyond, lines are lost and that is logged.
const LINES: usize = 64;

/// See the module's page.
#[derive(Debug)]
pub struct Scribe {
    call: Arc<Call>,
    lines: Arc<AtomicU64>,
    /// Ends with the scribe.
    tasks: JoinSet<()>,
    engine: SpeechEngine,
    speakers: Arc<Mutex<Speakers>>,
}

/// What a scribe did.
#[derive(Clone, Debug, Serialize)]
pub struct ScribeCounters {
    /// Lines sent.
    pub lines: u64,
    /// Frames of 20 ms that the model was too slow for, in all sessions of this process.
    pub dropped: u64,
    /// The model.
    pub model: String,
}

/// Who may be transcribed, as the view says it now.
#[derive(Debug, Default)]
struct Speakers {
    transcribing: bool,
    languages: BTreeMap<ParticipantId, Speaker>,
    /// Who of the two sides spoke last: the mediator renders it into the other side's language.
    last_side: Option<Role>,
}

#[derive(Debug, Clone, Copy)]
struct Speaker {
    role: Role,
    own: Option<WhisperLanguage>,
    /// A mediator's language after the officer has spoken, and after the interviewee.
    after_officer: Option<WhisperLanguage>,
    after_interviewee: Option<WhisperLanguage>,
}

impl Scribe {
    /// Enters a session by a scribe's link and begins.
    ///
    /// # Errors
    /// As for [`Call::join`].
    pub async fn join(api: ApiClient, link: &Link, engine: &SpeechEngine) -> Result<Self> {
        let speakers = Arc::new(Mutex::new(Speakers::default()));
        let (written, inbox) = mpsc::channel(LINES);
        let timeline_unix = Arc::new(AtomicI64::new(0));
        let sink = listen(speakers.clone(), engine.clone(), written, timeline_unix.clone());
        let options = CallOptions {
            sinks: vec![AudioSink::callback(sink)],
            speaks: false,
            decode_rate: dragoman_speech::SAMPLE_RATE,
            ..CallOptions::default()
        };
        let call = Arc::new(Call::join(api, link, options).await?);
        let lines = Arc::new(AtomicU64::new(0));
        let mut tasks = JoinSet::new();
        tasks.spawn(follow(call.clone(), speakers.clone(), engine.clone(), timeline_unix));
        tasks.spawn(send_lines(call.clone(), speakers.clone(), engine.clone(), inbox, lines.clone()));
        Ok(Self { call, lines, tasks, engine: engine.clone(), speakers })
    }

    /// The call, to look at.
    pub fn call(&self) -> &Call {
        &self.call
    }

    /// What it did so far.
    pub fn counters(&self) -> ScribeCounters {
        ScribeCounters {
            lines: self.lines.load(Ordering::Relaxed),
            dropped: self.engine.dropped(),
            model: self.engine.model().to_owned(),
        }
    }

    /// Leaves, and says what was measured.
    ///
    /// # Errors
    /// None that a scribe could cause.
    pub async fn finish(mut self) -> Result<(Option<CallReport>, ScribeCounters)> {
        let counters = self.counters();
        self.tasks.shutdown().await;
        forget_all(&self.speakers, &self.engine);
        let report = match Arc::try_unwrap(self.call) {
            Ok(call) => Some(call.finish().await?),
            Err(_) => None,
        };
        Ok((report, counters))
    }
}

/// The sink: hands on what is said by those who may be transcribed now.
fn listen(
    speakers: Arc<Mutex<Speakers>>,
    engine: SpeechEngine,
    written: mpsc::Sender<Written>,
    timeline_unix: Arc<AtomicI64>,
) -> impl FnMut(&Heard<'_>) + Send + 'static {
    move |heard| {
        let origin = timeline_unix.load(Ordering::Relaxed);
        let mut speakers = speakers.lock().unwrap_or_else(PoisonError::into_inner);
        if !speakers.transcribing || origin == 0 {
            return;
        }
        for voice in heard.voices {
            let Some(speaker) = voice.speaker else { continue };
            let Some(language) = speakers.language_of(speaker) else { continue };
            let is_loud = voice.samples.iter().any(|sample| sample.abs() > 0.05);
            if is_loud && matches!(voice.role, Some(Role::Officer | Role::Interviewee)) {
                speakers.last_side = voice.role;
            }
            let at_ms = u64::try_from(origin).unwrap_or(0) + heard.index * FRAME_MS;
            let sound =
                Sound { speaker, language, at_ms, samples: voice.samples.clone(), written: written.clone() };
            engine.push(Item::Sound(Box::new(sound)));
        }
    }
}

/// Keeps [`Speakers`] as the view says.
async fn follow(
    call: Arc<Call>,
    speakers: Arc<Mutex<Speakers>>,
    engine: SpeechEngine,
    timeline_unix: Arc<AtomicI64>,
) {
    let mut view = call.view();
    let mut told = BTreeMap::new();
    loop {
        if let Some(view) = view.borrow_and_update().as_ref() {
            let mut now = Speakers::of(view, &engine, &mut told);
            let mut speakers = speakers.lock().unwrap_or_else(PoisonError::into_inner);
            let switched_off = speakers.transcribing && !now.transcribing;
            now.last_side = speakers.last_side;
            *speakers = now;
            drop(speakers);
            if switched_off {
                view.participants.iter().for_each(|participant| engine.push(Item::Forget(participant.id)));
            }
        }
        tokio::select! {
            changed = view.changed() => if changed.is_err() { return },
            () = tokio::time::sleep(std::time::Duration::from_millis(20)), if timeline_unix.load(Ordering::Relaxed) == 0 => {}
        }
        if let Some(timeline) = call.timeline() {
            timeline_unix.store(timeline.started_unix.0, Ordering::Relaxed);
        }
    }
}

/// Sends lines while transcription is on; what was said before it was switched off is not sent after.
async fn send_lines(
    call: Arc<Call>,
    speakers: Arc<Mutex<Speakers>>,
    engine: SpeechEngine,
    mut inbox: mpsc::Receiver<Written>,
    lines: Arc<AtomicU64>,
) {
    while let Some(written) = inbox.recv().await {
        let on = speakers.lock().unwrap_or_else(PoisonError::into_inner).transcribing;
        let Some(line) = line_of(written, engine.model()).filter(|_| on) else { continue };
        if call.send(ParticipantMessage::AddTranscriptLine { line }).await.is_err() {
            return;
        }
        lines.fetch_add(1, Ordering::Relaxed);
    }
}

fn line_of(written: Written, model: &str) -> Option<TranscriptLine> {
    Some(TranscriptLine {
        speaker: written.speaker,
        // What the model was told: where it only knows a neighbour of the speaker's language, the line says so.
        language: written.language.code().parse().ok()?,
        text: written.text.chars().take(TranscriptLine::MAX_CHARS).collect(),
        started_at: UnixMillis(i64::try_from(written.start_ms).ok()?),
        ended_at: UnixMillis(i64::try_from(written.end_ms).ok()?),
        model: model.to_owned(),
        status: LineStatus::MachineDraft,
    })
}

fn forget_all(speakers: &Mutex<Speakers>, engine: &SpeechEngine) {
    let speakers = speakers.lock().unwrap_or_else(PoisonError::into_inner);
    speakers.languages.keys().for_each(|speaker| engine.push(Item::Forget(*speaker)));
}

impl Speakers {
    fn of(view: &SessionView, engine: &SpeechEngine, told: &mut BTreeMap<ParticipantId, ()>) -> Self {
        let code = |tag: &str| engine.plan(tag).code();
        let mut languages = BTreeMap::new();
        for participant in &view.participants {
            if participant.role == Role::Scribe {
                continue;
            }
            let speaker = Speaker {
                role: participant.role,
                own: code(participant.language.as_str()),
                after_officer: code(view.languages.source.as_str()),
                after_interviewee: code(view.languages.target.as_str()),
            };
            languages.insert(participant.id, speaker);
            if told.insert(participant.id, ()).is_none()
                && let LanguagePlan::Refused { why } = engine.plan(participant.language.as_str())
            {
                tracing::warn!(speaker = %participant.id.loggable(), %why, "this speaker is not transcribed");
            }
        }
        Self { transcribing: view.transcribing, languages, last_side: None }
    }

    /// A mediator speaks both languages, and renders what was said last.
    fn language_of(&self, speaker: ParticipantId) -> Option<WhisperLanguage> {
        let speaker = self.languages.get(&speaker)?;
        match (speaker.role, self.last_side) {
            (Role::Mediator, Some(Role::Officer)) => speaker.after_officer,
            (Role::Mediator, Some(Role::Interviewee)) => speaker.after_interviewee,
            _ => speaker.own,
        }
    }
}
