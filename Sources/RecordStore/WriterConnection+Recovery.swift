import GRDB

extension WriterConnection {
    private static let pauseReason = """
        the database was restored from an earlier copy: calls may have been made that it does not know; \
        look at its records in doubt before you start it again
        """
    private static let doubt = "the database was restored from an earlier copy; this record may have been sent since"

    /// All batches that aren't finished.
    func unfinishedBatches() throws -> [BatchID] {
        try Self.unfinishedBatches(database)
    }

    /// All batches that aren't finished, as a reader sees them.
    static func unfinishedBatches(_ database: Database) throws -> [BatchID] {
        let sql = "SELECT id FROM batches WHERE state NOT IN ('completed', 'cancelled', 'rejected') ORDER BY id"
        return try Int64.fetchAll(database, sql: sql).map(BatchID.init(rawValue:))
    }

    /// Pauses a batch and puts in doubt the records that lost attempts may have sent: its retries, its next untried
    /// lines, and, when its file was still being read, so many of the lines to come.
    ///
    /// - Returns: How many records were put in doubt.
    func doubt(_ batch: BatchID, lost: Int64, key: DataKey?) throws -> Int {
        let row = try batchRow(batch)
        let retries = try Int64.fetchAll(
            database, sql: "SELECT record_id FROM ready WHERE batch_id = ?", arguments: [batch.rawValue])
        let untried = try Int64.fetchAll(
            database,
            sql: "SELECT id FROM records WHERE id > ? AND id <= ? AND status = 0 ORDER BY id LIMIT ?",
            arguments: [row.cursor, batch.records.upperBound, lost])
        try database.execute(sql: "DELETE FROM ready WHERE batch_id = ?", arguments: [batch.rawValue])
        for record in retries + untried { try doubt(record, key) }
        try database.execute(
            sql: "UPDATE batches SET state = 'paused', reason = ?, cursor = ?, doubted_lines = ? WHERE id = ?",
            arguments: [
                Self.pauseReason, untried.last ?? row.cursor, row.isIngested ? 0 : lost - Int64(untried.count),
                batch.rawValue,
            ])
        var counts = BatchCounts()
        counts.move(retries.count + untried.count, from: .queued, to: .inDoubt)
        try add(counts, to: batch)
        return retries.count + untried.count
    }

    private func doubt(_ record: Int64, _ key: DataKey?) throws {
        try database.execute(sql: "UPDATE records SET status = 4 WHERE id = ?", arguments: [record])
        guard let key else { return }
        let detail = try key.seal(Array(Self.doubt.utf8), record: record, column: .detail)
        try saveResult(of: record, detail: detail, at: WallClock.now())
    }

    /// Keeps what a recovery did among the actions.
    func record(_ recovery: RecoveryReport, _ provenance: Provenance) throws {
        let now = WallClock.now()
        if recovery.openAttempts > 0 {
            let detail = "\(recovery.openAttempts) calls were under way; their records are in doubt"
            try insert(Action(at: now, batch: nil, name: "recover_crash", detail: detail, provenance: provenance))
        }
        if recovery.lostAttempts > 0 {
            let detail = "\(recovery.pausedBatches.count) batches paused, \(recovery.doubtedRecords) records in doubt"
            try insert(Action(at: now, batch: nil, name: "recover_restored", detail: detail, provenance: provenance))
        }
    }
}
