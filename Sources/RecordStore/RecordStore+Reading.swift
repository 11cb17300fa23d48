import GRDB

extension RecordStore {
    /// How many rows are read before they are handed out, so that no reader holds back the WAL while its body waits.
    private static let rowsAtATime = 256

    /// Hands out a batch's records in input order, each once, in the status it has at that moment.
    ///
    /// Memory stays the same whatever the batch's size; nothing is locked while the body runs.
    ///
    /// - Parameters:
    ///   - batch: The batch.
    ///   - statuses: Only records in these; nil: all.
    ///   - lines: Only records that start at these lines; nil: all.
    ///   - body: Called for each record.
    /// - Throws: ``StoreError``; whatever the body throws.
    public func forEachRecord(
        _ batch: BatchID, statuses: Set<RecordStatus>? = nil, lines: ClosedRange<Int>? = nil,
        _ body: (RecordView) throws -> Void
    ) throws {
        let key = try dataKey(of: batch)
        let range = lines.map { batch.range(of: $0) } ?? batch.records
        var next = range.lowerBound
        while next <= range.upperBound {
            let query = RecordQuery(range: next...range.upperBound, statuses: statuses, limit: Self.rowsAtATime)
            let views = try read { try query.fetch($0, key) }
            for view in views { try body(view) }
            guard views.count == Self.rowsAtATime, let last = views.last else { return }
            next = last.record.rawValue + 1
        }
    }

    /// One record; nil when the batch has none that starts at this line.
    ///
    /// - Throws: ``StoreError``.
    public func record(_ record: RecordID) throws -> RecordView? {
        let key = try dataKey(of: record.batch)
        let query = RecordQuery(range: record.rawValue...record.rawValue, statuses: nil, limit: 1)
        return try read { try query.fetch($0, key).first }
    }
}
