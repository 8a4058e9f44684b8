//! Who interprets: the mediators of the roster as matching sees them.

use std::collections::BTreeSet;
use std::ops::Deref;

use serde::{Deserialize, Serialize};

use crate::codes::{AgencyCode, Circumstance, CountryCode};
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
    /// Everything else.
    #[serde(flatten)]
    pub profile: Profile,
}

impl Deref for Mediator {
    type Target = Profile;
    fn deref(&self) -> &Profile {
        &self.profile
    }
}

/// What a coordinator notes about a mediator, and what matching decides by. Also the body of
/// `POST /api/v1/mediators` and `PUT /api/v1/mediators/{id}`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(deny_unknown_fields)]
pub struct Profile {
    /// What other participants see instead of a name; 1 to 40 characters.
    pub alias: String,
    /// Languages the mediator interprets between, in any direction; at least two.
    pub languages: Vec<SpokenLanguage>,
    /// Known only where the mediator stated it.
    #[serde(default)]
    pub gender: Option<Gender>,
    /// Formal standing.
    pub qualification: Qualification,
    /// Number in an official register of interpreters, at most 40 characters: it stands on certificates of
    /// interpretation and leads to a name in that register, so `None` where the mediator does not want that.
    #[serde(default)]
    pub register_number: Option<String>,
    /// What the mediator was trained for. Without `minors` no interview of a child is offered.
    #[serde(default)]
    pub specialisms: BTreeSet<Specialism>,
    /// Confidentiality undertaking signed and dated; `None`: not signed, so never rung.
    #[serde(default)]
    pub undertaking_signed_at: Option<UnixMillis>,
    /// The undertaking runs out at this time; `None`: it has no end.
    #[serde(default)]
    pub undertaking_until: Option<UnixMillis>,
    /// Security vetting runs out at this time; `None`: not vetted, so never rung.
    #[serde(default)]
    pub vetted_until: Option<UnixMillis>,
    /// The agency that keeps this mediator; `None`: of the whole roster.
    #[serde(default)]
    pub agency: Option<AgencyCode>,
    /// Other agencies the mediator serves without a loan.
    #[serde(default)]
    pub serves: BTreeSet<AgencyCode>,
    /// Countries the mediator may serve; empty: all.
    #[serde(default)]
    pub countries: BTreeSet<CountryCode>,
    /// Agencies that ask for this mediator first.
    #[serde(default)]
    pub favourite_of: BTreeSet<AgencyCode>,
    /// Ties that the mediator declared: no session about them.
    #[serde(default)]
    pub conflicts: BTreeSet<Circumstance>,
    /// How much work is bearable.
    #[serde(default)]
    pub load: LoadLimits,
    /// `false`: taken off the roster without erasing the past.
    pub active: bool,
}

impl Profile {
    /// An interpreter of whom only this is known: on the roster, but without undertaking and vetting never rung.
    pub fn new(alias: &str, languages: Vec<SpokenLanguage>) -> Self {
        Self {
            alias: alias.to_owned(),
            languages,
            gender: None,
            qualification: Qualification::Interpreter,
            register_number: None,
            specialisms: BTreeSet::new(),
            undertaking_signed_at: None,
            undertaking_until: None,
            vetted_until: None,
            agency: None,
            serves: BTreeSet::new(),
            countries: BTreeSet::new(),
            favourite_of: BTreeSet::new(),
            conflicts: BTreeSet::new(),
            load: LoadLimits::default(),
            active: true,
        }
    }

    /// The same, cleared from `now` on for as long as clocks count.
    pub fn cleared(self, now: UnixMillis) -> Self {
        Self { undertaking_signed_at: Some(now), vetted_until: Some(UnixMillis(i64::MAX)), ..self }
    }

    /// Serves this agency without a loan: of it, of none, or serving it beside its own.
    pub fn belongs_to(&self, agency: &AgencyCode) -> bool {
        self.agency.as_ref().is_none_or(|own| own == agency) || self.serves.contains(agency)
    }

    /// Undertaking signed and valid, at this time.
    pub fn has_undertaking(&self, now: UnixMillis) -> bool {
        self.undertaking_signed_at.is_some_and(|at| at <= now)
            && self.undertaking_until.is_none_or(|until| until > now)
    }

    /// Vetted, at this time.
    pub fn is_vetted(&self, now: UnixMillis) -> bool {
        self.vetted_until.is_some_and(|until| until > now)
    }

    /// On the roster, vetted, and bound by an undertaking: may be rung at all.
    pub fn is_cleared(&self, now: UnixMillis) -> bool {
        self.active && self.has_undertaking(now) && self.is_vetted(now)
    }
}

/// How much work a mediator may be given.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(default, deny_unknown_fields)]
pub struct LoadLimits {
    /// Most minutes in sessions within any 24 hours.
    pub minutes_a_day: u16,
    /// Rest after a session, in minutes, before the next ring.
    pub rest_minutes: u16,
}

impl Default for LoadLimits {
    /// Six hours a day, and ten minutes between two sessions: half an hour of interpreting asks for a break.
    fn default() -> Self {
        Self { minutes_a_day: 360, rest_minutes: 10 }
    }
}

/// What a mediator was trained for.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum Specialism {
    /// Interviews of children.
    Minors,
    /// People who were trafficked.
    Trafficking,
    /// Asylum interviews.
    Asylum,
    /// Medical examinations.
    Medical,
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
