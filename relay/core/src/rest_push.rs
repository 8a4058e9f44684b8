//! Bodies of `/api/v1/push`: devices of the staff that ring, or tell of something, while no page is open.

use serde::{Deserialize, Serialize};

/// `GET /api/v1/push/key`: what a browser needs to subscribe.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct PushKey {
    /// The relay's public key (RFC 8292, section 3.2): a P-256 point, uncompressed, base64url, 87 characters. Goes into
    /// `applicationServerKey`.
    pub key: String,
}

/// `POST /api/v1/push/subscriptions` (any account): rings this device from now on, even while no page is open.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(deny_unknown_fields)]
pub struct PushSubscriptionForm {
    /// Address that the browser's push service gave, https, at most 1,024 characters.
    pub endpoint: String,
    /// The device's public key: a P-256 point, uncompressed, base64url.
    pub p256dh: String,
    /// The device's authentication secret: 16 bytes, base64url.
    pub auth: String,
}

/// `DELETE /api/v1/push/subscriptions` (any account): this device is rung no more.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(deny_unknown_fields)]
pub struct PushSubscriptionEnd {
    /// As it was subscribed.
    pub endpoint: String,
}
