//! Sealed private details, and the log of who read and changed them (Directive (EU) 2016/680, Art. 25).

use dragoman_core::ids::{AccountId, MediatorId};
use dragoman_core::rest_directory::{PrivateAccess, PrivateUse};
use dragoman_core::time::UnixMillis;
use sqlx::{Row, SqliteConnection};

use super::{Store, StoreError, parsed, text_of};

/// Table of the sealed rows; they are sealed to it.
pub const PRIVATE_DETAILS: &str = "private_details";

/// Who did what, and when.
#[derive(Debug, Clone, Copy)]
pub struct AccessNote {
    /// `None`: the relay itself.
    pub account: Option<AccountId>,
    /// When.
    pub at: UnixMillis,
    /// What.
    pub what: PrivateUse,
}

/// One row, sealed.
#[derive(Debug, Clone)]
pub struct SealedDetails {
    /// Whose.
    pub mediator: MediatorId,
    /// As the vault made it.
    pub sealed: Vec<u8>,
}

impl Store {
    /// What the right key derives; `None` before the first start.
    ///
    /// # Errors
    /// The database's.
    pub async fn key_check(&self) -> Result<Option<[u8; 32]>, StoreError> {
        let row =
            sqlx::query("SELECT check_value FROM roster_key WHERE id = 1").fetch_optional(&self.pool).await?;
        let Some(row) = row else { return Ok(None) };
        let check: Vec<u8> = row.try_get("check_value")?;
        check.try_into().map(Some).map_err(|_| StoreError::Unreadable("check value of the roster's key"))
    }

    /// Notes it, once and for ever.
    ///
    /// # Errors
    /// The database's.
    pub async fn set_key_check(&self, check: &[u8; 32]) -> Result<(), StoreError> {
        sqlx::query("INSERT INTO roster_key (id, check_value) VALUES (1, $1)")
            .bind(check.as_slice())
            .execute(&self.pool)
            .await?;
        Ok(())
    }

    /// One sealed row, for the relay itself. Whoever hands on what it says notes that first
    /// ([`Store::note_private_access`]).
    ///
    /// # Errors
    /// The database's.
    pub async fn sealed_details(&self, mediator: MediatorId) -> Result<Option<SealedDetails>, StoreError> {
        sealed_row(&mut *self.pool.acquire().await?, mediator).await
    }

    /// Notes that something is done with somebody's details.
    ///
    /// # Errors
    /// The database's.
    pub async fn note_private_access(
        &self,
        mediator: MediatorId,
        note: AccessNote,
    ) -> Result<(), StoreError> {
        note_access(&mut *self.pool.acquire().await?, mediator, note).await
    }

    /// The sealed rows of these mediators. That they are read is noted for each that is asked for, before.
    ///
    /// # Errors
    /// The database's.
    pub async fn private_details(
        &self,
        mediators: &[MediatorId],
        note: AccessNote,
    ) -> Result<Vec<SealedDetails>, StoreError> {
        let mut transaction = self.pool.begin_with("BEGIN IMMEDIATE").await?;
        let mut found = Vec::new();
        for mediator in mediators {
            note_access(&mut transaction, *mediator, note).await?;
            found.extend(sealed_row(&mut transaction, *mediator).await?);
        }
        transaction.commit().await?;
        Ok(found)
    }

    /// Puts one row in its place and notes it.
    ///
    /// # Errors
    /// The database's.
    pub async fn put_private_details(
        &self,
        details: &SealedDetails,
        note: AccessNote,
    ) -> Result<(), StoreError> {
        let mut transaction = self.pool.begin_with("BEGIN IMMEDIATE").await?;
        put_private(&mut transaction, details, note).await?;
        transaction.commit().await?;
        Ok(())
    }

    /// Who did what with somebody's details, newest first, so many at most.
    ///
    /// # Errors
    /// The database's.
    pub async fn private_log(
        &self,
        mediator: MediatorId,
        most: u32,
    ) -> Result<Vec<PrivateAccess>, StoreError> {
        let statement = "SELECT a.login, l.at, l.what FROM private_log l LEFT JOIN accounts a ON a.id = l.account \
                         WHERE l.mediator = $1 ORDER BY l.at DESC LIMIT $2";
        let rows = sqlx::query(statement).bind(text_of(&mediator)).bind(most).fetch_all(&self.pool).await?;
        let read = |row: sqlx::sqlite::SqliteRow| {
            let (at, by) = (UnixMillis(row.try_get("at")?), row.try_get("login")?);
            Ok(PrivateAccess { at, by, what: parsed(row.try_get("what")?, "what was done with details")? })
        };
        rows.into_iter().map(read).collect()
    }
}

/// Puts one row in its place and notes it, as part of a transaction.
pub(super) async fn put_private(
    connection: &mut SqliteConnection,
    details: &SealedDetails,
    note: AccessNote,
) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO private_details (mediator, sealed) VALUES ($1, $2) \
         ON CONFLICT (mediator) DO UPDATE SET sealed = excluded.sealed",
    )
    .bind(text_of(&details.mediator))
    .bind(&details.sealed)
    .execute(&mut *connection)
    .await?;
    note_access(connection, details.mediator, note).await
}

async fn sealed_row(
    connection: &mut SqliteConnection,
    mediator: MediatorId,
) -> Result<Option<SealedDetails>, StoreError> {
    let row = sqlx::query("SELECT sealed FROM private_details WHERE mediator = $1")
        .bind(text_of(&mediator))
        .fetch_optional(connection)
        .await?;
    row.map(|row| Ok(SealedDetails { mediator, sealed: row.try_get("sealed")? })).transpose()
}

async fn note_access(
    connection: &mut SqliteConnection,
    mediator: MediatorId,
    note: AccessNote,
) -> Result<(), StoreError> {
    sqlx::query("INSERT INTO private_log (mediator, account, at, what) VALUES ($1, $2, $3, $4)")
        .bind(text_of(&mediator))
        .bind(note.account.as_ref().map(text_of))
        .bind(note.at.0)
        .bind(text_of(&note.what))
        .execute(connection)
        .await?;
    Ok(())
}
