//! Bookings: sessions planned ahead. A booking's state is its log, replayed.

mod book;
mod decide;
mod refusal;
mod suits;
#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};

pub use book::{BookingBook, Change};
pub use decide::{BookingAct, Draft, REMINDERS};
pub use refusal::BookingRefusal;
pub use suits::{Known, collide, suits_booking};

use crate::availability::Span;
use crate::codes::AgencyCode;
use crate::ids::{AccountId, BookingId, MediatorId, SessionId};
use crate::session_types::SessionRequest;
use crate::time::UnixMillis;

pub(crate) const MINUTE: i64 = 60_000;
/// What lies between two bookings of one mediator at least, in milliseconds: a quarter of an hour.
pub const MARGIN_MILLIS: i64 = 15 * MINUTE;
/// A booking that nobody has begun is kept for this long after its planned beginning, in milliseconds.
pub const KEPT_FOR_MILLIS: i64 = 30 * MINUTE;

/// Where a booking stands.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum BookingState {
    /// Mediators were asked, or nobody suits yet.
    Seeking,
    /// A mediator will come.
    Confirmed,
    /// Called off.
    Cancelled,
    /// Its session was requested.
    Begun,
    /// A mediator was there, and nobody began.
    Missed,
    /// Its time passed without a mediator.
    Unfilled,
}

impl BookingState {
    /// Nothing can happen any more.
    pub fn is_over(self) -> bool {
        !matches!(self, Self::Seeking | Self::Confirmed)
    }
}

/// What became of asking one mediator.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum BookingOfferState {
    /// Asked, not answered.
    Offered,
    /// Will come.
    Accepted,
    /// Said no.
    Declined,
    /// Somebody else took it, it is off, or they may not serve it any more.
    Withdrawn,
    /// Had said yes, and can not come after all.
    GaveBack,
}

/// One mediator who was asked.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct BookingOffer {
    /// Who.
    pub mediator: MediatorId,
    /// What became of it.
    pub state: BookingOfferState,
}

/// One thing that happened to a booking. The format of the log: add, never rename.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum BookingEvent {
    /// An officer planned a session.
    BookingRequested {
        /// Whose it is.
        officer_account: AccountId,
        /// The officer's agency.
        agency: Option<AgencyCode>,
        /// What is looked for.
        request: Box<SessionRequest>,
        /// From when to when.
        span: Span,
    },
    /// The roster was searched for further mediators to ask.
    BookingSearched,
    /// A mediator was asked.
    BookingOffered {
        /// Who.
        mediator: MediatorId,
    },
    /// A mediator will come.
    BookingAccepted {
        /// Who.
        mediator: MediatorId,
    },
    /// A mediator said no.
    BookingDeclined {
        /// Who.
        mediator: MediatorId,
    },
    /// A mediator needs to answer no more, or, after a yes, may not serve it any more; then it seeks again.
    BookingWithdrawn {
        /// Who.
        mediator: MediatorId,
    },
    /// A mediator who had said yes can not come; a replacement is sought.
    BookingGivenBack {
        /// Who.
        mediator: MediatorId,
        /// Why, in their words.
        reason: Option<String>,
    },
    /// A coordinator chose a mediator by hand.
    BookingAssigned {
        /// Who.
        mediator: MediatorId,
        /// The coordinator.
        by: AccountId,
        /// Why, in their words.
        reason: String,
    },
    /// Nobody has said yes and the time is near: coordinators must look at it.
    BookingEscalated,
    /// It is off.
    BookingCancelled {
        /// By whom.
        by: AccountId,
        /// Why, in their words.
        reason: String,
    },
    /// The mediator and the officer were reminded.
    BookingReminded {
        /// How long before the beginning.
        minutes_before: u32,
    },
    /// The officer began.
    BookingBegun {
        /// The session that was requested.
        session: SessionId,
    },
    /// Nobody began.
    BookingMissed,
    /// Nobody was found.
    BookingUnfilled,
}

/// One line of a booking's log.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct BookingEntry {
    /// When.
    pub at: UnixMillis,
    /// What happened.
    #[serde(flatten)]
    pub event: BookingEvent,
}

/// A booking, as its log says.
#[derive(Clone, PartialEq, Debug)]
pub struct Booking {
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
    /// Who was asked, each once, in the order in which they were first asked.
    pub offers: Vec<BookingOffer>,
    /// The roster was searched then.
    pub searched_at: UnixMillis,
    /// The mediator of now was found then.
    pub confirmed_at: Option<UnixMillis>,
    /// The closest reminder that was sent to the mediator of now, in minutes before the beginning.
    pub reminded: Option<u32>,
    /// Coordinators must look at it.
    pub escalated: bool,
    /// The session that it became.
    pub session: Option<SessionId>,
    /// All that happened, oldest first.
    pub log: Vec<BookingEntry>,
}

impl Booking {
    /// The booking that a first entry makes; `None` for any other event.
    pub fn begin(id: BookingId, entry: BookingEntry) -> Option<Self> {
        let BookingEvent::BookingRequested { officer_account, agency, request, span } = entry.event.clone()
        else {
            return None;
        };
        Some(Self {
            id,
            officer_account,
            agency,
            request: *request,
            span,
            state: BookingState::Seeking,
            offers: Vec::new(),
            searched_at: entry.at,
            confirmed_at: None,
            reminded: None,
            escalated: false,
            session: None,
            log: vec![entry],
        })
    }

    /// The booking that its whole log makes; `None` if the log does not begin with a request.
    pub fn replay(id: BookingId, entries: impl IntoIterator<Item = BookingEntry>) -> Option<Self> {
        let mut entries = entries.into_iter();
        let mut booking = Self::begin(id, entries.next()?)?;
        entries.for_each(|entry| booking.apply(entry));
        Some(booking)
    }

    /// Takes in what happened.
    pub fn apply(&mut self, entry: BookingEntry) {
        use BookingOfferState::{Accepted, Declined, GaveBack, Offered, Withdrawn};
        match &entry.event {
            BookingEvent::BookingRequested { .. } => {}
            BookingEvent::BookingSearched => self.searched_at = entry.at,
            BookingEvent::BookingOffered { mediator } => self.note(*mediator, Offered),
            BookingEvent::BookingAccepted { mediator } | BookingEvent::BookingAssigned { mediator, .. } => {
                self.note(*mediator, Accepted);
                (self.state, self.confirmed_at) = (BookingState::Confirmed, Some(entry.at));
                (self.reminded, self.escalated) = (None, false);
            }
            BookingEvent::BookingDeclined { mediator } => self.note(*mediator, Declined),
            BookingEvent::BookingWithdrawn { mediator } => {
                if self.mediator() == Some(*mediator) {
                    (self.state, self.confirmed_at) = (BookingState::Seeking, None);
                }
                self.note(*mediator, Withdrawn);
            }
            BookingEvent::BookingGivenBack { mediator, .. } => {
                self.note(*mediator, GaveBack);
                (self.state, self.confirmed_at) = (BookingState::Seeking, None);
            }
            BookingEvent::BookingEscalated => self.escalated = true,
            BookingEvent::BookingCancelled { .. } => self.state = BookingState::Cancelled,
            BookingEvent::BookingReminded { minutes_before } => self.reminded = Some(*minutes_before),
            BookingEvent::BookingBegun { session } => {
                (self.state, self.session) = (BookingState::Begun, Some(*session));
            }
            BookingEvent::BookingMissed => self.state = BookingState::Missed,
            BookingEvent::BookingUnfilled => self.state = BookingState::Unfilled,
        }
        self.log.push(entry);
    }

    /// The mediator who said yes, or was chosen.
    pub fn mediator(&self) -> Option<MediatorId> {
        self.with(BookingOfferState::Accepted).next()
    }

    /// How asking this mediator stands.
    pub fn offer_to(&self, mediator: MediatorId) -> Option<BookingOfferState> {
        self.offers.iter().find(|offer| offer.mediator == mediator).map(|offer| offer.state)
    }

    /// Until when it can be begun: half an hour after the planned beginning, or its end if that is sooner.
    pub fn closes_at(&self) -> UnixMillis {
        self.span.until.min(UnixMillis(self.span.from.0.saturating_add(KEPT_FOR_MILLIS)))
    }

    pub(crate) fn with(&self, state: BookingOfferState) -> impl Iterator<Item = MediatorId> {
        self.offers.iter().filter(move |offer| offer.state == state).map(|offer| offer.mediator)
    }

    fn note(&mut self, mediator: MediatorId, state: BookingOfferState) {
        match self.offers.iter_mut().find(|offer| offer.mediator == mediator) {
            Some(offer) => offer.state = state,
            None => self.offers.push(BookingOffer { mediator, state }),
        }
    }
}
