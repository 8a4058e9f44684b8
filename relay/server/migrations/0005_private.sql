-- Who mediators are and how to reach them, sealed with a key outside of the database, and who looked at it.

CREATE TABLE roster_key (
    id BIGINT PRIMARY KEY,          -- 1: there is one
    check_value BLOB NOT NULL       -- derived from the key, which it does not tell: by it a wrong key is known
);

CREATE TABLE private_details (
    mediator TEXT PRIMARY KEY REFERENCES mediators (id),
    sealed BLOB NOT NULL
);

-- Directive (EU) 2016/680, Art. 25.
CREATE TABLE private_log (
    mediator TEXT NOT NULL REFERENCES mediators (id),
    account TEXT REFERENCES accounts (id), -- absent: the relay itself
    at BIGINT NOT NULL,
    what TEXT NOT NULL              -- consultation, alteration, disclosure
);
CREATE INDEX private_log_by_mediator ON private_log (mediator, at);
