//! Wall clocks: what a clock on a wall in a time zone shows, and which moment that is.
//!
//! People agree on shifts by wall clock, and twice a year a wall clock jumps. RFC 5545 §3.3.5 decides what is meant:
//! a time that a wall clock shows twice is its first showing, and one that it never shows is read with the offset from
//! before the jump.

use chrono::{
    DateTime, Datelike, MappedLocalTime, NaiveDateTime, Offset, TimeDelta, TimeZone, Timelike, Utc,
};
use chrono_tz::Tz;

use crate::time::UnixMillis;

/// Earliest and latest moment that is told by wall clock here: the years 1970 to 2200.
const TOLD: (i64, i64) = (0, 7_289_654_399_999);

/// Which moment a wall clock means.
pub fn moment(zone: Tz, local: NaiveDateTime) -> UnixMillis {
    let at = match zone.from_local_datetime(&local) {
        MappedLocalTime::Single(at) | MappedLocalTime::Ambiguous(at, _) => at.timestamp_millis(),
        MappedLocalTime::None => (local - offset_before(zone, local)).and_utc().timestamp_millis(),
    };
    UnixMillis(at)
}

/// The name is not that of a time zone.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("'{0}' is not a time zone: use an IANA name, for example 'Europe/Tirane'")]
pub struct NotATimeZone(String);

/// The time zone with an IANA name.
///
/// # Errors
/// [`NotATimeZone`].
pub fn time_zone(name: &str) -> Result<Tz, NotATimeZone> {
    name.trim().parse().map_err(|_| NotATimeZone(name.chars().take(40).collect()))
}

/// What a wall clock shows at a moment, to the second. Moments outside of the years 1970 to 2200 are moved there.
pub fn clock(zone: Tz, at: UnixMillis) -> NaiveDateTime {
    let seconds = at.0.clamp(TOLD.0, TOLD.1).div_euclid(1_000);
    let utc: DateTime<Utc> = DateTime::from_timestamp(seconds, 0).unwrap_or_default();
    utc.with_timezone(&zone).naive_local()
}

/// Which hour of the week a wall clock shows: 0 is Monday's first, 167 Sunday's last.
pub fn hour_of_week(zone: Tz, at: UnixMillis) -> u32 {
    let shown = clock(zone, at);
    shown.weekday().num_days_from_monday() * 24 + shown.hour()
}

/// Whether a wall clock shows this exactly once, so that nobody can read it otherwise.
pub fn is_plain(zone: Tz, local: NaiveDateTime) -> bool {
    matches!(zone.from_local_datetime(&local), MappedLocalTime::Single(_))
}

/// Whether a wall clock never shows this, because it jumps over it.
pub fn is_jumped_over(zone: Tz, local: NaiveDateTime) -> bool {
    matches!(zone.from_local_datetime(&local), MappedLocalTime::None)
}

/// The offset from UTC that held before the jump over `local`.
fn offset_before(zone: Tz, local: NaiveDateTime) -> TimeDelta {
    // No zone jumps twice within a day, and no jump is longer than a day (Samoa left out 30 December 2011).
    let before = zone.offset_from_utc_datetime(&(local - TimeDelta::hours(38)));
    TimeDelta::seconds(i64::from(before.fix().local_minus_utc()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_zone_is_refused_with_an_example() {
        let error = time_zone("Europe/Tirana").unwrap_err().to_string();
        assert!(error.contains("'Europe/Tirana'") && error.contains("Europe/Tirane"), "{error}");
    }

    fn at(zone: Tz, local: &str) -> String {
        let at = moment(zone, local.parse().unwrap());
        DateTime::from_timestamp_millis(at.0).unwrap().to_rfc3339()
    }

    #[test]
    fn a_time_that_is_jumped_over_keeps_the_offset_from_before() {
        use chrono_tz::{America::New_York, Europe::Tirane, Pacific::Apia};
        assert_eq!(at(Tirane, "2026-03-29T01:59:00"), "2026-03-29T00:59:00+00:00");
        assert_eq!(at(Tirane, "2026-03-29T02:30:00"), "2026-03-29T01:30:00+00:00");
        assert_eq!(at(Tirane, "2026-03-29T03:00:00"), "2026-03-29T01:00:00+00:00");
        // RFC 5545 §3.3.5 gives this very example.
        assert_eq!(at(New_York, "2007-03-11T02:30:00"), "2007-03-11T07:30:00+00:00");
        assert_eq!(at(Apia, "2011-12-30T12:00:00"), "2011-12-30T22:00:00+00:00");
        assert!(is_jumped_over(Tirane, "2026-03-29T02:30:00".parse().unwrap()));
    }

    #[test]
    fn a_time_that_is_shown_twice_is_its_first_showing() {
        use chrono_tz::{America::New_York, Asia::Tehran, Europe::Belgrade};
        assert_eq!(at(Belgrade, "2026-10-25T02:30:00"), "2026-10-25T00:30:00+00:00");
        assert_eq!(at(Belgrade, "2026-10-25T03:00:00"), "2026-10-25T02:00:00+00:00");
        // And the RFC's own example.
        assert_eq!(at(New_York, "2007-11-04T01:30:00"), "2007-11-04T05:30:00+00:00");
        assert!(!is_plain(Belgrade, "2026-10-25T02:30:00".parse().unwrap()));
        assert!(is_plain(Tehran, "2026-10-25T02:30:00".parse().unwrap()));
    }

    #[test]
    fn clocks_show_any_moment_without_failing() {
        for millis in [i64::MIN, -1, 0, 1_774_746_000_000, i64::MAX] {
            clock(chrono_tz::Europe::Tirane, UnixMillis(millis));
        }
        let shown = clock(chrono_tz::Europe::Tirane, UnixMillis(1_774_746_000_000));
        assert_eq!(shown.to_string(), "2026-03-29 03:00:00");
        assert_eq!(hour_of_week(chrono_tz::Europe::Tirane, UnixMillis(1_774_746_000_000)), 6 * 24 + 3);
    }
}
