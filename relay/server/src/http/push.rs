//! Devices of the staff that ring, or tell of something, while no page is open.

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use dragoman_core::ids::MediatorId;
use dragoman_core::rest_push::{PushKey, PushSubscriptionEnd, PushSubscriptionForm};
use dragoman_core::wire::Problem;
use web_push_native::p256::PublicKey;

use super::auth::SignedIn;
use super::problem::ApiError;
use super::{App, Body};
use crate::notify::{Reach, check_endpoint};
use crate::store::PushSubscription;

/// The key that browsers subscribe with.
#[utoipa::path(get, path = "/api/v1/push/key", tag = "push",
    responses((status = 200, body = PushKey), (status = 401, body = Problem), (status = 503, body = Problem)))]
pub(super) async fn key(State(app): State<Arc<App>>, _account: SignedIn) -> Result<Json<PushKey>, ApiError> {
    let key = app.notifier.push_key().ok_or_else(unavailable)?;
    Ok(Json(PushKey { key: key.to_owned() }))
}

/// Rings a device of one's own from now on. Of more than ten devices the oldest are forgotten.
#[utoipa::path(post, path = "/api/v1/push/subscriptions", tag = "push", request_body = PushSubscriptionForm,
    responses((status = 204), (status = 400, body = Problem), (status = 401, body = Problem),
        (status = 503, body = Problem)))]
pub(super) async fn subscribe(
    State(app): State<Arc<App>>,
    SignedIn(account): SignedIn,
    Body(form): Body<PushSubscriptionForm>,
) -> Result<StatusCode, ApiError> {
    app.notifier.push_key().ok_or_else(unavailable)?;
    let subscription = checked(form, app.notifier.device_reach())?;
    let before = app.store.push_subscriber(&subscription.endpoint).await?;
    app.store.put_push_subscription(account.id, &subscription, app.now()).await?;
    let changed: BTreeSet<MediatorId> = before.into_iter().chain(account.mediator).collect();
    for mediator in changed {
        app.engine.review_reach(mediator).await;
    }
    Ok(StatusCode::NO_CONTENT)
}

/// Rings a device of one's own no more.
#[utoipa::path(delete, path = "/api/v1/push/subscriptions", tag = "push", request_body = PushSubscriptionEnd,
    responses((status = 204), (status = 401, body = Problem), (status = 404, body = Problem)))]
pub(super) async fn unsubscribe(
    State(app): State<Arc<App>>,
    SignedIn(account): SignedIn,
    Body(end): Body<PushSubscriptionEnd>,
) -> Result<StatusCode, ApiError> {
    if !app.store.remove_push_subscription(account.id, &end.endpoint).await? {
        return Err(ApiError::no_such("device"));
    }
    if let Some(mediator) = account.mediator {
        app.engine.review_reach(mediator).await;
    }
    Ok(StatusCode::NO_CONTENT)
}

fn checked(form: PushSubscriptionForm, reach: Reach) -> Result<PushSubscription, ApiError> {
    let endpoint = check_endpoint(&form.endpoint, reach)
        .map_err(|wrong| ApiError::bad_request("push_endpoint_refused", wrong))?;
    let malformed = |message| ApiError::bad_request("push_keys_malformed", message);
    let p256dh = URL_SAFE_NO_PAD.decode(form.p256dh.trim_end_matches('=')).unwrap_or_default();
    if p256dh.len() != 65 || PublicKey::from_sec1_bytes(&p256dh).is_err() {
        return Err(malformed("p256dh must be an uncompressed point of P-256, 65 bytes in base64url"));
    }
    let auth = URL_SAFE_NO_PAD.decode(form.auth.trim_end_matches('=')).unwrap_or_default();
    let auth = auth.try_into().map_err(|_| malformed("auth must be 16 bytes in base64url"))?;
    Ok(PushSubscription { endpoint: endpoint.into(), p256dh, auth })
}

fn unavailable() -> ApiError {
    let message =
        "this relay can not ring closed pages: its system has no certificates to check push services with";
    ApiError::new(StatusCode::SERVICE_UNAVAILABLE, "push_unavailable", message)
}
