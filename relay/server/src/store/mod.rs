//! What outlives the process: SQLite, written ahead, synchronised fully, so that what was acknowledged survives.

mod accounts;
mod agencies;
mod bookings;
mod feeds;
mod glossaries;
mod links;
mod loans;
mod memory;
mod private;
mod push;
mod reports;
mod reviews;
mod roster;
mod sessions;
mod shifts;

use std::path::Path;
use std::time::Duration;

use sqlx::SqlitePool;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};

pub use accounts::Account;
pub use glossaries::StoredGlossary;
pub use links::{Guest, Link, LinkTarget, Redeemed};
pub use private::{AccessNote, PRIVATE_DETAILS, SealedDetails};
pub use push::{MAX_DEVICES, PushSubscription};
pub use reviews::CheckChange;
pub use sessions::{Batch, EntryRow, NewSession, PhaseRow, SavedSession, SessionRecordRow};

/// The store failed, or says no.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database itself.
    #[error("the database failed: {0}")]
    Database(#[from] sqlx::Error),
    /// The database can not be brought to this version.
    #[error("the database can not be migrated: {0}")]
    Migration(#[from] sqlx::migrate::MigrateError),
    /// A stored value is not of its form: the database was changed by other hands.
    #[error("the database holds an unreadable {0}")]
    Unreadable(&'static str),
    /// That login name is taken.
    #[error("this login name is taken: choose another")]
    LoginTaken,
    /// Another relay or request was first.
    #[error("the session has a mediator already, or the mediator has a session")]
    PlaceTaken,
    /// Another revision of the same transcript was first.
    #[error("the transcript is being revised by others at this moment: try again")]
    RevisedMeanwhile,
}

/// The database. Cheap to clone.
#[derive(Clone)]
pub struct Store {
    pool: SqlitePool,
}

impl Store {
    /// Opens `dir/dragoman.sqlite`, made where absent, and brings it to this version.
    ///
    /// # Errors
    /// If the file can not be opened or migrated.
    pub async fn open(dir: &Path) -> Result<Self, StoreError> {
        let options = SqliteConnectOptions::new()
            .filename(dir.join("dragoman.sqlite"))
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .busy_timeout(Duration::from_secs(10));
        let pool = SqlitePoolOptions::new().max_connections(4).connect_with(options).await?;
        sqlx::migrate!().run(&pool).await?;
        Ok(Self { pool })
    }

    /// Whether the database answers.
    pub async fn is_ready(&self) -> bool {
        sqlx::query("SELECT 1").execute(&self.pool).await.is_ok()
    }

    /// Finishes what is open.
    pub async fn close(&self) {
        self.pool.close().await;
    }
}

/// An identifier or enumeration as it stands in a TEXT column.
fn text_of<T: serde::Serialize>(value: &T) -> String {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(text)) => text,
        Ok(other) => other.to_string(),
        Err(_) => String::new(),
    }
}

/// The reverse of [`text_of`].
fn parsed<T: serde::de::DeserializeOwned>(text: String, what: &'static str) -> Result<T, StoreError> {
    serde_json::from_value(serde_json::Value::String(text)).map_err(|_| StoreError::Unreadable(what))
}
