//! The way back to a client: a UDP socket that all share, or the queue before a stream.

use std::net::SocketAddr;
use std::sync::Arc;

use tokio::net::UdpSocket;
use tokio::sync::mpsc;

/// Messages that a stream has not taken yet: about a third of a second of seven voices. What comes while it is full is
/// dropped: late audio is worthless.
pub(super) const STREAM_QUEUE: usize = 128;

/// See the module's page.
pub(super) enum Outbox {
    /// TURN over UDP.
    Datagrams(Arc<UdpSocket>, SocketAddr),
    /// TURN over TCP or TLS.
    Stream(mpsc::Sender<Vec<u8>>),
}

impl Outbox {
    /// Sends a message, or drops it where the network is full.
    pub(super) fn send(&self, mut message: Vec<u8>) {
        match self {
            Self::Datagrams(socket, client) => drop(socket.try_send_to(&message, *client)),
            Self::Stream(queue) => {
                // ChannelData is padded in streams (RFC 8656 §12.5); STUN has such a length anyway.
                message.resize(message.len().next_multiple_of(4), 0);
                let _ = queue.try_send(message);
            }
        }
    }
}
