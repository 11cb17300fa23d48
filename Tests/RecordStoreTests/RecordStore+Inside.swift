@testable import RecordStore

/// What tests of behaviour read or change behind the store's back; each engine has its own way.
extension RecordStore {
    /// Calls of some days as the caps and the prices count them.
    func callTotals(_ days: ClosedRange<CallDay>) async throws -> (calls: Int, billable: Int, charged: Int) {
        let sums = ["calls", "billable", "charged"].map { "coalesce(sum(\($0)), 0)" }.joined(separator: ", ")
        let sql = "SELECT \(sums) FROM call_days WHERE day BETWEEN ? AND ?"
        return try await read { database in
            let arguments: SQLArguments = [days.lowerBound.rawValue, days.upperBound.rawValue]
            let row = try StoredRow.fetchOne(database, sql: sql, arguments: arguments)
            return (row?[0] ?? 0, row?[1] ?? 0, row?[2] ?? 0)
        }
    }

    /// Lets the next lines of each batch that is being read start in doubt, as a restored database would.
    func doubtNextLines(_ count: Int) async throws {
        try await write {
            try $0.database.execute(sql: "UPDATE batches SET doubted_lines = ?", arguments: [count])
        }
    }
}
