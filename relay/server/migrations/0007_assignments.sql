-- A session may have two mediators (a pivot), so an assignment is a row of its own; work done is added up from here.
CREATE TABLE assignments (
    session TEXT NOT NULL REFERENCES sessions (id),
    place BIGINT NOT NULL,          -- 0, or 1 for the second mediator of a pivot
    mediator TEXT NOT NULL,
    assigned_at BIGINT NOT NULL,
    released_at BIGINT,
    PRIMARY KEY (session, place)    -- the one place that decides an assignment
);
CREATE UNIQUE INDEX one_live_assignment_a_mediator ON assignments (mediator) WHERE released_at IS NULL;
CREATE INDEX assignments_by_release ON assignments (released_at);
INSERT INTO assignments (session, place, mediator, assigned_at, released_at)
    SELECT id, 0, mediator, requested_at, ended_at FROM sessions WHERE mediator IS NOT NULL;
DROP INDEX one_live_session_a_mediator;
ALTER TABLE sessions DROP COLUMN mediator;

ALTER TABLE sessions ADD COLUMN case_key TEXT;      -- keyed digests, never a case number or a person
ALTER TABLE sessions ADD COLUMN person_key TEXT;
ALTER TABLE sessions ADD COLUMN label TEXT NOT NULL DEFAULT 'victim';

ALTER TABLE mediators ADD COLUMN switched_at BIGINT NOT NULL DEFAULT 0; -- when the ready switch was last used
