//! Speech on a device: find it, transcribe it with whisper.cpp, fetch and check models. Nothing leaves the machine.
//!
//! The way of a voice: 16 kHz mono samples → [`SpeechSegmenter`] (is anybody speaking?) → [`Segment`] →
//! [`Transcriber`] → [`Transcription`]. Opus decodes to 16 kHz directly, so nothing here resamples.
//! Which language may be transcribed by which model is decided by [`plan_for`] and [`ModelEntry::plan_for`].
#![forbid(unsafe_code)]

mod agreement;
mod alignment;
mod catalogue;
mod doubt;
mod error;
mod fetch;
mod language;
mod model_file;
mod model_tensors;
mod pace;
mod segmenter;
mod shelf;
mod tones;
mod transcriber;
mod word;
mod word_errors;

pub use agreement::Agreement;
pub use catalogue::{Catalogue, ErrorRate, KnownLanguages, ModelEntry, ModelSource, sha256_of_file};
pub use doubt::Doubt;
pub use error::{FetchError, ModelFileError, SpeechError};
pub use fetch::{Progress, Step, fetch, take};
pub use language::{LanguagePlan, WhisperLanguage, plan_for};
pub use model_file::{ModelHeader, check_model_file};
pub use pace::{BUDGET, MOST_WAITING_MS, Pace, Pacer};
pub use segmenter::{Segment, SegmenterOptions, SpeechSegmenter};
pub use shelf::{Measured, Shelf};
pub use transcriber::{Transcriber, TranscriberOptions, Transcription};
pub use word::Word;
pub use word_errors::{WordErrors, word_error_rate, word_errors};

/// Samples a second of everything in this crate: mono, `f32` in [-1, 1].
pub const SAMPLE_RATE: u32 = 16_000;
