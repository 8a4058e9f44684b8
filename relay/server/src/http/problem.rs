//! Refusals on HTTP: each error becomes one status and one [`Problem`], here and nowhere else.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use dragoman_core::rest_directory::FieldError;
use dragoman_core::wire::Problem;

use crate::directory::DirectoryError;
use crate::engine::EngineError;
use crate::store::StoreError;
use crate::vault::VaultError;

/// A refusal on its way to the client.
#[derive(Debug)]
pub(crate) struct ApiError {
    status: StatusCode,
    problem: Problem,
}

impl ApiError {
    /// A refusal with a stable code and a sentence that says what to do.
    pub(super) fn new(status: StatusCode, code: &str, message: impl Into<String>) -> Self {
        Self { status, problem: Problem { code: code.to_owned(), message: message.into() } }
    }

    /// 401.
    pub(super) fn not_signed_in() -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "not_signed_in", "sign in first, or open your link again")
    }

    /// 403.
    pub(super) fn not_allowed(message: &str) -> Self {
        Self::new(StatusCode::FORBIDDEN, "not_allowed", message)
    }

    /// 403: what is asked for is another agency's, or nobody's in particular.
    pub(super) fn other_agency() -> Self {
        let message = "this is another agency's, or of the whole roster: its coordinators or an administrator may do it. \
                       Mediators of other agencies can be asked for at the loan desk";
        Self::new(StatusCode::FORBIDDEN, "other_agency", message)
    }

    /// 404. A session that exists but is not the asker's looks the same as one that does not.
    pub(super) fn no_such(what: &str) -> Self {
        Self::new(StatusCode::NOT_FOUND, "not_found", format!("there is no such {what}, or it is not yours"))
    }

    /// A refusal of the core by its code: 400 for what is malformed, 403 and 404 for what is others', else 409.
    pub(super) fn refused(code: &str, message: String) -> Self {
        let status = match code {
            "not_found" => StatusCode::NOT_FOUND,
            "not_the_lender" | "not_the_borrower" => StatusCode::FORBIDDEN,
            "reason_missing" | "note_too_long" => StatusCode::BAD_REQUEST,
            code if code.ends_with("_malformed") => StatusCode::BAD_REQUEST,
            _ => StatusCode::CONFLICT,
        };
        Self::new(status, code, message)
    }

    /// 400.
    pub(super) fn bad_request(code: &str, message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, code, message)
    }

    /// 400 with the first of what is wrong with fields: the code is the field's name and `_malformed`.
    pub(super) fn malformed(errors: Vec<FieldError>) -> Self {
        let first =
            errors.into_iter().next().unwrap_or_else(|| FieldError::new("body", "it can not be read"));
        Self::bad_request(&format!("{}_malformed", first.column), first.message)
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        (self.status, Json(self.problem)).into_response()
    }
}

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::LoginTaken => Self::new(StatusCode::CONFLICT, "login_taken", error.to_string()),
            StoreError::PlaceTaken => Self::new(StatusCode::CONFLICT, "already_taken", error.to_string()),
            StoreError::RevisedMeanwhile => {
                Self::new(StatusCode::CONFLICT, "revised_meanwhile", error.to_string())
            }
            other => {
                tracing::error!(error = %other, "the store failed");
                internal()
            }
        }
    }
}

impl From<VaultError> for ApiError {
    fn from(error: VaultError) -> Self {
        match &error {
            VaultError::Locked(_) => {
                tracing::error!(%error, "a request needs the roster's key");
                Self::new(StatusCode::SERVICE_UNAVAILABLE, "roster_key_unusable", error.to_string())
            }
            VaultError::Damaged(_) => {
                tracing::error!(%error, "private details are damaged");
                Self::new(StatusCode::INTERNAL_SERVER_ERROR, "details_damaged", error.to_string())
            }
        }
    }
}

impl From<DirectoryError> for ApiError {
    fn from(error: DirectoryError) -> Self {
        match error {
            DirectoryError::Store(error) => error.into(),
            DirectoryError::Vault(error) => error.into(),
        }
    }
}

impl From<anyhow::Error> for ApiError {
    fn from(error: anyhow::Error) -> Self {
        tracing::error!(error = %format!("{error:#}"), "a request failed");
        internal()
    }
}

impl From<EngineError> for ApiError {
    fn from(error: EngineError) -> Self {
        let status = match &error {
            EngineError::Refused(refusal) if refusal.code() == "no_such_session" => StatusCode::NOT_FOUND,
            EngineError::Refused(_) => StatusCode::CONFLICT,
            EngineError::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        };
        Self { status, problem: error.problem() }
    }
}

fn internal() -> ApiError {
    ApiError::new(
        StatusCode::INTERNAL_SERVER_ERROR,
        "relay_failed",
        "the relay could not do this; nothing was changed. Try again, and tell the administrator if it happens again",
    )
}
