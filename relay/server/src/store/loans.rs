//! The logs of loans, and the sessions whose minutes they may have to count.

use dragoman_core::availability::Span;
use dragoman_core::ids::{LoanId, MediatorId, SessionId};
use dragoman_core::loan::LoanEvent;
use dragoman_core::time::UnixMillis;
use sqlx::Row;
use sqlx::sqlite::SqliteRow;

use super::{Store, StoreError, parsed, text_of};

impl Store {
    /// All events of all loans, each loan's in order.
    ///
    /// # Errors
    /// The database's.
    pub async fn loan_events(&self) -> Result<Vec<(LoanId, LoanEvent)>, StoreError> {
        let rows = sqlx::query("SELECT loan, line FROM loan_events ORDER BY loan, seq")
            .fetch_all(&self.pool)
            .await?;
        let read = |row: &SqliteRow| {
            let line: String = row.try_get("line")?;
            let event = serde_json::from_str(&line).map_err(|_| StoreError::Unreadable("event of a loan"))?;
            Ok((parsed(row.try_get("loan")?, "loan id")?, event))
        };
        rows.iter().map(read).collect()
    }

    /// Appends an event at its place in the loan's log, from 1; a place that is taken is an error.
    ///
    /// # Errors
    /// The database's.
    pub async fn add_loan_event(
        &self,
        loan: LoanId,
        seq: usize,
        event: &LoanEvent,
    ) -> Result<(), StoreError> {
        let line = serde_json::to_string(event).map_err(|_| StoreError::Unreadable("event of a loan"))?;
        sqlx::query("INSERT INTO loan_events (loan, seq, line) VALUES ($1, $2, $3)")
            .bind(text_of(&loan))
            .bind(i64::try_from(seq).unwrap_or(i64::MAX))
            .bind(line)
            .execute(&self.pool)
            .await?;
        Ok(())
    }

    /// Who was released from which session at this time or later, with the time they were in it.
    ///
    /// # Errors
    /// The database's.
    pub async fn released_since(
        &self,
        since: UnixMillis,
    ) -> Result<Vec<(SessionId, MediatorId, Span)>, StoreError> {
        let rows = sqlx::query(
            "SELECT session, mediator, assigned_at, released_at FROM assignments WHERE released_at >= $1",
        )
        .bind(since.0)
        .fetch_all(&self.pool)
        .await?;
        let read = |row: &SqliteRow| {
            let (from, until) = (row.try_get("assigned_at")?, row.try_get("released_at")?);
            let span = Span { from: UnixMillis(from), until: UnixMillis(until) };
            let mediator = parsed(row.try_get("mediator")?, "mediator id")?;
            Ok((parsed(row.try_get("session")?, "session id")?, mediator, span))
        };
        rows.iter().map(read).collect()
    }
}
