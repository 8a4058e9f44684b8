//! Accounts and their logins.

use dragoman_core::codes::AgencyCode;
use dragoman_core::ids::{AccountId, MediatorId};
use dragoman_core::language::LanguageTag;
use dragoman_core::loan::Actor;
use dragoman_core::rest::AccountRole;
use dragoman_core::time::UnixMillis;
use sqlx::Row;
use sqlx::sqlite::SqliteRow;

use super::{Store, StoreError, parsed, text_of};

/// Somebody who can sign in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// Which.
    pub id: AccountId,
    /// Login name.
    pub login: String,
    /// What it may do.
    pub role: AccountRole,
    /// Language of the screens; an officer's own.
    pub language: LanguageTag,
    /// The roster entry of a mediator.
    pub mediator: Option<MediatorId>,
    /// Argon2id, once enrolled.
    pub password_hash: Option<String>,
    /// For which agency it works.
    pub agency: Option<AgencyCode>,
}

const COLUMNS: &str = "id, login, role, language, mediator, password_hash, agency";

impl Account {
    /// Who acts, as far as it matters to loans and bookings.
    pub fn actor(&self) -> Actor {
        Actor { account: self.id, role: self.role, agency: self.agency.clone() }
    }

    fn from_row(row: &SqliteRow) -> Result<Self, StoreError> {
        let mediator: Option<String> = row.try_get("mediator")?;
        let agency: Option<String> = row.try_get("agency")?;
        Ok(Self {
            id: parsed(row.try_get("id")?, "account id")?,
            login: row.try_get("login")?,
            role: parsed(row.try_get("role")?, "account role")?,
            language: parsed(row.try_get("language")?, "language")?,
            mediator: mediator.map(|id| parsed(id, "mediator id")).transpose()?,
            password_hash: row.try_get("password_hash")?,
            agency: agency.map(|code| parsed(code, "agency code")).transpose()?,
        })
    }
}

impl Store {
    /// Adds an account.
    ///
    /// # Errors
    /// [`StoreError::LoginTaken`], or the database's.
    pub async fn add_account(&self, account: &Account, now: UnixMillis) -> Result<(), StoreError> {
        let added = sqlx::query(
            "INSERT INTO accounts (id, login, role, language, mediator, password_hash, created_at, agency) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        )
        .bind(text_of(&account.id))
        .bind(&account.login)
        .bind(text_of(&account.role))
        .bind(text_of(&account.language))
        .bind(account.mediator.as_ref().map(text_of))
        .bind(&account.password_hash)
        .bind(now.0)
        .bind(account.agency.as_ref().map(AgencyCode::as_str))
        .execute(&self.pool)
        .await;
        match added {
            Err(sqlx::Error::Database(error)) if error.is_unique_violation() => Err(StoreError::LoginTaken),
            other => other.map(|_| ()).map_err(Into::into),
        }
    }

    /// The account of this login name.
    ///
    /// # Errors
    /// The database's.
    pub async fn account_by_login(&self, login: &str) -> Result<Option<Account>, StoreError> {
        let statement = format!("SELECT {COLUMNS} FROM accounts WHERE login = $1");
        let row = sqlx::query(sqlx::AssertSqlSafe(statement)).bind(login).fetch_optional(&self.pool).await?;
        row.as_ref().map(Account::from_row).transpose()
    }

    /// The account of this id.
    ///
    /// # Errors
    /// The database's.
    pub async fn account(&self, id: AccountId) -> Result<Option<Account>, StoreError> {
        let statement = format!("SELECT {COLUMNS} FROM accounts WHERE id = $1");
        let row =
            sqlx::query(sqlx::AssertSqlSafe(statement)).bind(text_of(&id)).fetch_optional(&self.pool).await?;
        row.as_ref().map(Account::from_row).transpose()
    }

    /// All accounts, by login name.
    ///
    /// # Errors
    /// The database's.
    pub async fn accounts(&self) -> Result<Vec<Account>, StoreError> {
        let statement = format!("SELECT {COLUMNS} FROM accounts ORDER BY login");
        let rows = sqlx::query(sqlx::AssertSqlSafe(statement)).fetch_all(&self.pool).await?;
        rows.iter().map(Account::from_row).collect()
    }

    /// Sets the password's hash.
    ///
    /// # Errors
    /// The database's.
    pub async fn set_password_hash(&self, account: AccountId, hash: &str) -> Result<(), StoreError> {
        sqlx::query("UPDATE accounts SET password_hash = $1 WHERE id = $2")
            .bind(hash)
            .bind(text_of(&account))
            .execute(&self.pool)
            .await?;
        Ok(())
    }

    /// Remembers a login by the digest of its cookie, and forgets those that ran out.
    ///
    /// # Errors
    /// The database's.
    pub async fn add_login(
        &self,
        token_hash: &[u8; 32],
        account: AccountId,
        expires_at: UnixMillis,
        now: UnixMillis,
    ) -> Result<(), StoreError> {
        sqlx::query("DELETE FROM logins WHERE expires_at <= $1").bind(now.0).execute(&self.pool).await?;
        sqlx::query("INSERT INTO logins (token_hash, account, expires_at) VALUES ($1, $2, $3)")
            .bind(token_hash.as_slice())
            .bind(text_of(&account))
            .bind(expires_at.0)
            .execute(&self.pool)
            .await?;
        Ok(())
    }

    /// Whose login this is.
    ///
    /// # Errors
    /// The database's.
    pub async fn login_account(
        &self,
        token_hash: &[u8; 32],
        now: UnixMillis,
    ) -> Result<Option<Account>, StoreError> {
        let row = sqlx::query(
            "SELECT a.id, a.login, a.role, a.language, a.mediator, a.password_hash, a.agency FROM accounts a \
             JOIN logins l ON l.account = a.id WHERE l.token_hash = $1 AND l.expires_at > $2",
        )
        .bind(token_hash.as_slice())
        .bind(now.0)
        .fetch_optional(&self.pool)
        .await?;
        row.as_ref().map(Account::from_row).transpose()
    }

    /// Ends all logins of an account.
    ///
    /// # Errors
    /// The database's.
    pub async fn remove_logins(&self, account: AccountId) -> Result<(), StoreError> {
        sqlx::query("DELETE FROM logins WHERE account = $1")
            .bind(text_of(&account))
            .execute(&self.pool)
            .await?;
        Ok(())
    }

    /// Ends a login.
    ///
    /// # Errors
    /// The database's.
    pub async fn remove_login(&self, token_hash: &[u8; 32]) -> Result<(), StoreError> {
        sqlx::query("DELETE FROM logins WHERE token_hash = $1")
            .bind(token_hash.as_slice())
            .execute(&self.pool)
            .await?;
        Ok(())
    }
}
