//! Who is asking: cookies of accounts and guests, and the check that a request comes from our own pages.

use std::sync::Arc;

use axum::extract::{FromRequestParts, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use axum_extra::extract::cookie::{Cookie, CookieJar, SameSite};
use dragoman_core::ids::MediatorId;
use dragoman_core::rest::AccountRole;

use super::App;
use super::problem::ApiError;
use crate::secrets::hash_secret;
use crate::store::{Account, Guest};

/// Cookie of an account.
pub const LOGIN_COOKIE: &str = "dragoman_login";
/// Cookie of a guest of one session.
pub const PARTICIPANT_COOKIE: &str = "dragoman_participant";

/// The account that is signed in.
pub(super) struct SignedIn(pub(super) Account);

/// The guest that came by a link.
pub(super) struct GuestIn(pub(super) Guest);

/// A coordinator or an administrator.
pub(super) struct RosterKeeper(pub(super) Account);

/// An administrator.
pub(super) struct Administrator;

/// The roster entry of a mediator who is signed in.
pub(super) struct MediatorIn(pub(super) MediatorId);

/// An officer.
pub(super) struct Officer(pub(super) Account);

impl FromRequestParts<Arc<App>> for SignedIn {
    type Rejection = ApiError;
    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, ApiError> {
        let token = cookie_of(&parts.headers, LOGIN_COOKIE).ok_or_else(ApiError::not_signed_in)?;
        let account = app.store.login_account(&hash_secret(&token), app.now()).await?;
        account.map(Self).ok_or_else(ApiError::not_signed_in)
    }
}

impl FromRequestParts<Arc<App>> for GuestIn {
    type Rejection = ApiError;
    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, ApiError> {
        let token = cookie_of(&parts.headers, PARTICIPANT_COOKIE).ok_or_else(ApiError::not_signed_in)?;
        let guest = app.store.guest(&hash_secret(&token)).await?;
        guest.map(Self).ok_or_else(ApiError::not_signed_in)
    }
}

impl FromRequestParts<Arc<App>> for RosterKeeper {
    type Rejection = ApiError;
    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, ApiError> {
        let SignedIn(account) = SignedIn::from_request_parts(parts, app).await?;
        match account.role {
            AccountRole::Coordinator | AccountRole::Administrator => Ok(Self(account)),
            _ => Err(ApiError::not_allowed("only coordinators and administrators may do this")),
        }
    }
}

impl FromRequestParts<Arc<App>> for Administrator {
    type Rejection = ApiError;
    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, ApiError> {
        let SignedIn(account) = SignedIn::from_request_parts(parts, app).await?;
        match account.role {
            AccountRole::Administrator => Ok(Self),
            _ => Err(ApiError::not_allowed("only administrators may do this")),
        }
    }
}

impl FromRequestParts<Arc<App>> for MediatorIn {
    type Rejection = ApiError;
    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, ApiError> {
        let SignedIn(account) = SignedIn::from_request_parts(parts, app).await?;
        account.mediator.map(Self).ok_or_else(|| ApiError::not_allowed("only mediators may do this"))
    }
}

impl FromRequestParts<Arc<App>> for Officer {
    type Rejection = ApiError;
    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, ApiError> {
        let SignedIn(account) = SignedIn::from_request_parts(parts, app).await?;
        match account.role {
            AccountRole::Officer => Ok(Self(account)),
            _ => Err(ApiError::not_allowed("only officers may do this")),
        }
    }
}

/// A cookie that pages can not read, that other sites can not send, and that ends with the browser.
pub(super) fn cookie(name: &'static str, value: String, secure: bool) -> Cookie<'static> {
    Cookie::build((name, value)).http_only(true).same_site(SameSite::Strict).secure(secure).path("/").build()
}

/// The value of a cookie, if it was sent.
pub(super) fn cookie_of(headers: &HeaderMap, name: &str) -> Option<String> {
    CookieJar::from_headers(headers).get(name).map(|cookie| cookie.value().to_owned())
}

/// Refuses writes and sockets that another site's page started in this browser. Browsers name the page's origin;
/// programs that are no browser send none, and hold no cookies of others either.
pub(super) async fn same_origin(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    let reads = matches!(*request.method(), Method::GET | Method::HEAD);
    let upgrades = request.headers().contains_key(header::UPGRADE);
    let origin = request.headers().get(header::ORIGIN).and_then(|value| value.to_str().ok());
    if let Some(origin) = origin.filter(|_| !reads || upgrades) {
        let host =
            request.headers().get(header::HOST).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let authority = request.uri().authority().map(|a| a.as_str()).unwrap_or(host);
        let same = origin.split_once("://").is_some_and(|(_, from)| from == authority);
        if !same && origin != app.config.public_url {
            let message = "this request was started by a page of another site";
            return ApiError::new(StatusCode::FORBIDDEN, "foreign_origin", message).into_response();
        }
    }
    next.run(request).await
}
