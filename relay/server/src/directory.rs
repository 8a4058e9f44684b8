//! Who mediators are and how to reach them: sealed by the vault, kept by the store, and never shown without a note of it.

use std::collections::BTreeMap;
use std::sync::Arc;

use dragoman_core::ids::{AccountId, MediatorId};
use dragoman_core::rest_directory::{PrivateDetails, PrivateUse};
use dragoman_core::time::UnixMillis;
use zeroize::Zeroizing;

use crate::clock;
use crate::notify::{ContactUse, Contacts};
use crate::store::{AccessNote, PRIVATE_DETAILS, SealedDetails, Store, StoreError};
use crate::vault::{Vault, VaultError};

/// Sealed text has a multiple of this length, in bytes, so that it does not tell how long a name is.
const PADDED_TO: usize = 256;

/// Private details can not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum DirectoryError {
    /// The database's.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The key's.
    #[error(transparent)]
    Vault(#[from] VaultError),
}

/// Private details. Cheap to clone.
#[derive(Clone)]
pub struct Directory {
    store: Store,
    vault: Arc<Vault>,
}

impl Directory {
    /// Over a store and its vault.
    pub fn new(store: Store, vault: Arc<Vault>) -> Self {
        Self { store, vault }
    }

    /// The details of those of `mediators` that have any; noted as read by `account` for all of them.
    ///
    /// # Errors
    /// [`DirectoryError`].
    pub async fn read(
        &self,
        mediators: &[MediatorId],
        account: AccountId,
        at: UnixMillis,
    ) -> Result<BTreeMap<MediatorId, PrivateDetails>, DirectoryError> {
        let note = AccessNote { account: Some(account), at, what: PrivateUse::Consultation };
        self.opened(mediators, note).await
    }

    /// Replaces somebody's details; noted as a change by `account`.
    ///
    /// # Errors
    /// [`DirectoryError`]; nothing was changed then.
    pub async fn write(
        &self,
        mediator: MediatorId,
        details: &PrivateDetails,
        account: AccountId,
        at: UnixMillis,
    ) -> Result<(), DirectoryError> {
        let sealed = self.seal(mediator, details)?;
        let note = AccessNote { account: Some(account), at, what: PrivateUse::Alteration };
        Ok(self.store.put_private_details(&sealed, note).await?)
    }

    /// As it will be stored.
    ///
    /// # Errors
    /// If the key can not be used.
    pub fn seal(&self, mediator: MediatorId, details: &PrivateDetails) -> Result<SealedDetails, VaultError> {
        let mut plain = Zeroizing::new(Vec::with_capacity(4 * PADDED_TO));
        serde_json::to_writer(&mut *plain, details).map_err(|_| VaultError::Damaged(PRIVATE_DETAILS))?;
        // JSON may end in spaces.
        let padded = plain.len().next_multiple_of(PADDED_TO);
        plain.resize(padded, b' ');
        Ok(SealedDetails { mediator, sealed: self.vault.seal(PRIVATE_DETAILS, mediator.0, &plain)? })
    }

    /// How the notifier asks for telephone numbers.
    pub fn contacts(&self) -> Contacts {
        let directory = self.clone();
        Arc::new(move |mediator, purpose| {
            let directory = directory.clone();
            Box::pin(async move { directory.contact_of(mediator, purpose, clock::now()).await })
        })
    }

    /// The telephone number at which a mediator is rung, if there is one and the key can be used. To ring is to disclose
    /// it to the gateway, which is noted; that there is one is told to nobody, and is not. Failures are logged: a call
    /// goes on without it.
    pub async fn contact_of(
        &self,
        mediator: MediatorId,
        purpose: ContactUse,
        at: UnixMillis,
    ) -> Option<String> {
        match self.number_of(mediator, purpose, at).await {
            Ok(number) => number,
            Err(error) => {
                tracing::error!(%error, mediator = %mediator.loggable(), "a mediator's number can not be read");
                None
            }
        }
    }

    async fn number_of(
        &self,
        mediator: MediatorId,
        purpose: ContactUse,
        at: UnixMillis,
    ) -> Result<Option<String>, DirectoryError> {
        self.vault.demand_key()?;
        let Some(sealed) = self.store.sealed_details(mediator).await? else { return Ok(None) };
        let number = self.open(sealed)?.1.phone;
        if number.is_some() && purpose == ContactUse::Ring {
            // Before it leaves: without a note it does not.
            let note = AccessNote { account: None, at, what: PrivateUse::Disclosure };
            self.store.note_private_access(mediator, note).await?;
        }
        Ok(number)
    }

    async fn opened(
        &self,
        mediators: &[MediatorId],
        note: AccessNote,
    ) -> Result<BTreeMap<MediatorId, PrivateDetails>, DirectoryError> {
        // What can not be opened was not read, and is not noted.
        self.vault.demand_key()?;
        let sealed = self.store.private_details(mediators, note).await?;
        sealed.into_iter().map(|sealed| self.open(sealed).map_err(DirectoryError::from)).collect()
    }

    fn open(
        &self,
        SealedDetails { mediator, sealed }: SealedDetails,
    ) -> Result<(MediatorId, PrivateDetails), VaultError> {
        let plain = self.vault.unseal(PRIVATE_DETAILS, mediator.0, &sealed)?;
        let details = serde_json::from_slice(&plain).map_err(|_| VaultError::Damaged(PRIVATE_DETAILS))?;
        Ok((mediator, details))
    }
}
