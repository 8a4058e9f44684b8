//! The two files of a simulation, in JSON: who is on duty when, and who calls when. Read without touching a disk.
//!
//! Roster:
//!
//! ```json
//! { "zone": "Europe/Tirane",
//!   "people": [ { "alias": "Blue Heron",
//!                 "languages": [{"tag": "sq", "level": "native"}, {"tag": "en", "level": "fluent"}],
//!                 "weekly": [{"days": ["mon", "tue"], "from": "08:00", "until": "16:00", "duty": "on_shift"}],
//!                 "habits": {"on_shift": {"answers": 0.9, "declines": 0.05, "pick_up_seconds": 6}} } ] }
//! ```
//!
//! Demand; `rates`, `arrivals` or both:
//!
//! ```json
//! { "zone": "Europe/Tirane", "first_day": "2026-03-02", "days": 28,
//!   "callers": {"session_seconds": 1800, "least_patience_seconds": 60, "patience_seconds": 180},
//!   "rates": [{"source": "sq", "target": "en", "days": ["mon"], "from": "08:00", "until": "20:00",
//!              "calls_per_hour": 1.5}],
//!   "arrivals": [{"at": "2026-03-03T02:11:00+01:00", "source": "ti", "target": "en"}] }
//! ```
//!
//! Times of day are those of the zone's wall clock; an `until` that is not after its `from` is on the next day, and
//! without `days` every day is meant.

use chrono::{DateTime, Datelike, Days, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, TimeZone};
use chrono_tz::Tz;
use serde::de::Error;
use serde::{Deserialize, Deserializer};
use uuid::Uuid;

use super::scenario::{Callers, Habits, Person, Rate, Scenario};
use crate::availability::wall::time_zone;
use crate::availability::{Duty, DutySpan, Span};
use crate::codes::{AgencyCode, CountryCode};
use crate::ids::MediatorId;
use crate::language::{LanguagePair, LanguageTag};
use crate::roster::{Gender, LoadLimits, Mediator, Profile, Qualification, Specialism, SpokenLanguage};
use crate::session_types::SessionRequest;
use crate::time::{HOUR_MILLIS, UnixMillis};

/// Who is on duty when.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RosterFile {
    zone: Zone,
    people: Vec<PersonEntry>,
}

/// Who calls when.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DemandFile {
    zone: Zone,
    first_day: Date,
    days: DayCount,
    #[serde(default)]
    callers: Callers,
    #[serde(default)]
    rates: Vec<RateEntry>,
    #[serde(default)]
    arrivals: Vec<ArrivalEntry>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct PersonEntry {
    alias: String,
    languages: Vec<SpokenLanguage>,
    #[serde(default)]
    gender: Option<Gender>,
    #[serde(default = "interpreter")]
    qualification: Qualification,
    #[serde(default)]
    specialisms: Vec<Specialism>,
    #[serde(default)]
    agency: Option<AgencyCode>,
    #[serde(default)]
    serves: Vec<AgencyCode>,
    #[serde(default)]
    countries: Vec<CountryCode>,
    #[serde(default)]
    load: LoadLimits,
    weekly: Vec<WeeklyEntry>,
    #[serde(default)]
    habits: Habits,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct WeeklyEntry {
    #[serde(default = "every_day")]
    days: Vec<Day>,
    from: Clock,
    until: Clock,
    duty: Duty,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RateEntry {
    source: LanguageTag,
    target: LanguageTag,
    #[serde(default = "every_day")]
    days: Vec<Day>,
    from: Clock,
    until: Clock,
    calls_per_hour: CallsPerHour,
    #[serde(default)]
    gender_wish: Option<Gender>,
    #[serde(default)]
    minor: bool,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ArrivalEntry {
    at: Instant,
    source: LanguageTag,
    target: LanguageTag,
    #[serde(default)]
    gender_wish: Option<Gender>,
    #[serde(default)]
    minor: bool,
}

/// Monday is 0.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Day {
    Mon,
    Tue,
    Wed,
    Thu,
    Fri,
    Sat,
    Sun,
}

const WEEK: [Day; 7] = [Day::Mon, Day::Tue, Day::Wed, Day::Thu, Day::Fri, Day::Sat, Day::Sun];

/// Values that are checked while they are read, so that an error names the line.
macro_rules! checked {
    ($name:ident($inner:ty), $raw:ty, $check:expr) => {
        #[derive(Clone, Copy, Debug)]
        struct $name($inner);

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                let check: fn($raw) -> Result<$inner, String> = $check;
                check(<$raw>::deserialize(from)?).map(Self).map_err(D::Error::custom)
            }
        }
    };
}

checked!(Zone(Tz), String, |text| time_zone(&text).map_err(|error| error.to_string()));
checked!(Clock(NaiveTime), String, |text| NaiveTime::parse_from_str(&text, "%H:%M")
    .map_err(|_| format!("'{}' is not a time of day: use hours and minutes, such as '08:00'", short(&text))));
checked!(Date(NaiveDate), String, |text| NaiveDate::parse_from_str(&text, "%Y-%m-%d")
    .map_err(|_| format!("'{}' is not a day: use year, month, day, such as '2026-03-02'", short(&text))));
checked!(Instant(UnixMillis), String, |text| DateTime::parse_from_rfc3339(&text)
    .map(|at| UnixMillis(at.timestamp_millis()))
    .map_err(|_| format!(
        "'{}' is not a time: use RFC 3339, such as '2026-03-03T02:11:00+01:00'",
        short(&text)
    )));
checked!(DayCount(u16), u16, |days| match days {
    1..=366 => Ok(days),
    _ => Err(format!("{days} days are out of range: give 1 to 366")),
});
checked!(CallsPerHour(f64), f64, |calls| match calls {
    0.0..=10_000.0 => Ok(calls),
    _ => Err(format!("{calls} calls an hour are out of range: give 0 to 10000")),
});

impl DemandFile {
    /// The time that is simulated.
    pub fn span(&self) -> Span {
        let midnight = |day: NaiveDate| instant(day.and_time(NaiveTime::MIN), self.zone.0);
        let last = self.first_day.0.checked_add_days(Days::new(self.days.0.into()));
        Span { from: midnight(self.first_day.0), until: midnight(last.unwrap_or(NaiveDate::MAX)) }
    }

    /// Everything together.
    pub fn with(&self, roster: &RosterFile, seed: u64) -> Scenario {
        let span = self.span();
        let people =
            roster.people.iter().zip(1..).map(|(entry, number)| entry.person(number, roster.zone.0, span));
        let rates = self.rates.iter().flat_map(|rate| rate.hours(self.zone.0, span)).collect::<Vec<_>>();
        let drawn = Scenario::times_of(&rates, seed);
        let arrivals = self.arrivals.iter().filter(|arrival| span.contains(arrival.at.0));
        let given = arrivals.map(|arrival| (arrival.at.0, arrival.request()));
        let calls = Scenario::calls_at(drawn.into_iter().chain(given).collect(), self.callers, seed);
        Scenario { people: people.collect(), calls, seed }
    }
}

impl PersonEntry {
    fn person(&self, number: u128, zone: Tz, span: Span) -> Person {
        let profile = Profile {
            gender: self.gender,
            qualification: self.qualification,
            specialisms: self.specialisms.iter().copied().collect(),
            agency: self.agency.clone(),
            serves: self.serves.iter().cloned().collect(),
            countries: self.countries.iter().cloned().collect(),
            load: self.load,
            ..Profile::new(&self.alias, self.languages.clone())
        };
        Person {
            mediator: Mediator {
                id: MediatorId(Uuid::from_u128(number)),
                profile: profile.cleared(UnixMillis(i64::MIN)),
            },
            duties: self.weekly.iter().flat_map(|weekly| weekly.duties(zone, span)).collect(),
            habits: self.habits,
        }
    }
}

impl WeeklyEntry {
    fn duties(&self, zone: Tz, span: Span) -> Vec<DutySpan> {
        // A night that began before the first day reaches into it.
        let begin = local(span.from, zone).date().pred_opt().unwrap_or(NaiveDate::MIN);
        let days =
            begin.iter_days().take_while(|day| instant(day.and_time(NaiveTime::MIN), zone) < span.until);
        let on = |day: NaiveDate| {
            let ends = if self.until.0 > self.from.0 { day } else { day.succ_opt().unwrap_or(day) };
            let (from, until) = (day.and_time(self.from.0), ends.and_time(self.until.0));
            let span = Span { from: instant(from, zone), until: instant(until, zone) };
            DutySpan { span, duty: self.duty }
        };
        days.filter(|day| is_one_of(&self.days, *day))
            .map(on)
            .filter(|duty| duty.span.overlaps(span))
            .collect()
    }
}

impl RateEntry {
    fn hours(&self, zone: Tz, span: Span) -> Vec<Rate> {
        let request = request(&self.source, &self.target, self.gender_wish, self.minor);
        let applies = |at: &UnixMillis| {
            let local = local(*at, zone);
            let (time, wraps) = (local.time(), self.until.0 <= self.from.0);
            let within = if wraps {
                time >= self.from.0 || time < self.until.0
            } else {
                time >= self.from.0 && time < self.until.0
            };
            // The hours after midnight belong to the day on which they began.
            let began =
                if wraps && time < self.until.0 { local.date().pred_opt() } else { Some(local.date()) };
            within && began.is_some_and(|day| is_one_of(&self.days, day))
        };
        let hours = (span.from.0..span.until.0).step_by(HOUR_MILLIS as usize).map(UnixMillis);
        let rate = |hour_start| Rate { hour_start, request: request.clone(), calls: self.calls_per_hour.0 };
        hours.filter(applies).map(rate).collect()
    }
}

impl ArrivalEntry {
    fn request(&self) -> SessionRequest {
        request(&self.source, &self.target, self.gender_wish, self.minor)
    }
}

fn request(
    source: &LanguageTag,
    target: &LanguageTag,
    gender_wish: Option<Gender>,
    minor: bool,
) -> SessionRequest {
    let languages = LanguagePair { source: source.clone(), target: target.clone() };
    SessionRequest { gender_wish, minor, ..SessionRequest::between(languages) }
}

fn is_one_of(days: &[Day], day: NaiveDate) -> bool {
    let number = day.weekday().num_days_from_monday() as usize;
    WEEK.get(number).is_some_and(|day| days.contains(day))
}

/// The first time the wall clock shows this; where the change of clocks skips it, an hour later.
fn instant(local: NaiveDateTime, zone: Tz) -> UnixMillis {
    let shown = zone.from_local_datetime(&local).earliest();
    let shown = shown.or_else(|| zone.from_local_datetime(&(local + TimeDelta::hours(1))).earliest());
    UnixMillis(shown.map_or_else(|| local.and_utc().timestamp_millis(), |at| at.timestamp_millis()))
}

fn local(at: UnixMillis, zone: Tz) -> NaiveDateTime {
    DateTime::from_timestamp_millis(at.0).unwrap_or_default().with_timezone(&zone).naive_local()
}

fn every_day() -> Vec<Day> {
    WEEK.to_vec()
}

fn interpreter() -> Qualification {
    Qualification::Interpreter
}

fn short(text: &str) -> String {
    text.chars().take(40).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const DEMAND: &str = r#"{ "zone": "Europe/Tirane", "first_day": "2026-03-23", "days": 14,
        "rates": [{"source": "sq", "target": "en", "days": ["sat"], "from": "22:00", "until": "06:00",
                   "calls_per_hour": 30}],
        "arrivals": [{"at": "2026-03-25T02:11:00+01:00", "source": "ti", "target": "en"},
                     {"at": "2027-03-25T02:11:00+01:00", "source": "ti", "target": "en"}] }"#;
    const ROSTER: &str = r#"{ "zone": "Europe/Tirane",
        "people": [{"alias": "Blue Heron", "languages": [{"tag": "sq", "level": "native"}, {"tag": "en", "level": "fluent"}],
                    "weekly": [{"days": ["sat"], "from": "22:00", "until": "06:00", "duty": "on_shift"}]}] }"#;

    fn scenario() -> Scenario {
        let demand: DemandFile = serde_json::from_str(DEMAND).unwrap();
        demand.with(&serde_json::from_str(ROSTER).unwrap(), 1)
    }

    #[test]
    fn nights_belong_to_the_day_on_which_they_began_also_when_the_clocks_change() {
        let scenario = scenario();
        let lengths: Vec<i64> = scenario.people[0]
            .duties
            .iter()
            .map(|duty| (duty.span.until.0 - duty.span.from.0) / HOUR_MILLIS)
            .collect();
        assert_eq!(lengths, [7, 8], "clocks go forward on the first of the two Sundays");
        let (given, drawn): (Vec<_>, Vec<_>) =
            scenario.calls.iter().partition(|call| call.request.languages.source.as_str() == "ti");
        assert_eq!(given.len(), 1, "what lies outside the days is left out");
        assert!((350..550).contains(&drawn.len()), "{} of about 15 h × 30", drawn.len());
        let person = &scenario.people[0];
        assert!(drawn.iter().all(|call| person.duty_at(call.at) == Some(Duty::OnShift)));
    }

    #[test]
    fn what_is_wrong_is_named_with_its_line() {
        for (good, bad, said) in [
            ("Europe/Tirane", "Europe/Tirana", "'Europe/Tirana' is not a time zone"),
            ("\"2026-03-23\"", "\"23 March\"", "'23 March' is not a day"),
            ("\"days\": 14", "\"days\": 0", "0 days are out of range"),
            ("22:00", "10 pm", "'10 pm' is not a time of day"),
            ("\"calls_per_hour\": 30", "\"calls_per_hour\": -1", "-1 calls an hour are out of range"),
            ("2026-03-25T02:11:00+01:00", "tomorrow", "'tomorrow' is not a time"),
            ("\"sat\"", "\"caturday\"", "unknown variant `caturday`"),
            ("\"days\": 14,", "\"days\": 14, \"dayz\": 1,", "unknown field `dayz`"),
        ] {
            let text = DEMAND.replacen(good, bad, 1);
            let line = DEMAND.lines().position(|line| line.contains(good)).unwrap() + 1;
            let error = serde_json::from_str::<DemandFile>(&text).unwrap_err().to_string();
            assert!(error.contains(said) && error.contains(&format!("line {line} ")), "{error}");
        }
    }
}
