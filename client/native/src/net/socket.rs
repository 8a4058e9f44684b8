//! The two WebSockets as typed streams of messages.

use std::marker::PhantomData;
use std::time::Duration;

use dragoman_core::wire::{
    DeskMessage, DeskRelayMessage, MAX_MESSAGE_BYTES, ParticipantMessage, RelayMessage,
};
use futures_util::{SinkExt as _, StreamExt as _};
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{self, Message};
use tokio_tungstenite::{Connector, MaybeTlsStream, WebSocketStream, connect_async_tls_with_config};

use super::ApiClient;
use super::api::{chain, problem};
use crate::error::{ClientError, Result};

/// Time to connect; then it is tried again or given up.
const OPEN_TIMEOUT: Duration = Duration::from_secs(5);
/// A ping is sent after so long without a message, and the connection counts as lost after three of them.
const QUIET: Duration = Duration::from_secs(5);
const MAX_QUIET: u32 = 3;

/// A session's socket.
pub type SessionSocket = JsonSocket<ParticipantMessage, RelayMessage>;
/// An account's socket.
pub type DeskSocket = JsonSocket<DeskMessage, DeskRelayMessage>;

/// A WebSocket that carries JSON: `Out` to the relay, `In` from it.
pub struct JsonSocket<Out, In> {
    stream: WebSocketStream<MaybeTlsStream<TcpStream>>,
    quiet: u32,
    types: PhantomData<fn(Out) -> In>,
}

impl<Out: Serialize, In: DeserializeOwned> JsonSocket<Out, In> {
    /// Opens the socket at `path` with the client's cookies.
    ///
    /// # Errors
    /// [`ClientError::Refused`] with the relay's reason, [`ClientError::Unreachable`] without one.
    pub(crate) async fn open(api: &ApiClient, path: &str) -> Result<Self> {
        let url = api.relay().socket_url(path);
        let mut request =
            url.as_str().into_client_request().map_err(|e| ClientError::Protocol(e.to_string()))?;
        if let Some(cookies) = api.cookie_header(path) {
            request.headers_mut().insert("cookie", cookies);
        }
        // The relay's messages hold whole views; twice its own limit leaves room for a long transcript line.
        let limits = WebSocketConfig::default()
            .max_message_size(Some(16 * MAX_MESSAGE_BYTES))
            .max_frame_size(Some(16 * MAX_MESSAGE_BYTES));
        let connector = match url.scheme() {
            "wss" => Connector::Rustls(api.trust().config().clone()),
            _ => Connector::Plain,
        };
        let opened = timeout(
            OPEN_TIMEOUT,
            connect_async_tls_with_config(request, Some(limits), true, Some(connector)),
        );
        match opened.await {
            Ok(Ok((stream, _))) => Ok(Self { stream, quiet: 0, types: PhantomData }),
            Ok(Err(tungstenite::Error::Http(answer))) => {
                let body = answer.body().clone().unwrap_or_default();
                Err(ClientError::Refused(problem(answer.status().as_u16(), &body)))
            }
            Ok(Err(error)) => Err(api.unreachable(&error)),
            Err(late) => Err(api.unreachable(&late)),
        }
    }

    /// Sends one message.
    ///
    /// # Errors
    /// [`ClientError::Protocol`] if the connection is lost.
    pub async fn send(&mut self, message: &Out) -> Result<()> {
        let text = serde_json::to_string(message).map_err(|e| ClientError::Protocol(e.to_string()))?;
        let sent = timeout(OPEN_TIMEOUT, self.stream.send(Message::text(text)));
        match sent.await {
            Ok(result) => result.map_err(|e| ClientError::Protocol(chain(&e))),
            Err(_) => Err(ClientError::Protocol("the connection does not take anything".to_owned())),
        }
    }

    /// The next message; `None`: the connection is lost or closed. Cancel safe. Messages that this client does not
    /// know are skipped, so that a newer relay can say more.
    pub async fn next(&mut self) -> Option<In> {
        loop {
            match timeout(QUIET, self.stream.next()).await {
                Ok(Some(Ok(Message::Text(text)))) => {
                    self.quiet = 0;
                    match serde_json::from_str(&text) {
                        Ok(message) => return Some(message),
                        Err(error) => {
                            tracing::warn!(category = ?error.classify(), "a message was not understood")
                        }
                    }
                }
                Ok(Some(Ok(Message::Close(_)) | Err(_)) | None) => return None,
                Ok(Some(Ok(_))) => self.quiet = 0,
                Err(_) if self.quiet >= MAX_QUIET => return None,
                Err(_) => {
                    self.quiet += 1;
                    timeout(OPEN_TIMEOUT, self.stream.send(Message::Ping(Vec::new().into())))
                        .await
                        .ok()?
                        .ok()?;
                }
            }
        }
    }

    /// Says goodbye, so that the others see it at once.
    pub async fn close(mut self) {
        let _ = timeout(Duration::from_secs(1), self.stream.close(None)).await;
    }
}

impl<Out, In> std::fmt::Debug for JsonSocket<Out, In> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("JsonSocket").finish_non_exhaustive()
    }
}
