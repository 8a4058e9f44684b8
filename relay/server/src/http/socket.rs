//! What both WebSockets share: reading bounded JSON, writing, keeping alive, and a pace that one client can not exceed.

use std::time::{Duration, Instant};

use axum::extract::ws::{CloseFrame, Message, WebSocket, close_code};
use dragoman_core::wire::{MAX_MESSAGE_BYTES, Problem};
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::sync::mpsc;

/// Hard limit of the WebSocket layer; between it and [`MAX_MESSAGE_BYTES`] a message is refused with words.
pub(super) const MAX_FRAME_BYTES: usize = 1024 * 1024;
/// A silent client is asked for a sign of life this often, and given up after three times as long.
const PING_EVERY: Duration = Duration::from_secs(10);
const SILENT_FOR: Duration = Duration::from_secs(30);
/// Messages a second that one client may have carried out; more wait, and hold up that client only.
const PACE: u32 = 200;

/// What comes next on a socket.
pub(super) enum Next<I, O> {
    /// The client sent a well-formed message.
    Received(I),
    /// The client sent something else; tell it what.
    Malformed(Problem),
    /// To be sent to the client.
    ToSend(O),
    /// One side is done.
    Closed,
}

/// A socket with its outbox.
pub(super) struct Socket<O> {
    socket: WebSocket,
    outbox: mpsc::Receiver<O>,
    ping: tokio::time::Interval,
    heard: Instant,
    window: (Instant, u32),
}

impl<O: Serialize> Socket<O> {
    pub(super) fn new(socket: WebSocket, outbox: mpsc::Receiver<O>) -> Self {
        let ping = tokio::time::interval(PING_EVERY);
        Self { socket, outbox, ping, heard: Instant::now(), window: (Instant::now(), 0) }
    }

    pub(super) async fn next<I: DeserializeOwned>(&mut self) -> Next<I, O> {
        loop {
            tokio::select! {
                biased;
                message = self.outbox.recv() => return match message {
                    Some(message) => Next::ToSend(message),
                    None => Next::Closed,
                },
                received = self.socket.recv() => {
                    self.heard = Instant::now();
                    match received {
                        Some(Ok(Message::Text(text))) => {
                            self.keep_pace().await;
                            return read(text.as_str());
                        }
                        Some(Ok(Message::Binary(_))) => {
                            return Next::Malformed(malformed("binary messages are not understood; send JSON as text"));
                        }
                        Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
                        Some(Ok(Message::Close(_)) | Err(_)) | None => return Next::Closed,
                    }
                }
                _ = self.ping.tick() => {
                    let silent = self.heard.elapsed() > SILENT_FOR;
                    if silent || self.socket.send(Message::Ping(Default::default())).await.is_err() {
                        return Next::Closed;
                    }
                }
            }
        }
    }

    /// Sends a message; `false` if the client is gone.
    pub(super) async fn send(&mut self, message: &O) -> bool {
        send_json(&mut self.socket, message).await
    }

    /// Sends what waits, then closes.
    pub(super) async fn close(mut self) {
        while let Ok(message) = self.outbox.try_recv() {
            if !self.send(&message).await {
                return;
            }
        }
        close(self.socket).await;
    }

    async fn keep_pace(&mut self) {
        let (began, count) = self.window;
        let elapsed = began.elapsed();
        if elapsed >= Duration::from_secs(1) {
            self.window = (Instant::now(), 1);
        } else if count < PACE {
            self.window.1 += 1;
        } else {
            tokio::time::sleep(Duration::from_secs(1).saturating_sub(elapsed)).await;
            self.window = (Instant::now(), 1);
        }
    }
}

/// Sends one message and closes: for those who may not come in.
pub(super) async fn turn_away(mut socket: WebSocket, goodbye: &impl Serialize) {
    if send_json(&mut socket, goodbye).await {
        close(socket).await;
    }
}

async fn close(mut socket: WebSocket) {
    let _ =
        socket.send(Message::Close(Some(CloseFrame { code: close_code::NORMAL, reason: "".into() }))).await;
}

async fn send_json(socket: &mut WebSocket, message: &impl Serialize) -> bool {
    // A client that does not read must not hold its task for ever.
    let Ok(text) = serde_json::to_string(message) else { return false };
    let sent = tokio::time::timeout(SILENT_FOR, socket.send(Message::Text(text.into()))).await;
    matches!(sent, Ok(Ok(())))
}

fn read<I: DeserializeOwned, O>(text: &str) -> Next<I, O> {
    if text.len() > MAX_MESSAGE_BYTES {
        return Next::Malformed(malformed(&format!(
            "the message has {} bytes; at most {MAX_MESSAGE_BYTES} are read",
            text.len()
        )));
    }
    match serde_json::from_str(text) {
        Ok(message) => Next::Received(message),
        Err(error) => Next::Malformed(malformed(&format!("the message is not understood: {error}"))),
    }
}

fn malformed(message: &str) -> Problem {
    Problem { code: "message_malformed".to_owned(), message: message.to_owned() }
}
