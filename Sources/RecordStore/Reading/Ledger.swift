import Basics

extension RecordStore {
    /// Attempts read before they are passed on, so that no transaction is open while the body runs.
    private static let attemptsAtATime = 1_000

    /// Passes a batch's ledger to `body`, by line and then in the order of the attempts.
    ///
    /// - Parameters:
    ///   - batch: The batch.
    ///   - lines: Only attempts of records that start at these lines; nil: all.
    ///   - body: Called for each attempt, on a thread that may block; nothing is locked while it runs.
    /// - Throws: ``StoreError``; whatever the body throws.
    package func forEachAttempt(
        _ batch: BatchID, lines: ClosedRange<Int>? = nil, _ body: (AttemptView) throws -> Void
    ) async throws {
        let range = lines.map { batch.range(of: $0) } ?? batch.records
        try await BlockingWork.run {
            var after = (record: range.lowerBound, attempt: Int64(0))
            while true {
                let views = try readWaiting {
                    try AttemptView.fetch($0, after: after, to: range.upperBound, Self.attemptsAtATime)
                }
                for view in views { try body(view) }
                guard views.count == Self.attemptsAtATime, let last = views.last else { return }
                after = (last.record.rawValue, last.id.rawValue)
            }
        }
    }

    /// How long the answered calls among a batch's last took: those of the records that come last in its file. Of an
    /// archived batch none are found.
    ///
    /// - Parameters:
    ///   - batch: The batch.
    ///   - count: How many attempts are looked at.
    /// - Returns: The times, in no order that means anything.
    /// - Throws: ``StoreError`` when the database can't be read.
    package func lastCallTimes(of batch: BatchID, among count: Int) async throws -> [Duration] {
        let sql = """
            SELECT finished_at - started_at FROM (
              SELECT outcome, started_at, finished_at FROM attempts WHERE record_id BETWEEN ? AND ?
              ORDER BY record_id DESC, id DESC LIMIT ?) AS last
            WHERE outcome = 'succeeded'
            """
        let records = batch.records
        return try await read { database in
            try Int64.fetchAll(database, sql: sql, arguments: [records.lowerBound, records.upperBound, count])
        }.map { .milliseconds($0) }
    }

    /// A record's last attempt; nil where it had none, or its batch was archived.
    ///
    /// - Throws: ``StoreError`` when the database can't be read.
    package func lastAttempt(of record: RecordID) async throws -> AttemptView? {
        try await BlockingWork.run { try blockingReads.lastAttempt(of: record) }
    }

    /// The totals of a batch's ledger.
    ///
    /// - Throws: ``StoreError`` with ``StoreErrorCode/notFound`` when there is no such batch.
    package func ledgerTotals(_ batch: BatchID) async throws -> LedgerTotals {
        let counts = try await progress(batch)
        var totals = LedgerTotals()
        totals.attempts = counts.attempts
        totals.open = counts.inFlight
        totals.calls = counts.calls
        totals.billable = counts.billable
        totals.unbilled = counts.unbilled
        totals.unknown = counts.billingUnknown
        return totals
    }
}

extension BlockingReads {
    /// A record's last attempt; nil where it had none, or its batch was archived.
    ///
    /// - Throws: ``StoreError`` when the database can't be read.
    package func lastAttempt(of record: RecordID) throws -> AttemptView? {
        let clause = "FROM attempts WHERE record_id = ? ORDER BY id DESC LIMIT 1"
        return try store.readWaiting { try AttemptView.fetchAll($0, clause, [record.rawValue]).first }
    }
}

extension AttemptView {
    fileprivate static func fetch(
        _ database: StoreConnection, after: (record: Int64, attempt: Int64), to last: Int64, _ limit: Int
    ) throws -> [AttemptView] {
        let border = try ArchiveBorder(database, RecordID(rawValue: after.record).batch)
        let (archived, hot) = border.split(after.record...max(after.record, last))
        var views: [AttemptView] = []
        if let archived {
            views = try fetch(database, "archived_attempts", after: after, to: archived.upperBound, limit)
        }
        guard let hot, views.count < limit else { return views }
        let start = archived == nil ? after : (hot.lowerBound, 0)
        return views + (try fetch(database, "attempts", after: start, to: hot.upperBound, limit - views.count))
    }

    private static func fetch(
        _ database: StoreConnection, _ table: String, after: (record: Int64, attempt: Int64), to last: Int64,
        _ limit: Int
    ) throws -> [AttemptView] {
        let clause = "FROM \(table) WHERE (record_id, id) > (?, ?) AND record_id <= ? ORDER BY record_id, id LIMIT ?"
        return try fetchAll(database, clause, [after.record, after.attempt, last, limit])
    }

    fileprivate static func fetchAll(
        _ database: StoreConnection, _ clause: String, _ arguments: SQLArguments
    ) throws -> [AttemptView] {
        let sql = """
            SELECT id, record_id, number, started_at, finished_at, outcome, cause, http_status, reason_code,
              correlation_id, billable, called
            \(clause)
            """
        return try StoredRow.fetchAll(database, sql: sql, arguments: arguments).map(AttemptView.init)
    }

    private init(_ row: StoredRow) throws {
        self.init(
            id: AttemptID(rawValue: row[0]), record: RecordID(rawValue: row[1]), number: row[2], startedAt: row[3],
            finishedAt: row[4], outcome: try (row[5] as String?).map(AttemptOutcome.init(column:)), cause: row[6],
            httpStatus: row[7], reasonCode: row[8],
            correlationID: row[9], billable: Billable(code: row[10]), countsAsCall: row[11])
    }
}

/// The totals of a batch's ledger.
package struct LedgerTotals: Sendable, Equatable, Codable {
    /// Rows of the ledger.
    package var attempts = 0
    /// Rows whose outcome isn't known yet.
    package var open = 0
    /// Attempts that left or may have left.
    package var calls = 0
    /// Attempts answered with 200: billed.
    package var billable = 0
    /// Attempts that were surely not billed: never left, or refused.
    package var unbilled = 0
    /// Attempts that may have been billed.
    package var unknown = 0

    /// The most attempts that can be on the invoice: the billed, the perhaps billed, and those under way.
    package var chargedAtMost: Int { billable + unknown + open }

    /// All totals at zero.
    package init() {}
}

/// The ledger's totals on one day for one batch, or for calls outside any batch.
package struct LedgerDay: Sendable, Equatable {
    /// The day on which the attempts were begun, in the zone of `limits.time_zone`.
    package let day: CallDay
    /// The batch; nil for calls outside any batch.
    package let batch: BatchID?
    /// The batch's name, or what the calls were for.
    package let name: String
    /// The current totals of that day's attempts.
    package let totals: LedgerTotals

    /// Creates the totals of a day.
    package init(day: CallDay, batch: BatchID?, name: String, totals: LedgerTotals) {
        self.day = day
        self.batch = batch
        self.name = name
        self.totals = totals
    }
}
