import GRDB

extension RecordStore {
    /// What the ledger adds up to over some days, by day and then by batch.
    ///
    /// - Parameter days: The first and the last day, both included.
    /// - Returns: The totals; nothing for a day without attempts.
    /// - Throws: ``StoreError`` when the database can't be read.
    public func ledgerDays(_ days: ClosedRange<CallDay>) throws -> [LedgerDay] {
        let sql = """
            SELECT day, batch_id, name, ledger_days.attempts, ledger_days.calls, ledger_days.billable,
              ledger_days.unbilled, ledger_days.billing_unknown
            FROM ledger_days JOIN batches ON batches.id = batch_id
            WHERE day BETWEEN ? AND ? ORDER BY day, batch_id
            """
        let arguments: StatementArguments = [days.lowerBound.rawValue, days.upperBound.rawValue]
        return try read { try Row.fetchAll($0, sql: sql, arguments: arguments).map(LedgerDay.init) }
    }

    /// Calls of some days, over all batches: those that left or may have left, those that were billed, and those that
    /// count as paid, which are the billed, the perhaps billed and those under way.
    ///
    /// - Throws: ``StoreError`` when the database can't be read.
    public func callTotals(_ days: ClosedRange<CallDay>) throws -> (calls: Int, billable: Int, charged: Int) {
        let sql = """
            SELECT ifnull(sum(calls), 0), ifnull(sum(billable), 0), ifnull(sum(charged), 0)
            FROM call_days WHERE day BETWEEN ? AND ?
            """
        let arguments: StatementArguments = [days.lowerBound.rawValue, days.upperBound.rawValue]
        return try read { database in
            guard let row = try Row.fetchOne(database, sql: sql, arguments: arguments) else { return (0, 0, 0) }
            return (row[0], row[1], row[2])
        }
    }
}

extension LedgerDay {
    fileprivate init(_ row: Row) {
        var totals = LedgerTotals()
        totals.attempts = row[3]
        totals.calls = row[4]
        totals.billable = row[5]
        totals.unbilled = row[6]
        totals.unknown = row[7]
        totals.open = totals.attempts - totals.billable - totals.unbilled - totals.unknown
        self.init(day: CallDay(rawValue: row[0]), batch: BatchID(rawValue: row[1]), name: row[2], totals: totals)
    }
}
