-- v0004: finished batches leave the hot tables.
--
-- Of a batch that is over, records with all their rows move to tables of the same shape, in input order, some at a time:
-- those up to batches.archived_to lie there, later ones where they always were. A batch with records in doubt stays:
-- they hold identical ones. What is to be queued again comes back first.

CREATE TABLE archived_records (
    id INTEGER PRIMARY KEY CHECK (id > 4294967296),
    status INTEGER NOT NULL CHECK (status IN (2, 3, 5, 6, 7)),
    held INTEGER NOT NULL CHECK (held = 0),
    spent INTEGER NOT NULL CHECK (spent >= 0),
    attempts INTEGER NOT NULL CHECK (attempts >= spent),
    fingerprint BLOB CHECK (length(fingerprint) = 16),
    payload BLOB NOT NULL,
    repeated INTEGER NOT NULL CHECK (repeated IN (0, 1)),
    follows INTEGER CHECK (follows IS NULL OR (follows < id AND follows >> 32 = id >> 32)),
    CHECK ((status = 5) = (fingerprint IS NULL))
) STRICT;

CREATE TABLE archived_attempts (
    record_id INTEGER NOT NULL REFERENCES archived_records (id),
    id INTEGER NOT NULL CHECK (id > 0),
    number INTEGER NOT NULL CHECK (number > 0),
    day INTEGER NOT NULL,
    started_at INTEGER NOT NULL,
    finished_at INTEGER NOT NULL,
    outcome TEXT NOT NULL CHECK (outcome <> ''),
    cause TEXT,
    billable INTEGER NOT NULL CHECK (billable BETWEEN 0 AND 2),
    called INTEGER NOT NULL CHECK (called IN (0, 1)),
    http_status INTEGER CHECK (http_status BETWEEN 100 AND 999),
    reason_code TEXT,
    correlation_id TEXT,
    PRIMARY KEY (record_id, id),
    CHECK (called = 1 OR billable = 0)
) STRICT, WITHOUT ROWID;

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

-- The greatest record id that lies in the archived tables; the greatest a batch can have when all do; NULL: none.
ALTER TABLE batches ADD COLUMN archived_to INTEGER CHECK (
    archived_to IS NULL OR (
        archived_to >> 32 = id AND finished_at IS NOT NULL AND queued = 0 AND in_flight = 0 AND in_doubt = 0));

-- When it last came back; it is then left alone as if it had just been finished.
ALTER TABLE batches ADD COLUMN brought_back_at INTEGER;

CREATE INDEX batches_to_archive ON batches (finished_at)
WHERE finished_at IS NOT NULL AND (archived_to IS NULL OR archived_to < (id << 32 | 4294967295));
