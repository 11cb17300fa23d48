-- v0017: a key for each calendar month, which wraps the data keys of the batches made in it.

-- The keys themselves lie in keys_folder, never here: a copy of this database is unreadable once they are destroyed.
CREATE TABLE period_keys (
    id BLOB PRIMARY KEY NOT NULL CONSTRAINT period_keys_id CHECK (length(id) = 8),
    -- The month in UTC, as yyyymm.
    month INTEGER NOT NULL CONSTRAINT period_keys_month CHECK (
        month BETWEEN 197001 AND 999912 AND month % 100 BETWEEN 1 AND 12),
    state TEXT NOT NULL DEFAULT 'live' CONSTRAINT period_keys_state CHECK (state IN ('live', 'destroyed')),
    created_at INTEGER NOT NULL,
    destroyed_at INTEGER,
    CONSTRAINT period_keys_destroyed CHECK ((state = 'destroyed') = (destroyed_at IS NOT NULL))
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX one_live_period_key ON period_keys (month) WHERE state = 'live';

-- Filled for the batches that are there before the next step forbids it to be absent.
ALTER TABLE batch_keys ADD COLUMN period_key_id BLOB REFERENCES period_keys (id);
