//! Points in time as the shell hands them in. The core never reads a clock.

use std::ops::Add;
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// An hour, in milliseconds.
pub const HOUR_MILLIS: i64 = 3_600_000;

/// Milliseconds since 1970-01-01T00:00:00Z.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[cfg_attr(feature = "typescript", ts(type = "number"))]
#[serde(transparent)]
pub struct UnixMillis(pub i64);

impl Add<Duration> for UnixMillis {
    type Output = Self;
    fn add(self, rest: Duration) -> Self {
        Self(self.0.saturating_add(i64::try_from(rest.as_millis()).unwrap_or(i64::MAX)))
    }
}
