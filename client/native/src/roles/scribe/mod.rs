//! A scribe in one session: hears everybody, says nothing, writes what is said while transcription is agreed.

mod glossary;
mod speakers;
mod text;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use dragoman_core::ids::ParticipantId;
use dragoman_core::session_types::Role;
use dragoman_core::transcript::{CaptionDraft, LanguageNote, LanguageRemark, ScribeState};
use dragoman_core::wire::{ParticipantMessage, SessionView};
use serde::Serialize;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;
use tokio::time::timeout;

use self::speakers::Speakers;
use self::text::{message_of, nothing_more, pace_of, tag};
use crate::audio::{AudioSink, FRAME_MS, Heard};
use crate::call::{Call, CallOptions, CallReport};
use crate::error::Result;
use crate::net::{ApiClient, Link};
use crate::speech::{Expected, Sound, SpeechEngine, Told};

/// What waits to be sent. Beyond, lines are lost and that is logged.
const WAITING: usize = 256;
/// Whoever sounds so loud speaks; they may only be breathing.
const LOUD: f32 = 0.05;

/// See the module's page.
#[derive(Debug)]
pub struct Scribe {
    call: Arc<Call>,
    lines: Arc<AtomicU64>,
    /// Ends with the scribe.
    tasks: JoinSet<()>,
    engine: SpeechEngine,
    speakers: Who,
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

impl Scribe {
    /// Enters a session by a scribe's link and begins.
    ///
    /// # Errors
    /// As for [`Call::join`].
    pub async fn join(api: ApiClient, link: &Link, engine: &SpeechEngine) -> Result<Self> {
        let speakers = Who::default();
        let (written, inbox) = mpsc::channel(WAITING);
        let timeline_unix = Arc::new(AtomicI64::new(0));
        let sink = listen(speakers.clone(), engine.clone(), timeline_unix.clone());
        let options = CallOptions {
            sinks: vec![AudioSink::callback(sink)],
            speaks: false,
            decode_rate: dragoman_speech::SAMPLE_RATE,
            ..CallOptions::default()
        };
        let call = Arc::new(Call::join(api.clone(), link, options).await?);
        let lines = Arc::new(AtomicU64::new(0));
        let mut tasks = JoinSet::new();
        let (terms, expected) = watch::channel(Expected::new());
        tasks.spawn(glossary::fetch(api, call.clone(), engine.clone(), terms));
        let follower = Follower { speakers: speakers.clone(), engine: engine.clone(), written, expected };
        tasks.spawn(follower.run(call.clone(), timeline_unix));
        let sender = Sender {
            call: call.clone(),
            speakers: speakers.clone(),
            engine: engine.clone(),
            lines: lines.clone(),
            drafts: BTreeMap::new(),
            sound_like: BTreeMap::new(),
            said: None,
        };
        tasks.spawn(sender.run(inbox));
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
        self.speakers.lock().ids().for_each(|speaker| self.engine.forget(speaker));
        let report = match Arc::try_unwrap(self.call) {
            Ok(call) => Some(call.finish().await?),
            Err(_) => None,
        };
        Ok((report, counters))
    }
}

/// The speakers, between the audio clock and the tasks.
#[derive(Clone, Debug, Default)]
struct Who(Arc<Mutex<Speakers>>);

impl Who {
    fn lock(&self) -> MutexGuard<'_, Speakers> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The sink: hands on what is said by those who may be transcribed now.
fn listen(
    speakers: Who,
    engine: SpeechEngine,
    timeline_unix: Arc<AtomicI64>,
) -> impl FnMut(&Heard<'_>) + Send + 'static {
    move |heard| {
        let origin = timeline_unix.load(Ordering::Relaxed);
        let mut speakers = speakers.lock();
        if !speakers.transcribing || origin == 0 {
            return;
        }
        for voice in heard.voices {
            let Some(speaker) = voice.speaker else { continue };
            let Some(language) = speakers.language_of(speaker) else { continue };
            let is_loud = voice.samples.iter().any(|sample| sample.abs() > LOUD);
            if is_loud && matches!(voice.role, Some(Role::Officer | Role::Interviewee)) {
                speakers.last_side = voice.role;
            }
            let at_ms = u64::try_from(origin).unwrap_or(0) + heard.index * FRAME_MS;
            engine.push(Sound { speaker, language, at_ms, samples: voice.samples.clone() });
        }
    }
}

/// Keeps [`Speakers`] as the view says, and the engine with them.
struct Follower {
    speakers: Who,
    engine: SpeechEngine,
    written: mpsc::Sender<Told>,
    /// Words that may be said.
    expected: watch::Receiver<Expected>,
}

impl Follower {
    async fn run(mut self, call: Arc<Call>, timeline_unix: Arc<AtomicI64>) {
        let mut view = call.view();
        loop {
            if let Some(view) = view.borrow_and_update().as_ref() {
                self.see(view);
            }
            tokio::select! {
                changed = view.changed() => if changed.is_err() { return },
                Ok(()) = self.expected.changed() => self.expect_all(),
                () = tokio::time::sleep(Duration::from_millis(20)), if timeline_unix.load(Ordering::Relaxed) == 0 => {}
            }
            if let Some(timeline) = call.timeline() {
                timeline_unix.store(timeline.started_unix.0, Ordering::Relaxed);
            }
        }
    }

    fn see(&self, view: &SessionView) {
        let mut now = Speakers::of(view, &self.engine);
        let mut before = self.speakers.lock();
        let switched = before.transcribing != now.transcribing;
        let known: Vec<ParticipantId> = before.ids().collect();
        now.last_side = before.last_side;
        *before = now;
        let is_new = |speaker: &ParticipantId| switched || !known.contains(speaker);
        let changed: Vec<ParticipantId> = before.ids().filter(is_new).collect();
        let transcribing = before.transcribing;
        drop(before);
        for speaker in changed {
            // What was said before it was switched off is not written after.
            self.engine.forget(speaker);
            if transcribing {
                self.engine.listen_to(speaker, self.written.clone());
                self.engine.expect(speaker, self.expected.borrow().clone());
            }
        }
    }

    fn expect_all(&self) {
        let speakers: Vec<ParticipantId> = self.speakers.lock().ids().collect();
        for speaker in speakers {
            self.engine.expect(speaker, self.expected.borrow().clone());
        }
    }
}

/// Sends what was written while transcription is on, and how the scribe keeps up.
struct Sender {
    call: Arc<Call>,
    speakers: Who,
    engine: SpeechEngine,
    lines: Arc<AtomicU64>,
    /// What stands on the readers' screens.
    drafts: BTreeMap<ParticipantId, CaptionDraft>,
    sound_like: BTreeMap<ParticipantId, String>,
    /// The state that was sent last.
    said: Option<ScribeState>,
}

impl Sender {
    async fn run(mut self, mut inbox: mpsc::Receiver<Told>) {
        let mut pace = self.engine.pace();
        // Also looked at now and then, because speakers come and go.
        let look_again = Duration::from_secs(1);
        loop {
            if self.report().await.is_err() {
                return;
            }
            let told = tokio::select! {
                _ = pace.changed() => continue,
                told = timeout(look_again, inbox.recv()) => told,
            };
            let sent = match told {
                Ok(Some(told)) => self.send(told).await,
                Ok(None) => return,
                Err(_) => Ok(()),
            };
            if sent.is_err() {
                return;
            }
        }
    }

    async fn send(&mut self, told: Told) -> Result<()> {
        if !self.speakers.lock().transcribing {
            self.drafts.clear();
            return Ok(());
        }
        if let Told::SoundsLike { speaker, language } = &told {
            match language {
                Some(language) => drop(self.sound_like.insert(*speaker, language.clone())),
                None => drop(self.sound_like.remove(speaker)),
            }
        }
        let message = match &told {
            Told::Nothing { speaker, .. } => self.drafts.remove(speaker).map(nothing_more),
            _ => message_of(told, self.engine.model()),
        };
        let Some(message) = message else { return Ok(()) };
        match &message {
            ParticipantMessage::DraftCaption { draft }
                if !(draft.settled.is_empty() && draft.open.is_empty()) =>
            {
                self.drafts.insert(draft.speaker, draft.clone());
            }
            ParticipantMessage::AddTranscriptLine { line } => {
                self.drafts.remove(&line.speaker);
                self.lines.fetch_add(1, Ordering::Relaxed);
            }
            ParticipantMessage::AddTranscriptGap { gap } => drop(self.drafts.remove(&gap.speaker)),
            _ => {}
        }
        self.call.send(message).await
    }

    /// Says how it stands, if that is another than was said.
    async fn report(&mut self) -> Result<()> {
        let state = {
            let speakers = self.speakers.lock();
            if !speakers.transcribing {
                self.sound_like.clear();
            }
            let mut notes = speakers.notes.clone();
            let sounds =
                self.sound_like.iter().filter(|(speaker, _)| speakers.keeps_to_a_language(**speaker));
            notes.extend(sounds.filter_map(|(speaker, code)| {
                Some(LanguageNote {
                    speaker: *speaker,
                    what: LanguageRemark::SoundsLike { language: tag(code)? },
                })
            }));
            notes.truncate(ScribeState::MAX_NOTES);
            let pace = pace_of(*self.engine.pace().borrow());
            ScribeState { pace, model: self.engine.model().to_owned(), notes }
        };
        if self.said.as_ref() == Some(&state) {
            return Ok(());
        }
        self.said = Some(state.clone());
        self.call.send(ParticipantMessage::ReportScribe { state }).await
    }
}
