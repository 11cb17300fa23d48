package import Basics

/// What all batches add up to, for metrics.
package struct BatchTotals: Sendable, Equatable {
    /// The records of all batches, by status.
    package var records: [RecordStatus: Int] = [:]
    /// Since when the records wait that wait longest, of those batches that have not ended: since the batch was made, or, of
    /// one in which nothing waited any more, since its records were last sent again. Nil: none waits.
    package var oldestQueued: WallTime?
    /// When a batch of each job was completed last.
    package var lastCompleted: [String: WallTime] = [:]

    /// No batch.
    package init() {}
}

extension RecordStore {
    /// What all batches add up to, added by the database: a batch costs a row of counters, and none is made a value here.
    ///
    /// - Throws: ``StoreError`` when the database can't be read.
    package func batchTotals() async throws -> BatchTotals {
        let sums = RecordStatus.allCases.map { "coalesce(sum(\($0.rawValue)), 0)" }.joined(separator: ", ")
        // A re-run of a batch in which nothing waits moves the cursor to the end of what a batch can hold.
        let waiting = """
            SELECT min(CASE WHEN cursor < (id << 32 | 4294967295) THEN created_at ELSE coalesce(
                (SELECT max(at) FROM audit WHERE batch_id = batches.id AND action IN ('rerun', 'rerun_by_job')),
                created_at) END)
            FROM batches INDEXED BY batches_unfinished WHERE finished_at IS NULL AND queued > 0
            """
        let completed = "SELECT job, max(finished_at) FROM batches WHERE state = 'completed' GROUP BY job"
        return try await read { database in
            var totals = BatchTotals()
            if let row = try StoredRow.fetchOne(database, sql: "SELECT \(sums) FROM batches") {
                for (place, status) in RecordStatus.allCases.enumerated() { totals.records[status] = row[place] }
            }
            totals.oldestQueued = try WallTime.fetchOne(database, sql: waiting)
            for row in try StoredRow.fetchAll(database, sql: completed) { totals.lastCompleted[row[0]] = row[1] }
            return totals
        }
    }
}
