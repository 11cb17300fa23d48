import GRDB
import Testing

@testable import RecordStore

/// What steers a runner is written together with what an operator does, and stands apart from the history of actions.
@Suite struct RunnerRequestsTests {
    private static func action(_ name: Action.Name, of batch: BatchID?) -> Action {
        Action(at: 5, batch: batch, name: name, provenance: StoreFolder.provenance)
    }

    @Test(arguments: [
        (Action.Name.start, RunnerRequest.Kind.look), (.pause, .look), (.resume, .renew), (.cancel, .look),
        (.rerun, .look), (.resolve, .look), (.results, .look), (.doctor, .look), (.resumeAfterRestore, .look),
        (.rerunByJob, nil), (.rerunWaits, nil), (.recoverCrash, nil), (.recoverRestored, nil), (.doubtUnknown, nil),
    ])
    func onlyWhatOperatorsDoIsAskedOfTheRunner(name: Action.Name, kind: RunnerRequest.Kind?) async throws {
        let folder = try StoreFolder()
        let (store, beside) = (try await folder.open(), try await folder.openForOperating())
        let batch = try await store.runningBatch(count: 1)
        try await beside.recordAction(Self.action(name, of: batch.id))
        let found = try await store.runnerRequests(after: 0)
        #expect(found.map(\.kind) == [kind].compactMap(\.self))
        #expect(found.allSatisfy { $0.batch == batch.id && $0.action == name && $0.user == "ada" })
        #expect(try await store.lastRunnerRequest() == found.last?.number ?? 0)
        #expect(try await store.runnerRequests(after: store.lastRunnerRequest()).isEmpty)
        try await beside.close()
        try await store.close()
    }

    @Test func aMoveAndItsRequestAreKeptTogetherOrNeitherIs() async throws {
        let folder = try StoreFolder()
        let store = try await folder.open()
        let batch = try await store.runningBatch(count: 1)
        let pause = Self.action(.pause, of: batch.id)
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
        try await store.recordAction(Self.action(.resume, of: batch.id))
        try await store.addResultFolder("/srv/out", of: batch.id, noting: Self.action(.results, of: batch.id))
        let waits = Self.action(.rerunWaits, of: batch.id)
        #expect(try await store.noteWaitingRerun(of: batch.id, noting: waits))
        try await store.write { try $0.database.execute(sql: "DELETE FROM actions") }
        #expect(try await store.runnerRequests(after: 0).map(\.kind) == [.renew, .look])
        #expect(try await store.resultFolders(of: batch.id) == ["/srv/out"])
        #expect(try await !store.noteWaitingRerun(of: batch.id, noting: waits))
        #expect(try await store.actions().isEmpty)
        try await store.close()
    }

    @Test func aResultFolderIsNamedOnce() async throws {
        let folder = try StoreFolder()
        let store = try await folder.open()
        let batch = try await store.runningBatch(count: 1)
        for name in ["/srv/one", "/srv/two", "/srv/one"] {
            try await store.addResultFolder(name, of: batch.id, noting: Self.action(.results, of: batch.id))
        }
        #expect(try await store.resultFolders(of: batch.id) == ["/srv/one", "/srv/two"])
        #expect(try await store.actions(of: batch.id).count == 2)
        try await store.close()
    }

    @Test func aWaitingRerunIsNewAgainAfterAnOperatorsRerunOnly() async throws {
        let folder = try StoreFolder()
        let store = try await folder.open()
        let batch = try await store.runningBatch(count: 2)
        _ = try await store.run(batch) { $0.rejected }
        let waits = Self.action(.rerunWaits, of: batch.id)
        #expect(try await store.noteWaitingRerun(of: batch.id, noting: waits))
        #expect(try await store.requeue(batch.id, RequeueSelection(statuses: [.failed], limit: 1)) == 1)
        #expect(try await !store.noteWaitingRerun(of: batch.id, noting: waits))
        #expect(try await store.rerun(batch.id, RequeueSelection(statuses: [.failed])).queued == 1)
        #expect(try await store.noteWaitingRerun(of: batch.id, noting: waits))
        #expect(try await store.actions(of: batch.id).map(\.name) == [.rerunWaits, .rerunWaits])
        try await store.close()
    }

    @Test func onlyTheLastThousandRequestsAreKept() async throws {
        let folder = try StoreFolder()
        let store = try await folder.open()
        for _ in 0..<3 { try await store.recordAction(Self.action(.doctor, of: nil)) }
        try await store.write { connection in
            try connection.database.execute(sql: "UPDATE sqlite_sequence SET seq = 1001 WHERE name = 'runner_requests'")
        }
        try await store.recordAction(Self.action(.doctor, of: nil))
        #expect(try await store.runnerRequests(after: 0).map(\.number) == [3, 1_002])
        try await store.close()
    }
}
