//! Why nothing was done about a booking.

use crate::session_types::MatchReason;

/// Nothing was changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BookingRefusal {
    /// No such booking, or it is somebody else's, or it is over.
    #[error("there is no such booking, or it is not yours, or it is over")]
    NoSuchBooking,
    /// Source and target are one language.
    #[error("both languages are the same: choose the language of the interviewee")]
    SameLanguage,
    /// Not a time that can be planned.
    #[error("a booking begins in the future, within 366 days, and lasts 5 minutes to 12 hours")]
    BadSpan,
    /// Not, or no longer, asked.
    #[error("this booking is not offered to you any more: somebody else took it, or it is off")]
    NotOffered,
    /// Holds another at that time.
    #[error("another booking is at that time: a quarter of an hour must lie between two")]
    AlreadyBooked,
    /// A hard constraint speaks against it.
    #[error(
        "this mediator may not serve this booking: languages, clearance, agency, a wish or the case speak against it"
    )]
    NotSuitable,
    /// Off the roster, or not cleared for all of it.
    #[error(
        "this mediator is not cleared for the whole booking: the undertaking or the vetting is missing or ends before \
         it does, or the entry is not active. Renew it, or choose somebody else"
    )]
    NotCleared,
    /// The wall in a case.
    #[error("this mediator interprets for the other side in this case, or did: choose somebody else")]
    OtherSide,
    /// Not on the roster.
    #[error("there is no such mediator")]
    NoSuchMediator,
    /// Was not theirs.
    #[error("this booking is not yours to give back")]
    NotYours,
    /// Reasons are kept, so they must be there.
    #[error("say why in 3 to 500 characters; the reason is kept")]
    ReasonMissing,
    /// Too soon.
    #[error("it is too early to begin: a booking can be begun from 15 minutes before its time")]
    TooEarly,
    /// Too late.
    #[error("the time of this booking has passed: ask for an interpreter without a booking")]
    TooLate,
}

impl BookingRefusal {
    /// What a hard constraint, or several, are called; `None`: there is none.
    pub(super) fn of(against: &[MatchReason]) -> Option<Self> {
        let is = |found: fn(&MatchReason) -> bool| against.iter().any(found);
        let not_cleared = |reason: &MatchReason| {
            matches!(reason, MatchReason::NotActive | MatchReason::NoUndertaking | MatchReason::NotVetted)
        };
        if against.is_empty() {
            None
        } else if is(|reason| *reason == MatchReason::ServedTheOtherSide) {
            Some(Self::OtherSide)
        } else if is(not_cleared) {
            Some(Self::NotCleared)
        } else if against.iter().all(|reason| matches!(reason, MatchReason::BookedSoon { .. })) {
            Some(Self::AlreadyBooked)
        } else {
            Some(Self::NotSuitable)
        }
    }

    /// As it is told to the mediator: that an interview is of a case in which they served the other side would tell them
    /// of that interview.
    pub(super) fn told_to_mediator(self) -> Self {
        if self == Self::OtherSide { Self::NotSuitable } else { self }
    }

    /// Stable code, for programs.
    pub fn code(self) -> &'static str {
        match self {
            Self::NoSuchBooking | Self::NoSuchMediator => "not_found",
            Self::SameLanguage => "same_language",
            Self::BadSpan => "span_malformed",
            Self::NotOffered => "booking_not_offered",
            Self::AlreadyBooked => "already_booked",
            Self::NotSuitable => "not_suitable",
            Self::NotCleared => "not_cleared",
            Self::OtherSide => "other_side",
            Self::NotYours => "booking_not_yours",
            Self::ReasonMissing => "reason_missing",
            Self::TooEarly => "too_early",
            Self::TooLate => "too_late",
        }
    }
}
