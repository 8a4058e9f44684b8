//! HTTP and WebSockets as a program without manners: it may send anything, and sees the raw answers.

use std::time::Duration;

use anyhow::{Context, bail, ensure};
use dragoman_core::ids::SessionId;
use dragoman_core::rest::{Joined, LinkMade, SessionCreated};
use dragoman_core::session_types::{Phase, Role};
use dragoman_core::wire::{DeskRelayMessage, ParticipantMessage, RelayMessage, SessionView};
use futures_util::{SinkExt, StreamExt};
use reqwest::cookie::{CookieStore, Jar};
use reqwest::{Response, Url};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use std::sync::Arc;
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};

/// How long an answer may take before a test gives up.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// One browser, so to speak: an address and its cookies.
#[derive(Clone)]
pub struct Client {
    url: String,
    http: reqwest::Client,
    cookies: Arc<Jar>,
}

impl Client {
    /// Without any cookie.
    pub fn new(url: &str) -> anyhow::Result<Self> {
        // Only plain HTTP on loopback is used here, but the library wants to know.
        let _ = rustls_provider();
        let cookies = Arc::new(Jar::default());
        let http = reqwest::Client::builder().cookie_provider(cookies.clone()).timeout(PATIENCE).build()?;
        Ok(Self { url: url.to_owned(), http, cookies })
    }

    /// Signed in by a demonstration's link.
    pub async fn signed_in(url: &str, link: &str) -> anyhow::Result<Self> {
        let client = Self::new(url)?;
        client.post("/api/v1/links/sign-in", &json!({ "secret": secret_of(link)? })).await?;
        Ok(client)
    }

    /// Joined by an invitation.
    pub async fn joined(url: &str, link: &str) -> anyhow::Result<(Self, Joined)> {
        let client = Self::new(url)?;
        let joined = client.post("/api/v1/links/join", &json!({ "secret": secret_of(link)? })).await?;
        Ok((client, serde_json::from_value(joined)?))
    }

    /// Where the relay is.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// GET; an error for any status but 2xx.
    pub async fn get(&self, path: &str) -> anyhow::Result<Vec<u8>> {
        let answer = self.http.get(format!("{}{path}", self.url)).send().await?;
        ensure!(answer.status().is_success(), "{path}: {}", answer.status());
        Ok(answer.bytes().await?.to_vec())
    }

    /// GET; the status and the body whatever they are.
    pub async fn try_get(&self, path: &str) -> anyhow::Result<(u16, Value)> {
        status_and_body(self.http.get(format!("{}{path}", self.url)).send().await?).await
    }

    /// POST; the status and the body whatever they are.
    pub async fn try_post(&self, path: &str, body: &impl Serialize) -> anyhow::Result<(u16, Value)> {
        status_and_body(self.http.post(format!("{}{path}", self.url)).json(body).send().await?).await
    }

    /// PUT; the status and the body whatever they are.
    pub async fn try_put(&self, path: &str, body: &impl Serialize) -> anyhow::Result<(u16, Value)> {
        status_and_body(self.http.put(format!("{}{path}", self.url)).json(body).send().await?).await
    }

    /// DELETE; the status and the body whatever they are.
    pub async fn try_delete(&self, path: &str, body: &impl Serialize) -> anyhow::Result<(u16, Value)> {
        status_and_body(self.http.delete(format!("{}{path}", self.url)).json(body).send().await?).await
    }

    /// POST; an error for any status but 2xx.
    pub async fn post(&self, path: &str, body: &impl Serialize) -> anyhow::Result<Value> {
        let (status, body) = self.try_post(path, body).await?;
        ensure!((200..300).contains(&status), "{path}: {status} {body}");
        Ok(body)
    }

    /// Asks for an interpreter from a language into English.
    pub async fn request_session(&self, source: &str) -> anyhow::Result<SessionCreated> {
        let request =
            json!({ "languages": { "source": source, "target": "en" }, "transcription_wished": true });
        Ok(serde_json::from_value(self.post("/api/v1/sessions", &request).await?)?)
    }

    /// Makes an invitation.
    pub async fn invite(&self, session: SessionId, role: Role) -> anyhow::Result<String> {
        let made = self.post(&format!("/api/v1/sessions/{session}/links"), &json!({ "role": role })).await?;
        Ok(serde_json::from_value::<LinkMade>(made)?.url)
    }

    /// Opens a session's WebSocket.
    pub async fn session_socket(&self, session: SessionId) -> anyhow::Result<Socket> {
        self.socket(&format!("/api/v1/sessions/{session}/socket")).await
    }

    /// Opens a WebSocket with this client's cookies.
    pub async fn socket(&self, path: &str) -> anyhow::Result<Socket> {
        let address: Url = self.url.parse()?;
        let mut request = format!("{}{path}", self.url.replacen("http", "ws", 1)).into_client_request()?;
        if let Some(cookies) = self.cookies.cookies(&address) {
            request.headers_mut().insert("cookie", cookies);
        }
        let (stream, _) = tokio_tungstenite::connect_async(request).await?;
        Ok(Socket { stream })
    }
}

/// A WebSocket, raw.
pub struct Socket {
    stream: WebSocketStream<MaybeTlsStream<TcpStream>>,
}

impl Socket {
    /// Sends any text.
    pub async fn send_text(&mut self, text: impl Into<String>) -> anyhow::Result<()> {
        Ok(self.stream.send(Message::text(text.into())).await?)
    }

    /// Sends a participant's message.
    pub async fn send(&mut self, message: &ParticipantMessage) -> anyhow::Result<()> {
        self.send_text(serde_json::to_string(message)?).await
    }

    /// The next text message.
    pub async fn next<T: DeserializeOwned>(&mut self) -> anyhow::Result<T> {
        // The relay's pings must not renew the patience.
        let deadline = tokio::time::Instant::now() + PATIENCE;
        loop {
            let message =
                tokio::time::timeout_at(deadline, self.stream.next()).await.context("no message came")?;
            match message.context("the socket was closed")?? {
                Message::Text(text) => return Ok(serde_json::from_str(&text)?),
                Message::Close(frame) => bail!("the relay closed the socket: {frame:?}"),
                _ => {}
            }
        }
    }

    /// The next relay message that `wanted` picks; others are passed over.
    pub async fn find<T>(&mut self, mut wanted: impl FnMut(RelayMessage) -> Option<T>) -> anyhow::Result<T> {
        loop {
            if let Some(found) = wanted(self.next().await?) {
                return Ok(found);
            }
        }
    }

    /// Waits until the session is in a phase; the view then.
    pub async fn phase(&mut self, phase: Phase) -> anyhow::Result<SessionView> {
        self.find(|message| match message {
            RelayMessage::Session { view } if view.phase == phase => Some(view),
            _ => None,
        })
        .await
    }

    /// Waits for a ring, takes it, and waits until it is this mediator's.
    pub async fn accept_next(&mut self) -> anyhow::Result<SessionId> {
        loop {
            match self.next().await? {
                DeskRelayMessage::Desk { view } => {
                    if let Some(offer) = view.mediator.and_then(|desk| desk.offers.into_iter().next()) {
                        let accept =
                            json!({ "type": "accept_offer", "session": offer.session, "offer": offer.offer });
                        self.send_text(accept.to_string()).await?;
                    }
                }
                DeskRelayMessage::Assigned { session } => return Ok(session),
                DeskRelayMessage::Refused { problem } | DeskRelayMessage::Goodbye { problem, .. } => {
                    bail!("{}: {}", problem.code, problem.message)
                }
            }
        }
    }
}

/// The secret of a link.
pub fn secret_of(link: &str) -> anyhow::Result<&str> {
    Ok(link.split_once("#/link/").context("not a link")?.1)
}

async fn status_and_body(answer: Response) -> anyhow::Result<(u16, Value)> {
    let status = answer.status().as_u16();
    let bytes = answer.bytes().await?;
    Ok((status, serde_json::from_slice(&bytes).unwrap_or(Value::Null)))
}

/// For an address on this machine, with no timeout of its own: for servers that answer when something happens.
pub(crate) fn plain_http() -> anyhow::Result<reqwest::Client> {
    let _ = rustls_provider();
    Ok(reqwest::Client::builder().no_proxy().build()?)
}

fn rustls_provider() -> Result<(), ()> {
    rustls::crypto::ring::default_provider().install_default().map_err(|_| ())
}
