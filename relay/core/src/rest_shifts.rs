//! Request and answer bodies of `/api/v1` about shifts, coverage and calendar feeds.

use serde::{Deserialize, Serialize};

use crate::availability::fill::Filler;
use crate::availability::shift::Shift;
use crate::availability::{Duty, Span};
use crate::codes::AgencyCode;
use crate::ids::{FeedId, MediatorId};
use crate::time::UnixMillis;

/// A shift as it is typed. Body of `POST /api/v1/my/shifts`, and part of [`ShiftOrder`].
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(deny_unknown_fields)]
pub struct ShiftForm {
    /// The first beginning by the wall clock of `zone`, without offset: `2026-03-02T22:00`.
    pub starts_at: String,
    /// IANA name of the zone, such as `Europe/Tirane`.
    pub zone: String,
    /// Length by the wall clock, 1 to 1,440.
    pub minutes: u32,
    /// RFC 5545 recurrence rule, such as `FREQ=WEEKLY;BYDAY=MO,WE`; absent: once.
    #[serde(default)]
    pub rule: Option<String>,
    /// Days on which it is left out, such as `2026-03-29`.
    #[serde(default)]
    pub skipped: Vec<String>,
    /// What the mediator does.
    pub duty: Duty,
}

/// `POST /api/v1/shifts` and `PUT /api/v1/shifts/{id}` (coordinators): a shift and whose it is.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(deny_unknown_fields)]
pub struct ShiftOrder {
    /// Whose.
    pub mediator: MediatorId,
    /// When and what.
    pub shift: ShiftForm,
}

/// `POST …/shifts/{id}/skip`: leaves one occurrence out.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(deny_unknown_fields)]
pub struct SkipForm {
    /// The day on which it begins by the shift's wall clock, such as `2026-03-29`.
    pub date: String,
}

/// One row of `GET /api/v1/shifts` and `GET /api/v1/my/shifts`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct ShiftRow {
    /// The shift.
    pub shift: Shift,
    /// Its occurrences within the time that was asked for, in order, uncut.
    pub occurrences: Vec<Span>,
}

/// `POST /api/v1/shifts/import` (coordinators): a calendar of another program.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(deny_unknown_fields)]
pub struct ShiftImportForm {
    /// Whose shifts these become.
    pub mediator: MediatorId,
    /// The file's text (RFC 5545).
    pub ics: String,
    /// The zone of times that name none; absent: such events are refused.
    #[serde(default)]
    pub zone: Option<String>,
    /// `false`: only shows what would become of it.
    #[serde(default)]
    pub commit: bool,
}

/// What an import comes to. Shifts are taken over only if there is no problem at all.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct ShiftImportReport {
    /// The shifts that it makes.
    pub shifts: Vec<Shift>,
    /// Events that can not become shifts.
    pub problems: Vec<ShiftImportProblem>,
    /// They were taken over.
    pub committed: bool,
}

/// One event of an import that can not become a shift.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct ShiftImportProblem {
    /// Number of the event in the file, from 1; 0: the file as a whole.
    pub event: u32,
    /// Its title, shortened.
    pub summary: String,
    /// What is wrong, and what to do.
    pub message: String,
}

/// `GET /api/v1/coverage`: who is on duty, hour by hour.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct CoverageView {
    /// IANA name of the zone in which `hours` are told.
    pub zone: String,
    /// The hours.
    pub hours: Vec<CoverageHour>,
    /// A row for each language, those with most gaps first.
    pub languages: Vec<LanguageCoverage>,
}

/// One column of the coverage.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct CoverageHour {
    /// When it begins.
    pub at: UnixMillis,
    /// The same by the wall clock of the zone, such as `2026-03-29T03:00`. When clocks are put back, one comes twice.
    pub local: String,
}

/// One row of the coverage: a language, hour by hour.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct LanguageCoverage {
    /// Primary language, such as `sr`.
    pub language: String,
    /// Cleared mediators who speak it.
    pub speakers: u32,
    /// How many are on shift all through the hour.
    pub on_shift: Vec<u32>,
    /// How many more are on call.
    pub on_call: Vec<u32>,
    /// How many are needed.
    pub needed: Vec<u32>,
    /// Numbers of the hours in which somebody is needed and nobody is on shift.
    pub gaps: Vec<u32>,
}

/// `GET /api/v1/coverage/fill`: who is on duty in one hour, and who could be.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct FillView {
    /// Primary language.
    pub language: String,
    /// When the hour begins.
    pub hour: UnixMillis,
    /// On shift for some of it.
    pub on_shift: Vec<MediatorId>,
    /// On call for some of it.
    pub on_call: Vec<MediatorId>,
    /// The others who speak the language: who could take it first, best first; then who could not, and why.
    pub others: Vec<Filler>,
}

/// Whose shifts a feed has.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(tag = "kind", content = "id", rename_all = "snake_case", deny_unknown_fields)]
pub enum FeedOf {
    /// One mediator's.
    Mediator(MediatorId),
    /// Those of all mediators that an agency keeps.
    Agency(AgencyCode),
}

/// Answer to `POST /api/v1/feeds`. The address is shown this once.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct FeedMade {
    /// Which.
    pub id: FeedId,
    /// The whole address, for a calendar program.
    pub url: String,
}

/// One row of `GET /api/v1/feeds`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct FeedRow {
    /// Which.
    pub id: FeedId,
    /// Whose shifts.
    pub of: FeedOf,
    /// When it was made.
    pub created_at: UnixMillis,
    /// When it was last read.
    pub read_at: Option<UnixMillis>,
}
