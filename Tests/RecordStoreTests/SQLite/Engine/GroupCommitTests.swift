import Basics
import Foundation
import GRDB
import Migrations
import TestSupport
import Testing

@testable import RecordStore

@Suite struct GroupCommitTests {
    /// The outcomes of a group, by the order in which its waiters heard.
    private final class Heard: Sendable {
        private let words = Lock<[String]>([])
        var all: [String] { words.withLock { $0 } }
        func add(_ word: String) { words.withLock { $0.append(word) } }

        func operation(
            _ name: String, _ work: @escaping @Sendable (WriterConnection) throws -> Void
        ) -> WriteOperation {
            let told: @Sendable () -> Void = { self.add("\(name) done") }
            return WriteOperation(
                perform: { connection in
                    try work(connection)
                    return told
                }, fail: { _ in self.add("\(name) failed") })
        }
    }

    private func commit(
        _ folder: StoreFolder, whileBusy busyMode: Database.BusyMode = .immediateError,
        _ body: (inout GroupCommit, WriterConnection) throws -> Void
    ) async throws {
        if try folder.files().isEmpty { try await folder.open().close() }
        try Self.commit(folder, busyMode, body)
    }

    private static func commit(
        _ folder: StoreFolder, _ busyMode: Database.BusyMode,
        _ body: (inout GroupCommit, WriterConnection) throws -> Void
    ) throws {
        let pool = try DatabaseFile(path: folder.database).openForWriting(whileBusy: busyMode)
        let files = try folder.ledgerFiles()
        try pool.writeWithoutTransaction { database in
            let connection = try WriterConnection(StoreConnection(database))
            var commit = GroupCommit(connection, files)
            try body(&commit, connection)
        }
        try pool.close()
    }

    private static func insert(_ connection: WriterConnection, _ day: Int64) throws {
        try connection.add(DayChange(opened: 1), on: CallDay(rawValue: day))
    }

    private static func days(_ connection: WriterConnection) throws -> [Int] {
        try Int.fetchAll(connection.database, sql: "SELECT day FROM call_days ORDER BY day")
    }

    @Test func oneThatBreaksARuleFailsAlone() async throws {
        let heard = Heard()
        try await commit(try StoreFolder()) { commit, connection in
            commit.run([
                heard.operation("a") { try Self.insert($0, 20_250_101) },
                heard.operation("b") {
                    try Self.insert($0, 20_250_102)
                    throw StoreError.readOnly
                },
                heard.operation("c") {
                    try Self.insert($0, 20_250_103)
                    try Self.insert($0, 1)
                },
                heard.operation("d") { try Self.insert($0, 20_250_104) },
            ])
            #expect(commit.failure == nil)
            #expect(heard.all == ["a done", "b failed", "c failed", "d done"])
            let days = try Self.days(connection)
            #expect(days == [20_250_101, 20_250_104])
        }
    }

    @Test func completionsAreCountedOnceWhateverElseIsInTheirGroup() async throws {
        let folder = try StoreFolder()
        let store = try await folder.open()
        let batch = try await store.runningBatch(count: 3)
        let ends = try await store.claim(batch, 2).records.map { try SealedCompletion($0.succeeded, key: nil) }
        try await store.close()
        let heard = Heard()
        let finishes = ends.map { end in
            var operation = heard.operation("finish") { connection in
                let applied = try connection.finish([end])
                #expect(applied == 1)
            }
            operation.leavesCountersToTheGroup = true
            return operation
        }
        let broken = heard.operation("broken") { connection in
            let row = try connection.batchRow(batch.id)
            #expect(row.inFlight == 1)
            throw StoreError.readOnly
        }
        let last = heard.operation("last") { connection in
            let row = try connection.batchRow(batch.id)
            #expect(row.inFlight == 0 && row.queued == 1)
        }
        try await commit(folder) { commit, _ in commit.run([finishes[0], broken, finishes[1], last]) }
        #expect(heard.all == ["finish done", "broken failed", "finish done", "last done"])
        let again = try await folder.open()
        let counts = try await again.progress(batch.id)
        #expect(counts.succeeded == 2 && counts.inFlight == 0 && counts.billable == 2 && counts.queued == 1)
        #expect(try await again.calls(on: RecordStore.day) == (2, 2))
        try await again.close()
    }

    private func request(
        _ batch: Batch, _ count: Int, _ caps: CallCaps, _ store: RecordStore
    ) async throws -> ClaimRequest {
        ClaimRequest(
            batch: batch.id, count: count, now: 1_000, dueBy: 1_000, caps: caps,
            key: try await store.dataKey(of: batch.id), keys: store.keys)
    }

    /// A claim as the writing thread does it, with the group's other claims and ends.
    private func claim(
        _ name: String, _ request: ClaimRequest, _ heard: Heard, finishing ends: [SealedCompletion] = []
    ) -> WriteOperation {
        var operation = heard.operation(name) { connection in
            _ = try connection.finish(ends)
            let result = try connection.claim(request)
            let capped = result.cappedBy.map { ", capped by \($0.rawValue)" } ?? ""
            heard.add("\(name): \(result.records.count) of a \(result.state.rawValue) batch\(capped)")
        }
        operation.leavesCountersToTheGroup = true
        return operation
    }

    @Test(
        arguments: [
            (CallCaps(daily: 6, day: RecordStore.day), true), (CallCaps(daily: 6, day: RecordStore.day), false),
            (CallCaps(monthly: 6, day: RecordStore.day), true), (CallCaps(monthly: 6, day: RecordStore.day), false),
            (CallCaps(batch: 6, day: RecordStore.day), false),
        ])
    func claimsOfOneGroupAreCountedAgainstTheCapsTogether(caps: CallCaps, areOfTwoBatches: Bool) async throws {
        let folder = try StoreFolder()
        let store = try await folder.open()
        let batch = try await store.runningBatch(count: 9)
        let other = areOfTwoBatches ? try await store.runningBatch(count: 9, content: 2) : batch
        let ends = try await store.claim(batch, 2).records.map { try SealedCompletion($0.succeeded, key: nil) }
        let requests = [try await request(batch, 3, caps, store), try await request(other, 3, caps, store)]
        try await store.close()
        let heard = Heard()
        let (first, second) = (claim("first", requests[0], heard, finishing: ends), claim("second", requests[1], heard))
        let last = heard.operation("last") { connection in
            let rows = try (areOfTwoBatches ? [batch, other] : [batch]).map { try connection.batchRow($0.id) }
            #expect(rows.map(\.inFlight) == (areOfTwoBatches ? [3, 1] : [4]))
            #expect(rows.map(\.queued) == (areOfTwoBatches ? [4, 8] : [3]))
            #expect(rows.map(\.calls) == (areOfTwoBatches ? [5, 1] : [6]))
            let day = "SELECT calls + 100 * billable + 10000 * charged FROM call_days"
            let batchDays = "SELECT sum(calls) + 100 * sum(billable) + 10000 * sum(attempts) FROM ledger_days"
            let counted = try [day, batchDays].map { try Int.fetchAll(connection.database, sql: $0) }
            #expect(counted == [[60_206], [60_206]])
        }
        try await commit(folder) { commit, _ in commit.run([first, second, last]) }
        let cap = caps.daily != nil ? Cap.dailyCalls : caps.monthly != nil ? .monthlyCost : .batchCalls
        #expect(
            heard.all == [
                "first: 3 of a running batch", "second: 1 of a running batch, capped by \(cap.rawValue)", "first done",
                "second done", "last done",
            ])
    }

    @Test func aBatchWhoseAnswersAreWaitedForKeepsThemFromThenOn() async throws {
        let folder = try StoreFolder()
        let store = try await folder.open()
        let rows = [SampleRow(2, request: "b"), SampleRow(3, request: "a")]
        let (one, two) = (
            try await store.linkedBatch(rows, content: 1),
            try await store.linkedBatch([SampleRow(2, request: "a")], content: 2)
        )
        let ends = try await store.claim(one).records.map { try SealedCompletion($0.succeeded, key: nil) }
        let caps = CallCaps(answeredSince: 1_000, day: RecordStore.day)
        let waiting = try await request(two, 5, caps, store)
        try await store.close()
        let heard = Heard()
        var last = heard.operation("last") { _ = try $0.finish([ends[1]]) }
        last.leavesCountersToTheGroup = true
        let found = heard.operation("found") { connection in
            let answers = try Int.fetchAll(connection.database, sql: "SELECT record_id & 255 FROM answers")
            let known = try Int.fetchAll(connection.database, sql: "SELECT answers_known FROM batches ORDER BY id")
            #expect(answers == [3] && known == [1, 0])
        }
        // The first end reads the batch's row, which did not keep its answers then.
        let wait = claim("waits", waiting, heard, finishing: [ends[0]])
        try await commit(folder) { commit, _ in commit.run([wait, last, found]) }
        #expect(heard.all == ["waits: 0 of a running batch", "waits done", "last done", "found done"])
    }

    @Test func aClaimFindsItsBatchAsItsGroupLeftIt() async throws {
        let folder = try StoreFolder()
        let store = try await folder.open()
        let batch = try await store.runningBatch(count: 9)
        let request = try await request(batch, 3, CallCaps(day: RecordStore.day), store)
        try await store.close()
        let heard = Heard()
        let pause = heard.operation("pause") { connection in
            let hasMoved = try connection.move(batch.id, from: [.running], to: .paused, reason: "so that it waits")
            #expect(hasMoved)
        }
        let (first, second) = (claim("first", request, heard), claim("second", request, heard))
        try await commit(folder) { commit, _ in commit.run([first, pause, second]) }
        #expect(
            heard.all == [
                "first: 3 of a running batch", "second: 0 of a paused batch", "first done", "pause done", "second done",
            ])
    }

    @Test func nobodyHearsOfSuccessBeforeItIsCommitted() async throws {
        let folder = try StoreFolder()
        let heard = Heard()
        try await commit(folder) { commit, connection in
            let reader = try DatabaseFile(path: folder.database).openForReading()
            let count: @Sendable () -> Void = {
                let found = try? reader.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM call_days") }
                heard.add("\(found ?? -1) rows")
            }
            commit.run([
                WriteOperation(
                    perform: { connection in
                        try Self.insert(connection, 20_250_101)
                        count()
                        return count
                    }, fail: { _ in heard.add("failed") })
            ])
            #expect(heard.all == ["0 rows", "1 rows"])
            try reader.close()
        }
    }

    @Test func whereThereIsTooLittleRoomWhatFitsIsWrittenAndTheRestFailsAlone() async throws {
        let heard = Heard()
        try await commit(try StoreFolder()) { commit, connection in
            commit.run([heard.operation("before") { try Self.insert($0, 20_250_101) }])
            try FullDisk.fillUp(connection.database)
            commit.run([
                heard.operation("a") { try Self.insert($0, 20_250_102) },
                heard.operation("b") { try $0.database.execute(sql: "CREATE TABLE big AS SELECT zeroblob(99999)") },
                heard.operation("c") { try Self.insert($0, 20_250_103) },
            ])
            #expect(heard.all == ["before done", "a done", "b failed", "c done"])
            #expect(commit.failure == nil)
            let days = try Self.days(connection)
            #expect(days == [20_250_101, 20_250_102, 20_250_103])
        }
    }

    @Test func aClaimWhoseMarkCannotBeWrittenIsNeverMadeAgain() async throws {
        let folder = try StoreFolder()
        try await folder.open().close()
        let heard = Heard()
        let pool = try DatabaseFile(path: folder.database).openForWriting(whileBusy: .immediateError)
        // A device that takes no byte: ENOSPC.
        try FileManager.default.createSymbolicLink(
            atPath: folder.path + "/elsewhere.mark", withDestinationPath: "/dev/full")
        let mark = try LedgerHighWaterMark(
            database: folder.path + "/elsewhere", storeID: [UInt8](repeating: 0, count: 16))
        let own = try folder.ledgerFiles()
        let files = LedgerFiles(mark: mark, journal: own.journal, trace: own.trace)
        try await pool.writeWithoutTransaction { database in
            var commit = try GroupCommit(WriterConnection(StoreConnection(database)), files)
            commit.run([heard.operation("claim") { $0.claimed = [Self.claimed] }])
            #expect(commit.failure?.code == .stateNotWritten)
            #expect(commit.failure?.message.contains("make room") == true)
            #expect(heard.all == ["claim failed"])
        }
        try pool.close()
    }

    private static let claimed = ClaimedAttempt(
        record: RecordID(rawValue: 1 << 32 + 1), attempt: AttemptID(rawValue: 7), day: CallDay(rawValue: 20_261_128))

    /// A mark whose disk is full once.
    private final class FullMark: LedgerFollowing {
        private let isFull = Lock(true)

        func reserve(upTo attempt: Int64) throws {}

        func advance(to attempt: Int64, _ claimed: [ClaimedAttempt]) throws {
            let wasFull = isFull.withLock { isFull in
                defer { isFull = false }
                return isFull
            }
            if wasFull { throw StoreError(.diskFull, StoreError.fullDisk) }
        }

        func settle() throws {}
    }

    @Test("Once there was no room for the mark alone, what comes next is written as soon as there is")
    func roomForTheMark() async throws {
        let folder = try StoreFolder()
        try await folder.open().close()
        let (heard, storage) = (Heard(), StorageWatch())
        let pool = try DatabaseFile(path: folder.database).openForWriting(whileBusy: .immediateError)
        try await pool.writeWithoutTransaction { database in
            var commit = try GroupCommit(
                WriterConnection(StoreConnection(database)), FullMark(), storage: storage,
                waitingForRoom: { .everybody })
            commit.run([heard.operation("claim") { $0.claimed = [Self.claimed] }])
            commit.run([heard.operation("end") { try Self.insert($0, 20_250_101) }])
        }
        #expect(heard.all == ["claim done", "end done"])
        #expect(storage.condition == .normal)
        try pool.close()
    }

    @Test func aCancelledTaskStillWrites() async throws {
        let folder = try StoreFolder()
        let store = try await folder.open()
        let batch = try await store.runningBatch(count: 1)
        let claim = try await store.claim(batch)
        let task = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            return try await store.finish(claim.records.map(\.succeeded))
        }
        #expect(try await task.value == 1)
        #expect(try await store.statuses(batch) == [.succeeded])
        try await store.close()
    }

    @Test func manyWritersAtOnceAreAllCounted() async throws {
        let folder = try StoreFolder()
        let store = try await folder.open()
        let batch = try await store.runningBatch(count: 300)
        let records = try await store.claim(batch, 300).records
        let applied = try await withThrowingTaskGroup(of: Int.self) { group in
            for record in records { group.addTask { try await store.finish([record.succeeded]) } }
            for record in records { group.addTask { try await store.finish([record.rejected]) } }
            return try await group.reduce(0, +)
        }
        #expect(applied == 300)
        let counts = try await store.progress(batch.id)
        #expect(counts.succeeded + counts.failed == 300 && counts.inFlight == 0 && counts.attempts == 300)
        try await store.close()
    }

    @Test func whatWaitsWhenTheStoreIsClosedIsWritten() async throws {
        let folder = try StoreFolder()
        let store = try await folder.open()
        let batch = try await store.runningBatch(count: 1)
        let claim = try await store.claim(batch)
        _ = try await store.finish(claim.records.map(\.succeeded))
        try await store.close()
        let again = try await folder.open()
        #expect(again.recovery.openAttempts == 0)
        #expect(try await again.statuses(batch) == [.succeeded])
        try await again.close()
    }

    @Test func aWriteWaitsForAnotherProcessToLetGo() async throws {
        let folder = try StoreFolder()
        let heard = Heard()
        try await folder.open().close()
        let other = try Self.connection(to: folder)
        let letGo: Database.BusyCallback = { _ in
            heard.add("waits")
            return (try? other.writeWithoutTransaction { try $0.execute(sql: "ROLLBACK") }) != nil
        }
        try await commit(folder, whileBusy: .callback(letGo)) { commit, connection in
            try other.writeWithoutTransaction { try $0.execute(sql: "BEGIN IMMEDIATE") }
            commit.run([heard.operation("a") { try Self.insert($0, 20_250_101) }])
            let days = try Self.days(connection)
            #expect(days == [20_250_101])
        }
        #expect(heard.all == ["waits", "a done"])
        try other.close()
    }

    @Test func aLockThatIsNeverLetGoIsAFailureForAll() async throws {
        let folder = try StoreFolder()
        let heard = Heard()
        try await folder.open().close()
        let other = try Self.connection(to: folder)
        try await commit(folder) { commit, _ in
            try other.writeWithoutTransaction { try $0.execute(sql: "BEGIN IMMEDIATE") }
            commit.run([heard.operation("a") { _ in }, heard.operation("b") { _ in }])
            #expect(commit.failure?.code == .stateNotWritten)
        }
        #expect(heard.all == ["a failed", "b failed"])
        try await other.writeWithoutTransaction { try $0.execute(sql: "ROLLBACK") }
        try other.close()
    }

    /// Another program's connection, which may keep a transaction open.
    private static func connection(to folder: StoreFolder) throws -> DatabaseQueue {
        var configuration = Configuration()
        configuration.allowsUnsafeTransactions = true
        return try DatabaseQueue(path: folder.database, configuration: configuration)
    }
}
