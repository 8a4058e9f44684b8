//! Using links: look, enrol, sign in, join.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum_extra::extract::cookie::CookieJar;
use dragoman_core::ids::ParticipantId;
use dragoman_core::relay::Input;
use dragoman_core::rest::{EnrolRequest, Joined, LinkInfo, LinkPurpose, LinkSecret, Me};
use dragoman_core::wire::Problem;
use uuid::Uuid;

use super::accounts::sign_in;
use super::auth::{GuestIn, PARTICIPANT_COOKIE, cookie};
use super::problem::ApiError;
use super::{App, Body};
use crate::secrets::{check_password_form, hash_password, hash_secret, new_secret};
use crate::store::{Guest, Link, LinkTarget, Redeemed};

/// What a link is for; does not use it up.
#[utoipa::path(post, path = "/api/v1/links/inspect", tag = "links", request_body = LinkSecret,
    responses((status = 200, body = LinkInfo), (status = 404, body = Problem), (status = 410, body = Problem)))]
pub(super) async fn inspect(
    State(app): State<Arc<App>>,
    Body(LinkSecret { secret }): Body<LinkSecret>,
) -> Result<Json<LinkInfo>, ApiError> {
    let link = app.store.link(&hash_secret(&secret)).await?.ok_or_else(unknown)?;
    if link.used_at.is_some() && !link.reusable {
        return Err(used());
    }
    if link.expires_at <= app.now() {
        return Err(expired());
    }
    let (login, role) = match link.target {
        LinkTarget::Account(id) => (app.store.account(id).await?.map(|account| account.login), None),
        LinkTarget::Session(_, role) => (None, Some(role)),
    };
    Ok(Json(LinkInfo { purpose: link.purpose, language: link.language, login, role }))
}

/// Chooses the password of a new account, and signs in.
#[utoipa::path(post, path = "/api/v1/links/enrol", tag = "links", request_body = EnrolRequest,
    responses((status = 200, body = Me), (status = 400, body = Problem), (status = 404, body = Problem), (status = 410, body = Problem)))]
pub(super) async fn enrol(
    State(app): State<Arc<App>>,
    jar: CookieJar,
    Body(form): Body<EnrolRequest>,
) -> Result<(CookieJar, Json<Me>), ApiError> {
    check_password_form(&form.password).map_err(|message| ApiError::bad_request("password_weak", message))?;
    let hash = hash_password(form.password).await?;
    let link = redeem(&app, &form.secret, LinkPurpose::Enrol).await?;
    let LinkTarget::Account(id) = link.target else { return Err(unknown()) };
    app.store.set_password_hash(id, &hash).await?;
    // A new password ends whoever was signed in by an old one.
    app.store.remove_logins(id).await?;
    let account = app.store.account(id).await?.ok_or_else(unknown)?;
    sign_in(&app, jar, &account).await
}

/// Signs in without a password: the demonstration's links only.
#[utoipa::path(post, path = "/api/v1/links/sign-in", tag = "links", request_body = LinkSecret,
    responses((status = 200, body = Me), (status = 404, body = Problem), (status = 410, body = Problem)))]
pub(super) async fn sign_in_by_link(
    State(app): State<Arc<App>>,
    jar: CookieJar,
    Body(LinkSecret { secret }): Body<LinkSecret>,
) -> Result<(CookieJar, Json<Me>), ApiError> {
    if !app.config.demo {
        return Err(unknown());
    }
    let link = redeem(&app, &secret, LinkPurpose::SignIn).await?;
    let LinkTarget::Account(id) = link.target else { return Err(unknown()) };
    let account = app.store.account(id).await?.ok_or_else(unknown)?;
    sign_in(&app, jar, &account).await
}

/// Takes a place in a session.
#[utoipa::path(post, path = "/api/v1/links/join", tag = "links", request_body = LinkSecret,
    responses((status = 200, body = Joined), (status = 404, body = Problem), (status = 409, body = Problem), (status = 410, body = Problem)))]
pub(super) async fn join(
    State(app): State<Arc<App>>,
    jar: CookieJar,
    Body(LinkSecret { secret }): Body<LinkSecret>,
) -> Result<(CookieJar, Json<Joined>), ApiError> {
    let link = redeem(&app, &secret, LinkPurpose::Join).await?;
    let LinkTarget::Session(session, role) = link.target else { return Err(unknown()) };
    let guest = Guest { session, participant: ParticipantId(Uuid::new_v4()), role, language: link.language };
    let admit = Input::AdmitParticipant {
        session,
        participant: guest.participant,
        role,
        language: guest.language.clone(),
    };
    if let Err(refused) = app.engine.input(admit).await {
        // What could not be used is not used up.
        app.store.restore_link(&hash_secret(&secret)).await?;
        return Err(refused.into());
    }
    let (token, hash) = new_secret();
    app.store.add_guest(&hash, &guest).await?;
    Ok((jar.add(cookie(PARTICIPANT_COOKIE, token, app.is_secure())), Json(joined(guest))))
}

/// The place that this browser's guest holds, so that a page that was reloaded finds its session.
#[utoipa::path(get, path = "/api/v1/participant", tag = "links", responses((status = 200, body = Joined), (status = 401, body = Problem)))]
pub(super) async fn participant(GuestIn(guest): GuestIn) -> Json<Joined> {
    Json(joined(guest))
}

fn joined(guest: Guest) -> Joined {
    Joined {
        session: guest.session,
        participant: guest.participant,
        role: guest.role,
        language: guest.language,
    }
}

async fn redeem(app: &App, secret: &str, purpose: LinkPurpose) -> Result<Link, ApiError> {
    match app.store.redeem_link(&hash_secret(secret), purpose, app.now()).await? {
        Redeemed::Yes(link) => Ok(link),
        Redeemed::Unknown => Err(unknown()),
        Redeemed::Used => Err(used()),
        Redeemed::Expired => Err(expired()),
    }
}

fn unknown() -> ApiError {
    let message =
        "this link is not known here: check that the whole address was copied, or ask for a new one";
    ApiError::new(StatusCode::NOT_FOUND, "link_unknown", message)
}

fn used() -> ApiError {
    ApiError::new(
        StatusCode::GONE,
        "link_used",
        "this link was used already; each works once. Ask for a new one",
    )
}

fn expired() -> ApiError {
    ApiError::new(StatusCode::GONE, "link_expired", "this link has run out. Ask for a new one")
}
