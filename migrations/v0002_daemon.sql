-- v0002: what the daemon remembers.
--
-- Times are milliseconds since 1970 UTC.

-- Which due time of a job was last dealt with: run, missed or overlapped.
CREATE TABLE schedules (
    job TEXT PRIMARY KEY CHECK (job <> ''),
    last_due INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Files of drop folders between their inbox and their archive, by their place in working/. A row may be written before
-- the file is moved there, so a row without its file means nothing.
CREATE TABLE claimed_files (
    path TEXT PRIMARY KEY CHECK (path <> ''),
    job TEXT NOT NULL CHECK (job <> ''),
    -- As it was dropped.
    name TEXT NOT NULL CHECK (name <> ''),
    batch_id INTEGER REFERENCES batches (id),
    claimed_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX claimed_files_by_job ON claimed_files (job);

-- What the runner last said of itself; whether it lives is told by its lock alone.
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
    closed_until INTEGER,
    CHECK (gate = 'open' OR since IS NOT NULL),
    CHECK (gate = 'closed' OR next_probe_at IS NULL)
) STRICT;

-- Batches with calls that a restored database does not know, as the ledger's mark names them: their numbers are not
-- given again, and their files, should they come again, begin in doubt.
CREATE TABLE unknown_batches (
    id INTEGER PRIMARY KEY CHECK (id > 0),
    -- SHA-256 of the job's name, a zero byte and the file's digest.
    source BLOB NOT NULL CHECK (length(source) = 32),
    -- So many attempts were lost in all: no more of its lines can have been sent.
    lost_attempts INTEGER NOT NULL CHECK (lost_attempts >= 0)
) STRICT;

CREATE INDEX unknown_batches_by_source ON unknown_batches (source);

-- A month of finished batches is not searched for the few that are not.
CREATE INDEX batches_unfinished ON batches (id) WHERE finished_at IS NULL;

-- When a batch that a cap has paused goes on by itself.
ALTER TABLE batches ADD COLUMN resume_at INTEGER;
-- The finished_at of the end whose results are written: another end, after a re-run, lacks them.
ALTER TABLE batches ADD COLUMN results_for INTEGER;
UPDATE batches SET results_for = finished_at;

-- A month of finished batches is not searched for the few that somebody still has to do something about.
CREATE INDEX batches_to_tend ON batches (id) WHERE finished_at IS NULL OR results_for IS NOT finished_at;
CREATE INDEX claimed_files_by_batch ON claimed_files (batch_id);
