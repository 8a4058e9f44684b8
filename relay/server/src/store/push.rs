//! Devices that ring while no page is open.

use dragoman_core::codes::AgencyCode;
use dragoman_core::ids::{AccountId, MediatorId};
use dragoman_core::rest::AccountRole;
use dragoman_core::time::UnixMillis;
use sqlx::Row;
use sqlx::sqlite::SqliteRow;

use super::{Store, StoreError, parsed, text_of};

/// Most devices of one account; a further one takes the place of the oldest.
pub const MAX_DEVICES: i64 = 10;

/// One device, as its browser's push service knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PushSubscription {
    /// Where to send.
    pub endpoint: String,
    /// The device's public key: a P-256 point, uncompressed.
    pub p256dh: Vec<u8>,
    /// Shared with the device (RFC 8291, section 3.2).
    pub auth: [u8; 16],
}

impl PushSubscription {
    fn from_row(row: &SqliteRow) -> Result<Self, StoreError> {
        let auth: Vec<u8> = row.try_get("auth")?;
        Ok(Self {
            endpoint: row.try_get("endpoint")?,
            p256dh: row.try_get("p256dh")?,
            auth: auth.try_into().map_err(|_| StoreError::Unreadable("push secret"))?,
        })
    }
}

impl Store {
    /// Adds a device, or takes it over: it rings for whoever subscribed last. Of too many the oldest are forgotten.
    ///
    /// # Errors
    /// The database's.
    pub async fn put_push_subscription(
        &self,
        account: AccountId,
        subscription: &PushSubscription,
        now: UnixMillis,
    ) -> Result<(), StoreError> {
        let mut transaction = self.pool.begin().await?;
        sqlx::query(
            "INSERT INTO push_subscriptions (endpoint, account, p256dh, auth, created_at) VALUES ($1, $2, $3, $4, $5) \
             ON CONFLICT (endpoint) DO UPDATE SET account = excluded.account, p256dh = excluded.p256dh, \
             auth = excluded.auth, created_at = excluded.created_at",
        )
        .bind(&subscription.endpoint)
        .bind(text_of(&account))
        .bind(&subscription.p256dh)
        .bind(subscription.auth.as_slice())
        .bind(now.0)
        .execute(&mut *transaction)
        .await?;
        sqlx::query(
            "DELETE FROM push_subscriptions WHERE account = $1 AND endpoint NOT IN (SELECT endpoint FROM \
             push_subscriptions WHERE account = $1 ORDER BY created_at DESC, endpoint LIMIT $2)",
        )
        .bind(text_of(&account))
        .bind(MAX_DEVICES)
        .execute(&mut *transaction)
        .await?;
        Ok(transaction.commit().await?)
    }

    /// The devices of a mediator.
    ///
    /// # Errors
    /// The database's.
    pub async fn push_subscriptions_of(
        &self,
        mediator: MediatorId,
    ) -> Result<Vec<PushSubscription>, StoreError> {
        let rows = sqlx::query(
            "SELECT s.endpoint, s.p256dh, s.auth FROM push_subscriptions s JOIN accounts a ON a.id = s.account \
             WHERE a.mediator = $1 ORDER BY s.created_at DESC, s.endpoint",
        )
        .bind(text_of(&mediator))
        .fetch_all(&self.pool)
        .await?;
        rows.iter().map(PushSubscription::from_row).collect()
    }

    /// The devices of an account.
    ///
    /// # Errors
    /// The database's.
    pub async fn push_subscriptions_of_account(
        &self,
        account: AccountId,
    ) -> Result<Vec<PushSubscription>, StoreError> {
        let rows = sqlx::query(
            "SELECT endpoint, p256dh, auth FROM push_subscriptions WHERE account = $1 ORDER BY created_at DESC, endpoint",
        )
        .bind(text_of(&account))
        .fetch_all(&self.pool)
        .await?;
        rows.iter().map(PushSubscription::from_row).collect()
    }

    /// The devices of the coordinators of an agency, and of those who belong to none.
    ///
    /// # Errors
    /// The database's.
    pub async fn push_subscriptions_of_coordinators(
        &self,
        agency: Option<&AgencyCode>,
    ) -> Result<Vec<PushSubscription>, StoreError> {
        let rows = sqlx::query(
            "SELECT s.endpoint, s.p256dh, s.auth FROM push_subscriptions s JOIN accounts a ON a.id = s.account \
             WHERE a.role = $1 AND (a.agency IS NULL OR a.agency = $2) ORDER BY s.created_at DESC, s.endpoint",
        )
        .bind(text_of(&AccountRole::Coordinator))
        .bind(agency.map(AgencyCode::as_str))
        .fetch_all(&self.pool)
        .await?;
        rows.iter().map(PushSubscription::from_row).collect()
    }

    /// Whose device this is.
    ///
    /// # Errors
    /// The database's.
    pub async fn push_subscriber(&self, endpoint: &str) -> Result<Option<MediatorId>, StoreError> {
        let row = sqlx::query(
            "SELECT a.mediator FROM push_subscriptions s JOIN accounts a ON a.id = s.account \
             WHERE s.endpoint = $1 AND a.mediator IS NOT NULL",
        )
        .bind(endpoint)
        .fetch_optional(&self.pool)
        .await?;
        row.map(|row| parsed(row.try_get("mediator")?, "mediator id")).transpose()
    }

    /// Forgets a device of an account; whether there was one.
    ///
    /// # Errors
    /// The database's.
    pub async fn remove_push_subscription(
        &self,
        account: AccountId,
        endpoint: &str,
    ) -> Result<bool, StoreError> {
        let removed = sqlx::query("DELETE FROM push_subscriptions WHERE endpoint = $1 AND account = $2")
            .bind(endpoint)
            .bind(text_of(&account))
            .execute(&self.pool)
            .await?;
        Ok(removed.rows_affected() > 0)
    }

    /// Forgets a device that its push service knows no more, unless it was subscribed anew with another key meanwhile.
    ///
    /// # Errors
    /// The database's.
    pub async fn forget_push_subscription(&self, gone: &PushSubscription) -> Result<(), StoreError> {
        sqlx::query("DELETE FROM push_subscriptions WHERE endpoint = $1 AND p256dh = $2")
            .bind(&gone.endpoint)
            .bind(&gone.p256dh)
            .execute(&self.pool)
            .await?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use dragoman_core::roster::{Mediator, Profile};
    use uuid::Uuid;

    use super::*;
    use crate::store::{Account, Batch};

    fn device(number: u8) -> PushSubscription {
        let endpoint = format!("https://push.example/{number:02}");
        PushSubscription { endpoint, p256dh: vec![number; 65], auth: [number; 16] }
    }

    async fn mediator(store: &Store, number: u128) -> (AccountId, MediatorId) {
        let id = MediatorId(Uuid::from_u128(number));
        let mediator = Mediator { id, profile: Profile::new(&format!("M{number}"), Vec::new()) };
        let batch = Batch { mediators: vec![mediator], ..Batch::default() };
        store.write(&batch).await.unwrap();
        let account = Account {
            id: AccountId(Uuid::from_u128(number + 100)),
            login: format!("m{number}"),
            role: AccountRole::Mediator,
            language: "sq".parse().unwrap(),
            mediator: Some(id),
            agency: None,
            password_hash: None,
        };
        store.add_account(&account, UnixMillis(0)).await.unwrap();
        (account.id, id)
    }

    #[tokio::test]
    async fn the_oldest_device_makes_place_and_a_device_has_one_owner() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(dir.path()).await.unwrap();
        let (ana, ana_mediator) = mediator(&store, 1).await;
        let (ben, ben_mediator) = mediator(&store, 2).await;
        for number in 0..=10 {
            store.put_push_subscription(ana, &device(number), UnixMillis(number.into())).await.unwrap();
        }
        let kept = store.push_subscriptions_of(ana_mediator).await.unwrap();
        assert_eq!(kept, (1..=10).rev().map(device).collect::<Vec<_>>());

        store.put_push_subscription(ben, &device(4), UnixMillis(99)).await.unwrap();
        assert_eq!(store.push_subscriber(&device(4).endpoint).await.unwrap(), Some(ben_mediator));
        assert_eq!(store.push_subscriptions_of(ana_mediator).await.unwrap().len(), 9);
        assert!(!store.remove_push_subscription(ana, &device(4).endpoint).await.unwrap());
        assert!(store.remove_push_subscription(ben, &device(4).endpoint).await.unwrap());

        let renewed = PushSubscription { p256dh: vec![0; 65], ..device(5) };
        store.put_push_subscription(ana, &renewed, UnixMillis(100)).await.unwrap();
        store.forget_push_subscription(&device(5)).await.unwrap();
        assert!(store.push_subscriptions_of(ana_mediator).await.unwrap().contains(&renewed));
        store.forget_push_subscription(&renewed).await.unwrap();
        assert_eq!(store.push_subscriber(&renewed.endpoint).await.unwrap(), None);
    }
}
