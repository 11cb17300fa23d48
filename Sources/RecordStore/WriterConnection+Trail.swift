import GRDB

extension WriterConnection {
    /// Remembers the batches that the trail knows and a restored database doesn't, and gives their numbers to no other.
    ///
    /// - Returns: How many there are.
    func rememberUnknown(_ entries: [BatchJournal.Entry], lost: Int64) throws -> Int {
        let last = try lastBatch()
        let unknown = entries.filter { $0.batch > last }
        for entry in unknown {
            try database.execute(
                sql: "INSERT OR REPLACE INTO unknown_batches (id, source, lost_attempts) VALUES (?, ?, ?)",
                arguments: [entry.batch, entry.source.blob, lost])
        }
        if let greatest = unknown.map(\.batch).max() { try setLastBatch(greatest) }
        return Set(unknown.map(\.batch)).count
    }

    /// How many of a new batch's lines may have been sent by one that this restored database doesn't know; with its
    /// number.
    func unknownCalls(_ new: NewBatch) throws -> (batch: Int64, calls: Int64)? {
        let source = try BatchJournal.source(job: new.job, contentDigest: new.contentDigest)
        let sql = "SELECT max(id), max(lost_attempts) FROM unknown_batches WHERE source = ? HAVING count(*) > 0"
        return try Row.fetchOne(database, sql: sql, arguments: [source.blob]).map { ($0[0], $0[1]) }
    }

    /// The greatest number a batch ever had.
    func lastBatch() throws -> Int64 {
        try Int64.fetchOne(database, sql: "SELECT seq FROM sqlite_sequence WHERE name = 'batches'") ?? 0
    }

    /// Leaves room for batches of which nobody knows: none gets the number, and the results folder, of one of them.
    func skipUnknownBatches() throws {
        try setLastBatch(lastBatch() + Self.unknownBatches)
    }

    /// More batches than anybody makes between two copies.
    private static let unknownBatches: Int64 = 10_000

    private func setLastBatch(_ number: Int64) throws {
        try database.execute(sql: "UPDATE sqlite_sequence SET seq = ? WHERE name = 'batches'", arguments: [number])
        guard database.changesCount == 0 else { return }
        try database.execute(sql: "INSERT INTO sqlite_sequence (name, seq) VALUES ('batches', ?)", arguments: [number])
    }
}
