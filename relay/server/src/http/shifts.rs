//! Shifts, as coordinators plan them.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use dragoman_core::availability::shift::{Shift, ShiftProblem, day_of};
use dragoman_core::availability::{DutySpan, Span, import};
use dragoman_core::ids::{MediatorId, ShiftId};
use dragoman_core::rest_shifts::{ShiftImportForm, ShiftImportReport, ShiftOrder, ShiftRow, SkipForm};
use dragoman_core::time::UnixMillis;
use dragoman_core::wire::Problem;
use serde::Deserialize;
use uuid::Uuid;

use super::auth::RosterKeeper;
use super::keeping::{entries, kept, sight};
use super::problem::ApiError;
use super::{App, Asked, Body, Id};
use crate::store::Account;

/// Longest time that is looked at in one call, in milliseconds: 62 days.
const MAX_WINDOW: i64 = 62 * 86_400_000;
/// Most shifts of one mediator.
pub(super) const MAX_SHIFTS: usize = 1_000;

/// Which time is looked at, and whose shifts.
#[derive(Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct ShiftQuery {
    /// First millisecond.
    from: UnixMillis,
    /// First millisecond after it; 62 days later at most.
    until: UnixMillis,
    /// Only this mediator's.
    #[serde(default)]
    mediator: Option<MediatorId>,
}

impl ShiftQuery {
    /// The time that is looked at.
    pub(super) fn window(&self) -> Result<Span, ApiError> {
        let length = self.until.0.saturating_sub(self.from.0);
        if !(1..=MAX_WINDOW).contains(&length) {
            let message = "`until` is after `from`, by 62 days at most; both are Unix milliseconds";
            return Err(ApiError::bad_request("window_malformed", message));
        }
        Ok(Span { from: self.from, until: self.until })
    }
}

/// Shifts that have an occurrence within a time, with their occurrences.
#[utoipa::path(get, path = "/api/v1/shifts", tag = "shifts", params(ShiftQuery),
    responses((status = 200, body = Vec<ShiftRow>), (status = 400, body = Problem), (status = 403, body = Problem)))]
pub(super) async fn list(
    State(app): State<Arc<App>>,
    RosterKeeper(account): RosterKeeper,
    Asked(query): Asked<ShiftQuery>,
) -> Result<Json<Vec<ShiftRow>>, ApiError> {
    let window = query.window()?;
    let shifts = match query.mediator {
        Some(mediator) => app.store.shifts_of(mediator).await?,
        None => app.store.shifts().await?,
    };
    seen(&app, &account, rows(shifts, window), window).await.map(Json)
}

/// What an account sees of shifts: those of its own mediators; of others who serve its agency what it may count on.
async fn seen(
    app: &App,
    account: &Account,
    rows: Vec<ShiftRow>,
    window: Span,
) -> Result<Vec<ShiftRow>, ApiError> {
    if account.actor().limited_to().is_none() {
        return Ok(rows);
    }
    let sight = sight(app, account).await;
    let people = entries(app, rows.iter().map(|row| row.shift.mediator).collect()).await?;
    let seen = |mut row: ShiftRow| {
        let mediator = people.get(&row.shift.mediator).filter(|mediator| sight.sees(mediator, window))?;
        let duty = row.shift.duty;
        let duties: Vec<DutySpan> =
            row.occurrences.iter().map(|span| DutySpan { span: *span, duty }).collect();
        row.occurrences = sight.duties(mediator, &duties).into_iter().map(|duty| duty.span).collect();
        (!row.occurrences.is_empty()).then_some(row)
    };
    Ok(rows.into_iter().filter_map(seen).collect())
}

/// Plans a shift.
#[utoipa::path(post, path = "/api/v1/shifts", tag = "shifts", request_body = ShiftOrder,
    responses((status = 201, body = Shift), (status = 400, body = Problem), (status = 403, body = Problem), (status = 404, body = Problem)))]
pub(super) async fn create(
    State(app): State<Arc<App>>,
    RosterKeeper(account): RosterKeeper,
    Body(order): Body<ShiftOrder>,
) -> Result<(StatusCode, Json<Shift>), ApiError> {
    kept(&app, &account, order.mediator).await?;
    let shift = Shift::checked(ShiftId(Uuid::new_v4()), order.mediator, &order.shift)?;
    add(&app, std::slice::from_ref(&shift)).await?;
    Ok((StatusCode::CREATED, Json(shift)))
}

/// Changes a shift.
#[utoipa::path(put, path = "/api/v1/shifts/{id}", tag = "shifts", request_body = ShiftOrder,
    params(("id" = ShiftId, Path)),
    responses((status = 200, body = Shift), (status = 400, body = Problem), (status = 403, body = Problem), (status = 404, body = Problem), (status = 409, body = Problem)))]
pub(super) async fn update(
    State(app): State<Arc<App>>,
    RosterKeeper(account): RosterKeeper,
    Id(id): Id<ShiftId>,
    Body(order): Body<ShiftOrder>,
) -> Result<Json<Shift>, ApiError> {
    let before = kept_shift(&app, &account, id).await?;
    let after = Shift::checked(id, order.mediator, &order.shift)?;
    if after.mediator != before.mediator {
        kept(&app, &account, after.mediator).await?;
        check_room(&app, after.mediator, 1).await?;
    }
    replace(&app, &before, after).await.map(Json)
}

/// Removes a shift with all its occurrences.
#[utoipa::path(delete, path = "/api/v1/shifts/{id}", tag = "shifts", params(("id" = ShiftId, Path)),
    responses((status = 204), (status = 403, body = Problem), (status = 404, body = Problem)))]
pub(super) async fn remove(
    State(app): State<Arc<App>>,
    RosterKeeper(account): RosterKeeper,
    Id(id): Id<ShiftId>,
) -> Result<StatusCode, ApiError> {
    kept_shift(&app, &account, id).await?;
    if !app.store.remove_shift(id).await? {
        return Err(ApiError::no_such("shift"));
    }
    tell_engine(&app).await;
    Ok(StatusCode::NO_CONTENT)
}

/// Leaves one occurrence of a shift out.
#[utoipa::path(post, path = "/api/v1/shifts/{id}/skip", tag = "shifts", request_body = SkipForm,
    params(("id" = ShiftId, Path)),
    responses((status = 200, body = Shift), (status = 400, body = Problem), (status = 403, body = Problem), (status = 404, body = Problem), (status = 409, body = Problem)))]
pub(super) async fn skip(
    State(app): State<Arc<App>>,
    RosterKeeper(account): RosterKeeper,
    Id(id): Id<ShiftId>,
    Body(form): Body<SkipForm>,
) -> Result<Json<Shift>, ApiError> {
    let before = kept_shift(&app, &account, id).await?;
    leave_out(&app, &before, &form).await.map(Json)
}

/// Makes shifts of another program's calendar, or shows what would become of it. Taken over is all or nothing.
#[utoipa::path(post, path = "/api/v1/shifts/import", tag = "shifts", request_body = ShiftImportForm,
    responses((status = 200, body = ShiftImportReport), (status = 400, body = Problem), (status = 403, body = Problem), (status = 404, body = Problem)))]
pub(super) async fn import_calendar(
    State(app): State<Arc<App>>,
    RosterKeeper(account): RosterKeeper,
    Body(form): Body<ShiftImportForm>,
) -> Result<Json<ShiftImportReport>, ApiError> {
    kept(&app, &account, form.mediator).await?;
    check_room(&app, form.mediator, 0).await?;
    let (mediator, commit) = (form.mediator, form.commit);
    // Hundreds of rules are some work, which no other request should wait for.
    let read = tokio::task::spawn_blocking(move || {
        import::shifts(mediator, &form.ics, form.zone.as_deref(), || ShiftId(Uuid::new_v4()))
    });
    let (shifts, problems) = read.await.map_err(anyhow::Error::from)?;
    let committed = commit && problems.is_empty() && !shifts.is_empty();
    if committed {
        add(&app, &shifts).await?;
    }
    Ok(Json(ShiftImportReport { shifts, problems, committed }))
}

/// A shift of a mediator whom the account keeps.
async fn kept_shift(app: &App, account: &Account, id: ShiftId) -> Result<Shift, ApiError> {
    let shift = app.store.shift(id).await?.ok_or_else(|| ApiError::no_such("shift"))?;
    kept(app, account, shift.mediator).await?;
    Ok(shift)
}

/// Shifts with their occurrences in a window; those without any are left out.
pub(super) fn rows(shifts: Vec<Shift>, window: Span) -> Vec<ShiftRow> {
    let row = |shift: Shift| {
        let occurrences = shift.occurrences(window).into_iter().map(|duty| duty.span).collect();
        ShiftRow { shift, occurrences }
    };
    shifts.into_iter().map(row).filter(|row| !row.occurrences.is_empty()).collect()
}

/// Stores shifts of one mediator and tells the engine.
pub(super) async fn add(app: &App, shifts: &[Shift]) -> Result<(), ApiError> {
    if let Some(first) = shifts.first() {
        check_room(app, first.mediator, shifts.len()).await?;
        app.store.add_shifts(shifts).await?;
        tell_engine(app).await;
    }
    Ok(())
}

/// Stores a shift without the occurrence of a day and tells the engine.
pub(super) async fn leave_out(app: &App, before: &Shift, form: &SkipForm) -> Result<Shift, ApiError> {
    let day = day_of(&form.date).map_err(|problem| ShiftProblem { field: "date", ..problem })?;
    replace(app, before, before.skip(day)?).await
}

async fn replace(app: &App, before: &Shift, after: Shift) -> Result<Shift, ApiError> {
    if !app.store.replace_shift(before, &after).await? {
        let message =
            "somebody else changed this shift at the same time: look at it again, then repeat your change";
        return Err(ApiError::new(StatusCode::CONFLICT, "shift_changed", message));
    }
    tell_engine(app).await;
    Ok(after)
}

/// Whether the mediator is on the roster and can take so many shifts more.
async fn check_room(app: &App, mediator: MediatorId, more: usize) -> Result<(), ApiError> {
    if !app.engine.read(move |relay| relay.roster().get(mediator).is_some()).await? {
        return Err(ApiError::no_such("mediator"));
    }
    if app.store.shifts_of(mediator).await?.len() + more > MAX_SHIFTS {
        let message = "a mediator has at most 1000 shifts: remove old ones, or let one recur";
        return Err(ApiError::bad_request("too_many_shifts", message));
    }
    Ok(())
}

/// What is stored is true; the engine learns it now, or at the latest in half an hour.
async fn tell_engine(app: &App) {
    if let Err(error) = app.duties.refresh(&app.store, &app.engine).await {
        tracing::error!(error = %format!("{error:#}"), "duties could not be told to the engine");
    }
}

impl From<ShiftProblem> for ApiError {
    fn from(problem: ShiftProblem) -> Self {
        Self::bad_request("shift_malformed", problem.to_string())
    }
}
