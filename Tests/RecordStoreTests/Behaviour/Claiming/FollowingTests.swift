import TestSupport
import Testing

@testable import RecordStore

/// Identical requests of one batch: the first line is called, the others follow it.
@Suite(.everyEngine) struct FollowingTests {
    private static let rows = [
        SampleRow(2, request: "a"), SampleRow(3, request: "b"), SampleRow(4, request: "a"), SampleRow(5, request: "a"),
        SampleRow(6, error: "refused"), SampleRow(7, request: "b"), SampleRow(8, request: "c"),
    ]

    @Test func eachRequestIsCalledOnceAndAnswersAllItsLines() async throws {
        let folder = try StoreFolder()
        let store = try await folder.open()
        let batch = try await store.linkedBatch(Self.rows)
        #expect(batch.counts.following == 3 && batch.counts.toCall == 3)
        #expect(try await store.run(batch) { $0.succeeded } == [2, 3, 8])
        #expect(
            try await store.statuses(batch) == [
                .succeeded, .succeeded, .reused, .reused, .invalid, .reused, .succeeded,
            ])
        #expect(try await store.views(batch, [2, 4, 5, 7]).map(\.reusedFrom) == [nil, "2", "2", "3"])
        #expect(try await store.view(batch, 7).answer == Array("answer-3".utf8))
        let counts = try await store.progress(batch.id)
        #expect(counts.calls == 3 && counts.reused == 3 && counts.following == 0 && counts.isExhausted)
        try await store.setState(batch.id, to: .completed, reason: nil)
        try await store.close()
    }

    @Test func linkingAgainChangesNothing() async throws {
        let folder = try StoreFolder()
        let store = try await folder.open()
        let batch = try await store.makeBatch()
        try await store.take(Self.rows, into: batch)
        #expect(try await store.linkRepeats(of: batch.id) == 3)
        #expect(try await store.linkRepeats(of: batch.id) == 3)
        #expect(try await store.progress(batch.id).following == 3)
        try await store.close()
    }

    @Test func aFailureIsSharedWithTheReason() async throws {
        let folder = try StoreFolder()
        let store = try await folder.open()
        let batch = try await store.linkedBatch(Self.rows)
        _ = try await store.run(batch) { $0.id.line == 2 ? $0.rejected : $0.succeeded }
        #expect(try await store.view(batch, 5).status == .failed)
        #expect(try await store.view(batch, 5).errorText == "refused (as line 2)")
        #expect(try await store.view(batch, 5).reasonCode == "INVALID_INPUT")
        #expect(try await store.progress(batch.id).failed == 3)
        try await store.close()
    }

    @Test func aDoubtIsSharedAndHeld() async throws {
        let folder = try StoreFolder()
        let store = try await folder.open()
        let batch = try await store.linkedBatch(Self.rows)
        _ = try await store.run(batch) { $0.id.line == 2 ? $0.unreadable("kept") : $0.succeeded }
        let follower = try await store.view(batch, 4)
        #expect(follower.status == .inDoubt && follower.isHeld)
        #expect(try follower.answer == nil && follower.errorText == "not for our key (as line 2)")
        let recovered = RecoveredAnswer(
            record: RecordID(batch: batch.id, line: 2), answer: Array("read".utf8), requestRefID: nil)
        #expect(try await store.accept([recovered]) == 1)
        #expect(try await store.view(batch, 4).answer == Array("read".utf8))
        #expect(try await store.progress(batch.id).inDoubt == 0)
        try await store.close()
    }

    @Test("Followers of one line that take several portions all share its doubt, then its answer")
    func manyFollowersAreSettledInPortions() async throws {
        let folder = try StoreFolder()
        let store = try await folder.open()
        let number = FollowStatements.portion * 2 + 1
        let batch = try await store.linkedBatch((2...(number + 2)).map { SampleRow($0, request: "a") })
        #expect(batch.counts.following == number)
        _ = try await store.run(batch) { $0.unreadable("kept") }
        let doubted = try await store.progress(batch.id)
        #expect(doubted.inDoubt == number + 1 && doubted.following == 0)
        let recovered = RecoveredAnswer(
            record: RecordID(batch: batch.id, line: 2), answer: Array("read".utf8), requestRefID: nil)
        #expect(try await store.accept([recovered]) == 1)
        let statuses = try await store.statuses(batch)
        #expect(statuses.first == .succeeded && statuses.dropFirst().allSatisfy { $0 == .reused })
        #expect(try await store.progress(batch.id).reused == number)
        try await store.close()
    }

    @Test("A cancelled batch of several portions has nothing queued")
    func manyQueuedRecordsAreCancelledInPortions() async throws {
        let folder = try StoreFolder()
        let store = try await folder.open()
        let number = FollowStatements.portion * 2 + 1
        let batch = try await store.linkedBatch(
            (2...(number + 1)).map { SampleRow($0, error: $0 == 9 ? "broken" : nil) })
        try await store.setState(batch.id, to: .cancelled, reason: nil)
        #expect(try await store.progress(batch.id).cancelled == number - 1)
        #expect(try await store.statuses(batch).filter { $0 == .cancelled }.count == number - 1)
        try await store.close()
    }

    @Test func whoeverIsQueuedAgainWithItsLeaderWaitsForIt() async throws {
        let folder = try StoreFolder()
        let store = try await folder.open()
        let batch = try await store.linkedBatch(Self.rows)
        _ = try await store.run(batch) { $0.rejected }
        #expect(try await store.requeue(batch.id, RequeueSelection(statuses: [.failed])) == 6)
        #expect(try await store.progress(batch.id).following == 3)
        #expect(try await store.run(batch) { $0.succeeded } == [2, 3, 8])
        #expect(try await store.progress(batch.id).reused == 3)
        try await store.close()
    }

    @Test func ofFollowersQueuedAgainAloneTheFirstIsCalled() async throws {
        let folder = try StoreFolder()
        let store = try await folder.open()
        let batch = try await store.linkedBatch(Self.rows)
        _ = try await store.run(batch) { $0.rejected }
        let some = RequeueSelection(statuses: [.failed], lines: 4...7)
        #expect(try await store.requeue(batch.id, some) == 3)
        #expect(try await store.run(batch) { $0.succeeded } == [4, 7])
        #expect(try await store.view(batch, 5).reusedFrom == "4")
        #expect(try await store.view(batch, 2).status == .failed)
        // What failed first is answered by what was called since, without another call.
        #expect(try await store.requeue(batch.id, RequeueSelection(statuses: [.failed], lines: 2...3)) == 2)
        #expect(try await store.run(batch) { $0.succeeded } == [])
        #expect(try await store.view(batch, 2).reusedFrom == "4")
        try await store.close()
    }

    @Test func aLeaderSentAgainAnswersThoseThatFailedWithIt() async throws {
        let folder = try StoreFolder()
        let store = try await folder.open()
        let batch = try await store.linkedBatch(Self.rows)
        _ = try await store.run(batch) { $0.rejected }
        #expect(try await store.requeue(batch.id, RequeueSelection(statuses: [.failed], lines: 2...2)) == 1)
        #expect(try await store.view(batch, 4).errorText == "refused (as line 2)")
        #expect(try await store.run(batch) { $0.succeeded } == [2])
        #expect(try await store.view(batch, 4).status == .reused)
        #expect(try await store.progress(batch.id).failed == 3)
        try await store.close()
    }

    @Test func twoThatWouldBeCalledForTheSameRequestAreNotCalledAtOnce() async throws {
        let folder = try StoreFolder()
        let store = try await folder.open()
        let batch = try await store.linkedBatch(Self.rows)
        _ = try await store.run(batch) { $0.rejected }
        for line in [4, 2] {
            _ = try await store.requeue(batch.id, RequeueSelection(statuses: [.failed], lines: line...line))
        }
        let first = try await store.claim(batch)
        #expect(first.records.map(\.id.line) == [2] && first.passed == 1)
        #expect(first.nextReadyAt == 2_000)
        _ = try await store.finish(first.records.map(\.succeeded))
        let second = try await store.claim(batch, now: 2_000)
        #expect(second.records.isEmpty && second.reused == 1)
        #expect(try await store.view(batch, 4).reusedFrom == "2")
        try await store.close()
    }

    @Test func cancellingCancelsTheFollowersToo() async throws {
        let folder = try StoreFolder()
        let store = try await folder.open()
        let batch = try await store.linkedBatch(Self.rows)
        let claimed = try await store.claim(batch, 1).records
        try await store.setState(batch.id, to: .cancelled, reason: nil)
        _ = try await store.finish(claimed.map(\.succeeded))
        let counts = try await store.progress(batch.id)
        #expect(counts.following == 0 && counts.cancelled == 5 && counts.succeeded == 1)
        try await store.close()
    }

    @Test func aCrashPutsTheFollowersInDoubtWithTheirLeader() async throws {
        let folder = try StoreFolder()
        let store = try await folder.open()
        let batch = try await store.linkedBatch(Self.rows)
        _ = try await store.claim(batch, 1)
        try await store.close()
        let again = try await folder.open()
        #expect(try await again.statuses(batch).prefix(4) == [.inDoubt, .queued, .inDoubt, .inDoubt])
        let byPolicy = RequeueSelection(statuses: [.inDoubt], byPolicy: true)
        #expect(try await again.requeue(batch.id, byPolicy) == 1)
        #expect(try await again.run(batch) { $0.succeeded } == [2, 3, 8])
        #expect(try await again.progress(batch.id).reused == 3)
        try await again.close()
    }

    @Test func manyFollowersAreSettledWithTheirLeader() async throws {
        let folder = try StoreFolder()
        let store = try await folder.open()
        let batch = try await store.linkedBatch((2..<12_002).map { SampleRow($0, request: "same") })
        #expect(batch.counts.following == 11_999)
        #expect(try await store.run(batch) { $0.succeeded } == [2])
        #expect(try await store.progress(batch.id).reused == 11_999)
        try await store.close()
    }
}
