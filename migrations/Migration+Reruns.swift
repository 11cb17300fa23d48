extension Migration {
    /// Records know the re-run that queued them. The same text, to be read by people, is `v0007_reruns.sql`; a test
    /// compares them.
    static let reruns = Migration(
        number: 7, name: "reruns",
        sql: #"""
            -- v0007: what a re-run named.
            --
            -- The number of the re-run of its batch, from 1, that queued a record again which has not ended since; 0: none did. A
            -- re-run sends its own records alone, whatever else waits in the batch.
            ALTER TABLE records ADD COLUMN requeued INTEGER NOT NULL DEFAULT 0
                CHECK (requeued >= 0 AND (requeued = 0 OR status IN (0, 1)));
            ALTER TABLE archived_records ADD COLUMN requeued INTEGER NOT NULL DEFAULT 0 CHECK (requeued = 0);

            -- How many re-runs the batch has had.
            ALTER TABLE batches ADD COLUMN reruns INTEGER NOT NULL DEFAULT 0 CHECK (reruns >= 0);

            """#)
}
