import GRDB

extension RecordStore {
    /// Records that a job's re-run of a batch waits until an operator agrees to it, so that this is told once.
    ///
    /// - Parameters:
    ///   - batch: The batch.
    ///   - action: What is noted with it, in the same transaction.
    /// - Returns: Whether it is new: false where one waits already, and no operator has re-run the batch since.
    /// - Throws: ``StoreError`` when it can't be written.
    package func noteWaitingRerun(of batch: BatchID, noting action: Action) async throws -> Bool {
        try await write { connection in
            try connection.database.execute(
                sql: "INSERT OR IGNORE INTO waiting_reruns (batch_id, since) VALUES (?, ?)",
                arguments: [batch.rawValue, action.at])
            guard connection.database.changesCount == 1 else { return false }
            try connection.insert(action)
            return true
        }
    }
}

extension WriterConnection {
    /// Records that an operator has re-run a batch: what waits from now on is told again.
    func endWaitingRerun(of batch: BatchID) throws {
        try database.execute(sql: "DELETE FROM waiting_reruns WHERE batch_id = ?", arguments: [batch.rawValue])
    }
}
