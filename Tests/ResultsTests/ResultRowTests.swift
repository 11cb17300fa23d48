import TestSupport
import Testing

@testable import RecordStore
@testable import Results

@Suite struct ResultRowTests {
    private static let altered = "what the database holds of this record was altered; restore it from a backup"
    private static let answer = "{\"requestRefId\":\"r\",\"insights\":{\"user\":{},\"ip\":{}}}"

    private func view() async throws -> RecordView {
        let fixture = try await BatchFixture(lines: [.init(number: 2, id: "1", row: "1,a")])
        try await fixture.attempt { BatchFixture.success($0, Self.answer) }
        return try #require(try await fixture.store.record(RecordID(batch: fixture.batch, line: 2)))
    }

    private func changed(
        _ view: RecordView, payload: [UInt8]? = nil, answer: [UInt8]? = nil, status: RecordStatus? = nil
    ) -> RecordView {
        RecordView(
            record: view.record, status: status ?? view.status, attempts: view.attempts, isHeld: view.isHeld,
            httpStatus: view.httpStatus, reasonCode: view.reasonCode, correlationID: view.correlationID,
            requestRefID: view.requestRefID, submittedAt: view.submittedAt, completedAt: view.completedAt,
            hasWarnings: view.hasWarnings, sealedPayload: payload ?? view.sealedPayload,
            sealedDetail: view.sealedDetail, sealedAnswer: answer ?? view.sealedAnswer, leader: view.leader,
            copiedFrom: view.copiedFrom, copiedFromBatch: view.copiedFromBatch,
            isResolvedByHand: view.isResolvedByHand, holder: view.holder,
            isSurelyBilled: view.isSurelyBilled, isRepeated: view.isRepeated, failedBy: view.failedBy,
            forgottenAt: view.forgottenAt,
            key: view.key)
    }

    @Test func aRowThatWasAlteredKeepsItsLineAndStatus() async throws {
        let view = try await view()
        let row = try ResultRow(changed(view, payload: view.sealedPayload.reversed(), status: .failed))
        #expect((row.line, row.status, row.id, row.rawRow) == (2, .failed, [], nil))
        #expect(row.error == Self.altered && row.reason == Self.altered)
    }

    @Test func anAnswerThatWasAlteredIsAWarning() async throws {
        let view = try await view()
        let sealed = try #require(view.sealedAnswer)
        let row = try ResultRow(changed(view, answer: sealed.reversed()))
        #expect((row.status, row.answer, row.error, row.id) == (.succeeded, nil, nil, Array("1".utf8)))
        var cells = AnswerCells()
        cells.read(row)
        #expect(cells.warnings == [Self.altered])
    }

    @Test func anAnswerIsOnlyShownOfARecordThatHasOne() async throws {
        let row = try ResultRow(changed(try await view(), status: .inDoubt))
        #expect(row.answer == nil && row.ownWarning == nil)
    }

    @Test func anAnswerThatIsNoJSONIsAWarning() async throws {
        let fixture = try await BatchFixture(lines: [.init(number: 2, id: "1", row: "1,a")])
        try await fixture.attempt { BatchFixture.success($0, "{") }
        let view = try #require(try await fixture.store.record(RecordID(batch: fixture.batch, line: 2)))
        var cells = AnswerCells()
        cells.read(try ResultRow(view))
        #expect(cells.warnings == ["the stored answer cannot be read"] && cells.document == nil)
    }

    @Test func aCallThatNeverLeftIsToBeSentAgainAsItIsAndARowOfWhichNoRequestCanBeMadeIsNot() async throws {
        for (text, kind) in [(nil, FailureKind.temporary), ("no request", .refused)] as [(String?, FailureKind)] {
            let fixture = try await BatchFixture(lines: [.init(number: 2, id: "1", row: "1,a")])
            try await fixture.attempt {
                Completion(
                    attempt: $0.attempt, record: $0.id, outcome: .unsent, errorText: text, startedAt: 1, finishedAt: 1,
                    next: .failed, billable: .no)
            }
            let view = try #require(try await fixture.store.record(RecordID(batch: fixture.batch, line: 2)))
            let row = try ResultRow(view)
            #expect(FailureKind(of: row) == kind && row.error?.isEmpty == false)
        }
    }
}
