package import Basics

extension RecordStore {
    /// The batches of one content under one job, newest first. A file that was rejected as a whole counts as never
    /// taken in, so that it can come again, and so does one without records: a file with only a header is the same
    /// every night.
    ///
    /// - Parameters:
    ///   - job: The job's name.
    ///   - contentDigest: SHA-256 of the whole file.
    /// - Returns: The batches; empty when the file is new under the job.
    /// - Throws: ``StoreError`` when the database can't be read.
    package func findBatch(job: String, contentDigest: [UInt8]) async throws -> [Batch] {
        try await read { database in
            try Batch.fetchAll(database, Batch.ofContent, [contentDigest, job])
        }
    }

    /// The batch with a name or number; nil when there is none.
    ///
    /// - Throws: ``StoreError`` when the database can't be read.
    package func batch(named name: String) async throws -> Batch? {
        try await BlockingWork.run { try blockingReads.batch(named: name) }
    }

    /// The batch with a number.
    ///
    /// - Throws: ``StoreError`` with ``StoreErrorCode/notFound`` when there is none.
    package func batch(_ id: BatchID) async throws -> Batch {
        guard let batch = try await read({ try Batch.fetchAll($0, "WHERE id = ?", [id.rawValue]).first }) else {
            throw StoreError.noBatch(id)
        }
        return batch
    }

    /// All batches, oldest first.
    ///
    /// - Throws: ``StoreError`` when the database can't be read.
    package func batches() async throws -> [Batch] {
        try await read { try Batch.fetchAll($0, "ORDER BY id", []) }
    }

    /// The unfinished batches, oldest first; cheap however many have finished.
    ///
    /// - Throws: ``StoreError`` when the database can't be read.
    package func unfinishedBatches() async throws -> [Batch] {
        try await read {
            try Batch.fetchAll($0, "INDEXED BY batches_unfinished WHERE finished_at IS NULL ORDER BY id", [])
        }
    }

    /// A batch's counters.
    ///
    /// - Throws: ``StoreError`` with ``StoreErrorCode/notFound`` when there is no such batch.
    package func progress(_ batch: BatchID) async throws -> BatchCounts {
        try await self.batch(batch).counts
    }

    /// What is needed to rebuild requests from a batch's raw rows, as it was given to ``createBatch(_:claimedFile:)``.
    ///
    /// - Throws: ``StoreError`` with ``StoreErrorCode/notFound`` when there is no such batch or it was erased.
    package func layout(of batch: BatchID) async throws -> [UInt8] {
        try await BlockingWork.run { try blockingReads.layout(of: batch) }
    }
}

extension BlockingReads {
    /// The batch with a name or number; nil when there is none.
    ///
    /// - Throws: ``StoreError`` when the database can't be read.
    package func batch(named name: String) throws -> Batch? {
        try store.readWaiting {
            try Batch.fetchAll($0, "WHERE name = ?1 OR id = ?2 ORDER BY name <> ?1", [name, Int64(name)]).first
        }
    }

    /// What is needed to rebuild requests from a batch's raw rows.
    ///
    /// - Throws: ``StoreError`` with ``StoreErrorCode/notFound`` when there is no such batch or it was erased.
    package func layout(of batch: BatchID) throws -> [UInt8] {
        let key = try store.dataKeyWaiting(of: batch)
        let sealed = try store.readWaiting { database in
            try StoredRow.fetchOne(
                database, sql: "SELECT layout FROM layouts WHERE batch_id = ?", arguments: [batch.rawValue])?.bytes(0)
        }
        guard let sealed else { throw StoreError.noBatch(batch) }
        return try key.open(sealed, record: 0, column: .layout)
    }
}

extension Batch {
    private static let plainColumns = """
        id, name, job, file_name, content_digest, format, state, reason, ingested, checkpoint_offset, checkpoint_line,
        "user", host, version, settings_hash, endpoint, key_id, certificate_fingerprint,
        created_at, ingested_at, started_at, finished_at, reuses, card_like_ids, payloads_purged_at, results_purged_at,
        ledger_purged_at, doubted_lines
        """
    /// The number of plain columns: the counters follow them.
    private static let firstCounter = 28

    /// The batches that took in a content under a job, newest first: what follows `FROM batches`.
    static let ofContent = """
        WHERE content_digest = ? AND job = ? AND state <> 'rejected' AND (total > 0 OR finished_at IS NULL)
        ORDER BY id DESC
        """

    /// Reads batches; the clause is what follows `FROM batches`.
    static func fetchAll(
        _ database: StoreConnection, _ clause: String, _ arguments: SQLArguments
    ) throws -> [Batch] {
        let columns = plainColumns + ", " + BatchCounts.columns.joined(separator: ", ")
        let rows = try StoredRow.fetchAll(
            database, sql: "SELECT \(columns) FROM batches \(clause)", arguments: arguments)
        return try rows.map(Batch.init)
    }

    private init(_ row: StoredRow) throws {
        self.init(
            id: BatchID(rawValue: row[0]), name: row[1], job: row[2], fileName: row[3], contentDigest: row.bytes(4),
            format: try InputKind(column: row[5]), state: try BatchState(column: row[6]), reason: row[7],
            isIngested: row[8],
            checkpoint: Checkpoint(byteOffset: row[9], line: row[10]), provenance: Provenance(row, from: 11),
            createdAt: row[18], ingestedAt: row[19], startedAt: row[20], finishedAt: row[21],
            purged: PurgeTimes(payloads: row[24], results: row[25], ledger: row[26]), reuses: row[22],
            cardLikeIDs: row[23], doubtedLines: row[27],
            counts: BatchCounts(row, from: Self.firstCounter))
    }
}

extension BatchCounts {
    /// Reads the counters in the order of ``columns``.
    fileprivate init(_ row: StoredRow, from first: Int) {
        self.init()
        let values: [Int] = Self.columns.indices.map { row[first + $0] }
        for (counter, value) in zip(Self.counters, values) { self[keyPath: counter] = value }
    }
}

extension WriterConnection {
    /// Creates a batch and its keys; its number is never reused. With a reason it is rejected, and takes in nothing.
    func insert(
        _ new: NewBatch, under period: PeriodKey, rejectedBecause reason: String? = nil
    ) throws -> BatchID {
        try requireLive(period.name)
        if reason == nil, !new.again { try refuseKnown(new) }
        let batch = BatchID(rawValue: try database.nextBatchNumber(at: new.createdAt ?? WallTime.now()))
        try insertRow(new, batch, rejectedBecause: reason)
        let key = try WrappedDataKey.make(for: batch, under: period)
        try key.insert(database)
        let layout = try key.unwrap(with: period).seal(new.layout, record: 0, column: .layout)
        try database.execute(
            sql: "INSERT INTO layouts (batch_id, layout) VALUES (?, ?)", arguments: [batch.rawValue, layout])
        if let unknown = try unknownCalls(new), reason == nil { try doubt(batch, new, unknown) }
        return batch
    }

    /// Two commands may have looked for the file before either created its batch.
    private func refuseKnown(_ new: NewBatch) throws {
        let known = try StoredRow.fetchOne(
            database, sql: "SELECT name, state FROM batches \(Batch.ofContent) LIMIT 1",
            arguments: [new.contentDigest, new.job])
        if let known { throw StoreError.takenIn(as: known[0], known[1]) }
    }

    /// What the database cannot vouch for: as many lines as calls are unknown start in doubt.
    private func doubt(_ batch: BatchID, _ new: NewBatch, _ unknown: (batch: Int64, calls: Int64)) throws {
        try database.execute(
            sql: "UPDATE batches SET doubted_lines = ? WHERE id = ?", arguments: [unknown.calls, batch.rawValue])
        let detail = """
            its file was taken in before, as batch \(unknown.batch), and may have been sent in part, which this database does \
            not know: its first lines, up to \(Counted.number(Int(unknown.calls))), begin in doubt
            """
        try insert(
            Action(
                at: WallTime.now(), batch: batch, name: .doubtUnknown, detail: detail, provenance: new.provenance))
    }

    private func insertRow(_ new: NewBatch, _ batch: BatchID, rejectedBecause reason: String?) throws {
        let (provenance, now) = (new.provenance, new.createdAt ?? WallTime.now())
        do {
            try database.execute(
                sql: """
                    INSERT INTO batches (id, name, job, file_name, content_digest, format, "user", host, version,
                      settings_hash, endpoint, key_id, certificate_fingerprint, created_at, cursor, state, reason,
                      finished_at, reuses, keeps_answers)
                    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, \(Self.answersAreWanted))
                    """,
                arguments: [
                    batch.rawValue, new.name(for: batch.rawValue), new.job, new.fileName, new.contentDigest,
                    new.format.rawValue, provenance.user, provenance.host, provenance.version, provenance.settingsHash,
                    provenance.endpoint, provenance.keyID, provenance.certificateFingerprint, now,
                    batch.records.lowerBound - 1,
                    (reason == nil ? BatchState.ingesting : .rejected).rawValue, reason, reason == nil ? nil : now,
                    new.reuses,
                ])
        } catch  where StoreError.breaksUniqueness(error) {
            throw StoreError(.notAllowed, "This file is already being read in under this job; let that batch continue")
        }
    }
}

/// What all batches add up to, for metrics.
package struct BatchTotals: Sendable, Equatable {
    /// The records of all batches, by status.
    package var records: [RecordStatus: Int] = [:]
    /// Since when the records wait that wait longest, of those batches that have not ended: since the batch was made, or, of
    /// one in which nothing waited any more, since its records were last sent again. Nil: none waits.
    package var oldestQueued: WallTime?
    /// When a batch of each job was completed last.
    package var lastCompleted: [String: WallTime] = [:]

    /// No batch.
    package init() {}
}

extension RecordStore {
    /// What all batches add up to, added by the database: a batch costs a row of counters, and none is made a value here.
    ///
    /// - Throws: ``StoreError`` when the database can't be read.
    package func batchTotals() async throws -> BatchTotals {
        let sums = RecordStatus.allCases.map { "coalesce(sum(\($0.rawValue)), 0)" }.joined(separator: ", ")
        // A re-run of a batch in which nothing waits moves the cursor to the end of what a batch can hold.
        let waiting = """
            SELECT min(CASE WHEN cursor < (id << 32 | 4294967295) THEN created_at ELSE coalesce(
                (SELECT max(at) FROM audit WHERE batch_id = batches.id AND action IN ('rerun', 'rerun_by_job')),
                created_at) END)
            FROM batches INDEXED BY batches_unfinished WHERE finished_at IS NULL AND queued > 0
            """
        let completed = "SELECT job, max(finished_at) FROM batches WHERE state = 'completed' GROUP BY job"
        return try await read { database in
            var totals = BatchTotals()
            if let row = try StoredRow.fetchOne(database, sql: "SELECT \(sums) FROM batches") {
                for (place, status) in RecordStatus.allCases.enumerated() { totals.records[status] = row[place] }
            }
            totals.oldestQueued = try WallTime.fetchOne(database, sql: waiting)
            for row in try StoredRow.fetchAll(database, sql: completed) { totals.lastCompleted[row[0]] = row[1] }
            return totals
        }
    }
}
