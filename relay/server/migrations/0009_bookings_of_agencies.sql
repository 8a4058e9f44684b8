-- For whom a session is planned: the past of one agency is found without that of all others. Kept as it was when the officer
-- asked; of bookings made before this, as it is now.
ALTER TABLE bookings ADD COLUMN agency TEXT;
UPDATE bookings SET agency = (SELECT agency FROM accounts WHERE id = bookings.officer_account);
CREATE INDEX bookings_by_agency ON bookings (agency, from_at);
