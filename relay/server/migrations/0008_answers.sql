-- When the last mediator that a session takes came: how long it waited is read off here, not off its log.
ALTER TABLE sessions ADD COLUMN answered_at BIGINT;
UPDATE sessions SET answered_at = (SELECT MAX(assigned_at) FROM assignments WHERE session = sessions.id);
-- For whom it was: whoever looks after another agency does not see it. Kept as it was when the officer asked.
ALTER TABLE sessions ADD COLUMN agency TEXT;
UPDATE sessions SET agency = (SELECT agency FROM accounts WHERE id = sessions.officer_account);
CREATE INDEX sessions_by_request ON sessions (requested_at);
