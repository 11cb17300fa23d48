import Testing

@testable import RecordStore

/// What steers a runner is written together with what an operator does, and stands apart from the history of actions.
@Suite(.everyEngine) struct RunnerRequestsTests {
    @Test(
        arguments: [
            (Action.Name.start, RunnerRequest.Kind.look), (.pause, .look), (.resume, .renew), (.cancel, .look),
            (.rerun, .look), (.resolve, .look), (.results, .look), (.doctor, .look), (.resumeAfterRestore, .look),
            (.rerunByJob, nil), (.rerunWaits, nil), (.recoverCrash, nil), (.recoverRestored, nil), (.doubtUnknown, nil),
        ] as [(Action.Name, RunnerRequest.Kind?)])
    func onlyWhatOperatorsDoIsAskedOfTheRunner(name: Action.Name, kind: RunnerRequest.Kind?) async throws {
        let folder = try StoreFolder()
        let (store, beside) = (try await folder.open(), try await folder.openForOperating())
        let batch = try await store.runningBatch(count: 1)
        try await beside.recordAction(Action.sample(name, of: batch.id))
        let found = try await store.runnerRequests(after: 0)
        #expect(found.map(\.kind) == [kind].compactMap(\.self))
        #expect(found.allSatisfy { $0.batch == batch.id && $0.action == name && $0.user == "ada" })
        #expect(try await store.lastRunnerRequest() == found.last?.number ?? 0)
        #expect(try await store.runnerRequests(after: store.lastRunnerRequest()).isEmpty)
        try await beside.close()
        try await store.close()
    }

    @Test func aResultFolderIsNamedOnce() async throws {
        let folder = try StoreFolder()
        let store = try await folder.open()
        let batch = try await store.runningBatch(count: 1)
        for name in ["/srv/one", "/srv/two", "/srv/one"] {
            try await store.addResultFolder(name, of: batch.id, noting: Action.sample(.results, of: batch.id))
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
        let waits = Action.sample(.rerunWaits, of: batch.id)
        #expect(try await store.noteWaitingRerun(of: batch.id, noting: waits))
        #expect(try await store.requeue(batch.id, RequeueSelection(statuses: [.failed], limit: 1)) == 1)
        #expect(try await !store.noteWaitingRerun(of: batch.id, noting: waits))
        #expect(try await store.rerun(batch.id, RequeueSelection(statuses: [.failed])).queued == 1)
        #expect(try await store.noteWaitingRerun(of: batch.id, noting: waits))
        #expect(try await store.actions(of: batch.id).map(\.name) == [.rerunWaits, .rerunWaits])
        try await store.close()
    }
}
