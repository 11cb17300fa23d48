import Basics
import TestSupport
import Testing

@testable import RecordStore

@Suite(.everyEngine) struct ClaimingTests {
    @Test func recordsComeInInputOrderWithWhatIsNeededToSendThem() async throws {
        let folder = try StoreFolder()
        let store = try await folder.open()
        let batch = try await store.runningBatch([
            SampleRow(2, id: "a", rawRow: "a,1"), SampleRow(3, error: "rule"), SampleRow(4, id: "", rawRow: "b,2"),
            SampleRow(9),
        ])
        let first = try await store.claim(batch, 2)
        #expect(first.records.map(\.id.line) == [2, 4])
        #expect(first.records.map { String(decoding: $0.recordID, as: UTF8.self) } == ["a", ""])
        #expect(first.records.map { String(decoding: $0.rawRow, as: UTF8.self) } == ["a,1", "b,2"])
        #expect(first.records.map(\.number) == [1, 1])
        #expect(first.records.map(\.spentAttempts) == [0, 0])
        #expect(first.records.map(\.attempt.rawValue) == [1, 2])
        #expect(!first.exhausted)
        let second = try await store.claim(batch, 2)
        #expect(second.records.map(\.id.line) == [9])
        #expect(try await store.claim(batch, 2).records.isEmpty)
        try await store.close()
    }

    @Test func theLedgerIsThereBeforeAClaimReturns() async throws {
        let folder = try StoreFolder()
        let store = try await folder.open()
        let reader = try await folder.openForReading()
        let batch = try await store.runningBatch(count: 3)
        let claim = try await store.claim(batch, 2)
        var attempts: [AttemptView] = []
        try await reader.forEachAttempt(batch.id) { attempts.append($0) }
        #expect(attempts.map(\.id) == claim.records.map(\.attempt))
        #expect(attempts.map(\.record) == claim.records.map(\.id))
        #expect(attempts.allSatisfy { $0.outcome == nil && $0.finishedAt == nil && $0.startedAt == 1_000 })
        #expect(try await reader.statuses(batch) == [.inFlight, .inFlight, .queued])
        let counts = try await reader.progress(batch.id)
        #expect(counts.inFlight == 2 && counts.queued == 1 && counts.attempts == 2 && counts.calls == 2)
        #expect(try await reader.calls(on: RecordStore.day) == (2, 0))
        try await reader.close()
        try await store.close()
    }

    @Test func dueRetriesComeBeforeUntriedLines() async throws {
        let folder = try StoreFolder()
        let store = try await folder.open()
        let batch = try await store.runningBatch(count: 6)
        let first = try await store.claim(batch, 3).records
        let ends = zip(first, [5_000, 3_000, 9_000]).map { $0.transient(until: $1) }
        #expect(try await store.finish(ends) == 3)
        let early = try await store.claim(batch, 1, now: 2_999)
        #expect(early.records.map(\.id.line) == [5])
        #expect(early.nextReadyAt == 3_000)
        let later = try await store.claim(batch, 3, now: 5_000)
        #expect(later.records.map(\.id.line) == [3, 2, 6])
        #expect(later.records.map(\.number) == [2, 2, 1])
        #expect(later.records.map(\.spentAttempts) == [1, 1, 0])
        #expect(later.nextReadyAt == 9_000)
        try await store.close()
    }

    @Test func aClaimWritesEndedAttemptsFirstAndSeesWhatTheyLeave() async throws {
        let folder = try StoreFolder()
        let store = try await folder.open()
        let batch = try await store.runningBatch(count: 5)
        let caps = CallCaps(daily: 4, batch: nil, day: RecordStore.day)
        let first = try await store.claim(batch.id, upTo: 4, now: 1_000, caps: caps).records
        // The third never left: it is ready at once, and its call is given back to the cap.
        let ends = [first[0].succeeded, first[1].succeeded, first[2].completion(.release, outcome: .unsent)]
        let second = try await store.claim(batch.id, upTo: 9, now: 1_000, caps: caps, finishing: ends)
        #expect(second.records.map(\.id) == [first[2].id] && second.cappedBy == .dailyCalls)
        #expect(try await store.statuses(batch) == [.succeeded, .succeeded, .inFlight, .inFlight, .queued])
        let counts = try await store.progress(batch.id)
        #expect(counts.succeeded == 2 && counts.inFlight == 2 && counts.queued == 1 && counts.calls == 4)
        #expect(try await store.calls(on: RecordStore.day) == (4, 2))
        try await store.close()
    }

    @Test func whereAClaimFailsTheEndsGivenToItCanBeWrittenByThemselves() async throws {
        let folder = try StoreFolder()
        let store = try await folder.open()
        let batch = try await store.runningBatch(count: 3)
        let claimed = try await store.claim(batch, 1).records
        // A day that the schema refuses fails the claim.
        let caps = CallCaps(day: CallDay(rawValue: 1))
        let error = await #expect(throws: (any Error).self) {
            try await store.claim(batch.id, upTo: 1, now: 1_000, caps: caps, finishing: [claimed[0].succeeded])
        }
        #expect(error != nil)
        #expect(try await store.statuses(batch) == [.inFlight, .queued, .queued])
        #expect(try await store.finish([claimed[0].succeeded]) == 1)
        #expect(try await store.statuses(batch) == [.succeeded, .queued, .queued])
        try await store.close()
    }

    @Test func anExhaustedBatchSaysSoOnlyWhenNothingIsUnderWay() async throws {
        let folder = try StoreFolder()
        let store = try await folder.open()
        let batch = try await store.runningBatch(count: 1)
        let claim = try await store.claim(batch)
        #expect(!claim.exhausted)
        #expect(try await !store.claim(batch).exhausted)
        _ = try await store.finish(claim.records.map(\.succeeded))
        #expect(try await store.claim(batch).exhausted)
        try await store.close()
    }

    @Test(arguments: [BatchState.paused, .halted])
    func nothingIsClaimedWhileABatchDoesNotRun(_ state: BatchState) async throws {
        let folder = try StoreFolder()
        let store = try await folder.open()
        let batch = try await store.runningBatch(count: 2)
        try await store.setState(batch.id, to: state, reason: "because")
        let claim = try await store.claim(batch)
        #expect(claim.records.isEmpty)
        #expect(claim.state == state)
        #expect(try await store.progress(batch.id).attempts == 0)
        try await store.setState(batch.id, to: .running, reason: nil)
        #expect(try await store.claim(batch).records.count == 2)
        try await store.close()
    }

    @Test func aBatchThatIsNotThereIsAnError() async throws {
        let folder = try StoreFolder()
        let store = try await folder.open()
        let error = await #expect(throws: StoreError.self) {
            try await store.claim(BatchID(rawValue: 5), upTo: 1, now: 0, caps: RecordStore.uncapped)
        }
        #expect(error?.code == .notFound)
        try await store.close()
    }
}
