import GRDB

/// Batches wait, because nobody knows which calls were made before the database was restored.
public struct RestoreHold: Sendable, Equatable {
    /// When that was found, in milliseconds since 1970 UTC.
    public let since: Int64
    /// Why nobody knows; the middle of a sentence.
    public let reason: String
    /// The last batch there was: those made afterwards wait.
    public let lastBatch: BatchID

    package init(since: Int64, reason: String, lastBatch: BatchID) {
        (self.since, self.reason, self.lastBatch) = (since, reason, lastBatch)
    }

    /// Whether a batch waits for a person's word on this, before its first call.
    public func covers(_ batch: BatchID) -> Bool { batch > lastBatch }
}

extension RecordStore {
    /// What batches wait for since a restore of which nobody knows what had been sent; nil: nothing.
    ///
    /// - Throws: ``StoreError`` when the database can't be read.
    public func restoreHold() throws -> RestoreHold? {
        try read(RestoreHold.fetch)
    }

    /// Lets batches run that wait since a restore, by a person's word; each still waits for its own confirmation.
    ///
    /// - Parameter action: Who says so, kept in the same transaction.
    /// - Returns: What they waited for; nil where they waited for nothing, and nothing is written.
    /// - Throws: ``StoreError`` when it can't be written.
    public func releaseRestoreHold(noting action: Action) async throws -> RestoreHold? {
        try await write { connection in
            guard let hold = try RestoreHold.fetch(connection.database) else { return nil }
            try connection.database.execute(
                sql: "UPDATE restores SET released_at = ? WHERE lost_calls IS NULL AND released_at IS NULL",
                arguments: [action.at])
            try connection.insert(action)
            return hold
        }
    }

    /// When the database was last found to be restored without some calls that were made since its copy, in milliseconds
    /// since 1970 UTC; nil: never. What had ended by then may have been sent again since.
    ///
    /// - Throws: ``StoreError`` when the database can't be read.
    public func lastRestore() throws -> Int64? {
        try read { try Int64.fetchOne($0, sql: "SELECT max(found_at) FROM restores") }
    }

    /// Restores after which nobody knew which calls were missing: when each was found, in milliseconds since 1970 UTC, and
    /// why nobody knew; oldest first.
    ///
    /// - Throws: ``StoreError`` when the database can't be read.
    public func unknownRestores() throws -> [(at: Int64, reason: String)] {
        let sql = "SELECT found_at, reason FROM restores WHERE reason IS NOT NULL ORDER BY id"
        return try read { try Row.fetchAll($0, sql: sql).map { ($0[0], $0[1]) } }
    }
}

extension RestoreHold {
    fileprivate static func fetch(_ database: Database) throws -> RestoreHold? {
        let sql = """
            SELECT found_at, reason, last_batch FROM restores WHERE lost_calls IS NULL AND released_at IS NULL
            ORDER BY id DESC LIMIT 1
            """
        return try Row.fetchOne(database, sql: sql).map { row in
            RestoreHold(since: row[0], reason: row[1], lastBatch: BatchID(rawValue: row[2]))
        }
    }
}

extension WriterConnection {
    /// Keeps what was found of a restored database, and counts the calls it lacks.
    func keep(_ verdict: LedgerReconciliation, _ recovery: inout RecoveryReport, on today: CallDay) throws {
        var (lost, cause) = (Int64?.none, LedgerReconciliation.Cause?.none)
        switch verdict {
        case .whole, .refused: return
        case .restored(let calls):
            (lost, recovery.lostAttempts) = (calls, calls)
            try countLost(calls, on: today)
        case .unknown(let found, let atLeast):
            (cause, recovery.unknownBecause) = (found, found.text)
            try skipUnknownBatches()
            try countLost(max(atLeast, Int64(recovery.doubtedRecords)), on: today)
        }
        try database.execute(
            sql: "INSERT INTO restores (found_at, lost_calls, reason, last_batch) VALUES (?, ?, ?, ?)",
            arguments: [WallClock.now(), lost, cause?.text, try lastBatch()])
    }

    /// Refuses to let a batch run that waits since a restore.
    func refuseHeld(_ batch: BatchID) throws {
        guard let hold = try RestoreHold.fetch(database), hold.covers(batch) else { return }
        throw StoreError.heldByRestore
    }

    /// Refuses to queue records again while nobody knows what was sent.
    func refuseRequeueing() throws {
        guard try RestoreHold.fetch(database) != nil else { return }
        throw StoreError.heldByRestore
    }
}
