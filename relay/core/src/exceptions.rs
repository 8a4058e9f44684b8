//! Exceptions by hand: what a coordinator may lift, and what was lifted for whom.

use std::collections::BTreeSet;

use crate::ids::MediatorId;
use crate::session_types::MatchReason;

/// What was lifted for whom in a session. An exception holds for what it was made for: whatever speaks against the same
/// mediator later needs another one, with a reason of its own.
pub type Exceptions = BTreeSet<(MediatorId, Liftable)>;

/// A kind of exclusion that a coordinator may lift by hand. Law, language and the wall in a case stand; another agency's
/// mediator is lent by that agency, or not at all.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Liftable {
    /// Not of the wished gender.
    Gender,
    /// Not trained for children.
    Minors,
    /// The ready switch is off.
    NotReady,
    /// Rests after a session.
    Rest,
    /// Has worked as much as is bearable in 24 hours.
    Load,
    /// A booked session begins soon.
    BookedSoon,
    /// A declared tie to a circumstance of the case.
    Tie,
    /// May not serve in this country.
    Country,
}

impl Liftable {
    /// Of which kind an exclusion is; `None`: no exception is possible.
    pub fn of(reason: &MatchReason) -> Option<Self> {
        match reason {
            MatchReason::NotTheWishedGender => Some(Self::Gender),
            MatchReason::NotTrainedForMinors => Some(Self::Minors),
            MatchReason::NotReady => Some(Self::NotReady),
            MatchReason::Resting { .. } => Some(Self::Rest),
            MatchReason::LoadLimitReached => Some(Self::Load),
            MatchReason::BookedSoon { .. } => Some(Self::BookedSoon),
            MatchReason::TieDeclared => Some(Self::Tie),
            MatchReason::OtherCountry => Some(Self::Country),
            _ => None,
        }
    }
}

/// Whether this exclusion was lifted for this mediator.
pub(crate) fn is_lifted(exceptions: &Exceptions, mediator: MediatorId, reason: &MatchReason) -> bool {
    Liftable::of(reason).is_some_and(|kind| exceptions.contains(&(mediator, kind)))
}
