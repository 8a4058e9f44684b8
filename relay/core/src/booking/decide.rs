//! What acts and the passing of time decide for one booking.

use super::{
    Booking, BookingEntry, BookingEvent, BookingOfferState, BookingRefusal, BookingState, Known, MINUTE,
};
use crate::ids::{AccountId, BookingId, MediatorId, SessionId};
use crate::loan::Actor;
use crate::session_types::SessionRequest;
use crate::time::UnixMillis;
use crate::{availability::Span, roster::Mediator};

/// Reminders, in minutes before the beginning.
pub const REMINDERS: [u32; 3] = [24 * 60, 2 * 60, 15];
/// How many mediators are asked at once, and how many more at each further search.
const OFFERS_AT_ONCE: usize = 3;
/// Without a yes this long before the beginning, coordinators are told.
const ESCALATES_BEFORE: i64 = 120 * MINUTE;
/// It can be begun this long before its time.
const OPENS_BEFORE: i64 = 15 * MINUTE;
const SHORTEST: i64 = 5 * MINUTE;
const LONGEST: i64 = 12 * 60 * MINUTE;
const DAY: i64 = 24 * 60 * MINUTE;
const FARTHEST: i64 = 366 * DAY;

/// What can be done about a booking.
#[derive(Clone, Debug)]
pub enum BookingAct<'a> {
    /// A mediator says yes.
    Accept {
        /// Who.
        mediator: &'a Mediator,
        /// What else speaks for or against them; the book adds what it holds itself.
        known: Known<'a>,
    },
    /// A mediator says no.
    Decline(MediatorId),
    /// A mediator who had said yes can not come.
    GiveBack {
        /// Who.
        mediator: MediatorId,
        /// Why; may be left out.
        reason: Option<String>,
    },
    /// A coordinator of the booking's agency chooses by hand; takes the place of whoever had said yes.
    Assign {
        /// Who.
        mediator: &'a Mediator,
        /// What else speaks for or against them; the book adds what it holds itself.
        known: Known<'a>,
        /// The coordinator.
        by: &'a Actor,
        /// Why.
        reason: String,
    },
    /// The officer or a coordinator calls it off.
    Cancel {
        /// Who.
        by: &'a Actor,
        /// Why.
        reason: String,
    },
    /// The officer begins.
    Begin {
        /// Who.
        by: &'a Actor,
        /// The session that is requested.
        session: SessionId,
    },
}

/// A booking's next state with the entries that lead there, not yet written.
#[derive(Clone, Debug)]
pub struct Draft {
    /// The state after the entries.
    pub booking: Booking,
    /// New entries, in order.
    pub entries: Vec<BookingEntry>,
}

impl Draft {
    /// Nothing decided yet.
    pub fn of(booking: &Booking) -> Self {
        Self { booking: booking.clone(), entries: Vec::new() }
    }

    pub(super) fn record(&mut self, event: BookingEvent, now: UnixMillis) {
        let entry = BookingEntry { at: now, event };
        self.booking.apply(entry.clone());
        self.entries.push(entry);
    }

    pub(super) fn withdraw(&mut self, mediator: MediatorId, now: UnixMillis) {
        self.record(BookingEvent::BookingWithdrawn { mediator }, now);
    }

    fn withdraw_all(&mut self, now: UnixMillis) {
        let open: Vec<MediatorId> = self.booking.with(BookingOfferState::Offered).collect();
        open.into_iter().for_each(|mediator| self.withdraw(mediator, now));
    }
}

/// Plans a session.
pub(super) fn request(
    id: BookingId,
    officer_account: AccountId,
    request: SessionRequest,
    span: Span,
    now: UnixMillis,
) -> Result<Draft, BookingRefusal> {
    require(
        !request.languages.source.same_language(&request.languages.target),
        BookingRefusal::SameLanguage,
    )?;
    let length = span.until.0.saturating_sub(span.from.0);
    let ahead = span.from.0.saturating_sub(now.0);
    require(
        (SHORTEST..=LONGEST).contains(&length) && (1..=FARTHEST).contains(&ahead),
        BookingRefusal::BadSpan,
    )?;
    let agency = request.agency.clone();
    let request = Box::new(request);
    let event = BookingEvent::BookingRequested { officer_account, agency, request, span };
    let entry = BookingEntry { at: now, event };
    let booking = Booking::begin(id, entry.clone()).ok_or(BookingRefusal::NoSuchBooking)?;
    Ok(Draft { booking, entries: vec![entry] })
}

/// A yes. Whether the mediator suits and is free is looked at beside it.
pub(super) fn accept(draft: &mut Draft, mediator: MediatorId, now: UnixMillis) -> Result<(), BookingRefusal> {
    let offered = draft.booking.offer_to(mediator) == Some(BookingOfferState::Offered);
    require(offered && draft.booking.state == BookingState::Seeking, BookingRefusal::NotOffered)?;
    draft.record(BookingEvent::BookingAccepted { mediator }, now);
    draft.withdraw_all(now);
    Ok(())
}

/// A choice by hand. Whether the mediator suits and is free is looked at beside it.
pub(super) fn assign(
    draft: &mut Draft,
    mediator: MediatorId,
    (by, reason): (&Actor, String),
    now: UnixMillis,
) -> Result<(), BookingRefusal> {
    require(by.keeps_for(draft.booking.agency.as_ref()), BookingRefusal::NoSuchBooking)?;
    let reason = checked_reason(&reason)?;
    if let Some(former) = draft.booking.mediator() {
        draft.withdraw(former, now);
    }
    draft.record(BookingEvent::BookingAssigned { mediator, by: by.account, reason }, now);
    draft.withdraw_all(now);
    Ok(())
}

pub(super) fn decline(
    draft: &mut Draft,
    mediator: MediatorId,
    now: UnixMillis,
) -> Result<(), BookingRefusal> {
    let offered = draft.booking.offer_to(mediator) == Some(BookingOfferState::Offered);
    require(offered, BookingRefusal::NotOffered)?;
    draft.record(BookingEvent::BookingDeclined { mediator }, now);
    Ok(())
}

pub(super) fn give_back(
    draft: &mut Draft,
    mediator: MediatorId,
    reason: Option<String>,
    now: UnixMillis,
) -> Result<(), BookingRefusal> {
    require(draft.booking.mediator() == Some(mediator), BookingRefusal::NotYours)?;
    let reason = reason.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
    let short = reason.as_ref().is_none_or(|text| text.chars().count() <= 500);
    require(short, BookingRefusal::ReasonMissing)?;
    draft.record(BookingEvent::BookingGivenBack { mediator, reason }, now);
    Ok(())
}

pub(super) fn cancel(
    draft: &mut Draft,
    by: &Actor,
    reason: &str,
    now: UnixMillis,
) -> Result<(), BookingRefusal> {
    let own = by.account == draft.booking.officer_account;
    let keeps = by.keeps_for(draft.booking.agency.as_ref());
    require(own || keeps, BookingRefusal::NoSuchBooking)?;
    let reason = checked_reason(reason)?;
    draft.withdraw_all(now);
    draft.record(BookingEvent::BookingCancelled { by: by.account, reason }, now);
    Ok(())
}

pub(super) fn begin(
    draft: &mut Draft,
    by: &Actor,
    session: SessionId,
    now: UnixMillis,
) -> Result<(), BookingRefusal> {
    require(by.account == draft.booking.officer_account, BookingRefusal::NoSuchBooking)?;
    require(draft.booking.span.from.0 - OPENS_BEFORE <= now.0, BookingRefusal::TooEarly)?;
    require(now < draft.booking.closes_at(), BookingRefusal::TooLate)?;
    draft.withdraw_all(now);
    draft.record(BookingEvent::BookingBegun { session }, now);
    Ok(())
}

/// Asks the next of the ranking, so that as many as may be asked at once are.
pub(super) fn refill(draft: &mut Draft, ranking: &[MediatorId], now: UnixMillis) {
    let open = draft.booking.with(BookingOfferState::Offered).count();
    offer(draft, ranking, OFFERS_AT_ONCE.saturating_sub(open), now);
}

/// When [`timeout`] has something to do next.
pub(super) fn due_at(booking: &Booking) -> Option<UnixMillis> {
    let (closes, from) = (booking.closes_at(), booking.span.from);
    match booking.state {
        BookingState::Seeking => {
            let escalates = (!booking.escalated).then_some(UnixMillis(from.0 - ESCALATES_BEFORE));
            escalates.into_iter().chain([searches_at(booking), closes]).min()
        }
        BookingState::Confirmed => {
            let reminders = pending_reminders(booking).map(|minutes| reminds_at(booking, minutes));
            reminders.chain([closes]).min()
        }
        _ => None,
    }
}

/// What the passing of time decides.
pub(super) fn timeout(draft: &mut Draft, ranking: &[MediatorId], now: UnixMillis) {
    let (closes, state) = (draft.booking.closes_at(), draft.booking.state);
    match state {
        BookingState::Seeking if closes <= now => {
            draft.withdraw_all(now);
            draft.record(BookingEvent::BookingUnfilled, now);
        }
        BookingState::Seeking => {
            if !draft.booking.escalated && draft.booking.span.from.0 - ESCALATES_BEFORE <= now.0 {
                draft.record(BookingEvent::BookingEscalated, now);
            }
            if searches_at(&draft.booking) <= now {
                draft.record(BookingEvent::BookingSearched, now);
                offer(draft, ranking, OFFERS_AT_ONCE, now);
            }
        }
        BookingState::Confirmed if closes <= now => draft.record(BookingEvent::BookingMissed, now),
        BookingState::Confirmed => {
            // Of several that are due, as after a night without the relay, the closest says it all.
            let due =
                pending_reminders(&draft.booking).filter(|m| reminds_at(&draft.booking, *m) <= now).min();
            if let Some(minutes_before) = due {
                draft.record(BookingEvent::BookingReminded { minutes_before }, now);
            }
        }
        _ => {}
    }
}

fn offer(draft: &mut Draft, ranking: &[MediatorId], how_many: usize, now: UnixMillis) {
    if draft.booking.state != BookingState::Seeking {
        return;
    }
    let may_be_asked =
        |id: &&MediatorId| matches!(draft.booking.offer_to(**id), None | Some(BookingOfferState::Withdrawn));
    let next: Vec<MediatorId> = ranking.iter().filter(may_be_asked).take(how_many).copied().collect();
    for mediator in next {
        draft.record(BookingEvent::BookingOffered { mediator }, now);
    }
}

/// The next search: every six hours while there is time, every hour on the last day.
fn searches_at(booking: &Booking) -> UnixMillis {
    let near = booking.span.from.0 - booking.searched_at.0 <= DAY;
    let pause = if near { 60 * MINUTE } else { 6 * 60 * MINUTE };
    UnixMillis(booking.searched_at.0.saturating_add(pause))
}

fn reminds_at(booking: &Booking, minutes: u32) -> UnixMillis {
    UnixMillis(booking.span.from.0 - i64::from(minutes) * MINUTE)
}

/// Reminders closer than the last one sent, of points in time that the mediator of now has yet lived through.
fn pending_reminders(booking: &Booking) -> impl Iterator<Item = u32> {
    let (sent, since) = (booking.reminded.unwrap_or(u32::MAX), booking.confirmed_at);
    REMINDERS.into_iter().filter(move |minutes| {
        *minutes < sent && since.is_some_and(|since| reminds_at(booking, *minutes) > since)
    })
}

fn checked_reason(reason: &str) -> Result<String, BookingRefusal> {
    let reason = reason.trim();
    require((3..=500).contains(&reason.chars().count()), BookingRefusal::ReasonMissing)?;
    Ok(reason.to_owned())
}

fn require(holds: bool, otherwise: BookingRefusal) -> Result<(), BookingRefusal> {
    if holds { Ok(()) } else { Err(otherwise) }
}
