//! Takes part in Dragoman's sessions from a desk or a box in an interview room: as a person with microphone and
//! loudspeaker, as a recording, as a scribe that transcribes, as a telephone, as a simulated mediator or officer.
//!
//! The way in: [`net::Link`] → [`net::ApiClient`] → [`call::Call`], which is given an [`audio::AudioSource`] and
//! [`audio::AudioSink`]s and comes back by itself after a loss. Several may run in one process.
#![forbid(unsafe_code)]

pub mod audio;
pub mod call;
pub mod error;
pub mod media;
pub mod net;
pub mod phone;
pub mod roles;
pub mod speech;

pub use error::{ClientError, Result};
