//! Request and answer bodies of agencies, loans and bookings.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::availability::Span;
use crate::booking::{Booking, BookingEntry, BookingOfferState, BookingState};
use crate::codes::{AgencyCode, CountryCode};
use crate::ids::{AccountId, BookingId, LoanId, MediatorId, SessionId};
use crate::language::LanguagePair;
use crate::loan::{Loan, LoanEvent, LoanLimits, LoanState};
use crate::rest::SessionForm;
use crate::roster::{Mediator, Qualification, Specialism, SpokenLanguage};
use crate::session_types::{IntervieweeLabel, SessionRequest};
use crate::time::UnixMillis;

/// A row of `GET /api/v1/agencies`, and the body of `POST /api/v1/agencies` (administrator).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(deny_unknown_fields)]
pub struct Agency {
    /// Short code; stays for good.
    pub code: AgencyCode,
    /// 1 to 120 characters.
    pub name: String,
    /// Where its officers work.
    pub country: CountryCode,
    /// Its time zone, by the IANA's name, such as `Europe/Tirane`.
    pub zone: String,
}

/// `PUT /api/v1/agencies/{code}` (administrator).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(deny_unknown_fields)]
pub struct AgencyForm {
    /// 1 to 120 characters.
    pub name: String,
    /// Where its officers work.
    pub country: CountryCode,
    /// Its time zone, by the IANA's name.
    pub zone: String,
}

/// `PUT /api/v1/accounts/{id}/agency` (administrator).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(deny_unknown_fields)]
pub struct AccountAgency {
    /// For which agency the account works; `null`: for none.
    pub agency: Option<AgencyCode>,
}

/// `POST /api/v1/loans` (coordinator of the borrowing agency; administrator).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(deny_unknown_fields)]
pub struct LoanForm {
    /// Keeps the mediators.
    pub lender: AgencyCode,
    /// Wants them.
    pub borrower: AgencyCode,
    /// Who, when, how much.
    pub limits: LoanLimits,
    /// Why; at most 500 characters.
    #[serde(default)]
    #[cfg_attr(feature = "typescript", ts(optional))]
    pub note: Option<String>,
}

/// `POST /api/v1/loans/{id}/approve`: also sets other limits for a loan that is approved.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(deny_unknown_fields)]
pub struct LoanApproval {
    /// Absent: as asked for. Never more mediators or a longer time than that.
    #[serde(default)]
    #[cfg_attr(feature = "typescript", ts(optional))]
    pub limits: Option<LoanLimits>,
    /// At most 500 characters.
    #[serde(default)]
    #[cfg_attr(feature = "typescript", ts(optional))]
    pub note: Option<String>,
}

/// `POST /api/v1/loans/{id}/refuse` and `…/revoke`.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(deny_unknown_fields)]
pub struct LoanNote {
    /// At most 500 characters.
    #[serde(default)]
    #[cfg_attr(feature = "typescript", ts(optional))]
    pub note: Option<String>,
}

/// What another agency sees of a mediator who can be lent: alias, skills and clearance, nothing else.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Lendable {
    /// Who.
    pub mediator: MediatorId,
    /// Instead of a name.
    pub alias: String,
    /// Languages.
    pub languages: Vec<SpokenLanguage>,
    /// Formal standing.
    pub qualification: Qualification,
    /// Training.
    pub specialisms: BTreeSet<Specialism>,
    /// Undertaking signed and vetting valid, now.
    pub cleared: bool,
    /// The first of both ends then; `null`: not cleared.
    pub cleared_until: Option<UnixMillis>,
}

impl Lendable {
    /// What is shown of a mediator.
    pub fn of(mediator: &Mediator, now: UnixMillis) -> Self {
        let cleared = mediator.is_cleared(now);
        let ends = [mediator.undertaking_until, mediator.vetted_until];
        Self {
            mediator: mediator.id,
            alias: mediator.alias.clone(),
            languages: mediator.languages.clone(),
            qualification: mediator.qualification,
            specialisms: mediator.specialisms.clone(),
            cleared,
            cleared_until: ends.into_iter().flatten().min().filter(|_| cleared),
        }
    }
}

/// A loan, as lender, borrower and administrators see it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct LoanView {
    /// Which.
    pub id: LoanId,
    /// Keeps the mediators.
    pub lender: AgencyCode,
    /// Has them for a time.
    pub borrower: AgencyCode,
    /// Where it stands.
    pub state: LoanState,
    /// Who, when, how much.
    pub limits: LoanLimits,
    /// Minutes used so far.
    pub used_minutes: u32,
    /// The mediators of the limits, in the order of their identifiers.
    pub mediators: Vec<Lendable>,
    /// All that happened, oldest first.
    pub log: Vec<LoanEvent>,
}

impl LoanView {
    /// What is shown of a loan; `people` are its mediators.
    pub fn of(loan: &Loan, people: Vec<Lendable>) -> Self {
        Self {
            id: loan.id,
            lender: loan.lender.clone(),
            borrower: loan.borrower.clone(),
            state: loan.state,
            limits: loan.limits.clone(),
            used_minutes: loan.used_minutes,
            mediators: people,
            log: loan.log.clone(),
        }
    }
}

/// `POST /api/v1/bookings` (officer).
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(deny_unknown_fields)]
pub struct BookingForm {
    /// What is looked for.
    pub request: SessionForm,
    /// From when to when: in the future, 5 minutes to 12 hours long.
    pub span: Span,
}

/// `POST /api/v1/bookings/{id}/cancel`: the reason is kept.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(deny_unknown_fields)]
pub struct BookingReason {
    /// 3 to 500 characters.
    pub reason: String,
}

/// `POST /api/v1/bookings/{id}/assign` (coordinator, administrator): the reason is kept.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(deny_unknown_fields)]
pub struct BookingAssignment {
    /// Who.
    pub mediator: MediatorId,
    /// 3 to 500 characters.
    pub reason: String,
}

/// `POST /api/v1/my/bookings/{id}/give-back` (mediator).
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(deny_unknown_fields)]
pub struct BookingGiveBack {
    /// At most 500 characters.
    #[serde(default)]
    #[cfg_attr(feature = "typescript", ts(optional))]
    pub reason: Option<String>,
}

/// A booking, as its officer sees it; coordinators also see who was asked and the log.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct BookingView {
    /// Which.
    pub id: BookingId,
    /// Whose it is.
    pub officer_account: AccountId,
    /// The officer's agency.
    pub agency: Option<AgencyCode>,
    /// What is looked for.
    pub request: SessionRequest,
    /// From when to when it is planned.
    pub span: Span,
    /// Where it stands.
    pub state: BookingState,
    /// Nobody has said yes and the time is near.
    pub escalated: bool,
    /// How many are asked and have not answered.
    pub asked: u32,
    /// Alias of the mediator who will come.
    pub alias: Option<String>,
    /// The session that it became.
    pub session: Option<SessionId>,
    /// Who was asked; empty for officers.
    pub offers: Vec<AskedMediator>,
    /// All that happened, oldest first; empty for officers.
    pub log: Vec<BookingEntry>,
}

/// One mediator who was asked for a booking.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct AskedMediator {
    /// Who.
    pub mediator: MediatorId,
    /// Instead of a name.
    pub alias: String,
    /// What became of it.
    pub state: BookingOfferState,
}

impl BookingView {
    /// What is shown of a booking. `alias` knows the roster; `whole` for those who keep it.
    pub fn of(booking: &Booking, alias: impl Fn(MediatorId) -> String, whole: bool) -> Self {
        let asked = booking.offers.iter().filter(|offer| offer.state == BookingOfferState::Offered).count();
        let offers = booking.offers.iter().filter(|_| whole);
        Self {
            id: booking.id,
            officer_account: booking.officer_account,
            agency: booking.agency.clone(),
            request: booking.request.clone(),
            span: booking.span,
            state: booking.state,
            escalated: booking.escalated,
            asked: u32::try_from(asked).unwrap_or(u32::MAX),
            alias: booking.mediator().map(&alias),
            session: booking.session,
            offers: offers
                .map(|o| AskedMediator { mediator: o.mediator, alias: alias(o.mediator), state: o.state })
                .collect(),
            log: if whole { booking.log.clone() } else { Vec::new() },
        }
    }
}

/// A booking, as a mediator sees it who was asked: no people, no agency, no case.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct MyBooking {
    /// Which.
    pub id: BookingId,
    /// From when to when it is planned.
    pub span: Span,
    /// Between which languages.
    pub languages: LanguagePair,
    /// Capacity of the interviewee.
    pub label: IntervieweeLabel,
    /// A child is to be interviewed.
    pub minor: bool,
    /// What became of asking this mediator.
    pub offer: BookingOfferState,
    /// Where the booking stands.
    pub state: BookingState,
    /// The closest reminder that was sent, in minutes before the beginning.
    pub reminded: Option<u32>,
}

impl MyBooking {
    /// What is shown to this mediator; `None`: was not asked.
    pub fn of(booking: &Booking, mediator: MediatorId) -> Option<Self> {
        let offer = booking.offer_to(mediator)?;
        Some(Self {
            id: booking.id,
            span: booking.span,
            languages: booking.request.languages.clone(),
            label: booking.request.label,
            minor: booking.request.minor,
            offer,
            state: booking.state,
            reminded: booking.reminded.filter(|_| offer == BookingOfferState::Accepted),
        })
    }
}
