-- v0015: ids that look like payment card numbers, and the key by which account ids are hashed.

-- Lines to be sent whose id or account looks like a card number, counted while the file is read: confirmation names them.
ALTER TABLE batches ADD COLUMN card_like_ids INTEGER NOT NULL DEFAULT 0 CHECK (card_like_ids >= 0);

-- The key of the transform hmac-sha256, which lies in a file: once batches used it no other may take its place.
CREATE TABLE account_hash_key (
    id INTEGER PRIMARY KEY CONSTRAINT account_hash_key_one CHECK (id = 1),
    -- What tells it from other keys and says nothing about it: 16 hexadecimal digits.
    key_id TEXT NOT NULL CONSTRAINT account_hash_key_id CHECK (length(key_id) = 16),
    created_at INTEGER NOT NULL
) STRICT;
