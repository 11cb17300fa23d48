-- v0029: a number may have been that of more than one batch of which a restored database, or a server that took over, knows nothing.

CREATE TABLE unknown_batches_by_file (
    id INTEGER NOT NULL CONSTRAINT unknown_batches_id CHECK (id > 0),
    -- SHA-256 of the job's name, a zero byte and the file's digest.
    source BLOB NOT NULL CONSTRAINT unknown_batches_source CHECK (length(source) = 32),
    -- So many attempts were lost in all: no more of its lines can have been sent.
    lost_attempts INTEGER NOT NULL CONSTRAINT unknown_batches_lost_attempts CHECK (lost_attempts >= 0),
    PRIMARY KEY (id, source)
) STRICT;
INSERT INTO unknown_batches_by_file (id, source, lost_attempts) SELECT id, source, lost_attempts FROM unknown_batches;
DROP TABLE unknown_batches;
ALTER TABLE unknown_batches_by_file RENAME TO unknown_batches;
CREATE INDEX unknown_batches_by_source ON unknown_batches (source);
