//! Transcripts after their sessions: to whom, why, and never without a note of it; what is done to them; as files.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use chrono_tz::Tz;
use dragoman_core::ids::SessionId;
use dragoman_core::rest::AccountRole;
use dragoman_core::review::{MyCheck, ReviewAct, Reviewer, TranscriptDocument, TranscriptView};
use dragoman_core::wire::Problem;
use dragoman_papers::{Format, Options, PaperError, PaperLanguage};
use serde::Deserialize;

use super::auth::{MediatorIn, SignedIn};
use super::problem::ApiError;
use super::records::{Why, demand_end, readable, reason_of};
use super::{App, Asked, Body, Id};
use crate::review::{ReviewError, Transcript};
use crate::store::Account;

/// Query of a file.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
pub(super) struct FileWish {
    /// `vtt`, `txt`, `json`, `docx` or `pdf`.
    format: String,
    /// Language of headings and remarks: `en`, `sq` or `sr`.
    #[serde(default)]
    language: Option<String>,
    /// Time zone of the times that are printed, such as `Europe/Tirane`; UTC without it.
    #[serde(default)]
    zone: Option<String>,
    /// Why it is read; kept.
    #[serde(default)]
    reason: String,
}

/// The transcript of a session that is over, for whoever may read its record, and for a mediator who was asked to go
/// through it.
#[utoipa::path(get, path = "/api/v1/sessions/{id}/transcript", tag = "transcripts", params(("id" = SessionId, Path), Why),
    responses((status = 200, body = TranscriptView), (status = 400, body = Problem), (status = 404, body = Problem), (status = 409, body = Problem)))]
pub(super) async fn show(
    State(app): State<Arc<App>>,
    SignedIn(account): SignedIn,
    Id(id): Id<SessionId>,
    Asked(Why { reason }): Asked<Why>,
) -> Result<Json<TranscriptView>, ApiError> {
    let transcript = if account.mediator.is_some() {
        let transcript = asked_transcript(&app, id, &account).await?;
        app.store.note_record_read(id, account.id, app.now(), "asked to go through the transcript").await?;
        transcript
    } else {
        let session = readable(&app, &account, id).await?;
        let reason = reason_of(&reason)?;
        demand_end(&session)?;
        app.store.note_record_read(id, account.id, app.now(), reason).await?;
        Transcript::load(&app.store, id).await?
    };
    Ok(Json(view_of(&transcript, &account)))
}

/// Corrects, certifies, comments, or asks a mediator to go through it. The answer is the transcript as it is then.
#[utoipa::path(post, path = "/api/v1/sessions/{id}/transcript/revisions", tag = "transcripts", request_body = ReviewAct,
    params(("id" = SessionId, Path)),
    responses((status = 200, body = TranscriptView), (status = 400, body = Problem), (status = 404, body = Problem), (status = 409, body = Problem)))]
pub(super) async fn revise(
    State(app): State<Arc<App>>,
    SignedIn(account): SignedIn,
    Id(id): Id<SessionId>,
    Body(act): Body<ReviewAct>,
) -> Result<Json<TranscriptView>, ApiError> {
    if account.mediator.is_some() {
        asked_transcript(&app, id, &account).await?;
    } else {
        demand_end(&readable(&app, &account, id).await?)?;
    }
    let reviewer = reviewer_of(&account);
    let transcript = Transcript::revise(&app.store, id, &reviewer, &act, app.now()).await?;
    // The answer is the whole of it.
    app.store.note_record_read(id, account.id, app.now(), "revised the transcript").await?;
    tracing::info!(session = %id.loggable(), account = %account.id.loggable(), "a transcript was revised");
    // Whoever just finished does not see it any more; this answer is the last they get.
    Ok(Json(view_of(&transcript, &account)))
}

/// The transcript as a file, with certificate, status of each line and the record's hash.
#[utoipa::path(get, path = "/api/v1/sessions/{id}/transcript/file", tag = "transcripts", params(("id" = SessionId, Path), FileWish),
    responses((status = 200, content_type = "application/pdf"), (status = 400, body = Problem), (status = 404, body = Problem), (status = 409, body = Problem), (status = 503, body = Problem)))]
pub(super) async fn file(
    State(app): State<Arc<App>>,
    SignedIn(account): SignedIn,
    Id(id): Id<SessionId>,
    Asked(wish): Asked<FileWish>,
) -> Result<impl IntoResponse, ApiError> {
    let session = readable(&app, &account, id).await?;
    let reason = reason_of(&wish.reason)?;
    demand_end(&session)?;
    let format: Format = wish.format.parse().map_err(|_| {
        ApiError::bad_request("format_malformed", "a transcript comes as vtt, txt, json, docx or pdf")
    })?;
    let language = wish
        .language
        .as_deref()
        .unwrap_or("en")
        .parse::<PaperLanguage>()
        .map_err(|_| ApiError::bad_request("language_malformed", "a paper is written in en, sq or sr"))?;
    let time_zone: Tz = wish
        .zone
        .as_deref()
        .unwrap_or("UTC")
        .parse()
        .map_err(|_| ApiError::bad_request("zone_malformed", "name a time zone such as Europe/Tirane"))?;
    let note = format!("{reason} ({})", format.extension());
    app.store.note_record_read(id, account.id, app.now(), &note).await?;
    let transcript = Transcript::load(&app.store, id).await?;
    let document = TranscriptDocument::of(&transcript.log, &transcript.review);
    let options = Options { language, time_zone };
    // Setting a long paper takes a second: not on a thread that carries others' requests.
    let written = tokio::task::spawn_blocking(move || dragoman_papers::write(&document, format, &options));
    let written = written.await.map_err(|error| ApiError::from(anyhow::Error::from(error)))??;
    let name = format!("attachment; filename=\"dragoman-transcript-{id}.{}\"", format.extension());
    let headers =
        [(header::CONTENT_TYPE, format.media_type().to_owned()), (header::CONTENT_DISPOSITION, name)];
    Ok((headers, written))
}

/// Transcripts that a mediator was asked to go through.
#[utoipa::path(get, path = "/api/v1/my/checks", tag = "transcripts",
    responses((status = 200, body = Vec<MyCheck>), (status = 403, body = Problem)))]
pub(super) async fn my_checks(
    State(app): State<Arc<App>>,
    MediatorIn(mediator): MediatorIn,
) -> Result<Json<Vec<MyCheck>>, ApiError> {
    Ok(Json(app.store.checks_of(mediator).await?))
}

/// What a transcript in JSON looks like, as JSON Schema (2020-12).
pub(super) async fn schema() -> Json<serde_json::Value> {
    Json(dragoman_papers::schema())
}

async fn asked_transcript(app: &App, id: SessionId, account: &Account) -> Result<Transcript, ApiError> {
    let no_such = || ApiError::no_such("transcript");
    let mediator = account.mediator.ok_or_else(no_such)?;
    // A stranger learns nothing of a session, not even that it is there.
    let checks = app.store.checks_of(mediator).await?;
    if !checks.iter().any(|check| check.session == id) {
        return Err(no_such());
    }
    let transcript = Transcript::load(&app.store, id).await?;
    if transcript.is_open_to(mediator) { Ok(transcript) } else { Err(no_such()) }
}

fn reviewer_of(account: &Account) -> Reviewer {
    Reviewer { account: account.id, mediator: account.mediator }
}

fn view_of(transcript: &Transcript, account: &Account) -> TranscriptView {
    let revises = matches!(account.role, AccountRole::Officer | AccountRole::Mediator);
    let reviewer = revises.then(|| reviewer_of(account));
    TranscriptView::of(&transcript.log, &transcript.review, reviewer.as_ref())
}

impl From<ReviewError> for ApiError {
    fn from(error: ReviewError) -> Self {
        match error {
            ReviewError::Refused(refusal) => Self::refused(refusal.code(), refusal.to_string()),
            ReviewError::Store(error) => error.into(),
            ReviewError::Damaged(error) => error.into(),
        }
    }
}

impl From<PaperError> for ApiError {
    fn from(error: PaperError) -> Self {
        // The letters for which there is no font are of what was said: they go to the reader, not into the log.
        tracing::error!(kind = error.kind(), "a paper could not be written");
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "paper_not_written", error.to_string())
    }
}
