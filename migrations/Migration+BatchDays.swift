extension Migration {
    /// A batch's days are found by the batch. The same text, to be read by people, is `v0011_batch_days.sql`; a test
    /// compares them.
    static let batchDays = Migration(
        number: 11, name: "batch_days",
        sql: #"""
            -- v0011: a batch's days are found by the batch.
            --
            -- The ledger of days is kept by day; what a batch costs asks for the months in which it made calls.
            CREATE INDEX ledger_days_by_batch ON ledger_days (batch_id);

            """#)
}
