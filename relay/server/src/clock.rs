//! The one place that reads the wall clock.

use std::time::{SystemTime, UNIX_EPOCH};

use dragoman_core::time::UnixMillis;

/// Now. A clock set before 1970 reads as 1970.
pub fn now() -> UnixMillis {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    UnixMillis(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}
