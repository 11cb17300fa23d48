import Basics
import Foundation

extension RecordStore {
    /// Refuses a batch whose input rows were erased.
    ///
    /// - Throws: ``StoreError`` with ``StoreErrorCode/purged``, naming the day.
    package func refusePurgedRows(of batch: BatchID) async throws {
        try await read { try StoreError.refusePurged($0, batch, .payloads) }
    }
}

extension StoreError {
    /// Refuses what would need something of a batch that was erased.
    ///
    /// - Parameters:
    ///   - database: The database.
    ///   - batch: The batch.
    ///   - scope: What is needed of it.
    /// - Throws: ``StoreError`` with ``StoreErrorCode/purged``, naming the day.
    static func refusePurged(_ database: StoreConnection, _ batch: BatchID, _ scope: PurgeScope) throws {
        let sql = "SELECT name, payloads_purged_at, results_purged_at, ledger_purged_at FROM batches WHERE id = ?"
        guard let row = try StoredRow.fetchOne(database, sql: sql, arguments: [batch.rawValue]) else { return }
        let times = PurgeTimes(payloads: row[1], results: row[2], ledger: row[3])
        guard let time = times[scope] else { return }
        let gone = times.results == nil ? "its rows are gone" : "its rows and answers are gone"
        let kept = times.ledger == nil ? "its ledger is kept" : "so is its ledger"
        throw StoreError(
            .purged,
            "\(row[0] as String): purged on \(day(of: time)): \(gone), \(kept). To send lines again, drop failed.csv or "
                + "the input file again")
    }

    /// Refuses a batch whose month's key was destroyed while it had records in doubt, as in a copy restored from before.
    static func refuseDestroyed(_ database: StoreConnection, _ batch: BatchID) throws {
        let sql = """
            SELECT name, created_at FROM batches
            WHERE id = ? AND NOT EXISTS (SELECT 1 FROM batch_keys WHERE batch_id = batches.id)
            """
        guard let row = try StoredRow.fetchOne(database, sql: sql, arguments: [batch.rawValue]) else { return }
        let destroyed = try WallTime.fetchOne(
            database, sql: "SELECT destroyed_at FROM period_keys WHERE month = ? AND state = 'destroyed'",
            arguments: [CalendarMonth(at: row[1]).rawValue])
        guard let destroyed else { return }
        throw StoreError(
            .purged,
            "\(row[0] as String): purged on \(day(of: destroyed)) with all of its month, whose key was destroyed; its ledger "
                + "is kept")
    }

    private static func day(of time: WallTime) -> String {
        time.date.formatted(.iso8601.year().month().day())
    }
}
