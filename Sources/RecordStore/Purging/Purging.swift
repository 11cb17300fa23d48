import Basics
import Foundation
import GRDB

extension RecordStore {
    /// One step blocks other writers for some milliseconds.
    static let recordsPurgedAtATime = 250

    /// Erases what is personal of a batch: its rows, ids, answers and error details. The batch, its records' statuses
    /// and keyed hashes, times, correlation ids and its ledger stay.
    ///
    /// The batch's key is destroyed first, in the transaction that records the purge: from then on nothing of the batch
    /// can be read. Then the sealed values are overwritten in small steps. Interrupted there, the next call of
    /// ``finishPurges()`` continues.
    ///
    /// - Parameters:
    ///   - batch: The batch.
    ///   - now: Milliseconds since 1970 UTC.
    ///   - action: Who purged it, recorded in the same transaction.
    /// - Returns: Whether it was purged; false when it was before, or is needed.
    /// - Throws: ``StoreError`` when state can't be written.
    package func purge(_ batch: BatchID, at now: Int64, noting action: Action) async throws -> Bool {
        let hasBegun = try await write { connection in
            guard try connection.beginPurge(of: batch, at: now) else { return false }
            try connection.insert(action)
            return true
        }
        dropKey(of: batch)
        if hasBegun { while try await write({ try $0.purgeNext(of: batch) }) {} }
        return hasBegun
    }

    /// Continues purges that were interrupted.
    ///
    /// - Returns: How many batches it concerned.
    /// - Throws: ``StoreError`` when state can't be read or written.
    @discardableResult
    package func finishPurges() async throws -> Int {
        let sql = "SELECT id FROM batches INDEXED BY batches_being_purged WHERE purge_next IS NOT NULL ORDER BY id"
        let batches = try await read { try Int64.fetchAll($0, sql: sql) }.map(BatchID.init(rawValue:))
        for batch in batches { while try await write({ try $0.purgeNext(of: batch) }) {} }
        return batches.count
    }

    /// Copies the WAL into the database and empties it, so that nothing erased is left there.
    ///
    /// - Returns: False where another process reads or writes just now; its maintenance overwrites the WAL later.
    /// - Throws: ``StoreError`` when the database can't be written.
    package func emptyWAL() async throws -> Bool {
        let checkpoint = WALCheckpoint(database: pool.path)
        return try await BlockingWork.run {
            try StoreError.translating(.writing) { try checkpoint.run(truncating: true) }
        }
    }

    /// The batches whose results are still to be written, or whose input files to be put away. A file that was refused as
    /// a whole has no results.
    ///
    /// - Throws: ``StoreError`` when the database can't be read.
    package func batchesLackingResults() async throws -> Set<BatchID> {
        let sql = """
            SELECT id FROM batches INDEXED BY batches_to_tend
            WHERE (finished_at IS NULL OR results_for IS NOT finished_at) AND state <> 'rejected'
            UNION SELECT batch_id FROM claimed_files WHERE batch_id IS NOT NULL
            """
        return Set(try await read { try Int64.fetchAll($0, sql: sql) }.map(BatchID.init(rawValue:)))
    }
}

extension WriterConnection {
    /// Records that a batch is purged and destroys its key. Nothing is to be written of it from then on.
    ///
    /// - Returns: Whether it was possible: ``PurgeDecision`` may have been made from an earlier state.
    fileprivate func beginPurge(of batch: BatchID, at now: Int64) throws -> Bool {
        try database.execute(
            sql: """
                UPDATE batches SET purged_at = ?2, purge_next = ?3, results_for = finished_at
                WHERE id = ?1 AND purged_at IS NULL AND finished_at IS NOT NULL
                  AND queued = 0 AND in_flight = 0 AND in_doubt = 0
                  AND (state = 'rejected' OR results_for IS finished_at)
                  AND NOT EXISTS (SELECT 1 FROM claimed_files WHERE batch_id = ?1)
                """,
            arguments: [batch.rawValue, now, batch.records.lowerBound])
        guard database.changesCount == 1 else { return false }
        for table in ["batch_keys", "layouts", "waiting_reruns"] {
            try database.execute(sql: "DELETE FROM \(table) WHERE batch_id = ?", arguments: [batch.rawValue])
        }
        return true
    }

    /// Overwrites the sealed values of the next records of a purged batch, wherever the archive's border lies.
    ///
    /// - Returns: Whether there are more.
    fileprivate func purgeNext(of batch: BatchID) throws -> Bool {
        let sql = "SELECT purge_next FROM batches WHERE id = ?"
        guard let start = try Int64.fetchOne(database, sql: sql, arguments: [batch.rawValue]) else { return false }
        let last = batch.records.upperBound
        let ends = try ["", "archived_"].compactMap { set in
            try Int64.fetchOne(
                database, sql: "SELECT id FROM \(set)records WHERE id BETWEEN ? AND ? ORDER BY id LIMIT 1 OFFSET ?",
                arguments: [start, last, RecordStore.recordsPurgedAtATime])
        }
        let end = ends.min()
        for set in ["", "archived_"] { try purge(start...(end ?? last), in: set) }
        try database.execute(
            sql: "UPDATE batches SET purge_next = ? WHERE id = ?", arguments: [end, batch.rawValue])
        return end != nil
    }

    /// An answer that is gone serves no identical record any more.
    private func purge(_ range: ClosedRange<Int64>, in set: String) throws {
        let arguments: StatementArguments = [range.lowerBound, range.upperBound]
        let answered = try Row.fetchAll(
            database, sql: "SELECT fingerprint, id FROM \(set)records WHERE id BETWEEN ? AND ? AND status = 2",
            arguments: arguments)
        let forget = try database.cachedStatement(sql: "DELETE FROM answers WHERE fingerprint = ? AND record_id = ?")
        for row in answered { try forget.execute(arguments: [row[0] as Data, row[1] as Int64]) }
        try database.execute(
            sql: "UPDATE \(set)records SET payload = x'' WHERE id BETWEEN ? AND ?", arguments: arguments)
        try database.execute(
            sql: "UPDATE \(set)results SET detail = NULL, answer = NULL WHERE record_id BETWEEN ? AND ?",
            arguments: arguments)
    }
}

extension StoreError {
    /// Refuses what would need a purged batch's rows or answers.
    static func refusePurged(_ database: Database, _ batch: BatchID) throws {
        let sql = "SELECT name, purged_at FROM batches WHERE id = ? AND purged_at IS NOT NULL"
        guard let row = try Row.fetchOne(database, sql: sql, arguments: [batch.rawValue]) else { return }
        let (name, instant): (String, Int64) = (row[0], row[1])
        let day = Date(timeIntervalSince1970: Double(instant) / 1_000).formatted(.iso8601.year().month().day())
        throw StoreError(
            .purged,
            "\(name): purged on \(day); its rows and answers are gone, its ledger is kept. To send lines again, drop "
                + "failed.csv or the input file again")
    }
}
