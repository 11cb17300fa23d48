import RecordStore
import TestSupport
import Testing

@testable import JobRunner

/// One case of a row of the table 'What each answer means' in docs/architecture.md.
struct AnswerCase: Sendable, CustomTestStringConvertible {
    /// What becomes of a record at its first attempt, with the retry's time left out.
    enum Next: Sendable, Equatable { case succeeded, failed, inDoubt, retrySpending, retryUnspent }

    /// The row's first column, as the page has it.
    var row = ""
    let what: String
    let reply: Reply
    var circumstances = AnswerTable.Circumstances()
    let kind: Outcome.Kind
    let billable: Billable
    let gateSignal: Outcome.GateSignal?
    let next: Next
    /// Whether it shows that others are answered.
    var isRead = false
    var isThrottled = false
    var halts = false
    /// A part of the warning or reason that is kept; nil: none is.
    var note: String?
    var countsAsUnreadable = false

    var testDescription: String { "\(row): \(what)" }
}

private typealias Case = AnswerCase
private typealias Circumstances = AnswerTable.Circumstances

private let text: [UInt8] = [1, 2, 3]
private let wait = RetryAfter.seconds(7)
private let others = Circumstances(othersAreAnswered: true)
private let encryptedOnly = Circumstances(requireEncryptedAnswers: true)

private func answered(_ status: Int, _ body: Reply.Body = .other, _ retryAfter: RetryAfter? = nil) -> Reply {
    Reply(.answered(status: status, body: body, retryAfter: retryAfter))
}

private func read(_ answer: Reply.Answer = .init(text), ref: String? = nil, correlation: String? = nil) -> Reply {
    Reply(
        .answered(status: 200, body: .answer(answer), retryAfter: nil), correlationID: correlation, requestRefID: ref)
}

private func errors(_ recoverable: Bool? = nil, encryption: Bool = false) -> Reply.Body {
    .errors(recoverable: recoverable, mentionsEncryption: encryption)
}

private func failed(_ kind: FailureKind, left: Bool) -> Reply { Reply(.failed(kind: kind, mayHaveLeft: left)) }

private func unsent(_ kind: FailureKind) -> Case {
    Case(
        what: kind.rawValue, reply: failed(kind, left: false), kind: .unsent, billable: .no, gateSignal: .trouble,
        next: .retryUnspent)
}

private func doubtful(_ what: String, _ reply: Reply, sign: Outcome.GateSignal? = .trouble) -> Case {
    Case(what: what, reply: reply, kind: .inDoubt, billable: .unknown, gateSignal: sign, next: .inDoubt)
}

private func misconfigured(_ what: String, _ reply: Reply, _ circumstances: Circumstances = .init()) -> Case {
    Case(
        what: what, reply: reply, circumstances: circumstances, kind: .misconfigured, billable: .no,
        gateSignal: .misconfigured, next: .retryUnspent)
}

private func undecipherable(_ what: String, _ reply: Reply) -> Case {
    Case(
        what: what, reply: reply, kind: .undecipherable, billable: .yes, gateSignal: .answered, next: .inDoubt)
}

private func repeated(_ what: String, _ reply: Reply, _ circumstances: Circumstances = .init(), note: String) -> Case {
    Case(
        what: what, reply: reply, circumstances: circumstances, kind: .repeated, billable: .unknown,
        gateSignal: .answered, next: .inDoubt, isRead: true, note: note)
}

private func succeeded(
    _ what: String, _ reply: Reply, _ circumstances: Circumstances = .init(), note: String? = nil,
    countsAsUnreadable: Bool = false
) -> Case {
    Case(
        what: what, reply: reply, circumstances: circumstances, kind: .succeeded, billable: .yes,
        gateSignal: .answered, next: .succeeded, isRead: true, note: note, countsAsUnreadable: countsAsUnreadable)
}

private func rejected(
    _ what: String, _ reply: Reply, _ circumstances: Circumstances = .init(), isRead: Bool = true
) -> Case {
    Case(
        what: what, reply: reply, circumstances: circumstances, kind: .rejected, billable: .no, gateSignal: .answered,
        next: .failed, isRead: isRead)
}

private func transient(
    _ what: String, _ reply: Reply, _ circumstances: Circumstances = .init(), sign: Outcome.GateSignal = .answered,
    isRead: Bool = true, isThrottled: Bool = false
) -> Case {
    Case(
        what: what, reply: reply, circumstances: circumstances, kind: .transient, billable: .no, gateSignal: sign,
        next: .retrySpending, isRead: isRead, isThrottled: isThrottled)
}

private func overloaded(_ what: String, _ reply: Reply) -> Case {
    Case(
        what: what, reply: reply, kind: .overloaded, billable: .no, gateSignal: .answered, next: .retryUnspent,
        isThrottled: true)
}

private let refusalsOfOne = [413, 414, 415, 422, 431, 451]

/// The table, row by row in its order.
private let table: [(row: String, cases: [Case])] = [
    (
        "could not connect; TLS failed before any byte of the request left",
        [
            unsent(.couldNotConnect), unsent(.tlsHandshake), unsent(.reset), unsent(.timedOut), unsent(.truncated),
            unsent(.oversized), unsent(.other), unsent(.certificateRefusedLater),
            Case(
                what: "given up by this side", reply: failed(.cancelled, left: false), kind: .unsent, billable: .no,
                gateSignal: nil, next: .retryUnspent),
        ]
    ),
    (
        "the server's certificate is refused by us; a proxy refuses",
        [
            misconfigured("certificate", failed(.serverCertificate, left: false)),
            misconfigured("proxy", failed(.proxyRefused, left: false)),
        ]
    ),
    (
        "a TLS alert about our certificate, the connection had answered before",
        [doubtful("alert", failed(.certificateRefusedLater, left: true))]
    ),
    (
        "the same on a connection that never answered",
        [
            misconfigured("in the handshake", failed(.certificateRefused, left: false)),
            misconfigured("under TLS 1.3", failed(.certificateRefused, left: true)),
        ]
    ),
    (
        "reset, timeout, not HTTP, a final 1xx, short answer after bytes left; a 200 without a body",
        [FailureKind.couldNotConnect, .tlsHandshake, .reset, .timedOut, .truncated, .oversized, .other].map {
            doubtful($0.rawValue, failed($0, left: true))
        } + [
            doubtful("given up by this side", failed(.cancelled, left: true), sign: nil),
            doubtful("100", answered(100)), doubtful("101", answered(101)), doubtful("no status", answered(0)),
            doubtful("200", answered(200, .empty)),
        ]
    ),
    (
        "a 2xx larger than 1 MiB",
        [200, 201, 204].map {
            Case(
                what: "\($0)", reply: answered($0, .oversized), kind: .inDoubt, billable: .yes, gateSignal: .trouble,
                next: .inDoubt)
        }
    ),
    (
        "2xx that does not decrypt, is no JSON, or holds an Errors object; 2xx other than 200",
        [
            undecipherable("not for our key", answered(200, .undecipherable(text))),
            undecipherable("Errors", answered(200, errors(true))), undecipherable("other", answered(200)),
            undecipherable("201, read", answered(201, .answer(.init(text)))),
            undecipherable("202", answered(202)), undecipherable("204", answered(204, .empty)),
            undecipherable("299", answered(299, .undecipherable(text))),
        ]
    ),
    (
        "200, read, whose X-MC-Correlation-ID is not its requestRefId, or whose requestRefId came before",
        [
            repeated("not equal", read(ref: "a", correlation: "b"), note: "is not its X-MC-Correlation-ID"),
            repeated(
                "came before", read(ref: "a", correlation: "a"), Circumstances(cameBefore: true),
                note: "came before"),
            repeated("came before, no header", read(ref: "a"), Circumstances(cameBefore: true), note: "came before"),
            repeated(
                "with a fault of form", read(.init(text, formFault: "byte 3: …"), ref: "a", correlation: "b"),
                note: "is not its"),
            repeated(
                "not encrypted", read(.init(text, isEncrypted: false), ref: "a", correlation: "b"), encryptedOnly,
                note: "is not its"),
            succeeded("equal but for the case", read(ref: "0aF3-9", correlation: "0Af3-9")),
            succeeded("no requestRefId", read(correlation: "b")), succeeded("no header", read(ref: "a")),
            succeeded("empty header", read(ref: "a", correlation: "")),
        ]
    ),
    (
        "200, decrypts, JSON but for a fault of form, or without any known leaf",
        [
            succeeded("fault", read(.init(text, formFault: "byte 41: a rule")), note: "byte 41: a rule"),
            succeeded(
                "nothing known", read(.init(text, hasKnownLeaf: false)), note: "no insight that this version knows",
                countsAsUnreadable: true),
        ]
    ),
    (
        "200 in plain JSON that fits",
        [
            succeeded("plain", read(.init(text, isEncrypted: false)), note: "answer was not encrypted"),
            Case(
                what: "where encryption is required", reply: read(.init(text, isEncrypted: false)),
                circumstances: encryptedOnly, kind: .undecipherable, billable: .yes, gateSignal: .answered,
                next: .inDoubt, halts: true),
        ]
    ),
    (
        "200, decrypts, parses",
        [
            succeeded("read", read(ref: "a", correlation: "a")),
            succeeded("where encryption is required", read(), encryptedOnly), succeeded("others too", read(), others),
        ]
    ),
    (
        "400 without the Errors envelope",
        [misconfigured("nginx", answered(400)), misconfigured("others answered", answered(400), others)]
    ),
    (
        "400 that speaks of encryption, no others are answered",
        [
            misconfigured("final", answered(400, errors(false, encryption: true))),
            misconfigured("recoverable", answered(400, errors(true, encryption: true))),
        ]
    ),
    (
        "400 with Recoverable: true",
        [
            transient("alone", answered(400, errors(true))), transient("others", answered(400, errors(true)), others),
            transient("encryption", answered(400, errors(true, encryption: true)), others, isRead: false),
        ]
    ),
    (
        "400 otherwise; 413, 414, 415, 422, 431, 451 with the envelope or while others are answered",
        [
            rejected("400, not recoverable", answered(400, errors(false))),
            rejected("400, no word on recovery", answered(400, errors())),
            rejected("400, encryption", answered(400, errors(false, encryption: true)), others, isRead: false),
        ]
            + refusalsOfOne.flatMap {
                [
                    rejected("\($0) with the envelope", answered($0, errors(true))),
                    rejected("\($0) without it", answered($0), others, isRead: false),
                ]
            }
    ),
    (
        "401, 403, every other 3xx and 4xx",
        ([301, 302, 304, 307, 401, 403, 404, 405, 407, 410, 411, 499].flatMap {
            [misconfigured("\($0)", answered($0, errors(true))), misconfigured("\($0)", answered($0), others)]
        }) + refusalsOfOne.map { misconfigured("\($0) without the envelope, no others", answered($0)) }
    ),
    (
        "429; 503; 425, 500, 502, 504 and other 5xx with the API's error body",
        [
            overloaded("429", answered(429)), overloaded("429 with envelope", answered(429, errors(true))),
            overloaded("429 with Retry-After", answered(429, .other, wait)),
            overloaded("503 with Retry-After", answered(503, .other, wait)),
            transient("503", answered(503), sign: .trouble, isRead: false, isThrottled: true),
            transient("503 with envelope", answered(503, errors()), sign: .trouble, isRead: false, isThrottled: true),
            transient("425", answered(425, errors(true))), transient("425", answered(425, errors(true), wait)),
        ]
            + [500, 501, 502, 504, 524, 599].flatMap {
                [
                    transient("\($0)", answered($0, errors()), sign: .trouble),
                    transient("\($0) with Retry-After", answered($0, errors(), wait)),
                ]
            }
    ),
    (
        "425, 500, 502, 504 and other 5xx without it, 408",
        ([408, 425, 500, 501, 502, 504, 524, 600, 999].flatMap {
            [doubtful("\($0)", answered($0)), doubtful("\($0) with Retry-After", answered($0, .other, wait))]
        }) + [doubtful("408 with envelope", answered(408, errors(true)))]
    ),
]

@Suite struct AnswerTableTests {
    static let cases: [AnswerCase] = table.flatMap { row, cases in
        cases.map { each in
            var each = each
            each.row = row
            return each
        }
    }

    @Test(arguments: cases)
    func everyRowMeansWhatTheTableSays(each: AnswerCase) {
        let outcome = AnswerTable.outcome(of: each.reply, in: each.circumstances)

        #expect(outcome.kind == each.kind)
        #expect(outcome.billable == each.billable)
        #expect(outcome.gateSignal == each.gateSignal)
        #expect(outcome.isRead == each.isRead)
        #expect(outcome.isThrottled == each.isThrottled)
        #expect((outcome.halt != nil) == each.halts)
        #expect(outcome.isAnswer == (each.reply.parts.status != nil))
        #expect(outcome.countsAsUnreadable == each.countsAsUnreadable)
        #expect(outcome.note.map { note in each.note.map(note.contains) ?? false } ?? (each.note == nil))
        #expect(next(after: outcome) == each.next)
        if case .answered(_, _, let retryAfter) = each.reply.facts { #expect(outcome.retryAfter == retryAfter) }
    }

    @Test func theRowsAreThoseOfThePage() throws {
        let rows = try Documentation.page("docs/architecture.md").rows(below: "What each answer means")
        #expect(rows.compactMap { $0.first?.replacing("`", with: "") } == table.map(\.row))
    }

    @Test func everyKindOfFailureHasARow() {
        let kinds = Self.cases.compactMap { each -> FailureKind? in
            if case .failed(let kind, _) = each.reply.facts { kind } else { nil }
        }
        #expect(Set(kinds) == Set(FailureKind.allCases))
    }

    @Test func severalThingsToKnowOfAnAnswerAreAllSaid() {
        let answer = Reply.Answer(text, isEncrypted: false, formFault: "byte 1", hasKnownLeaf: false)
        let note = AnswerTable.outcome(of: read(answer), in: .init()).note ?? ""
        for part in ["not encrypted", "byte 1", "no insight"] { #expect(note.contains(part)) }
    }

    private func next(after outcome: Outcome) -> AnswerCase.Next {
        let step = RetryPolicy(RunnerConfiguration()).step(
            after: outcome, number: 1, spent: 0, isGateClosed: false, reopensAt: 0, now: 0, random: 0.5)
        switch step {
        case .succeeded: return .succeeded
        case .failed: return .failed
        case .inDoubt: return .inDoubt
        case .retry(_, let spendsAttempt): return spendsAttempt ? .retrySpending : .retryUnspent
        case .last, .release: return .retryUnspent
        }
    }
}

@Suite struct RecentOutcomesTests {
    @Test func anAnswerThatWasReadCountsForTwentyOutcomes() {
        var recent = RecentOutcomes()
        #expect(!recent.holdRead)
        recent.take(Outcome(.succeeded))
        for _ in 1..<RecentOutcomes.window {
            #expect(recent.holdRead)
            recent.take(Outcome(.misconfigured))
        }
        #expect(recent.holdRead)
        recent.take(Outcome(.misconfigured))
        #expect(!recent.holdRead)
    }

    @Test func aRefusalThatNobodyReadDoesNotKeepItselfGoing() {
        var recent = RecentOutcomes()
        recent.take(Outcome(.succeeded))
        var rejections = 0
        for _ in 0..<100 {
            let outcome = AnswerTable.outcome(
                of: answered(413), in: Circumstances(othersAreAnswered: recent.holdRead))
            if outcome.kind == .rejected { rejections += 1 }
            recent.take(outcome)
        }
        #expect(rejections == RecentOutcomes.window)
    }
}
