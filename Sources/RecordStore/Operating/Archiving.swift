package import Basics

extension RecordStore {
    /// One step blocks other writers for some milliseconds.
    private static let recordsAtATime = 250

    /// Moves records of batches that finished long ago out of the tables that every claim works in.
    ///
    /// Reading a batch gives the same result before and after, and its answers still serve identical records. Batches
    /// with records in doubt stay. It can be interrupted anywhere; the next call continues.
    ///
    /// - Parameters:
    ///   - instant: Only batches finished before this, and not queued again since.
    ///   - records: The most records to move this time.
    /// - Returns: How many were moved; fewer than `records` when no more are old enough.
    /// - Throws: ``StoreError`` when state can't be written.
    package func archive(finishedBefore instant: WallTime, upTo records: Int = 10_000) async throws -> Int {
        try requireRunning()
        var (moved, work) = (0, 0)
        while work < records {
            let count = min(Self.recordsAtATime, records - moved)
            guard let step = try await write({ try $0.archive(finishedBefore: instant, upTo: count) }) else { break }
            moved += step
            // A batch without records counts as work, too.
            work += max(1, step)
        }
        return moved
    }

    /// Moves a batch back from the archive, if it is there, so that it can be queued again.
    func bringBack(_ batch: BatchID) async throws {
        guard try await read({ try ArchiveBorder($0, batch) }).isSet else { return }
        while try await write({ try $0.bringBack(batch, upTo: Self.recordsAtATime) }) {}
    }
}

extension WriterConnection {
    /// Moves the next records of the batch that was finished first.
    ///
    /// - Returns: How many; nil when no batch is old enough.
    func archive(finishedBefore instant: WallTime, upTo count: Int) throws -> Int? {
        guard let batch = try nextToArchive(finishedBefore: instant) else { return nil }
        let (start, last) = (
            try ArchiveBorder(database, batch).last.map { $0 + 1 } ?? batch.records.lowerBound, batch.records.upperBound
        )
        let end = try Int64.fetchOne(
            database, sql: "SELECT id FROM records WHERE id BETWEEN ? AND ? ORDER BY id LIMIT 1 OFFSET ?",
            arguments: [start, last, count - 1])
        let moved = try move(start...(end ?? last), from: "", to: "archived_")
        try database.execute(
            sql: "UPDATE batches SET archived_to = ? WHERE id = ?", arguments: [end ?? last, batch.rawValue])
        return moved
    }

    /// Moves the last archived records of a batch back.
    ///
    /// - Returns: Whether there are more.
    func bringBack(_ batch: BatchID, upTo count: Int) throws -> Bool {
        guard let last = try ArchiveBorder(database, batch).last else { return false }
        let first = batch.records.lowerBound
        let start = try Int64.fetchOne(
            database, sql: "SELECT id FROM archived_records WHERE id BETWEEN ? AND ? ORDER BY id DESC LIMIT 1 OFFSET ?",
            arguments: [first, last, count - 1])
        _ = try move((start ?? first)...last, from: "archived_", to: "")
        try database.execute(
            sql: "UPDATE batches SET archived_to = ?, brought_back_at = ? WHERE id = ?",
            arguments: [start.map { $0 - 1 }.flatMap { $0 < first ? nil : $0 }, WallTime.now(), batch.rawValue])
        return start.map { $0 > first } ?? false
    }

    private func nextToArchive(finishedBefore instant: WallTime) throws -> BatchID? {
        let sql = """
            SELECT id FROM batches INDEXED BY batches_to_archive
            WHERE finished_at IS NOT NULL AND (archived_to IS NULL OR archived_to < (id << 32 | 4294967295))
              AND finished_at < ?1 AND (brought_back_at IS NULL OR brought_back_at < ?1) AND in_doubt = 0 AND in_flight = 0 AND queued = 0
            ORDER BY finished_at LIMIT 1
            """
        return try Int64.fetchOne(database, sql: sql, arguments: [instant]).map(BatchID.init(rawValue:))
    }

    /// The columns of the ledger that a finished attempt keeps; all of them in SQLite.
    private static let attemptColumns = """
        record_id, id, number, day, started_at, finished_at, outcome, cause, billable, called, http_status, reason_code,
        correlation_id
        """

    /// Moves all rows of some records; a test checks that the tables have the same columns.
    private func move(_ range: ClosedRange<Int64>, from source: String, to target: String) throws -> Int {
        var moved: [Int] = []
        let tables = [("records", "id"), ("attempts", "record_id"), ("results", "record_id")]
        for (table, key) in tables {
            let columns = table == "attempts" ? Self.attemptColumns : "*"
            let place = target + table + (columns == "*" ? "" : " (\(columns))")
            try database.execute(
                sql: "INSERT INTO \(place) SELECT \(columns) FROM \(source)\(table) WHERE \(key) BETWEEN ? AND ?",
                arguments: [range.lowerBound, range.upperBound])
            moved.append(database.changesCount)
        }
        for (table, key) in tables.reversed() {
            try database.execute(
                sql: "DELETE FROM \(source)\(table) WHERE \(key) BETWEEN ? AND ?",
                arguments: [range.lowerBound, range.upperBound])
        }
        return moved[0]
    }
}
