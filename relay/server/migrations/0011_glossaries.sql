-- Terms of a kind of case in several languages, as the file that was put there last.
CREATE TABLE glossaries (
    case_type TEXT PRIMARY KEY,
    csv TEXT NOT NULL,
    changed_at BIGINT NOT NULL,
    changed_by TEXT NOT NULL REFERENCES accounts (id)
);
