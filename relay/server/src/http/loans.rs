//! The loan desk, as coordinators of both agencies use it.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use dragoman_core::ids::LoanId;
use dragoman_core::loan::{Actor, Loan, LoanAct};
use dragoman_core::rest_desk::{Lendable, LoanApproval, LoanForm, LoanNote, LoanView};
use dragoman_core::wire::Problem;
use serde::Deserialize;

use super::agencies::parsed_code;
use super::auth::RosterKeeper;
use super::problem::ApiError;
use super::{App, Body, Id};
use crate::loans::LoanError;

/// Whose mediators.
#[derive(Deserialize)]
pub(super) struct OfferableQuery {
    #[serde(default)]
    lender: String,
}

/// Loans that the reader's agency lends or borrows; all of them for administrators.
#[utoipa::path(get, path = "/api/v1/loans", tag = "loans",
    responses((status = 200, body = Vec<LoanView>), (status = 403, body = Problem)))]
pub(super) async fn list(
    State(app): State<Arc<App>>,
    RosterKeeper(account): RosterKeeper,
) -> Result<Json<Vec<LoanView>>, ApiError> {
    let reader = account.actor();
    let mut loans: Vec<Loan> =
        app.loans.read(|book| book.loans().filter(|loan| concerns(loan, &reader)).cloned().collect()).await;
    loans.sort_by_key(|loan| std::cmp::Reverse(loan.log.first().map(|event| event.at)));
    shown(&app, loans).await.map(Json)
}

/// Asks an agency for mediators.
#[utoipa::path(post, path = "/api/v1/loans", tag = "loans", request_body = LoanForm,
    responses((status = 201, body = LoanView), (status = 403, body = Problem), (status = 404, body = Problem), (status = 409, body = Problem)))]
pub(super) async fn request(
    State(app): State<Arc<App>>,
    RosterKeeper(account): RosterKeeper,
    Body(form): Body<LoanForm>,
) -> Result<(StatusCode, Json<LoanView>), ApiError> {
    for code in [&form.lender, &form.borrower] {
        app.store.agency(code).await?.ok_or_else(|| ApiError::no_such("agency"))?;
    }
    let loan = app.loans.request(form, &account.actor()).await?;
    Ok((StatusCode::CREATED, Json(view_of(&app, loan).await?)))
}

/// Lends, within limits; on an approved loan sets other limits.
#[utoipa::path(post, path = "/api/v1/loans/{id}/approve", tag = "loans", request_body = LoanApproval,
    params(("id" = LoanId, Path)),
    responses((status = 200, body = LoanView), (status = 403, body = Problem), (status = 404, body = Problem), (status = 409, body = Problem)))]
pub(super) async fn approve(
    State(app): State<Arc<App>>,
    RosterKeeper(account): RosterKeeper,
    Id(id): Id<LoanId>,
    Body(form): Body<LoanApproval>,
) -> Result<Json<LoanView>, ApiError> {
    let loan = app.loans.act(id, LoanAct::Approve(form.limits), &account.actor(), form.note).await?;
    view_of(&app, loan).await.map(Json)
}

/// Does not lend.
#[utoipa::path(post, path = "/api/v1/loans/{id}/refuse", tag = "loans", request_body = LoanNote,
    params(("id" = LoanId, Path)),
    responses((status = 200, body = LoanView), (status = 403, body = Problem), (status = 404, body = Problem), (status = 409, body = Problem)))]
pub(super) async fn refuse(
    State(app): State<Arc<App>>,
    RosterKeeper(account): RosterKeeper,
    Id(id): Id<LoanId>,
    Body(form): Body<LoanNote>,
) -> Result<Json<LoanView>, ApiError> {
    let loan = app.loans.act(id, LoanAct::Refuse, &account.actor(), form.note).await?;
    view_of(&app, loan).await.map(Json)
}

/// Takes a loan back, or gives it up. Sessions that go on are not ended.
#[utoipa::path(post, path = "/api/v1/loans/{id}/revoke", tag = "loans", request_body = LoanNote,
    params(("id" = LoanId, Path)),
    responses((status = 200, body = LoanView), (status = 403, body = Problem), (status = 404, body = Problem), (status = 409, body = Problem)))]
pub(super) async fn revoke(
    State(app): State<Arc<App>>,
    RosterKeeper(account): RosterKeeper,
    Id(id): Id<LoanId>,
    Body(form): Body<LoanNote>,
) -> Result<Json<LoanView>, ApiError> {
    let loan = app.loans.act(id, LoanAct::Revoke, &account.actor(), form.note).await?;
    view_of(&app, loan).await.map(Json)
}

/// Whom an agency could lend: alias, skills and clearance.
#[utoipa::path(get, path = "/api/v1/loans/offerable", tag = "loans",
    params(("lender" = String, Query, description = "the agency's code")),
    responses((status = 200, body = Vec<Lendable>), (status = 400, body = Problem), (status = 403, body = Problem), (status = 404, body = Problem)))]
pub(super) async fn offerable(
    State(app): State<Arc<App>>,
    _keeper: RosterKeeper,
    Query(query): Query<OfferableQuery>,
) -> Result<Json<Vec<Lendable>>, ApiError> {
    let lender = parsed_code(&query.lender)?;
    app.store.agency(&lender).await?.ok_or_else(|| ApiError::no_such("agency"))?;
    let now = app.now();
    let kept = app.engine.read(move |relay| {
        let active = relay.roster().entries().map(|entry| &entry.mediator).filter(|entry| entry.active);
        let kept = active.filter(|entry| entry.agency.as_ref() == Some(&lender));
        kept.map(|entry| Lendable::of(entry, now)).collect()
    });
    Ok(Json(kept.await?))
}

fn concerns(loan: &Loan, reader: &Actor) -> bool {
    reader.speaks_for(&loan.lender) || reader.speaks_for(&loan.borrower)
}

async fn view_of(app: &App, loan: Loan) -> Result<LoanView, ApiError> {
    shown(app, vec![loan]).await?.pop().ok_or_else(|| ApiError::no_such("loan"))
}

async fn shown(app: &App, loans: Vec<Loan>) -> Result<Vec<LoanView>, ApiError> {
    let now = app.now();
    let views = app.engine.read(move |relay| {
        let lendable = |id| relay.roster().get(id).map(|entry| Lendable::of(&entry.mediator, now));
        let view = |loan: &Loan| {
            LoanView::of(loan, loan.limits.mediators.iter().filter_map(|id| lendable(*id)).collect())
        };
        loans.iter().map(view).collect()
    });
    Ok(views.await?)
}

impl From<LoanError> for ApiError {
    fn from(error: LoanError) -> Self {
        match error {
            LoanError::Refused(refusal) => Self::refused(refusal.code(), refusal.to_string()),
            LoanError::Store(error) => error.into(),
            LoanError::Engine(error) => error.into(),
        }
    }
}
