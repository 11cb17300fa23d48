import Basics
import Foundation
import GRDB

/// The writing connection with its prepared statements; it lives on the writing thread only.
final class WriterConnection {
    let database: Database
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
    /// The highest attempt id claimed in this transaction; the ledger's mark is updated to it after the commit.
    var claimedUpTo: Int64?

    init(_ database: Database) throws {
        self.database = database
        batches = try BatchStatements(database)
        ingest = try IngestStatements(database)
        claims = try ClaimStatements(database)
        identical = try IdenticalStatements(database)
        finishes = try FinishStatements(database)
        follows = try FollowStatements(database)
    }
}

/// The statements on a batch's row.
struct BatchStatements {
    let select: PreparedStatement
    let count: PreparedStatement
    let advance: PreparedStatement

    init(_ database: Database) throws {
        select = try PreparedStatement(
            database,
            """
            SELECT state, cursor, queued, in_flight, calls, doubted_lines, ingested, following, reuses,
              keeps_answers
            FROM batches WHERE id = ?1
            """)
        count = try PreparedStatement(
            database,
            """
            UPDATE batches SET
              total = total + ?2, queued = queued + ?3, in_flight = in_flight + ?4, succeeded = succeeded + ?5,
              failed = failed + ?6, in_doubt = in_doubt + ?7, invalid = invalid + ?8, reused = reused + ?9,
              cancelled = cancelled + ?10, attempts = attempts + ?11, calls = calls + ?12, retries = retries + ?13,
              billable = billable + ?14, unbilled = unbilled + ?15, billing_unknown = billing_unknown + ?16,
              in_doubt_retried = in_doubt_retried + ?17, following = following + ?18
            WHERE id = ?1
            """)
        advance = try PreparedStatement(
            database, "UPDATE batches SET cursor = ?2, started_at = coalesce(started_at, ?3) WHERE id = ?1")
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
        guard let state = BatchState(rawValue: statement.text(0) ?? "") else {
            throw StoreError(.damaged, "The database holds a batch state unknown here; restore it from a backup")
        }
        self.state = state
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

extension Batch {
    private static let plainColumns = """
        id, name, job, file_name, content_digest, format, state, reason, ingested, checkpoint_offset, checkpoint_line,
        user, host, version, settings_hash, endpoint, key_id, certificate_fingerprint,
        created_at, ingested_at, started_at, finished_at, reuses, card_like_ids, payloads_purged_at, results_purged_at,
        ledger_purged_at
        """
    /// The number of plain columns: the counters follow them.
    private static let firstCounter = 27

    /// The batches that took in a content under a job, newest first: what follows `FROM batches`.
    static let ofContent = """
        WHERE content_digest = ? AND job = ? AND state <> 'rejected' AND (total > 0 OR finished_at IS NULL)
        ORDER BY id DESC
        """

    /// Reads batches; the clause is what follows `FROM batches`.
    static func fetchAll(
        _ database: Database, _ clause: String, _ arguments: StatementArguments
    ) throws -> [Batch] {
        let columns = plainColumns + ", " + BatchCounts.columns.joined(separator: ", ")
        let rows = try Row.fetchAll(database, sql: "SELECT \(columns) FROM batches \(clause)", arguments: arguments)
        return try rows.map(Batch.init)
    }

    private init(_ row: Row) throws {
        self.init(
            id: BatchID(rawValue: row[0]), name: row[1], job: row[2], fileName: row[3], contentDigest: row.bytes(4),
            format: try InputKind(column: row[5]), state: try BatchState(column: row[6]), reason: row[7],
            isIngested: row[8],
            checkpoint: Checkpoint(byteOffset: row[9], line: row[10]), provenance: Provenance(row, from: 11),
            createdAt: row[18], ingestedAt: row[19], startedAt: row[20], finishedAt: row[21],
            purged: PurgeTimes(payloads: row[24], results: row[25], ledger: row[26]), reuses: row[22],
            cardLikeIDs: row[23],
            counts: BatchCounts(row, from: Self.firstCounter))
    }
}

extension BatchCounts {
    /// Reads the counters in the order of ``columns``.
    fileprivate init(_ row: Row, from first: Int) {
        self.init()
        let values: [Int] = Self.columns.indices.map { row[first + $0] }
        for (counter, value) in zip(Self.counters, values) { self[keyPath: counter] = value }
    }
}

extension RawRepresentable<String> {
    /// What a word of the database stands for.
    ///
    /// - Throws: ``StoreError`` with ``StoreErrorCode/damaged`` for one that the schema does not let in.
    init(column word: String) throws {
        guard let value = Self(rawValue: word) else {
            throw StoreError(.damaged, "The database holds a word unknown here; restore it from a backup")
        }
        self = value
    }
}

extension Row {
    /// The bytes of a column that holds a blob; empty for NULL.
    func bytes(_ column: Int) -> [UInt8] {
        optionalBytes(column) ?? []
    }

    /// The bytes of a column, or nil for NULL.
    func optionalBytes(_ column: Int) -> [UInt8]? {
        (self[column] as Data?).map { Array($0) }
    }
}

extension [UInt8] {
    /// As GRDB binds it.
    var blob: Data { Data(self) }
}
