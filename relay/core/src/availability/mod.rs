//! When mediators are available: spans of duty, as shifts and bookings bring them.

pub mod calendar;
pub mod coverage;
pub mod feed;
pub mod fill;
pub mod import;
pub mod rule;
#[cfg(test)]
mod samples;
pub mod shift;
pub mod wall;

use serde::{Deserialize, Serialize};

use crate::time::UnixMillis;

/// A stretch of time: `from` belongs to it, `until` does not.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Span {
    /// Its first millisecond.
    pub from: UnixMillis,
    /// The first millisecond after it.
    pub until: UnixMillis,
}

impl Span {
    /// Whether this point in time lies in it.
    pub fn contains(self, at: UnixMillis) -> bool {
        self.from <= at && at < self.until
    }

    /// Whether the two have a moment in common.
    pub fn overlaps(self, other: Self) -> bool {
        self.from < other.until && other.from < self.until
    }

    /// What of it lies in `window`, in milliseconds.
    pub fn millis_within(self, window: Self) -> i64 {
        (self.until.min(window.until).0 - self.from.max(window.from).0).max(0)
    }
}

/// What a mediator does in a shift.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum Duty {
    /// Available like somebody whose ready switch is on.
    OnShift,
    /// Rung only when nobody else answers.
    OnCall,
}

/// One occurrence of a shift.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct DutySpan {
    /// When.
    pub span: Span,
    /// What.
    pub duty: Duty,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_half_open() {
        let span = |from, until| Span { from: UnixMillis(from), until: UnixMillis(until) };
        assert!(span(10, 20).contains(UnixMillis(10)) && !span(10, 20).contains(UnixMillis(20)));
        assert!(!span(10, 20).overlaps(span(20, 30)) && span(10, 20).overlaps(span(19, 30)));
        assert_eq!(span(10, 20).millis_within(span(15, 40)), 5);
        assert_eq!(span(10, 20).millis_within(span(30, 40)), 0);
    }
}
