-- What is done to a transcript after its session: a log of its own, whose chain begins at the end of the session's.
CREATE TABLE revisions (
    session TEXT NOT NULL REFERENCES sessions (id),
    seq BIGINT NOT NULL,
    line TEXT NOT NULL,             -- the exact bytes that are hashed
    hash BLOB NOT NULL,
    PRIMARY KEY (session, seq)
);
-- Mediators who were asked to go through a transcript and are not through: follows from the revisions.
CREATE TABLE checks (
    session TEXT NOT NULL REFERENCES sessions (id),
    mediator TEXT NOT NULL REFERENCES mediators (id),
    asked_at BIGINT NOT NULL,
    PRIMARY KEY (session, mediator)
);
CREATE INDEX checks_by_mediator ON checks (mediator, asked_at);
