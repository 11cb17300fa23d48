-- v0009: what came as an answer is remembered.
--
-- The requestRefIds of the endpoint's last 100,000 answers and somewhat more, 8 bytes of each in the order in which they
-- came: a row for each group of calls that ended together, under the number of answers up to its last.
CREATE TABLE recent_answers (
    up_to INTEGER PRIMARY KEY CHECK (up_to > 0),
    refs BLOB NOT NULL CHECK (length(refs) > 0 AND length(refs) % 8 = 0)
) STRICT;

-- Whether a row of answers that could not be read has halted, and none was of use since.
ALTER TABLE limiter ADD COLUMN key_doubted INTEGER NOT NULL DEFAULT 0 CHECK (key_doubted IN (0, 1));
