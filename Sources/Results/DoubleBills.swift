public import RecordStore

/// How many calls may have been paid for a second time: those beyond a record's first that were billed or may have
/// been.
public struct DoubleBills {
    private var record: RecordID?
    private(set) var count = 0

    /// Takes the ledger's rows, those of a record one after the other.
    mutating func add(_ attempt: AttemptView) {
        guard attempt.billable == .yes || attempt.billable == .unknown else { return }
        if attempt.record == record { count += 1 }
        record = attempt.record
    }

    /// The count for a batch of which only the counters are known.
    ///
    /// - Parameters:
    ///   - store: the database.
    ///   - batch: the batch, in any state.
    /// - Returns: the figure that `summary.json` has.
    /// - Throws: `StoreError` when the ledger cannot be read.
    public static func count(in store: RecordStore, _ batch: Batch) throws -> Int {
        try count(in: store, batch, billedOnce: batch.counts.succeeded)
    }

    /// Reads the ledger only where the counters leave room for one: when there are no more such calls than records that
    /// must have had one, each had just that.
    static func count(in store: RecordStore, _ batch: Batch, billedOnce: Int) throws -> Int {
        guard batch.counts.billable + batch.counts.billingUnknown > billedOnce else { return 0 }
        var bills = DoubleBills()
        try store.forEachAttempt(batch.id) { bills.add($0) }
        return bills.count
    }
}
