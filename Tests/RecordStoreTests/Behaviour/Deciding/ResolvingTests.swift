import Basics
import TestSupport
import Testing

@testable import RecordStore

@Suite(.everyEngine) struct ResolvingTests {
    private func doubted(_ store: RecordStore) async throws -> Batch {
        let rows = ["a", "b", "a", "c", "a"].enumerated().map { SampleRow($0.offset + 2, request: $0.element) }
        let batch = try await store.linkedBatch(rows)
        _ = try await store.run(batch) { $0.id.line == 5 ? $0.succeeded : $0.inDoubt }
        try await store.setState(batch.id, to: .completed, reason: nil)
        return batch
    }

    private func resolve(_ store: RecordStore, _ batch: Batch, _ lines: ClosedRange<Int>?) async throws -> Int {
        try await store.resolveAsFailed(batch.id, lines: lines, reason: "by hand", heldReason: "by hand, held") {
            count in
            Action(at: 1, batch: batch.id, name: .resolve, detail: "\(count)", provenance: StoreFolder.provenance)
        }
    }

    @Test func aRecordAndThoseThatShareItsDoubtFailTogether() async throws {
        let folder = try StoreFolder()
        let store = try await folder.open()
        let batch = try await doubted(store)
        #expect(try await resolve(store, batch, 2...2) == 3)
        #expect(try await store.statuses(batch) == [.failed, .inDoubt, .failed, .succeeded, .failed])
        #expect(try await store.view(batch, 2).errorText == "by hand")
        #expect(try await store.view(batch, 6).errorText == "by hand (as line 2)")
        let totals = try await store.ledgerTotals(batch.id)
        #expect(totals.unknown == 2 && totals.billable == 1)
        #expect(try await store.actions(of: batch.id).map(\.detail) == ["3"])
        try await store.close()
    }

    @Test func oneThatSharesADoubtCanBeResolvedAlone() async throws {
        let folder = try StoreFolder()
        let store = try await folder.open()
        let batch = try await doubted(store)
        #expect(try await resolve(store, batch, 4...4) == 1)
        #expect(try await store.statuses(batch) == [.inDoubt, .inDoubt, .failed, .succeeded, .inDoubt])
        #expect(try await store.view(batch, 4).errorText == "by hand, held")
        try await store.close()
    }

    @Test func whatWasResolvedIsKnownAndSparedUntilItIsSentAgain() async throws {
        let folder = try StoreFolder()
        let store = try await folder.open()
        let batch = try await doubted(store)
        _ = try await resolve(store, batch, nil)
        let other = try await store.runningBatch(count: 1, content: 2)
        _ = try await store.run(other) { $0.rejected }
        #expect(try await !store.view(other, 2).isResolvedByHand)
        func resolved() async throws -> [Int] {
            var lines = [Int]()
            try await store.forEachRecord(batch.id) { if $0.isResolvedByHand { lines.append($0.line) } }
            return lines
        }
        #expect(try await resolved() == [2, 3, 4, 6])
        let sparing = RequeueSelection(statuses: [.failed], sparesResolved: true)
        #expect(try await store.requeue(batch.id, sparing) == 0)
        // They are known in the archive, too.
        #expect(try await store.archive(finishedBefore: .distantFuture, upTo: 2) == 2)
        #expect(try await resolved() == [2, 3, 4, 6])
        #expect(try await store.requeue(batch.id, RequeueSelection(statuses: [.failed])) == 4)
        _ = try await store.run(batch) { $0.rejected }
        #expect(try await resolved().isEmpty)
        #expect(try await store.requeue(batch.id, sparing) == 4)
        try await store.close()
    }

    @Test func anAnswerThatCouldNotBeReadWasBilledWhoeverResolvesIt() async throws {
        let folder = try StoreFolder()
        let store = try await folder.open()
        let batch = try await store.runningBatch(count: 1)
        _ = try await store.run(batch) { $0.unreadable("late") }
        _ = try await resolve(store, batch, nil)
        #expect(try await store.view(batch, 2).isResolvedByHand)
        try await store.close()
    }

    @Test func allInDoubtAreResolvedTogetherAndNothingElse() async throws {
        let folder = try StoreFolder()
        let store = try await folder.open()
        let batch = try await doubted(store)
        #expect(try await resolve(store, batch, nil) == 4)
        #expect(try await resolve(store, batch, nil) == 0)
        #expect(try await store.statuses(batch) == [.failed, .failed, .failed, .succeeded, .failed])
        #expect(try await store.actions(of: batch.id).count == 1)
        try await store.close()
    }
}
