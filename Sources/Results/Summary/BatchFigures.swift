import Basics
package import RecordStore

/// What is counted while a batch's records pass by once: no id and no value of a record.
struct BatchFigures {
    private(set) var records: [RecordStatus: Int] = [:]
    private(set) var rows = 0
    private(set) var latency = LatencyFigures()
    private(set) var failures: [FailureKind: ReasonTally] = [:]
    private(set) var refusals = ReasonTally()
    private(set) var scores = ScoreTally()
    /// Records that have surely had a call that was billed or may have been.
    private(set) var billedOnce = 0
    /// When records came to their end; nil before the first call.
    private(set) var timeline: SettlementTimeline?
    private let startedAt: WallTime?

    /// No record yet.
    ///
    /// - Parameter startedAt: When the batch's first call was made; nil: none was.
    init(startedAt: WallTime? = nil) {
        self.startedAt = startedAt
        timeline = startedAt.map(SettlementTimeline.init)
    }

    /// Takes the records from the batch's counters, without looking at any.
    init(_ counts: BatchCounts) {
        self.init()
        records = Dictionary(uniqueKeysWithValues: RecordStatus.allCases.map { ($0, counts[$0]) })
        rows = counts.total
        billedOnce = counts.succeeded
    }

    mutating func add(_ row: ResultRow, _ answer: AnswerCells) {
        rows += 1
        records[row.status, default: 0] += 1
        let isDoubted = row.status == .inDoubt && !row.isHeld && row.attempts > 0
        if row.status == .succeeded || isDoubted { billedOnce += 1 }
        if row.status == .succeeded { addAnswer(row, answer) }
        if let startedAt, let end = row.completedAt, let kind = SettlementTimeline.Kind(row.status) {
            timeline?.add(kind, after: end - startedAt)
        }
        if let kind = FailureKind(of: row) {
            failures[kind, default: ReasonTally()].add(kind.reason(of: row))
        }
        if row.status == .invalid { refusals.add(rulesIn: row.error ?? "no reason recorded") }
    }

    /// How many records failed or are in doubt in this way.
    func count(_ kind: FailureKind) -> Int { failures[kind]?.total ?? 0 }

    private mutating func addAnswer(_ row: ResultRow, _ answer: AnswerCells) {
        if let from = row.submittedAt, let to = row.completedAt { latency.add(to - from) }
        scores.add(answer)
    }
}

/// In what way a record that was sent, or was to be, has no answer: it decides what is to be done about it.
enum FailureKind: CaseIterable {
    /// The API refused what the record holds, or no request could be made of it: it is to be corrected.
    case refused
    /// Its attempts ended in faults of the API that pass, or it was never sent: it can be sent again as it is.
    case temporary
    /// It may have been billed, and no answer was recorded: somebody has to decide.
    case inDoubt
    /// Nothing was sent for it: an identical record is in doubt, which is to be settled first.
    case held
    /// Somebody has decided that it stays without an answer.
    case resolvedByHand

    /// Nil for a record that neither failed nor is in doubt.
    init?(of row: ResultRow) {
        switch row.status {
        case .inDoubt: self = row.isHeld ? .held : .inDoubt
        case .failed where row.isResolvedByHand: self = .resolvedByHand
        case .failed where row.neverLeft: self = .temporary
        case .failed: self = [.transient, .overloaded].contains(row.failedBy) ? .temporary : .refused
        case .queued, .inFlight, .succeeded, .invalid, .reused, .cancelled: return nil
        }
    }

    /// Why a record is where it is, in words that many records share.
    fileprivate func reason(of row: ResultRow) -> String {
        if self == .held { return "an identical line is in doubt" }
        if let code = row.reasonCode { return code }
        guard let status = row.httpStatus else { return "no answer recorded" }
        return self == .inDoubt && status == 200 ? "HTTP 200, with an answer that could not be read" : "HTTP \(status)"
    }
}

/// How often each reason occurs, for a bounded number of reasons.
struct ReasonTally {
    /// Different reasons, so that memory is bounded.
    private static let capacity = 1000

    private var counts: [String: Int] = [:]
    /// How often any was added.
    private(set) var total = 0

    mutating func add(_ reason: String) {
        total += 1
        let isKnown = counts[reason] != nil || counts.count < Self.capacity
        counts[isKnown ? reason : "other reasons", default: 0] += 1
    }

    /// Adds each rule of a text once, as one line breaks it.
    mutating func add(rulesIn text: String) {
        for rule in BrokenRules.rules(in: text) { add(rule) }
    }

    /// All reasons, the most frequent first, those equally frequent in alphabetical order.
    var byFrequency: [(reason: String, count: Int)] {
        counts.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.map { ($0.key, $0.value) }
    }
}

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
