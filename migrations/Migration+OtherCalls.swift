extension Migration {
    /// Calls that are no batch's are counted. The same text, to be read by people, is `v0006_other_calls.sql`; a test
    /// compares them.
    static let otherCalls = Migration(
        number: 6, name: "other_calls",
        sql: #"""
            -- v0006: calls that are no batch's stand in the ledger of their day.
            --
            -- A test call of the doctor, and calls that a restored database does not know: each is in call_days, too, so that caps
            -- and prices count it. The kind is shown to people as it is.
            CREATE TABLE other_calls (
                day INTEGER NOT NULL CHECK (day BETWEEN 19700101 AND 99991231),
                kind TEXT NOT NULL CHECK (kind IN ('doctor', 'lost by a restore')),
                attempts INTEGER NOT NULL DEFAULT 0,
                calls INTEGER NOT NULL DEFAULT 0,
                billable INTEGER NOT NULL DEFAULT 0,
                unbilled INTEGER NOT NULL DEFAULT 0,
                billing_unknown INTEGER NOT NULL DEFAULT 0,
                PRIMARY KEY (day, kind),
                CHECK (min(billable, unbilled, billing_unknown) >= 0),
                CHECK (billable + unbilled + billing_unknown <= attempts),
                CHECK (calls BETWEEN 0 AND attempts)
            ) STRICT, WITHOUT ROWID;

            """#)
}
