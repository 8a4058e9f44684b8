//! Glossaries: a file for each kind of case.

use dragoman_core::glossary::CaseType;
use dragoman_core::ids::AccountId;
use dragoman_core::time::UnixMillis;
use sqlx::Row;
use sqlx::sqlite::SqliteRow;

use super::{Store, StoreError, parsed, text_of};

/// One glossary as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredGlossary {
    /// For which sessions.
    pub case_type: CaseType,
    /// The file.
    pub csv: String,
    /// When it was put there.
    pub changed_at: UnixMillis,
}

impl Store {
    /// All glossaries.
    ///
    /// # Errors
    /// The database's.
    pub async fn glossaries(&self) -> Result<Vec<StoredGlossary>, StoreError> {
        let rows = sqlx::query("SELECT case_type, csv, changed_at FROM glossaries ORDER BY case_type")
            .fetch_all(&self.pool)
            .await?;
        let read = |row: &SqliteRow| {
            Ok(StoredGlossary {
                case_type: parsed(row.try_get("case_type")?, "case type")?,
                csv: row.try_get("csv")?,
                changed_at: UnixMillis(row.try_get("changed_at")?),
            })
        };
        rows.iter().map(read).collect()
    }

    /// Puts a file in the place of the one before; an empty one takes that away.
    ///
    /// # Errors
    /// The database's.
    pub async fn put_glossary(
        &self,
        glossary: &StoredGlossary,
        changed_by: AccountId,
    ) -> Result<(), StoreError> {
        let StoredGlossary { case_type, csv, changed_at } = glossary;
        if csv.is_empty() {
            let gone = sqlx::query("DELETE FROM glossaries WHERE case_type = $1").bind(text_of(case_type));
            gone.execute(&self.pool).await?;
            return Ok(());
        }
        sqlx::query(
            "INSERT INTO glossaries (case_type, csv, changed_at, changed_by) VALUES ($1, $2, $3, $4) \
             ON CONFLICT (case_type) DO UPDATE SET csv = excluded.csv, changed_at = excluded.changed_at, \
             changed_by = excluded.changed_by",
        )
        .bind(text_of(case_type))
        .bind(csv)
        .bind(changed_at.0)
        .bind(text_of(&changed_by))
        .execute(&self.pool)
        .await?;
        Ok(())
    }
}
