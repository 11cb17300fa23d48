import Basics
import Foundation
import TestSupport
import Testing

@testable import RecordStore

/// What waits where nobody knows what had been sent.
@Suite struct RestoreHoldTests {
    private static let action = Action(
        at: 2_000_000_000_000, batch: nil, name: .resumeAfterRestore, provenance: StoreFolder.provenance)

    /// A database with a finished batch that has a failed line, and a batch of which two of five lines were sent, whose
    /// trace is lost.
    private static func untraced(_ folder: StoreFolder) async throws -> (store: RecordStore, done: Batch, open: Batch) {
        let first = try await folder.open()
        let done = try await first.runningBatch(count: 2, content: 1)
        _ = try await first.finish(try await first.claim(done).records.map(\.rejected))
        try await first.setState(done.id, to: .completed, reason: nil)
        let open = try await first.runningBatch(count: 5, content: 2)
        _ = try await first.finish(try await first.claim(open, 2).records.map(\.succeeded))
        try await first.close()
        try FileManager.default.removeItem(atPath: folder.trace)
        return (try await folder.open(), done, open)
    }

    private static func expectHeld(
        _ location: SourceLocation = #_sourceLocation, _ body: () async throws -> Void
    ) async {
        let error = await #expect(throws: StoreError.self, sourceLocation: location) { try await body() }
        #expect(error?.code == .heldByRestore, sourceLocation: location)
    }

    @Test func batchesMadeAfterwardsDoNotRunBeforeAPersonSaysSo() async throws {
        let folder = try StoreFolder()
        let (store, done, open) = try await Self.untraced(folder)
        let hold = try #require(try await store.restoreHold())
        #expect(hold.reason == store.recovery.unknownBecause && hold.lastBatch >= open.id)
        #expect(try await store.batch(open.id).state == .paused)
        #expect(try await store.statuses(open) == [.succeeded, .succeeded, .inDoubt, .inDoubt, .inDoubt])
        let batch = try await store.makeBatch(3)
        // None of the numbers that a lost batch may have had.
        #expect(hold.covers(batch.id) && !hold.covers(open.id) && batch.id.rawValue > open.id.rawValue + 1_000)
        try await store.take([SampleRow(2)], into: batch)
        await Self.expectHeld { try await store.finishIngest(batch.id, state: .running) }
        try await store.finishIngest(batch.id, state: .awaitingConfirmation, reason: "why")
        await Self.expectHeld { try await store.setState(batch.id, to: .running, reason: nil) }
        await Self.expectHeld {
            _ = try await store.requeue(done.id, RequeueSelection(statuses: [.failed]))
        }
        // What the ledger does not know of is not retried by policy either.
        try await store.setState(open.id, to: .running, reason: nil)
        let byPolicy = RequeueSelection(statuses: [.inDoubt], byPolicy: true, maximumSpent: 5)
        #expect(try await store.requeue(open.id, byPolicy) == 0)
        try await store.close()

        let again = try await folder.open()
        #expect(again.recovery == RecoveryReport())
        #expect(try await again.restoreHold() == hold)
        await Self.expectHeld { try await again.setState(batch.id, to: .running, reason: nil) }
        #expect(try await again.releaseRestoreHold(noting: Self.action) == hold)
        #expect(try await again.releaseRestoreHold(noting: Self.action) == nil)
        #expect(try await again.actions().filter { $0.name == Self.action.name }.count == 1)
        #expect(try await again.restoreHold() == nil)
        try await again.setState(batch.id, to: .running, reason: nil)
        #expect(try await again.claim(batch).records.count == 1)
        #expect(try await again.requeue(done.id, RequeueSelection(statuses: [.failed])) == 2)
        try await again.close()
    }

    @Test func aBatchWithNothingToSendWaitsForNobody() async throws {
        let folder = try StoreFolder()
        let (store, _, _) = try await Self.untraced(folder)
        let batch = try await store.makeBatch(3)
        try await store.take([SampleRow(2, error: "rule")], into: batch)
        try await store.finishIngest(batch.id, state: .running)
        #expect(try await store.batch(batch.id).state == .running)
        try await store.close()
    }

    @Test func asManyCallsCountAsRecordsMayHaveBeenSent() async throws {
        let folder = try StoreFolder()
        let (store, _, _) = try await Self.untraced(folder)
        let all = CallDay(rawValue: 19_700_101)...CallDay(rawValue: 99_991_231)
        let lost = try #require(try await store.ledgerDays(all).last { $0.batch == nil })
        #expect(lost.name == "lost by a restore" && lost.totals.unknown == 3 && lost.totals.calls == 3)
        #expect(try await store.calls(on: lost.day).calls == 3)
        #expect(try await store.unknownRestores().map(\.reason) == [store.recovery.unknownBecause])
        try await store.close()
    }

    @Test func whatIsKnownToBeMissingHoldsNobodyUpButIsKept() async throws {
        let folder = try StoreFolder()
        let store = try await folder.open()
        let batch = try await store.runningBatch(count: 3)
        try await store.backUp(to: folder.copy)
        _ = try await store.finish(try await store.claim(batch, 2).records.map(\.succeeded))
        try await store.close()
        _ = try await folder.restore()
        let restored = try await folder.open()
        #expect(try await restored.restoreHold() == nil)
        let found = try #require(try await restored.lastRestore())
        #expect(found > 0)
        #expect(try await restored.unknownRestores().isEmpty)
        try await restored.close()
    }
}
