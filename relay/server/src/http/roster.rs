//! The roster, as coordinators keep it.

use std::collections::HashMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use dragoman_core::ids::MediatorId;
use dragoman_core::relay::Input;
use dragoman_core::rest::MediatorRow;
use dragoman_core::roster::{Mediator, Profile};
use dragoman_core::roster_check;
use dragoman_core::time::UnixMillis;
use dragoman_core::wire::Problem;
use uuid::Uuid;

use super::auth::RosterKeeper;
use super::problem::ApiError;
use super::{App, Body, Id};

/// The whole roster.
#[utoipa::path(get, path = "/api/v1/mediators", tag = "roster",
    responses((status = 200, body = Vec<MediatorRow>), (status = 403, body = Problem)))]
pub(super) async fn list(
    State(app): State<Arc<App>>,
    _keeper: RosterKeeper,
) -> Result<Json<Vec<MediatorRow>>, ApiError> {
    let logins: HashMap<MediatorId, String> = app
        .store
        .accounts()
        .await?
        .into_iter()
        .filter_map(|account| Some((account.mediator?, account.login)))
        .collect();
    let roster = app.store.mediators().await?;
    let row = |(mediator, ..): (Mediator, bool, UnixMillis)| MediatorRow {
        login: logins.get(&mediator.id).cloned(),
        mediator,
    };
    Ok(Json(roster.into_iter().map(row).collect()))
}

/// Adds a mediator.
#[utoipa::path(post, path = "/api/v1/mediators", tag = "roster", request_body = Profile,
    responses((status = 201, body = MediatorRow), (status = 400, body = Problem), (status = 403, body = Problem)))]
pub(super) async fn create(
    State(app): State<Arc<App>>,
    _keeper: RosterKeeper,
    Body(form): Body<Profile>,
) -> Result<(StatusCode, Json<MediatorRow>), ApiError> {
    let mediator = checked(MediatorId(Uuid::new_v4()), form)?;
    app.engine.input(Input::PutMediator(mediator.clone())).await?;
    Ok((StatusCode::CREATED, Json(MediatorRow { mediator, login: None })))
}

/// Changes a mediator. Somebody who is in a session stays in it.
#[utoipa::path(put, path = "/api/v1/mediators/{id}", tag = "roster", request_body = Profile,
    params(("id" = MediatorId, Path)),
    responses((status = 200, body = MediatorRow), (status = 400, body = Problem), (status = 404, body = Problem)))]
pub(super) async fn update(
    State(app): State<Arc<App>>,
    _keeper: RosterKeeper,
    Id(id): Id<MediatorId>,
    Body(form): Body<Profile>,
) -> Result<Json<MediatorRow>, ApiError> {
    let mediator = checked(id, form)?;
    if !app.engine.read(move |relay| relay.roster().get(id).is_some()).await? {
        return Err(ApiError::no_such("mediator"));
    }
    app.engine.input(Input::PutMediator(mediator.clone())).await?;
    let accounts = app.store.accounts().await?;
    let login =
        accounts.into_iter().find(|account| account.mediator == Some(id)).map(|account| account.login);
    Ok(Json(MediatorRow { mediator, login }))
}

fn checked(id: MediatorId, profile: Profile) -> Result<Mediator, ApiError> {
    let profile = roster_check::checked(profile).map_err(ApiError::malformed)?;
    Ok(Mediator { id, profile })
}
