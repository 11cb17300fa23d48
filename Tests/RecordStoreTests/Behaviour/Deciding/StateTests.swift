import Basics
import TestSupport
import Testing

@testable import RecordStore

@Suite(.everyEngine) struct StateTests {
    /// All that is allowed; everything else isn't.
    static let allowed: [BatchState: [BatchState]] = [
        .ingesting: [.awaitingConfirmation, .running, .completed, .paused, .cancelled, .rejected],
        .awaitingConfirmation: [.running, .paused, .cancelled, .rejected],
        .running: [.completed, .paused, .halted, .cancelled],
        .completed: [.running],
        .paused: [.ingesting, .awaitingConfirmation, .running, .completed, .cancelled, .rejected],
        .halted: [.running, .paused, .completed, .cancelled],
    ]

    @Test(arguments: BatchState.allCases, BatchState.allCases)
    func aBatchGoesOnlyWhereItMay(_ old: BatchState, _ new: BatchState) {
        #expect(old.successors.contains(new) == (Self.allowed[old] ?? []).contains(new))
    }

    @Test func aBatchOnItsWay() async throws {
        let folder = try StoreFolder()
        let store = try await folder.open()
        let batch = try await store.makeBatch()
        try await store.take([SampleRow(2)], into: batch)
        try await store.finishIngest(batch.id, state: .awaitingConfirmation, reason: "20,000 calls")
        #expect(try await store.batch(batch.id).reason == "20,000 calls")
        #expect(try await store.batch(batch.id).ingestedAt != nil)
        try await store.setState(batch.id, to: .running, reason: nil)
        #expect(try await store.batch(batch.id).reason == nil)
        #expect(try await store.batch(batch.id).startedAt == nil)
        let records = try await store.claim(batch).records
        #expect(try await store.batch(batch.id).startedAt == 1_000)
        _ = try await store.finish(records.map(\.succeeded))
        try await store.setState(batch.id, to: .completed, reason: nil)
        #expect(try await store.batch(batch.id).finishedAt != nil)
        try await store.close()
    }

    @Test func aBatchWithRecordsToSendIsNotCompleted() async throws {
        let folder = try StoreFolder()
        let store = try await folder.open()
        let batch = try await store.runningBatch(count: 2)
        await #expect(throws: BatchNotMoved.self) { try await store.setState(batch.id, to: .completed, reason: nil) }
        let records = try await store.claim(batch).records
        await #expect(throws: BatchNotMoved.self) { try await store.setState(batch.id, to: .completed, reason: nil) }
        _ = try await store.finish(records.map(\.succeeded))
        try await store.setState(batch.id, to: .completed, reason: nil)
        try await store.close()
    }

    @Test func aFileReadInPartDoesNotRun() async throws {
        let folder = try StoreFolder()
        let store = try await folder.open()
        let batch = try await store.makeBatch()
        try await store.take([SampleRow(2)], into: batch)
        await #expect(throws: BatchNotMoved.self) { try await store.setState(batch.id, to: .running, reason: nil) }
        try await store.setState(batch.id, to: .paused, reason: "stopped")
        await #expect(throws: BatchNotMoved.self) { try await store.setState(batch.id, to: .running, reason: nil) }
        try await store.setState(batch.id, to: .ingesting, reason: nil)
        try await store.take([SampleRow(3)], into: batch)
        try await store.finishIngest(batch.id, state: .running)
        await #expect(throws: BatchNotMoved.self) { try await store.setState(batch.id, to: .ingesting, reason: nil) }
        try await store.close()
    }

    @Test func cancellingCancelsWhatIsQueuedAndNothingElse() async throws {
        let folder = try StoreFolder()
        let store = try await folder.open()
        let rows = [SampleRow(2), SampleRow(3), SampleRow(4, error: "rule"), SampleRow(5)]
        let batch = try await store.runningBatch(rows)
        let records = try await store.claim(batch, 2).records
        _ = try await store.finish([records[0].succeeded, records[1].transient(until: 9_000)])
        try await store.setState(batch.id, to: .cancelled, reason: "not needed")
        #expect(try await store.statuses(batch) == [.succeeded, .cancelled, .invalid, .cancelled])
        #expect(try await store.progress(batch.id).cancelled == 2)
        #expect(try await store.claim(batch).records.isEmpty)
        try await store.close()
    }

    @Test func whoIsTooLateMovesNothingAndHearsOfIt() async throws {
        let folder = try StoreFolder()
        let store = try await folder.open()
        let batch = try await store.runningBatch(count: 2)
        let action = Action(
            at: 1, batch: batch.id, name: .pause, detail: nil, provenance: StoreFolder.provenance)
        #expect(try await store.moveBatch(batch.id, from: [.running], to: .cancelled, reason: "by hand"))
        for state in [BatchState.paused, .halted, .completed] {
            #expect(
                try await !store.moveBatch(batch.id, from: [.running], to: state, reason: "late", noting: action))
        }
        #expect(try await !store.finishIngest(batch.id, state: .running))
        let found = try await store.batch(batch.id)
        #expect(found.state == .cancelled && found.reason == "by hand")
        #expect(try await store.actions(of: batch.id).isEmpty)
        try await store.close()
    }

    @Test func aPausedBatchIsRejectedOnlyWhileItsFileIsReadInPart() async throws {
        let folder = try StoreFolder()
        let store = try await folder.open()
        let (part, whole) = (try await store.makeBatch(), try await store.runningBatch(count: 1, content: 2))
        for batch in [part, whole] { try await store.setState(batch.id, to: .paused, reason: nil) }
        #expect(try await store.moveBatch(part.id, from: [.ingesting, .paused], to: .rejected, reason: "gone"))
        #expect(try await !store.moveBatch(whole.id, from: [.paused], to: .rejected, reason: "gone"))
        try await store.close()
    }

    @Test func thePolicyQueuesNothingInABatchThatIsStopped() async throws {
        let folder = try StoreFolder()
        let store = try await folder.open()
        let batch = try await store.runningBatch(count: 1)
        _ = try await store.finish(try await store.claim(batch).records.map(\.inDoubt))
        try await store.setState(batch.id, to: .cancelled, reason: nil)
        let selection = RequeueSelection(statuses: [.inDoubt], byPolicy: true)
        #expect(try await store.requeue(batch.id, selection) == 0)
        try await store.close()
    }

    @Test func statusCodesAreTheirOwnInverse() throws {
        for status in RecordStatus.allCases { #expect(try RecordStatus(code: status.code) == status) }
        #expect(Set(RecordStatus.allCases.map(\.code)) == Set(0...7))
        #expect(throws: StoreError.self) { try RecordStatus(code: 8) }
        for billable in Billable.allCases { #expect(Billable(code: billable.code) == billable) }
        #expect(Billable(code: nil) == nil)
    }
}
