/// How one attempt ended, and what becomes of its record.
public struct Completion: Sendable {
    /// The ledger's row; only an open one can be finished.
    public var attempt: AttemptID
    /// The record.
    public var record: RecordID
    /// The ledger's word for the outcome: `succeeded`, `rejected`, `unsent`, …
    public var outcome: String
    /// What brought it about, where one word more helps: `timeout`, `crash`, …; no values.
    public var cause: String?
    /// The HTTP status, 100 to 999; nil when no answer came.
    public var httpStatus: Int?
    /// The API's reason code.
    public var reasonCode: String?
    /// The answer's `X-MC-Correlation-ID`.
    public var correlationID: String?
    /// The answer's `requestRefId`.
    public var requestRefID: String?
    /// One sentence on what went wrong; kept sealed.
    public var errorText: String?
    /// The answer, decrypted, or as it came when it can't be deciphered; kept sealed.
    public var answer: [UInt8]?
    /// Whether the answer brought warnings or alerts.
    public var hasWarnings: Bool
    /// When the attempt began, in milliseconds since 1970 UTC.
    public var startedAt: Int64
    /// When it ended, in milliseconds since 1970 UTC.
    public var finishedAt: Int64
    /// What becomes of the record.
    public var next: NextStep
    /// Whether the attempt appears on the invoice.
    public var billable: Billable

    /// Describes how an attempt ended.
    public init(
        attempt: AttemptID, record: RecordID, outcome: String, cause: String? = nil, httpStatus: Int? = nil,
        reasonCode: String? = nil, correlationID: String? = nil, requestRefID: String? = nil, errorText: String? = nil,
        answer: [UInt8]? = nil, hasWarnings: Bool = false, startedAt: Int64, finishedAt: Int64, next: NextStep,
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

    /// Whether the attempt counts as a call against the caps, and as made in the results: unless it is surely not
    /// billable and no answer came, which is a request that never left.
    public var countsAsCall: Bool { billable != .no || httpStatus != nil }
}
