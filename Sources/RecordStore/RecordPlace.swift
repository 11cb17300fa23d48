/// Where a record stands, for people.
public struct RecordReference: Sendable, Hashable {
    /// The record.
    public let record: RecordID
    /// Its batch's name.
    public let batch: String

    /// The physical line of the batch's input at which it starts, from 1.
    public var line: Int { record.line }

    /// Names a record.
    public init(record: RecordID, batch: String) {
        self.record = record
        self.batch = batch
    }
}
