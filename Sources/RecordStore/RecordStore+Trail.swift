import GRDB
import Synchronization

extension RecordStore {
    /// Writes a batch into the trail before its first claim, once in its life.
    func announce(_ batch: BatchID) async throws {
        guard let trail, !announced.withLock({ $0.contains(batch) }) else { return }
        try await write { connection in
            let entries = try connection.trailEntries("WHERE id = ?", [batch.rawValue])
            try trail.append(entries)
        }
        announced.withLock { _ = $0.insert(batch) }
    }

    /// Takes over what the trail says, and writes into an empty one the batches that had calls: those of the time before
    /// there was a trail, or before its file was lost.
    func follow(_ trail: BatchTrail) throws {
        var entries = try trail.entries()
        if entries.isEmpty {
            entries = try writeWaiting { try $0.trailEntries("WHERE started_at IS NOT NULL ORDER BY id", []) }
            if !entries.isEmpty { try trail.append(entries) }
        }
        let known = Set(entries.map { BatchID(rawValue: $0.batch) })
        announced.withLock { $0 = known }
    }
}

extension WriterConnection {
    fileprivate func trailEntries(_ clause: String, _ arguments: StatementArguments) throws -> [BatchTrail.Entry] {
        let sql = "SELECT id, job, content_digest FROM batches " + clause
        return try Row.fetchAll(database, sql: sql, arguments: arguments).map { row in
            let source = try BatchTrail.source(job: row[1], contentDigest: row.bytes(2))
            return BatchTrail.Entry(batch: row[0], source: source)
        }
    }
}
