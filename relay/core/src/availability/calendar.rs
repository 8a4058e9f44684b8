//! The calendar of everybody: the shifts of many mediators as spans of duty.

use std::collections::BTreeMap;

use super::shift::Shift;
use super::{DutySpan, Span};
use crate::ids::MediatorId;

/// When each mediator is on duty within `window`: in order, uncut, and merged where spans of one duty meet or overlap.
/// Whoever has no duty then is absent.
pub fn duties<'a>(
    shifts: impl IntoIterator<Item = &'a Shift>,
    window: Span,
) -> BTreeMap<MediatorId, Vec<DutySpan>> {
    let mut duties = occurrences(shifts, window);
    for spans in duties.values_mut() {
        *spans = merged(std::mem::take(spans));
    }
    duties
}

/// The same with each occurrence for itself, for those to whom the beginning of each matters.
pub fn occurrences<'a>(
    shifts: impl IntoIterator<Item = &'a Shift>,
    window: Span,
) -> BTreeMap<MediatorId, Vec<DutySpan>> {
    let mut duties: BTreeMap<MediatorId, Vec<DutySpan>> = BTreeMap::new();
    for shift in shifts {
        let occurrences = shift.occurrences(window);
        if !occurrences.is_empty() {
            duties.entry(shift.mediator).or_default().extend(occurrences);
        }
    }
    for spans in duties.values_mut() {
        spans.sort();
    }
    duties
}

/// In order, with spans of one duty that meet or overlap made one.
pub fn merged(mut spans: Vec<DutySpan>) -> Vec<DutySpan> {
    spans.sort_by_key(|duty| (duty.duty, duty.span));
    let mut merged: Vec<DutySpan> = Vec::with_capacity(spans.len());
    for next in spans {
        match merged.last_mut() {
            Some(last) if last.duty == next.duty && next.span.from <= last.span.until => {
                last.span.until = last.span.until.max(next.span.until);
            }
            _ => merged.push(next),
        }
    }
    merged.sort();
    merged
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::availability::Duty::{OnCall, OnShift};
    use crate::time::UnixMillis;

    #[test]
    fn spans_of_one_duty_that_meet_are_one_and_others_stay_apart() {
        let duty = |from, until, duty| DutySpan {
            span: Span { from: UnixMillis(from), until: UnixMillis(until) },
            duty,
        };
        let spans = vec![
            duty(50, 60, OnShift),
            duty(10, 20, OnShift),
            duty(20, 30, OnShift),
            duty(12, 15, OnShift),
            duty(15, 40, OnCall),
            duty(31, 32, OnShift),
        ];
        let expected =
            [duty(10, 30, OnShift), duty(15, 40, OnCall), duty(31, 32, OnShift), duty(50, 60, OnShift)];
        assert_eq!(merged(spans), expected);
    }
}
