import Basics
import GRDB
import GRDBSQLite
import TestSupport
import Testing

@testable import RecordStore

/// What a claim costs, counted in steps of SQLite's virtual machine: the same on every machine and under any load.
@Suite struct ClaimWorkTests {
    /// How many steps it takes to claim ten records and to finish them.
    private static func steps(_ store: RecordStore, content: UInt8) async throws -> Int {
        let batch = try await store.runningBatch(
            (2...21).map { SampleRow($0, request: "\(content)-\($0)") }, content: content)
        let key = try await store.dataKey(of: batch.id)
        let keys = store.keys
        return try store.writeWaiting { connection in
            let counter = UnsafeMutablePointer<Int>.allocate(capacity: 1)
            defer { counter.deallocate() }
            counter.initialize(to: 0)
            let handle = try connection.database.sqlite.database.sqliteConnection
            sqlite3_progress_handler(
                handle, 1,
                {
                    $0?.assumingMemoryBound(to: Int.self).pointee += 1
                    return 0
                }, counter)
            defer { sqlite3_progress_handler(handle, 0, nil, nil) }
            let request = ClaimRequest(
                batch: batch.id, count: 10, now: 1_000, dueBy: 1_000, caps: RecordStore.uncapped, key: key,
                keys: keys)
            let claim = try connection.claim(request)
            let ends = try claim.records.map { record in
                let end = Completion(
                    attempt: record.attempt, record: record.id, outcome: .succeeded, startedAt: 1, finishedAt: 2,
                    next: .succeeded, billable: .yes)
                return try SealedCompletion(end, key: key)
            }
            #expect(try connection.finish(ends) == 10)
            return counter.pointee
        }
    }

    @Test func aMonthOfNightsDoesNotMakeAClaimWorkMore() async throws {
        let folder = try StoreFolder()
        let store = try await folder.open()
        let first = try await Self.steps(store, content: 1)
        for night in UInt8(2)...91 {
            let batch = try await store.runningBatch(
                (2...6).map { SampleRow($0, request: "\(night)-\($0)") }, content: night)
            _ = try await store.finish(try await store.claim(batch).records.map(\.succeeded))
            try await store.setState(batch.id, to: .completed, reason: nil)
        }
        let after = try await Self.steps(store, content: 100)
        #expect(Double(after) <= 1.02 * Double(first), "\(first) steps, then \(after)")
        #expect(try await store.archive(finishedBefore: .distantFuture) == 450)
        let archived = try await Self.steps(store, content: 101)
        #expect(Double(archived) <= 1.02 * Double(first), "\(first) steps, then \(archived)")
        try await store.close()
    }
}
