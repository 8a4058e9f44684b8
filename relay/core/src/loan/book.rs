//! All loans, found by mediator: whether somebody is lent to an agency now, and the minutes that were used.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::{Loan, LoanEvent, LoanState, LoanStep};
use crate::availability::Span;
use crate::codes::AgencyCode;
use crate::ids::{LoanId, MediatorId, SessionId};
use crate::roster::Mediator;
use crate::time::UnixMillis;

/// All loans.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct LoanBook {
    loans: BTreeMap<LoanId, Loan>,
    /// Those approved, by whom they lend: few of a roster are lent, so most look-ups end here.
    lent: HashMap<MediatorId, Vec<LoanId>>,
}

impl LoanBook {
    /// Takes in what happened to a loan; the first event makes it. Of a loan unknown anything else changes nothing.
    pub fn apply(&mut self, id: LoanId, event: LoanEvent) {
        match self.loans.get_mut(&id) {
            Some(loan) => loan.apply(event),
            None => {
                let Some(loan) = Loan::begin(id, event) else { return };
                self.loans.insert(id, loan);
            }
        }
        self.index(id);
    }

    /// One loan.
    pub fn get(&self, id: LoanId) -> Option<&Loan> {
        self.loans.get(&id)
    }

    /// All of them, in the order of their identifiers.
    pub fn loans(&self) -> impl Iterator<Item = &Loan> {
        self.loans.values()
    }

    /// Whether this mediator is lent to this agency at this time, by the agency that keeps them now: a loan does not
    /// outlive the right to lend. Cheap: asked of every candidate.
    pub fn lends(&self, mediator: &Mediator, to: &AgencyCode, now: UnixMillis) -> bool {
        self.of_keeper(mediator).any(|loan| loan.borrower == *to && loan.lends(mediator.id, now))
    }

    /// When this mediator is lent to this agency, by loans that hold, of the agency that keeps them now.
    pub fn windows(&self, mediator: &Mediator, to: &AgencyCode) -> impl Iterator<Item = Span> {
        let id = mediator.id;
        let holds = move |loan: &&Loan| loan.borrower == *to && loan.lends(id, loan.limits.window.from);
        self.of_keeper(mediator).filter(holds).map(|loan| loan.limits.window)
    }

    /// Everybody who is lent at this time, with the agency that has them. `keeps` says whether a mediator is kept by an
    /// agency now: whoever left the lender is lent no more.
    pub fn lent_at(
        &self,
        now: UnixMillis,
        keeps: impl Fn(MediatorId, &AgencyCode) -> bool,
    ) -> BTreeSet<(MediatorId, AgencyCode)> {
        let lending = self.loans.values().filter(|loan| loan.state == LoanState::Approved);
        lending
            .flat_map(|loan| loan.limits.mediators.iter().map(move |mediator| (loan, *mediator)))
            .filter(|(loan, mediator)| loan.lends(*mediator, now) && keeps(*mediator, &loan.lender))
            .map(|(loan, mediator)| (mediator, loan.borrower.clone()))
            .collect()
    }

    /// Whether any loan ever lent this mediator.
    pub fn ever_lent(&self, mediator: MediatorId) -> bool {
        self.lent.contains_key(&mediator)
    }

    /// What a session of a lent mediator uses up: the loan and the event to be noted. `None` if nobody lent them, or
    /// the session was counted before. Minutes are counted as begun.
    pub fn note_minutes(
        &self,
        mediator: MediatorId,
        borrower: &AgencyCode,
        (session, worked): (SessionId, Span),
        now: UnixMillis,
    ) -> Option<(LoanId, LoanEvent)> {
        // By the loan as it stood when the session began: it may be over by now.
        let lent = |loan: &&Loan| {
            loan.borrower == *borrower
                && loan.as_of(worked.from).is_some_and(|then| then.lends(mediator, worked.from))
        };
        let loan = self.of(mediator).find(lent).filter(|loan| !loan.counted(session, mediator))?;
        let millis = worked.millis_within(worked);
        let minutes = u32::try_from(millis.unsigned_abs().div_ceil(60_000)).unwrap_or(u32::MAX);
        let step = LoanStep::MinutesUsed { mediator, session, minutes };
        Some((loan.id, LoanEvent { at: now, by: None, step, note: None }))
    }

    /// When [`LoanBook::decide_timeout`] has something to do next.
    pub fn poll_timeout(&self) -> Option<UnixMillis> {
        self.loans.values().filter_map(Loan::ends_at).min()
    }

    /// Loans that end by themselves.
    pub fn decide_timeout(&self, now: UnixMillis) -> Vec<(LoanId, LoanEvent)> {
        let due = self.loans.values().filter(|loan| loan.ends_at().is_some_and(|at| at <= now));
        due.map(|loan| (loan.id, LoanEvent { at: now, by: None, step: LoanStep::Ended, note: None }))
            .collect()
    }

    fn of(&self, mediator: MediatorId) -> impl Iterator<Item = &Loan> {
        let ids = self.lent.get(&mediator).map(Vec::as_slice).unwrap_or_default();
        ids.iter().filter_map(|id| self.loans.get(id))
    }

    fn of_keeper(&self, mediator: &Mediator) -> impl Iterator<Item = &Loan> {
        self.of(mediator.id).filter(|loan| mediator.agency.as_ref() == Some(&loan.lender))
    }

    fn index(&mut self, id: LoanId) {
        let Some(loan) = self.loans.get(&id) else { return };
        if loan.state == LoanState::Requested {
            return;
        }
        // Whoever was lent once stays findable: minutes of a session may arrive when the loan has ended.
        for mediator in &loan.limits.mediators {
            let ids = self.lent.entry(*mediator).or_default();
            if !ids.contains(&id) {
                ids.push(id);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use uuid::Uuid;

    use super::*;
    use crate::ids::AccountId;
    use crate::loan::{Actor, LoanAct, LoanLimits, decide, request};
    use crate::rest::AccountRole;
    use crate::roster::Profile;

    const MINUTE: i64 = 60_000;
    const LOAN: LoanId = LoanId(Uuid::from_u128(1));

    fn agency(code: &str) -> AgencyCode {
        code.parse().unwrap()
    }

    fn mediator(number: u128) -> MediatorId {
        MediatorId(Uuid::from_u128(number))
    }

    fn kept_by(number: u128, keeper: Option<&str>) -> Mediator {
        let profile = Profile { agency: keeper.map(agency), ..Profile::new("Heron", Vec::new()) };
        Mediator { id: mediator(number), profile }
    }

    fn span(from: i64, until: i64) -> Span {
        Span { from: UnixMillis(from * MINUTE), until: UnixMillis(until * MINUTE) }
    }

    fn limits(people: u128, from: i64, until: i64, max_minutes: Option<u32>) -> LoanLimits {
        let mediators: BTreeSet<MediatorId> = (0..people).map(mediator).collect();
        LoanLimits { mediators, window: span(from, until), max_minutes }
    }

    fn actor(of: &str) -> Actor {
        let account = AccountId(Uuid::from_u128(9));
        Actor { account, role: AccountRole::Coordinator, agency: Some(agency(of)) }
    }

    fn asked(limits: LoanLimits) -> LoanBook {
        let between = (agency("AL"), agency("RS"));
        let event = request(between, limits, |_| true, &actor("RS"), None, UnixMillis(0)).unwrap();
        let mut book = LoanBook::default();
        book.apply(LOAN, event);
        book
    }

    #[derive(Clone, Debug)]
    enum Step {
        Act(&'static str, LoanAct),
        Work(u128, i64),
        Wait(i64),
    }

    fn step() -> impl Strategy<Value = Step> {
        let limits = (1_u128..5, 0_i64..100, 0_i64..220, prop::option::of(1_u32..60))
            .prop_map(|(people, from, until, minutes)| limits(people, from, until, minutes));
        let act = prop_oneof![
            4 => prop::option::of(limits).prop_map(LoanAct::Approve),
            1 => Just(LoanAct::Refuse),
            1 => Just(LoanAct::Revoke),
        ];
        prop_oneof![
            (prop::sample::select(vec!["AL", "RS", "MK"]), act).prop_map(|(by, act)| Step::Act(by, act)),
            (0_u128..5, 1_i64..40).prop_map(|(who, minutes)| Step::Work(who, minutes)),
            (1_i64..40).prop_map(Step::Wait),
        ]
    }

    proptest! {
        #[test]
        fn it_lends_only_what_was_approved_in_time_with_minutes_left_and_replays(
            steps in prop::collection::vec(step(), 1..40),
        ) {
            let mut book = asked(limits(4, 20, 200, None));
            // The reference: what was granted last, and what was used, told apart from the state machine.
            let (mut granted, mut used, mut over): (Option<LoanLimits>, u32, bool) = (None, 0, false);
            let (mut now, mut events) = (0_i64, 1_usize);
            for (number, step) in (1_u128..).zip(steps) {
                match step {
                    Step::Act(by, act) => {
                        let loan = book.get(LOAN).unwrap();
                        let before = loan.limits.clone();
                        if let Ok(event) = decide(loan, act.clone(), |_| true, &actor(by), None, UnixMillis(now * MINUTE)) {
                            prop_assert!(!over && by != "MK");
                            prop_assert!(by == "AL" || act == LoanAct::Revoke);
                            match act {
                                LoanAct::Approve(limits) => granted = Some(limits.unwrap_or(before)),
                                LoanAct::Refuse | LoanAct::Revoke => over = true,
                            }
                            book.apply(LOAN, event);
                            events += 1;
                        }
                    }
                    Step::Work(who, minutes) => {
                        let began = now;
                        let lent = book.lends(&kept_by(who, Some("AL")), &agency("RS"), UnixMillis(began * MINUTE));
                        now += minutes;
                        let worked = (SessionId(Uuid::from_u128(number)), span(began, now));
                        let at = UnixMillis(now * MINUTE);
                        let noted = book.note_minutes(mediator(who), &agency("RS"), worked, at);
                        prop_assert_eq!(noted.is_some(), lent);
                        if let Some((id, event)) = noted {
                            book.apply(id, event);
                            used += u32::try_from(minutes).unwrap();
                            events += 1;
                            let twice = book.note_minutes(mediator(who), &agency("RS"), worked, at);
                            prop_assert!(twice.is_none(), "a session counts once");
                        }
                    }
                    Step::Wait(minutes) => {
                        now += minutes;
                        for (id, event) in book.decide_timeout(UnixMillis(now * MINUTE)) {
                            book.apply(id, event);
                            over = true;
                            events += 1;
                        }
                    }
                }
                let at = UnixMillis(now * MINUTE);
                for number in 0..5 {
                    let (who, kept) = (mediator(number), kept_by(number, Some("AL")));
                    let expected = !over && granted.as_ref().is_some_and(|limits| {
                        limits.mediators.contains(&who)
                            && limits.window.contains(at)
                            && limits.max_minutes.is_none_or(|most| used < most)
                    });
                    prop_assert_eq!(book.lends(&kept, &agency("RS"), at), expected);
                    let lent = book.lent_at(at, |_, lender| *lender == agency("AL"));
                    prop_assert_eq!(lent.contains(&(who, agency("RS"))), expected);
                    prop_assert!(!book.lends(&kept, &agency("MK"), at));
                }
                let loan = book.get(LOAN).unwrap();
                prop_assert_eq!(loan.log.len(), events, "nothing happens without a line in the log");
                let replayed = Loan::replay(LOAN, loan.log.clone());
                prop_assert_eq!(replayed.as_ref(), Some(loan));
            }
        }
    }

    #[test]
    fn a_session_that_outlasts_its_loan_is_counted_in_begun_minutes() {
        let mut book = asked(limits(1, 0, 30, Some(100)));
        let event = decide(
            book.get(LOAN).unwrap(),
            LoanAct::Approve(None),
            |_| true,
            &actor("AL"),
            None,
            UnixMillis(0),
        );
        book.apply(LOAN, event.unwrap());
        assert_eq!(book.poll_timeout(), Some(UnixMillis(30 * MINUTE)));
        for (id, event) in book.decide_timeout(UnixMillis(30 * MINUTE)) {
            book.apply(id, event);
        }
        assert_eq!((book.get(LOAN).unwrap().state, book.poll_timeout()), (LoanState::Ended, None));
        let worked = Span { from: UnixMillis(20 * MINUTE), until: UnixMillis(40 * MINUTE + 1) };
        let session = SessionId(Uuid::from_u128(1));
        let (_, event) = book
            .note_minutes(mediator(0), &agency("RS"), (session, worked), UnixMillis(41 * MINUTE))
            .unwrap();
        assert!(matches!(event.step, LoanStep::MinutesUsed { minutes: 21, .. }));
    }

    #[test]
    fn whoever_left_the_lender_is_lent_no_more() {
        let mut book = asked(limits(2, 0, 30, None));
        let approve = LoanAct::Approve(None);
        let event = decide(book.get(LOAN).unwrap(), approve, |_| true, &actor("AL"), None, UnixMillis(0));
        book.apply(LOAN, event.unwrap());
        let (at, borrower) = (UnixMillis(MINUTE), agency("RS"));
        for (keeper, lent) in [(Some("AL"), true), (Some("MK"), false), (None, false)] {
            let mediator = kept_by(1, keeper);
            assert_eq!(book.lends(&mediator, &borrower, at), lent, "{keeper:?}");
            assert_eq!(book.windows(&mediator, &borrower).count(), usize::from(lent), "{keeper:?}");
        }
        let lent = book.lent_at(at, |id, lender| *lender == agency("AL") && id == mediator(0));
        assert_eq!(lent, [(mediator(0), borrower)].into());
    }
}
