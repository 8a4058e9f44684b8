//! The relay over HTTP and WebSocket: links, trust, REST calls, the two sockets.

mod api;
mod link;
mod socket;
mod trust;
mod turn_bridge;

pub use api::ApiClient;
pub use link::{Link, RelayAddress};
pub use socket::{DeskSocket, JsonSocket, SessionSocket};
pub use trust::Trust;
pub(crate) use turn_bridge::TurnBridges;
