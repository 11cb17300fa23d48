import Basics
import Foundation
import Migrations
import TestSupport
import Testing

@testable import RecordStore

@Suite("The numbers of batches by month")
struct BatchRangeTests {
    @Test(
        "A new month begins a new range; a clock that is behind does not",
        arguments: [
            (0, nil, 202_611, 1), (1, 202_611, 202_611, 2), (1, 202_610, 202_611, 100_001), (9, nil, 202_611, 10),
            (99_999, 202_611, 202_611, 100_000), (100_000, 202_611, 202_611, 100_001),
            (100_000, 202_611, 202_612, 100_001), (100_001, 202_611, 202_612, 200_001),
            (250_000, 202_612, 202_701, 300_001), (250_000, 202_612, 202_611, 250_001),
            (2_147_400_000, 202_611, 202_612, 2_147_400_001), (2_147_400_001, 202_611, 202_612, 2_147_400_002),
        ] as [(Int64, Int64?, Int64, Int64)])
    func numbers(last: Int64, begun: Int64?, month: Int64, expected: Int64) throws {
        let number = BatchRange.number(
            after: last, inRangeOf: begun.flatMap(CalendarMonth.init(rawValue:)),
            at: try #require(CalendarMonth(rawValue: month)))
        #expect(number == expected)
    }

    @Test func rangesLieSideBySide() {
        #expect(BatchRange(of: 100_000) == BatchRange(of: 1) && BatchRange(of: 100_001) == BatchRange(of: 1).next)
        #expect(BatchRange(of: 100_001).first == 100_001)
        #expect(BatchRange(of: 100_001).partition(of: "archived_records") == "archived_records_to_200000")
        #expect(BatchRange(of: 2_147_300_001).next?.first == 2_147_400_001)
        #expect(BatchRange(of: BatchID.greatest).next == nil)
    }
}

@Suite("Partitions by months of batches", .onPostgreSQL)
struct PartitionsTests {
    private static func batch(_ content: UInt8, at day: String, in store: RecordStore) async throws -> Batch {
        let batch = try await store.createBatch(
            NewBatch(
                job: "nightly", fileName: "accounts.csv", contentDigest: [UInt8](repeating: content, count: 32),
                format: .csv, layout: Array("layout".utf8), provenance: StoreFolder.provenance,
                createdAt: WallTime(try Date(day + "T12:00:00Z", strategy: .iso8601)), again: true))
        try await store.take([SampleRow(2), SampleRow(3, error: "wrong")], into: batch)
        try await store.finishIngest(batch.id, state: .running)
        return batch
    }

    private static let tables = ["archived_attempts", "archived_records", "archived_results"]

    /// How many rows lie in which partition.
    private static func rows(_ nodes: NodesFixture) throws -> [String] {
        let parts = tables.map { "SELECT tableoid AS place FROM rollcall.\($0)" }
        return try nodes.run(
            """
            SELECT relname, count(*) FROM (\(parts.joined(separator: " UNION ALL "))) AS every_row
            JOIN pg_class ON pg_class.oid = place GROUP BY 1 ORDER BY 1
            """)
    }

    @Test("Each month's batches have their own, in which what is put away is found")
    func months() async throws {
        let nodes = try NodesFixture()
        let a = try await nodes.open("a")
        var batches: [Batch] = []
        for (content, day) in ["2026-01-31", "2026-02-01", "2026-01-31", "2026-02-02", "2026-03-01"].enumerated() {
            batches.append(try await Self.batch(UInt8(content), at: day, in: a))
        }
        #expect(batches.map(\.id.rawValue) == [1, 100_001, 100_002, 100_003, 200_001])
        for batch in batches {
            let records = try await a.claim(batch, 5).records
            #expect(records.map(\.id.line) == [2])
            #expect(try await a.finish(records.map(\.succeeded)) == 1)
            try await a.setState(batch.id, to: .completed, reason: nil)
        }
        #expect(try await a.archive(finishedBefore: .distantFuture) == 10)
        let rows = try Self.rows(nodes)
        let expected = Self.tables.flatMap { table in
            [(100_000, 1), (200_000, 3), (300_000, 1)].map { end, batches in
                "\(table)_to_\(end)|\(table == "archived_attempts" ? batches : batches * 2)"
            }
        }
        #expect(rows == expected)
        for batch in batches {
            #expect(try await a.view(batch, 2).status == .succeeded)
            #expect(try await a.view(batch, 3).status == .invalid)
            #expect(try await a.ledgerTotals(batch.id).calls == 1)
        }
        // The next month's are there before its first batch.
        for table in Self.tables {
            #expect(try nodes.run("SELECT to_regclass('rollcall.\(table)_to_400000') IS NOT NULL") == ["t"])
        }
        try await nodes.close(a)
    }

    /// Ends a batch as if all of it were answered, and puts it away.
    private static func putAway(_ batch: Batch, in store: RecordStore) async throws {
        let records = try await store.claim(batch, 5).records
        #expect(try await store.finish(records.map(\.succeeded)) == 1)
        try await store.setState(batch.id, to: .completed, reason: nil)
        #expect(try await store.archive(finishedBefore: .distantFuture) == 2)
    }

    @Test(
        "A month with more batches than a range has goes on in the next one, up to the last number",
        arguments: [100_000, 12_345_678, 2_147_300_000, 2_147_400_000, 2_147_483_646])
    func full(last: Int64) async throws {
        let nodes = try NodesFixture()
        let a = try await nodes.open("a")
        _ = try await Self.batch(1, at: "2026-01-30", in: a)
        try nodes.run("UPDATE rollcall.ledger_position SET last_batch = \(last)")
        let batch = try await Self.batch(2, at: "2026-01-31", in: a)
        #expect(batch.id.rawValue == last + 1)
        try await Self.putAway(batch, in: a)
        try await nodes.close(a)
    }

    @Test("Two nodes that make the first batch of a month at once make one range's partitions")
    func atOnce() async throws {
        let nodes = try NodesFixture()
        let (a, b) = (try await nodes.open("a"), try await nodes.open("b"))
        _ = try await Self.batch(1, at: "2026-01-30", in: a)
        async let first = Self.batch(2, at: "2026-02-01", in: a)
        async let second = Self.batch(3, at: "2026-02-01", in: b)
        let numbers = try await [first, second].map(\.id.rawValue)
        #expect(numbers.sorted() == [100_001, 100_002])
        try await nodes.close(a, b)
    }

    @Test("What is at work on a whole table keeps partitions from being made ahead, and no batch from being made")
    func vacuumed() async throws {
        let nodes = try NodesFixture()
        let a = try await nodes.open("a")
        _ = try await Self.batch(1, at: "2026-01-30", in: a)
        let table = "archived_records_to_100000"
        // As VACUUM does, which cannot be held.
        let held = try nodes.hold("LOCK TABLE rollcall.\(table) IN SHARE UPDATE EXCLUSIVE MODE")
        let batch = try await Self.batch(2, at: "2026-02-01", in: a)
        #expect(batch.id.rawValue == 100_001)
        #expect(try nodes.run("SELECT to_regclass('rollcall.archived_attempts_to_300000') IS NULL") == ["t"])
        held.end()
        #expect(try await Self.batch(3, at: "2026-02-01", in: a).id.rawValue == 100_002)
        #expect(try nodes.run("SELECT to_regclass('rollcall.archived_attempts_to_300000') IS NULL") == ["f"])
        try await nodes.close(a)
    }

    @Test("A statement that knows its batch looks into that month's partitions alone")
    func pruned() async throws {
        let nodes = try NodesFixture()
        let a = try await nodes.open("a")
        let range = BatchID(rawValue: 100_001).records
        let plan = try a.writeWaiting { connection in
            let read = "SELECT id FROM archived_records WHERE id BETWEEN $1 AND $2 ORDER BY id LIMIT 20"
            try connection.database.execute(sql: "PREPARE reading (bigint, bigint) AS \(read)")
            return try String.fetchAll(
                connection.database,
                sql: "EXPLAIN ANALYZE EXECUTE reading (\(range.lowerBound), \(range.upperBound))")
        }
        #expect(plan.contains { $0.contains("Subplans Removed: 1") })
        #expect(plan.contains { $0.contains("Index") && $0.contains("archived_records_to_200000") })
        #expect(!plan.contains { $0.contains("Sort") || $0.contains("Seq Scan") || $0.contains("_to_100000") })
        try await nodes.close(a)
    }

    @Test("What an earlier version has becomes the first partition, with its keys and references")
    func migrated() async throws {
        let nodes = try NodesFixture(withoutSchema: true)
        try nodes.run(Migrations.postgreSQLBaseline.sql)
        let steps = Migrations.postgreSQLSteps(after: Migrations.postgreSQLBaseline.version)
        let before = try #require(steps.firstRange(of: "\n-- p0028"))
        try nodes.run(String(steps[..<before.lowerBound]))
        let (batch, record) = (Int64(150_000), Int64(150_000) << 32 | 2)
        try nodes.run(
            """
            INSERT INTO rollcall.ledger_position (only_row, last_attempt) VALUES (1, 0);
            INSERT INTO rollcall.batches
              (id, name, job, file_name, content_digest, format, state, "user", host, version, settings_hash, endpoint,
               key_id, certificate_fingerprint, created_at, cursor, total, queued, ingested, ingested_at)
            VALUES (\(batch), 'a-150000', 'nightly', 'a.csv', decode(repeat('00', 32), 'hex'), 'csv', 'running', 'u', 'h',
               '1', 's', 'e', 'k', 'c', 1, \(record - 2), 1, 1, 1, 1);
            INSERT INTO rollcall.archived_records (id, status, held, spent, attempts, fingerprint, payload, repeated)
            VALUES (\(record), 2, 0, 0, 0, decode(repeat('00', 16), 'hex'), '', 0);
            """)
        try nodes.run(String(steps[before.lowerBound...]))
        let places = try nodes.run(
            "SELECT id, relname FROM rollcall.archived_records JOIN pg_class ON oid = archived_records.tableoid")
        #expect(places == ["\(record)|archived_records_to_200000"])
        #expect(try nodes.run("SELECT to_regclass('rollcall.archived_attempts_to_300000') IS NOT NULL") == ["t"])
        let result = "INSERT INTO rollcall.archived_results (record_id, completed_at, flagged) VALUES"
        try nodes.run("\(result) (\(record), 1, 0)")
        for refused in [
            "\(result) (\(record + 1), 1, 0)", "\(result) (\(record), 1, 0)",
            "INSERT INTO rollcall.archived_records SELECT * FROM rollcall.archived_records",
            "DELETE FROM rollcall.archived_records", "UPDATE rollcall.archived_records SET status = 4",
        ] {
            #expect(throws: PostgreSQLServer.Failure.self) { try nodes.run(refused) }
        }
        try nodes.run("DROP SCHEMA rollcall CASCADE")
    }

    @Test("A database that moves to PostgreSQL finds partitions for all batches that it has")
    func moved() async throws {
        let site = try MoveSite()
        var store = try await site.file().openForRunning(StoreFolder.provenance)
        _ = try await Self.batch(1, at: "2026-01-31", in: store)
        try await store.write { try $0.database.setLastBatchNumber(450_000) }
        let second = try await Self.batch(2, at: "2026-02-01", in: store)
        #expect(second.id.rawValue == 450_001)
        try await Self.putAway(second, in: store)
        try await store.close()
        #expect(try site.moving(site.file(), site.server()).perform().batches == 2)
        store = try await site.server().openForRunning(StoreFolder.provenance)
        #expect(try await store.view(second, 2).status == .succeeded)
        #expect(try await Self.batch(3, at: "2026-02-02", in: store).id.rawValue == 450_002)
        try await store.close()
        try site.remove()
    }
}
