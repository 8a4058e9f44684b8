//! Why nothing was done about a booking.

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
        "this mediator may not serve this booking: languages, clearance, agency or a wish speak against it"
    )]
    NotSuitable,
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
    /// Stable code, for programs.
    pub fn code(self) -> &'static str {
        match self {
            Self::NoSuchBooking => "not_found",
            Self::SameLanguage => "same_language",
            Self::BadSpan => "span_malformed",
            Self::NotOffered => "booking_not_offered",
            Self::AlreadyBooked => "already_booked",
            Self::NotSuitable => "not_suitable",
            Self::NotYours => "booking_not_yours",
            Self::ReasonMissing => "reason_missing",
            Self::TooEarly => "too_early",
            Self::TooLate => "too_late",
        }
    }
}
