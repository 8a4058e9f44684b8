//! What a client can be besides a person at a microphone: a scribe, or a simulated mediator.

mod desk;
mod mediator;
mod scribe;
mod standby;

pub use desk::SignIn;
pub(crate) use desk::{DESK_PAUSE, open_desk};
pub use mediator::{MediatorEvent, PhraseBook, SimulatedMediator};
pub use scribe::{Scribe, ScribeCounters};
pub use standby::stand_by;
