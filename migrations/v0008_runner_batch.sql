-- v0008: which batch a run is at.
--
-- The batch that a process works on which ends with its batches; NULL for a daemon, which works on all that may run.
ALTER TABLE runner ADD COLUMN batch_id INTEGER REFERENCES batches (id) CHECK (batch_id IS NULL OR is_daemon = 0);
