import GRDB
import Migrations

/// A small database: one running batch, one record answered, one queued.
enum SampleRows {
    /// As the first version leaves it.
    static let sql = rows(callDay: "INSERT INTO call_days VALUES (20251123, 1, 1);", keys: keysInside)
    /// As versions 3 to 16 leave it.
    static let withSpend = rows(callDay: "INSERT INTO call_days VALUES (20251123, 1, 1, 1);", keys: keysInside)
    /// As this version leaves it.
    static let current = rows(
        callDay: "INSERT INTO call_days VALUES (20251123, 1, 1, 1);",
        keys: """
            INSERT INTO store (only_row, store_id, endpoint, created_at)
            VALUES (1, zeroblob(16), 'https://localhost', 1);
            INSERT INTO period_keys (id, month, created_at) VALUES (zeroblob(8), 202511, 1);
            """, dataKey: "INSERT INTO batch_keys VALUES (1, zeroblob(8), zeroblob(8), zeroblob(60));")

    private static let keysInside = """
        INSERT INTO store (only_row, store_id, endpoint, sealing_key_id, fingerprint_key, created_at)
        VALUES (1, zeroblob(16), 'https://localhost', '0123456789abcdef', zeroblob(60), 1);
        """

    /// Brings a database to this version; what the store does with keys is done here without any.
    static func migrate(_ database: DatabaseQueue) throws {
        try Migrations.all.apply(
            to: database,
            preparing: [
                Migrations.keysFolder: {
                    try $0.execute(
                        sql: """
                            INSERT INTO period_keys (id, month, created_at) VALUES (zeroblob(8), 202511, 1);
                            UPDATE batch_keys SET period_key_id = zeroblob(8);
                            """)
                }
            ])
    }

    /// Another batch, with nothing in it, from its number and its name.
    static let emptyBatch = """
        INSERT INTO batches (id, name, job, file_name, content_digest, format, state, user, host, version, settings_hash,
          endpoint, key_id, certificate_fingerprint, created_at, cursor)
        VALUES (?, ?, 'j', 'b.csv', zeroblob(32), 'jsonl', 'paused', 'u', 'h', '1', 's', 'https://localhost', 'k', 'c', 1, 0)
        """
    /// An action from its time, its batch, its name and its detail.
    static let action = """
        INSERT INTO actions (at, batch_id, action, detail, user, host, version, settings_hash, endpoint, key_id,
          certificate_fingerprint)
        VALUES (?, ?, ?, ?, 'u', 'h', '1', 's', 'https://localhost', 'k', 'c')
        """

    private static func rows(
        callDay: String, keys: String,
        dataKey: String = "INSERT INTO batch_keys (batch_id, data_key_id, sealing_key_id, wrapped_key) "
            + "VALUES (1, zeroblob(8), '0123456789abcdef', zeroblob(60));"
    ) -> String {
        """
        \(keys)
        INSERT INTO ledger_position VALUES (1, 1);
        \(callDay)
        INSERT INTO batches (id, name, job, file_name, content_digest, format, state, ingested, user, host, version,
          settings_hash, endpoint, key_id, certificate_fingerprint, created_at, ingested_at, cursor, total, queued,
          succeeded, attempts, calls, billable)
        VALUES (1, 'a-1', 'j', 'a.csv', zeroblob(32), 'csv', 'running', 1, 'u', 'h', '1', 's', 'https://localhost', 'k',
          'c', 1, 2, 4294967298, 2, 1, 1, 1, 1, 1);
        \(dataKey)
        INSERT INTO layouts VALUES (1, x'00');
        INSERT INTO records (id, status, spent, attempts, fingerprint, payload)
        VALUES (4294967298, 2, 1, 1, zeroblob(16), x'00'), (4294967299, 0, 0, 0, zeroblob(16), x'00');
        INSERT INTO attempts (record_id, id, number, day, started_at, finished_at, outcome, billable, http_status)
        VALUES (4294967298, 1, 1, 20251123, 3, 4, 'succeeded', 1, 200);
        INSERT INTO results (record_id, http_status, completed_at, answer) VALUES (4294967298, 200, 4, x'00');
        """
    }
}
