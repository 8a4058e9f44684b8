//! The roster, as coordinators keep it.

use std::collections::HashMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use dragoman_core::availability::Span;
use dragoman_core::ids::MediatorId;
use dragoman_core::relay::{Input, Relay};
use dragoman_core::rest::MediatorRow;
use dragoman_core::roster::{Mediator, Profile};
use dragoman_core::roster_check::{self, folded_alias};
use dragoman_core::standings::RosterEntry;
use dragoman_core::time::UnixMillis;
use dragoman_core::wire::Problem;
use uuid::Uuid;

use super::auth::RosterKeeper;
use super::keeping::{demand_own, kept, sight};
use super::problem::ApiError;
use super::{App, Body, Id};

/// Loans that begin within this time are looked at as well, in milliseconds: a year.
const LOOKS_AHEAD: i64 = 365 * 86_400_000;

/// The roster: the account's own mediators whole; of those who serve its agency otherwise, also on loan within a year,
/// alias, skills and clearance.
#[utoipa::path(get, path = "/api/v1/mediators", tag = "roster",
    responses((status = 200, body = Vec<MediatorRow>), (status = 403, body = Problem)))]
pub(super) async fn list(
    State(app): State<Arc<App>>,
    RosterKeeper(account): RosterKeeper,
) -> Result<Json<Vec<MediatorRow>>, ApiError> {
    let (sight, now) = (sight(&app, &account).await, app.now());
    let window = Span { from: now, until: UnixMillis(now.0.saturating_add(LOOKS_AHEAD)) };
    let logins: HashMap<MediatorId, String> = app
        .store
        .accounts()
        .await?
        .into_iter()
        .filter_map(|account| Some((account.mediator?, account.login)))
        .collect();
    let roster = app.store.mediators().await?;
    let row = |(mediator, ..): (Mediator, bool, UnixMillis)| {
        let login = logins.get(&mediator.id).filter(|_| sight.keeps(&mediator)).cloned();
        Some(MediatorRow { mediator: sight.shown(mediator, window)?, login })
    };
    Ok(Json(roster.into_iter().filter_map(row).collect()))
}

/// Adds a mediator; one of the account's agency, if it has one.
#[utoipa::path(post, path = "/api/v1/mediators", tag = "roster", request_body = Profile,
    responses((status = 201, body = MediatorRow), (status = 400, body = Problem), (status = 403, body = Problem), (status = 409, body = Problem)))]
pub(super) async fn create(
    State(app): State<Arc<App>>,
    RosterKeeper(account): RosterKeeper,
    Body(mut form): Body<Profile>,
) -> Result<(StatusCode, Json<MediatorRow>), ApiError> {
    form.agency = form.agency.or_else(|| account.actor().limited_to().cloned());
    let mediator = checked(MediatorId(Uuid::new_v4()), form)?;
    let _writing = app.roster_writes.lock().await;
    demand_own(&account, &mediator)?;
    demand_free_alias(&app, &mediator).await?;
    app.engine.input(Input::PutMediator(mediator.clone())).await?;
    Ok((StatusCode::CREATED, Json(MediatorRow { mediator, login: None })))
}

/// Changes a mediator. Somebody who is in a session stays in it.
#[utoipa::path(put, path = "/api/v1/mediators/{id}", tag = "roster", request_body = Profile,
    params(("id" = MediatorId, Path)),
    responses((status = 200, body = MediatorRow), (status = 400, body = Problem), (status = 403, body = Problem), (status = 404, body = Problem), (status = 409, body = Problem)))]
pub(super) async fn update(
    State(app): State<Arc<App>>,
    RosterKeeper(account): RosterKeeper,
    Id(id): Id<MediatorId>,
    Body(form): Body<Profile>,
) -> Result<Json<MediatorRow>, ApiError> {
    let mediator = checked(id, form)?;
    let _writing = app.roster_writes.lock().await;
    kept(&app, &account, id).await?;
    demand_own(&account, &mediator)?;
    demand_free_alias(&app, &mediator).await?;
    app.engine.input(Input::PutMediator(mediator.clone())).await?;
    let accounts = app.store.accounts().await?;
    let login =
        accounts.into_iter().find(|account| account.mediator == Some(id)).map(|account| account.login);
    Ok(Json(MediatorRow { mediator, login }))
}

/// Others know mediators by their alias alone, and a file of the roster with one twice could not be read again.
async fn demand_free_alias(app: &App, mediator: &Mediator) -> Result<(), ApiError> {
    let (id, alias) = (mediator.id, folded_alias(&mediator.alias));
    let is_taken = move |relay: &Relay| {
        relay
            .roster()
            .entries()
            .any(|RosterEntry { mediator, .. }| mediator.id != id && folded_alias(&mediator.alias) == alias)
    };
    if app.engine.read(is_taken).await? {
        let message = "a mediator on the roster has this alias: choose another one";
        return Err(ApiError::new(StatusCode::CONFLICT, "alias_taken", message));
    }
    Ok(())
}

fn checked(id: MediatorId, profile: Profile) -> Result<Mediator, ApiError> {
    let profile = roster_check::checked(profile).map_err(ApiError::malformed)?;
    Ok(Mediator { id, profile })
}
