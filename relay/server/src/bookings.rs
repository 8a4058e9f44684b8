//! Sessions planned ahead: decides by the core's book, writes before it is true, and drives the timers.

mod news;
mod ranking;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use dragoman_core::availability::Span;
use dragoman_core::booking::{Booking, BookingAct, BookingBook, BookingRefusal, BookingState, Change, Known};
use dragoman_core::case::Served;
use dragoman_core::ids::{AccountId, BookingId, MediatorId, SessionId};
use dragoman_core::loan::{Actor, LoanBook};
use dragoman_core::relay::{Input, Relay};
use dragoman_core::rest::SessionCreated;
use dragoman_core::roster::Mediator;
use dragoman_core::session_types::SessionRequest;
use dragoman_core::time::UnixMillis;
use tokio::sync::Mutex;
use uuid::Uuid;

use self::news::notes;
use self::ranking::{candidates, is_lent};
use crate::clock;
use crate::engine::{Engine, EngineError};
use crate::loans::Loans;
use crate::notify::{Note, Notifier};
use crate::store::{Store, StoreError};

/// How often timers are looked at; the closest of them is counted in minutes.
const TICK: Duration = Duration::from_secs(1);

/// How often whoever holds a booking is judged anew, besides before each reminder.
const REVIEW: Duration = Duration::from_secs(60);

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
        let found = self.takers(&[(booking, mediator)]).await?.pop();
        Ok(found.map(|(_, taker)| taker).ok_or(BookingRefusal::NoSuchMediator)?)
    }

    /// The same for several, at one moment. Whoever is not on the roster is left out.
    async fn takers(&self, of: &[(&Booking, MediatorId)]) -> Result<Vec<(BookingId, Taker)>, BookingError> {
        let (loans, now) = (self.loans.read(LoanBook::clone).await, clock::now());
        let of: Vec<(Booking, MediatorId)> =
            of.iter().map(|(booking, mediator)| ((*booking).clone(), *mediator)).collect();
        let found = move |relay: &Relay| {
            let cases = relay.dispatcher(now).cases;
            let taker = |(booking, mediator): &(Booking, MediatorId)| {
                let mediator = relay.roster().get(*mediator)?.mediator.clone();
                let served = cases.of(booking.request.case).to_vec();
                let lent = is_lent(&loans, &mediator, booking);
                Some((booking.id, Taker { mediator, served, lent }))
            };
            of.iter().filter_map(taker).collect()
        };
        Ok(self.engine.read(found).await?)
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
        let mut reviewed = tokio::time::Instant::now();
        loop {
            tick.tick().await;
            if let Err(error) = self.loans.tick().await {
                tracing::error!(%error, "loans could not be looked after; it will be tried again");
            }
            let mut done = self.tick().await;
            if done.is_ok() && reviewed.elapsed() >= REVIEW {
                (done, reviewed) = (self.review().await, tokio::time::Instant::now());
            }
            match done {
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
        let due = book.due(now);
        // Nobody is reminded of what they may not do any more.
        self.review_held(&mut book, |id| due.contains(&id), now).await?;
        for id in due {
            let ranking = self.ranking(book.get(id)).await?;
            if let Some(change) = book.decide_timeout(id, &ranking, now) {
                self.carry_out(&mut book, id, vec![change], now).await?;
            }
        }
        Ok(())
    }

    /// Looks at all confirmed bookings once more: clearance, loans, roster and case may have changed since the yes.
    ///
    /// # Errors
    /// [`BookingError`]; what was not done is done the next time.
    pub async fn review(&self) -> Result<(), BookingError> {
        let mut book = self.book.lock().await;
        self.review_held(&mut book, |_| true, clock::now()).await
    }

    /// Withdraws who may not serve what they hold, and seeks others.
    async fn review_held(
        &self,
        book: &mut BookingBook,
        of: impl Fn(BookingId) -> bool,
        now: UnixMillis,
    ) -> Result<(), BookingError> {
        let held: Vec<(&Booking, MediatorId)> =
            book.held(now).filter(|(booking, _)| of(booking.id)).collect();
        if held.is_empty() {
            return Ok(());
        }
        for (id, taker) in self.takers(&held).await? {
            if let Some(change) = book.decide_review(id, &taker.mediator, taker.known(), now) {
                self.carry_out(book, id, vec![change], now).await?;
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
