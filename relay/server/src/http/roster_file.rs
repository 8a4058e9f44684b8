//! The roster as a CSV file: out, and in again with a look at it first. Nothing is ever half imported.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::{Query, State};
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use dragoman_core::ids::{AccountId, MediatorId};
use dragoman_core::rest_directory::{
    ImportForm, ImportReport, ImportRow, ImportVerdict, PrivateDetails, PrivateUse,
};
use dragoman_core::roster::Mediator;
use dragoman_core::roster_csv::{self, Change, Column, ExportOptions, Judged, Known, Table};
use dragoman_core::wire::Problem;
use serde::Deserialize;
use uuid::Uuid;

use super::auth::RosterKeeper;
use super::problem::ApiError;
use super::{App, Body};
use crate::store::{AccessNote, Account, SealedDetails};

/// Most faulty lines that a refusal names; the report has all of them.
const LINES_NAMED: usize = 20;

/// Query of the export.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
pub(super) struct ExportQuery {
    /// With name, telephone and e-mail; logged as a reading of everybody's.
    #[serde(default)]
    names: bool,
    /// Semicolons between the cells.
    #[serde(default)]
    semicolons: bool,
}

/// Reads a file. Without `commit` it says for each row what would happen; with it, it happens: all of it, or, if any
/// row is faulty, nothing. A coordinator of an agency changes its mediators only, and whoever is new becomes one of them.
#[utoipa::path(post, path = "/api/v1/mediators/import", tag = "roster", request_body = ImportForm,
    responses((status = 200, body = ImportReport), (status = 400, body = Problem), (status = 403, body = Problem), (status = 409, body = Problem), (status = 503, body = Problem)))]
pub(super) async fn import(
    State(app): State<Arc<App>>,
    RosterKeeper(account): RosterKeeper,
    Body(form): Body<ImportForm>,
) -> Result<Json<ImportReport>, ApiError> {
    let malformed = |error: roster_csv::FileError| ApiError::bad_request("csv_malformed", error.to_string());
    let ImportForm { csv, commit: committed } = form;
    // A hundred thousand rows are seconds of work, which no other request should wait for.
    let table = worked_out(move || roster_csv::parse(&csv)).await?.map_err(malformed)?;
    // Whole entries are written: what somebody changed since they were read would be undone.
    let _writing = if committed { Some(app.roster_writes.lock().await) } else { None };
    let known = known(&app, &table, &account).await?;
    let (judged, rows) = worked_out(move || {
        let judged = roster_csv::judge(&table, &known);
        let rows: Vec<ImportRow> = judged.iter().map(row_of).collect();
        (judged, rows)
    })
    .await?;
    if committed {
        commit(&app, account.id, judged).await?;
    }
    Ok(Json(ImportReport { committed, rows }))
}

/// The roster as a file, which an import takes back as it is; of a coordinator of an agency, its mediators.
#[utoipa::path(get, path = "/api/v1/mediators/export.csv", tag = "roster", params(ExportQuery),
    responses((status = 200, content_type = "text/csv"), (status = 403, body = Problem), (status = 503, body = Problem)))]
pub(super) async fn export(
    State(app): State<Arc<App>>,
    RosterKeeper(account): RosterKeeper,
    Query(ExportQuery { names, semicolons }): Query<ExportQuery>,
) -> Result<impl IntoResponse, ApiError> {
    let actor = account.actor();
    let everybody = app.store.mediators().await?.into_iter().map(|(mediator, ..)| mediator);
    let roster: Vec<Mediator> = everybody.filter(|mediator| actor.keeps(mediator)).collect();
    let ids: Vec<MediatorId> = roster.iter().map(|mediator| mediator.id).collect();
    let details =
        if names { app.directory.read(&ids, account.id, app.now()).await? } else { BTreeMap::new() };
    let none = PrivateDetails::default();
    let rows = roster.iter().map(|mediator| (mediator, details.get(&mediator.id).unwrap_or(&none)));
    let text = roster_csv::export(rows, ExportOptions { names, semicolons });
    let headers = [
        (header::CONTENT_TYPE, "text/csv; charset=utf-8"),
        (header::CONTENT_DISPOSITION, "attachment; filename=\"dragoman-roster.csv\""),
    ];
    Ok((headers, text))
}

async fn worked_out<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, ApiError> {
    Ok(tokio::task::spawn_blocking(work).await.map_err(anyhow::Error::from)?)
}

/// What the file is held against. To say whether a name differs is to read it, so it is noted as read.
async fn known(app: &App, table: &Table, account: &Account) -> Result<Known, ApiError> {
    let actor = account.actor();
    let roster = app.store.mediators().await?;
    let mediators: BTreeMap<_, _> =
        roster.into_iter().map(|(mediator, ..)| (mediator.id, mediator.profile)).collect();
    let mut details = BTreeMap::new();
    if table.has_private() {
        app.vault.demand_key()?;
        let is_kept = |id: &MediatorId| mediators.get(id).is_some_and(|profile| actor.keeps(profile));
        let named = table.rows.iter().filter_map(|row| row.id).filter(is_kept);
        let named: Vec<MediatorId> = named.collect();
        details = app.directory.read(&named, account.id, app.now()).await?;
    }
    Ok(Known { mediators, details, keeper: actor.limited_to().cloned() })
}

fn row_of(judged: &Judged) -> ImportRow {
    let (line, alias) = (judged.line, judged.alias.clone());
    let row = |verdict, changes, errors| ImportRow { line, alias, verdict, changes, errors };
    match &judged.result {
        Err(errors) => row(ImportVerdict::Error, Vec::new(), errors.clone()),
        Ok(Change { id: None, .. }) => row(ImportVerdict::New, Vec::new(), Vec::new()),
        Ok(change) if change.columns.is_empty() => row(ImportVerdict::Unchanged, Vec::new(), Vec::new()),
        Ok(change) => {
            let changes = change.columns.iter().copied().map(Column::name).map(str::to_owned);
            row(ImportVerdict::Changed, changes.collect(), Vec::new())
        }
    }
}

async fn commit(app: &App, account: AccountId, judged: Vec<Judged>) -> Result<(), ApiError> {
    let faulty: Vec<String> =
        judged.iter().filter(|row| row.result.is_err()).map(|row| row.line.to_string()).collect();
    if !faulty.is_empty() {
        return Err(refusal(&faulty, judged.len()));
    }
    let note = AccessNote { account: Some(account), at: app.now(), what: PrivateUse::Alteration };
    let (mut mediators, mut private) = (Vec::new(), Vec::<(SealedDetails, AccessNote)>::new());
    for change in judged.into_iter().filter_map(|row| row.result.ok()) {
        let id = change.id.unwrap_or_else(|| MediatorId(Uuid::new_v4()));
        if change.is_of_details() {
            private.push((app.directory.seal(id, &change.details)?, note));
        }
        if change.is_of_profile() {
            mediators.push(Mediator { id, profile: change.profile });
        }
    }
    let told: Vec<MediatorId> = private.iter().map(|(details, _)| details.mediator).collect();
    app.engine.put_roster(mediators, private).await?;
    for mediator in told {
        app.engine.review_reach(mediator).await;
    }
    Ok(())
}

fn refusal(faulty: &[String], rows: usize) -> ApiError {
    let named = faulty.iter().take(LINES_NAMED).map(String::as_str).collect::<Vec<_>>().join(", ");
    let more = if faulty.len() > LINES_NAMED { ", …" } else { "" };
    let message = format!(
        "nothing was imported: {} of {rows} rows are faulty, on lines {named}{more}. Look at the file without commit \
         to see why",
        faulty.len()
    );
    ApiError::new(StatusCode::CONFLICT, "import_refused", message)
}
