//! How a shift recurs: the part of RFC 5545's recurrence rules (§3.3.10) that shifts need, and bounds for the rest.
//!
//! A rule says on which days. The time of day is the shift's, so rules by the hour, and parts that choose hours, are
//! refused: they are the ones that could make a day of a million occurrences.

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, Month, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, Weekday};
use chrono_tz::Tz;
use rrule::{Frequency, NWeekday, RRule, Unvalidated};
use serde::{Deserialize, Serialize};

use super::wall::moment;
use crate::time::UnixMillis;

/// Longest rule, in bytes.
pub const MAX_RULE_BYTES: usize = 300;
/// Largest `INTERVAL`.
pub const MAX_INTERVAL: u16 = 100;
/// Largest `COUNT`.
pub const MAX_COUNT: u32 = 2_000;

/// A recurrence rule, such as `FREQ=WEEKLY;BYDAY=MO,WE;UNTIL=20261231T230000Z`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Rule {
    /// Days, weeks, months or years.
    pub(super) every: Every,
    /// Every how many of them.
    pub(super) interval: u16,
    /// After how many occurrences it ends.
    pub(super) count: Option<u32>,
    /// When it ends.
    pub(super) until: Option<Until>,
    /// Days of the week, each with its place in the month or year (0: every one).
    pub(super) by_day: Vec<(i16, Weekday)>,
    /// Days of the month, -31 to 31.
    pub(super) by_month_day: Vec<i8>,
    /// Months, 1 to 12.
    pub(super) by_month: Vec<u8>,
    /// Which of the days so chosen, -366 to 366.
    pub(super) by_set_pos: Vec<i32>,
    /// First day of the week.
    pub(super) week_start: Weekday,
}

/// What a rule counts by.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Every {
    Day,
    Week,
    Month,
    Year,
}

/// The last moment at which an occurrence may begin.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Until {
    /// This whole day.
    Day(NaiveDate),
    /// This time by the shift's own wall clock.
    Local(NaiveDateTime),
    /// This time in UTC.
    Utc(NaiveDateTime),
}

/// The text is not such a rule; says which part and what to write.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct NotARule(String);

impl Rule {
    /// The last moment at which an occurrence may begin, in the shift's zone.
    pub(super) fn last_start(&self, zone: Tz) -> Option<UnixMillis> {
        self.until.map(|until| match until {
            // Shifts begin on full minutes, so this minute is the day's last chance.
            Until::Day(day) => moment(zone, day.and_time(NaiveTime::MIN) + TimeDelta::minutes(24 * 60 - 1)),
            Until::Local(local) => moment(zone, local),
            Until::Utc(utc) => UnixMillis(utc.and_utc().timestamp_millis()),
        })
    }

    /// The same with its end in UTC, as RFC 5545 §3.3.10 demands where the start has a zone.
    pub(super) fn with_utc_end(self, zone: Tz) -> Self {
        let utc = self
            .last_start(zone)
            .and_then(|at| DateTime::from_timestamp_millis(at.0))
            .map(|at| at.naive_utc());
        Self { until: utc.map(Until::Utc), ..self }
    }

    /// As the recurrence library takes it, without its end: that is not told by a floating clock.
    pub(super) fn recurrence(&self) -> RRule<Unvalidated> {
        let frequency = match self.every {
            Every::Day => Frequency::Daily,
            Every::Week => Frequency::Weekly,
            Every::Month => Frequency::Monthly,
            Every::Year => Frequency::Yearly,
        };
        let nth = |&(nth, day): &(i16, Weekday)| NWeekday::new((nth != 0).then_some(nth), day);
        let months: Vec<Month> =
            self.by_month.iter().filter_map(|month| Month::try_from(*month).ok()).collect();
        let rule = RRule::new(frequency)
            .interval(self.interval)
            .by_weekday(self.by_day.iter().map(nth).collect())
            .by_month_day(self.by_month_day.clone())
            .by_month(&months)
            .by_set_pos(self.by_set_pos.clone())
            .week_start(self.week_start);
        match self.count {
            Some(count) => rule.count(count),
            None => rule,
        }
    }

    fn take(&mut self, name: &str, value: &str) -> Result<(), NotARule> {
        match name {
            "FREQ" => self.every = frequency(value)?,
            "INTERVAL" => self.interval = number(name, value, 1, MAX_INTERVAL)?,
            "COUNT" => self.count = Some(number(name, value, 1, MAX_COUNT)?),
            "UNTIL" => self.until = Some(end(value)?),
            "BYDAY" => self.by_day = list(value, day)?,
            "BYMONTHDAY" => self.by_month_day = list(value, |v| nonzero(name, v, -31, 31))?,
            "BYMONTH" => self.by_month = list(value, |v| number(name, v, 1, 12))?,
            "BYSETPOS" => self.by_set_pos = list(value, |v| nonzero(name, v, -366, 366))?,
            "WKST" => self.week_start = weekday(value).ok_or_else(|| unreadable(name, value, "MO to SU"))?,
            "BYHOUR" | "BYMINUTE" | "BYSECOND" => {
                return Err(refuse(format!(
                    "{name}: a shift begins at one time of day: leave this part out"
                )));
            }
            "BYWEEKNO" | "BYYEARDAY" => {
                return Err(refuse(format!(
                    "{name} is not used for shifts: say it with BYDAY, BYMONTHDAY or BYMONTH"
                )));
            }
            _ => return Err(refuse(format!("'{}' is no part of a recurrence rule", short(name)))),
        }
        Ok(())
    }

    /// What RFC 5545 §3.3.10 does not allow together, and what would be searched for long and found seldom.
    fn check_together(self) -> Result<Self, NotARule> {
        let by_day_or_week = matches!(self.every, Every::Day | Every::Week);
        if self.count.is_some() && self.until.is_some() {
            return Err(refuse("give either COUNT or UNTIL, not both".to_owned()));
        }
        let chooses_in_month = !self.by_month_day.is_empty() || !self.by_set_pos.is_empty();
        if by_day_or_week && chooses_in_month {
            let message = "BYMONTHDAY and BYSETPOS go with FREQ=MONTHLY or FREQ=YEARLY only";
            return Err(refuse(message.to_owned()));
        }
        if by_day_or_week && self.by_day.iter().any(|(nth, _)| *nth != 0) {
            let message = "BYDAY: numbered days such as 1MO go with FREQ=MONTHLY or FREQ=YEARLY only";
            return Err(refuse(message.to_owned()));
        }
        if !self.by_set_pos.is_empty() && self.by_day.is_empty() && self.by_month_day.is_empty() {
            return Err(refuse("BYSETPOS chooses among BYDAY or BYMONTHDAY: give one of them".to_owned()));
        }
        Ok(self)
    }
}

impl FromStr for Rule {
    type Err = NotARule;

    fn from_str(text: &str) -> Result<Self, NotARule> {
        if text.len() > MAX_RULE_BYTES || !text.is_ascii() {
            return Err(refuse(format!("a rule has at most {MAX_RULE_BYTES} plain characters")));
        }
        let text = text.trim().to_ascii_uppercase();
        let text = text.strip_prefix("RRULE:").unwrap_or(&text);
        let mut seen: Vec<&str> = Vec::new();
        let mut rule = Self::default();
        for part in text.split(';').filter(|part| !part.is_empty()) {
            let (name, value) = part
                .split_once('=')
                .ok_or_else(|| refuse(format!("'{}' is not of the form NAME=VALUE", short(part))))?;
            if seen.contains(&name) {
                return Err(refuse(format!("{} is given twice", short(name))));
            }
            seen.push(name);
            rule.take(name, value)?;
        }
        if !seen.contains(&"FREQ") {
            return Err(refuse("FREQ is missing: begin with FREQ=WEEKLY, for example".to_owned()));
        }
        rule.check_together()
    }
}

impl Default for Rule {
    fn default() -> Self {
        Self {
            every: Every::Week,
            interval: 1,
            count: None,
            until: None,
            by_day: Vec::new(),
            by_month_day: Vec::new(),
            by_month: Vec::new(),
            by_set_pos: Vec::new(),
            week_start: Weekday::Mon,
        }
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.every {
            Every::Day => "FREQ=DAILY",
            Every::Week => "FREQ=WEEKLY",
            Every::Month => "FREQ=MONTHLY",
            Every::Year => "FREQ=YEARLY",
        })?;
        if self.interval != 1 {
            write!(f, ";INTERVAL={}", self.interval)?;
        }
        write_list(f, "BYMONTH", &self.by_month)?;
        write_list(f, "BYMONTHDAY", &self.by_month_day)?;
        let days: Vec<String> = self.by_day.iter().map(|(nth, day)| day_text(*nth, *day)).collect();
        write_list(f, "BYDAY", &days)?;
        write_list(f, "BYSETPOS", &self.by_set_pos)?;
        if let Some(count) = self.count {
            write!(f, ";COUNT={count}")?;
        }
        match self.until {
            Some(Until::Day(day)) => write!(f, ";UNTIL={}", day.format("%Y%m%d"))?,
            Some(Until::Local(local)) => write!(f, ";UNTIL={}", local.format("%Y%m%dT%H%M%S"))?,
            Some(Until::Utc(utc)) => write!(f, ";UNTIL={}", utc.format("%Y%m%dT%H%M%SZ"))?,
            None => {}
        }
        if self.week_start != Weekday::Mon {
            write!(f, ";WKST={}", day_text(0, self.week_start))?;
        }
        Ok(())
    }
}

impl TryFrom<String> for Rule {
    type Error = NotARule;
    fn try_from(text: String) -> Result<Self, NotARule> {
        text.parse()
    }
}

impl From<Rule> for String {
    fn from(rule: Rule) -> Self {
        rule.to_string()
    }
}

fn frequency(value: &str) -> Result<Every, NotARule> {
    match value {
        "DAILY" => Ok(Every::Day),
        "WEEKLY" => Ok(Every::Week),
        "MONTHLY" => Ok(Every::Month),
        "YEARLY" => Ok(Every::Year),
        "HOURLY" | "MINUTELY" | "SECONDLY" => {
            let message = "a shift recurs by day at most: use DAILY, WEEKLY, MONTHLY or YEARLY";
            Err(refuse(format!("FREQ={value}: {message}")))
        }
        _ => Err(unreadable("FREQ", value, "DAILY, WEEKLY, MONTHLY or YEARLY")),
    }
}

fn number<N>(name: &str, value: &str, least: N, most: N) -> Result<N, NotARule>
where
    N: FromStr + PartialOrd + fmt::Display,
{
    match value.parse::<N>() {
        Ok(number) if least <= number && number <= most => Ok(number),
        _ => Err(unreadable(name, value, &format!("a number from {least} to {most}"))),
    }
}

fn nonzero<N>(name: &str, value: &str, least: N, most: N) -> Result<N, NotARule>
where
    N: FromStr + PartialOrd + fmt::Display + Default,
{
    let number = number(name, value, least, most)?;
    if number == N::default() { Err(unreadable(name, value, "a number other than 0")) } else { Ok(number) }
}

fn list<T>(value: &str, read: impl Fn(&str) -> Result<T, NotARule>) -> Result<Vec<T>, NotARule> {
    value.split(',').map(read).collect()
}

fn day(value: &str) -> Result<(i16, Weekday), NotARule> {
    let wrong = || unreadable("BYDAY", value, "days such as MO or, in a month, 1MO or -1FR");
    // All is ASCII here, so bytes are characters.
    let (nth, name) = value.split_at_checked(value.len().saturating_sub(2)).ok_or_else(wrong)?;
    let weekday = weekday(name).ok_or_else(wrong)?;
    let nth = if nth.is_empty() { 0 } else { nonzero("BYDAY", nth, -53, 53)? };
    Ok((nth, weekday))
}

const WEEKDAYS: [(&str, Weekday); 7] = [
    ("MO", Weekday::Mon),
    ("TU", Weekday::Tue),
    ("WE", Weekday::Wed),
    ("TH", Weekday::Thu),
    ("FR", Weekday::Fri),
    ("SA", Weekday::Sat),
    ("SU", Weekday::Sun),
];

fn weekday(name: &str) -> Option<Weekday> {
    WEEKDAYS.iter().find(|(known, _)| *known == name).map(|(_, day)| *day)
}

fn day_text(nth: i16, day: Weekday) -> String {
    let name = WEEKDAYS.iter().find(|(_, known)| *known == day).map_or("", |(name, _)| *name);
    if nth == 0 { name.to_owned() } else { format!("{nth}{name}") }
}

fn end(value: &str) -> Result<Until, NotARule> {
    let wrong = || unreadable("UNTIL", value, "a day or a time such as 20261231 or 20261231T230000Z");
    let time = |text: &str| NaiveDateTime::parse_from_str(text, "%Y%m%dT%H%M%S").map_err(|_| wrong());
    let until = match (value.strip_suffix('Z'), value.len()) {
        (Some(utc), _) => Until::Utc(time(utc)?),
        (None, 8) => Until::Day(NaiveDate::parse_from_str(value, "%Y%m%d").map_err(|_| wrong())?),
        (None, _) => Until::Local(time(value)?),
    };
    Ok(until)
}

fn write_list(f: &mut fmt::Formatter<'_>, name: &str, items: &[impl fmt::Display]) -> fmt::Result {
    for (number, item) in items.iter().enumerate() {
        if number == 0 { write!(f, ";{name}={item}")? } else { write!(f, ",{item}")? }
    }
    Ok(())
}

fn unreadable(name: &str, value: &str, expected: &str) -> NotARule {
    refuse(format!("{name}: '{}' is not {expected}", short(value)))
}

fn refuse(message: String) -> NotARule {
    NotARule(message)
}

fn short(text: &str) -> String {
    text.chars().take(40).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_are_written_in_one_form() {
        for (typed, written) in [
            ("freq=weekly;byday=mo,we", "FREQ=WEEKLY;BYDAY=MO,WE"),
            ("RRULE:FREQ=DAILY;INTERVAL=1", "FREQ=DAILY"),
            ("BYDAY=1MO,-1FR;FREQ=MONTHLY;COUNT=5", "FREQ=MONTHLY;BYDAY=1MO,-1FR;COUNT=5"),
            ("FREQ=WEEKLY;WKST=SU;UNTIL=20261231", "FREQ=WEEKLY;UNTIL=20261231;WKST=SU"),
        ] {
            assert_eq!(typed.parse::<Rule>().unwrap().to_string(), written);
        }
    }

    #[test]
    fn hostile_and_odd_rules_are_refused_in_words() {
        for (typed, word) in [
            ("FREQ=SECONDLY", "DAILY, WEEKLY"),
            ("FREQ=MINUTELY;COUNT=2", "by day at most"),
            ("FREQ=HOURLY", "by day at most"),
            ("FREQ=DAILY;BYHOUR=1,2,3", "BYHOUR"),
            ("FREQ=DAILY;BYSECOND=1", "one time of day"),
            ("FREQ=YEARLY;BYWEEKNO=20", "BYWEEKNO"),
            ("FREQ=DAILY;INTERVAL=0", "from 1 to 100"),
            ("FREQ=DAILY;INTERVAL=65536", "from 1 to 100"),
            ("FREQ=DAILY;COUNT=4000000000", "from 1 to 2000"),
            ("FREQ=DAILY;COUNT=2;UNTIL=20260101", "not both"),
            ("FREQ=DAILY;BYMONTHDAY=30;BYMONTH=2", "MONTHLY"),
            ("FREQ=WEEKLY;BYDAY=2MO", "numbered"),
            ("FREQ=MONTHLY;BYSETPOS=1", "BYSETPOS"),
            ("FREQ=MONTHLY;BYMONTHDAY=0", "other than 0"),
            ("FREQ=WEEKLY;FREQ=DAILY", "twice"),
            ("FREQ=WEEKLY;BYDAY=", "BYDAY"),
            ("FREQ=WEEKLY;UNTIL=99999999T000000Z", "UNTIL"),
            ("BYDAY=MO", "FREQ is missing"),
            ("", "FREQ is missing"),
            ("FREQ", "NAME=VALUE"),
            ("FREQ=WEEKLY;X-SPAM=1", "X-SPAM"),
            (&format!("FREQ=WEEKLY;BYDAY={}", "MO,".repeat(200)), "at most 300"),
            ("FREQ=WÖCHENTLICH", "plain characters"),
        ] {
            let error = typed.parse::<Rule>().unwrap_err().to_string();
            assert!(error.contains(word), "{typed}: {error}");
        }
    }
}
