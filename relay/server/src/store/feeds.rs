//! Calendar feeds: who may read which shifts by a secret address. Only the secret's digest is here.

use dragoman_core::ids::{AccountId, FeedId};
use dragoman_core::rest_shifts::{FeedOf, FeedRow};
use dragoman_core::time::UnixMillis;
use sqlx::Row;
use sqlx::sqlite::SqliteRow;

use super::{Store, StoreError, parsed, text_of};

impl Store {
    /// Remembers a feed by the digest of its secret.
    ///
    /// # Errors
    /// The database's.
    pub async fn add_feed(
        &self,
        secret_hash: &[u8; 32],
        feed: &FeedRow,
        made_by: AccountId,
    ) -> Result<(), StoreError> {
        let whose = serde_json::to_string(&feed.of).map_err(|_| StoreError::Unreadable("feed"))?;
        sqlx::query(
            "INSERT INTO feeds (id, secret_hash, whose, made_by, created_at) VALUES ($1, $2, $3, $4, $5)",
        )
        .bind(text_of(&feed.id))
        .bind(secret_hash.as_slice())
        .bind(whose)
        .bind(text_of(&made_by))
        .bind(feed.created_at.0)
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    /// All feeds, newest first.
    ///
    /// # Errors
    /// The database's.
    pub async fn feeds(&self) -> Result<Vec<FeedRow>, StoreError> {
        let statement = "SELECT id, whose, created_at, read_at FROM feeds ORDER BY created_at DESC, id";
        let rows = sqlx::query(statement).fetch_all(&self.pool).await?;
        rows.iter().map(read).collect()
    }

    /// The feed of this secret, and notes that it was read.
    ///
    /// # Errors
    /// The database's.
    pub async fn read_feed(
        &self,
        secret_hash: &[u8; 32],
        now: UnixMillis,
    ) -> Result<Option<FeedRow>, StoreError> {
        let statement = "SELECT id, whose, created_at, read_at FROM feeds WHERE secret_hash = $1";
        let row = sqlx::query(statement).bind(secret_hash.as_slice()).fetch_optional(&self.pool).await?;
        let feed = row.as_ref().map(read).transpose()?;
        if let Some(feed) = &feed {
            let statement = "UPDATE feeds SET read_at = $1 WHERE id = $2";
            sqlx::query(statement).bind(now.0).bind(text_of(&feed.id)).execute(&self.pool).await?;
        }
        Ok(feed)
    }

    /// Revokes a feed; `false`: there is none.
    ///
    /// # Errors
    /// The database's.
    pub async fn remove_feed(&self, id: FeedId) -> Result<bool, StoreError> {
        let removed =
            sqlx::query("DELETE FROM feeds WHERE id = $1").bind(text_of(&id)).execute(&self.pool).await?;
        Ok(removed.rows_affected() == 1)
    }
}

fn read(row: &SqliteRow) -> Result<FeedRow, StoreError> {
    let whose: String = row.try_get("whose")?;
    let of: FeedOf = serde_json::from_str(&whose).map_err(|_| StoreError::Unreadable("feed"))?;
    Ok(FeedRow {
        id: parsed(row.try_get("id")?, "feed id")?,
        of,
        created_at: UnixMillis(row.try_get("created_at")?),
        read_at: row.try_get::<Option<i64>, _>("read_at")?.map(UnixMillis),
    })
}
