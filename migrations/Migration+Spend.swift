extension Migration {
    /// Nobody pays by accident. The same text, to be read by people, is `v0003_spend.sql`; a test compares them.
    static let spend = Migration(
        number: 3, name: "spend",
        sql: #"""
            -- v0003: nobody pays by accident.

            -- Whether its request stands in the batch more than once.
            ALTER TABLE records ADD COLUMN repeated INTEGER NOT NULL DEFAULT 0 CHECK (repeated IN (0, 1));

            -- The earlier record of the same batch whose answer is this one's, too: identical requests are called once. A record
            -- that follows is queued without being claimed, and gets its leader's status in the same transaction.
            ALTER TABLE records ADD COLUMN follows INTEGER
                CHECK (follows IS NULL OR (
                    follows < id AND follows >> 32 = id >> 32 AND repeated = 1 AND status IN (0, 3, 4, 6, 7)
                    AND (status <> 4 OR held = 1)));

            CREATE INDEX records_following ON records (follows) WHERE follows IS NOT NULL;

            -- Where a record that is queued again finds that another with its request is under way or answered.
            CREATE INDEX records_repeated ON records (fingerprint) WHERE repeated = 1 AND follows IS NULL AND status IN (1, 2, 6);

            -- Answers by request, for batches that may use those of others (reuse_within). A batch that may puts its own here as they
            -- come; those of any other are put here all at once when they are first wanted, so that who reuses nothing pays nothing.
            CREATE TABLE answers (
                fingerprint BLOB NOT NULL CHECK (length(fingerprint) = 16),
                record_id INTEGER NOT NULL CHECK (record_id > 4294967296),
                PRIMARY KEY (fingerprint, record_id)
            ) STRICT, WITHOUT ROWID;

            -- How many of the batch's answers are there, and whether it puts them there itself.
            ALTER TABLE batches ADD COLUMN answers_known INTEGER NOT NULL DEFAULT 0 CHECK (answers_known BETWEEN 0 AND succeeded);
            ALTER TABLE batches ADD COLUMN keeps_answers INTEGER NOT NULL DEFAULT 0 CHECK (keeps_answers IN (0, 1));

            -- The record of another batch whose answer was copied.
            ALTER TABLE results ADD COLUMN reused_from INTEGER
                CHECK (reused_from IS NULL OR (reused_from > 4294967296 AND reused_from <> record_id));

            -- Queued records that follow another: no calls of their own.
            ALTER TABLE batches ADD COLUMN following INTEGER NOT NULL DEFAULT 0
                CHECK (following >= 0 AND following <= queued);

            -- Whether answers of earlier batches may serve (0: --no-reuse).
            ALTER TABLE batches ADD COLUMN reuses INTEGER NOT NULL DEFAULT 1 CHECK (reuses IN (0, 1));

            -- Charged: billed, under way, or perhaps billed; what limits.monthly_cost counts as paid.
            CREATE TABLE counted_days (
                day INTEGER PRIMARY KEY CHECK (day BETWEEN 19700101 AND 99991231),
                calls INTEGER NOT NULL CHECK (calls >= 0),
                billable INTEGER NOT NULL DEFAULT 0 CHECK (billable >= 0),
                charged INTEGER NOT NULL DEFAULT 0 CHECK (charged BETWEEN billable AND calls)
            ) STRICT;

            INSERT INTO counted_days
            SELECT day, calls, billable, ifnull(charged, 0)
            FROM call_days LEFT JOIN (SELECT day, count(*) AS charged FROM attempts WHERE billable IS NOT 0 GROUP BY day) USING (day);

            DROP TABLE call_days;
            ALTER TABLE counted_days RENAME TO call_days;

            -- The ledger's totals by batch and day, kept in the transactions that write the ledger.
            CREATE TABLE ledger_days (
                day INTEGER NOT NULL CHECK (day BETWEEN 19700101 AND 99991231),
                batch_id INTEGER NOT NULL REFERENCES batches (id),
                attempts INTEGER NOT NULL DEFAULT 0,
                calls INTEGER NOT NULL DEFAULT 0,
                billable INTEGER NOT NULL DEFAULT 0,
                unbilled INTEGER NOT NULL DEFAULT 0,
                billing_unknown INTEGER NOT NULL DEFAULT 0,
                PRIMARY KEY (day, batch_id),
                CHECK (min(billable, unbilled, billing_unknown) >= 0),
                CHECK (billable + unbilled + billing_unknown <= attempts),
                CHECK (calls BETWEEN 0 AND attempts)
            ) STRICT, WITHOUT ROWID;

            INSERT INTO ledger_days
            SELECT day, record_id >> 32, count(*), sum(called), sum(billable IS 1), sum(billable IS 0), sum(billable IS 2)
            FROM attempts GROUP BY day, record_id >> 32;

            """#)
}
