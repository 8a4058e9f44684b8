//! Points in time as people read them: local, with the offset, and since the beginning.

use chrono::{DateTime, Datelike, TimeZone, Utc};
use chrono_tz::Tz;
use dragoman_core::time::UnixMillis;

use crate::labels::PaperLanguage;

/// Years beyond these are no dates of sessions, and the calendar library does not go much further.
const YEARS: std::ops::RangeInclusive<i32> = 1900..=2999;

/// The clock of one paper.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Clock {
    language: PaperLanguage,
    zone: Tz,
    from: UnixMillis,
}

impl Clock {
    pub(crate) fn new(language: PaperLanguage, zone: Tz, from: UnixMillis) -> Self {
        Self { language, zone, from }
    }

    /// The zone's name in the tz database.
    pub(crate) fn zone(self) -> &'static str {
        self.zone.name()
    }

    /// Day, time and offset.
    pub(crate) fn moment(self, at: UnixMillis) -> String {
        self.local(at).map_or_else(|| at.0.to_string(), |local| self.dated(local, "%H:%M:%S (UTC%:z)"))
    }

    /// From–to; the day is named where it is not that of the beginning.
    pub(crate) fn span(self, from: UnixMillis, until: UnixMillis) -> String {
        format!("{} – {}", self.time(from), self.time(until))
    }

    /// Milliseconds since the beginning; never before it.
    pub(crate) fn since(self, at: UnixMillis) -> u64 {
        u64::try_from(at.0.saturating_sub(self.from.0)).unwrap_or(0)
    }

    fn time(self, at: UnixMillis) -> String {
        let Some(local) = self.local(at) else { return at.0.to_string() };
        let same_day = self.local(self.from).is_some_and(|from| from.date_naive() == local.date_naive());
        if same_day { local.format("%H:%M:%S").to_string() } else { self.dated(local, "%H:%M:%S") }
    }

    fn dated(self, local: DateTime<Tz>, time: &str) -> String {
        // Of languages chrono writes English only; the others write days as numbers anyhow.
        let day = match self.language {
            PaperLanguage::En => "%-d %B %Y, ",
            PaperLanguage::Sq => "%-d.%-m.%Y, ",
            PaperLanguage::Sr => "%-d. %-m. %Y, ",
        };
        local.format(&format!("{day}{time}")).to_string()
    }

    fn local(self, at: UnixMillis) -> Option<DateTime<Tz>> {
        utc(at).map(|utc| self.zone.from_utc_datetime(&utc.naive_utc()))
    }
}

/// For what a file says about itself; `None`: no date of any session.
pub(crate) fn utc(at: UnixMillis) -> Option<DateTime<Utc>> {
    DateTime::from_timestamp_millis(at.0).filter(|utc| YEARS.contains(&utc.year()))
}

/// `hh:mm:ss`.
pub(crate) fn hours(millis: u64) -> String {
    let seconds = millis / 1_000;
    format!("{:02}:{:02}:{:02}", seconds / 3_600, seconds / 60 % 60, seconds % 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_local_and_say_their_offset() {
        let clock = Clock::new(PaperLanguage::En, Tz::Europe__Belgrade, UnixMillis(1_792_887_600_000));
        assert_eq!(clock.moment(UnixMillis(1_792_887_600_000)), "25 October 2026, 02:20:00 (UTC+02:00)");
        assert_eq!(clock.moment(UnixMillis(1_792_891_200_000)), "25 October 2026, 02:20:00 (UTC+01:00)");
        assert_eq!(
            clock.span(UnixMillis(1_792_887_600_000), UnixMillis(1_792_977_600_000)),
            "02:20:00 – 26 October 2026, 02:20:00"
        );
        assert_eq!(clock.moment(UnixMillis(i64::MAX)), i64::MAX.to_string());
        assert_eq!((clock.since(UnixMillis(i64::MIN)), hours(90_061_999)), (0, "25:01:01".to_owned()));
    }
}
