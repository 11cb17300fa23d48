/// One row of the ledger.
public struct AttemptView: Sendable, Equatable {
    /// The row's number.
    public let id: AttemptID
    /// The record.
    public let record: RecordID
    /// Which of the record's attempts, from 1.
    public let number: Int
    /// When the intent to send was written, in milliseconds since 1970 UTC.
    public let startedAt: Int64
    /// When the outcome was known, in milliseconds since 1970 UTC; nil while it isn't.
    public let finishedAt: Int64?
    /// The outcome's word; nil while it isn't known.
    public let outcome: String?
    /// What brought it about.
    public let cause: String?
    /// The HTTP status; nil when no answer came.
    public let httpStatus: Int?
    /// The API's reason code.
    public let reasonCode: String?
    /// The answer's `X-MC-Correlation-ID`.
    public let correlationID: String?
    /// Whether it appears on the invoice; nil while it is under way.
    public let billable: Billable?
    /// Whether it counts as a call: it left, or may have left.
    public let countsAsCall: Bool
}
