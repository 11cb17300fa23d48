-- v0025: making months' keys ahead has a word of its own in the audit.
--
-- The audit is copied as in v0022.

CREATE TABLE new_audit (
    -- From 1, without gaps.
    id INTEGER PRIMARY KEY,
    at INTEGER NOT NULL,
    batch_id INTEGER,
    action TEXT NOT NULL CONSTRAINT audit_action CHECK (action IN (
        'start', 'pause', 'resume', 'cancel', 'rerun', 'rerun_by_job', 'rerun_waits', 'resolve', 'results', 'doctor',
        'resume_after_restore', 'recover_crash', 'recover_restored', 'doubt_unknown', 'start_runner', 'read_records',
        'export', 'backup', 'restore', 'purge', 'forget', 'rotate', 'log_in', 'upload', 'drain_node', 'retire_node',
        'move_batches', 'move', 'migrate', 'make_period_keys', 'unknown')),
    detail TEXT,
    user TEXT NOT NULL,
    host TEXT NOT NULL,
    version TEXT NOT NULL,
    settings_hash TEXT NOT NULL,
    endpoint TEXT NOT NULL,
    key_id TEXT NOT NULL,
    certificate_fingerprint TEXT NOT NULL,
    -- SHA-256 over the entry before and this one; NULL in those from before step 16, for which the next one vouches.
    hash BLOB CONSTRAINT audit_hash CHECK (length(hash) = 32)
) STRICT;

INSERT INTO new_audit
SELECT id, at, batch_id, action, detail, user, host, version, settings_hash, endpoint, key_id, certificate_fingerprint,
  hash
FROM audit
ORDER BY id;

DROP TABLE audit;
ALTER TABLE new_audit RENAME TO audit;
CREATE INDEX audit_by_batch ON audit (batch_id);

CREATE TRIGGER audit_is_never_changed BEFORE UPDATE ON audit
BEGIN SELECT RAISE(ABORT, 'audit_is_never_changed'); END;

CREATE TRIGGER audit_is_never_deleted BEFORE DELETE ON audit
BEGIN SELECT RAISE(ABORT, 'audit_is_never_deleted'); END;

-- Also against INSERT OR REPLACE, which deletes without calling the trigger above.
CREATE TRIGGER audit_is_appended BEFORE INSERT ON audit
WHEN NEW.hash IS NULL OR NEW.id <> ifnull((SELECT max(id) FROM audit), 0) + 1
BEGIN SELECT RAISE(ABORT, 'audit_is_appended'); END;
