/// A record taken off the queue, with the intent to send it already in the ledger.
public struct ClaimedRecord: Sendable {
    /// The record.
    public let id: RecordID
    /// The ledger's row for this try.
    public let attempt: AttemptID
    /// Which try this is, from 1, over all of the record's rows in the ledger.
    public let number: Int
    /// Attempts that the record has spent before this one.
    public let spentAttempts: Int
    /// The record's own id as the file gives it, UTF-8; empty when it has none.
    public let recordID: [UInt8]
    /// The row as it stood in the file.
    public let rawRow: [UInt8]

    /// Describes a claimed record.
    public init(
        id: RecordID, attempt: AttemptID, number: Int, spentAttempts: Int, recordID: [UInt8], rawRow: [UInt8]
    ) {
        self.id = id
        self.attempt = attempt
        self.number = number
        self.spentAttempts = spentAttempts
        self.recordID = recordID
        self.rawRow = rawRow
    }
}
