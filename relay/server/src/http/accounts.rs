//! Signing in and out, and making accounts.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum_extra::extract::cookie::CookieJar;
use dragoman_core::ids::AccountId;
use dragoman_core::rest::{AccountForm, AccountRole, AccountRow, LinkMade, LinkPurpose, LoginRequest, Me};
use dragoman_core::wire::Problem;
use uuid::Uuid;

use super::agencies::check_account_agency;
use super::auth::{LOGIN_COOKIE, RosterKeeper, SignedIn, cookie};
use super::keeping::{entries, kept};
use super::problem::ApiError;
use super::{App, Body};
use crate::links::{self, ENROL_FOR};
use crate::secrets::{hash_secret, new_secret, verify_password};
use crate::store::{Account, Link, LinkTarget};

/// A login lasts one long shift.
const LOGIN_FOR: std::time::Duration = std::time::Duration::from_secs(16 * 60 * 60);

/// Signs in with a password.
#[utoipa::path(post, path = "/api/v1/login", tag = "accounts", request_body = LoginRequest,
    responses((status = 200, body = Me), (status = 401, body = Problem), (status = 429, body = Problem)))]
pub(super) async fn login(
    State(app): State<Arc<App>>,
    jar: CookieJar,
    Body(form): Body<LoginRequest>,
) -> Result<(CookieJar, Json<Me>), ApiError> {
    let refuse = || {
        ApiError::new(
            StatusCode::UNAUTHORIZED,
            "wrong_login",
            "login name or password is wrong: check both and try again",
        )
    };
    if !app.throttle.may_try(&form.login, app.now()) {
        let message = "too many wrong passwords for this login name: wait 15 minutes, or ask the administrator for a new link";
        return Err(ApiError::new(StatusCode::TOO_MANY_REQUESTS, "too_many_tries", message));
    }
    let account = app.store.account_by_login(&form.login).await?;
    let stored = account.as_ref().and_then(|account| account.password_hash.clone());
    if !verify_password(form.password, stored).await {
        app.throttle.note_failure(&form.login, app.now());
        return Err(refuse());
    }
    app.throttle.forget(&form.login);
    sign_in(&app, jar, &account.ok_or_else(refuse)?).await
}

/// Signs out.
#[utoipa::path(post, path = "/api/v1/logout", tag = "accounts", responses((status = 204)))]
pub(super) async fn logout(
    State(app): State<Arc<App>>,
    jar: CookieJar,
) -> Result<(CookieJar, StatusCode), ApiError> {
    if let Some(token) = jar.get(LOGIN_COOKIE) {
        app.store.remove_login(&hash_secret(token.value())).await?;
    }
    Ok((jar.remove(cookie(LOGIN_COOKIE, String::new(), app.is_secure())), StatusCode::NO_CONTENT))
}

/// Who is signed in.
#[utoipa::path(get, path = "/api/v1/me", tag = "accounts", responses((status = 200, body = Me), (status = 401, body = Problem)))]
pub(super) async fn me(SignedIn(account): SignedIn) -> Json<Me> {
    Json(me_of(&account))
}

/// All accounts; of a coordinator of an agency, those of the agency and of its mediators.
#[utoipa::path(get, path = "/api/v1/accounts", tag = "accounts",
    responses((status = 200, body = Vec<AccountRow>), (status = 403, body = Problem)))]
pub(super) async fn list(
    State(app): State<Arc<App>>,
    RosterKeeper(reader): RosterKeeper,
) -> Result<Json<Vec<AccountRow>>, ApiError> {
    let (actor, accounts) = (reader.actor(), app.store.accounts().await?);
    let people = entries(&app, accounts.iter().filter_map(|account| account.mediator).collect()).await?;
    let is_own = |account: &Account| match account.mediator {
        Some(id) => people.get(&id).is_some_and(|mediator| actor.keeps(mediator)),
        None => actor.keeps_for(account.agency.as_ref()),
    };
    let row = |account: Account| AccountRow {
        id: account.id,
        login: account.login,
        role: account.role,
        enrolled: account.password_hash.is_some(),
        agency: account.agency,
    };
    Ok(Json(accounts.into_iter().filter(is_own).map(row).collect()))
}

/// Makes an account, or a new link for one that exists, whose password was forgotten; answers with the link.
#[utoipa::path(post, path = "/api/v1/accounts", tag = "accounts", request_body = AccountForm,
    responses((status = 201, body = LinkMade), (status = 400, body = Problem), (status = 403, body = Problem), (status = 409, body = Problem)))]
pub(super) async fn create(
    State(app): State<Arc<App>>,
    RosterKeeper(maker): RosterKeeper,
    Body(form): Body<AccountForm>,
) -> Result<(StatusCode, Json<LinkMade>), ApiError> {
    if maker.role == AccountRole::Coordinator && form.role != AccountRole::Mediator {
        return Err(ApiError::not_allowed(
            "coordinators make accounts of mediators only; ask an administrator",
        ));
    }
    check_login_form(&form.login)?;
    if (form.role == AccountRole::Mediator) != form.mediator.is_some() {
        let message =
            "an account of role mediator needs the roster entry it belongs to, and no other role has one";
        return Err(ApiError::bad_request("mediator_missing", message));
    }
    check_account_agency(&app, form.role, form.agency.as_ref()).await?;
    if let Some(mediator) = form.mediator {
        // Whoever has the link signs in as the mediator.
        kept(&app, &maker, mediator).await?;
    }
    let existing = app.store.account_by_login(&form.login).await?;
    let reissue = existing.filter(|a| {
        let same_agency = form.agency.is_none() || a.agency == form.agency;
        a.role == form.role && a.mediator == form.mediator && same_agency
    });
    let account = match reissue {
        Some(account) => account,
        None => {
            let account = Account {
                id: AccountId(Uuid::new_v4()),
                login: form.login,
                role: form.role,
                language: form.language,
                mediator: form.mediator,
                password_hash: None,
                agency: form.agency,
            };
            app.store.add_account(&account, app.now()).await?;
            account
        }
    };
    let link = Link {
        purpose: LinkPurpose::Enrol,
        target: LinkTarget::Account(account.id),
        language: account.language,
        reusable: false,
        expires_at: app.now() + ENROL_FOR,
        used_at: None,
    };
    Ok((StatusCode::CREATED, Json(links::make(&app.store, &app.config.public_url, &link).await?)))
}

/// Starts a login: the cookie goes to the browser, its digest to the store.
pub(super) async fn sign_in(
    app: &App,
    jar: CookieJar,
    account: &Account,
) -> Result<(CookieJar, Json<Me>), ApiError> {
    let (token, hash) = new_secret();
    app.store.add_login(&hash, account.id, app.now() + LOGIN_FOR, app.now()).await?;
    Ok((jar.add(cookie(LOGIN_COOKIE, token, app.is_secure())), Json(me_of(account))))
}

fn me_of(account: &Account) -> Me {
    Me {
        account: account.id,
        login: account.login.clone(),
        role: account.role,
        language: account.language.clone(),
        agency: account.agency.clone(),
    }
}

fn check_login_form(login: &str) -> Result<(), ApiError> {
    let allowed = |c: char| c.is_alphanumeric() || matches!(c, '.' | '-' | '_');
    if (2..=64).contains(&login.chars().count()) && login.chars().all(allowed) {
        return Ok(());
    }
    Err(ApiError::bad_request(
        "login_malformed",
        "a login name has 2 to 64 letters, digits, dots, dashes or underscores",
    ))
}
