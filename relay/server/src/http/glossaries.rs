//! Glossaries: kept by coordinators, looked up by whoever takes part in a session.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::IntoResponse;
use dragoman_core::glossary::{CaseType, Glossary, GlossaryForm, GlossaryRow, Term};
use dragoman_core::ids::SessionId;
use dragoman_core::wire::Problem;

use super::auth::RosterKeeper;
use super::problem::ApiError;
use super::session_socket::participant_of;
use super::{App, Body, Id};
use crate::store::StoredGlossary;

/// All glossaries, without their terms.
#[utoipa::path(get, path = "/api/v1/glossaries", tag = "glossaries",
    responses((status = 200, body = Vec<GlossaryRow>), (status = 403, body = Problem)))]
pub(super) async fn list(
    State(app): State<Arc<App>>,
    RosterKeeper(_account): RosterKeeper,
) -> Result<Json<Vec<GlossaryRow>>, ApiError> {
    Ok(Json(app.store.glossaries().await?.iter().map(|stored| row_of(stored, &read(stored))).collect()))
}

/// Puts a file in the place of the one before. They are shared by all agencies, so whoever keeps one agency's mediators
/// changes none.
#[utoipa::path(put, path = "/api/v1/glossaries/{case_type}", tag = "glossaries", request_body = GlossaryForm,
    params(("case_type" = CaseType, Path)),
    responses((status = 200, body = GlossaryRow), (status = 400, body = Problem), (status = 403, body = Problem)))]
pub(super) async fn put(
    State(app): State<Arc<App>>,
    RosterKeeper(account): RosterKeeper,
    Id(case_type): Id<CaseType>,
    Body(GlossaryForm { csv }): Body<GlossaryForm>,
) -> Result<Json<GlossaryRow>, ApiError> {
    if account.actor().limited_to().is_some() {
        let message = "glossaries are shared by all agencies: a coordinator of all of them, or an administrator, changes them";
        return Err(ApiError::new(StatusCode::FORBIDDEN, "other_agency", message));
    }
    let malformed = |error: dragoman_core::glossary::GlossaryError| {
        ApiError::bad_request("csv_malformed", error.to_string())
    };
    let (glossary, csv) = match csv.trim() {
        "" => (Glossary::default(), String::new()),
        _ => (Glossary::parse(&csv).map_err(malformed)?, csv),
    };
    let stored = StoredGlossary { case_type, csv, changed_at: app.now() };
    app.store.put_glossary(&stored, account.id).await?;
    Ok(Json(row_of(&stored, &glossary)))
}

/// One glossary as a file.
#[utoipa::path(get, path = "/api/v1/glossaries/{case_type}/export.csv", tag = "glossaries",
    params(("case_type" = CaseType, Path)),
    responses((status = 200, content_type = "text/csv"), (status = 403, body = Problem), (status = 404, body = Problem)))]
pub(super) async fn export(
    State(app): State<Arc<App>>,
    RosterKeeper(_account): RosterKeeper,
    Id(case_type): Id<CaseType>,
) -> Result<impl IntoResponse, ApiError> {
    let all = app.store.glossaries().await?;
    let stored = all.iter().find(|stored| stored.case_type == case_type);
    let text = read(stored.ok_or_else(|| ApiError::no_such("glossary"))?).write();
    let headers = [
        (header::CONTENT_TYPE, "text/csv; charset=utf-8"),
        (header::CONTENT_DISPOSITION, "attachment; filename=\"dragoman-glossary.csv\""),
    ];
    Ok((headers, text))
}

/// The terms of a session's kind of case in its languages, for everybody in it while it goes on.
#[utoipa::path(get, path = "/api/v1/sessions/{id}/glossary", tag = "glossaries", params(("id" = SessionId, Path)),
    responses((status = 200, body = Vec<Term>), (status = 401, body = Problem), (status = 404, body = Problem)))]
pub(super) async fn of_session(
    State(app): State<Arc<App>>,
    Id(id): Id<SessionId>,
    headers: HeaderMap,
) -> Result<Json<Vec<Term>>, ApiError> {
    participant_of(&app, id, &headers).await?;
    let asked = app.engine.read(move |relay| {
        let session = relay.session(id)?;
        Some((CaseType::of(&session.request.specialisms, session.request.minor), session.channels()))
    });
    let (case_types, languages) = asked.await?.ok_or_else(|| ApiError::no_such("session"))?;
    let mut fitting = app.store.glossaries().await?;
    fitting.retain(|stored| case_types.contains(&stored.case_type));
    // The kind of case before what is general: a speech model takes the first terms only.
    fitting.sort_by_key(|stored| stored.case_type == CaseType::General);
    // Thousands of lines: not on a thread that carries others' requests.
    let terms = tokio::task::spawn_blocking(move || {
        fitting.iter().flat_map(|stored| read(stored).between(&languages)).collect()
    });
    Ok(Json(terms.await.map_err(anyhow::Error::from)?))
}

/// What was put there could be read then.
fn read(stored: &StoredGlossary) -> Glossary {
    Glossary::parse(&stored.csv).unwrap_or_else(|error| {
        tracing::error!(%error, "a glossary in the database can not be read");
        Glossary::default()
    })
}

fn row_of(stored: &StoredGlossary, glossary: &Glossary) -> GlossaryRow {
    GlossaryRow {
        case_type: stored.case_type,
        languages: glossary.languages.clone(),
        terms: u32::try_from(glossary.terms.len()).unwrap_or(u32::MAX),
        changed_at: stored.changed_at,
    }
}
