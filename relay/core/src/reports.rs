//! How it went: requests and what became of them, waiting times, and the hours of mediators. No persons, no cases.

use std::collections::BTreeMap;

use crate::availability::Span;
use crate::ids::MediatorId;
use crate::quantile::nearest_rank;
use crate::rest_reports::{LanguageReport, MediatorReport, ReportView, RequestFigures};
use crate::time::{HOUR_MILLIS, UnixMillis};

/// In time, in milliseconds: what the forecast foretells and the simulation counts as well.
const IN_TIME: i64 = 30_000;

/// One request of the past.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PastRequest {
    /// Primary language that was asked for.
    pub language: String,
    /// When.
    pub requested_at: UnixMillis,
    /// When the last mediator that it takes came.
    pub answered_at: Option<UnixMillis>,
}

/// One mediator's time in one session.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Work {
    /// Whose.
    pub mediator: MediatorId,
    /// What others see instead of a name.
    pub alias: String,
    /// From the yes to the end, or to now.
    pub span: Span,
}

/// The report of a time: of the requests that came within it, and of the work within it, cut at its ends.
pub fn report(requests: &[PastRequest], work: &[Work], within: Span) -> ReportView {
    let mut by_language: BTreeMap<&str, Vec<&PastRequest>> = BTreeMap::new();
    for request in requests.iter().filter(|request| within.contains(request.requested_at)) {
        by_language.entry(&request.language).or_default().push(request);
    }
    let all: Vec<&PastRequest> = by_language.values().flatten().copied().collect();
    let row = |(language, requests): (&str, Vec<&PastRequest>)| LanguageReport {
        language: language.to_owned(),
        figures: figures(&requests),
    };
    let all = figures(&all);
    let mut languages: Vec<LanguageReport> = by_language.into_iter().map(row).collect();
    languages.sort_by(|a, b| {
        b.figures.requests.cmp(&a.figures.requests).then_with(|| a.language.cmp(&b.language))
    });
    ReportView { from: within.from, until: within.until, all, languages, mediators: hours(work, within) }
}

fn figures(requests: &[&PastRequest]) -> RequestFigures {
    let wait = |request: &&PastRequest| request.answered_at.map(|at| (at.0 - request.requested_at.0).max(0));
    let mut waits: Vec<i64> = requests.iter().filter_map(wait).collect();
    waits.sort_unstable();
    let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    let seconds = |share| nearest_rank(&waits, share).map(|millis| millis as f64 / 1_000.0);
    RequestFigures {
        requests: count(requests.len()),
        answered: count(waits.len()),
        answered_within_30s: count(waits.partition_point(|wait| *wait <= IN_TIME)),
        fill_rate: (!requests.is_empty()).then(|| waits.len() as f64 / requests.len() as f64),
        wait_p50_s: seconds(0.5),
        wait_p95_s: seconds(0.95),
    }
}

fn hours(work: &[Work], within: Span) -> Vec<MediatorReport> {
    let mut by_mediator: BTreeMap<MediatorId, MediatorReport> = BTreeMap::new();
    for Work { mediator, alias, span } in work.iter().filter(|work| work.span.overlaps(within)) {
        let row = by_mediator.entry(*mediator).or_insert_with(|| MediatorReport {
            mediator: *mediator,
            alias: alias.clone(),
            calls: 0,
            hours: 0.0,
        });
        row.calls += 1;
        row.hours += span.millis_within(within) as f64 / HOUR_MILLIS as f64;
    }
    let mut rows: Vec<MediatorReport> = by_mediator.into_values().collect();
    rows.sort_by(|a, b| b.hours.total_cmp(&a.hours).then_with(|| a.alias.cmp(&b.alias)));
    rows
}

/// The report as a file: one row for all, one for each language, one for each mediator; what a row has not is empty.
/// Numbers are written with a point.
pub fn csv(report: &ReportView) -> String {
    let mut writer =
        csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(b"\xef\xbb\xbf".to_vec());
    // Writing into memory does not fail, and all rows have the same length.
    let _ = writer.write_record([
        "about",
        "which",
        "requests",
        "answered",
        "answered_within_30s",
        "fill_rate",
        "wait_p50_seconds",
        "wait_p95_seconds",
        "calls",
        "hours",
    ]);
    let number = |value: Option<f64>| value.map(|value| format!("{value:.3}")).unwrap_or_default();
    let mut requests = |about: &str, which: &str, figures: &RequestFigures| {
        let _ = writer.write_record([
            about,
            which,
            &figures.requests.to_string(),
            &figures.answered.to_string(),
            &figures.answered_within_30s.to_string(),
            &number(figures.fill_rate),
            &number(figures.wait_p50_s),
            &number(figures.wait_p95_s),
            "",
            "",
        ]);
    };
    requests("all", "", &report.all);
    for LanguageReport { language, figures } in &report.languages {
        requests("language", language, figures);
    }
    for MediatorReport { alias, calls, hours, .. } in &report.mediators {
        let alias = crate::csv_text::armoured(alias.clone());
        let (calls, hours) = (calls.to_string(), format!("{hours:.3}"));
        let _ = writer.write_record(["mediator", &alias, "", "", "", "", "", "", &calls, &hours]);
    }
    String::from_utf8(writer.into_inner().unwrap_or_default()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    const FROM: UnixMillis = UnixMillis(1_767_571_200_000);

    fn at(seconds: i64) -> UnixMillis {
        UnixMillis(FROM.0 + seconds * 1_000)
    }

    fn span(from: i64, until: i64) -> Span {
        Span { from: at(from), until: at(until) }
    }

    fn request(language: &str, requested: i64, wait: Option<i64>) -> PastRequest {
        PastRequest {
            language: language.into(),
            requested_at: at(requested),
            answered_at: wait.map(|wait| at(requested + wait)),
        }
    }

    fn work(n: u128, alias: &str, from: i64, until: i64) -> Work {
        Work { mediator: MediatorId(Uuid::from_u128(n)), alias: alias.into(), span: span(from, until) }
    }

    #[test]
    fn requests_are_counted_by_language_and_what_is_outside_is_left_out() {
        let requests = [
            request("sq", 0, Some(6)),
            request("sq", 10, Some(30)),
            request("sq", 20, Some(31)),
            request("sq", 30, None),
            request("ti", 40, None),
            request("ti", -1, Some(5)),
            request("ti", 3_600, Some(5)),
        ];
        let report = report(&requests, &[], span(0, 3_600));
        let rows: Vec<_> = report.languages.iter().map(|row| (row.language.as_str(), &row.figures)).collect();
        let (sq, ti) = (rows[0], rows[1]);
        assert_eq!((sq.0, sq.1.requests, sq.1.answered, sq.1.answered_within_30s), ("sq", 4, 3, 2));
        assert_eq!((sq.1.fill_rate, sq.1.wait_p50_s, sq.1.wait_p95_s), (Some(0.75), Some(30.0), Some(31.0)));
        assert_eq!((ti.0, ti.1.requests, ti.1.fill_rate, ti.1.wait_p50_s), ("ti", 1, Some(0.0), None));
        assert_eq!((report.all.requests, report.all.answered, report.all.fill_rate), (5, 3, Some(0.6)));
    }

    #[test]
    fn nothing_asked_for_has_no_rate() {
        let report = report(&[], &[], span(0, 60));
        assert_eq!((report.all.requests, report.all.fill_rate, report.all.wait_p95_s), (0, None, None));
        assert!(report.languages.is_empty() && report.mediators.is_empty());
    }

    #[test]
    fn work_is_cut_at_the_ends_and_added_up() {
        let all = [
            work(1, "North Star", -1_800, 1_800),
            work(1, "North Star", 3_000, 7_200),
            work(2, "Blue Heron", 0, 3_600),
            work(3, "Olive Path", 3_600, 7_200),
        ];
        let report = report(&[], &all, span(0, 3_600));
        let rows: Vec<_> =
            report.mediators.iter().map(|row| (row.alias.as_str(), row.calls, row.hours)).collect();
        assert_eq!(rows.len(), 2, "whose work lies outside has no row");
        assert_eq!((rows[0], rows[1].0, rows[1].1), (("Blue Heron", 1, 1.0), "North Star", 2));
        assert!((rows[1].2 - (1_800.0 + 600.0) / 3_600.0).abs() < 1e-9);
    }

    #[test]
    fn the_file_has_a_row_for_each_and_no_cell_is_a_formula() {
        let report = report(
            &[request("sq", 0, Some(6)), request("ti", 1, None)],
            &[work(1, "=1+1", 0, 1_800)],
            span(0, 3_600),
        );
        let file = csv(&report);
        let lines: Vec<&str> = file.trim_start_matches('\u{feff}').lines().collect();
        assert_eq!(
            lines,
            [
                "about,which,requests,answered,answered_within_30s,fill_rate,wait_p50_seconds,wait_p95_seconds,calls,hours",
                "all,,2,1,1,0.500,6.000,6.000,,",
                "language,sq,1,1,1,1.000,6.000,6.000,,",
                "language,ti,1,0,0,0.000,,,,",
                "mediator,'=1+1,,,,,,,1,0.500",
            ]
        );
    }
}
