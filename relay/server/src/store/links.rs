//! Links, which let somebody do one thing once, and the guests that came by them.

use dragoman_core::ids::{AccountId, ParticipantId, SessionId};
use dragoman_core::language::LanguageTag;
use dragoman_core::rest::LinkPurpose;
use dragoman_core::session_types::Role;
use dragoman_core::time::UnixMillis;
use sqlx::Row;
use sqlx::sqlite::SqliteRow;

use super::{Store, StoreError, parsed, text_of};

/// What a link leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LinkTarget {
    /// An account: enrol or sign in.
    Account(AccountId),
    /// A place in a session.
    Session(SessionId, Role),
}

/// A link without its secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// What for.
    pub purpose: LinkPurpose,
    /// Where to.
    pub target: LinkTarget,
    /// In which language to greet.
    pub language: LanguageTag,
    /// Works more than once.
    pub reusable: bool,
    /// Works until.
    pub expires_at: UnixMillis,
    /// Was used.
    pub used_at: Option<UnixMillis>,
}

/// What using a link came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Redeemed {
    /// It is yours.
    Yes(Link),
    /// No such link.
    Unknown,
    /// Somebody was first.
    Used,
    /// Too late.
    Expired,
}

/// Somebody who came by a link and has no account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Guest {
    /// In which session.
    pub session: SessionId,
    /// As whom.
    pub participant: ParticipantId,
    /// As what.
    pub role: Role,
    /// In which language.
    pub language: LanguageTag,
}

impl Link {
    fn from_row(row: &SqliteRow) -> Result<Self, StoreError> {
        let account: Option<String> = row.try_get("account")?;
        let target = match account {
            Some(account) => LinkTarget::Account(parsed(account, "account id")?),
            None => LinkTarget::Session(
                parsed(row.try_get("session")?, "session id")?,
                parsed(row.try_get("role")?, "role")?,
            ),
        };
        Ok(Self {
            purpose: parsed(row.try_get("purpose")?, "link purpose")?,
            target,
            language: parsed(row.try_get("language")?, "language")?,
            reusable: row.try_get::<i64, _>("reusable")? != 0,
            expires_at: UnixMillis(row.try_get("expires_at")?),
            used_at: row.try_get::<Option<i64>, _>("used_at")?.map(UnixMillis),
        })
    }
}

impl Store {
    /// Remembers a link by the digest of its secret.
    ///
    /// # Errors
    /// The database's.
    pub async fn add_link(&self, secret_hash: &[u8; 32], link: &Link) -> Result<(), StoreError> {
        let (account, session, role) = match &link.target {
            LinkTarget::Account(account) => (Some(text_of(account)), None, None),
            LinkTarget::Session(session, role) => (None, Some(text_of(session)), Some(text_of(role))),
        };
        sqlx::query(
            "INSERT INTO links (secret_hash, purpose, account, session, role, language, reusable, expires_at) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        )
        .bind(secret_hash.as_slice())
        .bind(text_of(&link.purpose))
        .bind(account)
        .bind(session)
        .bind(role)
        .bind(text_of(&link.language))
        .bind(i64::from(link.reusable))
        .bind(link.expires_at.0)
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    /// The link, whether it still works or not.
    ///
    /// # Errors
    /// The database's.
    pub async fn link(&self, secret_hash: &[u8; 32]) -> Result<Option<Link>, StoreError> {
        let row = sqlx::query("SELECT * FROM links WHERE secret_hash = $1")
            .bind(secret_hash.as_slice())
            .fetch_optional(&self.pool)
            .await?;
        row.as_ref().map(Link::from_row).transpose()
    }

    /// Uses a link up: of many who try at once, one gets it.
    ///
    /// # Errors
    /// The database's.
    pub async fn redeem_link(
        &self,
        secret_hash: &[u8; 32],
        purpose: LinkPurpose,
        now: UnixMillis,
    ) -> Result<Redeemed, StoreError> {
        let taken = sqlx::query(
            "UPDATE links SET used_at = $1 WHERE secret_hash = $2 AND purpose = $3 AND expires_at > $1 AND (used_at IS NULL OR reusable = 1)",
        )
        .bind(now.0)
        .bind(secret_hash.as_slice())
        .bind(text_of(&purpose))
        .execute(&self.pool)
        .await?;
        let link = self.link(secret_hash).await?.filter(|link| link.purpose == purpose);
        Ok(match link {
            Some(link) if taken.rows_affected() == 1 => Redeemed::Yes(link),
            Some(link) if link.used_at.is_some() && !link.reusable => Redeemed::Used,
            Some(_) => Redeemed::Expired,
            None => Redeemed::Unknown,
        })
    }

    /// Gives a link back that was used up for something that then failed.
    ///
    /// # Errors
    /// The database's.
    pub async fn restore_link(&self, secret_hash: &[u8; 32]) -> Result<(), StoreError> {
        sqlx::query("UPDATE links SET used_at = NULL WHERE secret_hash = $1")
            .bind(secret_hash.as_slice())
            .execute(&self.pool)
            .await?;
        Ok(())
    }

    /// Remembers a guest by the digest of the cookie.
    ///
    /// # Errors
    /// The database's.
    pub async fn add_guest(&self, token_hash: &[u8; 32], guest: &Guest) -> Result<(), StoreError> {
        sqlx::query("INSERT INTO guests (token_hash, session, participant, role, language) VALUES ($1, $2, $3, $4, $5)")
            .bind(token_hash.as_slice())
            .bind(text_of(&guest.session))
            .bind(text_of(&guest.participant))
            .bind(text_of(&guest.role))
            .bind(text_of(&guest.language))
            .execute(&self.pool)
            .await?;
        Ok(())
    }

    /// The guest of this cookie, while the session lasts.
    ///
    /// # Errors
    /// The database's.
    pub async fn guest(&self, token_hash: &[u8; 32]) -> Result<Option<Guest>, StoreError> {
        let row = sqlx::query(
            "SELECT g.session, g.participant, g.role, g.language FROM guests g JOIN sessions s ON s.id = g.session \
             WHERE g.token_hash = $1 AND s.ended_at IS NULL",
        )
        .bind(token_hash.as_slice())
        .fetch_optional(&self.pool)
        .await?;
        let read = |row: SqliteRow| {
            Ok(Guest {
                session: parsed(row.try_get("session")?, "session id")?,
                participant: parsed(row.try_get("participant")?, "participant id")?,
                role: parsed(row.try_get("role")?, "role")?,
                language: parsed(row.try_get("language")?, "language")?,
            })
        };
        row.map(read).transpose()
    }
}
