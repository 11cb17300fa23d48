-- v0018: no key of the database is wrapped by the sealing key any more, nor lies here with what would open it.

-- A batch's data key, wrapped by the key of the month in which the batch was made. Without its row here a batch can be
-- read by nobody.
CREATE TABLE batch_keys_by_period (
    batch_id INTEGER PRIMARY KEY REFERENCES batches (id),
    data_key_id BLOB NOT NULL UNIQUE CONSTRAINT batch_keys_data_key_id CHECK (length(data_key_id) = 8),
    period_key_id BLOB NOT NULL REFERENCES period_keys (id),
    wrapped_key BLOB NOT NULL CONSTRAINT batch_keys_wrapped_key CHECK (length(wrapped_key) = 60)
) STRICT;

INSERT INTO batch_keys_by_period SELECT batch_id, data_key_id, period_key_id, wrapped_key FROM batch_keys;
DROP TABLE batch_keys;
ALTER TABLE batch_keys_by_period RENAME TO batch_keys;
CREATE INDEX batch_keys_by_period_key ON batch_keys (period_key_id);

-- The fingerprint key is in keys_folder, sealed; its file names the sealing key.
ALTER TABLE store DROP COLUMN fingerprint_key;
ALTER TABLE store DROP COLUMN sealing_key_id;
