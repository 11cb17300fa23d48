import Basics
import Foundation
import TestSupport
import Testing

@testable import RecordStore

@Suite("PostgreSQL's schema", .onPostgreSQL)
struct PostgreSQLSchemaTests {
    /// What only one engine's tables have.
    private static let apart: Set<String> = [
        "ledger_position.last_batch", "attempts.node_id", "attempts.epoch", "attempts.claim_id", "attempts.slot_us",
        "attempts.send_until_us", "batches.home_node", "schedules.node_id", "claimed_files.node_id",
        "store.moved_to", "store.moved_at",
    ]
    private static let tablesApart: Set<String> = [
        "schema_steps", "contract", "nodes", "grdb_migrations", "destroyed_copies", "schedule_runs", "unknown_calls",
    ]

    @Test("It has the tables and columns of SQLite's, and the nodes' beside them")
    func sameColumns() async throws {
        let (folder, nodes) = (try StoreFolder(), try NodesFixture())
        let (store, node) = (try await folder.open(), try await nodes.open("a"))
        let sql = """
            SELECT sqlite_master.name || '.' || info.name FROM sqlite_master JOIN pragma_table_info(sqlite_master.name) AS info
            WHERE sqlite_master.type = 'table' AND sqlite_master.name NOT LIKE 'sqlite%'
            """
        let sqlite = Set(try store.readWaiting { try String.fetchAll($0, sql: sql) })
        let found = try nodes.run(
            """
            SELECT table_name || '.' || column_name FROM information_schema.columns WHERE table_schema = 'rollcall'
              AND NOT (SELECT relispartition FROM pg_class WHERE pg_class.oid = ('rollcall.' || table_name)::regclass)
            """)
        func shared(_ columns: Set<String>) -> Set<String> {
            columns.subtracting(Self.apart).filter { name in
                !Self.tablesApart.contains { name.hasPrefix("\($0).") }
            }
        }
        #expect(shared(Set(found)).symmetricDifference(shared(sqlite)).sorted() == [])
        #expect(sqlite.count > 150)
        try await store.close()
        try await nodes.close(node)
    }

    @Test(
        "It refuses what cannot be",
        arguments: [
            "UPDATE rollcall.batches SET queued = queued + 1",
            "UPDATE rollcall.batches SET in_flight = -1, queued = queued + 3",
            "UPDATE rollcall.batches SET state = 'completed', finished_at = 1",
            "UPDATE rollcall.batches SET state = 'asleep'",
            "UPDATE rollcall.records SET status = 9", "UPDATE rollcall.records SET held = 1 WHERE status = 0",
            "UPDATE rollcall.records SET fingerprint = NULL", "UPDATE rollcall.records SET spent = 7",
            "UPDATE rollcall.attempts SET outcome = 'succeeded'", "UPDATE rollcall.attempts SET epoch = NULL",
            "UPDATE rollcall.attempts SET send_until_us = slot_us - 1",
            "INSERT INTO rollcall.attempts (record_id, id, number, day, started_at) SELECT record_id, 99, 9, day, 1 "
                + "FROM rollcall.attempts",
            "DELETE FROM rollcall.records", "UPDATE rollcall.call_days SET charged = calls + 1",
            "INSERT INTO rollcall.period_keys (id, month, created_at) SELECT '\\x0102030405060708', month, 1 "
                + "FROM rollcall.period_keys",
            "INSERT INTO rollcall.contract (only_row) VALUES (2)", "UPDATE rollcall.nodes SET state = 'asleep'",
            "UPDATE rollcall.audit SET detail = 'x'", "DELETE FROM rollcall.audit", "TRUNCATE rollcall.audit",
            "INSERT INTO rollcall.audit SELECT 9, at, batch_id, action, detail, \"user\", host, version, settings_hash, "
                + "endpoint, key_id, certificate_fingerprint, hash FROM rollcall.audit",
        ])
    func refusals(statement: String) async throws {
        let nodes = try NodesFixture()
        let node = try await nodes.open("a")
        let batch = try await node.runningBatch(count: 3)
        _ = try await node.claim(batch, 1)
        try await node.recordAction(.sample(.resume))
        #expect(throws: PostgreSQLServer.Failure.self) { try nodes.run(statement) }
        try await nodes.close(node)
    }
}
