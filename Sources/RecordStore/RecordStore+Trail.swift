import GRDB
import Synchronization

extension RecordStore {
    /// Names a batch outside the database before its first claim, once in its life.
    func announce(_ batch: BatchID) async throws {
        guard let files, !announced.withLock({ $0.contains(batch) }) else { return }
        try await write(patience: .none) { connection in
            let entries = try connection.trailEntries("WHERE id = ?", [batch.rawValue])
            try files.append(entries)
        }
        announced.withLock { _ = $0.insert(batch) }
    }

    /// Has mark and trace say how far the ledger is now and which batches had calls, those of the time before there
    /// were such files among them. A trace that was made just now is missed from then on when it is gone.
    ///
    /// - Parameters:
    ///   - files: Mark, trail and trace.
    ///   - evidence: What was found when the database was opened.
    /// - Throws: ``StoreError`` when something can't be written.
    func follow(_ files: LedgerFiles, from evidence: LedgerEvidence) throws {
        var entries = try files.trail.entries()
        if entries.isEmpty {
            entries = try writeWaiting { try $0.trailEntries("WHERE started_at IS NOT NULL ORDER BY id", []) }
            if !entries.isEmpty { try files.append(entries) }
        }
        let known = Set(entries.map { BatchID(rawValue: $0.batch) })
        announced.withLock { $0 = known }
        let last = try read(Self.lastAttempt)
        try files.mark.advance(to: last)
        try files.trace.settle(at: last)
        guard evidence.ledger?.isTraced != true else { return }
        try writeWaiting { try $0.database.execute(sql: "UPDATE store SET traced = 1") }
        // A database that lost its WAL still knows whose it is, and that it has a trace.
        _ = try WALCheckpoint(database: pool.path).run()
    }
}

extension WriterConnection {
    fileprivate func trailEntries(_ clause: String, _ arguments: StatementArguments) throws -> [BatchJournal.Entry] {
        let sql = "SELECT id, job, content_digest FROM batches " + clause
        return try Row.fetchAll(database, sql: sql, arguments: arguments).map { row in
            let source = try BatchJournal.source(job: row[1], contentDigest: row.bytes(2))
            return BatchJournal.Entry(batch: row[0], source: source)
        }
    }
}
