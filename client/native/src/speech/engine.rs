//! The speech worker seen from the call: takes voices, hands out what was written, and what is left when the worker dies.
//!
//! Overflow: about a minute of three speakers waits for the worker; beyond that the oldest 20 ms are dropped and counted,
//! and the line in which they are missing ends there.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::num::NonZeroU16;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use dragoman_core::ids::ParticipantId;
use dragoman_speech::{Catalogue, LanguagePlan, ModelEntry, TranscriberOptions, WhisperLanguage, plan_for};
use tokio::sync::{mpsc, watch};

use super::protocol::{Told, ToldLine, ToldPace};
use super::queue::DropOldest;
use super::supervisor::{RunningWorker, supervise};
use crate::error::{ClientError, Result};

/// One minute of three speakers.
const CAPACITY: usize = 9_000;
/// Which worker runs which model.
#[derive(Clone, Debug)]
pub struct EngineOptions {
    /// The model's file.
    pub model: PathBuf,
    /// The program that has the worker in it (`dragoman-client`).
    pub program: PathBuf,
    /// Threads that compute; by default all cores but at most four.
    pub threads: Option<NonZeroU16>,
    /// Also say in English what each line says, where the model can and there is time.
    pub gist: bool,
}

/// Words that may be said: by Whisper's code, terms with commas between them.
pub type Expected = BTreeMap<String, String>;

impl EngineOptions {
    /// The worker is in the program that runs now.
    ///
    /// # Errors
    /// If the system does not say which that is.
    pub fn new(model: PathBuf) -> Result<Self> {
        let program = std::env::current_exe().map_err(|error| {
            ClientError::SpeechWorker(format!("this program's own file is not known: {error}"))
        })?;
        Ok(Self { model, program, threads: None, gist: false })
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

/// Between whoever pushes and the thread that feeds the worker.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) queue: DropOldest<Item>,
    dropped: AtomicU64,
    outlets: Mutex<HashMap<ParticipantId, Outlet>>,
    pub(super) pace: watch::Sender<EnginePace>,
    /// The worker's process; 0: there is none.
    pub(super) worker: AtomicU32,
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
pub(super) enum Item {
    Sound(Sound),
    Forget(ParticipantId),
    Expect(ParticipantId, Expected),
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
    expected: Expected,
    /// What is lost if the worker dies now, in the order in which it was said.
    open: VecDeque<Open>,
}

/// Speech that has no line yet.
#[derive(Debug)]
struct Open {
    start_ms: u64,
    /// Until when it, or what was said after it, was heard.
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
            worker: AtomicU32::new(worker.id()),
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

    /// Whether this model says in English what it hears; of one that is in no catalogue it is not known, and tried.
    pub fn translates(&self) -> bool {
        self.inner.entry.as_ref().is_none_or(|entry| entry.translates)
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

    /// What is written of this speaker goes to `written` from now on. What they sounded like before is forgotten.
    pub fn listen_to(&self, speaker: ParticipantId, written: mpsc::Sender<Told>) {
        let _ = written.try_send(Told::SoundsLike { speaker, language: None });
        let outlet = Outlet { written, expected: Expected::new(), open: VecDeque::new() };
        self.inner.shared.lock_outlets().insert(speaker, outlet);
    }

    /// What this speaker, who is listened to, may say.
    pub fn expect(&self, speaker: ParticipantId, expected: Expected) {
        let shared = &self.inner.shared;
        match shared.lock_outlets().get_mut(&speaker) {
            Some(outlet) if outlet.expected != expected => outlet.expected.clone_from(&expected),
            _ => return,
        }
        shared.push_order(Item::Expect(speaker, expected));
    }

    /// Nothing of this speaker may be written any more.
    pub fn forget(&self, speaker: ParticipantId) {
        let shared = &self.inner.shared;
        shared.lock_outlets().remove(&speaker);
        shared.push_order(Item::Forget(speaker));
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
            Some(order) => shared.push_order(order),
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

    /// What is not sound must not get lost: there is room now, or the next sound makes some.
    fn push_order(&self, order: Item) {
        match self.queue.push(order) {
            None | Some(Item::Sound(_)) => {}
            Some(order) => drop(self.queue.push(order)),
        }
    }

    /// What each speaker may say, for a worker that was told nothing yet.
    pub(super) fn expected(&self) -> Vec<(ParticipantId, Expected)> {
        let outlets = self.lock_outlets();
        let told = outlets.iter().filter(|(_, outlet)| !outlet.expected.is_empty());
        told.map(|(speaker, outlet)| (*speaker, outlet.expected.clone())).collect()
    }

    /// Hands on what the worker says, and remembers what would be lost without it.
    pub(super) fn tell(&self, told: Told) {
        let speaker = match &told {
            Told::Ready | Told::Failed { .. } => return,
            Told::Pace { pace } => {
                self.pace.send_replace(EnginePace::Running(*pace));
                return;
            }
            Told::Began { speaker, .. }
            | Told::Nothing { speaker, .. }
            | Told::Draft { speaker, .. }
            | Told::Line(ToldLine { speaker, .. })
            | Told::Gap { speaker, .. }
            | Told::Gist { speaker, .. }
            | Told::SoundsLike { speaker, .. } => *speaker,
        };
        let mut outlets = self.lock_outlets();
        let Some(outlet) = outlets.get_mut(&speaker) else { return };
        match &told {
            Told::Began { start_ms, .. } => {
                outlet.open.push_back(Open { start_ms: *start_ms, heard_until_ms: *start_ms, draft: None });
            }
            Told::Draft { start_ms, .. } => {
                let of_it = outlet.open.iter_mut().find(|open| open.start_ms == *start_ms);
                if let Some(open) = of_it {
                    open.draft = Some(told.clone());
                }
            }
            // Somebody may have begun again before the line of what they said first was there.
            Told::Nothing { start_ms, .. }
            | Told::Line(ToldLine { start_ms, .. })
            | Told::Gap { start_ms, .. } => outlet.open.retain(|open| open.start_ms != *start_ms),
            _ => {}
        }
        // Overflow: whoever sends lines is stuck; a line that can not be sent is as good as lost.
        if outlet.written.try_send(told).is_err() {
            tracing::warn!("a line was lost: it can not be sent");
        }
    }

    /// The worker died: of what was being said, what had settled is a line, and the rest a gap. The next one does not know
    /// who sounded like what.
    pub(super) fn tell_of_death(&self) {
        self.pace.send_replace(EnginePace::Restarting);
        for (speaker, outlet) in self.lock_outlets().iter_mut() {
            for open in std::mem::take(&mut outlet.open) {
                for told in open.what_is_left(*speaker) {
                    let _ = outlet.written.try_send(told);
                }
            }
            let _ = outlet.written.try_send(Told::SoundsLike { speaker: *speaker, language: None });
        }
    }

    pub(super) fn note_heard(&self, sound: &Sound) {
        let length_ms = sound.samples.len() as u64 * 1_000 / u64::from(dragoman_speech::SAMPLE_RATE);
        if let Some(open) =
            self.lock_outlets().get_mut(&sound.speaker).and_then(|outlet| outlet.open.back_mut())
        {
            open.heard_until_ms = sound.at_ms + length_ms;
        }
    }
}

impl Open {
    /// Without its worker: a line of what had settled, and a gap.
    fn what_is_left(self, speaker: ParticipantId) -> Vec<Told> {
        let (mut from_ms, mut left) = (self.start_ms, Vec::new());
        if let Some(Told::Draft { language, settled, start_ms, end_ms, .. }) = self.draft
            && !settled.is_empty()
        {
            from_ms = end_ms;
            left.push(Told::Line(ToldLine {
                speaker,
                language,
                text: settled,
                words: Vec::new(),
                start_ms,
                end_ms,
                doubtful: false,
                broken_off: true,
            }));
        }
        if self.heard_until_ms > from_ms {
            left.push(Told::Gap { speaker, start_ms: from_ms, end_ms: self.heard_until_ms, failed: true });
        }
        left
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

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn a_line_takes_only_its_own_speech_out_of_what_a_dying_worker_loses() {
        let speaker = ParticipantId(Uuid::from_u128(1));
        let (written, mut inbox) = mpsc::channel(16);
        let shared = Shared {
            queue: DropOldest::new(1),
            dropped: AtomicU64::new(0),
            outlets: Mutex::new(HashMap::from([(
                speaker,
                Outlet { written, expected: Expected::new(), open: VecDeque::new() },
            )])),
            pace: watch::channel(EnginePace::Running(ToldPace::Live)).0,
            worker: AtomicU32::new(0),
        };
        let draft = |start_ms, settled: &str| Told::Draft {
            speaker,
            language: "sq".to_owned(),
            settled: settled.to_owned(),
            open: String::new(),
            start_ms,
            end_ms: start_ms + 800,
        };
        shared.tell(Told::Began { speaker, start_ms: 1_000 });
        shared.tell(draft(1_000, "Ku keni"));
        shared.tell(Told::Began { speaker, start_ms: 3_000 });
        shared.tell(draft(3_000, "Po"));
        let samples = vec![0.0; dragoman_speech::SAMPLE_RATE as usize / 50];
        shared.note_heard(&Sound { speaker, language: WhisperLanguage::ALBANIAN, at_ms: 4_480, samples });
        shared.tell(Told::Nothing { speaker, start_ms: 1_000 });
        while inbox.try_recv().is_ok() {}

        shared.tell_of_death();
        let Ok(Told::Line(line)) = inbox.try_recv() else { panic!("what had settled is a line") };
        assert_eq!(
            (line.text.as_str(), line.start_ms, line.end_ms, line.broken_off),
            ("Po", 3_000, 3_800, true)
        );
        let gap = Told::Gap { speaker, start_ms: 3_800, end_ms: 4_500, failed: true };
        assert_eq!(inbox.try_recv(), Ok(gap));
        assert_eq!(
            inbox.try_recv(),
            Ok(Told::SoundsLike { speaker, language: None }),
            "nobody knows any more"
        );
        assert!(inbox.try_recv().is_err(), "once, and of the first nothing is left");
        assert_eq!(*shared.pace.borrow(), EnginePace::Restarting);
    }
}
