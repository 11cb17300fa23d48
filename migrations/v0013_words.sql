-- v0013: outcomes and actions are words that this version knows.
--
-- A word that it does not know, which no version ever wrote, does not keep a database from being opened. An outcome becomes
-- the one that says the same of the invoice, an action 'unknown'; the word stands first in the cause or the detail.
--
-- The rows are copied, because a CHECK cannot be added to a table (https://sqlite.org/lang_altertable.html, 'Making Other
-- Kinds Of Table Schema Changes'). Columns and their order stay as they were.

CREATE TABLE new_attempts (
    record_id INTEGER NOT NULL REFERENCES records (id),
    id INTEGER NOT NULL CONSTRAINT attempts_id CHECK (id > 0),
    number INTEGER NOT NULL CONSTRAINT attempts_number CHECK (number > 0),
    day INTEGER NOT NULL,
    started_at INTEGER NOT NULL,
    finished_at INTEGER,
    outcome TEXT CONSTRAINT attempts_outcome CHECK (outcome IN (
        'succeeded', 'undecipherable', 'repeated', 'rejected', 'misconfigured', 'transient', 'overloaded', 'in_doubt',
        'unsent')),
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

INSERT INTO new_attempts
SELECT record_id, id, number, day, started_at, finished_at,
  CASE
    WHEN is_known THEN outcome
    WHEN billable = 1 THEN 'succeeded'
    WHEN billable = 2 THEN 'in_doubt'
    WHEN called = 1 THEN 'rejected'
    ELSE 'unsent'
  END,
  CASE WHEN is_known THEN cause ELSE outcome || ifnull(', ' || cause, '') END,
  billable, called, http_status, reason_code, correlation_id
FROM (
  SELECT *, outcome IS NULL OR outcome IN (
    'succeeded', 'undecipherable', 'repeated', 'rejected', 'misconfigured', 'transient', 'overloaded', 'in_doubt',
    'unsent') AS is_known
  FROM attempts)
ORDER BY record_id, id;

DROP TABLE attempts;
ALTER TABLE new_attempts RENAME TO attempts;
CREATE UNIQUE INDEX one_open_attempt ON attempts (record_id) WHERE outcome IS NULL;

CREATE TABLE new_archived_attempts (
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

INSERT INTO new_archived_attempts
SELECT record_id, id, number, day, started_at, finished_at,
  CASE
    WHEN is_known THEN outcome
    WHEN billable = 1 THEN 'succeeded'
    WHEN billable = 2 THEN 'in_doubt'
    WHEN called = 1 THEN 'rejected'
    ELSE 'unsent'
  END,
  CASE WHEN is_known THEN cause ELSE outcome || ifnull(', ' || cause, '') END,
  billable, called, http_status, reason_code, correlation_id
FROM (
  SELECT *, outcome IN (
    'succeeded', 'undecipherable', 'repeated', 'rejected', 'misconfigured', 'transient', 'overloaded', 'in_doubt',
    'unsent') AS is_known
  FROM archived_attempts)
ORDER BY record_id, id;

DROP TABLE archived_attempts;
ALTER TABLE new_archived_attempts RENAME TO archived_attempts;

CREATE TABLE new_actions (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    at INTEGER NOT NULL,
    batch_id INTEGER REFERENCES batches (id),
    action TEXT NOT NULL CONSTRAINT actions_action CHECK (action IN (
        'start', 'pause', 'resume', 'cancel', 'rerun', 'rerun_by_job', 'rerun_waits', 'resolve', 'results', 'doctor',
        'resume_after_restore', 'recover_crash', 'recover_restored', 'doubt_unknown', 'unknown')),
    detail TEXT,
    user TEXT NOT NULL,
    host TEXT NOT NULL,
    version TEXT NOT NULL,
    settings_hash TEXT NOT NULL,
    endpoint TEXT NOT NULL,
    key_id TEXT NOT NULL,
    certificate_fingerprint TEXT NOT NULL
) STRICT;

INSERT INTO new_actions
SELECT id, at, batch_id,
  CASE WHEN is_known THEN action ELSE 'unknown' END,
  CASE WHEN is_known THEN detail ELSE action || ifnull(': ' || detail, '') END,
  user, host, version, settings_hash, endpoint, key_id, certificate_fingerprint
FROM (
  SELECT *, action IN (
    'start', 'pause', 'resume', 'cancel', 'rerun', 'rerun_by_job', 'rerun_waits', 'resolve', 'results', 'doctor',
    'resume_after_restore', 'recover_crash', 'recover_restored', 'doubt_unknown') AS is_known
  FROM actions)
ORDER BY id;

DROP TABLE actions;
ALTER TABLE new_actions RENAME TO actions;
CREATE INDEX actions_by_batch ON actions (batch_id);
