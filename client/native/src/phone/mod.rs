//! A mediator without data is rung by telephone: stands in for one account at its desk, and lets whoever picks up and
//! knows the PIN take part with the phone's sound. See `docs/phone.md`.
//!
//! The way of a call: an offer at the desk (`desk`) → the trunk rings (`trunk`) → picked up (`dialog`) → the PIN
//! (`session`, `pin`) → the offer is accepted → the phone's sound (`line`) is the sound of a [`crate::call::Call`].

mod codec;
mod desk;
mod dialog;
mod keys;
mod line;
mod pin;
mod sdp;
mod session;
mod tones;
mod trunk;

pub use desk::{PhoneEvent, PhoneMediator};
pub use pin::Pin;
pub use trunk::{Trunk, TrunkOptions};
