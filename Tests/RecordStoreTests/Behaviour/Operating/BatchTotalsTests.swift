import Basics
import Testing

@testable import RecordStore

/// What all batches add up to, as the same batches read one by one say.
@Suite(.everyEngine) struct BatchTotalsTests {
    @Test func theyAreWhatTheBatchesSayOneByOne() async throws {
        let folder = try StoreFolder()
        let store = try await folder.open()
        #expect(try await store.batchTotals().records.values.allSatisfy { $0 == 0 })
        #expect(try await store.batchTotals().oldestQueued == nil)
        let first = try await store.completedBatch(at: Noon.november, content: 1)
        let second = try await store.completedBatch(at: Noon.december, content: 2)
        let running = try await store.runningBatch(count: 4, content: 9)
        _ = try await store.finish(try await store.claim(running, 2).records.map(\.succeeded))
        _ = try await store.runningBatch(count: 3, content: 10)
        let (totals, batches) = (try await store.batchTotals(), try await store.batches())
        for status in RecordStatus.allCases {
            #expect(totals.records[status] == batches.reduce(0) { $0 + $1.counts[status] }, "\(status)")
        }
        #expect(totals.records[.queued] == 5 && totals.records[.succeeded] ?? 0 > 2)
        #expect(totals.oldestQueued == batches.filter { $0.finishedAt == nil }.map(\.createdAt).min())
        let ends = try await [store.batch(first.id), store.batch(second.id)].compactMap(\.finishedAt)
        #expect(totals.lastCompleted == [first.job: try #require(ends.max())])
        try await store.close()
    }

    @Test func whatIsSentAgainHasWaitedSinceThen() async throws {
        let folder = try StoreFolder()
        let store = try await folder.open()
        let batch = try await store.runningBatch(count: 2, content: 1)
        _ = try await store.finish(try await store.claim(batch, 2).records.map(\.rejected))
        #expect(try await store.batchTotals().oldestQueued == nil)
        let later = try await store.batch(batch.id).createdAt + .seconds(86_400)
        for (name, delay) in [(Action.Name.rerun, 0), (.rerunByJob, 5), (.pause, 9)] as [(Action.Name, Int)] {
            var action = Action.sample(name, of: batch.id)
            action.at = later + .seconds(delay)
            try await store.recordAction(action)
        }
        #expect(try await store.requeue(batch.id, RequeueSelection(statuses: [.failed])) == 2)
        #expect(try await store.batchTotals().oldestQueued == later + .seconds(5))
        try await store.close()
    }
}
