//! Answer bodies of `/api/v1` about what is to be expected, and how it went.

use serde::{Deserialize, Serialize};

use crate::forecast::Assumptions;
use crate::ids::MediatorId;
use crate::time::UnixMillis;

/// `GET /api/v1/forecast`: how likely calls are answered in time, language by language, hour by hour.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct ForecastView {
    /// When the first hour begins.
    pub from: UnixMillis,
    /// Weeks of requests that this rests on; the fewer, the more is guessed.
    pub weeks_seen: f64,
    /// What is taken for granted.
    pub assumptions: Assumptions,
    /// A row for each language that is planned or was asked for, by tag.
    pub languages: Vec<LanguageForecast>,
}

/// One row of the forecast: a value for each hour.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct LanguageForecast {
    /// Primary language, such as `sr`.
    pub language: String,
    /// Requests that were seen: what the row rests on.
    pub requests_seen: u32,
    /// Calls to expect in the hour.
    pub expected_calls: Vec<f64>,
    /// Probability, 0 to 1, that a call in the hour is answered within
    /// [`Assumptions::answer_within_seconds`], 30 seconds.
    pub answered_within_30s: Vec<f64>,
}

/// `GET /api/v1/reports`: how it went, without anything about the persons and the cases.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct ReportView {
    /// From then on.
    pub from: UnixMillis,
    /// Until then, exclusive.
    pub until: UnixMillis,
    /// All requests together.
    pub all: RequestFigures,
    /// A row for each language that was asked for, most requests first.
    pub languages: Vec<LanguageReport>,
    /// A row for each mediator who was in a call, most hours first.
    pub mediators: Vec<MediatorReport>,
}

/// Requests of one language.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct LanguageReport {
    /// Primary language, such as `sr`.
    pub language: String,
    /// Its figures.
    #[serde(flatten)]
    pub figures: RequestFigures,
}

/// What became of requests.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct RequestFigures {
    /// Requests, those that the officer took back included.
    pub requests: u32,
    /// Requests for which a mediator (or both of a chain) came.
    pub answered: u32,
    /// Of these, within 30 seconds.
    pub answered_within_30s: u32,
    /// Answered among all, 0 to 1; `null` where nothing was asked for.
    pub fill_rate: Option<f64>,
    /// Half of the answered waited no longer, in seconds; `null` where none was answered.
    pub wait_p50_s: Option<f64>,
    /// Nineteen of twenty of the answered waited no longer, in seconds; `null` where none was answered.
    pub wait_p95_s: Option<f64>,
}

/// What one mediator did.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct MediatorReport {
    /// Who.
    pub mediator: MediatorId,
    /// What others see instead of a name.
    pub alias: String,
    /// Calls.
    pub calls: u32,
    /// Hours in them, briefing included.
    pub hours: f64,
}
