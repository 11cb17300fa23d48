import Basics

/// The writing connection with its prepared statements; it lives on the writing thread only.
final class WriterConnection {
    let database: StoreConnection
    /// Which of several runners this is; nil: the only one there can be.
    let node: Node?
    let batches: BatchStatements
    let ingest: IngestStatements
    let claims: ClaimStatements
    let identical: IdenticalStatements
    let finishes: FinishStatements
    let follows: FollowStatements
    /// What completions add to counters, until the group is written.
    var tally = FinishTally()
    /// Answers remembered since old ones were last forgotten.
    var rememberedSince = 0
    /// The attempts claimed in this transaction, in the order of their ids; what follows the ledger is told of them after
    /// the commit.
    var claimed: [ClaimedAttempt] = []
    /// What becomes of this transaction.
    var standing = CommitStanding()

    init(_ database: StoreConnection, of node: Node? = nil) throws {
        self.database = database
        self.node = node
        batches = try BatchStatements(database)
        ingest = try IngestStatements(database)
        claims = try ClaimStatements(database, isOfNode: node != nil)
        identical = try IdenticalStatements(database)
        finishes = try FinishStatements(database)
        follows = try FollowStatements(database)
    }
}

/// What became of a transaction, for those whose results it brings.
final class CommitStanding: Sendable {
    private let late = Lock(false)

    /// Whether it was known only later that the transaction lasts: what was claimed in it must not be sent.
    var isLate: Bool {
        get { late.withLock { $0 } }
        set { late.withLock { $0 = newValue } }
    }
}

/// The statements on a batch's row.
struct BatchStatements {
    let select: PreparedStatement
    let count: PreparedStatement
    let advance: PreparedStatement

    init(_ database: StoreConnection) throws {
        select = try database.prepare(
            """
            SELECT state, cursor, queued, in_flight, calls, doubted_lines, ingested, following, reuses,
              keeps_answers
            FROM batches WHERE id = ?1
            """)
        count = try database.prepare(
            """
            UPDATE batches SET
              total = total + ?2, queued = queued + ?3, in_flight = in_flight + ?4, succeeded = succeeded + ?5,
              failed = failed + ?6, in_doubt = in_doubt + ?7, invalid = invalid + ?8, reused = reused + ?9,
              cancelled = cancelled + ?10, attempts = attempts + ?11, calls = calls + ?12, retries = retries + ?13,
              billable = billable + ?14, unbilled = unbilled + ?15, billing_unknown = billing_unknown + ?16,
              in_doubt_retried = in_doubt_retried + ?17, following = following + ?18
            WHERE id = ?1
            """)
        advance = try database.prepare(
            "UPDATE batches SET cursor = ?2, started_at = coalesce(started_at, ?3) WHERE id = ?1")
    }
}

extension WriterConnection {
    /// The part of a batch's row that writing needs.
    ///
    /// - Throws: ``StoreError`` with ``StoreErrorCode/notFound``.
    func batchRow(_ batch: BatchID) throws -> BatchRow {
        let statement = batches.select
        statement.bind(batch.rawValue, at: 1)
        guard try statement.step() else { throw StoreError.noBatch(batch) }
        defer { statement.reset() }
        return try BatchRow(statement)
    }

    /// Adds to a batch's counters; the schema rejects counters that do not add up.
    func add(_ changes: BatchCounts, to batch: BatchID) throws {
        let statement = batches.count
        statement.bind(batch.rawValue, at: 1)
        for (index, value) in changes.inColumnOrder.enumerated() {
            statement.bind(Int64(value), at: Int32(index + 2))
        }
        try statement.run()
    }
}

extension BatchCounts {
    /// The counters in the order of ``columns``.
    var inColumnOrder: [Int] {
        [
            total, queued, inFlight, succeeded, failed, inDoubt, invalid, reused, cancelled, attempts, calls, retries,
            billable, unbilled, billingUnknown, inDoubtRetried, following,
        ]
    }

    /// The same, to be changed.
    static var counters: [WritableKeyPath<BatchCounts, Int>] {
        [
            \.total, \.queued, \.inFlight, \.succeeded, \.failed, \.inDoubt, \.invalid, \.reused, \.cancelled,
            \.attempts, \.calls, \.retries, \.billable, \.unbilled, \.billingUnknown, \.inDoubtRetried, \.following,
        ]
    }

    /// The counters' columns in the `batches` table.
    static let columns = [
        "total", "queued", "in_flight", "succeeded", "failed", "in_doubt", "invalid", "reused", "cancelled", "attempts",
        "calls", "retries", "billable", "unbilled", "billing_unknown", "in_doubt_retried", "following",
    ]

    /// Adds other changes to these.
    mutating func add(_ changes: BatchCounts) {
        for counter in Self.counters { self[keyPath: counter] += changes[keyPath: counter] }
    }

    /// Moves a number of records from one status to another.
    mutating func move(_ count: Int = 1, from old: RecordStatus, to new: RecordStatus) {
        self[old] -= count
        self[new] += count
    }
}

/// The part of a batch's row that writing needs.
struct BatchRow {
    let state: BatchState
    let cursor: Int64
    let queued: Int
    let inFlight: Int
    let calls: Int
    let doubtedLines: Int
    let isIngested: Bool
    let following: Int
    let reuses: Bool
    let keepsAnswers: Bool

    /// Records that wait for a call of their own.
    var toCall: Int { queued - following }

    init(_ statement: PreparedStatement) throws {
        state = try BatchState(column: statement.text(0) ?? "")
        cursor = statement.integer(1)
        queued = Int(statement.integer(2))
        inFlight = Int(statement.integer(3))
        calls = Int(statement.integer(4))
        doubtedLines = Int(statement.integer(5))
        isIngested = statement.integer(6) == 1
        following = Int(statement.integer(7))
        reuses = statement.integer(8) == 1
        keepsAnswers = statement.integer(9) == 1
    }
}
