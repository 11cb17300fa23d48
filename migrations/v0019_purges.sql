-- What is personal of a batch can be erased: its rows, ids, answers and error details. The batch, its statuses, keyed
-- hashes, times and ledger stay.
-- When its key was destroyed, in milliseconds since 1970 UTC; nothing of it can be read from then on.
ALTER TABLE batches ADD COLUMN purged_at INTEGER CONSTRAINT batches_purged_are_over CHECK (
    purged_at IS NULL OR (finished_at IS NOT NULL AND queued = 0 AND in_flight = 0 AND in_doubt = 0));
-- The first record whose sealed values are still to be overwritten; NULL: none, or the batch is not purged.
ALTER TABLE batches ADD COLUMN purge_next INTEGER CONSTRAINT batches_purge_next CHECK (
    purge_next IS NULL OR (purged_at IS NOT NULL AND purge_next >> 32 = id));

CREATE INDEX batches_being_purged ON batches (id) WHERE purge_next IS NOT NULL;
