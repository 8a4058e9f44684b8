//! The roster's rows.

use dragoman_core::roster::Mediator;
use dragoman_core::time::UnixMillis;
use sqlx::{Row, SqliteConnection};

use super::{Store, StoreError, text_of};

impl Store {
    /// The whole roster, each with the ready switch and when it was last used.
    ///
    /// # Errors
    /// The database's.
    pub async fn mediators(&self) -> Result<Vec<(Mediator, bool, UnixMillis)>, StoreError> {
        let rows = sqlx::query("SELECT entry, ready, switched_at FROM mediators ORDER BY id")
            .fetch_all(&self.pool)
            .await?;
        let read = |row: sqlx::sqlite::SqliteRow| {
            let mediator = mediator_of(row.try_get("entry")?)?;
            let switched_at = UnixMillis(row.try_get("switched_at")?);
            Ok((mediator, row.try_get::<i64, _>("ready")? != 0, switched_at))
        };
        rows.into_iter().map(read).collect()
    }
}

/// A roster entry as it is stored.
pub(super) fn mediator_of(entry: &str) -> Result<Mediator, StoreError> {
    serde_json::from_str(entry).map_err(|_| StoreError::Unreadable("roster entry"))
}

/// Adds or replaces a roster entry; the ready switch stays as it is.
pub(super) async fn put_mediator(
    connection: &mut SqliteConnection,
    mediator: &Mediator,
) -> Result<(), StoreError> {
    let entry = serde_json::to_string(mediator).map_err(|_| StoreError::Unreadable("roster entry"))?;
    sqlx::query("INSERT INTO mediators (id, entry) VALUES ($1, $2) ON CONFLICT (id) DO UPDATE SET entry = excluded.entry")
        .bind(text_of(&mediator.id))
        .bind(entry)
        .execute(connection)
        .await?;
    Ok(())
}
