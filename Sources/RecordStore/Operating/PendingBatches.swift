package import Basics

/// A batch that still needs work: it has not ended, or its results are not written.
package struct PendingBatch: Sendable, Equatable {
    package let id: BatchID
    /// The job's name.
    package let job: String
    package let state: BatchState
    /// Whether it has ended and its current results have not been written.
    package let lacksResults: Bool
    /// When it resumes by itself after a cap; nil for all others.
    package let resumesAt: WallTime?
}

extension RecordStore {
    /// All batches that still need work, oldest first. Cheap however many have ended.
    ///
    /// - Parameter ofAllNodes: Whether those of other nodes are among them.
    /// - Returns: The batches.
    /// - Throws: ``StoreError`` when the database can't be read.
    package func pendingBatches(ofAllNodes: Bool = false) async throws -> [PendingBatch] {
        let seen: (condition: String, arguments: SQLArguments) = ofAllNodes ? ("", []) : ownBatches
        let sql = """
            SELECT id, job, state, finished_at IS NOT NULL, resume_at FROM batches
            WHERE (finished_at IS NULL OR results_for IS DISTINCT FROM finished_at) \(seen.condition) ORDER BY id
            """
        return try await read { database in
            try StoredRow.fetchAll(database, sql: sql, arguments: seen.arguments).map { row in
                PendingBatch(
                    id: BatchID(rawValue: row[0]), job: row[1], state: try BatchState(column: row[2]),
                    lacksResults: row[3], resumesAt: row[4])
            }
        }
    }

    /// Whether the current results of a batch that has ended are written.
    ///
    /// - Throws: ``StoreError`` when the database can't be read.
    package func hasResults(_ batch: BatchID) async throws -> Bool {
        let sql =
            "SELECT finished_at IS NOT NULL AND results_for IS NOT DISTINCT FROM finished_at FROM batches WHERE id = ?"
        return try await read { try Bool.fetchOne($0, sql: sql, arguments: [batch.rawValue]) ?? false }
    }

    /// Records that a batch's results are written as of its end at the given time; a batch that has been run again
    /// since still lacks them.
    ///
    /// - Parameters:
    ///   - batch: The batch.
    ///   - finishedAt: Its end, as it was read with what was written.
    /// - Throws: ``StoreError`` when it can't be written.
    package func markResultsWritten(_ batch: BatchID, finishedAt: WallTime?) async throws {
        try await setColumn("results_for", of: batch, to: finishedAt)
    }

    /// Records that a batch's written results no longer match its records.
    ///
    /// - Throws: ``StoreError`` when it can't be written.
    package func markResultsStale(_ batch: BatchID) async throws {
        try await setColumn("results_for", of: batch, to: nil)
    }

    /// Folders, besides the job's own, in which operators wanted a batch's results; the first named first.
    ///
    /// - Throws: ``StoreError`` when the database can't be read.
    package func resultFolders(of batch: BatchID) async throws -> [String] {
        let sql = "SELECT folder FROM result_folders WHERE batch_id = ? ORDER BY named_at, folder"
        return try await read { try String.fetchAll($0, sql: sql, arguments: [batch.rawValue]) }
    }

    /// Records that an operator wants a batch's results in a folder, too; once.
    ///
    /// - Parameters:
    ///   - folder: The folder, absolute.
    ///   - batch: The batch.
    ///   - action: Who wants it, recorded in the same transaction unless the folder is known.
    /// - Throws: ``StoreError`` when it can't be written.
    package func addResultFolder(_ folder: String, of batch: BatchID, noting action: Action) async throws {
        try await write { connection in
            try connection.database.execute(
                sql: """
                    INSERT INTO result_folders (batch_id, folder, named_at) VALUES (?, ?, ?)
                    ON CONFLICT (batch_id, folder) DO NOTHING
                    """,
                arguments: [batch.rawValue, folder, action.at])
            if connection.database.changesCount == 1 { try connection.insert(action) }
        }
    }

    /// Updates why a batch waits for confirmation, if it still does.
    ///
    /// - Parameters:
    ///   - reason: Why, for people; no values of records.
    ///   - batch: The batch.
    /// - Throws: ``StoreError`` when it can't be written.
    package func renewReason(_ reason: String, ofWaiting batch: BatchID) async throws {
        try await write { connection in
            try connection.database.execute(
                sql: "UPDATE batches SET reason = ? WHERE id = ? AND state = 'awaiting_confirmation'",
                arguments: [reason, batch.rawValue])
        }
    }

    /// When batches paused by a cap resume by themselves.
    ///
    /// - Throws: ``StoreError`` when the database can't be read.
    package func resumptions() async throws -> [BatchID: WallTime] {
        let sql = """
            SELECT id, resume_at FROM batches INDEXED BY batches_unfinished
            WHERE finished_at IS NULL AND state = 'paused' AND resume_at IS NOT NULL
            """
        return try await read { database in
            let rows = try StoredRow.fetchAll(database, sql: sql)
            return Dictionary(uniqueKeysWithValues: rows.map { (BatchID(rawValue: $0[0]), $0[1] as WallTime) })
        }
    }

    private func setColumn(_ column: String, of batch: BatchID, to value: WallTime?) async throws {
        try await write { connection in
            try connection.database.execute(
                sql: "UPDATE batches SET \(column) = ? WHERE id = ?", arguments: [value, batch.rawValue])
        }
    }
}
