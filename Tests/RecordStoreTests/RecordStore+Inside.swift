import GRDB

@testable import RecordStore

/// What tests of behaviour read or change behind the store's back; each engine has its own way.
extension RecordStore {
    /// Calls of some days as the caps and the prices count them.
    func callTotals(_ days: ClosedRange<CallDay>) async throws -> (calls: Int, billable: Int, charged: Int) {
        let sql = "SELECT total(calls), total(billable), total(charged) FROM call_days WHERE day BETWEEN ? AND ?"
        return try await read { database in
            let arguments: StatementArguments = [days.lowerBound.rawValue, days.upperBound.rawValue]
            let row = try Row.fetchOne(database, sql: sql, arguments: arguments)
            func count(_ column: Int) -> Int { Int(row?[column] as Double? ?? 0) }
            return (count(0), count(1), count(2))
        }
    }

    /// Lets the next lines of each batch that is being read start in doubt, as a restored database would.
    func doubtNextLines(_ count: Int) async throws {
        try await write {
            try $0.database.execute(sql: "UPDATE batches SET doubted_lines = ?", arguments: [count])
        }
    }
}
