/// The number of a batch in its database; never given twice.
public struct BatchID: RawRepresentable, Hashable, Sendable, Comparable, Codable, CustomStringConvertible {
    /// The number, from 1.
    public let rawValue: Int64

    /// Names the batch with this number, which need not exist.
    public init(rawValue: Int64) {
        self.rawValue = rawValue
    }

    /// The number in decimal.
    public var description: String { String(rawValue) }

    /// Orders batches as they were made.
    public static func < (left: BatchID, right: BatchID) -> Bool {
        left.rawValue < right.rawValue
    }
}

extension BatchID {
    /// The ids of all records a batch can have, in input order.
    var records: ClosedRange<Int64> {
        (rawValue << RecordID.lineBits | 1)...(rawValue << RecordID.lineBits | RecordID.greatestLine)
    }
}
