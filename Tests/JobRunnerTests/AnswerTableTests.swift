import RecordStore
import Testing

@testable import JobRunner

/// One row of DESIGN's table 'What each answer means'.
struct AnswerTableRow: Sendable, CustomTestStringConvertible {
    let what: String
    let facts: Reply.Facts
    var requiresEncryption = false
    let kind: Outcome.Kind
    let billable: Billable
    let gateSign: Outcome.GateSign?
    /// What becomes of a record at its first attempt, with the retry's time left out.
    let next: Next
    var throttled = false
    var halts = false

    enum Next: Sendable, Equatable { case succeeded, failed, inDoubt, retrySpending, retryUnspent }

    var testDescription: String { what }
}

private func answered(_ status: Int, _ body: Reply.Body = .other, _ retryAfter: RetryAfter? = nil) -> Reply.Facts {
    .answered(status: status, body: body, retryAfter: retryAfter)
}

private func errors(_ recoverable: Bool? = nil, encryption: Bool = false) -> Reply.Body {
    .errors(recoverable: recoverable, speaksOfEncryption: encryption)
}

private func failed(_ kind: FailureKind, left: Bool) -> Reply.Facts { .failed(kind: kind, mayHaveLeft: left) }

private typealias Row = AnswerTableRow
private let bytes: [UInt8] = [1, 2, 3]
private let wait = RetryAfter.seconds(7)

private let successes: [Row] = [
    Row(
        what: "200, decrypts, parses", facts: answered(200, .answer(bytes)), kind: .succeeded, billable: .yes,
        gateSign: .answered, next: .succeeded),
    Row(
        what: "200 in plain JSON that fits", facts: answered(200, .plainAnswer(bytes)), kind: .succeeded,
        billable: .yes, gateSign: .answered, next: .succeeded),
    Row(
        what: "200 in plain JSON where encryption is required", facts: answered(200, .plainAnswer(bytes)),
        requiresEncryption: true, kind: .undecipherable, billable: .yes, gateSign: .answered, next: .inDoubt,
        halts: true),
    Row(
        what: "200 encrypted where encryption is required", facts: answered(200, .answer(bytes)),
        requiresEncryption: true, kind: .succeeded, billable: .yes, gateSign: .answered, next: .succeeded),
]

private let undecipherable: [Row] = [
    (200, .undecipherable(bytes)), (200, .other), (200, errors(true)), (201, .answer(bytes)), (202, .other),
    (204, .other), (299, .undecipherable(bytes)),
].map { (status: Int, body: Reply.Body) in
    Row(
        what: "\(status) that cannot be read as an answer: \(body)", facts: answered(status, body),
        kind: .undecipherable, billable: .yes, gateSign: .answered, next: .inDoubt)
}

private let badRequests: [Row] = [
    Row(
        what: "400, no error recoverable", facts: answered(400, errors(false)), kind: .rejected, billable: .no,
        gateSign: .answered, next: .failed),
    Row(
        what: "400, no word on recovery", facts: answered(400, errors()), kind: .rejected, billable: .no,
        gateSign: .answered, next: .failed),
    Row(
        what: "400, recoverable", facts: answered(400, errors(true)), kind: .transient, billable: .no,
        gateSign: .answered, next: .retrySpending),
    Row(
        what: "400 that speaks of encryption", facts: answered(400, errors(false, encryption: true)),
        kind: .misconfigured, billable: .no, gateSign: .misconfigured, next: .retryUnspent),
    Row(
        what: "400 that speaks of encryption, recoverable", facts: answered(400, errors(true, encryption: true)),
        kind: .misconfigured, billable: .no, gateSign: .misconfigured, next: .retryUnspent),
    Row(
        what: "400 without the error envelope", facts: answered(400), kind: .misconfigured, billable: .no,
        gateSign: .misconfigured, next: .retryUnspent),
]

private let refusals: [Row] = [301, 302, 304, 307, 401, 403, 404, 405, 407, 410, 411, 413, 415, 422, 451, 499].map {
    Row(
        what: "\($0)", facts: answered($0, errors(true)), kind: .misconfigured, billable: .no,
        gateSign: .misconfigured, next: .retryUnspent)
}

private let waits: [Row] = [
    Row(
        what: "425", facts: answered(425), kind: .transient, billable: .no, gateSign: .answered, next: .retrySpending),
    Row(
        what: "425 with Retry-After", facts: answered(425, .other, wait), kind: .transient, billable: .no,
        gateSign: .answered, next: .retrySpending),
    Row(
        what: "429", facts: answered(429), kind: .overloaded, billable: .no, gateSign: .answered, next: .retryUnspent,
        throttled: true),
    Row(
        what: "429 with Retry-After", facts: answered(429, errors(), wait), kind: .overloaded, billable: .no,
        gateSign: .answered, next: .retryUnspent, throttled: true),
    Row(
        what: "500", facts: answered(500), kind: .transient, billable: .no, gateSign: .trouble, next: .retrySpending),
    Row(
        what: "500 with Retry-After", facts: answered(500, .other, wait), kind: .transient, billable: .no,
        gateSign: .answered, next: .retrySpending),
    Row(
        what: "503", facts: answered(503), kind: .transient, billable: .no, gateSign: .trouble, next: .retrySpending,
        throttled: true),
    Row(
        what: "503 with Retry-After", facts: answered(503, .other, wait), kind: .overloaded, billable: .no,
        gateSign: .answered, next: .retryUnspent, throttled: true),
]

private let gateways: [Row] = [502, 504, 501, 524].flatMap { status in
    [
        Row(
            what: "\(status) with the API's error body", facts: answered(status, errors()), kind: .transient,
            billable: .no, gateSign: .trouble, next: .retrySpending),
        Row(
            what: "\(status) without it", facts: answered(status), kind: .inDoubt, billable: .unknown,
            gateSign: .trouble, next: .inDoubt),
    ]
}

private let doubts: [Row] = [408, 600, 999, 0, 101].map {
    Row(
        what: "\($0)", facts: answered($0), kind: .inDoubt, billable: .unknown, gateSign: .trouble, next: .inDoubt)
}

private let failures: [Row] = FailureKind.allCases.flatMap { kind in
    [false, true].map { left in
        let what = "\(kind.rawValue), \(left ? "may have left" : "surely not sent")"
        if kind == .certificateRefused {
            return Row(
                what: what, facts: failed(kind, left: left), kind: .misconfigured, billable: .no,
                gateSign: .misconfigured, next: .retryUnspent)
        }
        let sign: Outcome.GateSign? = kind == .cancelled ? nil : .trouble
        return left
            ? Row(
                what: what, facts: failed(kind, left: left), kind: .inDoubt, billable: .unknown, gateSign: sign,
                next: .inDoubt)
            : Row(
                what: what, facts: failed(kind, left: left), kind: .unsent, billable: .no, gateSign: sign,
                next: .retryUnspent)
    }
}

@Suite struct AnswerTableTests {
    static let rows: [AnswerTableRow] =
        successes + undecipherable + badRequests + refusals + waits + gateways + doubts + failures

    @Test(arguments: rows)
    func everyRowOfTheTableMeansWhatDesignSays(row: AnswerTableRow) {
        let reply = Reply(row.facts)
        let outcome = AnswerTable.outcome(of: reply, requireEncryptedAnswers: row.requiresEncryption)

        #expect(outcome.kind == row.kind)
        #expect(outcome.billable == row.billable)
        #expect(outcome.gateSign == row.gateSign)
        #expect(outcome.isThrottled == row.throttled)
        #expect((outcome.halt != nil) == row.halts)
        #expect(outcome.isAnswer == (reply.parts.status != nil))
        #expect(next(after: outcome) == row.next)
        if case .answered(_, _, let retryAfter) = row.facts { #expect(outcome.retryAfter == retryAfter) }
    }

    @Test func onlyAnUnencryptedSuccessCarriesAWarning() {
        for row in Self.rows {
            let outcome = AnswerTable.outcome(of: Reply(row.facts), requireEncryptedAnswers: row.requiresEncryption)
            let isPlainSuccess = row.what == "200 in plain JSON that fits"
            #expect(outcome.warning == (isPlainSuccess ? "answer was not encrypted" : nil), "\(row.what)")
        }
    }

    private func next(after outcome: Outcome) -> AnswerTableRow.Next {
        let step = RetryPolicy(RunnerConfiguration()).step(
            after: outcome, number: 1, spent: 0, isGateClosed: false, reopensAt: 0, now: 0, random: 0.5)
        switch step {
        case .succeeded: return .succeeded
        case .failed: return .failed
        case .inDoubt: return .inDoubt
        case .retry(_, let spendsAttempt): return spendsAttempt ? .retrySpending : .retryUnspent
        case .release: return .retryUnspent
        }
    }
}
