-- p0029: calls of lines that a server had lost, which nodes have told it: what stands here is told, and counted, once.

CREATE TABLE rollcall.unknown_calls (
    record_id bigint NOT NULL CONSTRAINT unknown_calls_record CHECK (record_id > 4294967296),
    attempt_id bigint NOT NULL CONSTRAINT unknown_calls_attempt CHECK (attempt_id > 0),
    PRIMARY KEY (record_id, attempt_id)
);

-- A number may have been that of more than one batch.
ALTER TABLE rollcall.unknown_batches DROP CONSTRAINT unknown_batches_pkey;
ALTER TABLE rollcall.unknown_batches ADD PRIMARY KEY (id, source);
