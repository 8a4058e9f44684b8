//! Speech into text, in a process of its own: whisper.cpp is C, and were it to crash, the call must not notice.
//!
//! The way of a voice: [`SpeechEngine::push`] (never waits) → a bounded queue → the worker's standard input
//! (`protocol`) → `worker`: segments, drafts, lines → its standard output → whoever listens to the speaker.

mod engine;
mod protocol;
mod queue;
mod stream;
mod supervisor;
mod worker;

pub use engine::{EngineOptions, EnginePace, Expected, Sound, SpeechEngine};
pub use protocol::{Told, ToldLine, ToldPace};
pub use worker::run_worker;
