//! Sessions planned ahead: decides by the core's book, writes before it is true, and drives the timers.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use dragoman_core::availability::Span;
use dragoman_core::booking::{
    Booking, BookingAct, BookingBook, BookingEvent, BookingRefusal, BookingState, Change, KEPT_FOR_MILLIS,
    Known, suits_booking,
};
use dragoman_core::case::Served;
use dragoman_core::ids::{AccountId, BookingId, MediatorId, SessionId};
use dragoman_core::loan::{Actor, LoanBook};
use dragoman_core::matching::{Wanted, judge};
use dragoman_core::relay::{Input, Relay};
use dragoman_core::rest::SessionCreated;
use dragoman_core::roster::Mediator;
use dragoman_core::session_types::{Candidate, SessionRequest};
use dragoman_core::standing::{Availability, Standing};
use dragoman_core::standings::{Reach, RosterEntry, RosterNow};
use dragoman_core::time::UnixMillis;
use tokio::sync::Mutex;
use uuid::Uuid;

use crate::clock;
use crate::engine::{Engine, EngineError};
use crate::loans::Loans;
use crate::notify::Notifier;
use crate::notify::{Note, NoteKind, Recipient};
use crate::store::{Store, StoreError};

/// How often timers are looked at; the closest of them is counted in minutes.
const TICK: Duration = Duration::from_secs(1);
/// News of a booking are of use for so long after its planned beginning.
const KEPT: Duration = Duration::from_millis(KEPT_FOR_MILLIS as u64);

/// Nothing was changed about a booking.
#[derive(Debug, thiserror::Error)]
pub enum BookingError {
    /// The core says no.
    #[error(transparent)]
    Refused(#[from] BookingRefusal),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The engine says no, or is shutting down.
    #[error(transparent)]
    Engine(#[from] EngineError),
}

/// All bookings that are not over. One lock: nothing is decided while something else is written.
pub struct Bookings {
    book: Mutex<BookingBook>,
    store: Store,
    engine: Engine,
    loans: Arc<Loans>,
    notifier: Notifier,
}

/// A mediator who is to take a booking, with what else speaks for or against it.
struct Taker {
    mediator: Mediator,
    served: Vec<Served>,
    lent: bool,
}

impl Taker {
    fn known(&self) -> Known<'_> {
        Known { booked: &[], served: &self.served, lent: self.lent }
    }
}

impl Bookings {
    /// Reads what is planned.
    ///
    /// # Errors
    /// The database's.
    pub async fn open(
        store: Store,
        engine: Engine,
        loans: Arc<Loans>,
        notifier: Notifier,
    ) -> Result<Self, BookingError> {
        let mut book = BookingBook::default();
        for booking in store.open_bookings().await? {
            book.apply((booking.id, booking.log));
        }
        let bookings = Self { book: Mutex::new(book), store, engine, loans, notifier };
        let book = bookings.book.lock().await;
        let booked: Vec<MediatorId> = book.all_booked_except(None).into_keys().collect();
        bookings.tell_core(&book, &booked).await?;
        drop(book);
        Ok(bookings)
    }

    /// Looks at the book.
    pub async fn read<T>(&self, look: impl FnOnce(&BookingBook) -> T) -> T {
        look(&*self.book.lock().await)
    }

    /// Plans a session and asks the first mediators.
    ///
    /// # Errors
    /// [`BookingError`]; nothing was changed then.
    pub async fn request(
        &self,
        officer: AccountId,
        request: SessionRequest,
        span: Span,
    ) -> Result<Booking, BookingError> {
        let mut book = self.book.lock().await;
        let (id, now) = (BookingId(Uuid::new_v4()), clock::now());
        let change = book.request(id, officer, request, span, now)?;
        self.carry_out(&mut book, id, vec![change], now).await
    }

    /// A yes of a mediator who was asked.
    ///
    /// # Errors
    /// [`BookingError`]; nothing was changed then.
    pub async fn accept(&self, id: BookingId, mediator: MediatorId) -> Result<Booking, BookingError> {
        let mut book = self.book.lock().await;
        let taker = self.taker(&book, id, mediator).await?;
        let (mediator, known, now) = (&taker.mediator, taker.known(), clock::now());
        let changes = book.decide(id, BookingAct::Accept { mediator, known }, now)?;
        self.carry_out(&mut book, id, changes, now).await
    }

    /// A choice by hand.
    ///
    /// # Errors
    /// [`BookingError`]; nothing was changed then.
    pub async fn assign(
        &self,
        id: BookingId,
        mediator: MediatorId,
        by: &Actor,
        reason: String,
    ) -> Result<Booking, BookingError> {
        let mut book = self.book.lock().await;
        let taker = self.taker(&book, id, mediator).await?;
        let (mediator, known, now) = (&taker.mediator, taker.known(), clock::now());
        let changes = book.decide(id, BookingAct::Assign { mediator, known, by, reason }, now)?;
        self.carry_out(&mut book, id, changes, now).await
    }

    /// Who is to take a booking, as roster, loans and the case are now: asked under the book's lock, so that what is
    /// judged by is what holds when it is decided.
    async fn taker(
        &self,
        book: &BookingBook,
        id: BookingId,
        mediator: MediatorId,
    ) -> Result<Taker, BookingError> {
        let booking = book.get(id).ok_or(BookingRefusal::NoSuchBooking)?;
        let (case, now) = (booking.request.case, clock::now());
        let found = move |relay: &Relay| {
            let entry = relay.roster().get(mediator)?;
            Some((entry.mediator.clone(), relay.dispatcher(now).cases.of(case).to_vec()))
        };
        let (mediator, served) = self.engine.read(found).await?.ok_or(BookingRefusal::NoSuchMediator)?;
        let lent = self.loans.read(|loans| is_lent(loans, &mediator, booking)).await;
        Ok(Taker { mediator, served, lent })
    }

    /// A no, a change of mind, a cancellation. To take a booking, see [`Bookings::accept`] and [`Bookings::assign`]; to
    /// begin, [`Bookings::begin`].
    ///
    /// # Errors
    /// [`BookingError`]; nothing was changed then.
    pub async fn act(&self, id: BookingId, act: BookingAct<'_>) -> Result<Booking, BookingError> {
        let mut book = self.book.lock().await;
        let now = clock::now();
        let changes = book.decide(id, act, now)?;
        self.carry_out(&mut book, id, changes, now).await
    }

    /// Begins the session of a booking. `ask` requests the session; its `booked` mediator is rung first.
    ///
    /// # Errors
    /// [`BookingError`]; the booking is as it was then.
    pub async fn begin<E: From<BookingError>>(
        &self,
        id: BookingId,
        by: &Actor,
        ask: impl AsyncFnOnce(SessionId, SessionRequest) -> Result<SessionCreated, E>,
    ) -> Result<SessionCreated, E> {
        let mut book = self.book.lock().await;
        let (session, now) = (SessionId(Uuid::new_v4()), clock::now());
        let changes = book.decide(id, BookingAct::Begin { by, session }, now).map_err(BookingError::from)?;
        let booking = book.get(id).ok_or(BookingRefusal::NoSuchBooking).map_err(BookingError::from)?;
        let request = SessionRequest { booked: booking.mediator(), ..booking.request.clone() };
        let created = ask(session, request).await?;
        self.carry_out(&mut book, id, changes, now).await?;
        Ok(created)
    }

    /// Drives reminders, searches, escalations and ends, of bookings and of loans, for as long as the relay runs.
    pub async fn run(self: Arc<Self>) {
        let mut tick = tokio::time::interval(TICK);
        tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            tick.tick().await;
            if let Err(error) = self.loans.tick().await {
                tracing::error!(%error, "loans could not be looked after; it will be tried again");
            }
            match self.tick().await {
                Err(BookingError::Engine(EngineError::Unavailable)) => return,
                Err(error) => {
                    tracing::error!(%error, "bookings could not be looked after; it will be tried again")
                }
                Ok(()) => {}
            }
        }
    }

    /// Does what is due now.
    ///
    /// # Errors
    /// [`BookingError`]; what was not done is done the next time.
    pub async fn tick(&self) -> Result<(), BookingError> {
        let mut book = self.book.lock().await;
        let now = clock::now();
        for id in book.due(now) {
            let ranking = self.ranking(book.get(id)).await?;
            if let Some(change) = book.decide_timeout(id, &ranking, now) {
                self.carry_out(&mut book, id, vec![change], now).await?;
            }
        }
        Ok(())
    }

    /// Fills up who is asked, writes all of it in one transaction, and makes it so.
    async fn carry_out(
        &self,
        book: &mut BookingBook,
        id: BookingId,
        changes: Vec<Change>,
        now: UnixMillis,
    ) -> Result<Booking, BookingError> {
        let mut next = book.clone();
        let mut changed: BTreeMap<BookingId, Booking> = BTreeMap::new();
        for change in changes {
            let touched = change.0;
            let over = next.apply(change);
            let ranking = self.ranking(next.get(touched)).await?;
            if let Some(change) = next.refill(touched, &ranking, now) {
                next.apply(change);
            }
            changed.extend(over.or_else(|| next.get(touched).cloned()).map(|booking| (touched, booking)));
        }
        let written = |booking: &Booking| book.get(booking.id).map_or(0, |before| before.log.len());
        let rows: Vec<(usize, &Booking)> =
            changed.values().map(|booking| (written(booking), booking)).collect();
        self.store.write_bookings(&rows).await?;
        let concerned: Vec<MediatorId> = changed
            .values()
            .flat_map(|booking| {
                booking.mediator().into_iter().chain(book.get(booking.id).and_then(Booking::mediator))
            })
            .collect();
        let news: Vec<Note> =
            changed.values().flat_map(|booking| notes(book.get(booking.id), booking)).collect();
        *book = next;
        news.into_iter().for_each(|note| self.notifier.tell(note));
        for booking in changed.values() {
            tracing::info!(booking = %booking.id.loggable(), state = ?booking.state, "a booking changed");
        }
        self.tell_core(book, &concerned).await?;
        Ok(changed.remove(&id).ok_or(BookingRefusal::NoSuchBooking)?)
    }

    /// The one place where the core learns when mediators are booked.
    async fn tell_core(&self, book: &BookingBook, mediators: &[MediatorId]) -> Result<(), BookingError> {
        for mediator in mediators {
            self.engine.input(Input::SetBooked(*mediator, book.booked(*mediator))).await?;
        }
        Ok(())
    }

    /// Who suits a booking that seeks somebody, best first, those on loan last.
    async fn ranking(&self, booking: Option<&Booking>) -> Result<Vec<MediatorId>, BookingError> {
        let Some(booking) = booking.filter(|booking| booking.state == BookingState::Seeking) else {
            return Ok(Vec::new());
        };
        let (booking, loans) = (booking.clone(), self.loans.read(LoanBook::clone).await);
        Ok(self.engine.read(move |relay| candidates(relay, &booking, &loans)).await?)
    }
}

/// Who is told what of the entries of a booking's log that are new.
fn notes(before: Option<&Booking>, booking: &Booking) -> Vec<Note> {
    let begins = booking.span.from;
    let note = |to, kind, until| Note { to, kind, about: booking.id.0, until };
    let changed = |to| note(to, NoteKind::BookingChanged, begins);
    let had = before.and_then(Booking::mediator);
    let officer = Recipient::Account(booking.officer_account);
    let both = || booking.mediator().map(Recipient::Mediator).into_iter().chain([officer.clone()]);
    let of_event = |event: &BookingEvent| match event {
        BookingEvent::BookingOffered { mediator } => {
            vec![note(Recipient::Mediator(*mediator), NoteKind::BookingAsks, begins)]
        }
        BookingEvent::BookingAssigned { mediator, .. } => {
            vec![changed(Recipient::Mediator(*mediator)), changed(officer.clone())]
        }
        // Who had only been asked, and need not answer any more, is left in peace.
        BookingEvent::BookingWithdrawn { mediator } if had == Some(*mediator) => {
            vec![changed(Recipient::Mediator(*mediator))]
        }
        BookingEvent::BookingAccepted { .. }
        | BookingEvent::BookingGivenBack { .. }
        | BookingEvent::BookingUnfilled => {
            vec![note(officer.clone(), NoteKind::BookingChanged, begins + KEPT)]
        }
        BookingEvent::BookingCancelled { .. } => both().map(changed).collect(),
        BookingEvent::BookingReminded { .. } => {
            both().map(|to| note(to, NoteKind::BookingSoon, begins + KEPT)).collect()
        }
        BookingEvent::BookingEscalated => {
            vec![note(Recipient::Coordinators(booking.agency.clone()), NoteKind::BookingWaits, begins)]
        }
        _ => Vec::new(),
    };
    let known = before.map_or(0, |before| before.log.len());
    booking.log.iter().skip(known).flat_map(|entry| of_event(&entry.event)).collect()
}

/// Ranks the roster for a booking, as it will stand at the planned time.
fn candidates(relay: &Relay, booking: &Booking, loans: &LoanBook) -> Vec<MediatorId> {
    let (request, at, overridden) = (&booking.request, booking.span.from, BTreeSet::new());
    let (lent, cases) = (loans.lent_at(at), relay.dispatcher(at).cases);
    let wanted = Wanted {
        request,
        languages: &request.languages,
        adjacent_allowed: false,
        served: cases.of(request.case),
        loans: &lent,
        overridden: &overridden,
    };
    let speakers = RosterNow::of(relay.roster()).speakers(
        &[request.languages.source.primary()],
        &request.languages.target,
        Reach::All,
    );
    let judged = speakers.into_iter().filter_map(|RosterEntry { mediator, standing }| {
        let candidate = judge(mediator, &as_if_there(standing, at), wanted, at)?;
        let lent = is_lent(loans, mediator, booking);
        let known = Known { lent, ..Known::default() };
        let suits = suits_booking(mediator, request, booking.span, known).is_empty();
        (candidate.eligible && suits).then_some(candidate)
    });
    let mut judged: Vec<Candidate> = judged.collect();
    judged.sort_unstable_by_key(|c| (c.circle, Reverse(c.score), c.mediator));
    judged.into_iter().map(|candidate| candidate.mediator).collect()
}

/// A standing at a time to come: whoever says yes will be there, and whoever is on shift anyway is preferred.
fn as_if_there(standing: &Standing, at: UnixMillis) -> Standing {
    let then = Standing { ready: false, booked: Vec::new(), ..standing.clone() };
    let ready = then.availability(at) != Availability::OnShift;
    Standing { ready, reachable: true, in_session: false, ..then }
}

/// Whether a mediator would serve this booking on loan.
fn is_lent(loans: &LoanBook, mediator: &Mediator, booking: &Booking) -> bool {
    let Some(agency) = &booking.agency else { return false };
    mediator.agency.as_ref() != Some(agency)
        && !mediator.serves.contains(agency)
        && loans.lends(mediator.id, agency, booking.span.from)
}
