import GRDB

extension RecordStore {
    /// The totals of batches and of calls that are no batch's, which come last on their day.
    private static let days = """
        SELECT day, batch_id, name, ledger_days.attempts, ledger_days.calls, ledger_days.billable,
          ledger_days.unbilled, ledger_days.billing_unknown, batch_id AS place
        FROM ledger_days JOIN batches ON batches.id = batch_id WHERE day BETWEEN ?1 AND ?2
        UNION ALL
        SELECT day, NULL, kind, attempts, calls, billable, unbilled, billing_unknown, 2147483648
        FROM other_calls WHERE day BETWEEN ?1 AND ?2
        ORDER BY day, place, name
        """

    /// What the ledger adds up to over some days, by day and then by batch; calls that are no batch's come last.
    ///
    /// - Parameter days: The first and the last day, both included.
    /// - Returns: The totals; nothing for a day without attempts.
    /// - Throws: ``StoreError`` when the database can't be read.
    public func ledgerDays(_ days: ClosedRange<CallDay>) throws -> [LedgerDay] {
        try read { try LedgerDay.fetchAll($0, days) }
    }

    /// The whole calendar months in which a batch has attempts, in the same order.
    ///
    /// - Parameter batch: The batch.
    /// - Returns: The totals of all batches in these months; empty where the batch has no attempt.
    /// - Throws: ``StoreError`` when the database can't be read.
    public func ledgerDays(inMonthsOf batch: BatchID) throws -> [LedgerDay] {
        let sql = "SELECT DISTINCT day FROM ledger_days WHERE batch_id = ?"
        return try read { database in
            let days = try Int64.fetchAll(database, sql: sql, arguments: [batch.rawValue])
            return try Set(days.map { CallDay(rawValue: $0).month }).sorted { $0.lowerBound < $1.lowerBound }
                .flatMap { month in
                    let days = CallDay(rawValue: month.lowerBound)...CallDay(rawValue: month.upperBound)
                    return try LedgerDay.fetchAll(database, days)
                }
        }
    }

    fileprivate static func totals(_ database: Database, _ days: ClosedRange<CallDay>) throws -> [Row] {
        let arguments: StatementArguments = [days.lowerBound.rawValue, days.upperBound.rawValue]
        return try Row.fetchAll(database, sql: Self.days, arguments: arguments)
    }
}

extension LedgerDay {
    fileprivate static func fetchAll(_ database: Database, _ days: ClosedRange<CallDay>) throws -> [LedgerDay] {
        try RecordStore.totals(database, days).map(LedgerDay.init)
    }

    private init(_ row: Row) {
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
