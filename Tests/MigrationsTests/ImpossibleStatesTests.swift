import GRDB
import Migrations
import Testing

@Suite struct ImpossibleStatesTests {
    @Test(arguments: [
        "UPDATE batches SET state = 'sleeping'",
        "UPDATE batches SET queued = 0",
        "UPDATE batches SET total = 3",
        "UPDATE batches SET queued = -1, in_flight = 2, attempts = 3",
        "UPDATE batches SET in_flight = 1, queued = 0",
        "UPDATE batches SET calls = 2",
        "UPDATE batches SET billable = 2",
        "UPDATE batches SET state = 'completed', finished_at = 9",
        "UPDATE batches SET state = 'cancelled', finished_at = 9",
        "UPDATE batches SET finished_at = 9",
        "UPDATE batches SET state = 'ingesting'",
        "UPDATE batches SET ingested = 0, ingested_at = NULL",
        "UPDATE batches SET ingested_at = NULL",
        "UPDATE batches SET content_digest = x'00'",
        "UPDATE batches SET format = 'xlsx'",
        "UPDATE records SET status = 8",
        "UPDATE records SET status = 5",
        "UPDATE records SET fingerprint = NULL",
        "UPDATE records SET fingerprint = zeroblob(15)",
        "UPDATE records SET held = 1",
        "UPDATE records SET spent = attempts + 1",
        "UPDATE records SET payload = NULL",
        "UPDATE records SET requeued = 1 WHERE status = 2",
        "UPDATE records SET requeued = -1 WHERE status = 0",
        "UPDATE batches SET reruns = -1",
        "UPDATE batches SET card_like_ids = -1",
        "UPDATE batches SET payloads_purged_at = 9",
        "UPDATE batches SET results_purged_at = 9",
        "UPDATE batches SET ledger_purged_at = 9",
        "UPDATE batches SET purge_next = 4294967297",
        "INSERT INTO forgotten_records (record_id, forgotten_at) VALUES (4294967296, 1)",
        "INSERT INTO forgotten_records VALUES (4294967297, 1, 2)",
        "INSERT INTO forgotten_records (record_id) VALUES (4294967297)",
        "INSERT INTO account_hash_key VALUES (2, '0123456789abcdef', 1)",
        "INSERT INTO account_hash_key VALUES (1, '0123456789abcde', 1)",
        "UPDATE records SET status = 'queued'",
        "UPDATE attempts SET outcome = NULL",
        "UPDATE attempts SET finished_at = NULL",
        "UPDATE attempts SET billable = NULL",
        "UPDATE attempts SET billable = 3",
        "UPDATE attempts SET called = 0",
        "UPDATE attempts SET outcome = ''",
        "UPDATE attempts SET outcome = 'lost'",
        "INSERT INTO audit VALUES (1, 1, NULL, 'sing', NULL, 'u', 'h', '1', 's', 'e', 'k', 'c', zeroblob(32))",
        "INSERT INTO audit VALUES (1, 1, NULL, 'start', NULL, 'u', 'h', '1', 's', 'e', 'k', 'c', zeroblob(31))",
        "INSERT INTO audit VALUES (1, 1, NULL, 'start', NULL, 'u', 'h', '1', 's', 'e', 'k', 'c', NULL)",
        "INSERT INTO audit VALUES (3, 1, NULL, 'start', NULL, 'u', 'h', '1', 's', 'e', 'k', 'c', zeroblob(32))",
        "UPDATE attempts SET http_status = 1000",
        "INSERT INTO attempts (record_id, id, number, day, started_at) VALUES (4294967300, 2, 1, 20251123, 1)",
        "INSERT INTO attempts (record_id, id, number, day, started_at) "
            + "VALUES (4294967299, 2, 1, 20251123, 1), (4294967299, 3, 2, 20251123, 1)",
        "INSERT INTO ready VALUES (1, 0, 4294967300)",
        "INSERT INTO ready VALUES (1, 0, 4294967299), (1, 1, 4294967299)",
        "INSERT INTO ready VALUES (2, 0, 4294967299)",
        "INSERT INTO results (record_id, completed_at) VALUES (4294967300, 1)",
        "INSERT INTO store (only_row, store_id, endpoint, created_at) VALUES (2, zeroblob(16), 'https://elsewhere', 1)",
        "UPDATE store SET moved_at = 1", "UPDATE store SET moved_to = ''",
        "UPDATE batch_keys SET period_key_id = NULL",
        "UPDATE batch_keys SET period_key_id = x'0102030405060708'",
        "UPDATE batch_keys SET wrapped_key = zeroblob(59)",
        "DELETE FROM period_keys",
        "UPDATE period_keys SET id = zeroblob(7)",
        "UPDATE period_keys SET month = 202513",
        "UPDATE period_keys SET state = 'gone'",
        "UPDATE period_keys SET state = 'destroyed'",
        "UPDATE period_keys SET destroyed_at = 1",
        "INSERT INTO period_keys (id, month, created_at) VALUES (x'0102030405060708', 202511, 1)",
        "UPDATE store SET traced = 2",
        "INSERT INTO restores (found_at, last_batch) VALUES (1, 1)",
        "INSERT INTO restores (found_at, lost_calls, last_batch) VALUES (1, 0, 1)",
        "INSERT INTO restores (found_at, reason, last_batch) VALUES (1, '', 1)",
        "INSERT INTO restores (found_at, lost_calls, reason, last_batch) VALUES (1, 3, 'gone', 1)",
        "INSERT INTO restores (found_at, lost_calls, last_batch, released_at) VALUES (1, 3, 1, 2)",
        "INSERT INTO restores (found_at, reason, last_batch) VALUES (1, 'gone', -1)",
        "UPDATE call_days SET billable = 2",
        "UPDATE call_days SET calls = -1, billable = -1",
        "UPDATE call_days SET charged = 2",
        "UPDATE call_days SET charged = 0",
        "UPDATE records SET follows = 4294967299 WHERE id = 4294967299",
        "UPDATE records SET follows = 4294967297 WHERE id = 4294967298",
        "UPDATE records SET follows = 1 WHERE id = 4294967299",
        "UPDATE records SET follows = 4294967298, status = 4 WHERE id = 4294967299",
        "UPDATE results SET reused_from = record_id",
        "UPDATE batches SET following = 2",
        "UPDATE batches SET answers_known = 2",
        "INSERT INTO answers VALUES (zeroblob(15), 4294967298)",
        "UPDATE records SET follows = 4294967298 WHERE id = 4294967299",
        "UPDATE batches SET following = -1",
        "INSERT INTO other_calls VALUES (20251123, 'doctor', 1, 2, 0, 0, 0)",
        "INSERT INTO other_calls VALUES (20251123, 'doctor', 1, 1, 1, 0, 1)",
        "INSERT INTO other_calls VALUES (20251123, 'plumber', 1, 1, 1, 0, 0)",
        "INSERT INTO ledger_days VALUES (20251123, 1, 1, 2, 0, 0, 0)",
        "INSERT INTO ledger_days VALUES (20251123, 1, 1, 1, 1, 1, 0)",
        "INSERT INTO ledger_days VALUES (20251123, 2, 1, 1, 1, 0, 0)",
        "INSERT INTO recent_answers VALUES (0, zeroblob(8))",
        "INSERT INTO recent_answers VALUES (1, x'')",
        "INSERT INTO recent_answers VALUES (1, zeroblob(9))",
        "INSERT INTO recent_answers VALUES (1, NULL)",
        "INSERT INTO limiter VALUES (1, 5, 0.5, NULL, 4, 2)",
        "INSERT INTO runner_requests (at, kind, batch_id, action, user) VALUES (1, 'sing', 1, 'resume', 'u')",
        "INSERT INTO runner_requests (at, kind, batch_id, action, user) VALUES (1, 'look', 1, 'sing', 'u')",
        "INSERT INTO runner_requests (at, kind, batch_id, action, user) VALUES (1, 'look', 2, 'resume', 'u')",
        "INSERT INTO result_folders VALUES (1, '', 1)",
        "INSERT INTO result_folders VALUES (2, '/srv', 1)",
        "INSERT INTO result_folders VALUES (1, '/srv', 1), (1, '/srv', 2)",
        "INSERT INTO waiting_reruns VALUES (2, 1)",
        "INSERT INTO waiting_reruns VALUES (1, 1), (1, 2)",
        "DELETE FROM batches",
        "DELETE FROM records WHERE id = 4294967298",
    ])
    func theSchemaRefuses(_ sql: String) throws {
        let database = try DatabaseQueue()
        try Migrations.all.apply(to: database)
        try database.write { try $0.execute(sql: SampleRows.current) }
        let error = #expect(throws: DatabaseError.self) { try database.write { try $0.execute(sql: sql) } }
        #expect(error?.resultCode == .SQLITE_CONSTRAINT)
    }

    @Test(arguments: [
        "INSERT INTO schedules VALUES ('', 1, '')",
        "INSERT INTO schedules VALUES ('nightly', 'tomorrow', '')",
        "INSERT INTO schedules VALUES ('nightly', 1, NULL)",
        "INSERT INTO claimed_files VALUES ('', 'nightly', 'a.csv', NULL, 1)",
        "INSERT INTO claimed_files VALUES ('working/a.csv', 'nightly', '', NULL, 1)",
        "INSERT INTO claimed_files VALUES ('working/a.csv', 'nightly', 'a.csv', 2, 1)",
        "INSERT INTO claimed_files VALUES ('working/a.csv', 'nightly', 'a.csv', 1, 1), "
            + "('working/a.csv', 'other', 'b.csv', NULL, 1)",
        "INSERT INTO runner VALUES (2, 7, 'h', '1', 1, 0, 1, 1, 1, 'open', NULL, NULL, NULL, 0, 1.0, NULL, NULL, NULL)",
        "INSERT INTO runner VALUES (1, 0, 'h', '1', 1, 0, 1, 1, 1, 'open', NULL, NULL, NULL, 0, 1.0, NULL, NULL, NULL)",
        "INSERT INTO runner VALUES (1, 7, 'h', '1', 1, 0, 1, 1, 1, 'ajar', NULL, NULL, NULL, 0, 1.0, NULL, NULL, NULL)",
        "INSERT INTO runner VALUES (1, 7, 'h', '1', 1, 0, 1, 1, 1, 'closed', NULL, NULL, NULL, 0, 1.0, NULL, NULL, NULL)",
        "INSERT INTO runner VALUES (1, 7, 'h', '1', 1, 0, 1, 1, 1, 'halted', NULL, 2, 3, 0, 1.0, NULL, NULL, NULL)",
        "INSERT INTO runner VALUES (1, 7, 'h', '1', 1, 0, 1, 1, 1, 'open', NULL, NULL, NULL, 0, 1.0, NULL, 1, NULL)",
        "INSERT INTO runner VALUES (1, 7, 'h', '1', 0, 0, 1, 1, 1, 'open', NULL, NULL, NULL, 0, 1.0, NULL, 9, NULL)",
        "INSERT INTO runner VALUES (1, 7, 'h', '1', 1, 0, 1, 1, 1, 'open', NULL, NULL, NULL, 0, 1.0, NULL, NULL, '')",
        "INSERT INTO unknown_batches VALUES (0, zeroblob(32), 1)",
        "INSERT INTO unknown_batches VALUES (9, zeroblob(31), 1)",
        "INSERT INTO unknown_batches VALUES (9, zeroblob(32), -1)",
    ])
    func theDaemonsTablesRefuse(_ sql: String) throws {
        let database = try DatabaseQueue()
        try Migrations.all.upTo(1).apply(to: database)
        try database.write { try $0.execute(sql: SampleRows.sql) }
        try SampleRows.migrate(database)
        let error = #expect(throws: DatabaseError.self) { try database.write { try $0.execute(sql: sql) } }
        #expect(error?.resultCode == .SQLITE_CONSTRAINT)
    }

    @Test func aSecondIngestOfTheSameFileIsRefused() throws {
        let database = try DatabaseQueue()
        try Migrations.all.apply(to: database)
        let insert = """
            INSERT INTO batches (name, job, file_name, content_digest, format, state, user, host, version,
              settings_hash, endpoint, key_id, certificate_fingerprint, created_at, cursor)
            VALUES (?, ?, 'a.csv', zeroblob(32), 'csv', 'ingesting', 'u', 'h', '1', 's', 'e', 'k', 'c', 1, 0)
            """
        try database.write { try $0.execute(sql: insert, arguments: ["a-1", "one"]) }
        try database.write { try $0.execute(sql: insert, arguments: ["a-2", "two"]) }
        let error = #expect(throws: DatabaseError.self) {
            try database.write { try $0.execute(sql: insert, arguments: ["a-3", "one"]) }
        }
        #expect(error?.extendedResultCode == .SQLITE_CONSTRAINT_UNIQUE)
    }
}
