//! The WebRTC connection to the relay. Only this folder names the WebRTC libraries, so they can be replaced.

mod answer;
mod answering;
mod arrival;
mod plain_rtp;
mod reports;
mod sender;
mod transport;

pub use answer::{slot_ssrcs, takes_red};
pub use arrival::Arrival;
pub use plain_rtp::RtpPacket;
pub use transport::{Transport, TransportState, Ways};
