//! What is done to transcripts after their sessions.

use dragoman_core::evidence::Entry;
use dragoman_core::ids::{MediatorId, SessionId};
use dragoman_core::language::LanguagePair;
use dragoman_core::review::MyCheck;
use dragoman_core::time::UnixMillis;
use sqlx::Row;
use sqlx::sqlite::SqliteRow;

use super::sessions::{EntryRow, entry_rows};
use super::{Store, StoreError, parsed, text_of};

/// What a revision means for whom a mediator's list of checks names.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum CheckChange {
    /// They were asked.
    Asked(MediatorId),
    /// They are through, or were asked no more.
    Over(MediatorId),
}

impl Store {
    /// The log of a review, in order.
    ///
    /// # Errors
    /// The database's.
    pub async fn revisions(&self, session: SessionId) -> Result<Vec<EntryRow>, StoreError> {
        let rows = sqlx::query("SELECT seq, line, hash FROM revisions WHERE session = $1 ORDER BY seq")
            .bind(text_of(&session))
            .fetch_all(&self.pool)
            .await?;
        entry_rows(session, rows)
    }

    /// Appends one revision.
    ///
    /// # Errors
    /// [`StoreError::RevisedMeanwhile`] if another one has its place already: decide anew, upon that one.
    pub async fn append_revision(
        &self,
        session: SessionId,
        entry: &Entry,
        check: Option<CheckChange>,
        at: UnixMillis,
    ) -> Result<(), StoreError> {
        let mut transaction = self.pool.begin_with("BEGIN IMMEDIATE").await?;
        let added = sqlx::query("INSERT INTO revisions (session, seq, line, hash) VALUES ($1, $2, $3, $4)")
            .bind(text_of(&session))
            .bind(i64::try_from(entry.seq).unwrap_or(i64::MAX))
            .bind(&entry.line)
            .bind(entry.hash.as_slice())
            .execute(&mut *transaction)
            .await;
        match added {
            Err(sqlx::Error::Database(error)) if error.is_unique_violation() => {
                return Err(StoreError::RevisedMeanwhile);
            }
            other => other.map(drop)?,
        }
        let statement = match check {
            Some(CheckChange::Asked(mediator)) => {
                let asked = "INSERT INTO checks (session, mediator, asked_at) VALUES ($1, $2, $3) \
                             ON CONFLICT (session, mediator) DO UPDATE SET asked_at = excluded.asked_at";
                Some(sqlx::query(asked).bind(text_of(&session)).bind(text_of(&mediator)).bind(at.0))
            }
            Some(CheckChange::Over(mediator)) => {
                let over = "DELETE FROM checks WHERE session = $1 AND mediator = $2";
                Some(sqlx::query(over).bind(text_of(&session)).bind(text_of(&mediator)))
            }
            None => None,
        };
        if let Some(statement) = statement {
            statement.execute(&mut *transaction).await?;
        }
        transaction.commit().await?;
        Ok(())
    }

    /// Transcripts that a mediator was asked to go through, first asked first.
    ///
    /// # Errors
    /// The database's.
    pub async fn checks_of(&self, mediator: MediatorId) -> Result<Vec<MyCheck>, StoreError> {
        let rows = sqlx::query(
            "SELECT id, source, target, requested_at, asked_at FROM checks JOIN sessions ON id = session \
             WHERE checks.mediator = $1 ORDER BY asked_at",
        )
        .bind(text_of(&mediator))
        .fetch_all(&self.pool)
        .await?;
        let read = |row: &SqliteRow| {
            Ok(MyCheck {
                session: parsed(row.try_get("id")?, "session id")?,
                languages: LanguagePair {
                    source: parsed(row.try_get("source")?, "language")?,
                    target: parsed(row.try_get("target")?, "language")?,
                },
                requested_at: UnixMillis(row.try_get("requested_at")?),
                asked_at: UnixMillis(row.try_get("asked_at")?),
            })
        };
        rows.iter().map(read).collect()
    }
}
