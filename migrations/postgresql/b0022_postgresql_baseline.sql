-- b0022: the schema of version 22, as PostgreSQL keeps it. A new database begins with it; versions are those of SQLite's steps.
-- Numbers are of 64 bits, flags 0 and 1, times milliseconds since 1970 UTC, as in SQLite: statements are shared.

CREATE SCHEMA rollcall;

CREATE TABLE rollcall.schema_steps (
    version bigint PRIMARY KEY CHECK (version > 0),
    taken_at timestamptz NOT NULL DEFAULT now()
);
INSERT INTO rollcall.schema_steps (version) VALUES (22);

-- Whoever writes locks this row first, so that one writes at a time, as in SQLite, and no two can block each other.
CREATE TABLE rollcall.contract (
    only_row bigint PRIMARY KEY CHECK (only_row = 1),
    -- Up to when the contract's rate is given out, by the database's clock, in microseconds since 1970 UTC.
    given_out_until_us bigint NOT NULL DEFAULT 0 CHECK (given_out_until_us >= 0),
    -- The contract's rate in calls per second, which all nodes share; NULL before the first one.
    rate double precision CHECK (rate > 0)
) WITH (fillfactor = 10);
INSERT INTO rollcall.contract (only_row) VALUES (1);

CREATE TABLE rollcall.nodes (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name text NOT NULL CONSTRAINT nodes_name UNIQUE CHECK (name <> ''),
    -- Made once in the node's folder, so that two folders never answer to one name.
    folder_id bytea NOT NULL CONSTRAINT nodes_folder UNIQUE CHECK (length(folder_id) = 16),
    -- Raised by each start; what an earlier one claimed is nobody's any more.
    epoch bigint NOT NULL CHECK (epoch > 0),
    state text NOT NULL DEFAULT 'live' CONSTRAINT nodes_state CHECK (state IN ('live', 'draining', 'retired')),
    host text NOT NULL,
    pid bigint NOT NULL CHECK (pid > 0),
    version text NOT NULL,
    started_at bigint NOT NULL,
    -- By the database's clock, in microseconds since 1970 UTC.
    lease_until_us bigint NOT NULL,
    -- How long a call may take at most from when it leaves, in microseconds.
    longest_call_us bigint NOT NULL DEFAULT 0 CHECK (longest_call_us >= 0),
    -- The server, and its timeline, up to which this node's journal was compared with the ledger.
    server_id bigint NOT NULL,
    timeline bigint NOT NULL CHECK (timeline > 0),
    -- The last epoch at whose start this node told all that its journal held; the folder knows it, too.
    told_epoch bigint NOT NULL DEFAULT 0 CHECK (told_epoch >= 0)
) WITH (fillfactor = 10);

CREATE TABLE rollcall.store (
    only_row bigint PRIMARY KEY CHECK (only_row = 1),
    store_id bytea NOT NULL CHECK (length(store_id) = 16),
    endpoint text NOT NULL CHECK (endpoint <> ''),
    created_at bigint NOT NULL,
    traced bigint NOT NULL DEFAULT 0 CHECK (traced IN (0, 1)));

CREATE TABLE rollcall.ledger_position (
    only_row bigint PRIMARY KEY CHECK (only_row = 1),
    last_attempt bigint NOT NULL CHECK (last_attempt >= 0),
    -- The greatest number that a batch has or must not get.
    last_batch bigint NOT NULL DEFAULT 0 CHECK (last_batch >= 0)
) WITH (fillfactor = 10);

CREATE TABLE rollcall.limiter (
    -- The node's number; SQLite has one runner. The latest closed_until of all is everybody's, and so is the smallest factor.
    only_row bigint PRIMARY KEY REFERENCES rollcall.nodes (id),
    theoretical_arrival_us bigint NOT NULL,
    rate_factor double precision NOT NULL CHECK (rate_factor > 0 AND rate_factor <= 1),
    closed_until bigint,
    saved_at bigint NOT NULL,
    key_doubted bigint NOT NULL DEFAULT 0 CHECK (key_doubted IN (0, 1)));

CREATE TABLE rollcall.batches (
    id bigint PRIMARY KEY CHECK (id BETWEEN 1 AND 2147483647),
    name text NOT NULL UNIQUE CHECK (name <> ''),
    job text NOT NULL,
    file_name text NOT NULL,
    content_digest bytea NOT NULL CHECK (length(content_digest) = 32),
    format text NOT NULL CHECK (format IN ('csv', 'jsonl')),
    state text NOT NULL CHECK (state IN (
        'ingesting', 'awaiting_confirmation', 'running', 'completed', 'paused', 'halted', 'cancelled', 'rejected')),
    reason text,
    ingested bigint NOT NULL DEFAULT 0 CHECK (ingested IN (0, 1)),
    checkpoint_offset bigint NOT NULL DEFAULT 0 CHECK (checkpoint_offset >= 0),
    checkpoint_line bigint NOT NULL DEFAULT 0 CHECK (checkpoint_line >= 0),
    -- Provenance: who took this in, with what.
    "user" text NOT NULL,
    host text NOT NULL,
    version text NOT NULL,
    settings_hash text NOT NULL,
    endpoint text NOT NULL,
    key_id text NOT NULL,
    certificate_fingerprint text NOT NULL,
    created_at bigint NOT NULL,
    ingested_at bigint,
    started_at bigint,
    finished_at bigint,
    -- Untried records after this id are queued; those before it wait in ready or are past.
    cursor bigint NOT NULL,
    -- Records that a restored database cannot vouch for: so many of the lines still to come start in doubt.
    doubted_lines bigint NOT NULL DEFAULT 0 CHECK (doubted_lines >= 0),
    total bigint NOT NULL DEFAULT 0,
    queued bigint NOT NULL DEFAULT 0,
    in_flight bigint NOT NULL DEFAULT 0,
    succeeded bigint NOT NULL DEFAULT 0,
    failed bigint NOT NULL DEFAULT 0,
    in_doubt bigint NOT NULL DEFAULT 0,
    invalid bigint NOT NULL DEFAULT 0,
    reused bigint NOT NULL DEFAULT 0,
    cancelled bigint NOT NULL DEFAULT 0,
    attempts bigint NOT NULL DEFAULT 0,
    calls bigint NOT NULL DEFAULT 0,
    retries bigint NOT NULL DEFAULT 0,
    billable bigint NOT NULL DEFAULT 0,
    unbilled bigint NOT NULL DEFAULT 0,
    billing_unknown bigint NOT NULL DEFAULT 0,
    in_doubt_retried bigint NOT NULL DEFAULT 0,
    resume_at bigint,
    results_for bigint,
    answers_known bigint NOT NULL DEFAULT 0 CHECK (answers_known BETWEEN 0 AND succeeded),
    keeps_answers bigint NOT NULL DEFAULT 0 CHECK (keeps_answers IN (0, 1)),
    following bigint NOT NULL DEFAULT 0
    CHECK (following >= 0 AND following <= queued),
    reuses bigint NOT NULL DEFAULT 1 CHECK (reuses IN (0, 1)),
    archived_to bigint CHECK (
    archived_to IS NULL OR (
        archived_to >> 32 = id AND finished_at IS NOT NULL AND queued = 0 AND in_flight = 0 AND in_doubt = 0)),
    brought_back_at bigint,
    reruns bigint NOT NULL DEFAULT 0 CHECK (reruns >= 0),
    card_like_ids bigint NOT NULL DEFAULT 0 CHECK (card_like_ids >= 0),
    payloads_purged_at bigint CONSTRAINT batches_purged_are_over CHECK (
    payloads_purged_at IS NULL OR (finished_at IS NOT NULL AND queued = 0 AND in_flight = 0 AND in_doubt = 0)),
    results_purged_at bigint CONSTRAINT batches_results_purged CHECK (
    results_purged_at IS NULL OR payloads_purged_at IS NOT NULL),
    ledger_purged_at bigint CONSTRAINT batches_ledger_purged CHECK (
    ledger_purged_at IS NULL OR results_purged_at IS NOT NULL),
    purge_next bigint CONSTRAINT batches_purge_next CHECK (
    purge_next IS NULL OR (payloads_purged_at IS NOT NULL AND purge_next >> 32 = id)),
    -- The node that runs it, on whose machine its files and results are; NULL: nobody has taken it up.
    home_node bigint REFERENCES rollcall.nodes (id),
    CHECK (total = queued + in_flight + succeeded + failed + in_doubt + invalid + reused + cancelled),
    CHECK (least(queued, in_flight, succeeded, failed, in_doubt, invalid, reused, cancelled) >= 0),
    -- Every open attempt belongs to one record in flight, every closed one is billable, not, or unknown.
    CHECK (attempts = in_flight + billable + unbilled + billing_unknown),
    CHECK (least(billable, unbilled, billing_unknown, retries, in_doubt_retried) >= 0),
    CHECK (calls BETWEEN 0 AND attempts),
    CHECK (state <> 'completed' OR queued + in_flight = 0),
    CHECK (state NOT IN ('cancelled', 'rejected') OR queued = 0),
    CHECK (ingested = 1 OR (in_flight = 0 AND state IN ('ingesting', 'paused', 'cancelled', 'rejected'))),
    CHECK (ingested = 0 OR state <> 'ingesting'),
    CHECK ((ingested = 0) = (ingested_at IS NULL)),
    CHECK ((finished_at IS NOT NULL) = (state IN ('completed', 'cancelled', 'rejected')))
);

CREATE TABLE rollcall.layouts (
    batch_id bigint PRIMARY KEY REFERENCES rollcall.batches (id),
    layout bytea NOT NULL
);

CREATE TABLE rollcall.records (
    id bigint PRIMARY KEY CHECK (id > 4294967296),
    status bigint NOT NULL DEFAULT 0 CHECK (status BETWEEN 0 AND 7),
    -- In doubt without a call of its own, because an identical record is in doubt.
    held bigint NOT NULL DEFAULT 0 CHECK (held = 0 OR (held = 1 AND status = 4)),
    spent bigint NOT NULL DEFAULT 0 CHECK (spent >= 0),
    attempts bigint NOT NULL DEFAULT 0 CHECK (attempts >= spent),
    fingerprint bytea CHECK (length(fingerprint) = 16),
    payload bytea NOT NULL,
    repeated bigint NOT NULL DEFAULT 0 CHECK (repeated IN (0, 1)),
    follows bigint
    CHECK (follows IS NULL OR (
        follows < id AND follows >> 32 = id >> 32 AND repeated = 1 AND status IN (0, 3, 4, 6, 7)
        AND (status <> 4 OR held = 1))),
    requeued bigint NOT NULL DEFAULT 0
    CHECK (requeued >= 0 AND (requeued = 0 OR status IN (0, 1))),
    CHECK ((status = 5) = (fingerprint IS NULL)),
    CHECK (status <> 5 OR attempts = 0)
);

CREATE TABLE rollcall.ready (
    batch_id bigint NOT NULL REFERENCES rollcall.batches (id),
    not_before bigint NOT NULL,
    record_id bigint NOT NULL UNIQUE REFERENCES rollcall.records (id),
    PRIMARY KEY (batch_id, not_before, record_id),
    CHECK (record_id >> 32 = batch_id)
);

CREATE TABLE rollcall.results (
    record_id bigint PRIMARY KEY REFERENCES rollcall.records (id),
    http_status bigint CHECK (http_status BETWEEN 100 AND 999),
    reason_code text,
    correlation_id text,
    request_ref_id text,
    submitted_at bigint,
    completed_at bigint NOT NULL,
    flagged bigint NOT NULL DEFAULT 0 CHECK (flagged IN (0, 1)),
    detail bytea,
    answer bytea,
    reused_from bigint
    CHECK (reused_from IS NULL OR (reused_from > 4294967296 AND reused_from <> record_id)));

CREATE TABLE rollcall.schedules (
    job text NOT NULL CHECK (job <> ''),
    last_due bigint NOT NULL,
    times text NOT NULL DEFAULT '',
    -- Each node has schedules of its own, for its own folders.
    node_id bigint NOT NULL REFERENCES rollcall.nodes (id),
    PRIMARY KEY (node_id, job));

CREATE TABLE rollcall.claimed_files (
    path text NOT NULL CHECK (path <> ''),
    job text NOT NULL CHECK (job <> ''),
    -- As it was dropped.
    name text NOT NULL CHECK (name <> ''),
    batch_id bigint REFERENCES rollcall.batches (id),
    claimed_at bigint NOT NULL,
    -- On whose machine the path is.
    node_id bigint NOT NULL REFERENCES rollcall.nodes (id),
    PRIMARY KEY (node_id, path)
);

CREATE TABLE rollcall.runner (
    -- The node's number; SQLite has one runner.
    only_row bigint PRIMARY KEY REFERENCES rollcall.nodes (id),
    pid bigint NOT NULL CHECK (pid > 0),
    host text NOT NULL,
    version text NOT NULL,
    -- Whether it stays when its batches are done.
    is_daemon bigint NOT NULL CHECK (is_daemon IN (0, 1)),
    jobs bigint NOT NULL CHECK (jobs >= 0),
    started_at bigint NOT NULL,
    -- When it last read its settings and jobs.
    loaded_at bigint NOT NULL,
    updated_at bigint NOT NULL,
    gate text NOT NULL CHECK (gate IN ('open', 'closed', 'halted')),
    reason text,
    since bigint,
    next_probe_at bigint,
    probes bigint NOT NULL CHECK (probes >= 0),
    -- Calls a second at the moment, and until when a Retry-After forbids any.
    allowed_rate double precision NOT NULL CHECK (allowed_rate >= 0),
    closed_until bigint,
    batch_id bigint REFERENCES rollcall.batches (id) CHECK (batch_id IS NULL OR is_daemon = 0),
    CHECK (gate = 'open' OR since IS NOT NULL),
    CHECK (gate = 'closed' OR next_probe_at IS NULL)
);

CREATE TABLE rollcall.unknown_batches (
    id bigint PRIMARY KEY CHECK (id > 0),
    -- SHA-256 of the job's name, a zero byte and the file's digest.
    source bytea NOT NULL CHECK (length(source) = 32),
    -- So many attempts were lost in all: no more of its lines can have been sent.
    lost_attempts bigint NOT NULL CHECK (lost_attempts >= 0)
);

CREATE TABLE rollcall.answers (
    fingerprint bytea NOT NULL CHECK (length(fingerprint) = 16),
    record_id bigint NOT NULL CHECK (record_id > 4294967296),
    PRIMARY KEY (fingerprint, record_id)
);

CREATE TABLE rollcall.call_days (
    day bigint PRIMARY KEY CHECK (day BETWEEN 19700101 AND 99991231),
    calls bigint NOT NULL CHECK (calls >= 0),
    billable bigint NOT NULL DEFAULT 0 CHECK (billable >= 0),
    charged bigint NOT NULL DEFAULT 0 CHECK (charged BETWEEN billable AND calls)
) WITH (fillfactor = 10);

CREATE TABLE rollcall.ledger_days (
    day bigint NOT NULL CHECK (day BETWEEN 19700101 AND 99991231),
    batch_id bigint NOT NULL REFERENCES rollcall.batches (id),
    attempts bigint NOT NULL DEFAULT 0,
    calls bigint NOT NULL DEFAULT 0,
    billable bigint NOT NULL DEFAULT 0,
    unbilled bigint NOT NULL DEFAULT 0,
    billing_unknown bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (day, batch_id),
    CHECK (least(billable, unbilled, billing_unknown) >= 0),
    CHECK (billable + unbilled + billing_unknown <= attempts),
    CHECK (calls BETWEEN 0 AND attempts)
);

CREATE TABLE rollcall.archived_records (
    id bigint PRIMARY KEY CHECK (id > 4294967296),
    status bigint NOT NULL CHECK (status IN (2, 3, 5, 6, 7)),
    held bigint NOT NULL CHECK (held = 0),
    spent bigint NOT NULL CHECK (spent >= 0),
    attempts bigint NOT NULL CHECK (attempts >= spent),
    fingerprint bytea CHECK (length(fingerprint) = 16),
    payload bytea NOT NULL,
    repeated bigint NOT NULL CHECK (repeated IN (0, 1)),
    follows bigint CHECK (follows IS NULL OR (follows < id AND follows >> 32 = id >> 32)),
    requeued bigint NOT NULL DEFAULT 0 CHECK (requeued = 0),
    CHECK ((status = 5) = (fingerprint IS NULL))
);

CREATE TABLE rollcall.archived_results (
    record_id bigint PRIMARY KEY REFERENCES rollcall.archived_records (id),
    http_status bigint CHECK (http_status BETWEEN 100 AND 999),
    reason_code text,
    correlation_id text,
    request_ref_id text,
    submitted_at bigint,
    completed_at bigint NOT NULL,
    flagged bigint NOT NULL CHECK (flagged IN (0, 1)),
    detail bytea,
    answer bytea,
    reused_from bigint CHECK (reused_from IS NULL OR (reused_from > 4294967296 AND reused_from <> record_id))
);

CREATE TABLE rollcall.other_calls (
    day bigint NOT NULL CHECK (day BETWEEN 19700101 AND 99991231),
    kind text NOT NULL CHECK (kind IN ('doctor', 'lost by a restore')),
    attempts bigint NOT NULL DEFAULT 0,
    calls bigint NOT NULL DEFAULT 0,
    billable bigint NOT NULL DEFAULT 0,
    unbilled bigint NOT NULL DEFAULT 0,
    billing_unknown bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (day, kind),
    CHECK (least(billable, unbilled, billing_unknown) >= 0),
    CHECK (billable + unbilled + billing_unknown <= attempts),
    CHECK (calls BETWEEN 0 AND attempts)
);

CREATE TABLE rollcall.recent_answers (
    up_to bigint PRIMARY KEY CHECK (up_to > 0),
    refs bytea NOT NULL CHECK (length(refs) > 0 AND length(refs) % 8 = 0)
);

CREATE TABLE rollcall.restores (
    id bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,
    found_at bigint NOT NULL,
    -- Calls at most that were made since the copy; NULL: nobody knows.
    lost_calls bigint CHECK (lost_calls > 0),
    -- Why nobody knows.
    reason text CHECK (reason <> ''),
    -- The last batch there was, those among them that the copy had never heard of.
    last_batch bigint NOT NULL CHECK (last_batch >= 0),
    released_at bigint,
    CHECK ((lost_calls IS NULL) = (reason IS NOT NULL)),
    CHECK (lost_calls IS NULL OR released_at IS NULL)
);

CREATE TABLE rollcall.runner_requests (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at bigint NOT NULL,
    -- look: at the batch, or at all. renew: settings, jobs and keys, too, and open the gate: the cause is said to be fixed.
    kind text NOT NULL CONSTRAINT runner_requests_kind CHECK (kind IN ('look', 'renew')),
    batch_id bigint REFERENCES rollcall.batches (id),
    -- For the log: what was done, and by whom.
    action text NOT NULL CONSTRAINT runner_requests_action CHECK (action IN (
        'start', 'pause', 'resume', 'cancel', 'rerun', 'resolve', 'results', 'doctor', 'resume_after_restore')),
    "user" text NOT NULL
);

CREATE TABLE rollcall.result_folders (
    batch_id bigint NOT NULL REFERENCES rollcall.batches (id),
    folder text NOT NULL CONSTRAINT result_folders_folder CHECK (folder <> ''),
    named_at bigint NOT NULL,
    PRIMARY KEY (batch_id, folder)
);

CREATE TABLE rollcall.waiting_reruns (
    batch_id bigint PRIMARY KEY REFERENCES rollcall.batches (id),
    since bigint NOT NULL
);

CREATE TABLE rollcall.archived_attempts (
    record_id bigint NOT NULL REFERENCES rollcall.archived_records (id),
    id bigint NOT NULL CONSTRAINT archived_attempts_id CHECK (id > 0),
    number bigint NOT NULL CONSTRAINT archived_attempts_number CHECK (number > 0),
    day bigint NOT NULL,
    started_at bigint NOT NULL,
    finished_at bigint NOT NULL,
    outcome text NOT NULL CONSTRAINT archived_attempts_outcome CHECK (outcome IN (
        'succeeded', 'undecipherable', 'repeated', 'rejected', 'misconfigured', 'transient', 'overloaded', 'in_doubt',
        'unsent')),
    cause text,
    billable bigint NOT NULL CONSTRAINT archived_attempts_billable CHECK (billable BETWEEN 0 AND 2),
    called bigint NOT NULL CONSTRAINT archived_attempts_called CHECK (called IN (0, 1)),
    http_status bigint CONSTRAINT archived_attempts_http_status CHECK (http_status BETWEEN 100 AND 999),
    reason_code text,
    correlation_id text,
    CONSTRAINT archived_attempts_key PRIMARY KEY (record_id, id),
    CONSTRAINT archived_attempts_billable_are_calls CHECK (called = 1 OR billable = 0)
);

CREATE TABLE rollcall.key_reminders (
    -- SHA-256 of the certificate, hexadecimal.
    fingerprint text NOT NULL CHECK (length(fingerprint) = 64),
    -- Days before the end; 0: it has expired.
    days bigint NOT NULL CHECK (days >= 0),
    sent_at bigint NOT NULL,
    PRIMARY KEY (fingerprint, days)
);

CREATE TABLE rollcall.account_hash_key (
    id bigint PRIMARY KEY CONSTRAINT account_hash_key_one CHECK (id = 1),
    -- What tells it from other keys and says nothing about it: 16 hexadecimal digits.
    key_id text NOT NULL CONSTRAINT account_hash_key_id CHECK (length(key_id) = 16),
    created_at bigint NOT NULL
);

CREATE TABLE rollcall.audit (
    -- From 1, without gaps.
    id bigint PRIMARY KEY,
    at bigint NOT NULL,
    batch_id bigint,
    action text NOT NULL CONSTRAINT audit_action CHECK (action IN (
        'start', 'pause', 'resume', 'cancel', 'rerun', 'rerun_by_job', 'rerun_waits', 'resolve', 'results', 'doctor',
        'resume_after_restore', 'recover_crash', 'recover_restored', 'doubt_unknown', 'start_runner', 'read_records',
        'export', 'backup', 'restore', 'purge', 'forget', 'rotate', 'log_in', 'upload', 'unknown')),
    detail text,
    "user" text NOT NULL,
    host text NOT NULL,
    version text NOT NULL,
    settings_hash text NOT NULL,
    endpoint text NOT NULL,
    key_id text NOT NULL,
    certificate_fingerprint text NOT NULL,
    -- SHA-256 over the entry before and this one; NULL in those from before this step, for which the next one vouches.
    hash bytea CONSTRAINT audit_hash CHECK (length(hash) = 32)
);

CREATE TABLE rollcall.period_keys (
    id bytea PRIMARY KEY NOT NULL CONSTRAINT period_keys_id CHECK (length(id) = 8),
    -- The month in UTC, as yyyymm.
    month bigint NOT NULL CONSTRAINT period_keys_month CHECK (
        month BETWEEN 197001 AND 999912 AND month % 100 BETWEEN 1 AND 12),
    state text NOT NULL DEFAULT 'live' CONSTRAINT period_keys_state CHECK (state IN ('live', 'destroyed')),
    created_at bigint NOT NULL,
    destroyed_at bigint,
    CONSTRAINT period_keys_destroyed CHECK ((state = 'destroyed') = (destroyed_at IS NOT NULL))
);

CREATE TABLE rollcall.batch_keys (
    batch_id bigint PRIMARY KEY REFERENCES rollcall.batches (id),
    data_key_id bytea NOT NULL UNIQUE CONSTRAINT batch_keys_data_key_id CHECK (length(data_key_id) = 8),
    period_key_id bytea NOT NULL REFERENCES rollcall.period_keys (id),
    wrapped_key bytea NOT NULL CONSTRAINT batch_keys_wrapped_key CHECK (length(wrapped_key) = 60)
);

CREATE TABLE rollcall.forgotten_records (
    -- batch << 32 | line, as records are numbered.
    record_id bigint PRIMARY KEY CONSTRAINT forgotten_records_id CHECK (record_id > 4294967296),
    -- In milliseconds since 1970 UTC; result files name the day.
    forgotten_at bigint NOT NULL,
    -- Whether its rows may still stand in files that Rollcall wrote, or put away.
    in_files bigint NOT NULL DEFAULT 1 CONSTRAINT forgotten_records_in_files CHECK (in_files IN (0, 1))
);

CREATE TABLE rollcall.attempts (
    record_id bigint NOT NULL REFERENCES rollcall.records (id),
    id bigint NOT NULL CONSTRAINT attempts_id CHECK (id > 0),
    number bigint NOT NULL CONSTRAINT attempts_number CHECK (number > 0),
    day bigint NOT NULL,
    started_at bigint NOT NULL,
    finished_at bigint,
    outcome text CONSTRAINT attempts_outcome CHECK (
        outcome = 'succeeded' OR outcome = 'undecipherable' OR outcome = 'repeated' OR outcome = 'rejected'
        OR outcome = 'misconfigured' OR outcome = 'transient' OR outcome = 'overloaded' OR outcome = 'in_doubt'
        OR outcome = 'unsent'),
    cause text,
    billable bigint CONSTRAINT attempts_billable CHECK (billable BETWEEN 0 AND 2),
    -- Whether it counts against the caps: it left, or may have left.
    called bigint NOT NULL DEFAULT 1 CONSTRAINT attempts_called CHECK (called IN (0, 1)),
    http_status bigint CONSTRAINT attempts_http_status CHECK (http_status BETWEEN 100 AND 999),
    reason_code text,
    correlation_id text,
    -- Who may send it: a node in one of its epochs, by one claim, not before and not after a time of the database's
    -- clock (microseconds since 1970 UTC).
    node_id bigint REFERENCES rollcall.nodes (id),
    epoch bigint,
    claim_id bytea CONSTRAINT attempts_claim CHECK (length(claim_id) = 16),
    slot_us bigint,
    send_until_us bigint,
    CONSTRAINT attempts_are_of_a_node CHECK (num_nulls(node_id, epoch, claim_id, slot_us, send_until_us) IN (0, 5)),
    CONSTRAINT attempts_slot CHECK (slot_us <= send_until_us),
    CONSTRAINT attempts_key PRIMARY KEY (record_id, id),
    CONSTRAINT attempts_end CHECK ((outcome IS NULL) = (finished_at IS NULL)),
    CONSTRAINT attempts_end_is_billable_or_not CHECK ((outcome IS NULL) = (billable IS NULL)),
    CONSTRAINT attempts_billable_are_calls CHECK (called = 1 OR billable = 0)
) WITH (fillfactor = 80);

CREATE INDEX batches_by_content ON rollcall.batches (content_digest, job);

CREATE UNIQUE INDEX one_ingest_per_file ON rollcall.batches (job, content_digest) WHERE state = 'ingesting';

CREATE INDEX records_in_doubt ON rollcall.records (fingerprint) WHERE status = 4 AND held = 0;

CREATE INDEX claimed_files_by_job ON rollcall.claimed_files (job);

CREATE INDEX unknown_batches_by_source ON rollcall.unknown_batches (source);

CREATE INDEX batches_unfinished ON rollcall.batches (id) WHERE finished_at IS NULL;

CREATE INDEX batches_to_tend ON rollcall.batches (id) WHERE finished_at IS NULL OR results_for IS DISTINCT FROM finished_at;

CREATE INDEX claimed_files_by_batch ON rollcall.claimed_files (batch_id);

CREATE INDEX records_following ON rollcall.records (follows) WHERE follows IS NOT NULL;

CREATE INDEX records_repeated ON rollcall.records (fingerprint) WHERE repeated = 1 AND follows IS NULL AND status IN (1, 2, 6);

CREATE INDEX batches_to_archive ON rollcall.batches (finished_at)
WHERE finished_at IS NOT NULL AND (archived_to IS NULL OR archived_to < (id << 32 | 4294967295));

CREATE INDEX ledger_days_by_batch ON rollcall.ledger_days (batch_id);

CREATE INDEX audit_by_batch ON rollcall.audit (batch_id);

CREATE UNIQUE INDEX one_live_period_key ON rollcall.period_keys (month) WHERE state = 'live';

CREATE INDEX batch_keys_by_period_key ON rollcall.batch_keys (period_key_id);

CREATE INDEX batches_being_purged ON rollcall.batches (id) WHERE purge_next IS NOT NULL;

CREATE INDEX forgotten_records_still_in_files ON rollcall.forgotten_records (record_id) WHERE in_files = 1;

CREATE UNIQUE INDEX one_open_attempt ON rollcall.attempts (record_id) WHERE outcome IS NULL;

CREATE INDEX attempts_open_of_nodes ON rollcall.attempts (node_id) WHERE outcome IS NULL;

CREATE FUNCTION rollcall.audit_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.hash IS NOT NULL AND NEW.id = coalesce((SELECT max(id) FROM rollcall.audit), 0) + 1 THEN
            RETURN NEW;
        END IF;
        RAISE EXCEPTION 'audit_is_appended' USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RAISE EXCEPTION 'audit_is_never_changed' USING ERRCODE = 'integrity_constraint_violation';
END $$;

CREATE TRIGGER audit_is_appended BEFORE INSERT ON rollcall.audit
FOR EACH ROW EXECUTE FUNCTION rollcall.audit_is_append_only();

CREATE TRIGGER audit_is_never_changed BEFORE UPDATE OR DELETE ON rollcall.audit
FOR EACH ROW EXECUTE FUNCTION rollcall.audit_is_append_only();

CREATE TRIGGER audit_is_never_emptied BEFORE TRUNCATE ON rollcall.audit
FOR EACH STATEMENT EXECUTE FUNCTION rollcall.audit_is_append_only();
