import Basics
package import RecordStore

/// The table 'What each answer means' of docs/architecture.md as one pure function, its rows in their order.
package enum AnswerTable {
    /// The outcome of a reply.
    ///
    /// A status the table does not name is judged so that nothing is paid twice: what may have gone through is in
    /// doubt.
    ///
    /// - Parameters:
    ///   - reply: The facts of one call.
    ///   - circumstances: What is known beside it.
    /// - Returns: What the reply means.
    package static func outcome(of reply: Reply, in circumstances: Circumstances) -> Outcome {
        switch reply.facts {
        case .failed(let kind, let mayHaveLeft): failure(kind, mayHaveLeft: mayHaveLeft)
        case .answered(let status, let body, let retryAfter):
            switch status {
            case 200..<300: success(status, body, reply, circumstances)
            case 300..<500: refusal(status, body, retryAfter, circumstances)
            default: serverError(status, body, retryAfter)
            }
        }
    }

    private static func failure(_ kind: FailureKind, mayHaveLeft: Bool) -> Outcome {
        switch kind {
        // Under TLS 1.3 the alert about our certificate comes after the body left: still misconfigured.
        case .certificateRefused, .serverCertificate, .proxyRefused:
            return Outcome(.misconfigured, isAnswer: false, gateSignal: .misconfigured)
        default:
            // A call given up by this side says nothing about the other.
            let sign: Outcome.GateSignal? = kind == .cancelled ? nil : .trouble
            if mayHaveLeft { return Outcome(.inDoubt, billable: .unknown, isAnswer: false, gateSignal: sign) }
            return Outcome(.unsent, isAnswer: false, gateSignal: sign)
        }
    }

    private static func success(
        _ status: Int, _ body: Reply.Body, _ reply: Reply, _ circumstances: Circumstances
    ) -> Outcome {
        switch body {
        case .empty where status == 200: Outcome(.inDoubt, billable: .unknown, gateSignal: .trouble)
        case .oversized: Outcome(.inDoubt, billable: .yes, gateSignal: .trouble)
        case .answer(let answer) where status == 200: read(answer, reply, circumstances)
        case .answer, .undecipherable, .errors, .empty, .other: Outcome(.undecipherable, billable: .yes)
        }
    }

    /// A 200 that was read.
    private static func read(_ answer: Reply.Answer, _ reply: Reply, _ circumstances: Circumstances) -> Outcome {
        if let reason = reply.answersAnother ?? (circumstances.cameBefore ? Reply.cameBefore : nil) {
            return Outcome(.repeated, billable: .unknown, note: reason)
        }
        guard answer.isEncrypted || !circumstances.requireEncryptedAnswers else {
            return Outcome(.undecipherable, billable: .yes, halt: .answersNotEncrypted)
        }
        return Outcome(
            .succeeded, billable: .yes, note: answer.warning, countsAsUnreadable: !answer.hasKnownLeaf)
    }

    /// Too large, an address too long, a type or content that is not taken, header fields too large, legal reasons.
    private static let aboutOneRecord: Set = [413, 414, 415, 422, 431, 451]

    private static func refusal(
        _ status: Int, _ body: Reply.Body, _ retryAfter: RetryAfter?, _ circumstances: Circumstances
    ) -> Outcome {
        switch status {
        case 400: return badRequest(body, retryAfter, circumstances)
        case let status where aboutOneRecord.contains(status) && (body.isErrors || circumstances.othersAreAnswered):
            return Outcome(.rejected, isRead: body.isErrors)
        case 429: return Outcome(.overloaded, isThrottled: true, retryAfter: retryAfter)
        case 425 where body.isErrors: return Outcome(.transient, isRead: true, retryAfter: retryAfter)
        // A proxy's answer: the call may have gone through.
        case 408, 425: return Outcome(.inDoubt, billable: .unknown, gateSignal: .trouble, retryAfter: retryAfter)
        default: return Outcome(.misconfigured, gateSignal: .misconfigured)
        }
    }

    private static func badRequest(
        _ body: Reply.Body, _ retryAfter: RetryAfter?, _ circumstances: Circumstances
    ) -> Outcome {
        guard case .errors(let recoverable, let mentionsEncryption) = body else {
            // nginx answers a missing or wrong client certificate with its own 400.
            return Outcome(.misconfigured, gateSignal: .misconfigured)
        }
        if mentionsEncryption, !circumstances.othersAreAnswered {
            return Outcome(.misconfigured, gateSignal: .misconfigured)
        }
        // An error about encryption does not show that any other record would be answered.
        return recoverable == true
            ? Outcome(.transient, isRead: !mentionsEncryption, retryAfter: retryAfter)
            : Outcome(.rejected, isRead: !mentionsEncryption)
    }

    private static func serverError(_ status: Int, _ body: Reply.Body, _ retryAfter: RetryAfter?) -> Outcome {
        let sign: Outcome.GateSignal = retryAfter == nil ? .trouble : .answered
        if status == 503 {
            let kind: Outcome.Kind = retryAfter == nil ? .transient : .overloaded
            return Outcome(kind, isThrottled: true, gateSignal: sign, retryAfter: retryAfter)
        }
        guard body.isErrors, (500..<600).contains(status) else {
            return Outcome(.inDoubt, billable: .unknown, gateSignal: .trouble, retryAfter: retryAfter)
        }
        return Outcome(.transient, isRead: true, gateSignal: sign, retryAfter: retryAfter)
    }
}

extension Reply.Body {
    /// Whether it is the API's own error body.
    fileprivate var isErrors: Bool {
        if case .errors = self { true } else { false }
    }
}

extension Reply {
    fileprivate static let cameBefore = "The answer's requestRefId came before: it is the answer to an earlier call"

    /// Why the answer cannot belong to this call; nil where there is no reason to think so.
    fileprivate var answersAnother: String? {
        guard let requestRefID, !Self.isAnswer(requestRefID, to: correlationID) else { return nil }
        return "The answer's requestRefId is not its X-MC-Correlation-ID: it is the answer to another call"
    }

    /// Whether an answer with this `requestRefId` can be the one that came under an `X-MC-Correlation-ID`; where there is
    /// none, nothing is compared.
    package static func isAnswer(_ requestRefID: String, to correlationID: String?) -> Bool {
        guard let correlationID, !correlationID.isEmpty, correlationID != requestRefID else { return true }
        // The header and the body may come from two places that write hexadecimal digits in two cases.
        return correlationID.lowercased() == requestRefID.lowercased()
    }
}

extension AnswerTable {
    /// What is known beside the reply itself.
    package struct Circumstances: Sendable, Equatable {
        /// Whether an unencrypted 200 halts the batch (`api.require_encrypted_answers`).
        package var requireEncryptedAnswers = false
        /// Whether one of the run's last 20 outcomes was an answer that was read: then a refusal is due to its record.
        package var othersAreAnswered = false
        /// Whether the answer's `requestRefId` is among the endpoint's recent ones.
        package var cameBefore = false

        /// The circumstances of a single call.
        package init(
            requireEncryptedAnswers: Bool = false, othersAreAnswered: Bool = false, cameBefore: Bool = false
        ) {
            self.requireEncryptedAnswers = requireEncryptedAnswers
            self.othersAreAnswered = othersAreAnswered
            self.cameBefore = cameBefore
        }
    }
}

/// The last outcomes of a run: whether other records are answered.
struct RecentOutcomes: Sendable {
    /// So many outcomes are looked at.
    static let window = 20

    /// Whether each was an answer that was read.
    private var answers = SlidingWindow(size: window)

    /// Whether one of them was an answer that was read.
    var holdRead: Bool { answers.count > 0 }

    /// Records how a call ended, in the order in which the ends arrive.
    mutating func take(_ outcome: Outcome) {
        answers.record(outcome.isRead)
    }
}

/// What one call's reply means, read from the answer table by `AnswerTable.outcome(of:in:)`.
package struct Outcome: Sendable, Equatable {
    /// The outcome's name; the raw value is the one stored in the ledger.
    package typealias Kind = AttemptOutcome

    /// The effect of an outcome on the gate.
    package enum GateSignal: Sendable, Equatable {
        /// The other side is there and answers.
        case answered
        /// A 5xx without `Retry-After`, unsent or in doubt: ten in a row close the gate.
        case trouble
        /// Closes the gate at once.
        case misconfigured
    }

    /// The outcome's name.
    package let kind: Kind
    /// Whether the call is on the invoice.
    package let billable: Billable
    /// Whether the call left, or may have left, and counts against the caps.
    package var countsAsCall: Bool { billable != .no || isAnswer }
    /// Whether any HTTP answer came, regardless of its status.
    package let isAnswer: Bool
    /// Whether an answer was read: a 200, or an error of the API about its record or itself. Until the first one of a run
    /// concurrency is one.
    package let isRead: Bool
    /// Whether the status was 429 or 503, which the rate cut counts.
    package let isThrottled: Bool
    /// Its effect on the gate; nil when it says nothing about the other side.
    package let gateSignal: GateSignal?
    /// How long everyone has to wait before the next call.
    package let retryAfter: RetryAfter?
    /// What is stored beside the answer: a success's warning, or why a record is in doubt.
    package let note: String?
    /// Whether it counts to `halt.undecipherable` although it succeeded.
    package let countsAsUnreadable: Bool
    /// Why the batch halts at once, regardless of what follows.
    package let halt: Halt?

    init(
        _ kind: Kind, billable: Billable = .no, isAnswer: Bool = true, isRead: Bool? = nil, isThrottled: Bool = false,
        gateSignal: GateSignal? = .answered, retryAfter: RetryAfter? = nil, note: String? = nil,
        countsAsUnreadable: Bool = false, halt: Halt? = nil
    ) {
        self.kind = kind
        self.billable = billable
        self.isAnswer = isAnswer
        self.isRead = isRead ?? [.succeeded, .repeated, .rejected].contains(kind)
        self.isThrottled = isThrottled
        self.gateSignal = gateSignal
        self.retryAfter = retryAfter
        self.note = note
        self.countsAsUnreadable = countsAsUnreadable
        self.halt = halt
    }
}
