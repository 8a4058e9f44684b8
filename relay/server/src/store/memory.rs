//! What of the past decides about the present: read once, when the relay starts.

use std::time::Duration;

use dragoman_core::availability::Span;
use dragoman_core::case::Served;
use dragoman_core::relay::Memory;
use dragoman_core::time::UnixMillis;
use sqlx::Row;
use sqlx::sqlite::SqliteRow;

use super::{Store, StoreError, parsed};

/// Work older than this decides nothing any more.
const DAY: i64 = 24 * 3_600_000;
/// Answered calls that are looked back at, of all languages together.
const ANSWERED_CALLS: i64 = 5_000;

impl Store {
    /// Who served in which case, who worked within the last day, and how long answers took.
    ///
    /// # Errors
    /// The database's.
    pub async fn memories(&self, now: UnixMillis) -> Result<Vec<Memory>, StoreError> {
        let mut memories = self.served().await?;
        memories.extend(self.worked(now).await?);
        memories.extend(self.answered().await?);
        Ok(memories)
    }

    async fn served(&self) -> Result<Vec<Memory>, StoreError> {
        let rows = sqlx::query(
            "SELECT s.case_key, s.person_key, s.label, a.mediator FROM assignments a \
             JOIN sessions s ON s.id = a.session WHERE s.case_key IS NOT NULL ORDER BY a.assigned_at",
        )
        .fetch_all(&self.pool)
        .await?;
        let read = |row: SqliteRow| {
            let person: Option<String> = row.try_get("person_key")?;
            let served = Served {
                person: person.map(|text| parsed(text, "person key")).transpose()?,
                label: parsed(row.try_get("label")?, "label")?,
                mediator: parsed(row.try_get("mediator")?, "mediator id")?,
            };
            Ok(Memory::Served(parsed(row.try_get("case_key")?, "case key")?, served))
        };
        rows.into_iter().map(read).collect()
    }

    async fn worked(&self, now: UnixMillis) -> Result<Vec<Memory>, StoreError> {
        let rows = sqlx::query(
            "SELECT mediator, assigned_at, released_at FROM assignments WHERE released_at > $1 ORDER BY released_at",
        )
        .bind(now.0 - DAY)
        .fetch_all(&self.pool)
        .await?;
        let read = |row: SqliteRow| {
            let (from, until) = (row.try_get("assigned_at")?, row.try_get("released_at")?);
            let span = Span { from: UnixMillis(from), until: UnixMillis(until) };
            Ok(Memory::Worked(parsed(row.try_get("mediator")?, "mediator id")?, span))
        };
        rows.into_iter().map(read).collect()
    }

    async fn answered(&self) -> Result<Vec<Memory>, StoreError> {
        // Places from 2 on are those of second mediators, who come in mid-session.
        let rows = sqlx::query(
            "SELECT s.source, MAX(a.assigned_at) - s.requested_at AS waited FROM sessions s \
             JOIN assignments a ON a.session = s.id AND a.place < 2 \
             GROUP BY s.id, s.source, s.requested_at ORDER BY s.requested_at DESC LIMIT $1",
        )
        .bind(ANSWERED_CALLS)
        .fetch_all(&self.pool)
        .await?;
        let read = |row: SqliteRow| {
            let waited = u64::try_from(row.try_get::<i64, _>("waited")?).unwrap_or(0);
            Ok(Memory::Answered(parsed(row.try_get("source")?, "language")?, Duration::from_millis(waited)))
        };
        // The oldest first, so that the newest are the ones that are kept.
        rows.into_iter().rev().map(read).collect()
    }
}
