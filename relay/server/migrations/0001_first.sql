-- TEXT, BIGINT and BLOB columns only, so that the same statements run on SQLite and PostgreSQL. Times are Unix milliseconds.

CREATE TABLE mediators (
    id TEXT PRIMARY KEY,
    entry TEXT NOT NULL,            -- the roster entry as JSON: what matching sees, never a person's name
    ready BIGINT NOT NULL DEFAULT 0 -- the ready switch; survives a restart
);

CREATE TABLE accounts (
    id TEXT PRIMARY KEY,
    login TEXT NOT NULL UNIQUE,
    role TEXT NOT NULL,
    language TEXT NOT NULL,
    mediator TEXT UNIQUE REFERENCES mediators (id),
    password_hash TEXT,             -- Argon2id, PHC string; absent until enrolled
    created_at BIGINT NOT NULL
);

CREATE TABLE logins (
    token_hash BLOB PRIMARY KEY,    -- SHA-256 of the cookie
    account TEXT NOT NULL REFERENCES accounts (id),
    expires_at BIGINT NOT NULL
);

CREATE TABLE links (
    secret_hash BLOB PRIMARY KEY,   -- SHA-256 of the secret in the address
    purpose TEXT NOT NULL,
    account TEXT REFERENCES accounts (id),
    session TEXT,
    role TEXT,
    language TEXT NOT NULL,
    reusable BIGINT NOT NULL,       -- 1 only for the demonstration's sign-in links
    expires_at BIGINT NOT NULL,
    used_at BIGINT
);

CREATE TABLE sessions (
    id TEXT PRIMARY KEY,
    officer_account TEXT NOT NULL REFERENCES accounts (id),
    phase TEXT NOT NULL,
    source TEXT NOT NULL,
    target TEXT NOT NULL,
    requested_at BIGINT NOT NULL,
    ended_at BIGINT,
    mediator TEXT                   -- set once, by a conditional UPDATE: the one place that decides an assignment
);
CREATE UNIQUE INDEX one_live_session_a_mediator ON sessions (mediator) WHERE ended_at IS NULL AND mediator IS NOT NULL;
CREATE INDEX sessions_by_officer ON sessions (officer_account, requested_at);

CREATE TABLE entries (
    session TEXT NOT NULL REFERENCES sessions (id),
    seq BIGINT NOT NULL,
    line TEXT NOT NULL,             -- the exact bytes that are hashed
    hash BLOB NOT NULL,
    PRIMARY KEY (session, seq)
);

CREATE TABLE guests (
    token_hash BLOB PRIMARY KEY,    -- SHA-256 of the cookie
    session TEXT NOT NULL REFERENCES sessions (id),
    participant TEXT NOT NULL,
    role TEXT NOT NULL,
    language TEXT NOT NULL
);
CREATE INDEX guests_by_session ON guests (session);

CREATE TABLE record_reads (
    session TEXT NOT NULL REFERENCES sessions (id),
    account TEXT NOT NULL REFERENCES accounts (id),
    at BIGINT NOT NULL,
    reason TEXT NOT NULL
);
