import Basics
package import RecordStore

/// How long answered calls took, in milliseconds, in buckets that grow with the time: every figure is exact below 64 ms
/// and at most 3% too large above, in constant memory.
struct LatencyFigures {
    /// In milliseconds; below it each has a bucket of its own.
    private static let exact = 64
    /// Buckets from one time to its double: 1/32 is 3%.
    private static let perDoubling = 32

    private var buckets = [Int](repeating: 0, count: 64 + 32 * 32)
    private(set) var count = 0
    private(set) var largest = 0

    mutating func add(_ time: Duration) {
        let value = Int(min(max(time.milliseconds, 0), Int64(UInt32.max)))
        buckets[Self.bucket(of: value)] += 1
        count += 1
        largest = max(largest, value)
    }

    /// The time that a share of the calls did not exceed, in milliseconds; nil without calls.
    func percentile(_ share: Double) -> Int? {
        guard count > 0 else { return nil }
        let rank = max(1, Int((Double(count) * share).rounded(.up)))
        var seen = 0
        for (index, size) in buckets.enumerated() {
            seen += size
            if seen >= rank { return min(Self.top(of: index), largest) }
        }
        return largest
    }

    private static func bucket(of value: Int) -> Int {
        guard value >= exact else { return value }
        // 64…127 is the first doubling, in steps of 2.
        let doubling = Int.bitWidth - 1 - value.leadingZeroBitCount - 6
        return exact + doubling * perDoubling + (value >> (doubling + 1)) - perDoubling
    }

    private static func top(of bucket: Int) -> Int {
        guard bucket >= exact else { return bucket }
        let (doubling, step) = (bucket - exact).quotientAndRemainder(dividingBy: perDoubling)
        return ((step + perDoubling + 1) << (doubling + 1)) - 1
    }
}

/// How many calls may have been paid for twice: those beyond a record's first that were billed or may have been.
package struct DoubleBills {
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
    package static func count(in store: RecordStore, _ batch: Batch) async throws -> Int {
        try await count(in: store, batch, billedOnce: batch.counts.succeeded)
    }

    /// Reads the ledger only where the counters leave room for one: when there are no more such calls than records that
    /// must have had one, each had just that.
    static func count(in store: RecordStore, _ batch: Batch, billedOnce: Int) async throws -> Int {
        guard batch.counts.billable + batch.counts.billingUnknown > billedOnce else { return 0 }
        var bills = DoubleBills()
        try await store.forEachAttempt(batch.id) { bills.add($0) }
        return bills.count
    }
}
