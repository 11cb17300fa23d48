import GRDB
import Testing

@testable import RecordStore

@Suite struct MaintenanceTests {
    /// Adds so many records of 60 kB.
    private static func fill(_ store: RecordStore, rows: Int, from line: Int = 2) async throws {
        let first = RecordID(batch: BatchID(rawValue: 1), line: line).rawValue
        for start in stride(from: 0, to: rows, by: 50) {
            try await store.write { connection in
                let sql = """
                    WITH RECURSIVE numbers (n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM numbers WHERE n < 49)
                    INSERT INTO records (id, status, fingerprint, payload)
                    SELECT ? + n, 0, randomblob(16), zeroblob(60000) FROM numbers
                    """
                try connection.database.execute(sql: sql, arguments: [first + Int64(start)])
            }
        }
    }

    private static func count(_ database: StoreConnection) throws -> Int {
        try Int.fetchOne(database, sql: "SELECT count(*) FROM records") ?? 0
    }

    @Test func theWALIsBoundedWhileOthersReadAndWriteOn() async throws {
        let folder = try StoreFolder()
        let (store, reader) = (try await folder.open(), try await folder.openForReading())
        var longest = 0
        for round in 0..<4 {
            try await Self.fill(store, rows: 200, from: 2 + 200 * round)
            #expect(try await reader.read(Self.count) == 200 * (round + 1))
            longest = max(longest, try await store.maintain().logBytes)
        }
        // 48 MB went through it.
        #expect(longest <= WALCheckpoint.usualBytes)
        try await reader.close()
        try await store.close()
    }

    @Test func whatAReaderHoldsIsCutOnceItIsDone() async throws {
        let folder = try StoreFolder()
        let (store, reader) = (try await folder.open(), try await folder.openForReading())
        try await Self.fill(store, rows: 50)
        let snapshot = try reader.sqlite.pool.makeSnapshot()
        #expect(try await snapshot.read { try Self.count(StoreConnection($0)) } == 50)
        try await Self.fill(store, rows: 700, from: 100)
        let held = try await store.maintain()
        #expect(held.isHeldByReader && held.logBytes > WALCheckpoint.usualBytes)
        #expect(try await snapshot.read { try Self.count(StoreConnection($0)) } == 50)
        try snapshot.close()
        let after = try await store.maintain()
        #expect(!after.isHeldByReader && after.logBytesBefore == held.logBytes && after.logBytes == 0)
        #expect(try store.readWaiting(Self.count) == 750)
        try await reader.close()
        try await store.close()
    }

    @Test func freePagesGoBackInBoundedSteps() async throws {
        let folder = try StoreFolder()
        let store = try await folder.open()
        try await Self.fill(store, rows: 300)
        try await store.write { try $0.database.execute(sql: "DELETE FROM records") }
        let before = try Self.pages(store)
        #expect(try await store.maintain(givingBackUpTo: 100).pagesGivenBack == 100)
        #expect(try Self.pages(store) <= before - 100)
        let rest = try await store.maintain().pagesGivenBack
        #expect(rest > 100)
        #expect(try await store.maintain().pagesGivenBack == 0)
        #expect(try Self.pages(store) <= before - 100 - rest)
        try await store.close()
    }

    private static func pages(_ store: RecordStore) throws -> Int {
        try store.readWaiting { try Int.fetchOne($0, sql: "PRAGMA page_count") } ?? 0
    }

    @Test(arguments: [(0, 10, 0), (1_024, 5_000, 0), (1_025, 5_000, 1), (3_000, 60_000, 0), (3_005, 60_000, 5)])
    func soManyArePutBack(_ free: Int, _ total: Int, _ surplus: Int) {
        #expect(FreePages(free: free, total: total).surplus == surplus)
    }

    @Test func aBodyCanStopAndWriteMeanwhile() async throws {
        struct Stop: Error {}
        let folder = try StoreFolder()
        let store = try await folder.open()
        let batch = try await store.runningBatch(count: 600)
        var seen = 0
        await #expect(throws: Stop.self) {
            try await store.forEachRecord(batch.id) { _ in
                seen += 1
                try store.writeWaiting { try $0.add(DayChange(opened: 1), on: CallDay(rawValue: 20_250_101)) }
                if seen == 300 { throw Stop() }
            }
        }
        #expect(seen == 300)
        try await store.close()
    }
}
