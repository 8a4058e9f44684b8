//! Sessions, their places and their logs.

use dragoman_core::codes::AgencyCode;
use dragoman_core::ids::{AccountId, MediatorId, SessionId};
use dragoman_core::rest::SessionRow;
use dragoman_core::roster::Mediator;
use dragoman_core::session_types::{Phase, Place, SessionRequest};
use dragoman_core::time::UnixMillis;
use sqlx::sqlite::SqliteRow;
use sqlx::{Row, SqliteConnection};

use super::private::{AccessNote, SealedDetails, put_private};
use super::roster::put_mediator;
use super::{Store, StoreError, parsed, text_of};

/// One entry of a log, as it is stored and hashed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EntryRow {
    /// Whose log.
    pub session: SessionId,
    /// Place in it, from 1.
    pub seq: u64,
    /// The exact bytes that are hashed.
    pub line: String,
    /// The chain's hash after this entry.
    pub hash: [u8; 32],
}

impl EntryRow {
    /// Its bytes, and the chain's hash after them.
    pub fn hashed(&self) -> (&str, [u8; 32]) {
        (&self.line, self.hash)
    }
}

/// A session as it is requested.
#[derive(Debug)]
pub struct NewSession {
    /// Which.
    pub id: SessionId,
    /// Whose.
    pub officer_account: AccountId,
    /// When.
    pub requested_at: UnixMillis,
    /// For what.
    pub request: SessionRequest,
}

/// How a session stands.
#[derive(Debug)]
pub struct PhaseRow {
    /// Which.
    pub session: SessionId,
    /// Its phase.
    pub phase: Phase,
    /// Since when.
    pub at: UnixMillis,
    /// When it ended.
    pub ended_at: Option<UnixMillis>,
}

/// Everything that one or more commands decided, to be written in one transaction.
#[derive(Debug, Default)]
pub struct Batch {
    /// Sessions that are new.
    pub created: Vec<NewSession>,
    /// Assignments: each takes one place of a session.
    pub assigned: Vec<(SessionId, Place, MediatorId, UnixMillis)>,
    /// Places that were left before the end.
    pub released: Vec<(SessionId, Place, UnixMillis)>,
    /// Sessions whose phase is to be noted.
    pub phases: Vec<PhaseRow>,
    /// New entries, in order.
    pub entries: Vec<EntryRow>,
    /// Ready switches, and when they were used.
    pub ready: Vec<(MediatorId, bool, UnixMillis)>,
    /// Roster entries, new or changed.
    pub mediators: Vec<Mediator>,
    /// Private details, each with the note of the change.
    pub private: Vec<(SealedDetails, AccessNote)>,
}

impl Batch {
    /// Nothing to write.
    pub fn is_empty(&self) -> bool {
        self.created.is_empty()
            && self.assigned.is_empty()
            && self.released.is_empty()
            && self.phases.is_empty()
            && self.entries.is_empty()
            && self.ready.is_empty()
            && self.mediators.is_empty()
            && self.private.is_empty()
    }
}

/// A session that was going on when the relay ended.
#[derive(Debug)]
pub struct SavedSession {
    /// Which.
    pub id: SessionId,
    /// Its log.
    pub entries: Vec<EntryRow>,
}

/// A session's row, with what decides who may read its record.
#[derive(Debug, Clone)]
pub struct SessionRecordRow {
    /// As listed.
    pub row: SessionRow,
    /// Whose it is.
    pub officer_account: AccountId,
    /// The officer's agency.
    pub agency: Option<AgencyCode>,
}

impl SessionRecordRow {
    fn from_row(row: &SqliteRow) -> Result<Self, StoreError> {
        let agency: Option<String> = row.try_get("agency")?;
        Ok(Self {
            row: SessionRow {
                id: parsed(row.try_get("id")?, "session id")?,
                phase: parsed(row.try_get("phase")?, "phase")?,
                source: parsed(row.try_get("source")?, "language")?,
                target: parsed(row.try_get("target")?, "language")?,
                requested_at: UnixMillis(row.try_get("requested_at")?),
                ended_at: row.try_get::<Option<i64>, _>("ended_at")?.map(UnixMillis),
            },
            officer_account: parsed(row.try_get("officer_account")?, "account id")?,
            agency: agency.map(|code| parsed(code, "agency code")).transpose()?,
        })
    }
}

impl Store {
    /// Writes a batch, all or nothing.
    ///
    /// # Errors
    /// [`StoreError::PlaceTaken`] if an assignment lost against another; then nothing of the batch is written.
    pub async fn write(&self, batch: &Batch) -> Result<(), StoreError> {
        let mut transaction = self.pool.begin_with("BEGIN IMMEDIATE").await?;
        for session in &batch.created {
            insert_session(&mut transaction, session).await?;
        }
        for (session, place, at) in &batch.released {
            release(&mut transaction, *session, Some(*place), *at).await?;
        }
        for (session, place, mediator, at) in &batch.assigned {
            assign(&mut transaction, *session, *place, *mediator, *at).await?;
        }
        for row in &batch.phases {
            note_phase(&mut transaction, row).await?;
        }
        for entry in &batch.entries {
            sqlx::query("INSERT INTO entries (session, seq, line, hash) VALUES ($1, $2, $3, $4)")
                .bind(text_of(&entry.session))
                .bind(i64::try_from(entry.seq).unwrap_or(i64::MAX))
                .bind(&entry.line)
                .bind(entry.hash.as_slice())
                .execute(&mut *transaction)
                .await?;
        }
        for mediator in &batch.mediators {
            put_mediator(&mut transaction, mediator).await?;
        }
        for (details, note) in &batch.private {
            put_private(&mut transaction, details, *note).await?;
        }
        for (mediator, ready, at) in &batch.ready {
            sqlx::query("UPDATE mediators SET ready = $1, switched_at = $2 WHERE id = $3")
                .bind(i64::from(*ready))
                .bind(at.0)
                .bind(text_of(mediator))
                .execute(&mut *transaction)
                .await?;
        }
        transaction.commit().await?;
        Ok(())
    }

    /// All sessions that are not over, with their logs.
    ///
    /// # Errors
    /// The database's.
    pub async fn unfinished_sessions(&self) -> Result<Vec<SavedSession>, StoreError> {
        let rows = sqlx::query("SELECT id FROM sessions WHERE ended_at IS NULL ORDER BY requested_at, id")
            .fetch_all(&self.pool)
            .await?;
        let mut saved = Vec::with_capacity(rows.len());
        for row in rows {
            let id: SessionId = parsed(row.try_get("id")?, "session id")?;
            saved.push(SavedSession { id, entries: self.entries(id).await? });
        }
        Ok(saved)
    }

    /// The log of one session, in order.
    ///
    /// # Errors
    /// The database's.
    pub async fn entries(&self, session: SessionId) -> Result<Vec<EntryRow>, StoreError> {
        let rows = sqlx::query("SELECT seq, line, hash FROM entries WHERE session = $1 ORDER BY seq")
            .bind(text_of(&session))
            .fetch_all(&self.pool)
            .await?;
        entry_rows(session, rows)
    }

    /// Sessions, newest first: all, or those of one officer, or of one agency's. At most `limit`.
    ///
    /// # Errors
    /// The database's.
    pub async fn sessions(
        &self,
        officer: Option<AccountId>,
        agency: Option<&AgencyCode>,
        limit: u32,
    ) -> Result<Vec<SessionRow>, StoreError> {
        let rows = sqlx::query(
            "SELECT * FROM sessions WHERE ($1 IS NULL OR officer_account = $1) AND ($2 IS NULL OR agency = $2) \
             ORDER BY requested_at DESC LIMIT $3",
        )
        .bind(officer.as_ref().map(text_of))
        .bind(agency.map(AgencyCode::as_str))
        .bind(i64::from(limit))
        .fetch_all(&self.pool)
        .await?;
        rows.iter().map(|row| SessionRecordRow::from_row(row).map(|record| record.row)).collect()
    }

    /// One session's row.
    ///
    /// # Errors
    /// The database's.
    pub async fn session(&self, id: SessionId) -> Result<Option<SessionRecordRow>, StoreError> {
        let row = sqlx::query("SELECT * FROM sessions WHERE id = $1")
            .bind(text_of(&id))
            .fetch_optional(&self.pool)
            .await?;
        row.as_ref().map(SessionRecordRow::from_row).transpose()
    }

    /// Notes that somebody read a record, and why (Directive (EU) 2016/680, Art. 25: consultation and disclosure).
    ///
    /// # Errors
    /// The database's.
    pub async fn note_record_read(
        &self,
        session: SessionId,
        account: AccountId,
        at: UnixMillis,
        reason: &str,
    ) -> Result<(), StoreError> {
        sqlx::query("INSERT INTO record_reads (session, account, at, reason) VALUES ($1, $2, $3, $4)")
            .bind(text_of(&session))
            .bind(text_of(&account))
            .bind(at.0)
            .bind(reason)
            .execute(&self.pool)
            .await?;
        Ok(())
    }
}

/// Entries of a log, out of their columns `seq`, `line` and `hash`.
pub(super) fn entry_rows(session: SessionId, rows: Vec<SqliteRow>) -> Result<Vec<EntryRow>, StoreError> {
    let read = |row: SqliteRow| {
        let hash: Vec<u8> = row.try_get("hash")?;
        Ok(EntryRow {
            session,
            seq: u64::try_from(row.try_get::<i64, _>("seq")?).unwrap_or(0),
            line: row.try_get("line")?,
            hash: hash.try_into().map_err(|_| StoreError::Unreadable("entry hash"))?,
        })
    };
    rows.into_iter().map(read).collect()
}

async fn insert_session(connection: &mut SqliteConnection, session: &NewSession) -> Result<(), StoreError> {
    let NewSession { id, officer_account, requested_at, request } = session;
    sqlx::query(
        "INSERT INTO sessions (id, officer_account, phase, source, target, requested_at, case_key, person_key, label, \
         agency) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
    )
    .bind(text_of(id))
    .bind(text_of(officer_account))
    .bind(text_of(&Phase::Ringing))
    .bind(text_of(&request.languages.source))
    .bind(text_of(&request.languages.target))
    .bind(requested_at.0)
    .bind(request.case.map(|case| text_of(&case.case)))
    .bind(request.case.and_then(|case| case.person).map(|person| text_of(&person)))
    .bind(text_of(&request.label))
    .bind(request.agency.as_ref().map(AgencyCode::as_str))
    .execute(connection)
    .await?;
    Ok(())
}

/// Takes a place, if it and the mediator are free and the session goes on; one statement, so that nobody comes between.
async fn assign(
    connection: &mut SqliteConnection,
    session: SessionId,
    place: Place,
    mediator: MediatorId,
    at: UnixMillis,
) -> Result<(), StoreError> {
    let taken = sqlx::query(
        "INSERT INTO assignments (session, place, mediator, assigned_at) SELECT $1, $2, $3, $4 \
         WHERE EXISTS (SELECT 1 FROM sessions WHERE id = $1 AND ended_at IS NULL) \
         AND NOT EXISTS (SELECT 1 FROM assignments WHERE session = $1 AND place = $2) \
         AND NOT EXISTS (SELECT 1 FROM assignments WHERE mediator = $3 AND released_at IS NULL)",
    )
    .bind(text_of(&session))
    .bind(i64::from(place.0))
    .bind(text_of(&mediator))
    .bind(at.0)
    .execute(connection)
    .await?;
    if taken.rows_affected() == 1 { Ok(()) } else { Err(StoreError::PlaceTaken) }
}

async fn note_phase(
    connection: &mut SqliteConnection,
    PhaseRow { session, phase, at, ended_at }: &PhaseRow,
) -> Result<(), StoreError> {
    sqlx::query(
        "UPDATE sessions SET phase = $1, ended_at = $2, answered_at = COALESCE(answered_at, $3) WHERE id = $4",
    )
    .bind(text_of(phase))
    .bind(ended_at.map(|at| at.0))
    .bind(phase.is_answered().then_some(at.0))
    .bind(text_of(session))
    .execute(&mut *connection)
    .await?;
    if let Some(at) = ended_at {
        release(connection, *session, None, *at).await?;
    }
    Ok(())
}

/// One place of a session, or all that are taken still.
async fn release(
    connection: &mut SqliteConnection,
    session: SessionId,
    place: Option<Place>,
    at: UnixMillis,
) -> Result<(), StoreError> {
    sqlx::query(
        "UPDATE assignments SET released_at = $1 \
         WHERE session = $2 AND released_at IS NULL AND ($3 IS NULL OR place = $3)",
    )
    .bind(at.0)
    .bind(text_of(&session))
    .bind(place.map(|place| i64::from(place.0)))
    .execute(connection)
    .await?;
    Ok(())
}
