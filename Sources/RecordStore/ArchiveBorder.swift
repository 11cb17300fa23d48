import GRDB

/// How far a batch's records lie in the archived tables. Read in the transaction that then reads them.
struct ArchiveBorder: Equatable, Sendable {
    /// The last id that is there; nil when none is.
    let last: Int64?

    init(_ database: Database, _ batch: BatchID) throws {
        last = try Int64.fetchOne(
            database, sql: "SELECT archived_to FROM batches WHERE id = ?", arguments: [batch.rawValue])
    }

    init(last: Int64?) {
        self.last = last
    }

    /// Whether any of the batch is archived.
    var isSet: Bool { last != nil }

    /// A stretch of ids by where its records lie.
    func split(_ range: ClosedRange<Int64>) -> (archived: ClosedRange<Int64>?, hot: ClosedRange<Int64>?) {
        guard let last, last >= range.lowerBound else { return (nil, range) }
        guard last < range.upperBound else { return (range, nil) }
        return (range.lowerBound...last, (last + 1)...range.upperBound)
    }
}
