import TestSupport
import Testing

@testable import RecordStore

@Suite(.everyEngine) struct HoldingTests {
    @Test func aRecordIdenticalToOneInDoubtIsHeldWithoutACall() async throws {
        let folder = try StoreFolder()
        let store = try await folder.open()
        let batch = try await store.runningBatch([
            SampleRow(2, request: "same"), SampleRow(3, request: "same"), SampleRow(4, request: "other"),
        ])
        let first = try await store.claim(batch, 1).records
        _ = try await store.finish(first.map(\.inDoubt))
        let claim = try await store.claim(batch)
        #expect(claim.records.map(\.id.line) == [4])
        #expect(claim.held == 1)
        #expect(try await store.statuses(batch) == [.inDoubt, .inDoubt, .inFlight])
        let held = try #require(try await store.record(RecordID(batch: batch.id, line: 3)))
        #expect(held.isHeld && held.attempts == 0)
        #expect(try held.errorText?.contains("identical to line 2, which is in doubt") == true)
        let counts = try await store.progress(batch.id)
        #expect(counts.inDoubt == 2 && counts.attempts == 2 && counts.calls == 2)
        try await store.close()
    }

    @Test func aRecordOfAnotherBatchIsHeldToo() async throws {
        let folder = try StoreFolder()
        let store = try await folder.open()
        let one = try await store.runningBatch([SampleRow(2, request: "same")], content: 1)
        _ = try await store.finish(try await store.claim(one).records.map(\.inDoubt))
        let two = try await store.runningBatch([SampleRow(5, request: "same")], content: 2)
        let claim = try await store.claim(two)
        #expect(claim.records.isEmpty && claim.held == 1 && claim.exhausted)
        try await store.close()
    }

    @Test func aHeldRecordIsSentOnceTheOtherIsSettled() async throws {
        let folder = try StoreFolder()
        let store = try await folder.open()
        let batch = try await store.runningBatch([SampleRow(2, request: "same"), SampleRow(3, request: "same")])
        _ = try await store.finish(try await store.claim(batch, 1).records.map(\.inDoubt))
        #expect(try await store.claim(batch).held == 1)
        #expect(try await store.requeue(batch.id, RequeueSelection(statuses: [.inDoubt])) == 2)
        let again = try await store.claim(batch, 1).records
        #expect(again.map(\.id.line) == [2])
        _ = try await store.finish(again.map(\.succeeded))
        #expect(try await store.claim(batch).records.map(\.id.line) == [3])
        try await store.close()
    }

    @Test(arguments: [true, false]) func oneThatWasRefusedIsHeldAllTheSame(isRetry: Bool) async throws {
        let folder = try StoreFolder()
        let store = try await folder.open()
        let one = try await store.runningBatch([SampleRow(2, request: "same")], content: 1)
        let first = try await store.claim(one).records
        _ = try await store.finish(isRetry ? first.map { $0.transient(until: 0) } : first.map(\.rejected))
        let two = try await store.runningBatch([SampleRow(5, request: "same")], content: 2)
        _ = try await store.finish(try await store.claim(two).records.map(\.inDoubt))
        if !isRetry { #expect(try await store.requeue(one.id, RequeueSelection(statuses: [.failed])) == 1) }
        #expect(try await store.forecast(one.id, answeredSince: nil).held == 1)
        let claim = try await store.claim(one)
        #expect(claim.records.isEmpty && claim.held == 1)
        let held = try await store.view(one, 2)
        #expect(held.isHeld && held.attempts == 1)
        try await store.close()
    }

    @Test func oneWhoseOwnCallIsInDoubtIsNotHeldByAnother() async throws {
        let folder = try StoreFolder()
        let store = try await folder.open()
        let one = try await store.runningBatch([SampleRow(2, request: "same")], content: 1)
        let two = try await store.runningBatch([SampleRow(5, request: "same")], content: 2)
        let called = try await store.claim(one).records + store.claim(two).records
        _ = try await store.finish(called.map(\.inDoubt))
        #expect(try await store.requeue(one.id, RequeueSelection(statuses: [.inDoubt])) == 1)
        #expect(try await store.forecast(one.id, answeredSince: nil).calls == 1)
        #expect(try await store.claim(one).records.map(\.id.line) == [2])
        try await store.close()
    }

    @Test func whatHoldsARecordIsNamedUntilItIsSettled() async throws {
        let folder = try StoreFolder()
        let store = try await folder.open()
        let one = try await store.linkedBatch([SampleRow(2, request: "same"), SampleRow(4, request: "own")])
        _ = try await store.run(one) { $0.inDoubt }
        let two = try await store.linkedBatch(
            [SampleRow(5, request: "same"), SampleRow(6, request: "same"), SampleRow(7, request: "x")], content: 2)
        _ = try await store.run(two) { $0.inDoubt }
        let holder = RecordReference(record: RecordID(batch: one.id, line: 2), batch: one.name)
        let held = try await store.view(two, 5)
        #expect(held.holder == holder)
        #expect(try held.errorText == "held: identical to line 2 of \(one.name), which is in doubt")
        #expect(try await store.view(two, 6).holder == holder)
        #expect(try await store.view(two, 7).holder == nil)
        var inDoubtSummary = InDoubtSummary()
        try await store.forEachRecord(two.id) { inDoubtSummary.add($0) }
        #expect(inDoubtSummary.held == 1 && inDoubtSummary.perhapsBilled == 1 && inDoubtSummary.firstHolder == holder)
        _ = try await store.requeue(one.id, RequeueSelection(statuses: [.inDoubt]))
        #expect(try await store.view(two, 5).errorText?.contains("no more") == true)
        try await store.close()
    }

    @Test func aHeldRecordHoldsNoOther() async throws {
        let folder = try StoreFolder()
        let store = try await folder.open()
        let batch = try await store.runningBatch((2...4).map { SampleRow($0, request: "same") })
        _ = try await store.finish(try await store.claim(batch, 1).records.map(\.inDoubt))
        #expect(try await store.claim(batch, 1).held == 2)
        let sent = RequeueSelection(statuses: [.inDoubt], lines: 2...2)
        #expect(try await store.requeue(batch.id, sent) == 1)
        let again = try await store.claim(batch, 1).records
        #expect(again.map(\.id.line) == [2])
        _ = try await store.finish(again.map(\.rejected))
        #expect(try await store.requeue(batch.id, RequeueSelection(statuses: [.inDoubt], lines: 3...3)) == 1)
        #expect(try await store.claim(batch, 1).records.map(\.id.line) == [3])
        try await store.close()
    }
}
