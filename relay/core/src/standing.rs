//! How a mediator stands at a moment: switched on, reachable, in a session, on duty, tired.

use serde::{Deserialize, Serialize};

use crate::availability::{Duty, DutySpan, Span};
use crate::roster::LoadLimits;
use crate::time::UnixMillis;

/// Over how long work is added up, in milliseconds: 24 hours, whatever the time zone.
const DAY: i64 = 24 * 3_600_000;
const MINUTE: i64 = 60_000;

/// How a mediator stands.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Standing {
    /// The ready switch.
    pub ready: bool,
    /// When the switch was last used; a shift that began before counts no more once it was switched off.
    pub switched_at: UnixMillis,
    /// A page, a device or a gateway could ring.
    pub reachable: bool,
    /// In a session.
    pub in_session: bool,
    /// When the last session was taken; `None`: never, as far as this relay knows.
    pub last_assigned: Option<UnixMillis>,
    /// Sessions of the last 24 hours, oldest first.
    pub worked: Vec<Span>,
    /// Shifts of the next days, in order.
    pub duties: Vec<DutySpan>,
    /// Booked sessions of the next days, in order.
    pub booked: Vec<Span>,
    /// Offers in a row that ran out unanswered.
    pub missed: u8,
}

/// Whether somebody is there to be rung.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum Availability {
    /// The switch is on.
    Ready,
    /// On shift, and did not switch off since it began.
    OnShift,
    /// On call, and did not switch off since it began.
    OnCall,
    /// None of these.
    Away,
}

/// One thing that changes about a standing.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Change {
    /// The ready switch was used, by hand or because nobody answered; at this time.
    Switched(bool, UnixMillis),
    /// Can be rung from now, or not.
    Reachable(bool),
    /// The shifts as planned now.
    Duties(Vec<DutySpan>),
    /// The booked sessions as planned now.
    Booked(Vec<Span>),
    /// Offers in a row that ran out.
    Missed(u8),
    /// Took a session.
    Assigned(UnixMillis),
    /// Was in a session, and is no more.
    Worked(Span),
}

impl Standing {
    /// Takes in a change.
    pub fn apply(&mut self, change: Change) {
        match change {
            Change::Switched(ready, at) => (self.ready, self.switched_at, self.missed) = (ready, at, 0),
            Change::Reachable(reachable) => self.reachable = reachable,
            Change::Duties(duties) => self.duties = duties,
            Change::Booked(booked) => self.booked = booked,
            Change::Missed(missed) => self.missed = missed,
            Change::Assigned(at) => {
                (self.in_session, self.missed) = (true, 0);
                self.last_assigned = self.last_assigned.max(Some(at));
            }
            Change::Worked(span) => {
                self.in_session = false;
                self.last_assigned = self.last_assigned.max(Some(span.from));
                self.worked.retain(|past| past.until.0 > span.until.0 - DAY);
                self.worked.push(span);
            }
        }
    }

    /// Whether somebody is there to be rung.
    pub fn availability(&self, now: UnixMillis) -> Availability {
        let holds = |duty: Duty| {
            self.duties
                .iter()
                .any(|of| of.duty == duty && of.span.contains(now) && of.span.from >= self.switched_at)
        };
        if self.ready {
            Availability::Ready
        } else if holds(Duty::OnShift) {
            Availability::OnShift
        } else if holds(Duty::OnCall) {
            Availability::OnCall
        } else {
            Availability::Away
        }
    }

    /// When the last session ended, or was taken if it still goes on; `None`: there was none.
    pub fn idle_since(&self) -> Option<UnixMillis> {
        self.last_assigned.max(self.worked.last().map(|span| span.until))
    }

    /// Minutes in sessions within the last 24 hours.
    pub fn minutes_worked(&self, now: UnixMillis) -> u32 {
        let day = Span { from: UnixMillis(now.0.saturating_sub(DAY)), until: now };
        let millis: i64 = self.worked.iter().map(|span| span.millis_within(day)).sum();
        u32::try_from(millis / MINUTE).unwrap_or(u32::MAX)
    }

    /// Until when the rest after the last session lasts, if it still does.
    pub fn rests_until(&self, load: LoadLimits, now: UnixMillis) -> Option<UnixMillis> {
        let last = self.worked.last()?;
        let until = UnixMillis(last.until.0.saturating_add(i64::from(load.rest_minutes) * MINUTE));
        (until > now).then_some(until)
    }

    /// The booked session that runs or begins within `margin_minutes`.
    pub fn booked_soon(&self, margin_minutes: i64, now: UnixMillis) -> Option<UnixMillis> {
        let soon = Span { from: now, until: UnixMillis(now.0.saturating_add(margin_minutes * MINUTE)) };
        self.booked.iter().find(|span| span.overlaps(soon)).map(|span| span.from)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: i64 = 3_600_000;

    fn span(from: i64, until: i64) -> Span {
        Span { from: UnixMillis(from), until: UnixMillis(until) }
    }

    #[test]
    fn a_shift_counts_until_it_is_switched_off_and_the_next_one_counts_again() {
        let duty = |from, until, duty| DutySpan { span: span(from, until), duty };
        let mut standing = Standing {
            duties: vec![
                duty(100, 200, Duty::OnShift),
                duty(300, 400, Duty::OnShift),
                duty(500, 600, Duty::OnCall),
            ],
            ..Standing::default()
        };
        let at = |standing: &Standing, now| standing.availability(UnixMillis(now));
        assert_eq!(at(&standing, 50), Availability::Away);
        assert_eq!(at(&standing, 150), Availability::OnShift);
        standing.apply(Change::Switched(false, UnixMillis(160)));
        assert_eq!(at(&standing, 170), Availability::Away);
        assert_eq!(at(&standing, 350), Availability::OnShift);
        assert_eq!(at(&standing, 550), Availability::OnCall);
        standing.apply(Change::Switched(true, UnixMillis(560)));
        assert_eq!(at(&standing, 900), Availability::Ready);
    }

    #[test]
    fn work_of_the_last_day_counts_and_older_work_is_forgotten() {
        let mut standing = Standing::default();
        standing.apply(Change::Worked(span(0, HOUR)));
        standing.apply(Change::Worked(span(2 * HOUR, 3 * HOUR)));
        assert_eq!(standing.minutes_worked(UnixMillis(4 * HOUR)), 120);
        assert_eq!(standing.minutes_worked(UnixMillis(24 * HOUR + HOUR / 2)), 90);
        standing.apply(Change::Worked(span(40 * HOUR, 41 * HOUR)));
        assert_eq!(standing.worked.len(), 1);
    }

    #[test]
    fn rest_and_bookings_end() {
        let mut standing = Standing { booked: vec![span(50 * MINUTE, 90 * MINUTE)], ..Standing::default() };
        standing.apply(Change::Worked(span(0, 10 * MINUTE)));
        let load = LoadLimits { minutes_a_day: 360, rest_minutes: 5 };
        assert_eq!(standing.rests_until(load, UnixMillis(11 * MINUTE)), Some(UnixMillis(15 * MINUTE)));
        assert_eq!(standing.rests_until(load, UnixMillis(15 * MINUTE)), None);
        assert_eq!(standing.booked_soon(30, UnixMillis(21 * MINUTE)), Some(UnixMillis(50 * MINUTE)));
        assert_eq!(standing.booked_soon(30, UnixMillis(19 * MINUTE)), None);
        assert_eq!(standing.booked_soon(30, UnixMillis(95 * MINUTE)), None);
    }
}
