//! Shifts, and what the past says about when languages are asked for.

use dragoman_core::availability::shift::Shift;
use dragoman_core::ids::{MediatorId, ShiftId};
use sqlx::Row;
use sqlx::sqlite::SqliteRow;

use super::{Store, StoreError, text_of};

impl Store {
    /// All shifts.
    ///
    /// # Errors
    /// The database's.
    pub async fn shifts(&self) -> Result<Vec<Shift>, StoreError> {
        let rows = sqlx::query("SELECT entry FROM shifts ORDER BY id").fetch_all(&self.pool).await?;
        rows.iter().map(read).collect()
    }

    /// The shifts of one mediator.
    ///
    /// # Errors
    /// The database's.
    pub async fn shifts_of(&self, mediator: MediatorId) -> Result<Vec<Shift>, StoreError> {
        let statement = "SELECT entry FROM shifts WHERE mediator = $1 ORDER BY id";
        let rows = sqlx::query(statement).bind(text_of(&mediator)).fetch_all(&self.pool).await?;
        rows.iter().map(read).collect()
    }

    /// One shift.
    ///
    /// # Errors
    /// The database's.
    pub async fn shift(&self, id: ShiftId) -> Result<Option<Shift>, StoreError> {
        let row = sqlx::query("SELECT entry FROM shifts WHERE id = $1").bind(text_of(&id));
        row.fetch_optional(&self.pool).await?.as_ref().map(read).transpose()
    }

    /// Adds shifts: all of them or none.
    ///
    /// # Errors
    /// The database's; also if one of the mediators is not on the roster.
    pub async fn add_shifts(&self, shifts: &[Shift]) -> Result<(), StoreError> {
        let mut transaction = self.pool.begin().await?;
        for shift in shifts {
            sqlx::query("INSERT INTO shifts (id, mediator, entry) VALUES ($1, $2, $3)")
                .bind(text_of(&shift.id))
                .bind(text_of(&shift.mediator))
                .bind(written(shift)?)
                .execute(&mut *transaction)
                .await?;
        }
        Ok(transaction.commit().await?)
    }

    /// Puts a shift in the place of another, if that is still as it was: of two who change it at once, one does.
    ///
    /// # Errors
    /// The database's.
    pub async fn replace_shift(&self, before: &Shift, after: &Shift) -> Result<bool, StoreError> {
        let replaced =
            sqlx::query("UPDATE shifts SET mediator = $1, entry = $2 WHERE id = $3 AND entry = $4")
                .bind(text_of(&after.mediator))
                .bind(written(after)?)
                .bind(text_of(&before.id))
                .bind(written(before)?)
                .execute(&self.pool)
                .await?;
        Ok(replaced.rows_affected() == 1)
    }

    /// Removes a shift; `false`: there is none.
    ///
    /// # Errors
    /// The database's.
    pub async fn remove_shift(&self, id: ShiftId) -> Result<bool, StoreError> {
        let removed =
            sqlx::query("DELETE FROM shifts WHERE id = $1").bind(text_of(&id)).execute(&self.pool).await?;
        Ok(removed.rows_affected() == 1)
    }
}

fn read(row: &SqliteRow) -> Result<Shift, StoreError> {
    let entry: String = row.try_get("entry")?;
    serde_json::from_str(&entry).map_err(|_| StoreError::Unreadable("shift"))
}

fn written(shift: &Shift) -> Result<String, StoreError> {
    serde_json::to_string(shift).map_err(|_| StoreError::Unreadable("shift"))
}
