import Basics
import GRDB
import Testing

@testable import RecordStore

/// What was changed in the database behind the store's back.
@Suite struct AlteredDatabaseTests {
    @Test func aRecordAlteredInTheFileFailsWithoutACall() async throws {
        let folder = try StoreFolder()
        let store = try await folder.open()
        let batch = try await store.runningBatch(count: 2)
        try store.writeWaiting { connection in
            let swap = """
                UPDATE records SET payload = (SELECT payload FROM records AS other WHERE other.id <> records.id)
                WHERE id & 4294967295 = 2
                """
            try connection.database.execute(sql: swap)
        }
        let claim = try await store.claim(batch)
        #expect(claim.records.map(\.id.line) == [3])
        #expect(try await store.statuses(batch) == [.failed, .inFlight])
        let counts = try await store.progress(batch.id)
        #expect(counts.unbilled == 1 && counts.calls == 1 && counts.attempts == 2)
        try await store.close()
    }

    @Test func aLedgerThatCanCountNoFurtherIsDamagedAndNothingIsClaimed() async throws {
        let folder = try StoreFolder()
        let store = try await folder.open()
        let batch = try await store.runningBatch(count: 2)
        try store.writeWaiting { connection in
            try connection.database.execute(
                sql: "UPDATE ledger_position SET last_attempt = ?", arguments: [Int64.max - 1])
        }
        let error = await #expect(throws: StoreError.self) { try await store.claim(batch) }
        #expect(error?.code == .damaged)
        #expect(try await store.statuses(batch) == [.queued, .queued])
        try await store.close()
    }

    @Test func aMoveAndItsRequestAreKeptTogetherOrNeitherIs() async throws {
        let folder = try StoreFolder()
        let store = try await folder.open()
        let batch = try await store.runningBatch(count: 1)
        let pause = Action.sample(.pause, of: batch.id)
        #expect(try await !store.moveBatch(batch.id, from: [.halted], to: .paused, reason: nil, noting: pause))
        #expect(try await store.runnerRequests(after: 0).isEmpty)
        let asks = "CREATE TRIGGER full BEFORE INSERT ON runner_requests BEGIN SELECT RAISE(ABORT, 'full'); END"
        try await store.write { try $0.database.execute(sql: asks) }
        await #expect(throws: StoreError.self) {
            try await store.moveBatch(batch.id, from: [.running], to: .paused, reason: nil, noting: pause)
        }
        #expect(try await store.batch(batch.id).state == .running)
        #expect(try await store.actions().isEmpty)
        try await store.write { try $0.database.execute(sql: "DROP TRIGGER full") }
        #expect(try await store.moveBatch(batch.id, from: [.running], to: .paused, reason: nil, noting: pause))
        #expect(try await store.runnerRequests(after: 0).map(\.action) == [.pause])
        try await store.close()
    }

    @Test func noActionIsNeededForAnyOfIt() async throws {
        let folder = try StoreFolder()
        let store = try await folder.open()
        let batch = try await store.runningBatch(count: 1)
        try await store.recordAction(Action.sample(.resume, of: batch.id))
        try await store.addResultFolder("/srv/out", of: batch.id, noting: Action.sample(.results, of: batch.id))
        let waits = Action.sample(.rerunWaits, of: batch.id)
        #expect(try await store.noteWaitingRerun(of: batch.id, noting: waits))
        try await store.write {
            try $0.database.execute(sql: "DROP TRIGGER audit_is_never_deleted; DELETE FROM audit")
        }
        #expect(try await store.runnerRequests(after: 0).map(\.kind) == [.renew, .look])
        #expect(try await store.resultFolders(of: batch.id) == ["/srv/out"])
        #expect(try await !store.noteWaitingRerun(of: batch.id, noting: waits))
        #expect(try await store.actions().isEmpty)
        try await store.close()
    }
}
