-- Devices that ring while no page is open (RFC 8030). TEXT, BIGINT and BLOB columns only; times are Unix milliseconds.

CREATE TABLE push_subscriptions (
    endpoint TEXT PRIMARY KEY,      -- address at the browser's push service; whoever subscribed last owns the device
    account TEXT NOT NULL REFERENCES accounts (id),
    p256dh BLOB NOT NULL,           -- the device's public key: a P-256 point, uncompressed, 65 bytes
    auth BLOB NOT NULL,             -- shared with the device for encryption (RFC 8291, section 3.2), 16 bytes
    created_at BIGINT NOT NULL
);
CREATE INDEX push_subscriptions_by_account ON push_subscriptions (account, created_at);
