/// A row of the ledger: one try at sending a record. Numbers rise over the whole database and are never given twice.
public struct AttemptID: RawRepresentable, Hashable, Sendable, Comparable {
    /// The number, from 1.
    public let rawValue: Int64

    /// Names the attempt with this number, which need not exist.
    public init(rawValue: Int64) {
        self.rawValue = rawValue
    }

    /// Orders attempts as they were claimed.
    public static func < (left: AttemptID, right: AttemptID) -> Bool {
        left.rawValue < right.rawValue
    }
}
