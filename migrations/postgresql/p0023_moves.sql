-- p0023: what v0023 is to SQLite, which node has destroyed its copy of a month's key, and how far a node's journal was told.

-- In the row that whoever writes locks first, so that nobody writes to a database that is being moved.
ALTER TABLE rollcall.contract ADD COLUMN moved_to text CONSTRAINT contract_moved_to CHECK (moved_to <> '');
ALTER TABLE rollcall.contract ADD COLUMN moved_at bigint
    CONSTRAINT contract_moved_at CHECK (moved_at IS NULL OR moved_to IS NOT NULL);

-- How often the node has found all of its journal in the ledger; the folder knows it, too, before it shortens the journal.
ALTER TABLE rollcall.nodes ADD COLUMN told_part bigint NOT NULL DEFAULT 0 CONSTRAINT nodes_told_part CHECK (told_part >= 0);

ALTER TABLE rollcall.audit DROP CONSTRAINT audit_action;
ALTER TABLE rollcall.audit ADD CONSTRAINT audit_action CHECK (action IN (
        'start', 'pause', 'resume', 'cancel', 'rerun', 'rerun_by_job', 'rerun_waits', 'resolve', 'results', 'doctor',
        'resume_after_restore', 'recover_crash', 'recover_restored', 'doubt_unknown', 'start_runner', 'read_records',
        'export', 'backup', 'restore', 'purge', 'forget', 'rotate', 'log_in', 'upload', 'drain_node', 'retire_node',
        'move_batches', 'move', 'migrate', 'unknown'));

CREATE TABLE rollcall.destroyed_copies (
    node_id bigint NOT NULL REFERENCES rollcall.nodes (id),
    period_key_id bytea NOT NULL REFERENCES rollcall.period_keys (id),
    -- When the node found that there is no copy with it any more.
    found_at bigint NOT NULL,
    PRIMARY KEY (node_id, period_key_id)
);
