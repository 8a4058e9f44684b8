//! What a client can be besides a person at a microphone: a scribe, or a simulated mediator.

mod mediator;
mod queue;
mod scribe;
mod speech;
mod standby;

pub use mediator::{MediatorEvent, PhraseBook, SimulatedMediator};
pub use scribe::{Scribe, ScribeCounters};
pub use speech::SpeechEngine;
pub use standby::stand_by;
