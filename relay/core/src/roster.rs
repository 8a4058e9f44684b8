//! Who interprets: the mediators of the roster as matching sees them.

use serde::{Deserialize, Serialize};

use crate::ids::MediatorId;
use crate::language::LanguageTag;
use crate::time::UnixMillis;

/// A mediator as matching sees them. The person's name is not here: it never leaves the coordinators' table.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Mediator {
    /// Identity on the roster.
    pub id: MediatorId,
    /// What other participants see instead of a name.
    pub alias: String,
    /// Languages the mediator interprets between, in any direction.
    pub languages: Vec<SpokenLanguage>,
    /// Known only where the mediator stated it.
    pub gender: Option<Gender>,
    /// Formal standing.
    pub qualification: Qualification,
    /// Trained to interpret for children; without it no interview of a minor is offered.
    pub trained_for_minors: bool,
    /// Confidentiality undertaking signed and dated; `None`: not signed, so never rung.
    pub undertaking_signed_at: Option<UnixMillis>,
    /// Security vetting runs out at this time; `None`: not vetted, so never rung.
    pub vetted_until: Option<UnixMillis>,
    /// Taken off the roster without erasing the past.
    pub active: bool,
}

/// One language of a mediator.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct SpokenLanguage {
    /// BCP 47.
    pub tag: LanguageTag,
    /// How well.
    pub level: Level,
}

/// How well a language is spoken (CEFR bands that matter for interpreting).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// CEFR B2.
    Working,
    /// CEFR C1 to C2.
    Fluent,
    /// Grew up with it.
    Native,
}

/// Stated gender, for an interviewee's wish.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum Gender {
    /// A woman.
    Female,
    /// A man.
    Male,
    /// Neither.
    Other,
}

/// Formal standing of a mediator, in ascending order.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum Qualification {
    /// Trained in both cultures, not necessarily in interpreting.
    CulturalMediator,
    /// Trained interpreter.
    Interpreter,
    /// Sworn by a court.
    SwornInterpreter,
}
