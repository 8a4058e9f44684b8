//! What is to be expected in the hours ahead, and how it went: figures without persons and cases.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::header;
use axum::response::IntoResponse;
use dragoman_core::availability::Span;
use dragoman_core::availability::shift::zone_of;
use dragoman_core::forecast::Assumptions;
use dragoman_core::forecast::demand::Demand;
use dragoman_core::reports;
use dragoman_core::rest_reports::{ForecastView, ReportView};
use dragoman_core::time::{HOUR_MILLIS, UnixMillis};
use dragoman_core::wire::Problem;
use serde::Deserialize;

use super::auth::RosterKeeper;
use super::coverage::{people_and_duties, window};
use super::problem::ApiError;
use super::{App, Asked};
use crate::store::Account;

const A_WEEK: i64 = 7 * 24 * HOUR_MILLIS;
/// What of the past a forecast rests on: a year, and at least a week, so that a first busy day is not taken for a habit.
const PAST: std::ops::RangeInclusive<i64> = A_WEEK..=52 * A_WEEK;
/// Longest time of a report.
const MAX_REPORT: i64 = 366 * 24 * HOUR_MILLIS;

/// Which hours.
#[derive(Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct ForecastQuery {
    /// Within the first hour; Unix milliseconds.
    from: UnixMillis,
    /// How many hours, 1 to 1,344; two weeks are 336.
    hours: u32,
    /// IANA name of the zone whose days and weeks calls follow.
    zone: String,
}

/// Which time.
#[derive(Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct ReportQuery {
    /// From then on; Unix milliseconds.
    from: UnixMillis,
    /// Until then, exclusive; at most 366 days later.
    until: UnixMillis,
}

/// How likely calls of the hours ahead are answered within 30 seconds, from what was asked for in the past year and
/// what is planned (Erlang-A).
#[utoipa::path(get, path = "/api/v1/forecast", tag = "reports", params(ForecastQuery),
    responses((status = 200, body = ForecastView), (status = 400, body = Problem), (status = 403, body = Problem)))]
pub(super) async fn forecast(
    State(app): State<Arc<App>>,
    RosterKeeper(account): RosterKeeper,
    Asked(query): Asked<ForecastQuery>,
) -> Result<Json<ForecastView>, ApiError> {
    let (hours, zone) = (window(query.from, query.hours)?, zone_of(&query.zone)?);
    let now = app.now();
    let age = app.store.began().await?.map_or(0, |began| now.0 - began.0);
    let watched = Span { from: UnixMillis(now.0 - age.clamp(*PAST.start(), *PAST.end())), until: now };
    let requests = app.store.requests_since(watched.from, account.actor().limited_to()).await?;
    let (roster, duties) = people_and_duties(&app, &account, hours).await?;
    let view = tokio::task::spawn_blocking(move || {
        let demand =
            Demand::learn(requests.iter().map(|(language, at)| (language.primary(), *at)), watched, zone);
        dragoman_core::forecast::forecast(&demand, &roster, &duties, hours, &Assumptions::default())
    });
    Ok(Json(view.await.map_err(anyhow::Error::from)?.map_err(anyhow::Error::from)?))
}

/// Requests, answers and waiting times by language, hours by mediator. Whoever works for an agency sees what its
/// officers asked for and who interpreted for them.
#[utoipa::path(get, path = "/api/v1/reports", tag = "reports", params(ReportQuery),
    responses((status = 200, body = ReportView), (status = 400, body = Problem), (status = 403, body = Problem)))]
pub(super) async fn show(
    State(app): State<Arc<App>>,
    RosterKeeper(account): RosterKeeper,
    Asked(query): Asked<ReportQuery>,
) -> Result<Json<ReportView>, ApiError> {
    Ok(Json(report(&app, &account, &query).await?))
}

/// The same as a file for spreadsheets.
#[utoipa::path(get, path = "/api/v1/reports.csv", tag = "reports", params(ReportQuery),
    responses((status = 200, content_type = "text/csv"), (status = 400, body = Problem), (status = 403, body = Problem)))]
pub(super) async fn file(
    State(app): State<Arc<App>>,
    RosterKeeper(account): RosterKeeper,
    Asked(query): Asked<ReportQuery>,
) -> Result<impl IntoResponse, ApiError> {
    let text = reports::csv(&report(&app, &account, &query).await?);
    let headers = [
        (header::CONTENT_TYPE, "text/csv; charset=utf-8"),
        (header::CONTENT_DISPOSITION, "attachment; filename=\"dragoman-report.csv\""),
    ];
    Ok((headers, text))
}

async fn report(
    app: &App,
    account: &Account,
    &ReportQuery { from, until }: &ReportQuery,
) -> Result<ReportView, ApiError> {
    let length = until.0.checked_sub(from.0).unwrap_or(-1);
    if !(1..=MAX_REPORT).contains(&length) {
        let message = "`until` is later than `from`, by 366 days at most; both are Unix milliseconds";
        return Err(ApiError::bad_request("window_malformed", message));
    }
    let actor = account.actor();
    let (within, agency) = (Span { from, until }, actor.limited_to());
    let requests = app.store.past_requests(within, agency).await?;
    let work = app.store.work_within(within, agency, app.now()).await?;
    Ok(reports::report(&requests, &work, within))
}
