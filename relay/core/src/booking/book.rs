//! All bookings that are not over: nobody holds two at one time, whatever is decided about one of them.

use std::collections::{BTreeMap, HashMap};

use super::decide::{self, BookingAct, Draft};
use super::{
    Booking, BookingEntry, BookingOfferState, BookingRefusal, BookingState, Known, collide, suits_booking,
};
use crate::availability::Span;
use crate::case::Served;
use crate::ids::{AccountId, BookingId, MediatorId};
use crate::matching::served_the_other_side;
use crate::roster::Mediator;
use crate::session_types::SessionRequest;
use crate::time::UnixMillis;

/// New entries of one booking, in order.
pub type Change = (BookingId, Vec<BookingEntry>);

/// All bookings that are not over.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct BookingBook {
    bookings: BTreeMap<BookingId, Booking>,
}

impl BookingBook {
    /// Takes in what happened. A booking that is over is forgotten, and returned.
    pub fn apply(&mut self, (id, entries): Change) -> Option<Booking> {
        for entry in entries {
            match self.bookings.get_mut(&id) {
                Some(booking) => booking.apply(entry),
                None => {
                    self.bookings.insert(id, Booking::begin(id, entry)?);
                }
            }
        }
        let over = self.bookings.get(&id).is_some_and(|booking| booking.state.is_over());
        if over { self.bookings.remove(&id) } else { None }
    }

    /// One booking.
    pub fn get(&self, id: BookingId) -> Option<&Booking> {
        self.bookings.get(&id)
    }

    /// All of them, in the order of their identifiers.
    pub fn bookings(&self) -> impl Iterator<Item = &Booking> {
        self.bookings.values()
    }

    /// When this mediator is booked, in order.
    pub fn booked(&self, mediator: MediatorId) -> Vec<Span> {
        self.booked_except(mediator, None)
    }

    /// Everybody's bookings but this one, by mediator.
    pub fn all_booked_except(&self, id: Option<BookingId>) -> HashMap<MediatorId, Vec<Span>> {
        let mut booked: HashMap<MediatorId, Vec<Span>> = HashMap::new();
        for booking in self.bookings.values().filter(|booking| Some(booking.id) != id) {
            if let Some(mediator) = booking.mediator() {
                booked.entry(mediator).or_default().push(booking.span);
            }
        }
        booked
    }

    /// Plans a session.
    ///
    /// # Errors
    /// [`BookingRefusal`].
    pub fn request(
        &self,
        id: BookingId,
        officer_account: AccountId,
        request: SessionRequest,
        span: Span,
        now: UnixMillis,
    ) -> Result<Change, BookingRefusal> {
        decide::request(id, officer_account, request, span, now).map(|draft| (id, draft.entries))
    }

    /// What an act changes: the booking itself, and others that asked the same mediator for the same time, or for the
    /// other side of the same case. Whoever takes a booking is judged anew, for much can happen after they were asked.
    /// Afterwards [`BookingBook::refill`] is to be asked for each that changed.
    ///
    /// # Errors
    /// [`BookingRefusal`]; then nothing changes.
    pub fn decide(
        &self,
        id: BookingId,
        act: BookingAct<'_>,
        now: UnixMillis,
    ) -> Result<Vec<Change>, BookingRefusal> {
        let booking = self.bookings.get(&id).ok_or(BookingRefusal::NoSuchBooking)?;
        let mut draft = Draft::of(booking);
        let mut changes = Vec::new();
        match act {
            BookingAct::Accept { mediator, known } => {
                decide::accept(&mut draft, mediator.id, now)?;
                self.check_suits(booking, mediator, known).map_err(BookingRefusal::told_to_mediator)?;
                changes = self.withdrawn_elsewhere(booking, mediator.id, now);
            }
            BookingAct::Assign { mediator, known, by, reason } => {
                decide::assign(&mut draft, mediator.id, (by, reason), now)?;
                self.check_suits(booking, mediator, known)?;
                changes = self.withdrawn_elsewhere(booking, mediator.id, now);
            }
            BookingAct::Decline(mediator) => decide::decline(&mut draft, mediator, now)?,
            BookingAct::GiveBack { mediator, reason } => {
                decide::give_back(&mut draft, mediator, reason, now)?
            }
            BookingAct::Cancel { by, reason } => decide::cancel(&mut draft, by, &reason, now)?,
            BookingAct::Begin { by, session } => decide::begin(&mut draft, by, session, now)?,
        }
        changes.insert(0, (id, draft.entries));
        Ok(changes)
    }

    /// Asks the next of the ranking, if fewer are asked than may be. Whoever is booked at that time is passed over.
    pub fn refill(&self, id: BookingId, ranking: &[MediatorId], now: UnixMillis) -> Option<Change> {
        let booking = self.bookings.get(&id)?;
        let mut draft = Draft::of(booking);
        decide::refill(&mut draft, &self.free(booking, ranking), now);
        (!draft.entries.is_empty()).then_some((id, draft.entries))
    }

    /// When [`BookingBook::decide_timeout`] has something to do next.
    pub fn poll_timeout(&self) -> Option<UnixMillis> {
        self.bookings.values().filter_map(decide::due_at).min()
    }

    /// Those for which it has something to do now.
    pub fn due(&self, now: UnixMillis) -> Vec<BookingId> {
        let due = self.bookings.values().filter(|b| decide::due_at(b).is_some_and(|at| at <= now));
        due.map(|booking| booking.id).collect()
    }

    /// What the passing of time changes about one.
    pub fn decide_timeout(&self, id: BookingId, ranking: &[MediatorId], now: UnixMillis) -> Option<Change> {
        let booking = self.bookings.get(&id)?;
        let mut draft = Draft::of(booking);
        decide::timeout(&mut draft, &self.free(booking, ranking), now);
        (!draft.entries.is_empty()).then_some((id, draft.entries))
    }

    /// Confirmed bookings that can still be begun, with who holds each.
    pub fn held(&self, now: UnixMillis) -> impl Iterator<Item = (&Booking, MediatorId)> {
        let open = self.bookings.values().filter(move |booking| now < booking.closes_at());
        open.filter_map(|booking| Some((booking, booking.mediator()?)))
    }

    /// What it changes if who holds a booking may not serve it any more, by what holds now: they are withdrawn, and it
    /// seeks again. Afterwards [`BookingBook::refill`] is to be asked. `None`: they may, or do not hold it.
    pub fn decide_review(
        &self,
        id: BookingId,
        holder: &Mediator,
        known: Known<'_>,
        now: UnixMillis,
    ) -> Option<Change> {
        let booking = self.bookings.get(&id).filter(|booking| booking.mediator() == Some(holder.id))?;
        self.check_suits(booking, holder, known).err()?;
        let mut draft = Draft::of(booking);
        draft.withdraw(holder.id, now);
        Some((id, draft.entries))
    }

    fn booked_except(&self, mediator: MediatorId, id: Option<BookingId>) -> Vec<Span> {
        let holds = |booking: &&Booking| Some(booking.id) != id && booking.mediator() == Some(mediator);
        let mut spans: Vec<Span> = self.bookings.values().filter(holds).map(|booking| booking.span).collect();
        spans.sort();
        spans
    }

    fn check_suits(
        &self,
        booking: &Booking,
        mediator: &Mediator,
        known: Known<'_>,
    ) -> Result<(), BookingRefusal> {
        let mut booked = self.booked_except(mediator.id, Some(booking.id));
        booked.extend(known.booked);
        let mut served = self.will_serve(booking);
        served.extend(known.served);
        let known = Known { booked: &booked, served: &served, ..known };
        let against = suits_booking(mediator, &booking.request, booking.span, known);
        BookingRefusal::of(&against).map_or(Ok(()), Err)
    }

    /// Who will interpret in the case of a booking, by other bookings.
    fn will_serve(&self, booking: &Booking) -> Vec<Served> {
        let of_case = |other: &&Booking| other.id != booking.id && is_of_one_case(other, booking);
        let serves = |other: &Booking| {
            let person = other.request.case.and_then(|case| case.person);
            Some(Served { person, label: other.request.label, mediator: other.mediator()? })
        };
        self.bookings.values().filter(of_case).filter_map(serves).collect()
    }

    /// Whoever says yes to one needs not answer others of the same time, and may not those of the other side.
    fn withdrawn_elsewhere(&self, taken: &Booking, mediator: MediatorId, now: UnixMillis) -> Vec<Change> {
        let asks = |booking: &&Booking| {
            booking.id != taken.id
                && booking.state == BookingState::Seeking
                && booking.offer_to(mediator) == Some(BookingOfferState::Offered)
                && (collide(booking.span, taken.span) || is_across_the_wall(booking, taken))
        };
        let withdrawn = |booking: &Booking| {
            let mut draft = Draft::of(booking);
            draft.withdraw(mediator, now);
            (booking.id, draft.entries)
        };
        self.bookings.values().filter(asks).map(withdrawn).collect()
    }

    fn free(&self, booking: &Booking, ranking: &[MediatorId]) -> Vec<MediatorId> {
        let (booked, served) = (self.all_booked_except(Some(booking.id)), self.will_serve(booking));
        let is_free = |id: &&MediatorId| {
            booked.get(id).is_none_or(|spans| !spans.iter().any(|span| collide(booking.span, *span)))
                && !served_the_other_side(**id, &served, booking.request.label)
        };
        ranking.iter().filter(is_free).copied().collect()
    }
}

fn is_of_one_case(one: &Booking, other: &Booking) -> bool {
    let [one, other] = [one, other].map(|booking| booking.request.case.map(|case| case.case));
    one.is_some() && one == other
}

fn is_across_the_wall(one: &Booking, other: &Booking) -> bool {
    is_of_one_case(one, other) && one.request.label.opposes(other.request.label)
}
