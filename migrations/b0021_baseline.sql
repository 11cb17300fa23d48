-- b0021: the schema that v0001 to v0021 lead to, as SQLite keeps it. A new database begins with it, so that it need not copy
-- tables that hold nothing, and takes only later steps. MigrationsTests holds it equal to the steps, taken one by one.

CREATE TABLE store (
    only_row INTEGER PRIMARY KEY CHECK (only_row = 1),
    store_id BLOB NOT NULL CHECK (length(store_id) = 16),
    endpoint TEXT NOT NULL CHECK (endpoint <> ''),
    created_at INTEGER NOT NULL
, traced INTEGER NOT NULL DEFAULT 0 CHECK (traced IN (0, 1))) STRICT;

CREATE TABLE ledger_position (
    only_row INTEGER PRIMARY KEY CHECK (only_row = 1),
    last_attempt INTEGER NOT NULL CHECK (last_attempt >= 0)
) STRICT;

CREATE TABLE limiter (
    only_row INTEGER PRIMARY KEY CHECK (only_row = 1),
    theoretical_arrival_us INTEGER NOT NULL,
    rate_factor REAL NOT NULL CHECK (rate_factor > 0 AND rate_factor <= 1),
    closed_until INTEGER,
    saved_at INTEGER NOT NULL
, key_doubted INTEGER NOT NULL DEFAULT 0 CHECK (key_doubted IN (0, 1))) STRICT;

CREATE TABLE batches (
    id INTEGER PRIMARY KEY AUTOINCREMENT CHECK (id BETWEEN 1 AND 2147483647),
    name TEXT NOT NULL UNIQUE CHECK (name <> ''),
    job TEXT NOT NULL,
    file_name TEXT NOT NULL,
    content_digest BLOB NOT NULL CHECK (length(content_digest) = 32),
    format TEXT NOT NULL CHECK (format IN ('csv', 'jsonl')),
    state TEXT NOT NULL CHECK (state IN (
        'ingesting', 'awaiting_confirmation', 'running', 'completed', 'paused', 'halted', 'cancelled', 'rejected')),
    reason TEXT,
    ingested INTEGER NOT NULL DEFAULT 0 CHECK (ingested IN (0, 1)),
    checkpoint_offset INTEGER NOT NULL DEFAULT 0 CHECK (checkpoint_offset >= 0),
    checkpoint_line INTEGER NOT NULL DEFAULT 0 CHECK (checkpoint_line >= 0),
    -- Provenance: who took this in, with what.
    user TEXT NOT NULL,
    host TEXT NOT NULL,
    version TEXT NOT NULL,
    settings_hash TEXT NOT NULL,
    endpoint TEXT NOT NULL,
    key_id TEXT NOT NULL,
    certificate_fingerprint TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    ingested_at INTEGER,
    started_at INTEGER,
    finished_at INTEGER,
    -- Untried records after this id are queued; those before it wait in ready or are past.
    cursor INTEGER NOT NULL,
    -- Records that a restored database cannot vouch for: so many of the lines still to come start in doubt.
    doubted_lines INTEGER NOT NULL DEFAULT 0 CHECK (doubted_lines >= 0),
    total INTEGER NOT NULL DEFAULT 0,
    queued INTEGER NOT NULL DEFAULT 0,
    in_flight INTEGER NOT NULL DEFAULT 0,
    succeeded INTEGER NOT NULL DEFAULT 0,
    failed INTEGER NOT NULL DEFAULT 0,
    in_doubt INTEGER NOT NULL DEFAULT 0,
    invalid INTEGER NOT NULL DEFAULT 0,
    reused INTEGER NOT NULL DEFAULT 0,
    cancelled INTEGER NOT NULL DEFAULT 0,
    attempts INTEGER NOT NULL DEFAULT 0,
    calls INTEGER NOT NULL DEFAULT 0,
    retries INTEGER NOT NULL DEFAULT 0,
    billable INTEGER NOT NULL DEFAULT 0,
    unbilled INTEGER NOT NULL DEFAULT 0,
    billing_unknown INTEGER NOT NULL DEFAULT 0,
    in_doubt_retried INTEGER NOT NULL DEFAULT 0, resume_at INTEGER, results_for INTEGER, answers_known INTEGER NOT NULL DEFAULT 0 CHECK (answers_known BETWEEN 0 AND succeeded), keeps_answers INTEGER NOT NULL DEFAULT 0 CHECK (keeps_answers IN (0, 1)), following INTEGER NOT NULL DEFAULT 0
    CHECK (following >= 0 AND following <= queued), reuses INTEGER NOT NULL DEFAULT 1 CHECK (reuses IN (0, 1)), archived_to INTEGER CHECK (
    archived_to IS NULL OR (
        archived_to >> 32 = id AND finished_at IS NOT NULL AND queued = 0 AND in_flight = 0 AND in_doubt = 0)), brought_back_at INTEGER, reruns INTEGER NOT NULL DEFAULT 0 CHECK (reruns >= 0), card_like_ids INTEGER NOT NULL DEFAULT 0 CHECK (card_like_ids >= 0), payloads_purged_at INTEGER CONSTRAINT batches_purged_are_over CHECK (
    payloads_purged_at IS NULL OR (finished_at IS NOT NULL AND queued = 0 AND in_flight = 0 AND in_doubt = 0)), results_purged_at INTEGER CONSTRAINT batches_results_purged CHECK (
    results_purged_at IS NULL OR payloads_purged_at IS NOT NULL), ledger_purged_at INTEGER CONSTRAINT batches_ledger_purged CHECK (
    ledger_purged_at IS NULL OR results_purged_at IS NOT NULL), purge_next INTEGER CONSTRAINT batches_purge_next CHECK (
    purge_next IS NULL OR (payloads_purged_at IS NOT NULL AND purge_next >> 32 = id)),
    CHECK (total = queued + in_flight + succeeded + failed + in_doubt + invalid + reused + cancelled),
    CHECK (min(queued, in_flight, succeeded, failed, in_doubt, invalid, reused, cancelled) >= 0),
    -- Every open attempt belongs to one record in flight, every closed one is billable, not, or unknown.
    CHECK (attempts = in_flight + billable + unbilled + billing_unknown),
    CHECK (min(billable, unbilled, billing_unknown, retries, in_doubt_retried) >= 0),
    CHECK (calls BETWEEN 0 AND attempts),
    CHECK (state <> 'completed' OR queued + in_flight = 0),
    CHECK (state NOT IN ('cancelled', 'rejected') OR queued = 0),
    CHECK (ingested = 1 OR (in_flight = 0 AND state IN ('ingesting', 'paused', 'cancelled', 'rejected'))),
    CHECK (ingested = 0 OR state <> 'ingesting'),
    CHECK ((ingested = 0) = (ingested_at IS NULL)),
    CHECK ((finished_at IS NOT NULL) = (state IN ('completed', 'cancelled', 'rejected')))
) STRICT;

CREATE TABLE layouts (
    batch_id INTEGER PRIMARY KEY REFERENCES batches (id),
    layout BLOB NOT NULL
) STRICT;

CREATE TABLE records (
    id INTEGER PRIMARY KEY CHECK (id > 4294967296),
    status INTEGER NOT NULL DEFAULT 0 CHECK (status BETWEEN 0 AND 7),
    -- In doubt without a call of its own, because an identical record is in doubt.
    held INTEGER NOT NULL DEFAULT 0 CHECK (held = 0 OR (held = 1 AND status = 4)),
    spent INTEGER NOT NULL DEFAULT 0 CHECK (spent >= 0),
    attempts INTEGER NOT NULL DEFAULT 0 CHECK (attempts >= spent),
    fingerprint BLOB CHECK (length(fingerprint) = 16),
    payload BLOB NOT NULL, repeated INTEGER NOT NULL DEFAULT 0 CHECK (repeated IN (0, 1)), follows INTEGER
    CHECK (follows IS NULL OR (
        follows < id AND follows >> 32 = id >> 32 AND repeated = 1 AND status IN (0, 3, 4, 6, 7)
        AND (status <> 4 OR held = 1))), requeued INTEGER NOT NULL DEFAULT 0
    CHECK (requeued >= 0 AND (requeued = 0 OR status IN (0, 1))),
    CHECK ((status = 5) = (fingerprint IS NULL)),
    CHECK (status <> 5 OR attempts = 0)
) STRICT;

CREATE TABLE ready (
    batch_id INTEGER NOT NULL REFERENCES batches (id),
    not_before INTEGER NOT NULL,
    record_id INTEGER NOT NULL UNIQUE REFERENCES records (id),
    PRIMARY KEY (batch_id, not_before, record_id),
    CHECK (record_id >> 32 = batch_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE results (
    record_id INTEGER PRIMARY KEY REFERENCES records (id),
    http_status INTEGER CHECK (http_status BETWEEN 100 AND 999),
    reason_code TEXT,
    correlation_id TEXT,
    request_ref_id TEXT,
    submitted_at INTEGER,
    completed_at INTEGER NOT NULL,
    flagged INTEGER NOT NULL DEFAULT 0 CHECK (flagged IN (0, 1)),
    detail BLOB,
    answer BLOB
, reused_from INTEGER
    CHECK (reused_from IS NULL OR (reused_from > 4294967296 AND reused_from <> record_id))) STRICT;

CREATE TABLE schedules (
    job TEXT PRIMARY KEY CHECK (job <> ''),
    last_due INTEGER NOT NULL
, times TEXT NOT NULL DEFAULT '') STRICT, WITHOUT ROWID;

CREATE TABLE claimed_files (
    path TEXT PRIMARY KEY CHECK (path <> ''),
    job TEXT NOT NULL CHECK (job <> ''),
    -- As it was dropped.
    name TEXT NOT NULL CHECK (name <> ''),
    batch_id INTEGER REFERENCES batches (id),
    claimed_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE runner (
    only_row INTEGER PRIMARY KEY CHECK (only_row = 1),
    pid INTEGER NOT NULL CHECK (pid > 0),
    host TEXT NOT NULL,
    version TEXT NOT NULL,
    -- Whether it stays when its batches are done.
    is_daemon INTEGER NOT NULL CHECK (is_daemon IN (0, 1)),
    jobs INTEGER NOT NULL CHECK (jobs >= 0),
    started_at INTEGER NOT NULL,
    -- When it last read its settings and jobs.
    loaded_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    gate TEXT NOT NULL CHECK (gate IN ('open', 'closed', 'halted')),
    reason TEXT,
    since INTEGER,
    next_probe_at INTEGER,
    probes INTEGER NOT NULL CHECK (probes >= 0),
    -- Calls a second at the moment, and until when a Retry-After forbids any.
    allowed_rate REAL NOT NULL CHECK (allowed_rate >= 0),
    closed_until INTEGER, batch_id INTEGER REFERENCES batches (id) CHECK (batch_id IS NULL OR is_daemon = 0),
    CHECK (gate = 'open' OR since IS NOT NULL),
    CHECK (gate = 'closed' OR next_probe_at IS NULL)
) STRICT;

CREATE TABLE unknown_batches (
    id INTEGER PRIMARY KEY CHECK (id > 0),
    -- SHA-256 of the job's name, a zero byte and the file's digest.
    source BLOB NOT NULL CHECK (length(source) = 32),
    -- So many attempts were lost in all: no more of its lines can have been sent.
    lost_attempts INTEGER NOT NULL CHECK (lost_attempts >= 0)
) STRICT;

CREATE TABLE answers (
    fingerprint BLOB NOT NULL CHECK (length(fingerprint) = 16),
    record_id INTEGER NOT NULL CHECK (record_id > 4294967296),
    PRIMARY KEY (fingerprint, record_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE "call_days" (
    day INTEGER PRIMARY KEY CHECK (day BETWEEN 19700101 AND 99991231),
    calls INTEGER NOT NULL CHECK (calls >= 0),
    billable INTEGER NOT NULL DEFAULT 0 CHECK (billable >= 0),
    charged INTEGER NOT NULL DEFAULT 0 CHECK (charged BETWEEN billable AND calls)
) STRICT;

CREATE TABLE ledger_days (
    day INTEGER NOT NULL CHECK (day BETWEEN 19700101 AND 99991231),
    batch_id INTEGER NOT NULL REFERENCES batches (id),
    attempts INTEGER NOT NULL DEFAULT 0,
    calls INTEGER NOT NULL DEFAULT 0,
    billable INTEGER NOT NULL DEFAULT 0,
    unbilled INTEGER NOT NULL DEFAULT 0,
    billing_unknown INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (day, batch_id),
    CHECK (min(billable, unbilled, billing_unknown) >= 0),
    CHECK (billable + unbilled + billing_unknown <= attempts),
    CHECK (calls BETWEEN 0 AND attempts)
) STRICT, WITHOUT ROWID;

CREATE TABLE archived_records (
    id INTEGER PRIMARY KEY CHECK (id > 4294967296),
    status INTEGER NOT NULL CHECK (status IN (2, 3, 5, 6, 7)),
    held INTEGER NOT NULL CHECK (held = 0),
    spent INTEGER NOT NULL CHECK (spent >= 0),
    attempts INTEGER NOT NULL CHECK (attempts >= spent),
    fingerprint BLOB CHECK (length(fingerprint) = 16),
    payload BLOB NOT NULL,
    repeated INTEGER NOT NULL CHECK (repeated IN (0, 1)),
    follows INTEGER CHECK (follows IS NULL OR (follows < id AND follows >> 32 = id >> 32)), requeued INTEGER NOT NULL DEFAULT 0 CHECK (requeued = 0),
    CHECK ((status = 5) = (fingerprint IS NULL))
) STRICT;

CREATE TABLE archived_results (
    record_id INTEGER PRIMARY KEY REFERENCES archived_records (id),
    http_status INTEGER CHECK (http_status BETWEEN 100 AND 999),
    reason_code TEXT,
    correlation_id TEXT,
    request_ref_id TEXT,
    submitted_at INTEGER,
    completed_at INTEGER NOT NULL,
    flagged INTEGER NOT NULL CHECK (flagged IN (0, 1)),
    detail BLOB,
    answer BLOB,
    reused_from INTEGER CHECK (reused_from IS NULL OR (reused_from > 4294967296 AND reused_from <> record_id))
) STRICT;

CREATE TABLE other_calls (
    day INTEGER NOT NULL CHECK (day BETWEEN 19700101 AND 99991231),
    kind TEXT NOT NULL CHECK (kind IN ('doctor', 'lost by a restore')),
    attempts INTEGER NOT NULL DEFAULT 0,
    calls INTEGER NOT NULL DEFAULT 0,
    billable INTEGER NOT NULL DEFAULT 0,
    unbilled INTEGER NOT NULL DEFAULT 0,
    billing_unknown INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (day, kind),
    CHECK (min(billable, unbilled, billing_unknown) >= 0),
    CHECK (billable + unbilled + billing_unknown <= attempts),
    CHECK (calls BETWEEN 0 AND attempts)
) STRICT, WITHOUT ROWID;

CREATE TABLE recent_answers (
    up_to INTEGER PRIMARY KEY CHECK (up_to > 0),
    refs BLOB NOT NULL CHECK (length(refs) > 0 AND length(refs) % 8 = 0)
) STRICT;

CREATE TABLE restores (
    id INTEGER PRIMARY KEY,
    found_at INTEGER NOT NULL,
    -- Calls at most that were made since the copy; NULL: nobody knows.
    lost_calls INTEGER CHECK (lost_calls > 0),
    -- Why nobody knows.
    reason TEXT CHECK (reason <> ''),
    -- The last batch there was, those among them that the copy had never heard of.
    last_batch INTEGER NOT NULL CHECK (last_batch >= 0),
    released_at INTEGER,
    CHECK ((lost_calls IS NULL) = (reason IS NOT NULL)),
    CHECK (lost_calls IS NULL OR released_at IS NULL)
) STRICT;

CREATE TABLE runner_requests (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    at INTEGER NOT NULL,
    -- look: at the batch, or at all. renew: settings, jobs and keys, too, and open the gate: the cause is said to be fixed.
    kind TEXT NOT NULL CONSTRAINT runner_requests_kind CHECK (kind IN ('look', 'renew')),
    batch_id INTEGER REFERENCES batches (id),
    -- For the log: what was done, and by whom.
    action TEXT NOT NULL CONSTRAINT runner_requests_action CHECK (action IN (
        'start', 'pause', 'resume', 'cancel', 'rerun', 'resolve', 'results', 'doctor', 'resume_after_restore')),
    user TEXT NOT NULL
) STRICT;

CREATE TABLE result_folders (
    batch_id INTEGER NOT NULL REFERENCES batches (id),
    folder TEXT NOT NULL CONSTRAINT result_folders_folder CHECK (folder <> ''),
    named_at INTEGER NOT NULL,
    PRIMARY KEY (batch_id, folder)
) STRICT, WITHOUT ROWID;

CREATE TABLE waiting_reruns (
    batch_id INTEGER PRIMARY KEY REFERENCES batches (id),
    since INTEGER NOT NULL
) STRICT;

CREATE TABLE "archived_attempts" (
    record_id INTEGER NOT NULL REFERENCES archived_records (id),
    id INTEGER NOT NULL CONSTRAINT archived_attempts_id CHECK (id > 0),
    number INTEGER NOT NULL CONSTRAINT archived_attempts_number CHECK (number > 0),
    day INTEGER NOT NULL,
    started_at INTEGER NOT NULL,
    finished_at INTEGER NOT NULL,
    outcome TEXT NOT NULL CONSTRAINT archived_attempts_outcome CHECK (outcome IN (
        'succeeded', 'undecipherable', 'repeated', 'rejected', 'misconfigured', 'transient', 'overloaded', 'in_doubt',
        'unsent')),
    cause TEXT,
    billable INTEGER NOT NULL CONSTRAINT archived_attempts_billable CHECK (billable BETWEEN 0 AND 2),
    called INTEGER NOT NULL CONSTRAINT archived_attempts_called CHECK (called IN (0, 1)),
    http_status INTEGER CONSTRAINT archived_attempts_http_status CHECK (http_status BETWEEN 100 AND 999),
    reason_code TEXT,
    correlation_id TEXT,
    CONSTRAINT archived_attempts_key PRIMARY KEY (record_id, id),
    CONSTRAINT archived_attempts_billable_are_calls CHECK (called = 1 OR billable = 0)
) STRICT, WITHOUT ROWID;

CREATE TABLE key_reminders (
    -- SHA-256 of the certificate, hexadecimal.
    fingerprint TEXT NOT NULL CHECK (length(fingerprint) = 64),
    -- Days before the end; 0: it has expired.
    days INTEGER NOT NULL CHECK (days >= 0),
    sent_at INTEGER NOT NULL,
    PRIMARY KEY (fingerprint, days)
) STRICT, WITHOUT ROWID;

CREATE TABLE account_hash_key (
    id INTEGER PRIMARY KEY CONSTRAINT account_hash_key_one CHECK (id = 1),
    -- What tells it from other keys and says nothing about it: 16 hexadecimal digits.
    key_id TEXT NOT NULL CONSTRAINT account_hash_key_id CHECK (length(key_id) = 16),
    created_at INTEGER NOT NULL
) STRICT;

CREATE TABLE audit (
    -- From 1, without gaps.
    id INTEGER PRIMARY KEY,
    at INTEGER NOT NULL,
    batch_id INTEGER,
    action TEXT NOT NULL CONSTRAINT audit_action CHECK (action IN (
        'start', 'pause', 'resume', 'cancel', 'rerun', 'rerun_by_job', 'rerun_waits', 'resolve', 'results', 'doctor',
        'resume_after_restore', 'recover_crash', 'recover_restored', 'doubt_unknown', 'start_runner', 'read_records',
        'export', 'backup', 'restore', 'purge', 'forget', 'rotate', 'log_in', 'unknown')),
    detail TEXT,
    user TEXT NOT NULL,
    host TEXT NOT NULL,
    version TEXT NOT NULL,
    settings_hash TEXT NOT NULL,
    endpoint TEXT NOT NULL,
    key_id TEXT NOT NULL,
    certificate_fingerprint TEXT NOT NULL,
    -- SHA-256 over the entry before and this one; NULL in those from before this step, for which the next one vouches.
    hash BLOB CONSTRAINT audit_hash CHECK (length(hash) = 32)
) STRICT;

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

CREATE TABLE "batch_keys" (
    batch_id INTEGER PRIMARY KEY REFERENCES batches (id),
    data_key_id BLOB NOT NULL UNIQUE CONSTRAINT batch_keys_data_key_id CHECK (length(data_key_id) = 8),
    period_key_id BLOB NOT NULL REFERENCES period_keys (id),
    wrapped_key BLOB NOT NULL CONSTRAINT batch_keys_wrapped_key CHECK (length(wrapped_key) = 60)
) STRICT;

CREATE TABLE forgotten_records (
    -- batch << 32 | line, as records are numbered.
    record_id INTEGER PRIMARY KEY CONSTRAINT forgotten_records_id CHECK (record_id > 4294967296),
    -- In milliseconds since 1970 UTC; result files name the day.
    forgotten_at INTEGER NOT NULL,
    -- Whether its rows may still stand in files that Rollcall wrote, or put away.
    in_files INTEGER NOT NULL DEFAULT 1 CONSTRAINT forgotten_records_in_files CHECK (in_files IN (0, 1))
) STRICT;

CREATE TABLE "attempts" (
    record_id INTEGER NOT NULL REFERENCES records (id),
    id INTEGER NOT NULL CONSTRAINT attempts_id CHECK (id > 0),
    number INTEGER NOT NULL CONSTRAINT attempts_number CHECK (number > 0),
    day INTEGER NOT NULL,
    started_at INTEGER NOT NULL,
    finished_at INTEGER,
    outcome TEXT CONSTRAINT attempts_outcome CHECK (
        outcome = 'succeeded' OR outcome = 'undecipherable' OR outcome = 'repeated' OR outcome = 'rejected'
        OR outcome = 'misconfigured' OR outcome = 'transient' OR outcome = 'overloaded' OR outcome = 'in_doubt'
        OR outcome = 'unsent'),
    cause TEXT,
    billable INTEGER CONSTRAINT attempts_billable CHECK (billable BETWEEN 0 AND 2),
    -- Whether it counts against the caps: it left, or may have left.
    called INTEGER NOT NULL DEFAULT 1 CONSTRAINT attempts_called CHECK (called IN (0, 1)),
    http_status INTEGER CONSTRAINT attempts_http_status CHECK (http_status BETWEEN 100 AND 999),
    reason_code TEXT,
    correlation_id TEXT,
    CONSTRAINT attempts_key PRIMARY KEY (record_id, id),
    CONSTRAINT attempts_end CHECK ((outcome IS NULL) = (finished_at IS NULL)),
    CONSTRAINT attempts_end_is_billable_or_not CHECK ((outcome IS NULL) = (billable IS NULL)),
    CONSTRAINT attempts_billable_are_calls CHECK (called = 1 OR billable = 0)
) STRICT, WITHOUT ROWID;

CREATE INDEX batches_by_content ON batches (content_digest, job);

CREATE UNIQUE INDEX one_ingest_per_file ON batches (job, content_digest) WHERE state = 'ingesting';

CREATE INDEX records_in_doubt ON records (fingerprint) WHERE status = 4 AND held = 0;

CREATE INDEX claimed_files_by_job ON claimed_files (job);

CREATE INDEX unknown_batches_by_source ON unknown_batches (source);

CREATE INDEX batches_unfinished ON batches (id) WHERE finished_at IS NULL;

CREATE INDEX batches_to_tend ON batches (id) WHERE finished_at IS NULL OR results_for IS NOT finished_at;

CREATE INDEX claimed_files_by_batch ON claimed_files (batch_id);

CREATE INDEX records_following ON records (follows) WHERE follows IS NOT NULL;

CREATE INDEX records_repeated ON records (fingerprint) WHERE repeated = 1 AND follows IS NULL AND status IN (1, 2, 6);

CREATE INDEX batches_to_archive ON batches (finished_at)
WHERE finished_at IS NOT NULL AND (archived_to IS NULL OR archived_to < (id << 32 | 4294967295));

CREATE INDEX ledger_days_by_batch ON ledger_days (batch_id);

CREATE INDEX audit_by_batch ON audit (batch_id);

CREATE UNIQUE INDEX one_live_period_key ON period_keys (month) WHERE state = 'live';

CREATE INDEX batch_keys_by_period_key ON batch_keys (period_key_id);

CREATE INDEX batches_being_purged ON batches (id) WHERE purge_next IS NOT NULL;

CREATE INDEX forgotten_records_still_in_files ON forgotten_records (record_id) WHERE in_files = 1;

CREATE UNIQUE INDEX one_open_attempt ON attempts (record_id) WHERE outcome IS NULL;

CREATE TRIGGER audit_is_never_changed BEFORE UPDATE ON audit
BEGIN SELECT RAISE(ABORT, 'audit_is_never_changed'); END;

CREATE TRIGGER audit_is_never_deleted BEFORE DELETE ON audit
BEGIN SELECT RAISE(ABORT, 'audit_is_never_deleted'); END;

CREATE TRIGGER audit_is_appended BEFORE INSERT ON audit
WHEN NEW.hash IS NULL OR NEW.id <> ifnull((SELECT max(id) FROM audit), 0) + 1
BEGIN SELECT RAISE(ABORT, 'audit_is_appended'); END;
