-- Agencies, what they lend each other, and sessions planned ahead.

CREATE TABLE agencies (
    code TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    country TEXT NOT NULL,          -- ISO 3166-1 alpha-2
    zone TEXT NOT NULL              -- IANA time zone
);

ALTER TABLE accounts ADD COLUMN agency TEXT REFERENCES agencies (code);

CREATE TABLE loan_events (          -- append only: a loan is its events, replayed
    loan TEXT NOT NULL,
    seq BIGINT NOT NULL,
    line TEXT NOT NULL,
    PRIMARY KEY (loan, seq)
);

CREATE TABLE bookings (             -- how each stands, to be found by; what counts is its events
    id TEXT PRIMARY KEY,
    officer_account TEXT NOT NULL REFERENCES accounts (id),
    state TEXT NOT NULL,
    from_at BIGINT NOT NULL
);
CREATE INDEX bookings_by_officer ON bookings (officer_account, from_at);
CREATE INDEX bookings_by_state ON bookings (state, from_at);

CREATE TABLE booking_events (       -- append only
    booking TEXT NOT NULL REFERENCES bookings (id),
    seq BIGINT NOT NULL,
    line TEXT NOT NULL,
    PRIMARY KEY (booking, seq)
);
