package import Basics
import GRDB

/// What all batches add up to, for metrics.
package struct BatchTotals: Sendable, Equatable {
    /// The records of all batches, by status.
    package var records: [RecordStatus: Int] = [:]
    /// When the oldest batch was made that has not ended and has records to send; nil: none waits.
    package var oldestQueued: WallTime?
    /// When a batch of each job was completed last.
    package var lastCompleted: [String: WallTime] = [:]

    /// No batch.
    package init() {}
}

extension RecordStore {
    /// What all batches add up to, added by SQLite: a batch costs a row of counters, and none is made a value here.
    ///
    /// - Throws: ``StoreError`` when the database can't be read.
    package func batchTotals() async throws -> BatchTotals {
        let sums = RecordStatus.allCases.map { "total(\($0.rawValue))" }.joined(separator: ", ")
        let waiting = """
            SELECT min(created_at) FROM batches INDEXED BY batches_unfinished WHERE finished_at IS NULL AND queued > 0
            """
        let completed = "SELECT job, max(finished_at) FROM batches WHERE state = 'completed' GROUP BY job"
        return try await read { database in
            var totals = BatchTotals()
            if let row = try Row.fetchOne(database, sql: "SELECT \(sums) FROM batches") {
                for (place, status) in RecordStatus.allCases.enumerated() { totals.records[status] = row[place] }
            }
            totals.oldestQueued = try WallTime.fetchOne(database, sql: waiting)
            for row in try Row.fetchAll(database, sql: completed) { totals.lastCompleted[row[0]] = row[1] }
            return totals
        }
    }
}
