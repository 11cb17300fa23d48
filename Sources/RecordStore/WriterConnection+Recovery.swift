import Basics
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
        let sql = "SELECT id FROM batches INDEXED BY batches_unfinished WHERE finished_at IS NULL ORDER BY id"
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
        let untried = try nextUntried(of: batch, after: row.cursor, calling: lost)
        try database.execute(sql: "DELETE FROM ready WHERE batch_id = ?", arguments: [batch.rawValue])
        var counts = BatchCounts()
        for record in retries + untried.records { counts.add(try doubt(record, key)) }
        try database.execute(
            sql: "UPDATE batches SET state = 'paused', reason = ?, cursor = ?, doubted_lines = ? WHERE id = ?",
            arguments: [
                Self.pauseReason, untried.records.last ?? row.cursor, row.isIngested ? 0 : lost - untried.calls,
                batch.rawValue,
            ])
        try add(counts, to: batch)
        return counts.inDoubt
    }

    /// Puts the next untried lines of a batch in doubt, whose file has just been read: so many of those that were in
    /// doubt turned out to repeat an earlier line, so that the calls were others'.
    func doubtNext(_ calls: Int, of batch: BatchID, key: DataKey?) throws {
        let row = try batchRow(batch)
        let untried = try nextUntried(of: batch, after: row.cursor, calling: Int64(calls))
        var counts = BatchCounts()
        for record in untried.records { counts.add(try doubt(record, key)) }
        try add(counts, to: batch)
    }

    /// The next untried lines in the order of claims, as far as so many calls reach. One that an earlier answer may have
    /// spared its call counts for none, and is among them all the same.
    private func nextUntried(
        of batch: BatchID, after cursor: Int64, calling calls: Int64
    ) throws -> (records: [Int64], calls: Int64) {
        let sql = """
            SELECT id, EXISTS (
              SELECT 1 FROM answers WHERE answers.fingerprint = records.fingerprint)
            FROM records WHERE id > ? AND id <= ? AND status = 0 AND follows IS NULL ORDER BY id
            """
        let rows = try Row.fetchCursor(database, sql: sql, arguments: [cursor, batch.records.upperBound])
        var (records, left) = ([Int64](), calls)
        while left > 0, let row = try rows.next() {
            records.append(row[0])
            if !(row[1] as Bool) { left -= 1 }
        }
        return (records, calls - left)
    }

    private func doubt(_ record: Int64, _ key: DataKey?) throws -> BatchCounts {
        try database.execute(sql: "UPDATE records SET status = 4, requeued = 0 WHERE id = ?", arguments: [record])
        var counts = try settleFollowers(of: record, as: .inDoubt) ?? BatchCounts()
        counts.move(from: .queued, to: .inDoubt)
        guard let key else { return counts }
        let detail = try key.seal(Array(Self.doubt.utf8), record: record, column: .detail)
        try saveResult(of: record, detail: detail, at: WallClock.now())
        return counts
    }

    /// Keeps what a recovery did among the actions.
    func record(_ recovery: RecoveryReport, _ provenance: Provenance) throws {
        let now = WallClock.now()
        if recovery.openAttempts > 0 {
            let detail =
                Counted.things(recovery.openAttempts, "call") + Counted.verb(recovery.openAttempts, " was", " were")
                + " under way, in doubt now"
            try insert(Action(at: now, batch: nil, name: "recover_crash", detail: detail, provenance: provenance))
        }
        if recovery.lostAttempts > 0 {
            let detail =
                "\(Counted.things(recovery.pausedBatches.count, "batch")) paused, "
                + "\(Counted.things(recovery.doubtedRecords, "record")) in doubt, \(Counted.things(recovery.unknownBatches, "batch")) unknown"
            try insert(Action(at: now, batch: nil, name: "recover_restored", detail: detail, provenance: provenance))
        }
    }
}
