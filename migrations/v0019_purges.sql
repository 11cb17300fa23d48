-- v0019: what is kept of a finished batch ends in three steps, each of which includes those before it: the rows of its
-- file (payloads); its records' ids, answers and error details, and its key (results); its records with their attempts
-- (ledger). The batch itself, its counters and its totals by day stay.

-- When each was erased, in milliseconds since 1970 UTC; nothing of it can be read from then on.
ALTER TABLE batches ADD COLUMN payloads_purged_at INTEGER CONSTRAINT batches_purged_are_over CHECK (
    payloads_purged_at IS NULL OR (finished_at IS NOT NULL AND queued = 0 AND in_flight = 0 AND in_doubt = 0));
ALTER TABLE batches ADD COLUMN results_purged_at INTEGER CONSTRAINT batches_results_purged CHECK (
    results_purged_at IS NULL OR payloads_purged_at IS NOT NULL);
ALTER TABLE batches ADD COLUMN ledger_purged_at INTEGER CONSTRAINT batches_ledger_purged CHECK (
    ledger_purged_at IS NULL OR results_purged_at IS NOT NULL);
-- The first record that is still to be purged; NULL: none, or the batch is not purged.
ALTER TABLE batches ADD COLUMN purge_next INTEGER CONSTRAINT batches_purge_next CHECK (
    purge_next IS NULL OR (payloads_purged_at IS NOT NULL AND purge_next >> 32 = id));

CREATE INDEX batches_being_purged ON batches (id) WHERE purge_next IS NOT NULL;
