import Basics
import TestSupport
import Testing

@testable import RecordStore

/// Answers of earlier batches in place of calls.
@Suite(.everyEngine) struct ReuseTests {
    private static let reusing = CallCaps(answeredSince: 1_000, day: RecordStore.day)

    /// Two stores of rows: the first answered at 1,200.
    private func answered(_ store: RecordStore, _ rows: [SampleRow]) async throws -> Batch {
        let batch = try await store.linkedBatch(rows, content: 1)
        _ = try await store.run(batch) { $0.succeeded }
        try await store.setState(batch.id, to: .completed, reason: nil)
        try await store.learnAnswers()
        return batch
    }

    @Test func anIdenticalRecordOfAnotherBatchAnswers() async throws {
        let folder = try StoreFolder()
        let store = try await folder.open()
        let first = try await answered(store, [SampleRow(2, request: "a"), SampleRow(3, request: "b")])
        let second = try await store.linkedBatch(
            [SampleRow(2, request: "new"), SampleRow(3, request: "b"), SampleRow(4, request: "b")], content: 2)
        #expect(
            try await store.forecast(second.id, answeredSince: 1_000)
                == Forecast.sample(calls: 1, reused: 1, repeats: 1))
        #expect(try await store.run(second, caps: Self.reusing) { $0.succeeded } == [2])
        let view = try await store.view(second, 3)
        #expect(view.status == .reused && view.reusedFrom == "\(first.name):3")
        #expect(try view.answer == Array("answer-3".utf8) && view.correlationID == "c-3" && view.completedAt == 1_200)
        #expect(try await store.view(second, 4).reusedFrom == "3")
        #expect(try await store.view(second, 4).answer == Array("answer-3".utf8))
        let counts = try await store.progress(second.id)
        #expect(counts.reused == 2 && counts.calls == 1 && counts.attempts == 1)
        try await store.close()
    }

    @Test(arguments: [
        (CallCaps(day: RecordStore.day), true), (CallCaps(answeredSince: 1_201, day: RecordStore.day), true),
        (Self.reusing, false),
    ])
    func withoutTheJobsWordOrInTimeItIsCalled(_ caps: CallCaps, _ reuses: Bool) async throws {
        let folder = try StoreFolder()
        let store = try await folder.open()
        _ = try await answered(store, [SampleRow(2, request: "a")])
        var new = NewBatch(
            job: "j", fileName: "b.csv", contentDigest: [UInt8](repeating: 9, count: 32), format: .csv, layout: [1],
            provenance: StoreFolder.provenance)
        new.reuses = reuses
        let batch = try await store.createBatch(new)
        try await store.take([SampleRow(2, request: "a")], into: batch)
        try await store.finishIngest(batch.id, state: .running)
        #expect(try await store.run(batch, caps: caps) { $0.succeeded } == [2])
        try await store.close()
    }

    @Test func aRecordUnderWayInAnotherBatchIsWaitedFor() async throws {
        let folder = try StoreFolder()
        let store = try await folder.open()
        let one = try await store.linkedBatch([SampleRow(2, request: "a")], content: 1)
        let two = try await store.linkedBatch([SampleRow(2, request: "a"), SampleRow(3, request: "b")], content: 2)
        let called = try await store.claim(one).records
        let waiting = try await store.claim(two.id, upTo: 5, now: 1_000, caps: Self.reusing)
        #expect(waiting.records.map(\.id.line) == [3] && waiting.passed == 1 && !waiting.exhausted)
        #expect(waiting.nextReadyAt == 2_000)
        _ = try await store.finish(called.map(\.succeeded) + waiting.records.map(\.succeeded))
        let after = try await store.claim(two.id, upTo: 5, now: 2_000, caps: Self.reusing)
        #expect(after.reused == 1 && after.exhausted)
        try await store.close()
    }

    @Test func answersDoNotNeedCallsThatACapForbids() async throws {
        let folder = try StoreFolder()
        let store = try await folder.open()
        _ = try await answered(store, (2...600).map { SampleRow($0) })
        let rows = (2...600).map { SampleRow($0) } + [SampleRow(601, request: "new"), SampleRow(602, request: "last")]
        let second = try await store.linkedBatch(rows, content: 2)
        let caps = CallCaps(batch: 1, answeredSince: 1_000, day: RecordStore.day)
        var claim = try await store.claim(second.id, upTo: 5, now: 0, caps: caps)
        while claim.records.isEmpty, claim.cappedBy == nil {
            claim = try await store.claim(second.id, upTo: 5, now: 0, caps: caps)
        }
        #expect(claim.records.map(\.id.line) == [601])
        _ = try await store.finish(claim.records.map(\.succeeded))
        let counts = try await store.progress(second.id)
        #expect(counts.reused == 599 && counts.toCall == 1)
        #expect(try await store.claim(second.id, upTo: 5, now: 0, caps: caps).cappedBy == .batchCalls)
        try await store.close()
    }

    @Test func oneClaimAnswersAtMostSoManyAndLosesNone() async throws {
        let folder = try StoreFolder()
        let store = try await folder.open()
        _ = try await answered(store, (2...801).map { SampleRow($0) })
        let second = try await store.linkedBatch((2...801).map { SampleRow($0) }, content: 2)
        var rounds = 0
        while case let claim = try await store.claim(second.id, upTo: 1, now: 0, caps: Self.reusing), !claim.exhausted {
            #expect(claim.records.isEmpty && claim.reused <= 256)
            rounds += 1
        }
        #expect(rounds == 3)
        #expect(try await store.progress(second.id).reused == 800)
        try await store.close()
    }

    @Test func aBatchThatReusesLetsOthersFindItsAnswersAtOnce() async throws {
        let folder = try StoreFolder()
        let store = try await folder.open()
        let one = try await store.linkedBatch((2...30).map { SampleRow($0) }, content: 1)
        let two = try await store.linkedBatch((2...30).map { SampleRow($0) }, content: 2)
        let first = try await store.claim(one.id, upTo: 9, now: 1_000, caps: Self.reusing).records
        _ = try await store.finish(first.map(\.succeeded))
        let second = try await store.claim(two.id, upTo: 9, now: 1_000, caps: Self.reusing)
        #expect(second.reused == 9 && second.records.map(\.id.line) == Array(11...19))
        try await store.close()
    }

    @Test func answersOfAnyBatchAreLearntOnceWhateverCameBetween() async throws {
        let folder = try StoreFolder()
        let store = try await folder.open()
        let batch = try await store.linkedBatch((2...9).map { SampleRow($0) })
        _ = try await store.finish(try await store.claim(batch, 3).records.map(\.succeeded))
        try await store.learnAnswers()
        _ = try await store.finish(try await store.claim(batch, 2).records.map(\.inDoubt))
        let answer = RecoveredAnswer(
            record: RecordID(batch: batch.id, line: 5), answer: Array("late".utf8), requestRefID: nil)
        _ = try await store.accept([answer])
        try await store.setState(batch.id, to: .paused, reason: nil)
        for _ in 0..<2 { try await store.learnAnswers() }
        let requests = try (2...6).map { line in
            try Array("request-\(line)".utf8).withUnsafeBytes { try store.fingerprint(of: $0) }
        }
        #expect(
            try await store.prospects(of: requests, answeredSince: 0) == [.reuse, .reuse, .reuse, .reuse, .hold])
        try await store.close()
    }

    @Test func answersOfABatchThatReusesNothingAreFoundWhileItRunsAndStandsStill() async throws {
        let folder = try StoreFolder()
        let store = try await folder.open()
        let plain = try await store.linkedBatch((2...9).map { SampleRow($0) }, content: 1)
        _ = try await store.finish(try await store.claim(plain, 2).records.map(\.succeeded))
        let reusing = try await store.linkedBatch((2...20).map { SampleRow($0) }, content: 2)
        try await store.learnAnswers()
        // What is answered from here on is found without another look, that of a batch taken in later, too.
        _ = try await store.finish(try await store.claim(plain, 2).records.map(\.succeeded))
        let later = try await store.linkedBatch((10...12).map { SampleRow($0) }, content: 3)
        _ = try await store.finish(try await store.claim(later, 2).records.map(\.succeeded))
        let doubted = try await store.claim(later, 1).records
        _ = try await store.finish(doubted.map { $0.unreadable("late") })
        _ = try await store.accept([
            RecoveredAnswer(record: doubted[0].id, answer: Array("late".utf8), requestRefID: nil)
        ])
        let claim = try await store.claim(reusing.id, upTo: 30, now: 1_000, caps: Self.reusing)
        #expect(claim.reused == 7)
        #expect(claim.records.map(\.id.line) == Array(6...9) + Array(13...20))
        try await store.close()
    }

    @Test func aBatchThatIsRunAgainKeepsItsAnswersForOneThatWaits() async throws {
        let folder = try StoreFolder()
        let store = try await folder.open()
        let plain = try await store.linkedBatch([SampleRow(2, request: "a")], content: 1)
        _ = try await store.run(plain) { $0.rejected }
        try await store.setState(plain.id, to: .completed, reason: nil)
        let reusing = try await store.linkedBatch([SampleRow(2, request: "a")], content: 2)
        try await store.learnAnswers()
        #expect(try await store.requeue(plain.id, RequeueSelection(statuses: [.failed])) == 1)
        _ = try await store.run(plain) { $0.succeeded }
        #expect(try await store.claim(reusing.id, upTo: 5, now: 1_000, caps: Self.reusing).reused == 1)
        try await store.close()
    }

    @Test(arguments: [true, false]) func answersThatLeftTheHotTablesServe(knownBefore: Bool) async throws {
        let folder = try StoreFolder()
        let store = try await folder.open()
        let first = try await store.linkedBatch([SampleRow(2, request: "a"), SampleRow(3, request: "b")])
        _ = try await store.run(first) { $0.succeeded }
        try await store.setState(first.id, to: .completed, reason: nil)
        if knownBefore { try await store.learnAnswers() }
        #expect(try await store.archive(finishedBefore: .distantFuture) == 2)
        try await store.learnAnswers()
        let second = try await store.linkedBatch([SampleRow(9, request: "b")], content: 2)
        #expect(try await store.forecast(second.id, answeredSince: 1_000).reused == 1)
        let claim = try await store.claim(second.id, upTo: 5, now: 0, caps: Self.reusing)
        #expect(claim.reused == 1 && claim.exhausted)
        #expect(try await store.view(second, 9).answer == Array("answer-3".utf8))
        #expect(try await store.view(second, 9).reusedFrom == "\(first.name):3")
        try await store.close()
    }

    @Test func whatWouldBecomeOfRequestsIsKnownBeforehand() async throws {
        let folder = try StoreFolder()
        let store = try await folder.open()
        let batch = try await store.linkedBatch([SampleRow(2, request: "a"), SampleRow(3, request: "b")])
        _ = try await store.run(batch) { $0.id.line == 2 ? $0.succeeded : $0.inDoubt }
        try await store.setState(batch.id, to: .completed, reason: nil)
        try await store.learnAnswers()
        let requests = try ["a", "b", "c"].map { text in
            try Array(text.utf8).withUnsafeBytes { try store.fingerprint(of: $0) }
        }
        #expect(try await store.prospects(of: requests, answeredSince: 1_000) == [.reuse, .hold, .call])
        #expect(try await store.prospects(of: requests, answeredSince: nil) == [.call, .hold, .call])
        #expect(try await store.prospects(of: requests, answeredSince: 1_201) == [.call, .hold, .call])
        try await store.close()
    }
}

extension Forecast {
    fileprivate static func sample(calls: Int, reused: Int, repeats: Int) -> Forecast {
        var forecast = Forecast()
        (forecast.calls, forecast.reused, forecast.repeats) = (calls, reused, repeats)
        return forecast
    }
}
