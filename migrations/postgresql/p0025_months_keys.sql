-- p0025: what v0025 is to SQLite.

ALTER TABLE rollcall.audit DROP CONSTRAINT audit_action;
ALTER TABLE rollcall.audit ADD CONSTRAINT audit_action CHECK (action IN (
        'start', 'pause', 'resume', 'cancel', 'rerun', 'rerun_by_job', 'rerun_waits', 'resolve', 'results', 'doctor',
        'resume_after_restore', 'recover_crash', 'recover_restored', 'doubt_unknown', 'start_runner', 'read_records',
        'export', 'backup', 'restore', 'purge', 'forget', 'rotate', 'log_in', 'upload', 'drain_node', 'retire_node',
        'move_batches', 'move', 'migrate', 'make_period_keys', 'unknown'));
