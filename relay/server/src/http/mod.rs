//! HTTP: one visible list of routes, the checks that every request passes, and what all handlers share.

mod accounts;
mod agencies;
mod assets;
mod auth;
mod bookings;
mod coverage;
mod desk_socket;
mod directory;
mod feeds;
mod glossaries;
mod health;
mod keeping;
mod link_routes;
mod loans;
mod my_shifts;
mod problem;
mod push;
mod records;
mod reports;
mod roster;
mod roster_file;
mod session_socket;
mod sessions;
mod shifts;
mod socket;
mod transcripts;

use std::sync::Arc;

use axum::extract::{DefaultBodyLimit, FromRequest, FromRequestParts, Path, Query, Request};
use axum::http::request::Parts;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::routing::get;
use axum::{Json, Router, middleware};
use dragoman_core::availability::import::MAX_IMPORT_BYTES;
use dragoman_core::time::UnixMillis;
use serde::de::DeserializeOwned;
use tokio::sync::Mutex;
use tower_http::set_header::SetResponseHeaderLayer;
use utoipa::OpenApi;
use utoipa_axum::router::{OpenApiRouter, UtoipaMethodRouterExt};
use utoipa_axum::routes;

pub use auth::{LOGIN_COOKIE, PARTICIPANT_COOKIE};
use problem::ApiError;

use crate::bookings::Bookings;
use crate::clock;
use crate::config::Config;
use crate::directory::Directory;
use crate::duties::Duties;
use crate::engine::Engine;
use crate::loans::Loans;
use crate::media::Media;
use crate::notify::Notifier;
use crate::record::Signer;
use crate::store::Store;
use crate::throttle::Throttle;
use crate::turn::Turn;
use crate::vault::Vault;

/// Longest request body, in bytes.
const MAX_BODY_BYTES: usize = 64 * 1024;
/// Longest body with a file of the roster, which JSON may write at twice the length.
const MAX_IMPORT_BODY_BYTES: usize = 2 * dragoman_core::roster_csv::MAX_BYTES + 1024;

/// The same for a glossary.
const MAX_GLOSSARY_BODY_BYTES: usize = 2 * dragoman_core::glossary::MAX_BYTES + 1024;

/// What all handlers share.
pub struct App {
    /// Settings.
    pub config: Config,
    /// The database.
    pub store: Store,
    /// The core's task.
    pub engine: Engine,
    /// Mediators lent between agencies.
    pub loans: Arc<Loans>,
    /// Sessions planned ahead.
    pub bookings: Arc<Bookings>,
    /// The audio.
    pub media: Arc<Media>,
    /// Ways for the audio where UDP does not get through.
    pub turn: Turn,
    /// Rings those who have no page open.
    pub notifier: Notifier,
    /// Wrong passwords.
    pub throttle: Throttle,
    /// Wrong addresses of calendar feeds.
    pub feed_throttle: Throttle,
    /// What the engine was told about shifts.
    pub duties: Duties,
    /// Signs records.
    pub signer: Signer,
    /// The roster's key.
    pub vault: Arc<Vault>,
    /// Private details.
    pub directory: Directory,
    /// Held from the look at the roster until what follows from it is written, so that nothing comes between.
    pub roster_writes: Mutex<()>,
}

impl App {
    /// The time.
    pub fn now(&self) -> UnixMillis {
        clock::now()
    }

    /// Whether cookies may demand TLS.
    pub fn is_secure(&self) -> bool {
        self.config.public_url.starts_with("https://")
    }
}

#[derive(OpenApi)]
#[openapi(info(
    title = "Dragoman relay",
    description = "Accounts, roster, sessions and records of a Dragoman relay."
))]
struct ApiDocument;

/// All routes.
pub fn router(app: Arc<App>) -> Router {
    // A calendar travels as text within JSON, where each line end takes two characters more.
    let import_limit = DefaultBodyLimit::max(2 * MAX_IMPORT_BYTES);
    let (api, document) = OpenApiRouter::with_openapi(ApiDocument::openapi())
        .routes(routes!(accounts::login))
        .routes(routes!(accounts::logout))
        .routes(routes!(accounts::me))
        .routes(routes!(accounts::list, accounts::create))
        .routes(routes!(agencies::list, agencies::create))
        .routes(routes!(agencies::update))
        .routes(routes!(agencies::set_of_account))
        .routes(routes!(link_routes::inspect))
        .routes(routes!(link_routes::enrol))
        .routes(routes!(link_routes::sign_in_by_link))
        .routes(routes!(link_routes::join))
        .routes(routes!(link_routes::participant))
        .routes(routes!(sessions::languages))
        .routes(routes!(sessions::list, sessions::create))
        .routes(routes!(sessions::invite))
        .routes(routes!(sessions::candidates))
        .routes(routes!(sessions::ring))
        .routes(routes!(records::download))
        .routes(routes!(transcripts::show))
        .routes(routes!(transcripts::revise))
        .routes(routes!(transcripts::file))
        .routes(routes!(transcripts::my_checks))
        .routes(routes!(roster::list, roster::create))
        .routes(routes!(roster::update))
        .routes(routes!(loans::list, loans::request))
        .routes(routes!(loans::offerable))
        .routes(routes!(loans::approve))
        .routes(routes!(loans::refuse))
        .routes(routes!(loans::revoke))
        .routes(routes!(bookings::list, bookings::create))
        .routes(routes!(bookings::cancel))
        .routes(routes!(bookings::begin))
        .routes(routes!(bookings::assign))
        .routes(routes!(bookings::my_list))
        .routes(routes!(bookings::accept))
        .routes(routes!(bookings::decline))
        .routes(routes!(bookings::give_back))
        .routes(routes!(push::key))
        .routes(routes!(push::subscribe, push::unsubscribe))
        .routes(routes!(directory::read, directory::write))
        .routes(routes!(directory::log))
        .routes(routes!(roster_file::import).layer(DefaultBodyLimit::max(MAX_IMPORT_BODY_BYTES)))
        .routes(routes!(roster_file::export))
        .routes(routes!(shifts::list, shifts::create))
        .routes(routes!(shifts::update, shifts::remove))
        .routes(routes!(shifts::skip))
        .merge(OpenApiRouter::new().routes(routes!(shifts::import_calendar)).layer(import_limit))
        .routes(routes!(my_shifts::list, my_shifts::create))
        .routes(routes!(my_shifts::skip))
        .routes(routes!(coverage::show))
        .routes(routes!(coverage::fill))
        .routes(routes!(reports::forecast))
        .routes(routes!(reports::show))
        .routes(routes!(reports::file))
        .routes(routes!(feeds::list, feeds::create))
        .routes(routes!(feeds::remove))
        .routes(routes!(glossaries::list))
        .routes(routes!(glossaries::put).layer(DefaultBodyLimit::max(MAX_GLOSSARY_BODY_BYTES)))
        .routes(routes!(glossaries::export))
        .routes(routes!(glossaries::of_session))
        .routes(routes!(session_socket::open))
        .routes(routes!(desk_socket::open))
        .split_for_parts();
    api.route("/api/openapi.json", get(move || async move { Json(document) }))
        .route("/api/v1/transcript.schema.json", get(transcripts::schema))
        .route("/healthz", get(health::healthz))
        .route("/readyz", get(health::readyz))
        .route("/metrics", get(health::metrics))
        .route("/feeds/{file}", get(feeds::read))
        .route("/api/{*rest}", get(no_such_route).post(no_such_route).put(no_such_route))
        .method_not_allowed_fallback(wrong_method)
        .fallback(assets::serve)
        .layer(middleware::from_fn_with_state(app.clone(), auth::same_origin))
        .layer(DefaultBodyLimit::max(MAX_BODY_BYTES))
        .layer(header_layer("content-security-policy", CONTENT_SECURITY_POLICY))
        .layer(header_layer("cross-origin-opener-policy", "same-origin"))
        .layer(header_layer("cross-origin-resource-policy", "same-origin"))
        .layer(header_layer("referrer-policy", "no-referrer"))
        .layer(header_layer("x-content-type-options", "nosniff"))
        .layer(header_layer(
            "permissions-policy",
            "microphone=(self), camera=(), geolocation=(), screen-wake-lock=(self)",
        ))
        .layer(SetResponseHeaderLayer::if_not_present(
            header::CACHE_CONTROL,
            HeaderValue::from_static("no-store"),
        ))
        .with_state(app)
}

/// Nothing from elsewhere, nothing inline.
const CONTENT_SECURITY_POLICY: &str = "default-src 'self'; img-src 'self' data: blob:; media-src 'self' blob:; \
    connect-src 'self'; worker-src 'self'; object-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'";

fn header_layer(name: &'static str, value: &'static str) -> SetResponseHeaderLayer<HeaderValue> {
    SetResponseHeaderLayer::overriding(HeaderName::from_static(name), HeaderValue::from_static(value))
}

async fn no_such_route() -> ApiError {
    ApiError::new(
        StatusCode::NOT_FOUND,
        "no_such_route",
        "there is no such call; see /api/openapi.json for all of them",
    )
}

async fn wrong_method() -> ApiError {
    let message = "this address does not know that method; see /api/openapi.json";
    ApiError::new(StatusCode::METHOD_NOT_ALLOWED, "wrong_method", message)
}

/// An identifier in the address.
pub(crate) struct Id<T>(T);

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for Id<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        match Path::<T>::from_request_parts(parts, state).await {
            Ok(Path(id)) => Ok(Self(id)),
            Err(_) => Err(ApiError::bad_request(
                "id_malformed",
                "the identifier in the address is not one of those that this call takes (mostly a UUID)",
            )),
        }
    }
}

/// What stands after the question mark of an address; what is wrong with it is said.
pub(crate) struct Asked<T>(T);

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for Asked<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        match Query::<T>::from_request_parts(parts, state).await {
            Ok(Query(asked)) => Ok(Self(asked)),
            Err(rejection) => Err(ApiError::bad_request("query_malformed", rejection.body_text())),
        }
    }
}

/// A JSON body; what is wrong with it is said.
pub(crate) struct Body<T>(T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Body<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        match Json::<T>::from_request(request, state).await {
            Ok(Json(body)) => Ok(Self(body)),
            Err(rejection) => Err(ApiError::new(rejection.status(), "body_malformed", rejection.body_text())),
        }
    }
}
