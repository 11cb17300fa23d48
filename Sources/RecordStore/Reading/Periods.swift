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

    /// The whole calendar months in which a batch has attempts, in the same order.
    ///
    /// - Parameter batch: The batch.
    /// - Returns: The totals of all batches in these months; empty where the batch has no attempt.
    /// - Throws: ``StoreError`` when the database can't be read.
    package func ledgerDays(inMonthsOf batch: BatchID) async throws -> [LedgerDay] {
        let sql = "SELECT DISTINCT day FROM ledger_days WHERE batch_id = ?"
        return try await read { database in
            let days = try Int64.fetchAll(database, sql: sql, arguments: [batch.rawValue])
            return try Set(days.map { CallDay(rawValue: $0).month }).sorted { $0.lowerBound < $1.lowerBound }
                .flatMap { month in
                    let days = CallDay(rawValue: month.lowerBound)...CallDay(rawValue: month.upperBound)
                    return try LedgerDay.fetchAll(database, days)
                }
        }
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
    fileprivate static func fetchAll(_ database: StoreConnection, _ days: ClosedRange<CallDay>) throws -> [LedgerDay] {
        try RecordStore.totals(database, days).map(LedgerDay.init)
    }

    private init(_ row: StoredRow) {
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
        try claims.addCalls.run(day.rawValue, count)
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
