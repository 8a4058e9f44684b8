//! What an account sees of the roster: whole entries of whom it keeps; alias, skills and clearance of the others who serve
//! its agency, by themselves or on loan; and of everybody else nothing.

use super::{Actor, LoanBook};
use crate::availability::{DutySpan, Span};
use crate::codes::AgencyCode;
use crate::roster::{LoadLimits, Mediator, Profile};

/// The sight of one account.
#[derive(Clone, Debug)]
pub struct Sight {
    actor: Actor,
    loans: LoanBook,
}

impl Sight {
    /// What this account sees while loans are as the book says.
    pub fn of(actor: Actor, loans: LoanBook) -> Self {
        Self { actor, loans }
    }

    /// Whether this mediator's entry is this account's to keep.
    pub fn keeps(&self, mediator: &Mediator) -> bool {
        self.actor.keeps(mediator)
    }

    /// Whether a mediator is shown at all. Whoever is lent at any time within `window` is.
    pub fn sees(&self, mediator: &Mediator, window: Span) -> bool {
        let serves = |own| {
            let mut lent = self.loans.windows(mediator, own);
            mediator.belongs_to(own) || lent.any(|lent| lent.overlaps(window))
        };
        self.keeps(mediator) || self.actor.limited_to().is_some_and(serves)
    }

    /// A mediator as shown: whole, or without what is nobody's business but the keeper's; `None`: not at all.
    pub fn shown(&self, mediator: Mediator, window: Span) -> Option<Mediator> {
        if self.keeps(&mediator) {
            return Some(mediator);
        }
        let own = self.actor.limited_to().filter(|_| self.sees(&mediator, window))?;
        Some(skills(mediator, own))
    }

    /// What of a mediator's duties this account may count on: all of them, or of a lent one's those within the loan.
    pub fn duties(&self, mediator: &Mediator, duties: &[DutySpan]) -> Vec<DutySpan> {
        let own = self.actor.limited_to().filter(|own| !mediator.belongs_to(own));
        let Some(own) = own else { return duties.to_vec() };
        let windows = || self.loans.windows(mediator, own);
        let within = |duty: &DutySpan| {
            let (span, duty) = (duty.span, duty.duty);
            let cut = move |window: Span| Span {
                from: span.from.max(window.from),
                until: span.until.min(window.until),
            };
            let lent = windows().map(cut).filter(|span| span.from < span.until);
            lent.map(move |span| DutySpan { span, duty }).collect::<Vec<_>>()
        };
        let mut within: Vec<DutySpan> = duties.iter().flat_map(within).collect();
        // Two loans may overlap.
        within.sort();
        within.dedup();
        within
    }
}

/// The entry with alias, agency, skills and clearance; of the agencies it serves, only the reader's.
fn skills(mediator: Mediator, reader: &AgencyCode) -> Mediator {
    let Mediator { id, profile } = mediator;
    let profile = Profile {
        gender: None,
        // It leads to a name.
        register_number: None,
        serves: profile.serves.into_iter().filter(|agency| agency == reader).collect(),
        countries: Default::default(),
        favourite_of: Default::default(),
        conflicts: Default::default(),
        load: LoadLimits::default(),
        ..profile
    };
    Mediator { id, profile }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::availability::Duty;
    use crate::codes::{Circumstance, Tie};
    use crate::ids::{AccountId, LoanId, MediatorId};
    use crate::loan::{LoanEvent, LoanLimits, LoanStep};
    use crate::rest::AccountRole;
    use crate::roster::{Gender, Level, SpokenLanguage};
    use crate::time::UnixMillis;

    fn agency(code: &str) -> AgencyCode {
        code.parse().unwrap()
    }

    fn actor(role: AccountRole, of: Option<&str>) -> Actor {
        Actor { account: AccountId(Uuid::from_u128(1)), role, agency: of.map(agency) }
    }

    fn span(from: i64, until: i64) -> Span {
        Span { from: UnixMillis(from), until: UnixMillis(until) }
    }

    fn mediator(number: u128, of: Option<&str>) -> Mediator {
        let spoken = |tag: &str| SpokenLanguage { tag: tag.parse().unwrap(), level: Level::Fluent };
        let profile = Profile {
            gender: Some(Gender::Female),
            register_number: Some("AL-1".to_owned()),
            agency: of.map(agency),
            conflicts: [Circumstance::new(Tie::Place, "Tropoja").unwrap()].into(),
            ..Profile::new("Heron", vec![spoken("sq"), spoken("en")]).cleared(UnixMillis(1))
        };
        Mediator { id: MediatorId(Uuid::from_u128(number)), profile }
    }

    /// RS lends mediators 2 and 3 to AL, from 100 to 200.
    fn loans() -> LoanBook {
        let limits = LoanLimits {
            mediators: [2, 3].map(|number| MediatorId(Uuid::from_u128(number))).into(),
            window: span(100, 200),
            max_minutes: None,
        };
        let steps = [
            LoanStep::Requested { lender: agency("RS"), borrower: agency("AL"), limits: limits.clone() },
            LoanStep::Approved { limits },
        ];
        let mut book = LoanBook::default();
        for step in steps {
            let event = LoanEvent { at: UnixMillis(1), by: None, step, note: None };
            book.apply(LoanId(Uuid::from_u128(1)), event);
        }
        book
    }

    #[test]
    fn the_own_are_seen_whole_those_who_serve_by_their_skills_and_others_not_at_all() {
        let sight = Sight::of(actor(AccountRole::Coordinator, Some("AL")), loans());
        let own = mediator(1, Some("AL"));
        assert_eq!(sight.shown(own.clone(), span(0, 10)), Some(own));
        let lent = mediator(2, Some("RS"));
        assert_eq!(sight.shown(lent.clone(), span(0, 100)), None, "not lent yet");
        let shown = sight.shown(lent.clone(), span(0, 101)).unwrap();
        assert_eq!((&shown.alias, &shown.languages), (&lent.alias, &lent.languages));
        assert!(shown.is_cleared(UnixMillis(2)) && !sight.keeps(&shown));
        assert!(shown.conflicts.is_empty() && shown.gender.is_none() && shown.register_number.is_none());
        assert_eq!(sight.shown(mediator(4, Some("RS")), span(0, 1_000)), None, "of the lender, but not lent");
        let shared = sight.shown(mediator(5, None), span(0, 10)).unwrap();
        assert!(!sight.keeps(&shared) && shared.conflicts.is_empty());
        let mut serving = mediator(6, Some("RS"));
        serving.profile.serves = [agency("AL"), agency("MK")].into();
        assert_eq!(sight.shown(serving, span(0, 10)).unwrap().serves, [agency("AL")].into());
    }

    #[test]
    fn administrators_and_coordinators_of_no_agency_see_and_keep_everybody() {
        for actor in [
            actor(AccountRole::Administrator, None),
            actor(AccountRole::Administrator, Some("AL")),
            actor(AccountRole::Coordinator, None),
        ] {
            let sight = Sight::of(actor, LoanBook::default());
            for of in [None, Some("RS")] {
                let mediator = mediator(1, of);
                assert!(sight.keeps(&mediator));
                assert_eq!(sight.shown(mediator.clone(), span(0, 1)), Some(mediator));
            }
        }
        for role in [AccountRole::Officer, AccountRole::Mediator] {
            assert!(!actor(role, Some("AL")).keeps(&mediator(1, Some("AL"))));
        }
    }

    #[test]
    fn duties_of_the_lent_count_while_the_loan_lasts() {
        let duty = |from, until| DutySpan { span: span(from, until), duty: Duty::OnShift };
        let duties = [duty(50, 120), duty(150, 160), duty(190, 300), duty(400, 500)];
        let borrower = Sight::of(actor(AccountRole::Coordinator, Some("AL")), loans());
        let lent = mediator(2, Some("RS"));
        assert_eq!(borrower.duties(&lent, &duties), [duty(100, 120), duty(150, 160), duty(190, 200)]);
        assert_eq!(borrower.duties(&mediator(1, Some("AL")), &duties), duties);
        let lender = Sight::of(actor(AccountRole::Coordinator, Some("RS")), loans());
        assert_eq!(lender.duties(&lent, &duties), duties);
    }
}
