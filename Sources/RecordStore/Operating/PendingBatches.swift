import Basics
import GRDB
import Migrations

/// A batch that still needs work: it has not ended, or its results are not written.
package struct PendingBatch: Sendable, Equatable {
    /// The batch.
    package let id: BatchID
    /// The job's name.
    package let job: String
    /// Its state.
    package let state: BatchState
    /// Whether it has ended and its current results have not been written.
    package let lacksResults: Bool
    /// When it resumes by itself after a cap, in milliseconds since 1970 UTC; nil for all others.
    package let resumesAt: Int64?
}

extension RecordStore {
    /// All batches that still need work, oldest first. Cheap however many have ended.
    ///
    /// - Throws: ``StoreError`` when the database can't be read.
    package func pendingBatches() throws -> [PendingBatch] {
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

    /// Whether the current results of a batch that has ended are written.
    ///
    /// - Throws: ``StoreError`` when the database can't be read.
    package func hasResults(_ batch: BatchID) throws -> Bool {
        let sql = "SELECT finished_at IS NOT NULL AND results_for IS finished_at FROM batches WHERE id = ?"
        return try read { try Bool.fetchOne($0, sql: sql, arguments: [batch.rawValue]) ?? false }
    }

    /// Records that a batch's results are written as of its end at the given time; a batch that has been run again
    /// since still lacks them.
    ///
    /// - Parameters:
    ///   - batch: The batch.
    ///   - finishedAt: Its end, as it was read with what was written.
    /// - Throws: ``StoreError`` when it can't be written.
    package func markResultsWritten(_ batch: BatchID, finishedAt: Int64?) async throws {
        try await setColumn("results_for", of: batch, to: finishedAt)
    }

    /// Records that a batch's written results no longer match its records.
    ///
    /// - Throws: ``StoreError`` when it can't be written.
    package func markResultsStale(_ batch: BatchID) async throws {
        try await setColumn("results_for", of: batch, to: nil)
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

    /// When batches paused by a cap resume by themselves, in milliseconds since 1970 UTC.
    ///
    /// - Throws: ``StoreError`` when the database can't be read.
    package func resumptions() throws -> [BatchID: Int64] {
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
    /// The state that a word in the `batches` table stands for.
    init(column: String) throws {
        guard let state = BatchState(rawValue: column) else {
            throw StoreError(.damaged, "The database holds a batch state unknown here; restore it from a backup")
        }
        self = state
    }
}

extension RecordStore {
    /// Opens the database to take in files and record operators' decisions, even while another process runs batches.
    ///
    /// Takes no lock, migrates nothing and recovers nothing; the runner does that. Batches can be created and filled,
    /// moved to another state and queued again; claiming and finishing are refused.
    ///
    /// - Parameters:
    ///   - path: The database file.
    ///   - sealingKeyPath: The sealing key's file.
    ///   - keysFolder: The folder in which the ledger's trace lies, `keys_folder`.
    ///   - endpoint: The API's base URL; nil: whatever the database is bound to.
    /// - Returns: The store.
    /// - Throws: ``StoreError``: no database, wrong endpoint or sealing key, another schema version, or a database
    ///   that, according to mark and trace, was restored from an older copy and that a runner has to recover first.
    package static func openForOperating(
        path: String, sealingKeyPath: String, keysFolder: String, endpoint: String?
    ) throws -> RecordStore {
        let file = DatabaseFile(path: path)
        try file.requireExistence()
        return try file.translating(.writing) {
            let places = LedgerPlaces(database: path, keysFolder: keysFolder)
            try file.refuseLoss(places)
            let pool = try file.openForWriting()
            let identity = try identity(in: pool)
            let sealingKey = try SealingKey.load(path: sealingKeyPath)
            try identity.check(sealingKey: sealingKey, endpoint: endpoint)
            try refuseRestored(pool, file, identity, sealingKey, places)
            return RecordStore(
                pool: pool, sealingKey: sealingKey, fingerprints: try identity.fingerprints(with: sealingKey),
                role: .operating, writer: Writer(pool: pool, ledger: nil), lock: nil)
        }
    }

    /// Why no new database is created at a path: its mark or trace shows that there was one. Nil when it exists or
    /// never did.
    package static func loss(ofDatabase path: String, keysFolder: String) -> StoreError? {
        DatabaseFile(path: path).loss(LedgerPlaces(database: path, keysFolder: keysFolder))
    }

    /// The process that runs batches from a database, which holds its lock; nil when there is none.
    ///
    /// - Throws: ``StoreError`` when the lock's file cannot be inspected.
    package static func runnerProcess(ofDatabase path: String) throws -> Int32? {
        try StoreLock.holder(database: path)
    }

    /// The identity of a database of this version.
    static func identity(in pool: DatabasePool) throws -> StoreIdentity {
        let found = try pool.read { try Migrations.all.version(of: $0) }
        guard found > 0 else { throw StoreError.unfinished }
        guard found == Migrations.all.version else {
            throw StoreError.schemaVersion(found: found, known: Migrations.all.version)
        }
        guard let identity = try pool.read({ try StoreIdentity.fetch($0) }) else { throw StoreError.unfinished }
        return identity
    }

    /// Nothing is decided on a copy before a runner has determined what it lacks. Checked twice, because a running
    /// runner may write to what is being read.
    private static func refuseRestored(
        _ pool: DatabasePool, _ file: DatabaseFile, _ identity: StoreIdentity, _ sealingKey: SealingKey,
        _ places: LedgerPlaces
    ) throws {
        var verdict = LedgerReconciliation.whole
        for _ in 0..<2 {
            verdict = LedgerReconciliation(try places.evidence(in: pool, identity.storeID, sealingKey))
            if verdict == .whole { return }
        }
        if case .refused(let refusal) = verdict { throw StoreError.refused(refusal, file, places) }
        throw StoreError(
            .notAllowed,
            "\(file.name) was restored from an earlier copy; a run or the daemon has to put it right first")
    }
}
