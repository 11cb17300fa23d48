import Basics
import Foundation
import Migrations
import TestSupport
import Testing

@testable import RecordStore

/// A second hand beside the runner: submit, pause, resume, cancel, rerun.
@Suite(.everyEngine) struct OperatingTests {
    @Test func whatOneTakesInTheOtherRuns() async throws {
        let folder = try StoreFolder()
        let stores = try await folder.pair()
        _ = try await stores.runner.claim(try await stores.runner.runningBatch(count: 1, content: 1))
        let batch = try await stores.operating.runningBatch(count: 3, content: 2)
        #expect(try await stores.runner.unfinishedBatches().map(\.name) == ["accounts-1", "accounts-2"])
        let claim = try await stores.runner.claim(batch, 3)
        #expect(claim.records.map { String(decoding: $0.rawRow, as: UTF8.self) } == ["row-2", "row-3", "row-4"])
        #expect(try await stores.runner.finish(claim.records.map(\.succeeded)) == 3)
        #expect(try await stores.operating.progress(batch.id).succeeded == 3)
        #expect(try await stores.operating.record(claim.records[0].id)?.answer == Array("answer-2".utf8))
        try await folder.close(stores)
    }

    @Test func aPauseIsSeenByTheNextClaim() async throws {
        let folder = try StoreFolder()
        let stores = try await folder.pair()
        let batch = try await stores.runner.runningBatch(count: 4)
        let first = try await stores.runner.claim(batch, 1)
        try await stores.operating.setState(batch.id, to: .paused, reason: "by hand")
        let paused = try await stores.runner.claim(batch, 1)
        #expect(paused.records.isEmpty && paused.state == .paused)
        #expect(try await stores.runner.finish(first.records.map(\.succeeded)) == 1)
        try await stores.operating.setState(batch.id, to: .running, reason: nil)
        #expect(try await stores.runner.claim(batch, 1).records.map(\.id.line) == [3])
        try await stores.operating.setState(batch.id, to: .cancelled, reason: "by hand")
        #expect(try await stores.runner.claim(batch, 1).state == .cancelled)
        #expect(try await stores.runner.statuses(batch) == [.succeeded, .inFlight, .cancelled, .cancelled])
        try await folder.close(stores)
    }

    @Test func whatIsQueuedAgainIsClaimedAgain() async throws {
        let folder = try StoreFolder()
        let stores = try await folder.pair()
        let batch = try await stores.runner.runningBatch(count: 3)
        let records = try await stores.runner.claim(batch).records
        _ = try await stores.runner.finish([records[0].succeeded, records[1].rejected, records[2].inDoubt])
        try await stores.runner.setState(batch.id, to: .completed, reason: nil)
        #expect(try await stores.operating.requeue(batch.id, RequeueSelection(statuses: [.failed])) == 1)
        let again = try await stores.runner.claim(batch).records
        #expect(again.map(\.id.line) == [3] && again.map(\.number) == [2])
        #expect(again.map(\.attempt.rawValue) == [4])
        _ = try await stores.runner.finish(again.map(\.succeeded))
        #expect(try await stores.operating.statuses(batch) == [.succeeded, .succeeded, .inDoubt])
        try await folder.close(stores)
    }

    @Test func aPersonsWordIsKeptWithWhatItDoesToABatchOrNeitherIs() async throws {
        let folder = try StoreFolder()
        let stores = try await folder.pair()
        let batch = try await stores.runner.runningBatch(count: 1)
        let pause = Action(at: 5, batch: batch.id, name: .pause, provenance: StoreFolder.provenance)
        try await stores.operating.setState(batch.id, to: .paused, reason: "by hand", noting: pause)
        #expect(try await stores.runner.batch(batch.id).state == .paused)
        #expect(try await stores.runner.actions(of: batch.id) == [pause])
        let start = Action(at: 6, batch: batch.id, name: .start, provenance: StoreFolder.provenance)
        await #expect(throws: BatchNotMoved.self) {
            try await stores.operating.setState(batch.id, to: .completed, reason: nil, noting: start)
        }
        #expect(try await stores.runner.actions(of: batch.id) == [pause])
        try await folder.close(stores)
    }

    @Test func answersAndActionsAreKeptThroughIt() async throws {
        let folder = try StoreFolder()
        let stores = try await folder.pair()
        let batch = try await stores.runner.runningBatch(count: 1)
        let record = try #require(try await stores.runner.claim(batch).records.first)
        _ = try await stores.runner.finish([record.unreadable("unreadable")])
        let answer = RecoveredAnswer(record: record.id, answer: Array("read".utf8), requestRefID: nil)
        #expect(try await stores.operating.accept([answer]) == 1)
        let action = Action(at: 5, batch: batch.id, name: .pause, provenance: StoreFolder.provenance)
        try await stores.operating.recordAction(action)
        #expect(try await stores.runner.actions(of: batch.id) == [action])
        #expect(try await stores.runner.statuses(batch) == [.succeeded])
        try await folder.close(stores)
    }

    @Test func manyWritersOnBothSidesLoseNothing() async throws {
        let folder = try StoreFolder()
        let stores = try await folder.pair()
        let batch = try await stores.runner.runningBatch(count: 200)
        async let taken = Self.takeIn(stores.operating, batches: 20, rows: 10)
        async let paused: Void = Self.pauseAndResume(stores.operating, batch, times: 20)
        var answered = 0
        while try await stores.runner.progress(batch.id).queued > 0 {
            let records = try await stores.runner.claim(batch, 3).records
            answered += try await stores.runner.finish(records.map(\.succeeded))
        }
        let names = try await taken
        try await paused
        #expect(answered == 200)
        #expect(Set(names).count == 20)
        for name in names {
            let counts = try #require(try await stores.runner.batch(named: name)).counts
            #expect(counts.total == 10 && counts.queued == 10)
        }
        #expect(try await stores.runner.calls(on: RecordStore.day) == (200, 200))
        #expect(try await stores.operating.progress(batch.id).succeeded == 200)
        try await folder.close(stores)
    }

    private static func takeIn(_ store: RecordStore, batches: Int, rows: Int) async throws -> [String] {
        try await withThrowingTaskGroup(of: String.self) { group in
            for content in 0..<batches {
                group.addTask { try await store.runningBatch(count: rows, content: UInt8(100 + content)).name }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
    }

    private static func pauseAndResume(_ store: RecordStore, _ batch: Batch, times: Int) async throws {
        for _ in 0..<times {
            try await store.setState(batch.id, to: .paused, reason: nil)
            try await store.setState(batch.id, to: .running, reason: nil)
        }
    }

    @Test func itWorksWhereNobodyRuns() async throws {
        let folder = try StoreFolder()
        try await folder.open().close()
        let operating = try await folder.openForOperating()
        let batch = try await operating.runningBatch(count: 2)
        try await operating.close()
        let runner = try await folder.open()
        #expect(runner.recovery == RecoveryReport())
        #expect(try await runner.claim(batch).records.count == 2)
        try await runner.close()
    }

    @Test func aCrashIsLeftToTheRunner() async throws {
        let folder = try StoreFolder()
        let first = try await folder.open()
        let batch = try await first.runningBatch(count: 2)
        _ = try await first.claim(batch, 1)
        try await first.close()
        let operating = try await folder.openForOperating()
        #expect(try await operating.statuses(batch) == [.inFlight, .queued])
        try await operating.close()
        let second = try await folder.open()
        #expect(second.recovery.openAttempts == 1)
        try await second.close()
    }

    @Test func theHolderOfTheLockIsFoundWithoutBeingDisturbed() async throws {
        let folder = try StoreFolder()
        #expect(try await folder.description().runnerProcess() == nil)
        let runner = try await folder.open()
        #expect(try await folder.description().runnerProcess() == getpid())
        try await runner.close()
        #expect(try await folder.description().runnerProcess() == nil)
        try await folder.open().close()
    }
}
