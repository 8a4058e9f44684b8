//! The logs of bookings.

use dragoman_core::booking::{Booking, BookingEntry, BookingState};
use dragoman_core::codes::AgencyCode;
use dragoman_core::ids::{AccountId, BookingId};
use sqlx::sqlite::SqliteRow;
use sqlx::{Row, SqliteConnection};

use super::{Store, StoreError, parsed, text_of};

impl Store {
    /// All bookings that are not over.
    ///
    /// # Errors
    /// The database's.
    pub async fn open_bookings(&self) -> Result<Vec<Booking>, StoreError> {
        let rows = sqlx::query(
            "SELECT booking, line FROM booking_events WHERE booking IN \
             (SELECT id FROM bookings WHERE state IN ($1, $2)) ORDER BY booking, seq",
        )
        .bind(text_of(&BookingState::Seeking))
        .bind(text_of(&BookingState::Confirmed))
        .fetch_all(&self.pool)
        .await?;
        replayed(&rows)
    }

    /// Bookings that are over, latest first: all, or those of one officer, or of one agency. At most `limit`.
    ///
    /// # Errors
    /// The database's.
    pub async fn past_bookings(
        &self,
        officer: Option<AccountId>,
        agency: Option<&AgencyCode>,
        limit: u32,
    ) -> Result<Vec<Booking>, StoreError> {
        let rows = sqlx::query(
            "SELECT booking, line FROM booking_events WHERE booking IN (SELECT id FROM bookings \
             WHERE state NOT IN ($1, $2) AND ($3 IS NULL OR officer_account = $3) AND ($4 IS NULL OR agency = $4) \
             ORDER BY from_at DESC LIMIT $5) ORDER BY booking, seq",
        )
        .bind(text_of(&BookingState::Seeking))
        .bind(text_of(&BookingState::Confirmed))
        .bind(officer.as_ref().map(text_of))
        .bind(agency.map(AgencyCode::as_str))
        .bind(i64::from(limit))
        .fetch_all(&self.pool)
        .await?;
        let mut bookings = replayed(&rows)?;
        bookings.sort_by(|a, b| b.span.cmp(&a.span).then(a.id.cmp(&b.id)));
        Ok(bookings)
    }

    /// Writes the entries of each booking from this place of its log on, all or nothing. A place that is taken is an
    /// error: somebody else was first.
    ///
    /// # Errors
    /// The database's.
    pub async fn write_bookings(&self, changed: &[(usize, &Booking)]) -> Result<(), StoreError> {
        let mut transaction = self.pool.begin_with("BEGIN IMMEDIATE").await?;
        for (written, booking) in changed {
            put_row(&mut transaction, booking).await?;
            for (place, entry) in booking.log.iter().enumerate().skip(*written) {
                add_entry(&mut transaction, booking.id, place, entry).await?;
            }
        }
        transaction.commit().await?;
        Ok(())
    }
}

async fn put_row(connection: &mut SqliteConnection, booking: &Booking) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO bookings (id, officer_account, state, from_at, agency) VALUES ($1, $2, $3, $4, $5) \
         ON CONFLICT (id) DO UPDATE SET state = excluded.state",
    )
    .bind(text_of(&booking.id))
    .bind(text_of(&booking.officer_account))
    .bind(text_of(&booking.state))
    .bind(booking.span.from.0)
    .bind(booking.agency.as_ref().map(AgencyCode::as_str))
    .execute(connection)
    .await?;
    Ok(())
}

async fn add_entry(
    connection: &mut SqliteConnection,
    booking: BookingId,
    place: usize,
    entry: &BookingEntry,
) -> Result<(), StoreError> {
    let line = serde_json::to_string(entry).map_err(|_| StoreError::Unreadable("entry of a booking"))?;
    sqlx::query("INSERT INTO booking_events (booking, seq, line) VALUES ($1, $2, $3)")
        .bind(text_of(&booking))
        .bind(i64::try_from(place).unwrap_or(i64::MAX).saturating_add(1))
        .bind(line)
        .execute(connection)
        .await?;
    Ok(())
}

/// Bookings by their entries, which come booking by booking and in order.
fn replayed(rows: &[SqliteRow]) -> Result<Vec<Booking>, StoreError> {
    let mut bookings: Vec<Booking> = Vec::new();
    for row in rows {
        let id: BookingId = parsed(row.try_get("booking")?, "booking id")?;
        let line: String = row.try_get("line")?;
        let unreadable = || StoreError::Unreadable("entry of a booking");
        let entry: BookingEntry = serde_json::from_str(&line).map_err(|_| unreadable())?;
        match bookings.last_mut().filter(|booking| booking.id == id) {
            Some(booking) => booking.apply(entry),
            None => bookings.push(Booking::begin(id, entry).ok_or_else(unreadable)?),
        }
    }
    Ok(bookings)
}
