CREATE TABLE shifts (
    id TEXT PRIMARY KEY,
    mediator TEXT NOT NULL REFERENCES mediators (id),
    entry TEXT NOT NULL             -- the shift as JSON: times, zone, rule, duty
);
CREATE INDEX shifts_by_mediator ON shifts (mediator);

CREATE TABLE feeds (
    id TEXT PRIMARY KEY,
    secret_hash BLOB NOT NULL UNIQUE, -- SHA-256 of the secret in the address
    whose TEXT NOT NULL,            -- a mediator or an agency, as JSON
    made_by TEXT NOT NULL REFERENCES accounts (id),
    created_at BIGINT NOT NULL,
    read_at BIGINT
);
CREATE INDEX sessions_by_time ON sessions (requested_at);
