//! Who acts on loans, bookings and the roster, and for whom.

use crate::codes::AgencyCode;
use crate::ids::AccountId;
use crate::rest::AccountRole;
use crate::roster::Profile;

/// Who acts, as far as it matters here.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Actor {
    /// Which account.
    pub account: AccountId,
    /// What it may do.
    pub role: AccountRole,
    /// For which agency.
    pub agency: Option<AgencyCode>,
}

impl Actor {
    /// Speaks for this agency: a coordinator of it, or an administrator.
    pub fn speaks_for(&self, agency: &AgencyCode) -> bool {
        match self.role {
            AccountRole::Administrator => true,
            AccountRole::Coordinator => self.agency.as_ref() == Some(agency),
            AccountRole::Officer | AccountRole::Mediator => false,
        }
    }

    /// The agency within which this account keeps the roster; `None`: no such limit, as for administrators and, where
    /// there is one agency only, for coordinators of none.
    pub fn limited_to(&self) -> Option<&AgencyCode> {
        self.agency.as_ref().filter(|_| self.role == AccountRole::Coordinator)
    }

    /// Whether what belongs to this agency, or to none, is this account's to look after.
    pub fn keeps_for(&self, agency: Option<&AgencyCode>) -> bool {
        match self.role {
            AccountRole::Administrator => true,
            AccountRole::Coordinator => self.limited_to().is_none_or(|own| agency == Some(own)),
            AccountRole::Officer | AccountRole::Mediator => false,
        }
    }

    /// Whether this account sees a session, its record and how the roster was judged for it: its own, and those that it
    /// looks after. `agency`: the officer's.
    pub fn sees_session(&self, officer: AccountId, agency: Option<&AgencyCode>) -> bool {
        officer == self.account || self.keeps_for(agency)
    }

    /// Whether this mediator's entry, details and shifts are this account's to keep.
    pub fn keeps(&self, mediator: &Profile) -> bool {
        self.keeps_for(mediator.agency.as_ref())
    }
}
