extension Migration {
    /// The store as it begins. The same text, to be read by people, is `v0001_initial.sql`; a test compares them.
    static let initial = Migration(
        number: 1, name: "initial",
        sql: #"""
            -- v0001: the store as it begins.
            --
            -- Times are milliseconds since 1970 UTC. A blob called sealed is nonce (12) ‖ ciphertext ‖ tag (16), AES-256-GCM
            -- under the batch's data key, with data key id ‖ record id ‖ column name as associated data.
            -- Record ids are batch << 32 | line, so that a batch's records are one range in input order.
            --
            -- Record statuses: 0 queued, 1 in_flight, 2 succeeded, 3 failed, 4 in_doubt, 5 invalid, 6 reused, 7 cancelled.
            -- Billable: 0 surely not, 1 yes (answered 200), 2 unknown.

            CREATE TABLE store (
                only_row INTEGER PRIMARY KEY CHECK (only_row = 1),
                store_id BLOB NOT NULL CHECK (length(store_id) = 16),
                endpoint TEXT NOT NULL CHECK (endpoint <> ''),
                sealing_key_id TEXT NOT NULL CHECK (length(sealing_key_id) = 16),
                fingerprint_key BLOB NOT NULL CHECK (length(fingerprint_key) = 60),
                created_at INTEGER NOT NULL
            ) STRICT;

            -- How far the ledger has counted: attempt ids are handed out from here and never again.
            CREATE TABLE ledger_position (
                only_row INTEGER PRIMARY KEY CHECK (only_row = 1),
                last_attempt INTEGER NOT NULL CHECK (last_attempt >= 0)
            ) STRICT;

            CREATE TABLE limiter (
                only_row INTEGER PRIMARY KEY CHECK (only_row = 1),
                theoretical_arrival_us INTEGER NOT NULL,
                rate_factor REAL NOT NULL CHECK (rate_factor > 0 AND rate_factor <= 1),
                closed_until INTEGER,
                saved_at INTEGER NOT NULL
            ) STRICT;

            -- Calls that left or may have left, by the calendar day (yyyymmdd) of limits.time_zone; a month is a range of days.
            CREATE TABLE call_days (
                day INTEGER PRIMARY KEY CHECK (day BETWEEN 19700101 AND 99991231),
                calls INTEGER NOT NULL CHECK (calls >= 0),
                billable INTEGER NOT NULL DEFAULT 0 CHECK (billable >= 0 AND billable <= calls)
            ) STRICT;

            CREATE TABLE batches (
                id INTEGER PRIMARY KEY AUTOINCREMENT CHECK (id BETWEEN 1 AND 2147483647),
                name TEXT NOT NULL UNIQUE CHECK (name <> ''),
                job TEXT NOT NULL,
                file_name TEXT NOT NULL,
                content_digest BLOB NOT NULL CHECK (length(content_digest) = 32),
                format TEXT NOT NULL CHECK (format IN ('csv', 'jsonl')),
                state TEXT NOT NULL CHECK (state IN (
                    'ingesting', 'awaiting_confirmation', 'running', 'completed', 'paused', 'halted', 'cancelled', 'rejected')),
                reason TEXT,
                ingested INTEGER NOT NULL DEFAULT 0 CHECK (ingested IN (0, 1)),
                checkpoint_offset INTEGER NOT NULL DEFAULT 0 CHECK (checkpoint_offset >= 0),
                checkpoint_line INTEGER NOT NULL DEFAULT 0 CHECK (checkpoint_line >= 0),
                -- Provenance: who took this in, with what.
                user TEXT NOT NULL,
                host TEXT NOT NULL,
                version TEXT NOT NULL,
                settings_hash TEXT NOT NULL,
                endpoint TEXT NOT NULL,
                key_id TEXT NOT NULL,
                certificate_fingerprint TEXT NOT NULL,
                created_at INTEGER NOT NULL,
                ingested_at INTEGER,
                started_at INTEGER,
                finished_at INTEGER,
                -- Untried records after this id are queued; those before it wait in ready or are past.
                cursor INTEGER NOT NULL,
                -- Records that a restored database cannot vouch for: so many of the lines still to come start in doubt.
                doubted_lines INTEGER NOT NULL DEFAULT 0 CHECK (doubted_lines >= 0),
                total INTEGER NOT NULL DEFAULT 0,
                queued INTEGER NOT NULL DEFAULT 0,
                in_flight INTEGER NOT NULL DEFAULT 0,
                succeeded INTEGER NOT NULL DEFAULT 0,
                failed INTEGER NOT NULL DEFAULT 0,
                in_doubt INTEGER NOT NULL DEFAULT 0,
                invalid INTEGER NOT NULL DEFAULT 0,
                reused INTEGER NOT NULL DEFAULT 0,
                cancelled INTEGER NOT NULL DEFAULT 0,
                attempts INTEGER NOT NULL DEFAULT 0,
                calls INTEGER NOT NULL DEFAULT 0,
                retries INTEGER NOT NULL DEFAULT 0,
                billable INTEGER NOT NULL DEFAULT 0,
                unbilled INTEGER NOT NULL DEFAULT 0,
                billing_unknown INTEGER NOT NULL DEFAULT 0,
                in_doubt_retried INTEGER NOT NULL DEFAULT 0,
                CHECK (total = queued + in_flight + succeeded + failed + in_doubt + invalid + reused + cancelled),
                CHECK (min(queued, in_flight, succeeded, failed, in_doubt, invalid, reused, cancelled) >= 0),
                -- Every open attempt belongs to one record in flight, every closed one is billable, not, or unknown.
                CHECK (attempts = in_flight + billable + unbilled + billing_unknown),
                CHECK (min(billable, unbilled, billing_unknown, retries, in_doubt_retried) >= 0),
                CHECK (calls BETWEEN 0 AND attempts),
                CHECK (state <> 'completed' OR queued + in_flight = 0),
                CHECK (state NOT IN ('cancelled', 'rejected') OR queued = 0),
                CHECK (ingested = 1 OR (in_flight = 0 AND state IN ('ingesting', 'paused', 'cancelled', 'rejected'))),
                CHECK (ingested = 0 OR state <> 'ingesting'),
                CHECK ((ingested = 0) = (ingested_at IS NULL)),
                CHECK ((finished_at IS NOT NULL) = (state IN ('completed', 'cancelled', 'rejected')))
            ) STRICT;

            CREATE INDEX batches_by_content ON batches (content_digest, job);
            CREATE UNIQUE INDEX one_ingest_per_file ON batches (job, content_digest) WHERE state = 'ingesting';

            -- Without its row here a batch can be read by nobody.
            CREATE TABLE batch_keys (
                batch_id INTEGER PRIMARY KEY REFERENCES batches (id),
                data_key_id BLOB NOT NULL UNIQUE CHECK (length(data_key_id) = 8),
                sealing_key_id TEXT NOT NULL CHECK (length(sealing_key_id) = 16),
                wrapped_key BLOB NOT NULL CHECK (length(wrapped_key) = 60)
            ) STRICT;

            CREATE TABLE layouts (
                batch_id INTEGER PRIMARY KEY REFERENCES batches (id),
                layout BLOB NOT NULL
            ) STRICT;

            CREATE TABLE records (
                id INTEGER PRIMARY KEY CHECK (id > 4294967296),
                status INTEGER NOT NULL DEFAULT 0 CHECK (status BETWEEN 0 AND 7),
                -- In doubt without a call of its own, because an identical record is in doubt.
                held INTEGER NOT NULL DEFAULT 0 CHECK (held = 0 OR (held = 1 AND status = 4)),
                spent INTEGER NOT NULL DEFAULT 0 CHECK (spent >= 0),
                attempts INTEGER NOT NULL DEFAULT 0 CHECK (attempts >= spent),
                fingerprint BLOB CHECK (length(fingerprint) = 16),
                payload BLOB NOT NULL,
                CHECK ((status = 5) = (fingerprint IS NULL)),
                CHECK (status <> 5 OR attempts = 0)
            ) STRICT;

            CREATE INDEX records_in_doubt ON records (fingerprint) WHERE status = 4 AND held = 0;

            -- Retries and records queued again. Untried lines are found by their batch's cursor and are never here.
            CREATE TABLE ready (
                batch_id INTEGER NOT NULL REFERENCES batches (id),
                not_before INTEGER NOT NULL,
                record_id INTEGER NOT NULL UNIQUE REFERENCES records (id),
                PRIMARY KEY (batch_id, not_before, record_id),
                CHECK (record_id >> 32 = batch_id)
            ) STRICT, WITHOUT ROWID;

            -- The ledger. A row is committed before the first byte of its call leaves; outcome stays NULL until it is known.
            CREATE TABLE attempts (
                record_id INTEGER NOT NULL REFERENCES records (id),
                id INTEGER NOT NULL CHECK (id > 0),
                number INTEGER NOT NULL CHECK (number > 0),
                day INTEGER NOT NULL,
                started_at INTEGER NOT NULL,
                finished_at INTEGER,
                outcome TEXT CHECK (outcome <> ''),
                cause TEXT,
                billable INTEGER CHECK (billable BETWEEN 0 AND 2),
                -- Whether it counts against the caps: it left, or may have left.
                called INTEGER NOT NULL DEFAULT 1 CHECK (called IN (0, 1)),
                http_status INTEGER CHECK (http_status BETWEEN 100 AND 999),
                reason_code TEXT,
                correlation_id TEXT,
                PRIMARY KEY (record_id, id),
                CHECK ((outcome IS NULL) = (finished_at IS NULL)),
                CHECK ((outcome IS NULL) = (billable IS NULL)),
                CHECK (called = 1 OR billable = 0)
            ) STRICT, WITHOUT ROWID;

            CREATE UNIQUE INDEX one_open_attempt ON attempts (record_id) WHERE outcome IS NULL;

            CREATE TABLE results (
                record_id INTEGER PRIMARY KEY REFERENCES records (id),
                http_status INTEGER CHECK (http_status BETWEEN 100 AND 999),
                reason_code TEXT,
                correlation_id TEXT,
                request_ref_id TEXT,
                submitted_at INTEGER,
                completed_at INTEGER NOT NULL,
                flagged INTEGER NOT NULL DEFAULT 0 CHECK (flagged IN (0, 1)),
                detail BLOB,
                answer BLOB
            ) STRICT;

            CREATE TABLE actions (
                id INTEGER PRIMARY KEY AUTOINCREMENT,
                at INTEGER NOT NULL,
                batch_id INTEGER REFERENCES batches (id),
                action TEXT NOT NULL CHECK (action <> ''),
                detail TEXT,
                user TEXT NOT NULL,
                host TEXT NOT NULL,
                version TEXT NOT NULL,
                settings_hash TEXT NOT NULL,
                endpoint TEXT NOT NULL,
                key_id TEXT NOT NULL,
                certificate_fingerprint TEXT NOT NULL
            ) STRICT;

            CREATE INDEX actions_by_batch ON actions (batch_id);

            """#)
}
