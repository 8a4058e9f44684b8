//! Why nothing was done about a loan.

/// Nothing was changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum LoanRefusal {
    /// No such loan, or it is other agencies'.
    #[error("there is no such loan, or it is not yours")]
    NoSuchLoan,
    /// Lender and borrower are one.
    #[error("lender and borrower are the same agency: nothing needs to be lent")]
    SameAgency,
    /// Only who speaks for the borrower may ask.
    #[error("only a coordinator of the borrowing agency may ask for a loan")]
    NotTheBorrower,
    /// Only who speaks for the lender may approve and refuse.
    #[error("only a coordinator of the lending agency may decide about a loan")]
    NotTheLender,
    /// Somebody of the list is not the lender's.
    #[error("not all of these mediators are kept by the lending agency: choose among those it can offer")]
    NotKeptByLender,
    /// Nobody, or too many.
    #[error("name 1 to 100 mediators")]
    BadMediators,
    /// Ends before it begins, or is past.
    #[error("the loan must end after it begins, and in the future")]
    BadWindow,
    /// No minutes at all.
    #[error("a limit of 0 minutes lends nothing: leave it out, or refuse the loan")]
    BadMinutes,
    /// The lender can give less, not more.
    #[error(
        "more mediators, a longer time or more minutes than was asked for can not be lent: the borrower must ask anew"
    )]
    MoreThanAsked,
    /// The note is too long.
    #[error("the note has more than 500 characters: shorten it")]
    NoteTooLong,
    /// The state does not allow it.
    #[error("this loan is refused, revoked or over, or was not approved yet: nothing was changed")]
    NotInThisState,
}

impl LoanRefusal {
    /// Stable code, for programs.
    pub fn code(self) -> &'static str {
        match self {
            Self::NoSuchLoan => "not_found",
            Self::SameAgency => "same_agency",
            Self::NotTheBorrower => "not_the_borrower",
            Self::NotTheLender => "not_the_lender",
            Self::NotKeptByLender => "not_kept_by_lender",
            Self::BadMediators => "mediators_malformed",
            Self::BadWindow => "window_malformed",
            Self::BadMinutes => "minutes_malformed",
            Self::MoreThanAsked => "more_than_asked",
            Self::NoteTooLong => "note_too_long",
            Self::NotInThisState => "loan_not_open",
        }
    }
}
