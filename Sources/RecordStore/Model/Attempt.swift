package import Basics

/// A row of the ledger: one try at sending a record. Numbers rise over the whole database and are never reused.
package struct AttemptID: RawRepresentable, Hashable, Sendable, Comparable {
    /// The number, from 1.
    package let rawValue: Int64

    /// Names the attempt with this number, which need not exist.
    package init(rawValue: Int64) {
        self.rawValue = rawValue
    }

    /// Orders attempts as they were claimed.
    package static func < (left: AttemptID, right: AttemptID) -> Bool {
        left.rawValue < right.rawValue
    }
}

/// How an attempt ended.
package enum AttemptOutcome: String, Sendable, CaseIterable, Codable {
    /// Answered and read.
    case succeeded
    /// Answered and billed, but not readable; held in doubt with the answer kept.
    case undecipherable
    /// Answered and read, but with the answer to another call; held in doubt with the answer kept.
    case repeated
    /// Finally refused because of what the record holds.
    case rejected
    /// Refused because of how this side is set up: keys, certificate, address, rights.
    case misconfigured
    /// A transient fault; tried again, spending an attempt.
    case transient
    /// The other side requests fewer calls; tried again, spending no attempt.
    case overloaded
    /// May have been answered and billed, and no answer is recorded.
    case inDoubt = "in_doubt"
    /// Provably never left; tried again, spending no attempt.
    case unsent
}

/// One row of the ledger.
package struct AttemptView: Sendable, Equatable {
    /// The row's number.
    package let id: AttemptID
    package let record: RecordID
    /// Which of the record's attempts, from 1.
    package let number: Int
    /// When the intent to send was written.
    package let startedAt: WallTime
    /// When the outcome was known; nil while it isn't.
    package let finishedAt: WallTime?
    /// The outcome; nil while it isn't known.
    package let outcome: AttemptOutcome?
    package let cause: String?
    /// The HTTP status; nil when no answer came.
    package let httpStatus: Int?
    /// The API's reason code.
    package let reasonCode: String?
    /// The answer's `X-MC-Correlation-ID`.
    package let correlationID: String?
    /// Whether it appears on the invoice; nil while it is under way.
    package let billable: Billable?
    /// Whether it counts as a call: it left, or may have left.
    package let countsAsCall: Bool
}

/// Whether an attempt appears on the invoice.
package enum Billable: String, Sendable, CaseIterable, Codable {
    /// Surely not: it never left, or was refused.
    case no
    /// Answered with 200.
    case yes
    /// It left, or may have left, and no answer was recorded.
    case unknown
}

extension Billable {
    /// The number that stands for it in the `attempts` table.
    var code: Int64 {
        switch self {
        case .no: 0
        case .yes: 1
        case .unknown: 2
        }
    }

    /// What a number of the `attempts` table stands for; nil for an open attempt's NULL.
    init?(code: Int64?) {
        switch code {
        case 0: self = .no
        case 1: self = .yes
        case 2: self = .unknown
        default: return nil
        }
    }
}

/// How one attempt ended, and what becomes of its record.
package struct Completion: Sendable {
    /// The ledger's row; only an open one can be finished.
    package var attempt: AttemptID
    package var record: RecordID
    package var outcome: AttemptOutcome
    /// The cause, where one more word helps: `timeout`, `crash`, …; no values.
    package var cause: String?
    /// The HTTP status, 100 to 999; nil when no answer came.
    package var httpStatus: Int?
    /// The API's reason code.
    package var reasonCode: String?
    /// The answer's `X-MC-Correlation-ID`.
    package var correlationID: String?
    /// The answer's `requestRefId`.
    package var requestRefID: String?
    /// One sentence on what went wrong; kept sealed.
    package var errorText: String?
    /// The answer, decrypted, or as it came when it can't be deciphered; kept sealed.
    package var answer: [UInt8]?
    /// Whether the answer brought warnings or alerts.
    package var hasWarnings: Bool
    /// When the attempt began.
    package var startedAt: WallTime
    /// When it ended.
    package var finishedAt: WallTime
    /// What becomes of the record.
    package var next: NextStep
    /// Whether the attempt appears on the invoice.
    package var billable: Billable
    /// What it says of the way to the API; not kept, but counted by nodes together.
    package var sign: CallSign?

    /// Describes how an attempt ended.
    package init(
        attempt: AttemptID, record: RecordID, outcome: AttemptOutcome, cause: String? = nil, httpStatus: Int? = nil,
        reasonCode: String? = nil, correlationID: String? = nil, requestRefID: String? = nil, errorText: String? = nil,
        answer: [UInt8]? = nil, hasWarnings: Bool = false, startedAt: WallTime, finishedAt: WallTime, next: NextStep,
        billable: Billable
    ) {
        self.attempt = attempt
        self.record = record
        self.outcome = outcome
        self.cause = cause
        self.httpStatus = httpStatus
        self.reasonCode = reasonCode
        self.correlationID = correlationID
        self.requestRefID = requestRefID
        self.errorText = errorText
        self.answer = answer
        self.hasWarnings = hasWarnings
        self.startedAt = startedAt
        self.finishedAt = finishedAt
        self.next = next
        self.billable = billable
    }

    /// Whether the attempt counts as a call against the caps, and as made in the results: always, unless it is surely
    /// not billable and no answer came, which means that the request never left.
    package var countsAsCall: Bool { billable != .no || httpStatus != nil }
}

/// What becomes of a record after an attempt.
package enum NextStep: Sendable, Equatable {
    /// It has its answer.
    case succeeded
    /// It was refused for good, or is out of attempts.
    case failed
    /// It may have been billed and has no answer.
    case inDoubt
    /// It is queued again, not before a time.
    case retry(notBefore: WallTime, spendsAttempt: Bool)
    /// It is queued again behind everything else, its attempt unspent, until `RecordStore.bringForward(_:of:)`.
    case last
    /// It goes back to the queue as it was, its attempt unspent, ready at once.
    case release
}

extension NextStep {
    /// The record's status after it.
    var status: RecordStatus {
        switch self {
        case .succeeded: .succeeded
        case .failed: .failed
        case .inDoubt: .inDoubt
        case .retry, .last, .release: .queued
        }
    }

    /// Stands for a time that never comes.
    static let behindAll = WallTime.distantFuture
    /// Stands for a time that was always past.
    package static let atOnce = WallTime(milliseconds: 0)

    /// When a record that is queued again is ready.
    var notBefore: WallTime? {
        switch self {
        case .retry(let notBefore, _): notBefore
        case .last: Self.behindAll
        case .release: Self.atOnce
        case .succeeded, .failed, .inDoubt: nil
        }
    }

    /// Whether the record is queued again.
    package var isRetry: Bool { status == .queued }

    /// Whether the attempt counts towards the record's `retry.attempts`.
    var spendsAttempt: Bool {
        switch self {
        case .succeeded, .failed, .inDoubt: true
        case .retry(_, let spendsAttempt): spendsAttempt
        case .last, .release: false
        }
    }
}
