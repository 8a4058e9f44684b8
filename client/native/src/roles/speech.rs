//! One speech model on one thread, for all sessions of this process: voices in, written segments out.
//!
//! Overflow: about a minute of one session waits while the model computes; beyond that the oldest 20 ms are dropped,
//! counted and logged, and the segment in which they are missing ends there.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use dragoman_core::ids::ParticipantId;
use dragoman_speech::{
    Catalogue, Doubt, LanguagePlan, ModelEntry, Segment, SegmenterOptions, SpeechSegmenter, Transcriber,
    TranscriberOptions, WhisperLanguage, plan_for,
};
use tokio::sync::mpsc;

use super::queue::DropOldest;
use crate::error::{ClientError, Result};

/// One minute of three speakers.
const CAPACITY: usize = 9_000;

/// See the module's page. Cheap to clone; the thread ends with the last clone.
#[derive(Clone, Debug)]
pub struct SpeechEngine {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    queue: Arc<DropOldest<Item>>,
    dropped: AtomicU64,
    model: String,
    entry: Option<ModelEntry>,
}

#[derive(Debug)]
pub(super) enum Item {
    /// 20 ms of one speaker.
    Sound(Box<Sound>),
    /// Nothing of this speaker may be written any more.
    Forget(ParticipantId),
}

pub(super) struct Sound {
    pub speaker: ParticipantId,
    pub language: WhisperLanguage,
    /// On any clock that runs in milliseconds.
    pub at_ms: u64,
    /// 16 kHz mono.
    pub samples: Vec<f32>,
    /// Gets what was written.
    pub written: mpsc::Sender<Written>,
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

/// What was said in one segment.
pub(super) struct Written {
    pub speaker: ParticipantId,
    pub language: WhisperLanguage,
    pub text: String,
    pub start_ms: u64,
    pub end_ms: u64,
}

impl SpeechEngine {
    /// Loads a model, which takes a while, and starts the thread.
    ///
    /// # Errors
    /// [`ClientError::Speech`] if the file is not a model.
    pub fn load(path: &Path) -> Result<Self> {
        let entry = entry_of(path);
        let options = entry.as_ref().map_or_else(TranscriberOptions::default, TranscriberOptions::for_entry);
        let transcriber = Transcriber::load(path, options)?;
        let stem =
            path.file_stem().map_or_else(|| "unknown".to_owned(), |stem| stem.to_string_lossy().into_owned());
        let model = entry.as_ref().map_or(stem, |entry| entry.name.clone());
        let queue = Arc::new(DropOldest::new(CAPACITY));
        let segmenting = SegmenterOptions::for_context(transcriber.max_clip_ms());
        let worker = Worker { queue: queue.clone(), transcriber, segmenting, streams: BTreeMap::new() };
        std::thread::Builder::new()
            .name("speech".into())
            .spawn(move || worker.run())
            .map_err(|e| ClientError::Protocol(format!("no thread for the speech model: {e}")))?;
        Ok(Self { inner: Arc::new(Inner { queue, dropped: AtomicU64::new(0), model, entry }) })
    }

    /// The model's name, as it stands in every line.
    pub fn model(&self) -> &str {
        &self.inner.model
    }

    /// How this model treats a language.
    pub fn plan(&self, language: &str) -> LanguagePlan {
        self.inner.entry.as_ref().map_or_else(|| plan_for(language), |entry| entry.plan_for(language))
    }

    /// Frames of 20 ms that were dropped because the model is too slow for this machine.
    pub fn dropped(&self) -> u64 {
        self.inner.dropped.load(Ordering::Relaxed)
    }

    pub(super) fn push(&self, item: Item) {
        match self.inner.queue.push(item) {
            None => {}
            Some(Item::Sound(_)) => {
                let dropped = self.inner.dropped.fetch_add(1, Ordering::Relaxed) + 1;
                if dropped % 50 == 1 {
                    tracing::warn!(
                        dropped,
                        "the model is too slow for this machine: speech is left out. Use a smaller one"
                    );
                }
            }
            // It must not get lost; there is room now, or the next sound makes some.
            Some(forget @ Item::Forget(_)) => {
                let _ = self.inner.queue.push(forget);
            }
        }
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.queue.close();
    }
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

struct Worker {
    queue: Arc<DropOldest<Item>>,
    transcriber: Transcriber,
    segmenting: SegmenterOptions,
    streams: BTreeMap<ParticipantId, SpeechSegmenter>,
}

impl Worker {
    fn run(mut self) {
        while let Some(item) = self.queue.pop() {
            match item {
                Item::Forget(speaker) => {
                    self.streams.remove(&speaker);
                }
                Item::Sound(sound) => self.listen(&sound),
            }
        }
    }

    fn listen(&mut self, sound: &Sound) {
        if !self.streams.contains_key(&sound.speaker) {
            match SpeechSegmenter::new(self.segmenting) {
                Ok(segmenter) => self.streams.insert(sound.speaker, segmenter),
                Err(error) => return tracing::error!(%error, "no speech can be found"),
            };
        }
        let Some(segmenter) = self.streams.get_mut(&sound.speaker) else { return };
        for segment in segmenter.push(sound.at_ms, &sound.samples) {
            self.write(sound, &segment);
        }
    }

    fn write(&mut self, sound: &Sound, segment: &Segment) {
        let transcriptions = match self.transcriber.transcribe(&segment.samples, sound.language) {
            Ok(transcriptions) => transcriptions,
            Err(error) => return tracing::warn!(%error, "a segment gets no text"),
        };
        for transcription in transcriptions {
            let text = match transcription.doubt {
                None => transcription.text,
                // A guess is shown as one. A loop, or words where perhaps nobody spoke, would mislead.
                Some(Doubt::LowProbability) => format!("(?) {}", transcription.text),
                Some(doubt) => {
                    tracing::debug!(?doubt, speaker = %sound.speaker.loggable(), "a text was left out");
                    continue;
                }
            };
            let written = Written {
                speaker: sound.speaker,
                language: sound.language,
                text,
                start_ms: segment.start_ms,
                end_ms: segment.end_ms,
            };
            // Overflow: whoever sends lines is stuck; a line that can not be sent is as good as lost.
            if sound.written.try_send(written).is_err() {
                tracing::warn!("a line was lost: it can not be sent");
            }
        }
    }
}
