//! A mediator's own shifts.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use dragoman_core::availability::shift::Shift;
use dragoman_core::ids::{MediatorId, ShiftId};
use dragoman_core::rest_shifts::{ShiftForm, ShiftRow, SkipForm};
use dragoman_core::wire::Problem;
use uuid::Uuid;

use super::auth::SignedIn;
use super::problem::ApiError;
use super::shifts::{ShiftQuery, add, leave_out, rows};
use super::{App, Asked, Body, Id};

/// One's own shifts that have an occurrence within a time.
#[utoipa::path(get, path = "/api/v1/my/shifts", tag = "shifts", params(ShiftQuery),
    responses((status = 200, body = Vec<ShiftRow>), (status = 400, body = Problem), (status = 403, body = Problem)))]
pub(super) async fn list(
    State(app): State<Arc<App>>,
    who: SignedIn,
    Asked(query): Asked<ShiftQuery>,
) -> Result<Json<Vec<ShiftRow>>, ApiError> {
    let (mediator, window) = (mediator_of(&who)?, query.window()?);
    Ok(Json(rows(app.store.shifts_of(mediator).await?, window)))
}

/// Plans a shift of one's own.
#[utoipa::path(post, path = "/api/v1/my/shifts", tag = "shifts", request_body = ShiftForm,
    responses((status = 201, body = Shift), (status = 400, body = Problem), (status = 403, body = Problem)))]
pub(super) async fn create(
    State(app): State<Arc<App>>,
    who: SignedIn,
    Body(form): Body<ShiftForm>,
) -> Result<(StatusCode, Json<Shift>), ApiError> {
    let shift = Shift::checked(ShiftId(Uuid::new_v4()), mediator_of(&who)?, &form)?;
    add(&app, std::slice::from_ref(&shift)).await?;
    Ok((StatusCode::CREATED, Json(shift)))
}

/// Leaves one occurrence of one's own shift out.
#[utoipa::path(post, path = "/api/v1/my/shifts/{id}/skip", tag = "shifts", request_body = SkipForm,
    params(("id" = ShiftId, Path)),
    responses((status = 200, body = Shift), (status = 400, body = Problem), (status = 404, body = Problem), (status = 409, body = Problem)))]
pub(super) async fn skip(
    State(app): State<Arc<App>>,
    who: SignedIn,
    Id(id): Id<ShiftId>,
    Body(form): Body<SkipForm>,
) -> Result<Json<Shift>, ApiError> {
    let mediator = mediator_of(&who)?;
    let before = app.store.shift(id).await?.filter(|shift| shift.mediator == mediator);
    let before = before.ok_or_else(|| ApiError::no_such("shift"))?;
    leave_out(&app, &before, &form).await.map(Json)
}

fn mediator_of(SignedIn(account): &SignedIn) -> Result<MediatorId, ApiError> {
    account.mediator.ok_or_else(|| ApiError::not_allowed("only mediators have shifts of their own"))
}
