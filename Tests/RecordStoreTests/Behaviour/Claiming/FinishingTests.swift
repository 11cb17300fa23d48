import TestSupport
import Testing

@testable import RecordStore

@Suite(.everyEngine) struct FinishingTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var next: NextStep
        var httpStatus: Int?
        var billable: Billable
        var status: RecordStatus
        var spent: Int64
        var made: Int
        var calls: Int
        var testDescription: String { "\(next) \(httpStatus ?? 0) \(billable)" }
    }

    static let cases = [
        Case(next: .succeeded, httpStatus: 200, billable: .yes, status: .succeeded, spent: 1, made: 1, calls: 1),
        Case(next: .failed, httpStatus: 400, billable: .no, status: .failed, spent: 1, made: 1, calls: 1),
        Case(next: .failed, billable: .no, status: .failed, spent: 0, made: 0, calls: 0),
        Case(next: .inDoubt, billable: .unknown, status: .inDoubt, spent: 1, made: 1, calls: 1),
        Case(next: .inDoubt, httpStatus: 200, billable: .yes, status: .inDoubt, spent: 1, made: 1, calls: 1),
        Case(
            next: .retry(notBefore: 9, spendsAttempt: true), httpStatus: 500, billable: .no, status: .queued, spent: 1,
            made: 1, calls: 1),
        Case(
            next: .retry(notBefore: 9, spendsAttempt: false), httpStatus: 429, billable: .no, status: .queued, spent: 0,
            made: 1, calls: 1),
        Case(
            next: .retry(notBefore: 9, spendsAttempt: false), billable: .no, status: .queued, spent: 0, made: 0,
            calls: 0),
        Case(next: .release, httpStatus: 401, billable: .no, status: .queued, spent: 0, made: 1, calls: 1),
        Case(next: .release, billable: .no, status: .queued, spent: 0, made: 0, calls: 0),
    ]

    @Test(arguments: cases) func anAttemptEndsAs(_ test: Case) async throws {
        let folder = try StoreFolder()
        let store = try await folder.open()
        let batch = try await store.runningBatch(count: 1)
        let claimed = try #require(try await store.claim(batch).records.first)
        let end = claimed.completion(test.next, httpStatus: test.httpStatus, billable: test.billable)
        #expect(try await store.finish([end]) == 1)
        let view = try #require(try await store.record(claimed.id))
        let counts = try await store.progress(batch.id)
        #expect(view.status == test.status)
        #expect(view.attempts == test.made)
        #expect(counts[test.status] == 1 && counts.inFlight == 0)
        #expect(counts.calls == test.calls)
        #expect(counts.retries == (test.status == .queued ? 1 : 0))
        #expect(counts.billable == (test.billable == .yes ? 1 : 0))
        #expect(counts.unbilled == (test.billable == .no ? 1 : 0))
        #expect(counts.billingUnknown == (test.billable == .unknown ? 1 : 0))
        let again = try await store.claim(batch).records.first
        #expect(again?.spentAttempts == (test.status == .queued ? Int(test.spent) : nil))
        try await store.close()
    }

    @Test func aResultShowsWhatTheAttemptBrought() async throws {
        let folder = try StoreFolder()
        let store = try await folder.open()
        let batch = try await store.runningBatch(count: 2)
        let records = try await store.claim(batch).records
        _ = try await store.finish([records[0].succeeded, records[1].rejected])
        let first = try #require(try await store.record(records[0].id))
        #expect(first.httpStatus == 200)
        #expect(first.correlationID == "c-2" && first.requestRefID == "r-2")
        #expect(first.submittedAt == 1_000 && first.completedAt == 1_200)
        #expect(try first.answer == Array("answer-2".utf8))
        #expect(try first.errorText == nil)
        let second = try #require(try await store.record(records[1].id))
        #expect(second.httpStatus == 400 && second.reasonCode == "INVALID_INPUT")
        #expect(try second.errorText == "refused")
        #expect(try second.answer == nil)
        try await store.close()
    }

    @Test func anAnswerThatCouldNotBeReadOutlivesALaterAttemptInDoubt() async throws {
        let folder = try StoreFolder()
        let store = try await folder.open()
        let batch = try await store.runningBatch(count: 1)
        let again = try await store.claimAgainAfterUnreadableAnswer(batch)
        #expect(try await store.finish([again.inDoubt]) == 1)
        let view = try #require(try await store.record(again.id))
        #expect(view.status == .inDoubt && view.httpStatus == 200)
        #expect(try view.answer == Array("unreadable".utf8))
        #expect(try view.errorText == "not for our key")
        let policy = RequeueSelection(statuses: [.inDoubt], byPolicy: true)
        #expect(try await store.requeue(batch.id, policy) == 0)
        try await store.close()
    }

    @Test func aLaterAnswerOrAFinalEndTakesThePlaceOfOneThatCouldNotBeRead() async throws {
        let folder = try StoreFolder()
        let store = try await folder.open()
        let batch = try await store.runningBatch(count: 1)
        let second = try await store.claimAgainAfterUnreadableAnswer(batch)
        _ = try await store.finish([second.unreadable("unreadable again")])
        #expect(try await store.record(second.id)?.answer == Array("unreadable again".utf8))
        _ = try await store.requeue(batch.id, RequeueSelection(statuses: [.inDoubt]))
        let third = try #require(try await store.claim(batch).records.first)
        _ = try await store.finish([third.rejected])
        let view = try #require(try await store.record(third.id))
        #expect(view.status == .failed && view.httpStatus == 400)
        #expect(try view.answer == nil)
        #expect(try view.errorText == "refused")
        try await store.close()
    }

    @Test func anAttemptIsFinishedExactlyOnce() async throws {
        let folder = try StoreFolder()
        let store = try await folder.open()
        let batch = try await store.runningBatch(count: 2)
        let records = try await store.claim(batch).records
        #expect(try await store.finish([records[0].succeeded, records[0].rejected]) == 1)
        #expect(try await store.finish([records[0].rejected, records[1].inDoubt]) == 1)
        #expect(try await store.finish([records[0].inDoubt]) == 0)
        #expect(try await store.statuses(batch) == [.succeeded, .inDoubt])
        #expect(try await store.record(records[0].id)?.httpStatus == 200)
        let counts = try await store.progress(batch.id)
        #expect(counts.succeeded == 1 && counts.inDoubt == 1 && counts.attempts == 2)
        try await store.close()
    }

    @Test func anEarlierAttemptCannotFinishALaterOne() async throws {
        let folder = try StoreFolder()
        let store = try await folder.open()
        let batch = try await store.runningBatch(count: 1)
        let first = try #require(try await store.claim(batch).records.first)
        _ = try await store.finish([first.transient(until: 0)])
        let second = try #require(try await store.claim(batch).records.first)
        #expect(second.attempt > first.attempt && second.id == first.id)
        #expect(try await store.finish([first.succeeded]) == 0)
        #expect(try await store.statuses(batch) == [.inFlight])
        #expect(try await store.finish([second.succeeded]) == 1)
        try await store.close()
    }

    @Test func whatNobodyClaimedIsNotFinished() async throws {
        let folder = try StoreFolder()
        let store = try await folder.open()
        let batch = try await store.runningBatch(count: 1)
        let made = ClaimedRecord(
            id: RecordID(batch: batch.id, line: 2), attempt: AttemptID(rawValue: 1), number: 1, spentAttempts: 0,
            recordID: [], rawRow: [])
        #expect(try await store.finish([made.succeeded]) == 0)
        #expect(try await store.statuses(batch) == [.queued])
        try await store.close()
    }

    @Test func aRetryOfACancelledBatchIsCancelledAndAnAnswerIsKept() async throws {
        let folder = try StoreFolder()
        let store = try await folder.open()
        let batch = try await store.runningBatch(count: 4)
        let records = try await store.claim(batch, 3).records
        try await store.setState(batch.id, to: .cancelled, reason: "changed my mind")
        #expect(try await store.statuses(batch) == [.inFlight, .inFlight, .inFlight, .cancelled])
        let ends = [records[0].succeeded, records[1].transient(until: 5), records[2].completion(.release)]
        #expect(try await store.finish(ends) == 3)
        #expect(try await store.statuses(batch) == [.succeeded, .cancelled, .cancelled, .cancelled])
        try await store.close()
    }

    @Test(arguments: [
        ("INVALID_INPUT_VALUE", "INVALID_INPUT_VALUE"), ("0b0f4a9e-3f5e", "0b0f4a9e-3f5e"), ("a.b:c", "a.b:c"),
        ("jo@example.com", nil), ("Jo Public", nil), ("", nil), (String(repeating: "a", count: 129), nil),
        ("Müller", nil), (nil, nil),
    ])
    func onlyWhatLooksLikeACodeIsKeptInClear(_ given: String?, _ kept: String?) {
        #expect(PlainToken.only(given) == kept)
    }

    @Test(arguments: [
        ("INVALID_INPUT_VALUE", true), ("E4012", true), (String(repeating: "a", count: 64), true),
        ("0b0f4a9e-3f5e", false),
        ("ada.stone", false), ("a:b", false), (String(repeating: "a", count: 65), false), ("Ada Stone", false),
        ("", false),
    ])
    func aReasonCodeHasOneForm(_ given: String, _ isKept: Bool) {
        #expect(PlainToken.code(given) == (isKept ? given : nil))
    }

    @Test func aStatusNoServerMayGiveIsNotKept() async throws {
        let folder = try StoreFolder()
        let store = try await folder.open()
        let batch = try await store.runningBatch(count: 1)
        let claimed = try #require(try await store.claim(batch).records.first)
        #expect(try await store.finish([claimed.completion(.failed, httpStatus: 7)]) == 1)
        #expect(try await store.record(claimed.id)?.httpStatus == nil)
        try await store.close()
    }
}
