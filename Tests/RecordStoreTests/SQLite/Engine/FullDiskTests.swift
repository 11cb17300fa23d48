import Basics
import Foundation
import GRDB
import TestSupport
import Testing

@testable import RecordStore

/// A database that may not grow: to SQLite the same as a full disk (https://www.sqlite.org/pragma.html#pragma_max_page_count).
enum FullDisk {
    /// Allows the file not one page more.
    static func fillUp(_ database: StoreConnection) throws {
        let pages = try Int.fetchOne(database, sql: "PRAGMA page_count") ?? 0
        try database.execute(sql: "PRAGMA max_page_count = \(pages)")
    }

    static func makeRoom(_ database: StoreConnection) throws {
        try database.execute(sql: "PRAGMA max_page_count = 1000000")
    }
}

@Suite("A full disk", .timeLimit(.minutes(15)))
struct FullDiskTests {
    private static let large = String(repeating: "x", count: 100_000)

    /// Returns once the store has found that its disk is full, or has room again.
    private static func settle(_ store: RecordStore, isFull: Bool) async throws {
        try await waitUntil { (store.storageCondition != .normal) == isFull }
    }

    private static func withLargeAnswer(_ record: ClaimedRecord) -> Completion {
        record.completion(.succeeded, httpStatus: 200, billable: .yes, answer: large)
    }

    @Test("Ends of calls are kept until there is room, nothing is claimed, and everything continues by itself")
    func endsAreKept() async throws {
        let folder = try StoreFolder()
        let store = try await folder.open()
        let told = Lock<[Bool]>([])
        store.observeStorage { condition in told.withLock { $0.append(condition != .normal) } }
        let batch = try await store.runningBatch(count: 5)
        let records = try await store.claim(batch, 3).records
        try store.writeWaiting { try FullDisk.fillUp($0.database) }
        async let ends = store.finish(records.map(Self.withLargeAnswer))
        try await Self.settle(store, isFull: true)
        let claim = await #expect(throws: StoreError.self) { try await store.claim(batch, 2) }
        #expect(claim?.code == .diskFull && claim?.message.contains("make room") == true)
        let proof = await #expect(throws: StoreError.self) { try await store.confirmWriting(at: 1) }
        #expect(proof?.code == .diskFull)
        #expect(try await store.statuses(batch) == [.inFlight, .inFlight, .inFlight, .queued, .queued])
        guard case .full(let since) = try await folder.description().storageCondition() else {
            Issue.record("others are not told")
            return
        }
        #expect(since > 0)
        #expect(try await folder.description().runnerProcess() == getpid())
        // What needs no room is written meanwhile.
        try await store.write { try FullDisk.makeRoom($0.database) }
        #expect(try await ends == 3)
        try await store.waitForRoom()
        try await Self.settle(store, isFull: false)
        #expect(try await folder.description().storageCondition() == .normal)
        #expect(try await store.claim(batch, 5).records.count == 2)
        #expect(told.withLock { $0 } == [true, false])
        #expect(try await store.view(batch, 2).answer == Array(Self.large.utf8))
        try await store.close()
        #expect(try folder.files().allSatisfy { !$0.hasSuffix(".room") })
    }

    @Test("Who is asked to stop waits for less and less: at last the calls are in doubt, and the store says why")
    func stopping() async throws {
        let folder = try StoreFolder()
        let store = try await folder.open()
        let batch = try await store.runningBatch(count: 2)
        let records = try await store.claim(batch, 2).records
        try store.writeWaiting { try FullDisk.fillUp($0.database) }
        let ends = Task { try await store.finish(records.map(Self.withLargeAnswer)) }
        let other = Task {
            try await store.write { try $0.database.execute(sql: "CREATE TABLE big AS SELECT zeroblob(99999)") }
        }
        try await Self.settle(store, isFull: true)
        store.stopWaitingForRoom(exceptForEndsOfCalls: true)
        let first = await #expect(throws: StoreError.self) { try await other.value }
        #expect(first?.code == .diskFull && first?.isFatal == true)
        // Still kept: what is asked for now is refused, what was in hand is not.
        let late = await #expect(throws: StoreError.self) {
            try await store.write { try $0.database.execute(sql: "CREATE TABLE big AS SELECT zeroblob(99999)") }
        }
        #expect(late?.code == .diskFull)
        store.stopWaitingForRoom(exceptForEndsOfCalls: false)
        let second = await #expect(throws: StoreError.self) { try await ends.value }
        #expect(second?.code == .diskFull)
        try await store.close()
        let again = try await folder.open()
        #expect(again.recovery.openAttempts == 2)
        #expect(try await again.statuses(batch) == [.inDoubt, .inDoubt])
        try await again.close()
    }

    @Test("What waits when the store is closed fails, and closing does not wait for room")
    func closing() async throws {
        let folder = try StoreFolder()
        let store = try await folder.open()
        let batch = try await store.runningBatch(count: 1)
        let records = try await store.claim(batch, 1).records
        try store.writeWaiting { try FullDisk.fillUp($0.database) }
        let ends = Task { try await store.finish(records.map(Self.withLargeAnswer)) }
        try await Self.settle(store, isFull: true)
        try await store.close()
        let failure = await #expect(throws: StoreError.self) { try await ends.value }
        #expect(failure?.code == .diskFull)
    }

    @Test("Whoever works beside a runner is told at once")
    func besideTheRunner() async throws {
        let folder = try StoreFolder()
        let runner = try await folder.open()
        let store = try await folder.openForOperating()
        try store.writeWaiting { try FullDisk.fillUp($0.database) }
        let error = await #expect(throws: StoreError.self) {
            try await store.write { try $0.database.execute(sql: "CREATE TABLE big AS SELECT zeroblob(99999)") }
        }
        #expect(error?.code == .diskFull)
        try await store.close()
        try await runner.close()
    }

    /// Patience, and whether it includes waiting while everybody, only ends of calls, or nobody waits.
    @Test(arguments: [
        (Patience.none, [false, false, false]), (.untilStopped, [true, false, false]),
        (.toTheLast, [true, true, false]),
    ])
    func patience(patience: Patience, waits: [Bool]) {
        let found = [WaitingForRoom.everybody, .endsOfCalls, .nobody].map { $0.includes(patience) }
        #expect(found == waits)
    }

    @Test("A disk with room is found to have some, and nothing is left of the look")
    func probe() throws {
        let folder = try StoreFolder()
        #expect(RoomProbe(database: folder.database).hasRoom())
        #expect(try folder.files().isEmpty)
    }

    @Test(
        "On a small file system the database takes less space for its own work",
        arguments: [
            (nil, 4_194_304, 2_048), (1_099_511_627_776, 4_194_304, 2_048), (67_108_864, 4_194_304, 512),
            (12_582_912, 786_432, 96), (65_536, 4_096, 1),
        ] as [(Int?, Int, Int)])
    func allowance(size: Int?, reserve: Int, pages: Int) {
        let allowance = SpaceAllowance(fileSystemBytes: size)
        #expect(allowance.reserveBytes == reserve && allowance.checkpointPages == pages)
    }

    @Test("A synchronization that failed is for good, even for want of room")
    func failedSynchronization() {
        let error = DatabaseError(resultCode: .SQLITE_IOERR_FSYNC)
        let failure = StoreError(error, while: .writing, because: SystemFault(ENOSPC))
        #expect(failure.code == .stateNotWritten && failure.message.contains("make room"))
    }
}
