//! Whose mediators an account looks after: those of its agency, or everybody's where it has none.

use std::collections::{BTreeMap, BTreeSet};

use dragoman_core::ids::MediatorId;
use dragoman_core::loan::{LoanBook, Sight};
use dragoman_core::roster::{Mediator, Profile};

use super::App;
use super::problem::ApiError;
use crate::store::Account;

/// What an account sees of the roster.
pub(super) async fn sight(app: &App, account: &Account) -> Sight {
    Sight::of(account.actor(), app.loans.read(LoanBook::clone).await)
}

/// The roster entry of a mediator whom the account keeps.
pub(super) async fn kept(app: &App, account: &Account, id: MediatorId) -> Result<Mediator, ApiError> {
    let entry = entries(app, [id].into()).await?.remove(&id).ok_or_else(|| ApiError::no_such("mediator"))?;
    if account.actor().keeps(&entry) { Ok(entry) } else { Err(ApiError::other_agency()) }
}

/// The roster entries of these, as far as they are there.
pub(super) async fn entries(
    app: &App,
    ids: BTreeSet<MediatorId>,
) -> Result<BTreeMap<MediatorId, Mediator>, ApiError> {
    let entries = app.engine.read(move |relay| {
        let entry = |id| relay.roster().get(id).map(|entry| (id, entry.mediator.clone()));
        ids.into_iter().filter_map(entry).collect()
    });
    Ok(entries.await?)
}

/// A profile as this account may put it on the roster: it can not be given away, nor made another agency's.
pub(super) fn demand_own(account: &Account, profile: &Profile) -> Result<(), ApiError> {
    if account.actor().keeps(profile) { Ok(()) } else { Err(ApiError::other_agency()) }
}
