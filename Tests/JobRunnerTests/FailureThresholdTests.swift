import RecordStore
import TestSupport
import Testing

@testable import JobRunner

@Suite struct FailureThresholdTests {
    /// `f`: failed for good, `s`: succeeded, `d`: in doubt with an answer; which answer trips the wire, from 1.
    typealias Row = (most: Int, window: Int, answers: String, tripsAt: Int?)

    static let rows: [Row] = [
        (2, 4, "fff", nil), (2, 4, "ffff", 4), (2, 4, "fffs", 4), (2, 4, "ffss", nil), (2, 4, "ssff", nil),
        (2, 4, "ssfff", 5), (2, 4, "ffssff", nil), (2, 4, "ssssfff", 7), (2, 4, "ffddff", nil),
        (0, 3, "sss", nil), (0, 3, "ssf", 3), (1, 4, "fsss", nil), (1, 4, "fssf", 4),
        (3, 3, "fffffff", nil), (0, 1, "sf", 2), (0, 0, "f", 1),
    ]

    @Test(arguments: rows)
    func moreThanTheShareOfTheLatestAnswersTripsIt(row: Row) {
        var failureThreshold = FailureThreshold(most: row.most, window: row.window, batch: "may-7")
        let steps: [Character: (Outcome, NextStep)] = [
            "f": (Outcome(.rejected), .failed), "s": (Outcome(.succeeded), .succeeded),
            "d": (Outcome(.undecipherable), .inDoubt),
        ]
        let halts = row.answers.map { letter in steps[letter].flatMap { failureThreshold.record($0, next: $1) } }
        #expect(halts.firstIndex { $0 != nil }.map { $0 + 1 } == row.tripsAt)
    }

    @Test func whatSettlesNoRecordOrIsNoAnswerDoesNotCount() {
        var failureThreshold = FailureThreshold(most: 0, window: 2, batch: "may-7")
        let others: [(Outcome, NextStep)] = [
            (Outcome(.overloaded, isThrottled: true), .retry(notBefore: 0, spendsAttempt: false)),
            (Outcome(.transient), .retry(notBefore: 0, spendsAttempt: true)),
            (Outcome(.inDoubt, isAnswer: false), .inDoubt), (Outcome(.unsent, isAnswer: false), .release),
        ]
        let answers = [(Outcome(.rejected), NextStep.failed)]
        let halts = (answers + others + answers).map { failureThreshold.record($0, next: $1) }
        #expect(halts.map { $0 != nil } == [false, false, false, false, false, true])
    }

    @Test func theHaltNamesTheBatchAndWhereToLook() throws {
        var failureThreshold = FailureThreshold(most: 0, window: 1, batch: "may-7")
        let tripped = failureThreshold.record(Outcome(.rejected), next: .failed)
        let halt = try #require(tripped)
        #expect(halt.cause == .failing)
        #expect(halt.reason.hasPrefix("The last answer failed for good"))
        #expect(halt.remedy.contains("'rollcall records may-7 --status failed'"))
        #expect(halt.named(for: "may-7").remedy.hasSuffix(" To continue: 'rollcall resume may-7'."))
    }
}
