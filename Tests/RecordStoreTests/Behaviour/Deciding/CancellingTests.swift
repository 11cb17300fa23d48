import TestSupport
import Testing

@testable import RecordStore

/// What becomes of records that wait when their batch is cancelled.
@Suite(.everyEngine) struct CancellingTests {
    @Test func aRecordThatMayHaveBeenBilledGoesBackIntoItsDoubt() async throws {
        let folder = try StoreFolder()
        let store = try await folder.open()
        let rows = ["same", "b", "c", "d", "same"].enumerated().map { SampleRow($0.offset + 2, request: $0.element) }
        let batch = try await store.linkedBatch(rows)
        let records = try await store.claim(batch, 3).records
        _ = try await store.finish([records[0].inDoubt, records[1].unreadable("kept"), records[2].transient(until: 0)])
        // A person has all of them sent again, and gives the batch up before that was done.
        #expect(try await store.requeue(batch.id, RequeueSelection(statuses: [.inDoubt])) == 3)
        try await store.setState(batch.id, to: .cancelled, reason: nil)
        #expect(try await store.statuses(batch) == [.inDoubt, .inDoubt, .cancelled, .cancelled, .inDoubt])
        let counts = try await store.progress(batch.id)
        #expect(counts.inDoubt == 3 && counts.cancelled == 2 && counts.following == 0 && counts.isExhausted)
        #expect(try await store.view(batch, 2).errorText == "timed out")
        #expect(try await store.view(batch, 3).answer == Array("kept".utf8))
        #expect(try await store.view(batch, 6).isHeld)
        // What was never sent can be sent without paying for anything a second time.
        let rerun = try await store.rerun(batch.id, RequeueSelection(statuses: [.cancelled]))
        let claim = try await store.claim(batch.id, upTo: 9, now: 1_000, caps: RecordStore.uncapped, of: rerun.number)
        #expect(claim.records.map(\.id.line) == [4, 5])
        try await store.close()
    }

    @Test func aCallUnderWayThatWouldBeRetriedGoesBackIntoTheDoubtOfAnEarlierOne() async throws {
        let folder = try StoreFolder()
        let store = try await folder.open()
        let batch = try await store.runningBatch(count: 2)
        let first = try await store.claim(batch, 2).records
        _ = try await store.finish([first[0].inDoubt, first[1].transient(until: 0)])
        _ = try await store.requeue(batch.id, RequeueSelection(statuses: [.inDoubt]))
        let again = try await store.claim(batch, 2).records
        try await store.setState(batch.id, to: .cancelled, reason: nil)
        _ = try await store.finish(again.map { $0.transient(until: 0) })
        #expect(try await store.statuses(batch) == [.inDoubt, .cancelled])
        #expect(try await store.progress(batch.id).isExhausted)
        try await store.close()
    }
}
