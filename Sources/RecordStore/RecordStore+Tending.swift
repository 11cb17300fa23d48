import GRDB

extension RecordStore {
    /// All batches that somebody still has to do something about, oldest first. Cheap however many are over.
    ///
    /// - Throws: ``StoreError`` when the database can't be read.
    public func pendingBatches() throws -> [PendingBatch] {
        let sql = """
            SELECT id, job, state, finished_at IS NOT NULL, resume_at FROM batches
            WHERE finished_at IS NULL OR results_for IS NOT finished_at ORDER BY id
            """
        return try read { database in
            try Row.fetchAll(database, sql: sql).map { row in
                PendingBatch(
                    id: BatchID(rawValue: row[0]), job: row[1], state: try BatchState(column: row[2]),
                    lacksResults: row[3], resumesAt: row[4])
            }
        }
    }

    /// Whether a batch that is over has its results, as they are now, written.
    ///
    /// - Throws: ``StoreError`` when the database can't be read.
    public func hasResults(_ batch: BatchID) throws -> Bool {
        let sql = "SELECT finished_at IS NOT NULL AND results_for IS finished_at FROM batches WHERE id = ?"
        return try read { try Bool.fetchOne($0, sql: sql, arguments: [batch.rawValue]) ?? false }
    }

    /// Says that a batch's results are written as they were when it ended at a moment; one that has been run again since
    /// lacks them still.
    ///
    /// - Parameters:
    ///   - batch: The batch.
    ///   - finishedAt: Its end, as it was read with what was written.
    /// - Throws: ``StoreError`` when it can't be written.
    public func markResultsWritten(_ batch: BatchID, finishedAt: Int64?) async throws {
        try await setColumn("results_for", of: batch, to: finishedAt)
    }

    /// Says that a batch's results are no longer what its records hold.
    ///
    /// - Throws: ``StoreError`` when it can't be written.
    public func markResultsStale(_ batch: BatchID) async throws {
        try await setColumn("results_for", of: batch, to: nil)
    }

    /// Says anew why a batch waits for confirmation, if it still does.
    ///
    /// - Parameters:
    ///   - reason: Why, for people; no values of records.
    ///   - batch: The batch.
    /// - Throws: ``StoreError`` when it can't be written.
    public func renewReason(_ reason: String, ofWaiting batch: BatchID) async throws {
        try await write { connection in
            try connection.database.execute(
                sql: "UPDATE batches SET reason = ? WHERE id = ? AND state = 'awaiting_confirmation'",
                arguments: [reason, batch.rawValue])
        }
    }

    /// When batches that a cap has paused go on by themselves, in milliseconds since 1970 UTC.
    ///
    /// - Throws: ``StoreError`` when the database can't be read.
    public func resumptions() throws -> [BatchID: Int64] {
        let sql = """
            SELECT id, resume_at FROM batches INDEXED BY batches_unfinished
            WHERE finished_at IS NULL AND state = 'paused' AND resume_at IS NOT NULL
            """
        return try read { database in
            let rows = try Row.fetchAll(database, sql: sql)
            return Dictionary(uniqueKeysWithValues: rows.map { (BatchID(rawValue: $0[0]), $0[1] as Int64) })
        }
    }

    private func setColumn(_ column: String, of batch: BatchID, to value: Int64?) async throws {
        try await write { connection in
            try connection.database.execute(
                sql: "UPDATE batches SET \(column) = ? WHERE id = ?", arguments: [value, batch.rawValue])
        }
    }
}

extension BatchState {
    /// The state a word of the `batches` table stands for.
    init(column: String) throws {
        guard let state = BatchState(rawValue: column) else {
            throw StoreError(.damaged, "The database holds a batch state unknown here; restore it from a backup")
        }
        self = state
    }
}
