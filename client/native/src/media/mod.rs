//! The WebRTC connection to the relay. Only this folder names the WebRTC libraries, so they can be replaced.

mod answer;
mod plain_rtp;
mod sender;
mod transport;

pub use answer::{slot_ssrcs, takes_red};
pub use plain_rtp::RtpPacket;
pub use transport::{Arrival, Transport, TransportState, Ways};
