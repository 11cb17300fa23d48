-- v0020: persons can be forgotten: what is personal of their records is erased, wherever these lie. Statuses, times and
-- the ledger stay.

-- A row refers to nothing: a record may lie in the archived tables, and a line that was refused with its whole file is in
-- none.
CREATE TABLE forgotten_records (
    -- batch << 32 | line, as records are numbered.
    record_id INTEGER PRIMARY KEY CONSTRAINT forgotten_records_id CHECK (record_id > 4294967296),
    -- In milliseconds since 1970 UTC; result files name the day.
    forgotten_at INTEGER NOT NULL,
    -- Whether its rows may still stand in files that Rollcall wrote, or put away.
    in_files INTEGER NOT NULL DEFAULT 1 CONSTRAINT forgotten_records_in_files CHECK (in_files IN (0, 1))
) STRICT;

CREATE INDEX forgotten_records_still_in_files ON forgotten_records (record_id) WHERE in_files = 1;
