import GRDB

extension Batch {
    private static let plainColumns = """
        id, name, job, file_name, content_digest, format, state, reason, ingested, checkpoint_offset, checkpoint_line,
        user, host, version, settings_hash, endpoint, key_id, certificate_fingerprint,
        created_at, ingested_at, started_at, finished_at, reuses
        """
    private static let firstCounter = 23

    /// The batches that took a content in under a job, newest first: what follows `FROM batches`.
    static let ofContent = """
        WHERE content_digest = ? AND job = ? AND state <> 'rejected' AND (total > 0 OR finished_at IS NULL)
        ORDER BY id DESC
        """

    /// Reads batches; the clause is what follows `FROM batches`.
    static func fetchAll(
        _ database: Database, _ clause: String, _ arguments: StatementArguments
    ) throws -> [Batch] {
        let columns = plainColumns + ", " + BatchCounts.columns.joined(separator: ", ")
        let rows = try Row.fetchAll(database, sql: "SELECT \(columns) FROM batches \(clause)", arguments: arguments)
        return try rows.map(Batch.init)
    }

    private init(_ row: Row) throws {
        guard let state = BatchState(rawValue: row[6]) else {
            throw StoreError(.damaged, "The database holds a batch state unknown here; restore it from a backup")
        }
        self.init(
            id: BatchID(rawValue: row[0]), name: row[1], job: row[2], fileName: row[3], contentDigest: row.bytes(4),
            format: row[5], state: state, reason: row[7], isIngested: row[8],
            checkpoint: Checkpoint(byteOffset: row[9], line: row[10]), provenance: Provenance(row, from: 11),
            createdAt: row[18], ingestedAt: row[19], startedAt: row[20], finishedAt: row[21],
            reuses: row[22],
            counts: BatchCounts(row, from: Self.firstCounter))
    }
}

extension BatchCounts {
    /// Reads the counters in the order of ``columns``.
    fileprivate init(_ row: Row, from first: Int) {
        self.init()
        let values: [Int] = Self.columns.indices.map { row[first + $0] }
        for (counter, value) in zip(Self.counters, values) { self[keyPath: counter] = value }
    }
}
