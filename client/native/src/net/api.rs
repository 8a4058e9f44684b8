//! REST calls of one login or one guest, with its cookies.

use std::sync::Arc;
use std::time::Duration;

use dragoman_core::glossary::Term;
use dragoman_core::ids::SessionId;
use dragoman_core::rest::{
    InviteRequest, Joined, LinkInfo, LinkMade, LinkSecret, LoginRequest, Me, SessionCreated, SessionForm,
    SessionRow,
};
use dragoman_core::wire::Problem;
use reqwest::cookie::{CookieStore as _, Jar};
use reqwest::header::HeaderValue;
use reqwest::{Client, Method, RequestBuilder, Response};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{DeskSocket, Link, RelayAddress, SessionSocket, Trust};
use crate::error::{ClientError, Result};

/// Time for one call; long enough for Argon2 on a busy machine.
const CALL_TIMEOUT: Duration = Duration::from_secs(20);

/// One client of a relay's API. Cheap to clone; clones share the cookies.
#[derive(Clone, Debug)]
pub struct ApiClient {
    relay: RelayAddress,
    trust: Trust,
    http: Client,
    cookies: Arc<Jar>,
}

impl ApiClient {
    /// A client that has not signed in.
    ///
    /// # Errors
    /// If the HTTP library can not be set up.
    pub fn new(relay: RelayAddress, trust: Trust) -> Result<Self> {
        let cookies = Arc::new(Jar::default());
        let http = Client::builder()
            .tls_backend_preconfigured(trust.config().as_ref().clone())
            .cookie_provider(cookies.clone())
            .timeout(CALL_TIMEOUT)
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .map_err(|e| ClientError::Protocol(chain(&e)))?;
        Ok(Self { relay, trust, http, cookies })
    }

    /// Where it calls.
    pub fn relay(&self) -> &RelayAddress {
        &self.relay
    }

    /// What the link is for, without using it up.
    ///
    /// # Errors
    /// [`ClientError::Refused`] for unknown, used or expired links.
    pub async fn inspect(&self, link: &Link) -> Result<LinkInfo> {
        self.post("/api/v1/links/inspect", &LinkSecret { secret: link.secret.clone() }).await
    }

    /// Enters a session by a link, which is used up; the cookie is kept for [`ApiClient::session_socket`].
    ///
    /// # Errors
    /// [`ClientError::Refused`] for unknown, used or expired links.
    pub async fn join(&self, link: &Link) -> Result<Joined> {
        self.post("/api/v1/links/join", &LinkSecret { secret: link.secret.clone() }).await
    }

    /// Signs in by a demo link.
    ///
    /// # Errors
    /// [`ClientError::Refused`] if the link is not for that.
    pub async fn sign_in(&self, link: &Link) -> Result<Me> {
        self.post("/api/v1/links/sign-in", &LinkSecret { secret: link.secret.clone() }).await
    }

    /// Signs in by name and password.
    ///
    /// # Errors
    /// [`ClientError::Refused`] if they are wrong.
    pub async fn login(&self, login: &str, password: &str) -> Result<Me> {
        let request = LoginRequest { login: login.to_owned(), password: password.to_owned() };
        self.post("/api/v1/login", &request).await
    }

    /// Asks for an interpreter (officer).
    ///
    /// # Errors
    /// [`ClientError::Refused`] if the request makes no sense.
    pub async fn create_session(&self, request: &SessionForm) -> Result<SessionCreated> {
        self.post("/api/v1/sessions", request).await
    }

    /// The officer's own sessions, also past ones.
    ///
    /// # Errors
    /// [`ClientError::Refused`] without login.
    pub async fn sessions(&self) -> Result<Vec<SessionRow>> {
        read(self.call(Method::GET, "/api/v1/sessions").send().await.map_err(|e| self.unreachable(&e))?).await
    }

    /// Makes a link that lets somebody into a session (officer of it).
    ///
    /// # Errors
    /// [`ClientError::Refused`] if that role can not be invited.
    pub async fn invite(&self, session: SessionId, request: &InviteRequest) -> Result<LinkMade> {
        self.post(&format!("/api/v1/sessions/{session}/links"), request).await
    }

    /// The terms of a session's kind of case, in its languages (anybody in it).
    ///
    /// # Errors
    /// [`ClientError::Refused`] for whoever is not in it.
    pub async fn glossary(&self, session: SessionId) -> Result<Vec<Term>> {
        let path = format!("/api/v1/sessions/{session}/glossary");
        read(self.call(Method::GET, &path).send().await.map_err(|e| self.unreachable(&e))?).await
    }

    /// The sealed record as a ZIP file. Every reading is logged with its reason.
    ///
    /// # Errors
    /// [`ClientError::Refused`] with code `not_sealed` before the end.
    pub async fn record(&self, session: SessionId, reason: &str) -> Result<Vec<u8>> {
        let call = self
            .call(Method::GET, &format!("/api/v1/sessions/{session}/record"))
            .query(&[("reason", reason)]);
        let answer = refused(call.send().await.map_err(|e| self.unreachable(&e))?).await?;
        Ok(answer.bytes().await.map_err(|e| self.unreachable(&e))?.to_vec())
    }

    /// Any other call: sends `body`, reads the answer.
    ///
    /// # Errors
    /// [`ClientError::Refused`] with the relay's reason, [`ClientError::Unreachable`] without one.
    pub async fn post<T: DeserializeOwned>(&self, path: &str, body: &(impl Serialize + Sync)) -> Result<T> {
        read(self.call(Method::POST, path).json(body).send().await.map_err(|e| self.unreachable(&e))?).await
    }

    /// Opens a session's socket with the cookie of [`ApiClient::join`] or of the login.
    ///
    /// # Errors
    /// As for every call.
    pub async fn session_socket(&self, session: SessionId) -> Result<SessionSocket> {
        SessionSocket::open(self, &format!("/api/v1/sessions/{session}/socket")).await
    }

    /// Opens the socket of an account's home.
    ///
    /// # Errors
    /// As for every call.
    pub async fn desk_socket(&self) -> Result<DeskSocket> {
        DeskSocket::open(self, "/api/v1/desk").await
    }

    pub(crate) fn trust(&self) -> &Trust {
        &self.trust
    }

    pub(crate) fn cookie_header(&self, path: &str) -> Option<HeaderValue> {
        self.cookies.cookies(&self.relay.url(path))
    }

    fn call(&self, method: Method, path: &str) -> RequestBuilder {
        self.http.request(method, self.relay.url(path))
    }

    pub(crate) fn unreachable(&self, error: &(dyn std::error::Error + 'static)) -> ClientError {
        ClientError::Unreachable { relay: self.relay.to_string(), reason: chain(error) }
    }
}

async fn read<T: DeserializeOwned>(answer: Response) -> Result<T> {
    let body = refused(answer).await?.bytes().await.map_err(|e| ClientError::Protocol(chain(&e)))?;
    serde_json::from_slice(&body).map_err(|e| ClientError::Protocol(e.to_string()))
}

/// The relay's own words where the status is an error.
async fn refused(answer: Response) -> Result<Response> {
    let status = answer.status();
    if status.is_success() {
        return Ok(answer);
    }
    let body = answer.bytes().await.unwrap_or_default();
    Err(ClientError::Refused(problem(status.as_u16(), &body)))
}

pub(crate) fn problem(status: u16, body: &[u8]) -> Problem {
    serde_json::from_slice(body).unwrap_or_else(|_| Problem {
        code: format!("http_{status}"),
        message: "the relay gave no reason".to_owned(),
    })
}

/// An error with its causes: libraries put what matters into the last one. Addresses are left out by their `Display`
/// where they could hold a secret: secrets are only ever sent in bodies.
pub(crate) fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        next = cause.source();
    }
    text
}
