import Basics
import TestSupport
import Testing

@testable import RecordStore

@Suite(.everyEngine) struct RequeueingTests {
    /// Lines 2 to 9: succeeded, failed A, failed B, in doubt, failed A, in doubt, held, invalid; completed.
    private func finishedBatch(_ store: RecordStore) async throws -> Batch {
        let rows = (2...7).map { SampleRow($0, request: $0 == 7 ? "same" : nil) }
        let batch = try await store.runningBatch(rows + [SampleRow(8, request: "same"), SampleRow(9, error: "rule")])
        let records = try await store.claim(batch, 6).records
        _ = try await store.finish([
            records[0].succeeded, records[1].completion(.failed, httpStatus: 400, reasonCode: "A"),
            records[2].completion(.failed, httpStatus: 400, reasonCode: "B"), records[3].inDoubt,
            records[4].completion(.failed, httpStatus: 400, reasonCode: "A"), records[5].inDoubt,
        ])
        #expect(try await store.claim(batch).held == 1)
        try await store.setState(batch.id, to: .completed, reason: nil)
        return try await store.batch(batch.id)
    }

    @Test(arguments: [
        (RequeueSelection(statuses: [.failed]), [3, 4, 6]),
        (RequeueSelection(statuses: [.failed], reasonCode: "A"), [3, 6]),
        (RequeueSelection(statuses: [.failed, .inDoubt]), [3, 4, 5, 6, 7, 8]),
        (RequeueSelection(statuses: [.inDoubt]), [5, 7, 8]),
        (RequeueSelection(statuses: [.inDoubt], limit: 1), [5]),
        (RequeueSelection(statuses: [.inDoubt], byPolicy: true), [5, 7]),
        (RequeueSelection(statuses: [.failed, .inDoubt], lines: 4...6), [4, 5, 6]),
        (RequeueSelection(statuses: [.failed], reasonCode: "A", lines: 1...5), [3]),
        (RequeueSelection(statuses: [.failed], limit: 2), [3, 4]),
        (RequeueSelection(statuses: [.failed], limit: 0), []),
        (RequeueSelection(statuses: [.failed], reasonCode: "C"), []), (RequeueSelection(statuses: []), []),
    ])
    func exactlyWhatIsSelectedIsQueuedAgain(_ selection: RequeueSelection, _ lines: [Int]) async throws {
        let folder = try StoreFolder()
        let store = try await folder.open()
        let batch = try await finishedBatch(store)
        #expect(try await store.requeue(batch.id, selection) == lines.count)
        var queued: [Int] = []
        try await store.forEachRecord(batch.id, statuses: [.queued]) { queued.append($0.line) }
        #expect(queued == lines)
        let after = try await store.batch(batch.id)
        #expect(after.counts.queued == lines.count)
        #expect(after.state == (lines.isEmpty ? .completed : .running))
        #expect((after.finishedAt == nil) == !lines.isEmpty)
        try await store.close()
    }

    @Test(arguments: [RecordStatus.succeeded, .reused, .invalid, .queued, .inFlight])
    func otherStatusesAreRefused(_ status: RecordStatus) async throws {
        let folder = try StoreFolder()
        let store = try await folder.open()
        let batch = try await finishedBatch(store)
        let error = await #expect(throws: StoreError.self) {
            try await store.requeue(batch.id, RequeueSelection(statuses: [.failed, status]))
        }
        #expect(error?.code == .notAllowed)
        #expect(try await store.batch(batch.id) == batch)
        try await store.close()
    }

    @Test func theLedgerKeepsTheEarlierAttempts() async throws {
        let folder = try StoreFolder()
        let store = try await folder.open()
        let batch = try await finishedBatch(store)
        _ = try await store.requeue(batch.id, RequeueSelection(statuses: [.failed], lines: 3...3))
        let again = try #require(try await store.claim(batch).records.first)
        #expect(again.number == 2 && again.spentAttempts == 0)
        _ = try await store.finish([again.succeeded])
        var attempts: [AttemptView] = []
        try await store.forEachAttempt(batch.id, lines: 3...3) { attempts.append($0) }
        #expect(attempts.map(\.number) == [1, 2])
        #expect(attempts.map(\.httpStatus) == [400, 200])
        #expect(try await store.record(again.id)?.attempts == 2)
        try await store.close()
    }

    @Test func aPersonGivesAllAttemptsAnewAndThePolicyDoesNot() async throws {
        let folder = try StoreFolder()
        let store = try await folder.open()
        let batch = try await finishedBatch(store)
        let policy = RequeueSelection(statuses: [.inDoubt], lines: 5...5, byPolicy: true)
        #expect(try await store.requeue(batch.id, policy) == 1)
        #expect(try await store.requeue(batch.id, RequeueSelection(statuses: [.inDoubt], lines: 7...7)) == 1)
        let records = try await store.claim(batch).records
        #expect(records.map(\.id.line) == [5, 7])
        #expect(records.map(\.spentAttempts) == [1, 0])
        #expect(try await store.progress(batch.id).inDoubtRetried == 1)
        try await store.close()
    }

    @Test func aRecordThatHasSpentItsAttemptsIsNotQueuedAgain() async throws {
        let folder = try StoreFolder()
        let store = try await folder.open()
        let batch = try await store.runningBatch(count: 2)
        let first = try await store.claim(batch).records
        _ = try await store.finish([first[0].transient(until: 0), first[1].inDoubt])
        _ = try await store.finish(try await store.claim(batch).records.map(\.inDoubt))
        #expect(try await store.statuses(batch) == [.inDoubt, .inDoubt])

        let policy = RequeueSelection(statuses: [.inDoubt], byPolicy: true, maximumSpent: 2)
        #expect(try await store.requeue(batch.id, policy) == 1)
        let again = try await store.claim(batch).records
        #expect(again.map(\.id.line) == [3])
        _ = try await store.finish(again.map(\.inDoubt))
        #expect(try await store.requeue(batch.id, policy) == 0)
        try await store.close()
    }

    /// Lines 2 to 6 in doubt: nothing known, unreadable, another call's answer, too large, a 200 without a body.
    private func doubtfulBatch(_ store: RecordStore) async throws -> Batch {
        let batch = try await store.runningBatch(count: 5)
        let records = try await store.claim(batch).records
        _ = try await store.finish([
            records[0].inDoubt, records[1].unreadable("cipher"),
            records[2].completion(.inDoubt, outcome: .repeated, httpStatus: 200, billable: .unknown, answer: "clear"),
            records[3].completion(.inDoubt, outcome: .inDoubt, httpStatus: 200, billable: .yes),
            records[4].completion(.inDoubt, outcome: .inDoubt, httpStatus: 200, billable: .unknown),
        ])
        return batch
    }

    @Test(arguments: [
        (RequeueSelection(statuses: [.inDoubt], byPolicy: true), [2, 6]),
        (RequeueSelection(statuses: [.inDoubt], sparesAnswered: true), [2, 6]),
        (RequeueSelection(statuses: [.failed, .inDoubt], sparesAnswered: true), [2, 6]),
        (RequeueSelection(statuses: [.inDoubt]), [2, 3, 4, 5, 6]),
    ])
    func whatWasAnsweredIsSentAgainByAPersonOnly(_ selection: RequeueSelection, _ lines: [Int]) async throws {
        let folder = try StoreFolder()
        let store = try await folder.open()
        let batch = try await doubtfulBatch(store)
        #expect(try await store.requeue(batch.id, selection) == lines.count)
        var queued: [Int] = []
        try await store.forEachRecord(batch.id, statuses: [.queued]) { queued.append($0.line) }
        #expect(queued == lines)
        try await store.close()
    }

    @Test func doubtsAreToldApartByWhatCameAndWhatWasBilled() async throws {
        let folder = try StoreFolder()
        let store = try await folder.open()
        let batch = try await doubtfulBatch(store)
        var inDoubtSummary = InDoubtSummary()
        try await store.forEachRecord(batch.id) { inDoubtSummary.add($0) }
        #expect((inDoubtSummary.perhapsBilled, inDoubtSummary.answered, inDoubtSummary.repeated) == (2, 2, 1))
        var kept: [Int] = []
        try await store.forEachKeptAnswer(batch.id) { kept.append($0.line) }
        #expect(kept == [3, 4])
        let views = try await store.views(batch, [3, 4])
        #expect(views.map(\.isRepeated) == [false, true])
        #expect(views.map(\.isSurelyBilled) == [true, false])
        try await store.close()
    }

    @Test func whatStandsBehindEverythingElseIsReadyWhenItIsBroughtForward() async throws {
        let folder = try StoreFolder()
        let store = try await folder.open()
        let batch = try await store.runningBatch(count: 3)
        let records = try await store.claim(batch, 2).records
        _ = try await store.finish([
            records[0].completion(.last, outcome: .overloaded, httpStatus: 429), records[1].overloaded(until: 5_000),
        ])
        let claim = try await store.claim(batch)
        #expect(claim.records.map(\.id.line) == [4])
        #expect(claim.nextReadyAt == 5_000)
        _ = try await store.finish(claim.records.map(\.succeeded))
        _ = try await store.finish(try await store.claim(batch, now: 5_000).records.map(\.succeeded))
        let rest = try await store.claim(batch, now: 9_000)
        #expect(rest.records.isEmpty && rest.nextReadyAt == nil && !rest.exhausted)
        #expect(try await store.bringForward(batch.id, of: RerunNumber(rawValue: 1)).isEmpty)
        #expect(try await store.bringForward(batch.id) == [records[0].id])
        #expect(try await store.bringForward(batch.id).isEmpty)
        let last = try await store.claim(batch, now: 9_000)
        #expect(last.records.map(\.id.line) == [2])
        #expect(last.records.first?.spentAttempts == 0)
        try await store.close()
    }

    @Test func aRecordThatWaitsAgainShowsNothingOfTheEarlierRun() async throws {
        let folder = try StoreFolder()
        let store = try await folder.open()
        let batch = try await finishedBatch(store)
        _ = try await store.requeue(batch.id, RequeueSelection(statuses: [.failed]))
        let view = try #require(try await store.record(RecordID(batch: batch.id, line: 3)))
        #expect(view.status == .queued && view.httpStatus == nil && view.reasonCode == nil && view.completedAt == nil)
        try await store.close()
    }

    @Test func aLargeSelectionGoesInParts() async throws {
        let folder = try StoreFolder()
        let store = try await folder.open()
        let batch = try await store.runningBatch(count: 5_100)
        var claim = try await store.claim(batch, 5_100)
        _ = try await store.finish(claim.records.map(\.rejected))
        #expect(try await store.requeue(batch.id, RequeueSelection(statuses: [.failed], limit: 5_050)) == 5_050)
        claim = try await store.claim(batch, 6_000)
        #expect(claim.records.count == 5_050)
        try await store.close()
    }

    @Test(arguments: [BatchState.paused, .halted]) func aBatchThatStandsStillStaysSo(_ state: BatchState) async throws {
        let folder = try StoreFolder()
        let store = try await folder.open()
        let batch = try await store.runningBatch(count: 5)
        _ = try await store.finish(try await store.claim(batch, 2).records.map(\.rejected))
        try await store.setState(batch.id, to: state, reason: "because")
        #expect(try await store.requeue(batch.id, RequeueSelection(statuses: [.failed], lines: 3...3)) == 1)
        let after = try await store.batch(batch.id)
        #expect(after.state == state && after.reason == "because" && after.counts.queued == 4)
        #expect(try await store.claim(batch).records.isEmpty)
        try await store.setState(batch.id, to: .running, reason: nil)
        #expect(try await store.claim(batch).records.map(\.id.line) == [3, 4, 5, 6])
        try await store.close()
    }

    @Test func aBatchThatWaitsForConfirmationStaysSo() async throws {
        let folder = try StoreFolder()
        let store = try await folder.open()
        let batch = try await store.runningBatch(count: 2)
        _ = try await store.finish(try await store.claim(batch, 1).records.map(\.inDoubt))
        for state in [BatchState.paused, .awaitingConfirmation] {
            try await store.setState(batch.id, to: state, reason: nil)
        }
        #expect(try await store.requeue(batch.id, RequeueSelection(statuses: [.inDoubt])) == 1)
        #expect(try await store.batch(batch.id).state == .awaitingConfirmation)
        // What it would send that may have been billed is foretold.
        let forecast = try await store.forecast(batch.id, answeredSince: nil)
        #expect(forecast.calls == 2 && forecast.billedBefore == 1)
        try await store.close()
    }

    @Test func whatIsToBeQueuedAgainIsForecast() async throws {
        let folder = try StoreFolder()
        let store = try await folder.open()
        let other = try await store.runningBatch([SampleRow(2, request: "doubted")], content: 2)
        let rows = ["a", "b", "a", "doubted", "known", "a"].enumerated().map {
            SampleRow($0.offset + 2, request: $0.element)
        }
        let batch = try await store.linkedBatch(rows)
        _ = try await store.run(batch) { $0.rejected }
        try await store.setState(batch.id, to: .completed, reason: nil)
        _ = try await store.finish(try await store.claim(other).records.map(\.inDoubt))
        let answered = try await store.runningBatch([SampleRow(2, request: "known")], content: 3)
        _ = try await store.finish(try await store.claim(answered).records.map(\.succeeded))
        try await store.learnAnswers()
        var forecast = Forecast()
        (forecast.calls, forecast.reused, forecast.held, forecast.repeats) = (2, 1, 1, 2)
        let failed = RequeueSelection(statuses: [.failed])
        #expect(try await store.forecast(batch.id, requeueing: failed, answeredSince: 0) == forecast)
        #expect(try await store.archive(finishedBefore: .distantFuture) == 6)
        #expect(try await store.forecast(batch.id, requeueing: failed, answeredSince: 0) == forecast)
        (forecast.calls, forecast.reused) = (3, 0)
        #expect(try await store.forecast(batch.id, requeueing: failed, answeredSince: nil) == forecast)
        (forecast.calls, forecast.held, forecast.repeats) = (2, 0, 0)
        let some = RequeueSelection(statuses: [.failed], lines: 3...4)
        #expect(try await store.forecast(batch.id, requeueing: some, answeredSince: nil) == forecast)
        let none = RequeueSelection(statuses: [.inDoubt])
        #expect(try await store.forecast(batch.id, requeueing: none, answeredSince: nil) == Forecast())
        try await store.close()
    }

    @Test func thePolicySendsNothingThatAPersonGaveUp() async throws {
        let folder = try StoreFolder()
        let store = try await folder.open()
        let batch = try await store.runningBatch(count: 2)
        _ = try await store.finish(try await store.claim(batch, 1).records.map(\.inDoubt))
        try await store.setState(batch.id, to: .cancelled, reason: nil)
        #expect(try await store.requeue(batch.id, RequeueSelection(statuses: [.inDoubt], byPolicy: true)) == 0)
        #expect(try await store.batch(batch.id).state == .cancelled)
        try await store.close()
    }

    @Test func inAnotherStateThanAskedForNothingIsQueuedAgain() async throws {
        let folder = try StoreFolder()
        let store = try await folder.open()
        let batch = try await store.runningBatch(count: 2)
        _ = try await store.finish(try await store.claim(batch, 2).records.map(\.rejected))
        let selection = RequeueSelection(statuses: [.failed], states: [.completed])
        #expect(try await store.requeue(batch.id, selection) == 0)
        try await store.setState(batch.id, to: .completed, reason: nil)
        #expect(try await store.requeue(batch.id, selection) == 2)
        try await store.close()
    }
}
