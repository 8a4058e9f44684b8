//! The past as reports and forecasts need it: when what was asked for, when it was answered, who worked how long.

use dragoman_core::availability::Span;
use dragoman_core::codes::AgencyCode;
use dragoman_core::language::LanguageTag;
use dragoman_core::reports::{PastRequest, Work};
use dragoman_core::time::UnixMillis;
use sqlx::Row;
use sqlx::sqlite::SqliteRow;

use super::roster::mediator_of;
use super::{Store, StoreError, parsed};

/// Most requests that are looked at together, the newest; a large agency has so many in years.
const MOST_REQUESTS: i64 = 1_000_000;

impl Store {
    /// What was asked for since then, newest first: by one agency's officers, or by all.
    ///
    /// # Errors
    /// The database's.
    pub async fn requests_since(
        &self,
        from: UnixMillis,
        agency: Option<&AgencyCode>,
    ) -> Result<Vec<(LanguageTag, UnixMillis)>, StoreError> {
        let rows = sqlx::query(
            "SELECT source, requested_at FROM sessions WHERE requested_at >= $1 AND ($2 IS NULL OR agency = $2) \
             ORDER BY requested_at DESC LIMIT $3",
        )
        .bind(from.0)
        .bind(agency.map(AgencyCode::as_str))
        .bind(MOST_REQUESTS)
        .fetch_all(&self.pool)
        .await?;
        let read = |row: &SqliteRow| {
            Ok((parsed(row.try_get("source")?, "language")?, UnixMillis(row.try_get("requested_at")?)))
        };
        rows.iter().map(read).collect()
    }

    /// The requests that came within a time: of one agency's officers, or of all.
    ///
    /// # Errors
    /// The database's.
    pub async fn past_requests(
        &self,
        within: Span,
        agency: Option<&AgencyCode>,
    ) -> Result<Vec<PastRequest>, StoreError> {
        let rows = sqlx::query(
            "SELECT source, requested_at, answered_at FROM sessions \
             WHERE requested_at >= $1 AND requested_at < $2 AND ($3 IS NULL OR agency = $3) \
             ORDER BY requested_at DESC LIMIT $4",
        )
        .bind(within.from.0)
        .bind(within.until.0)
        .bind(agency.map(AgencyCode::as_str))
        .bind(MOST_REQUESTS)
        .fetch_all(&self.pool)
        .await?;
        let read = |row: &SqliteRow| {
            let language: LanguageTag = parsed(row.try_get("source")?, "language")?;
            Ok(PastRequest {
                language: language.primary().to_owned(),
                requested_at: UnixMillis(row.try_get("requested_at")?),
                answered_at: row.try_get::<Option<i64>, _>("answered_at")?.map(UnixMillis),
            })
        };
        rows.iter().map(read).collect()
    }

    /// Who was in a session within a time, for how long: in those of one agency's officers, or in all. What goes on
    /// lasts until `now`.
    ///
    /// # Errors
    /// The database's.
    pub async fn work_within(
        &self,
        within: Span,
        agency: Option<&AgencyCode>,
        now: UnixMillis,
    ) -> Result<Vec<Work>, StoreError> {
        let rows = sqlx::query(
            "SELECT w.mediator, m.entry, w.assigned_at, COALESCE(w.released_at, $3) AS until \
             FROM assignments w JOIN mediators m ON m.id = w.mediator \
             JOIN sessions s ON s.id = w.session \
             WHERE w.assigned_at < $2 AND COALESCE(w.released_at, $3) > $1 AND ($4 IS NULL OR s.agency = $4)",
        )
        .bind(within.from.0)
        .bind(within.until.0)
        .bind(now.0)
        .bind(agency.map(AgencyCode::as_str))
        .fetch_all(&self.pool)
        .await?;
        let read = |row: &SqliteRow| {
            let (from, until) = (row.try_get("assigned_at")?, row.try_get("until")?);
            let mediator = mediator_of(row.try_get("entry")?)?;
            Ok(Work {
                mediator: mediator.id,
                alias: mediator.profile.alias,
                span: Span { from: UnixMillis(from), until: UnixMillis(until) },
            })
        };
        rows.iter().map(read).collect()
    }

    /// When the first account was made: since then it is known what was asked for. `None`: there is none yet.
    ///
    /// # Errors
    /// The database's.
    pub async fn began(&self) -> Result<Option<UnixMillis>, StoreError> {
        let row = sqlx::query("SELECT MIN(created_at) AS began FROM accounts").fetch_one(&self.pool).await?;
        Ok(row.try_get::<Option<i64>, _>("began")?.map(UnixMillis))
    }
}
