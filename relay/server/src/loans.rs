//! The loan desk: decides by the core's book, writes each event before it is true, and counts the minutes used.

use std::collections::{BTreeMap, BTreeSet};

use dragoman_core::availability::Span;
use dragoman_core::codes::AgencyCode;
use dragoman_core::evidence::verify;
use dragoman_core::ids::{LoanId, MediatorId, SessionId};
use dragoman_core::loan::{self, Actor, Loan, LoanAct, LoanBook, LoanEvent, LoanRefusal};
use dragoman_core::matching::Loans as MatchingLoans;
use dragoman_core::relay::{Input, Relay};
use dragoman_core::rest_desk::LoanForm;
use dragoman_core::time::UnixMillis;
use tokio::sync::Mutex;
use uuid::Uuid;

use crate::clock;
use crate::engine::{Engine, EngineError};
use crate::store::{EntryRow, Store, StoreError};

/// Sessions that ended this long before the relay started are still looked at, in milliseconds: seven days.
const LOOKS_BACK: i64 = 7 * 24 * 3_600_000;
/// How much two looks at ended sessions overlap, in milliseconds; a session is counted once whatever happens.
const OVERLAP: i64 = 60_000;

/// Nothing was changed about a loan.
#[derive(Debug, thiserror::Error)]
pub enum LoanError {
    /// The core says no.
    #[error(transparent)]
    Refused(#[from] LoanRefusal),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The engine is shutting down.
    #[error(transparent)]
    Engine(#[from] EngineError),
}

/// All loans. One lock: nothing is decided while something else is written.
pub struct Loans {
    state: Mutex<State>,
    store: Store,
    engine: Engine,
}

struct State {
    book: LoanBook,
    looked_at: UnixMillis,
    /// What the core knows.
    told: MatchingLoans,
}

impl Loans {
    /// Reads what was decided so far.
    ///
    /// # Errors
    /// The database's, or the engine is shutting down.
    pub async fn open(store: Store, engine: Engine) -> Result<Self, LoanError> {
        let mut book = LoanBook::default();
        for (id, event) in store.loan_events().await? {
            book.apply(id, event);
        }
        let looked_at = UnixMillis(clock::now().0 - LOOKS_BACK);
        let state = Mutex::new(State { book, looked_at, told: MatchingLoans::new() });
        let loans = Self { state, store, engine };
        loans.tell_core(&mut *loans.state.lock().await).await?;
        Ok(loans)
    }

    /// Looks at the book.
    pub async fn read<T>(&self, look: impl FnOnce(&LoanBook) -> T) -> T {
        look(&self.state.lock().await.book)
    }

    /// Asks for a loan.
    ///
    /// # Errors
    /// [`LoanError`]; nothing was changed then.
    pub async fn request(&self, form: LoanForm, by: &Actor) -> Result<Loan, LoanError> {
        let mut state = self.state.lock().await;
        let kept = self.kept_by(form.lender.clone()).await?;
        let (between, keeps) = ((form.lender, form.borrower), |id| kept.contains(&id));
        let event = loan::request(between, form.limits, keeps, by, form.note, clock::now())?;
        self.carry_out(&mut state, LoanId(Uuid::new_v4()), event).await
    }

    /// Approves, limits, refuses or revokes a loan.
    ///
    /// # Errors
    /// [`LoanError`]; nothing was changed then.
    pub async fn act(
        &self,
        id: LoanId,
        act: LoanAct,
        by: &Actor,
        note: Option<String>,
    ) -> Result<Loan, LoanError> {
        let mut state = self.state.lock().await;
        let loan = state.book.get(id).ok_or(LoanRefusal::NoSuchLoan)?;
        let kept = self.kept_by(loan.lender.clone()).await?;
        let event = loan::decide(loan, act, |id| kept.contains(&id), by, note, clock::now())?;
        self.carry_out(&mut state, id, event).await
    }

    /// Whom an agency can lend: those it keeps who are active.
    async fn kept_by(&self, lender: AgencyCode) -> Result<BTreeSet<MediatorId>, EngineError> {
        let kept = move |relay: &Relay| {
            let active = relay.roster().entries().map(|entry| &entry.mediator).filter(|entry| entry.active);
            active.filter(|entry| entry.agency.as_ref() == Some(&lender)).map(|entry| entry.id).collect()
        };
        self.engine.read(kept).await
    }

    /// Counts the minutes of sessions that ended, ends loans whose time is over, and tells the core who is lent now.
    ///
    /// # Errors
    /// [`LoanError`]; what was not done is done the next time.
    pub async fn tick(&self) -> Result<(), LoanError> {
        let now = clock::now();
        let mut state = self.state.lock().await;
        for (session, mediator, worked) in self.store.released_since(state.looked_at).await? {
            if state.book.ever_lent(mediator) {
                self.count(&mut state, session, mediator, worked).await?;
            }
        }
        state.looked_at = UnixMillis(now.0 - OVERLAP).max(state.looked_at);
        if state.book.poll_timeout().is_some_and(|due| due <= now) {
            for (id, event) in state.book.decide_timeout(now) {
                self.carry_out(&mut state, id, event).await?;
            }
        }
        // A window opens, and a mediator leaves the lender, without an event.
        self.tell_core(&mut state).await
    }

    async fn count(
        &self,
        state: &mut State,
        id: SessionId,
        mediator: MediatorId,
        worked: Span,
    ) -> Result<(), LoanError> {
        let entries = self.store.entries(id).await?;
        let Ok(log) = verify(id, entries.iter().map(EntryRow::hashed)) else {
            tracing::error!(session = %id.loggable(), "the log is damaged; its minutes are not counted");
            return Ok(());
        };
        let Some(borrower) = log.session.request.agency.clone() else { return Ok(()) };
        let serves = borrower.clone();
        let needs_no_loan = self.engine.read(move |relay| {
            relay.roster().get(mediator).is_some_and(|entry| entry.mediator.serves.contains(&serves))
        });
        if needs_no_loan.await? {
            return Ok(());
        }
        if let Some((loan, event)) = state.book.note_minutes(mediator, &borrower, (id, worked), clock::now())
        {
            self.carry_out(state, loan, event).await?;
        }
        Ok(())
    }

    /// The one place where the core learns who is lent to whom.
    async fn tell_core(&self, state: &mut State) -> Result<(), LoanError> {
        let now = clock::now();
        let ids: Vec<MediatorId> =
            state.book.lent_at(now, |_, _| true).into_iter().map(|(mediator, _)| mediator).collect();
        let lent = if ids.is_empty() {
            MatchingLoans::new()
        } else {
            let keepers = move |relay: &Relay| {
                let keeper = |id: MediatorId| Some((id, relay.roster().get(id)?.mediator.agency.clone()?));
                ids.into_iter().filter_map(keeper).collect::<BTreeMap<_, _>>()
            };
            let keepers = self.engine.read(keepers).await?;
            state.book.lent_at(now, |mediator, lender| keepers.get(&mediator) == Some(lender))
        };
        if state.told != lent {
            self.engine.input(Input::SetLoans(lent.clone())).await?;
            state.told = lent;
        }
        Ok(())
    }

    /// Writes an event, then makes it so.
    async fn carry_out(&self, state: &mut State, id: LoanId, event: LoanEvent) -> Result<Loan, LoanError> {
        let place = state.book.get(id).map_or(0, |loan| loan.log.len()) + 1;
        self.store.add_loan_event(id, place, &event).await?;
        state.book.apply(id, event);
        tracing::info!(loan = %id.loggable(), "a loan changed");
        self.tell_core(state).await?;
        Ok(state.book.get(id).cloned().ok_or(LoanRefusal::NoSuchLoan)?)
    }
}
