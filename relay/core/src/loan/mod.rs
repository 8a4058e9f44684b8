//! A loan of mediators from one agency to another: a small state machine whose state is its log, replayed.

mod actor;
mod book;
mod refusal;
mod sight;

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

pub use actor::Actor;
pub use book::LoanBook;
pub use refusal::LoanRefusal;
pub use sight::Sight;

use crate::availability::Span;
use crate::codes::AgencyCode;
use crate::ids::{AccountId, LoanId, MediatorId, SessionId};
use crate::time::UnixMillis;

/// Most mediators of one loan.
pub const MAX_LENT: usize = 100;
/// Longest note, in characters.
pub const MAX_NOTE_CHARS: usize = 500;

/// Where a loan stands.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum LoanState {
    /// The lending agency has not answered.
    Requested,
    /// The mediators are lent within the limits.
    Approved,
    /// The lending agency said no.
    Refused,
    /// One of the two took it back.
    Revoked,
    /// Its time is over, or its minutes are used up.
    Ended,
}

/// Who is lent, when, and how much.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(deny_unknown_fields)]
pub struct LoanLimits {
    /// Who; 1 to 100 mediators.
    pub mediators: BTreeSet<MediatorId>,
    /// When.
    pub window: Span,
    /// Most minutes in sessions, of all of them together; `None`: no limit.
    #[serde(default)]
    pub max_minutes: Option<u32>,
}

/// One thing that happened to a loan. The format of the log: add, never rename.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(tag = "what", rename_all = "snake_case")]
pub enum LoanStep {
    /// The borrowing agency asked.
    Requested {
        /// Keeps the mediators.
        lender: AgencyCode,
        /// Wants them.
        borrower: AgencyCode,
        /// As asked for.
        limits: LoanLimits,
    },
    /// The lending agency said yes, perhaps to less than was asked for.
    Approved {
        /// As lent.
        limits: LoanLimits,
    },
    /// The lending agency changed the limits of what is lent already.
    Limited {
        /// As lent from now.
        limits: LoanLimits,
    },
    /// The lending agency said no.
    Refused,
    /// Taken back, by either.
    Revoked,
    /// A lent mediator was in a session of the borrowing agency.
    MinutesUsed {
        /// Who.
        mediator: MediatorId,
        /// In which session.
        session: SessionId,
        /// How long, in minutes begun.
        minutes: u32,
    },
    /// Its time is over, or its minutes are used up.
    Ended,
}

/// One line of a loan's log.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct LoanEvent {
    /// When.
    pub at: UnixMillis,
    /// Who did it; `None`: the relay, as time passed and sessions ended.
    pub by: Option<AccountId>,
    /// What happened.
    #[serde(flatten)]
    pub step: LoanStep,
    /// Why, in their words.
    #[serde(default)]
    pub note: Option<String>,
}

/// A loan, as its log says.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Loan {
    /// Which.
    pub id: LoanId,
    /// Keeps the mediators.
    pub lender: AgencyCode,
    /// Has them for a time.
    pub borrower: AgencyCode,
    /// Who, when, how much.
    pub limits: LoanLimits,
    /// Minutes used so far.
    pub used_minutes: u32,
    /// Where it stands.
    pub state: LoanState,
    /// All that happened, oldest first.
    pub log: Vec<LoanEvent>,
}

/// What can be done about a loan that was requested.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum LoanAct {
    /// Say yes. `None`: as asked for. On a loan that is approved already: set other limits.
    Approve(Option<LoanLimits>),
    /// Say no.
    Refuse,
    /// Take back.
    Revoke,
}

/// Asks for a loan. `keeps` says whom the lender keeps.
///
/// # Errors
/// [`LoanRefusal`] says why it can not be asked for.
pub fn request(
    (lender, borrower): (AgencyCode, AgencyCode),
    limits: LoanLimits,
    keeps: impl Fn(MediatorId) -> bool,
    by: &Actor,
    note: Option<String>,
    now: UnixMillis,
) -> Result<LoanEvent, LoanRefusal> {
    require(lender != borrower, LoanRefusal::SameAgency)?;
    require(by.speaks_for(&borrower), LoanRefusal::NotTheBorrower)?;
    check(&limits, now)?;
    require(limits.mediators.iter().all(|mediator| keeps(*mediator)), LoanRefusal::NotKeptByLender)?;
    let note = checked_note(note)?;
    let step = LoanStep::Requested { lender, borrower, limits };
    Ok(LoanEvent { at: now, by: Some(by.account), step, note })
}

/// What an act makes of a loan. `keeps` says whom the lender keeps now: who has left it meanwhile can not be lent by it.
///
/// # Errors
/// [`LoanRefusal`] says why nothing.
pub fn decide(
    loan: &Loan,
    act: LoanAct,
    keeps: impl Fn(MediatorId) -> bool,
    by: &Actor,
    note: Option<String>,
    now: UnixMillis,
) -> Result<LoanEvent, LoanRefusal> {
    let lends = by.speaks_for(&loan.lender);
    require(lends || by.speaks_for(&loan.borrower), LoanRefusal::NoSuchLoan)?;
    let note = checked_note(note)?;
    let step = match (act, loan.state) {
        (LoanAct::Approve(_) | LoanAct::Refuse, _) if !lends => return Err(LoanRefusal::NotTheLender),
        (LoanAct::Approve(limits), LoanState::Requested | LoanState::Approved) => {
            approve(loan, limits, keeps, now)?
        }
        (LoanAct::Refuse, LoanState::Requested) => LoanStep::Refused,
        (LoanAct::Revoke, LoanState::Requested | LoanState::Approved) => LoanStep::Revoked,
        _ => return Err(LoanRefusal::NotInThisState),
    };
    Ok(LoanEvent { at: now, by: Some(by.account), step, note })
}

fn approve(
    loan: &Loan,
    limits: Option<LoanLimits>,
    keeps: impl Fn(MediatorId) -> bool,
    now: UnixMillis,
) -> Result<LoanStep, LoanRefusal> {
    let limits = limits.unwrap_or_else(|| loan.limits.clone());
    check(&limits, now)?;
    let asked = loan.asked().ok_or(LoanRefusal::NotInThisState)?;
    let within = limits.mediators.is_subset(&asked.mediators)
        && asked.window.from <= limits.window.from
        && limits.window.until <= asked.window.until
        && asked.max_minutes.is_none_or(|most| limits.max_minutes.is_some_and(|given| given <= most));
    require(within, LoanRefusal::MoreThanAsked)?;
    require(limits.mediators.iter().all(|mediator| keeps(*mediator)), LoanRefusal::NotKeptByLender)?;
    Ok(match loan.state {
        LoanState::Approved => LoanStep::Limited { limits },
        _ => LoanStep::Approved { limits },
    })
}

impl Loan {
    /// The loan that a first event makes; `None` for any other event.
    pub fn begin(id: LoanId, event: LoanEvent) -> Option<Self> {
        let LoanStep::Requested { lender, borrower, limits } = event.step.clone() else { return None };
        let (used_minutes, state) = (0, LoanState::Requested);
        Some(Self { id, lender, borrower, limits, used_minutes, state, log: vec![event] })
    }

    /// The loan that its whole log makes; `None` if the log does not begin with a request.
    pub fn replay(id: LoanId, events: impl IntoIterator<Item = LoanEvent>) -> Option<Self> {
        let mut events = events.into_iter();
        let mut loan = Self::begin(id, events.next()?)?;
        events.for_each(|event| loan.apply(event));
        Some(loan)
    }

    /// Takes in what happened.
    pub fn apply(&mut self, event: LoanEvent) {
        match &event.step {
            LoanStep::Requested { .. } => {}
            LoanStep::Approved { limits } | LoanStep::Limited { limits } => {
                (self.limits, self.state) = (limits.clone(), LoanState::Approved);
            }
            LoanStep::Refused => self.state = LoanState::Refused,
            LoanStep::Revoked => self.state = LoanState::Revoked,
            LoanStep::MinutesUsed { minutes, .. } => {
                self.used_minutes = self.used_minutes.saturating_add(*minutes);
            }
            LoanStep::Ended => self.state = LoanState::Ended,
        }
        self.log.push(event);
    }

    /// Whether it lends this mediator at this time.
    pub fn lends(&self, mediator: MediatorId, now: UnixMillis) -> bool {
        self.state == LoanState::Approved
            && self.limits.window.contains(now)
            && self.has_minutes()
            && self.limits.mediators.contains(&mediator)
    }

    /// The loan as it stood at that time; `None`: it was not yet asked for.
    pub fn as_of(&self, at: UnixMillis) -> Option<Self> {
        Self::replay(self.id, self.log.iter().take_while(|event| event.at <= at).cloned())
    }

    /// Whether this mediator's minutes in this session are counted already.
    pub fn counted(&self, of: SessionId, who: MediatorId) -> bool {
        let counts = |step: &LoanStep| match step {
            LoanStep::MinutesUsed { mediator, session, .. } => (*session, *mediator) == (of, who),
            _ => false,
        };
        self.log.iter().any(|event| counts(&event.step))
    }

    /// When it ends by itself; `None` if it is over.
    pub fn ends_at(&self) -> Option<UnixMillis> {
        match self.state {
            LoanState::Requested => Some(self.limits.window.until),
            LoanState::Approved if self.has_minutes() => Some(self.limits.window.until),
            LoanState::Approved => self.log.last().map(|event| event.at),
            _ => None,
        }
    }

    fn has_minutes(&self) -> bool {
        self.limits.max_minutes.is_none_or(|most| self.used_minutes < most)
    }

    fn asked(&self) -> Option<&LoanLimits> {
        match &self.log.first()?.step {
            LoanStep::Requested { limits, .. } => Some(limits),
            _ => None,
        }
    }
}

fn check(limits: &LoanLimits, now: UnixMillis) -> Result<(), LoanRefusal> {
    require((1..=MAX_LENT).contains(&limits.mediators.len()), LoanRefusal::BadMediators)?;
    let Span { from, until } = limits.window;
    require(from < until && until > now, LoanRefusal::BadWindow)?;
    require(limits.max_minutes != Some(0), LoanRefusal::BadMinutes)
}

fn checked_note(note: Option<String>) -> Result<Option<String>, LoanRefusal> {
    let note = note.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
    let short = note.as_ref().is_none_or(|text| text.chars().count() <= MAX_NOTE_CHARS);
    require(short, LoanRefusal::NoteTooLong)?;
    Ok(note)
}

fn require(holds: bool, otherwise: LoanRefusal) -> Result<(), LoanRefusal> {
    if holds { Ok(()) } else { Err(otherwise) }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::rest::AccountRole;

    const HOUR: i64 = 3_600_000;
    const NOW: UnixMillis = UnixMillis(10 * HOUR);

    fn agency(code: &str) -> AgencyCode {
        code.parse().unwrap()
    }

    fn coordinator(of: &str) -> Actor {
        let account = AccountId(Uuid::from_u128(of.len() as u128));
        Actor { account, role: AccountRole::Coordinator, agency: Some(agency(of)) }
    }

    fn limits(people: std::ops::Range<u128>, hours: std::ops::Range<i64>) -> LoanLimits {
        let mediators = people.map(|number| MediatorId(Uuid::from_u128(number))).collect();
        let window = Span { from: UnixMillis(hours.start * HOUR), until: UnixMillis(hours.end * HOUR) };
        LoanLimits { mediators, window, max_minutes: None }
    }

    fn ask(limits: LoanLimits, by: &Actor) -> Result<LoanEvent, LoanRefusal> {
        let between = (agency("AL-BORDER"), agency("RS-ASYL"));
        request(between, limits, |id| id.0.as_u128() < 100, by, Some("  night shift ".into()), NOW)
    }

    fn requested() -> Loan {
        let event = ask(limits(1..4, 11..20), &coordinator("RS-ASYL")).unwrap();
        Loan::begin(LoanId(Uuid::from_u128(1)), event).unwrap()
    }

    #[test]
    fn only_the_borrower_asks_and_only_for_what_the_lender_has() {
        let (borrower, lender) = (coordinator("RS-ASYL"), coordinator("AL-BORDER"));
        assert_eq!(ask(limits(1..4, 11..20), &borrower).unwrap().note.as_deref(), Some("night shift"));
        assert_eq!(ask(limits(1..4, 11..20), &lender), Err(LoanRefusal::NotTheBorrower));
        let officer = Actor { role: AccountRole::Officer, ..borrower.clone() };
        assert_eq!(ask(limits(1..4, 11..20), &officer), Err(LoanRefusal::NotTheBorrower));
        assert_eq!(ask(limits(1..1, 11..20), &borrower), Err(LoanRefusal::BadMediators));
        assert_eq!(ask(limits(99..101, 11..20), &borrower), Err(LoanRefusal::NotKeptByLender));
        assert_eq!(ask(limits(1..4, 1..10), &borrower), Err(LoanRefusal::BadWindow));
        assert_eq!(ask(limits(1..4, 20..20), &borrower), Err(LoanRefusal::BadWindow));
        let nothing = LoanLimits { max_minutes: Some(0), ..limits(1..4, 11..20) };
        assert_eq!(ask(nothing, &borrower), Err(LoanRefusal::BadMinutes));
    }

    #[test]
    fn the_lender_decides_and_gives_less_but_never_more() {
        let (loan, lender) = (requested(), coordinator("AL-BORDER"));
        let decided = |act, by: &Actor| decide(&loan, act, |_| true, by, None, NOW).map(|event| event.step);
        assert_eq!(decided(LoanAct::Approve(None), &coordinator("RS-ASYL")), Err(LoanRefusal::NotTheLender));
        assert_eq!(decided(LoanAct::Refuse, &coordinator("RS-ASYL")), Err(LoanRefusal::NotTheLender));
        assert_eq!(decided(LoanAct::Refuse, &coordinator("MK-POLICE")), Err(LoanRefusal::NoSuchLoan));
        for more in [limits(1..5, 11..20), limits(1..4, 11..21), limits(1..4, 10..20)] {
            assert_eq!(decided(LoanAct::Approve(Some(more)), &lender), Err(LoanRefusal::MoreThanAsked));
        }
        let minutes = |most| LoanLimits { max_minutes: most, ..limits(1..4, 11..20) };
        let sixty = Loan::begin(loan.id, ask(minutes(Some(60)), &coordinator("RS-ASYL")).unwrap()).unwrap();
        for more in [Some(61), None] {
            let approved =
                decide(&sixty, LoanAct::Approve(Some(minutes(more))), |_| true, &lender, None, NOW);
            assert_eq!(approved, Err(LoanRefusal::MoreThanAsked), "{more:?} minutes of 60");
        }
        for within in [Some(60), Some(1)] {
            assert!(
                decide(&sixty, LoanAct::Approve(Some(minutes(within))), |_| true, &lender, None, NOW).is_ok()
            );
        }
        assert!(decided(LoanAct::Approve(Some(minutes(Some(60)))), &lender).is_ok(), "asked without a limit");
        let less = limits(1..3, 12..13);
        let approved = decided(LoanAct::Approve(Some(less.clone())), &lender);
        assert_eq!(approved, Ok(LoanStep::Approved { limits: less }));
        let administrator = Actor { role: AccountRole::Administrator, agency: None, ..lender };
        assert_eq!(decided(LoanAct::Refuse, &administrator), Ok(LoanStep::Refused));
    }

    #[test]
    fn who_has_left_the_lender_is_not_lent_by_it() {
        let (mut loan, lender) = (requested(), coordinator("AL-BORDER"));
        let without_two = |id: MediatorId| id.0.as_u128() != 2;
        let decided =
            |loan: &Loan, limits| decide(loan, LoanAct::Approve(limits), without_two, &lender, None, NOW);
        assert_eq!(decided(&loan, None), Err(LoanRefusal::NotKeptByLender));
        loan.apply(decided(&loan, Some(limits(1..2, 11..20))).unwrap());
        assert_eq!(decided(&loan, Some(limits(1..3, 11..20))), Err(LoanRefusal::NotKeptByLender));
        let revoked = decide(&loan, LoanAct::Revoke, |_| false, &lender, None, NOW);
        assert_eq!(revoked.unwrap().step, LoanStep::Revoked, "what ends a loan needs nobody to be kept");
    }

    #[test]
    fn either_takes_it_back_and_then_nothing_more_is_decided() {
        for by in ["AL-BORDER", "RS-ASYL"] {
            let mut loan = requested();
            loan.apply(
                decide(&loan, LoanAct::Approve(None), |_| true, &coordinator("AL-BORDER"), None, NOW)
                    .unwrap(),
            );
            assert!(loan.lends(MediatorId(Uuid::from_u128(1)), UnixMillis(11 * HOUR)));
            loan.apply(decide(&loan, LoanAct::Revoke, |_| true, &coordinator(by), None, NOW).unwrap());
            assert!(!loan.lends(MediatorId(Uuid::from_u128(1)), UnixMillis(11 * HOUR)));
            for act in [LoanAct::Approve(None), LoanAct::Refuse, LoanAct::Revoke] {
                let again = decide(&loan, act, |_| true, &coordinator("AL-BORDER"), None, NOW);
                assert_eq!(again, Err(LoanRefusal::NotInThisState));
            }
        }
    }
}
