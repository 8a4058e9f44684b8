//! Agencies, and for which of them an account works.

use dragoman_core::codes::AgencyCode;
use dragoman_core::ids::AccountId;
use dragoman_core::rest_desk::Agency;
use sqlx::Row;
use sqlx::sqlite::SqliteRow;

use super::{Store, StoreError, parsed, text_of};

fn agency_of(row: &SqliteRow) -> Result<Agency, StoreError> {
    Ok(Agency {
        code: parsed(row.try_get("code")?, "agency code")?,
        name: row.try_get("name")?,
        country: parsed(row.try_get("country")?, "country code")?,
        zone: row.try_get("zone")?,
    })
}

impl Store {
    /// All agencies, by code.
    ///
    /// # Errors
    /// The database's.
    pub async fn agencies(&self) -> Result<Vec<Agency>, StoreError> {
        let rows = sqlx::query("SELECT * FROM agencies ORDER BY code").fetch_all(&self.pool).await?;
        rows.iter().map(agency_of).collect()
    }

    /// One agency.
    ///
    /// # Errors
    /// The database's.
    pub async fn agency(&self, code: &AgencyCode) -> Result<Option<Agency>, StoreError> {
        let row = sqlx::query("SELECT * FROM agencies WHERE code = $1")
            .bind(code.as_str())
            .fetch_optional(&self.pool)
            .await?;
        row.as_ref().map(agency_of).transpose()
    }

    /// Adds an agency; `false`: the code is taken.
    ///
    /// # Errors
    /// The database's.
    pub async fn add_agency(&self, agency: &Agency) -> Result<bool, StoreError> {
        let added = sqlx::query(
            "INSERT INTO agencies (code, name, country, zone) VALUES ($1, $2, $3, $4) ON CONFLICT (code) DO NOTHING",
        )
        .bind(agency.code.as_str())
        .bind(&agency.name)
        .bind(agency.country.as_str())
        .bind(&agency.zone)
        .execute(&self.pool)
        .await?;
        Ok(added.rows_affected() == 1)
    }

    /// Changes an agency; `false`: there is none of this code.
    ///
    /// # Errors
    /// The database's.
    pub async fn change_agency(&self, agency: &Agency) -> Result<bool, StoreError> {
        let changed = sqlx::query("UPDATE agencies SET name = $1, country = $2, zone = $3 WHERE code = $4")
            .bind(&agency.name)
            .bind(agency.country.as_str())
            .bind(&agency.zone)
            .bind(agency.code.as_str())
            .execute(&self.pool)
            .await?;
        Ok(changed.rows_affected() == 1)
    }

    /// Sets for which agency an account works; `false`: there is no such account.
    ///
    /// # Errors
    /// The database's.
    pub async fn set_account_agency(
        &self,
        account: AccountId,
        agency: Option<&AgencyCode>,
    ) -> Result<bool, StoreError> {
        let changed = sqlx::query("UPDATE accounts SET agency = $1 WHERE id = $2")
            .bind(agency.map(AgencyCode::as_str))
            .bind(text_of(&account))
            .execute(&self.pool)
            .await?;
        Ok(changed.rows_affected() == 1)
    }
}
