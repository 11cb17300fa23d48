public import RecordStore

/// What one call's reply means, read from the answer table by `AnswerTable.outcome(of:in:)`.
public struct Outcome: Sendable, Equatable {
    /// The outcome's name; the raw value is the ledger's word.
    public enum Kind: String, Sendable, CaseIterable {
        /// Answered and read.
        case succeeded
        /// Answered and billed, but not readable; held in doubt with the answer kept.
        case undecipherable
        /// Answered and read, but with the answer to another call; held in doubt with the answer kept.
        case repeated
        /// Refused for good because of what the record holds.
        case rejected
        /// Refused because of how this side is set up: keys, certificate, address, rights.
        case misconfigured
        /// A passing fault; tried again, spending an attempt.
        case transient
        /// The other side asks for fewer calls; tried again, spending no attempt.
        case overloaded
        /// May have been answered and billed, and no answer is recorded.
        case inDoubt = "in_doubt"
        /// Provably never left; tried again, spending no attempt.
        case unsent
    }

    /// What the gate makes of an outcome.
    public enum GateSignal: Sendable, Equatable {
        /// The other side is there and answers.
        case answered
        /// A 5xx without `Retry-After`, unsent or in doubt: ten in a row close the gate.
        case trouble
        /// Closes the gate at once.
        case misconfigured
    }

    /// The outcome's name.
    public let kind: Kind
    /// Whether the call is on the invoice.
    public let billable: Billable
    /// Whether the call left, or may have left, and counts against the caps.
    public var countsAsCall: Bool { billable != .no || isAnswer }
    /// Whether any HTTP answer came, whatever its status.
    public let isAnswer: Bool
    /// Whether an answer was read: a 200, or an error of the API about its record or itself. Until the first one of a run
    /// concurrency is one.
    public let isRead: Bool
    /// Whether the status was 429 or 503, which the rate cut counts.
    public let isThrottled: Bool
    /// What the gate makes of it; nil when it tells nothing about the other side.
    public let gateSignal: GateSignal?
    /// How long everyone has to wait before the next call.
    public let retryAfter: RetryAfter?
    /// What is kept beside the answer: a warning to a success, the reason of a doubt.
    public let note: String?
    /// Whether it counts to `halt.undecipherable` although it succeeded.
    public let countsAsUnreadable: Bool
    /// Why the batch halts at once, whatever else follows.
    public let halt: Halt?

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
