//! Interpreting as it goes on: modes and channels, signals, breaks, and mediators who take turns.
//!
//! `floor` and `turns` are state, `decide` says what an act changes and `view` what a reader sees of it. Who hears whom
//! follows from them in [`crate::routing`].

mod decide;
mod floor;
mod of_session;
mod turns;
mod types;
mod view;

pub(crate) use decide::{act, handle_timeout, poll_timeout};
pub use floor::{Aside, Floor, Pause, SignalGiven};
pub use turns::Turns;
pub use types::{Channel, FloorAct, Hearing, Mode, Signal};
pub(crate) use view::interpreting_view;
