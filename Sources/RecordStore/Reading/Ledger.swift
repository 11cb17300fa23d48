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

    /// Of calls of which no more is known.
    fileprivate init(billable: Int, chargedAtMost: Int) {
        (self.billable, unknown) = (billable, chargedAtMost - billable)
    }

    /// What others have of these, who have less.
    fileprivate func less(_ others: LedgerTotals) -> LedgerTotals {
        LedgerTotals(
            billable: max(0, billable - others.billable),
            chargedAtMost: max(0, billable - others.billable, chargedAtMost - others.chargedAtMost))
    }
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

extension RecordStore {
    /// The totals of batches and of calls outside any batch, which come last on their day.
    private static let days = """
        SELECT day, batch_id, name, ledger_days.attempts, ledger_days.calls, ledger_days.billable,
          ledger_days.unbilled, ledger_days.billing_unknown, batch_id AS place
        FROM ledger_days JOIN batches ON batches.id = batch_id WHERE day BETWEEN ?1 AND ?2
        UNION ALL
        SELECT day, NULL, kind, attempts, calls, billable, unbilled, billing_unknown, 2147483648
        FROM other_calls WHERE day BETWEEN ?1 AND ?2
        ORDER BY day, place, name
        """

    /// The ledger's totals over some days, by day and then by batch; calls outside any batch come last.
    ///
    /// - Parameter days: The first and the last day, both included.
    /// - Returns: The totals; nothing for a day without attempts.
    /// - Throws: ``StoreError`` when the database can't be read.
    package func ledgerDays(_ days: ClosedRange<CallDay>) async throws -> [LedgerDay] {
        try await read { try LedgerDay.fetchAll($0, days) }
    }

    /// The whole calendar months in which a batch has attempts, in the same order: the batch's own totals of a day between
    /// those of all others before and after it, each of which are one sum. So it costs the same however many there are.
    ///
    /// - Parameter batch: The batch.
    /// - Returns: The totals, those of others with what is surely and what is perhaps billed alone; empty where the batch has
    ///   no attempt.
    /// - Throws: ``StoreError`` when the database can't be read.
    package func ledgerDays(inMonthsOf batch: BatchID) async throws -> [LedgerDay] {
        try await read { database in
            let own = try StoredRow.fetchAll(database, sql: Self.daysOfOne, arguments: [batch.rawValue])
                .map(LedgerDay.init)
            return try Set(own.map(\.day.month)).sorted { $0.lowerBound < $1.lowerBound }.flatMap { month in
                let days: SQLArguments = [month.lowerBound, month.upperBound]
                let all = try StoredRow.fetchAll(
                    database,
                    sql: "SELECT day, billable, charged FROM call_days WHERE day BETWEEN ? AND ? ORDER BY day",
                    arguments: days)
                var rows = all.map { row in
                    LedgerDay(
                        CallDay(rawValue: row[0]), others: LedgerTotals(billable: row[1], chargedAtMost: row[2]))
                }
                for own in own where own.day.month == month {
                    let place = rows.firstIndex { $0.day >= own.day } ?? rows.endIndex
                    let sum = place < rows.endIndex && rows[place].day == own.day ? rows.remove(at: place).totals : nil
                    let after = try Self.totals(database, on: own.day, after: batch)
                    let before = (sum ?? own.totals).less(own.totals).less(after)
                    let rest = [LedgerDay(own.day, others: before), own, LedgerDay(own.day, others: after)]
                    rows.insert(contentsOf: rest, at: place)
                }
                return rows.filter { $0.batch != nil || $0.totals.chargedAtMost > 0 }
            }
        }
    }

    private static let daysOfOne = """
        SELECT day, batch_id, name, ledger_days.attempts, ledger_days.calls, ledger_days.billable,
          ledger_days.unbilled, ledger_days.billing_unknown
        FROM ledger_days JOIN batches ON batches.id = batch_id WHERE batch_id = ?
        """

    /// What was and what may have been billed on a day of the batches after one, and of calls outside any.
    private static func totals(
        _ database: StoreConnection, on day: CallDay, after batch: BatchID
    ) throws -> LedgerTotals {
        let sql = """
            SELECT coalesce(sum(billable), 0), coalesce(sum(attempts - unbilled), 0) FROM (
              SELECT billable, attempts, unbilled FROM ledger_days WHERE day = ?1 AND batch_id > ?2
              UNION ALL SELECT billable, attempts, unbilled FROM other_calls WHERE day = ?1) AS later
            """
        let row = try StoredRow.fetchOne(database, sql: sql, arguments: [day.rawValue, batch.rawValue])
        return LedgerTotals(billable: row?[0] ?? 0, chargedAtMost: row?[1] ?? 0)
    }

    /// Calls of one day, over all batches: those that left or may have left, and those that were billed.
    ///
    /// - Throws: ``StoreError`` when the database can't be read.
    package func calls(on day: CallDay) async throws -> (calls: Int, billable: Int) {
        try await calls(in: day.rawValue...day.rawValue)
    }

    /// Calls of the calendar month a day lies in, over all batches.
    ///
    /// - Throws: ``StoreError`` when the database can't be read.
    package func calls(inMonthOf day: CallDay) async throws -> (calls: Int, billable: Int) {
        try await calls(in: day.month)
    }

    /// How many calls of a batch its caps leave just now, as a claim would count them.
    ///
    /// - Parameters:
    ///   - batch: The batch.
    ///   - caps: What it is run under.
    /// - Returns: The most calls and the cap that sets them; without a cap there is no most.
    /// - Throws: ``StoreError`` when the database can't be read.
    package func callsLeft(of batch: Batch, under caps: CallCaps) async throws -> CallAllowance {
        try await read { database in
            let days: SQLArguments = [caps.day.month.lowerBound, caps.day.month.upperBound]
            return CallAllowance(
                wanted: .max, caps: caps, batchCalls: batch.counts.calls,
                dayCalls: try Int.fetchOne(
                    database, sql: "SELECT calls FROM call_days WHERE day = ?", arguments: [caps.day.rawValue]) ?? 0,
                monthCharged: try Int.fetchOne(database, sql: ClaimStatements.charged, arguments: days) ?? 0)
        }
    }

    private func calls(in days: ClosedRange<Int64>) async throws -> (calls: Int, billable: Int) {
        let sql = "SELECT coalesce(sum(calls), 0), coalesce(sum(billable), 0) FROM call_days WHERE day BETWEEN ? AND ?"
        return try await read { database in
            let row = try StoredRow.fetchOne(database, sql: sql, arguments: [days.lowerBound, days.upperBound])
            return (row?[0] ?? 0, row?[1] ?? 0)
        }
    }

    fileprivate static func totals(_ database: StoreConnection, _ days: ClosedRange<CallDay>) throws -> [StoredRow] {
        let arguments: SQLArguments = [days.lowerBound.rawValue, days.upperBound.rawValue]
        return try StoredRow.fetchAll(database, sql: Self.days, arguments: arguments)
    }
}

extension LedgerDay {
    /// The sum of several batches.
    fileprivate init(_ day: CallDay, others totals: LedgerTotals) {
        self.init(day: day, batch: nil, name: "others", totals: totals)
    }

    fileprivate static func fetchAll(_ database: StoreConnection, _ days: ClosedRange<CallDay>) throws -> [LedgerDay] {
        try RecordStore.totals(database, days).map(LedgerDay.init)
    }

    fileprivate init(_ row: StoredRow) {
        var totals = LedgerTotals()
        totals.attempts = row[3]
        totals.calls = row[4]
        totals.billable = row[5]
        totals.unbilled = row[6]
        totals.unknown = row[7]
        totals.open = totals.attempts - totals.billable - totals.unbilled - totals.unknown
        self.init(
            day: CallDay(rawValue: row[0]), batch: (row[1] as Int64?).map(BatchID.init(rawValue:)), name: row[2],
            totals: totals)
    }
}

extension RecordStore {
    /// Records that a call outside any batch is about to be made, unless a cap forbids it: from then on it counts
    /// against the caps, like a record's.
    ///
    /// - Parameters:
    ///   - call: What it is for.
    ///   - caps: The caps of its day and month.
    ///   - action: Who makes it, recorded in the same transaction.
    /// - Returns: The cap that is reached; nil: the call may be made.
    /// - Throws: ``StoreError`` when it can't be written.
    package func begin(_ call: OtherCall, caps: CallCaps, action: Action) async throws -> Cap? {
        try await write { connection in
            if let cap = try connection.capReached(caps) { return cap }
            try connection.add(call, on: caps.day, 1)
            try connection.insert(action)
            return nil
        }
    }

    /// Records the outcome of a call that ``begin(_:caps:action:)`` allowed.
    ///
    /// - Parameters:
    ///   - call: What it is for.
    ///   - day: The day it was begun on.
    ///   - billable: Whether it was billed.
    ///   - isCall: Whether it left, or may have left.
    /// - Throws: ``StoreError`` when it can't be written.
    package func end(_ call: OtherCall, on day: CallDay, billable: Billable, countsAsCall isCall: Bool) async throws {
        try await write { try $0.end(call, on: day, billable, isCall) }
    }
}

extension WriterConnection {
    /// Counts calls that a restored database does not know; without a mark their number is unknown, and then none are
    /// counted.
    func countLost(_ lost: Int64, on day: CallDay) throws {
        guard lost > 0, lost < RecordID.greatestLine else { return }
        try add(.lost, on: day, lost)
        try database.execute(
            sql: "UPDATE other_calls SET billing_unknown = billing_unknown + ?3 WHERE day = ?1 AND kind = ?2",
            arguments: [day.rawValue, OtherCall.lost.rawValue, lost])
    }

    fileprivate func add(_ call: OtherCall, on day: CallDay, _ count: Int64) throws {
        try add(DayChange(opened: Int(count)), on: day)
        try database.execute(
            sql: """
                INSERT INTO other_calls (day, kind, attempts, calls) VALUES (?1, ?2, ?3, ?3)
                ON CONFLICT (day, kind) DO UPDATE SET
                  attempts = other_calls.attempts + ?3, calls = other_calls.calls + ?3
                """,
            arguments: [day.rawValue, call.rawValue, count])
    }

    fileprivate func end(_ call: OtherCall, on day: CallDay, _ billable: Billable, _ isCall: Bool) throws {
        let (calls, billed, charged) = (isCall ? 0 : 1, billable == .yes ? 1 : 0, billable == .no ? 1 : 0)
        try database.execute(
            sql: """
                UPDATE call_days SET calls = calls - ?2, billable = billable + ?3, charged = charged - ?4
                WHERE day = ?1
                """,
            arguments: [day.rawValue, calls, billed, charged])
        try database.execute(
            sql: """
                UPDATE other_calls SET calls = calls - ?3, billable = billable + ?4, unbilled = unbilled + ?5,
                  billing_unknown = billing_unknown + ?6
                WHERE day = ?1 AND kind = ?2
                """,
            arguments: [day.rawValue, call.rawValue, calls, billed, charged, billable == .unknown ? 1 : 0])
    }
}

/// A call outside any batch, by the name it is shown under.
package enum OtherCall: String, Sendable, CaseIterable {
    /// The one that `rollcall doctor --one-call` makes.
    case doctor
    /// Made since the copy of a restored database, which has no record of it: perhaps billed.
    case lost = "lost by a restore"
}
