//! The speech worker seen from the call: takes voices, hands out what was written, and starts the worker anew when it dies.
//!
//! Overflow: about a minute of three speakers waits for the worker; beyond that the oldest 20 ms are dropped and counted,
//! and the line in which they are missing ends there.

use std::collections::HashMap;
use std::io::{BufReader, BufWriter};
use std::num::NonZeroU16;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use dragoman_core::ids::ParticipantId;
use dragoman_speech::{Catalogue, LanguagePlan, ModelEntry, TranscriberOptions, WhisperLanguage, plan_for};
use tokio::sync::{mpsc, watch};

use super::protocol::{Asked, Told, ToldLine, ToldPace, read_line, write_asked};
use super::queue::DropOldest;
use crate::error::{ClientError, Result};

/// One minute of three speakers.
const CAPACITY: usize = 9_000;
/// A worker that died is started again after this time, twice it, and so on.
const START_AGAIN: Duration = Duration::from_millis(500);
const START_AGAIN_AT_MOST: Duration = Duration::from_secs(30);
/// A worker that lived so long did not die of being started.
const LIVED: Duration = Duration::from_secs(60);

/// Which worker runs which model.
#[derive(Clone, Debug)]
pub struct EngineOptions {
    /// The model's file.
    pub model: PathBuf,
    /// The program that has the worker in it (`dragoman-client`).
    pub program: PathBuf,
    /// Threads that compute; by default all cores but at most four.
    pub threads: Option<NonZeroU16>,
}

impl EngineOptions {
    /// The worker is in the program that runs now.
    ///
    /// # Errors
    /// If the system does not say which that is.
    pub fn new(model: PathBuf) -> Result<Self> {
        let program = std::env::current_exe().map_err(|error| {
            ClientError::SpeechWorker(format!("this program's own file is not known: {error}"))
        })?;
        Ok(Self { model, program, threads: None })
    }
}

/// See the module's page. Cheap to clone; the worker ends with the last clone.
#[derive(Clone, Debug)]
pub struct SpeechEngine {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    shared: Arc<Shared>,
    model: String,
    entry: Option<ModelEntry>,
}

#[derive(Debug)]
struct Shared {
    queue: DropOldest<Item>,
    dropped: AtomicU64,
    outlets: Mutex<HashMap<ParticipantId, Outlet>>,
    pace: watch::Sender<EnginePace>,
    /// The worker's process; 0: there is none.
    worker: AtomicU32,
}

/// How it keeps up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EnginePace {
    /// As the worker says.
    Running(ToldPace),
    /// The worker died and is started again.
    Restarting,
}

#[derive(Debug)]
enum Item {
    Sound(Sound),
    Forget(ParticipantId),
}

/// 20 ms of one speaker.
pub struct Sound {
    /// Who.
    pub speaker: ParticipantId,
    /// What they speak.
    pub language: WhisperLanguage,
    /// Of the first sample, on any clock that runs in milliseconds.
    pub at_ms: u64,
    /// 16 kHz, mono.
    pub samples: Vec<f32>,
}

impl std::fmt::Debug for Sound {
    /// Without the sound.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Sound")
            .field("speaker", &self.speaker.loggable())
            .field("at_ms", &self.at_ms)
            .finish_non_exhaustive()
    }
}

/// Where a speaker's words go.
#[derive(Debug)]
struct Outlet {
    written: mpsc::Sender<Told>,
    /// What is lost if the worker dies now.
    open: Option<Open>,
}

/// Speech that has no line yet.
#[derive(Debug)]
struct Open {
    start_ms: u64,
    heard_until_ms: u64,
    /// The last draft.
    draft: Option<Told>,
}

impl SpeechEngine {
    /// Starts the worker and waits until its model is loaded, which takes a while.
    ///
    /// # Errors
    /// [`ClientError::SpeechWorker`] if the program is not there, or the file is not a model.
    pub fn start(options: EngineOptions) -> Result<Self> {
        let entry = entry_of(&options.model);
        let stem = options
            .model
            .file_stem()
            .map_or_else(|| "unknown".to_owned(), |stem| stem.to_string_lossy().into_owned());
        let model = entry.as_ref().map_or(stem, |entry| entry.name.clone());
        let worker = RunningWorker::start(&options)?;
        let shared = Arc::new(Shared {
            queue: DropOldest::new(CAPACITY),
            dropped: AtomicU64::new(0),
            outlets: Mutex::default(),
            pace: watch::channel(EnginePace::Running(ToldPace::Live)).0,
            worker: AtomicU32::new(worker.process.id()),
        });
        let supervised = shared.clone();
        std::thread::Builder::new()
            .name("speech".into())
            .spawn(move || supervise(&supervised, &options, worker))
            .map_err(|error| {
                ClientError::SpeechWorker(format!("there is no thread for the worker: {error}"))
            })?;
        Ok(Self { inner: Arc::new(Inner { shared, model, entry }) })
    }

    /// The model's name, as it stands in every line.
    pub fn model(&self) -> &str {
        &self.inner.model
    }

    /// How this model treats a language.
    pub fn plan(&self, language: &str) -> LanguagePlan {
        self.inner.entry.as_ref().map_or_else(|| plan_for(language), |entry| entry.plan_for(language))
    }

    /// Frames of 20 ms that were dropped because the worker took nothing for a minute.
    pub fn dropped(&self) -> u64 {
        self.inner.shared.dropped.load(Ordering::Relaxed)
    }

    /// How it keeps up, now and from now on.
    pub fn pace(&self) -> watch::Receiver<EnginePace> {
        self.inner.shared.pace.subscribe()
    }

    /// The worker's process, while there is one.
    pub fn worker(&self) -> Option<u32> {
        Some(self.inner.shared.worker.load(Ordering::Relaxed)).filter(|id| *id != 0)
    }

    /// What is written of this speaker goes to `written` from now on.
    pub fn listen_to(&self, speaker: ParticipantId, written: mpsc::Sender<Told>) {
        self.inner.shared.lock_outlets().insert(speaker, Outlet { written, open: None });
    }

    /// Nothing of this speaker may be written any more.
    pub fn forget(&self, speaker: ParticipantId) {
        let shared = &self.inner.shared;
        shared.lock_outlets().remove(&speaker);
        // It must not get lost; there is room now, or the next sound makes some.
        if let Some(forget @ Item::Forget(_)) = shared.queue.push(Item::Forget(speaker)) {
            let _ = shared.queue.push(forget);
        }
    }

    /// Hands on a voice. Never waits.
    pub fn push(&self, sound: Sound) {
        let shared = &self.inner.shared;
        match shared.queue.push(Item::Sound(sound)) {
            None => {}
            Some(Item::Sound(_)) => {
                let dropped = shared.dropped.fetch_add(1, Ordering::Relaxed) + 1;
                if dropped % 50 == 1 {
                    tracing::warn!(dropped, "the speech worker takes nothing: speech is left out");
                }
            }
            Some(forget @ Item::Forget(_)) => drop(shared.queue.push(forget)),
        }
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.shared.queue.close();
    }
}

impl Shared {
    fn lock_outlets(&self) -> MutexGuard<'_, HashMap<ParticipantId, Outlet>> {
        self.outlets.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Hands on what the worker says, and remembers what would be lost without it.
    fn tell(&self, told: Told) {
        let speaker = match &told {
            Told::Ready | Told::Failed { .. } => return,
            Told::Pace { pace } => {
                self.pace.send_replace(EnginePace::Running(*pace));
                return;
            }
            Told::Began { speaker, .. }
            | Told::Nothing { speaker }
            | Told::Draft { speaker, .. }
            | Told::Line(ToldLine { speaker, .. })
            | Told::Gap { speaker, .. }
            | Told::SoundsLike { speaker, .. } => *speaker,
        };
        let mut outlets = self.lock_outlets();
        let Some(outlet) = outlets.get_mut(&speaker) else { return };
        match &told {
            Told::Began { start_ms, .. } => {
                outlet.open = Some(Open { start_ms: *start_ms, heard_until_ms: *start_ms, draft: None });
            }
            Told::Draft { .. } => {
                if let Some(open) = &mut outlet.open {
                    open.draft = Some(told.clone());
                }
            }
            Told::Nothing { .. } | Told::Line(_) | Told::Gap { .. } => outlet.open = None,
            _ => {}
        }
        // Overflow: whoever sends lines is stuck; a line that can not be sent is as good as lost.
        if outlet.written.try_send(told).is_err() {
            tracing::warn!("a line was lost: it can not be sent");
        }
    }

    /// The worker died: of what was being said, what had settled is a line, and the rest a gap.
    fn tell_of_death(&self) {
        self.pace.send_replace(EnginePace::Restarting);
        for (speaker, outlet) in self.lock_outlets().iter_mut() {
            let Some(Open { start_ms, heard_until_ms, draft }) = outlet.open.take() else { continue };
            let mut from_ms = start_ms;
            if let Some(Told::Draft { language, settled, start_ms, end_ms, .. }) = draft
                && !settled.is_empty()
            {
                from_ms = end_ms;
                let line = ToldLine {
                    speaker: *speaker,
                    language,
                    text: settled,
                    words: Vec::new(),
                    start_ms,
                    end_ms,
                    doubtful: false,
                    broken_off: true,
                };
                let _ = outlet.written.try_send(Told::Line(line));
            }
            if heard_until_ms > from_ms {
                let gap =
                    Told::Gap { speaker: *speaker, start_ms: from_ms, end_ms: heard_until_ms, failed: true };
                let _ = outlet.written.try_send(gap);
            }
        }
    }

    fn note_heard(&self, sound: &Sound) {
        if let Some(open) =
            self.lock_outlets().get_mut(&sound.speaker).and_then(|outlet| outlet.open.as_mut())
        {
            let length_ms = sound.samples.len() as u64 * 1_000 / u64::from(dragoman_speech::SAMPLE_RATE);
            open.heard_until_ms = sound.at_ms + length_ms;
        }
    }
}

/// How a model is run, by what the catalogue says of it.
pub(super) fn options_for(model: &Path) -> TranscriberOptions {
    entry_of(model).as_ref().map_or_else(TranscriberOptions::default, TranscriberOptions::for_entry)
}

/// The catalogue's entry, where the file is byte for byte the one in it.
fn entry_of(path: &Path) -> Option<ModelEntry> {
    let name = path.file_name()?.to_str()?;
    let catalogue = Catalogue::built_in().ok()?;
    let entry = catalogue.models.into_iter().find(|entry| entry.file == name)?;
    match entry.matches_file(path) {
        Ok(true) => Some(entry),
        _ => {
            tracing::warn!("the model has a name of the catalogue, but is not the file described there");
            None
        }
    }
}

/// A worker's process and the two ends of its pipes.
struct RunningWorker {
    process: Child,
    input: BufWriter<ChildStdin>,
    output: BufReader<ChildStdout>,
    started: Instant,
}

impl RunningWorker {
    /// Waits for its first word.
    fn start(options: &EngineOptions) -> Result<Self> {
        let mut command = Command::new(&options.program);
        command.arg("speech-worker").arg("--model").arg(&options.model);
        if let Some(threads) = options.threads {
            command.arg("--threads").arg(threads.to_string());
        }
        let mut process = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().map_err(|error| {
            ClientError::SpeechWorker(format!("{} can not be started: {error}", options.program.display()))
        })?;
        let (Some(input), Some(output)) = (process.stdin.take(), process.stdout.take()) else {
            return Err(ClientError::SpeechWorker("the worker has no pipes".to_owned()));
        };
        let mut worker = Self {
            process,
            input: BufWriter::new(input),
            output: BufReader::new(output),
            started: Instant::now(),
        };
        match read_line(&mut worker.output) {
            Ok(Some(Told::Ready)) => Ok(worker),
            Ok(Some(Told::Failed { message })) => Err(ClientError::SpeechWorker(message)),
            _ => Err(ClientError::SpeechWorker(format!(
                "the worker ended before the model was loaded. Does {} hold a whisper.cpp model, and is there memory enough for it?",
                options.model.display()
            ))),
        }
    }
}

impl Drop for RunningWorker {
    fn drop(&mut self) {
        // It has nothing to say to anybody any more.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Feeds worker after worker until the engine is dropped.
fn supervise(shared: &Shared, options: &EngineOptions, first: RunningWorker) {
    let mut worker = first;
    let mut pause = START_AGAIN;
    while feed(shared, &mut worker) {
        let lived = worker.started.elapsed();
        drop(worker);
        tracing::error!(lived_s = lived.as_secs(), "the speech worker died and is started again");
        shared.worker.store(0, Ordering::Relaxed);
        shared.tell_of_death();
        if lived >= LIVED {
            pause = START_AGAIN;
        }
        worker = loop {
            std::thread::sleep(pause);
            pause = (pause * 2).min(START_AGAIN_AT_MOST);
            match RunningWorker::start(options) {
                Ok(worker) => break worker,
                Err(error) => tracing::error!(%error, "the speech worker can not be started"),
            }
            if shared.queue.is_closed() {
                return;
            }
        };
        shared.worker.store(worker.process.id(), Ordering::Relaxed);
        shared.pace.send_replace(EnginePace::Running(ToldPace::Live));
    }
}

/// Feeds one worker; `false` when the engine was dropped, `true` when the worker died.
fn feed(shared: &Shared, worker: &mut RunningWorker) -> bool {
    let RunningWorker { input, output, process, .. } = worker;
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while let Ok(Some(told)) = read_line(output) {
                shared.tell(told);
            }
        });
        let died = loop {
            let Some(item) = shared.queue.pop() else { break false };
            let sent = match &item {
                Item::Forget(speaker) => write_asked(input, &Asked::Forget { speaker: *speaker }, &[]),
                Item::Sound(sound) => {
                    shared.note_heard(sound);
                    let asked = Asked::Sound {
                        speaker: sound.speaker,
                        language: sound.language.code().to_owned(),
                        at_ms: sound.at_ms,
                        samples: sound.samples.len(),
                    };
                    write_asked(input, &asked, &sound.samples)
                }
            };
            if sent.is_err() {
                break true;
            }
        };
        // Ends the reader above.
        let _ = process.kill();
        died
    })
}
