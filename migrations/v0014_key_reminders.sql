-- v0014: the reminders of a key's end that were sent, so that a restart sends none again.
CREATE TABLE key_reminders (
    -- SHA-256 of the certificate, hexadecimal.
    fingerprint TEXT NOT NULL CHECK (length(fingerprint) = 64),
    -- Days before the end; 0: it has expired.
    days INTEGER NOT NULL CHECK (days >= 0),
    sent_at INTEGER NOT NULL,
    PRIMARY KEY (fingerprint, days)
) STRICT, WITHOUT ROWID;
