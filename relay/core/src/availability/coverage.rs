//! Coverage: who is on duty for each language, hour by hour, and where the gaps are.

use std::collections::{BTreeMap, BTreeSet};

use chrono_tz::Tz;

use super::wall::clock;
use super::{Duty, DutySpan};
use crate::ids::MediatorId;
use crate::rest_shifts::{CoverageHour, CoverageView, LanguageCoverage};
use crate::roster::Mediator;
use crate::time::{HOUR_MILLIS, UnixMillis};

/// Most hours that are looked at together: eight weeks.
pub const MAX_HOURS: u32 = 24 * 56;
/// Parts into which an hour is cut: whoever is on duty for less than one of them does not cover it.
const PARTS: usize = 4;
const PART: i64 = HOUR_MILLIS / PARTS as i64;
/// Who is on duty for each language within `hours` whole hours from `from` on.
///
/// Languages are primary ones: whoever speaks `sr-Latn` covers `sr`. Counted are mediators who are active and cleared
/// when the hour begins, and of an hour its weakest quarter. `needed` says how many a language needs in an hour; those
/// of `wanted` have a row even if nobody speaks them.
pub fn coverage(
    roster: &[&Mediator],
    duties: &BTreeMap<MediatorId, Vec<DutySpan>>,
    wanted: &BTreeSet<String>,
    (from, hours, zone): (UnixMillis, u32, Tz),
    needed: impl Fn(&str, UnixMillis) -> u32,
) -> CoverageView {
    let hours = hours.min(MAX_HOURS);
    let begins: Vec<UnixMillis> =
        (0..i64::from(hours)).map(|n| UnixMillis(from.0.saturating_add(n * HOUR_MILLIS))).collect();
    let mut counts: BTreeMap<&str, Counts> = BTreeMap::new();
    for language in wanted {
        counts.insert(language, Counts::new(begins.len()));
    }
    for mediator in roster.iter().filter(|mediator| mediator.active) {
        let cleared: Vec<bool> = begins.iter().map(|at| mediator.is_cleared(*at)).collect();
        if !cleared.contains(&true) {
            continue;
        }
        let own = duties.get(&mediator.id).map(Vec::as_slice).unwrap_or_default();
        let on_duty = parts_on_duty(own, &begins, &cleared);
        for language in primaries(mediator) {
            counts.entry(language).or_insert_with(|| Counts::new(begins.len())).add(&on_duty);
        }
    }
    let mut languages: Vec<LanguageCoverage> =
        counts.into_iter().map(|(language, counts)| counts.row(language, &begins, &needed)).collect();
    languages.sort_by(|a, b| b.gaps.len().cmp(&a.gaps.len()).then_with(|| a.language.cmp(&b.language)));
    let told =
        |at: UnixMillis| CoverageHour { at, local: clock(zone, at).format("%Y-%m-%dT%H:%M").to_string() };
    CoverageView { zone: zone.name().to_owned(), hours: begins.into_iter().map(told).collect(), languages }
}

fn primaries(mediator: &Mediator) -> BTreeSet<&str> {
    mediator.languages.iter().map(|spoken| spoken.tag.primary()).collect()
}

/// Mediators by part of an hour.
struct Counts {
    speakers: u32,
    on_shift: Vec<u32>,
    on_call: Vec<u32>,
}

impl Counts {
    fn new(hours: usize) -> Self {
        Self { speakers: 0, on_shift: vec![0; hours * PARTS], on_call: vec![0; hours * PARTS] }
    }

    fn add(&mut self, on_duty: &[Option<Duty>]) {
        self.speakers += 1;
        for ((shift, call), duty) in self.on_shift.iter_mut().zip(&mut self.on_call).zip(on_duty) {
            match duty {
                Some(Duty::OnShift) => *shift += 1,
                Some(Duty::OnCall) => *call += 1,
                None => {}
            }
        }
    }

    fn row(
        self,
        language: &str,
        begins: &[UnixMillis],
        needed: &impl Fn(&str, UnixMillis) -> u32,
    ) -> LanguageCoverage {
        let weakest = |parts: &[u32]| parts.iter().copied().min().unwrap_or(0);
        let on_shift: Vec<u32> = self.on_shift.chunks(PARTS).map(weakest).collect();
        let on_call = self.on_call.chunks(PARTS).map(weakest).collect();
        let needed: Vec<u32> = begins.iter().map(|at| needed(language, *at)).collect();
        let gaps = (0u32..)
            .zip(on_shift.iter().zip(&needed))
            .filter(|(_, (here, needed))| **needed > 0 && **here == 0);
        let gaps = gaps.map(|(hour, _)| hour).collect();
        LanguageCoverage {
            language: language.to_owned(),
            speakers: self.speakers,
            on_shift,
            on_call,
            needed,
            gaps,
        }
    }
}

/// The duty of one mediator in each part of each hour; being on shift counts for more than being on call.
fn parts_on_duty(own: &[DutySpan], begins: &[UnixMillis], cleared: &[bool]) -> Vec<Option<Duty>> {
    let mut parts = vec![None; begins.len() * PARTS];
    let Some(first) = begins.first() else { return parts };
    let last = i64::try_from(parts.len()).unwrap_or(i64::MAX);
    for DutySpan { span, duty } in own {
        // Only parts that the span covers wholly.
        let from =
            span.from.0.saturating_sub(first.0).saturating_add(PART - 1).div_euclid(PART).clamp(0, last);
        let until = span.until.0.saturating_sub(first.0).div_euclid(PART).clamp(from, last);
        let range = usize::try_from(from).unwrap_or(0)..usize::try_from(until).unwrap_or(0);
        for part in parts.get_mut(range).into_iter().flatten() {
            *part = Some(part.map_or(*duty, |other: Duty| other.min(*duty)));
        }
    }
    for (hour, _) in cleared.iter().enumerate().filter(|(_, cleared)| !**cleared) {
        for part in parts.iter_mut().skip(hour * PARTS).take(PARTS) {
            *part = None;
        }
    }
    parts
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::*;
    use crate::availability::calendar::duties;
    use crate::availability::samples::{form, mediator, shift, utc, window};
    use crate::availability::shift::Shift;
    use crate::rest_shifts::ShiftForm;
    use crate::roster::Level;

    #[test]
    fn coverage_counts_who_is_there_all_through_an_hour_and_finds_gaps() {
        let albanian = [("sq", Level::Native), ("en", Level::Fluent)];
        let mut lapses = mediator(3, &albanian);
        lapses.profile.vetted_until = Some(utc("2026-03-02T11:00:00"));
        let roster = [
            mediator(1, &albanian),
            mediator(2, &[("sr-Latn", Level::Native), ("sr-Cyrl", Level::Native), ("en", Level::Fluent)]),
            lapses,
        ];
        let duty = |number, start: &str, minutes, duty| {
            shift(number, &ShiftForm { duty, ..form(start, "UTC", minutes, "") })
        };
        let shifts = [
            duty(1, "2026-03-02T10:00", 90, Duty::OnShift),
            duty(2, "2026-03-02T10:00", 60, Duty::OnCall),
            duty(2, "2026-03-02T11:00", 60, Duty::OnShift),
            duty(3, "2026-03-02T10:00", 120, Duty::OnShift),
        ];
        let duties = duties(&shifts, window("2026-03-02T00:00:00", "2026-03-03T00:00:00"));
        let wanted: BTreeSet<String> = ["ti".to_owned()].into();
        let from = (utc("2026-03-02T09:00:00"), 4, "Europe/Tirane".parse().unwrap());
        let people: Vec<&Mediator> = roster.iter().collect();
        let needed =
            |language: &str, at: UnixMillis| u32::from(language != "en" && at >= utc("2026-03-02T10:00:00"));
        let view = coverage(&people, &duties, &wanted, from, needed);
        assert_eq!(view.hours[0].local, "2026-03-02T10:00");
        let row = |language: &str| view.languages.iter().find(|row| row.language == language).unwrap();
        // 1 leaves at half past eleven, and 3 is not cleared from eleven on.
        assert_eq!(
            (row("sq").on_shift.as_slice(), row("sq").gaps.as_slice()),
            ([0, 2, 0, 0].as_slice(), [2, 3].as_slice())
        );
        assert_eq!((row("sr").speakers, row("sr").on_call.as_slice()), (1, [0, 1, 0, 0].as_slice()));
        assert_eq!(row("sr").on_shift, [0, 0, 1, 0]);
        assert_eq!((row("en").on_shift.as_slice(), row("en").gaps.len()), ([0, 2, 1, 0].as_slice(), 0));
        assert_eq!((row("ti").speakers, row("ti").gaps.as_slice()), (0, [1, 2, 3].as_slice()));
        assert_eq!(view.languages[0].language, "ti", "most gaps first");
    }

    /// Not a benchmark, but a bound that a slip would break: 3,000 mediators with two weekly shifts each.
    #[test]
    fn two_weeks_of_three_thousand_mediators_are_worked_out_in_seconds() {
        let languages = ["sq", "sr", "ar", "fa", "tr", "ur", "ti", "so"];
        let roster: Vec<Mediator> = (0..3_000)
            .map(|n| {
                mediator(
                    n,
                    &[(languages[n as usize % languages.len()], Level::Native), ("en", Level::Fluent)],
                )
            })
            .collect();
        let shifts: Vec<Shift> = (0..6_000u128)
            .map(|n| {
                shift(
                    n % 3_000,
                    &form("2024-03-04T22:00", "Europe/Tirane", 480, "FREQ=WEEKLY;BYDAY=MO,TU,WE"),
                )
            })
            .collect();
        let began = Instant::now();
        let two_weeks = window("2026-03-16T00:00:00", "2026-03-30T00:00:00");
        let duties: BTreeMap<MediatorId, Vec<DutySpan>> = duties(&shifts, two_weeks);
        let expanded = began.elapsed();
        let people: Vec<&Mediator> = roster.iter().collect();
        let from = (two_weeks.from, 336, chrono_tz::Europe::Tirane);
        let view = coverage(&people, &duties, &BTreeSet::new(), from, |_, _| 1);
        println!("6,000 shifts in {expanded:?}, coverage in {:?}", began.elapsed() - expanded);
        assert_eq!(view.languages.len(), 9);
        assert!(began.elapsed() < Duration::from_secs(20));
    }
}
