//! Weak links: a network that loses, delays, mixes up, holds back and breaks off, the same way again for the same seed.
//!
//! The kernel's own (`tc netem`) needs rights and a module that not every machine has, so this is done in a process:
//! [`Link`] is one direction of a network, pure; [`Proxy`] puts two of them between each client and a relay's UDP port.

mod impairment;
mod link;
mod loss;
mod profile;
mod proxy;

pub use impairment::{Impairment, Outage, Rate};
pub use link::{Cause, Fate, Link};
pub use loss::{Loss, LossState};
pub use profile::{PROFILES, Profile};
pub use proxy::{Counts, Moves, Passage, Proxy, Tally};
