//! Handing out a record: to whom, why, and never without a note of it.

use std::sync::Arc;

use axum::extract::{Query, State};
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use dragoman_core::ids::SessionId;
use dragoman_core::rest::AccountRole;
use dragoman_core::wire::Problem;
use serde::Deserialize;

use super::auth::SignedIn;
use super::problem::ApiError;
use super::{App, Id};
use crate::record;
use crate::store::{Account, SessionRecordRow};

/// Longest reason, in characters.
const MAX_REASON_CHARS: usize = 500;

/// Query of the download.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
pub(super) struct Why {
    /// Why the record is read; kept.
    #[serde(default)]
    pub(super) reason: String,
}

/// The sealed record of a session: one file, to be checked with `dragoman-relay verify`.
#[utoipa::path(get, path = "/api/v1/sessions/{id}/record", tag = "sessions", params(("id" = SessionId, Path), Why),
    responses((status = 200, content_type = "application/zip"), (status = 400, body = Problem), (status = 404, body = Problem), (status = 409, body = Problem)))]
pub(super) async fn download(
    State(app): State<Arc<App>>,
    SignedIn(account): SignedIn,
    Id(id): Id<SessionId>,
    Query(Why { reason }): Query<Why>,
) -> Result<impl IntoResponse, ApiError> {
    let session = readable(&app, &account, id).await?;
    let reason = reason_of(&reason)?;
    demand_end(&session)?;
    app.store.note_record_read(id, account.id, app.now(), reason).await?;
    let (entries, revisions) = (app.store.entries(id).await?, app.store.revisions(id).await?);
    let file = record::seal(id, &entries, &revisions, &app.signer)?;
    let name = format!("attachment; filename=\"dragoman-record-{id}.zip\"");
    Ok(([(header::CONTENT_TYPE, "application/zip".to_owned()), (header::CONTENT_DISPOSITION, name)], file))
}

/// A session, if the account may read what was said in it.
pub(super) async fn readable(
    app: &App,
    account: &Account,
    id: SessionId,
) -> Result<SessionRecordRow, ApiError> {
    // Whoever runs the relay reads no records, and a mediator only what they were asked to go through.
    let may_read = |session: &SessionRecordRow| {
        matches!(account.role, AccountRole::Officer | AccountRole::Coordinator)
            && account.actor().sees_session(session.officer_account, session.agency.as_ref())
    };
    let session = app.store.session(id).await?.filter(may_read);
    session.ok_or_else(|| ApiError::no_such("session"))
}

/// Nothing of a session is read before it is over.
pub(super) fn demand_end(session: &SessionRecordRow) -> Result<(), ApiError> {
    if session.row.ended_at.is_none() {
        let message = "the session is not over; its record is sealed when it ends";
        return Err(ApiError::new(StatusCode::CONFLICT, "not_sealed", message));
    }
    Ok(())
}

/// The reason for a read, which is kept.
pub(super) fn reason_of(reason: &str) -> Result<&str, ApiError> {
    let reason = reason.trim();
    if (3..=MAX_REASON_CHARS).contains(&reason.chars().count()) {
        return Ok(reason);
    }
    let message =
        "say why the record is read (3 to 500 characters): ?reason=…; every read is logged with its reason";
    Err(ApiError::bad_request("reason_missing", message))
}
