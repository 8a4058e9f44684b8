//! Private details of mediators: for administrators and coordinators of their agency, and never without a note of it.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use dragoman_core::ids::MediatorId;
use dragoman_core::rest_directory::{PrivateAccess, PrivateDetails};
use dragoman_core::wire::Problem;

use super::auth::RosterKeeper;
use super::keeping::kept;
use super::problem::ApiError;
use super::{App, Body, Id};

/// Most lines of a log that are shown.
const MAX_LOG: u32 = 200;

/// Who a mediator is and how to reach them. The reading is logged.
#[utoipa::path(get, path = "/api/v1/mediators/{id}/private", tag = "roster", params(("id" = MediatorId, Path)),
    responses((status = 200, body = PrivateDetails), (status = 403, body = Problem), (status = 404, body = Problem), (status = 503, body = Problem)))]
pub(super) async fn read(
    State(app): State<Arc<App>>,
    RosterKeeper(account): RosterKeeper,
    Id(id): Id<MediatorId>,
) -> Result<Json<PrivateDetails>, ApiError> {
    kept(&app, &account, id).await?;
    let mut found = app.directory.read(&[id], account.id, app.now()).await?;
    Ok(Json(found.remove(&id).unwrap_or_default()))
}

/// Who read and changed them and when, and when the relay gave the number to the gateway; newest first, 200 at most.
#[utoipa::path(get, path = "/api/v1/mediators/{id}/private/log", tag = "roster", params(("id" = MediatorId, Path)),
    responses((status = 200, body = Vec<PrivateAccess>), (status = 403, body = Problem), (status = 404, body = Problem)))]
pub(super) async fn log(
    State(app): State<Arc<App>>,
    RosterKeeper(account): RosterKeeper,
    Id(id): Id<MediatorId>,
) -> Result<Json<Vec<PrivateAccess>>, ApiError> {
    kept(&app, &account, id).await?;
    Ok(Json(app.store.private_log(id, MAX_LOG).await?))
}

/// Replaces them. The change is logged.
#[utoipa::path(put, path = "/api/v1/mediators/{id}/private", tag = "roster", request_body = PrivateDetails,
    params(("id" = MediatorId, Path)),
    responses((status = 200, body = PrivateDetails), (status = 400, body = Problem), (status = 403, body = Problem), (status = 404, body = Problem), (status = 503, body = Problem)))]
pub(super) async fn write(
    State(app): State<Arc<App>>,
    RosterKeeper(account): RosterKeeper,
    Id(id): Id<MediatorId>,
    Body(details): Body<PrivateDetails>,
) -> Result<Json<PrivateDetails>, ApiError> {
    let details = details.checked().map_err(ApiError::malformed)?;
    let writing = app.roster_writes.lock().await;
    kept(&app, &account, id).await?;
    app.directory.write(id, &details, account.id, app.now()).await?;
    drop(writing);
    // With a number that came or went, the gateway reaches them or does not.
    app.engine.review_reach(id).await;
    Ok(Json(details))
}
