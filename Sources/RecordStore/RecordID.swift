/// A record: its batch and the line it starts at.
public struct RecordID: RawRepresentable, Hashable, Sendable, Comparable, Codable {
    static let lineBits: Int64 = 32
    static let greatestLine: Int64 = 0xffff_ffff

    /// The batch's number times 2³² plus the line, so that a batch's records are one range in input order.
    public let rawValue: Int64

    /// Names the record with this number, which need not exist.
    public init(rawValue: Int64) {
        self.rawValue = rawValue
    }

    /// Names the record of a batch that starts at a line.
    ///
    /// - Parameters:
    ///   - batch: The batch.
    ///   - line: The physical line, from 1 (a CSV header is line 1), at most 2³² − 1.
    public init(batch: BatchID, line: Int) {
        rawValue = batch.rawValue << Self.lineBits | Int64(line)
    }

    /// The batch it belongs to.
    public var batch: BatchID { BatchID(rawValue: rawValue >> Self.lineBits) }
    /// The physical line of the input at which it starts, from 1.
    public var line: Int { Int(rawValue & Self.greatestLine) }

    /// Orders records by batch, then as they stand in the input.
    public static func < (left: RecordID, right: RecordID) -> Bool {
        left.rawValue < right.rawValue
    }
}
