extension Migration {
    /// What a restore lost is kept, and whether that is known. The same text, to be read by people, is
    /// `v0010_restores.sql`; a test compares them.
    static let restores = Migration(
        number: 10, name: "restores",
        sql: #"""
            -- v0010: a restore of which nobody knows what it lost.
            --
            -- Whether a trace of the ledger was made in keys_folder: from then on a missing one is a lost one.
            ALTER TABLE store ADD COLUMN traced INTEGER NOT NULL DEFAULT 0 CHECK (traced IN (0, 1));

            -- Each time the database was found to be restored from before. While one stands here of which nobody knows how many calls
            -- it lost, and that no person has released, batches after last_batch wait before their first call.
            CREATE TABLE restores (
                id INTEGER PRIMARY KEY,
                found_at INTEGER NOT NULL,
                -- Calls at most that were made since the copy; NULL: nobody knows.
                lost_calls INTEGER CHECK (lost_calls > 0),
                -- Why nobody knows.
                reason TEXT CHECK (reason <> ''),
                -- The last batch there was, those among them that the copy had never heard of.
                last_batch INTEGER NOT NULL CHECK (last_batch >= 0),
                released_at INTEGER,
                CHECK ((lost_calls IS NULL) = (reason IS NOT NULL)),
                CHECK (lost_calls IS NULL OR released_at IS NULL)
            ) STRICT;

            """#)
}
