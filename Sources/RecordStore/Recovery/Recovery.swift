import Basics

extension RecordStore {
    /// Repairs what a crash or a restored copy left behind, before anything else is written.
    ///
    /// Calls missing from a restored copy count as made today, because their time is unknown. Where their number is
    /// unknown too, as many are counted as records may have been sent.
    ///
    /// - Parameters:
    ///   - evidence: How far the ledger got, from all sources.
    ///   - entries: The batches that had calls, from all sources.
    ///   - provenance: Who opens the database.
    ///   - today: The day the lost calls count on.
    /// - Returns: What was repaired.
    /// - Throws: ``StoreError`` when it can't be read or written.
    func recover(
        _ evidence: LedgerEvidence, entries: [BatchJournal.Entry], provenance: Provenance, today: CallDay
    ) throws -> RecoveryReport {
        let verdict = LedgerReconciliation(evidence)
        let open = try openAttempts()
        let keys = try keysOfUnfinishedBatches()
        return try writeWaiting { connection in
            var recovery = RecoveryReport()
            recovery.openAttempts = try connection.finish(open)
            try connection.writeCounters()
            if let lost = verdict.lost {
                try connection.learnAnswers()
                for batch in try connection.unfinishedBatches() {
                    recovery.doubtedRecords += try connection.doubt(batch, lost: lost, key: keys[batch])
                    recovery.pausedBatches.append(batch)
                }
                try connection.claims.setLastAttempt.run(verdict.lastAttempt(after: evidence))
                recovery.unknownBatches = try connection.rememberUnknown(entries, lost: lost)
                try connection.keep(verdict, &recovery, on: today)
            }
            try connection.record(recovery, provenance)
            return recovery
        }
    }

    /// The end of each attempt that was under way when a process died.
    private func openAttempts() throws -> [SealedCompletion] {
        try openAttempts(
            "SELECT record_id, id, started_at FROM attempts INDEXED BY one_open_attempt WHERE outcome IS NULL", [])
    }

    /// The end of each attempt that a query finds to have been under way when a process died.
    func openAttempts(_ sql: String, _ arguments: SQLArguments) throws -> [SealedCompletion] {
        let now = WallTime.now()
        let open = try readWaiting { database in
            try StoredRow.fetchAll(database, sql: sql, arguments: arguments).map { row in
                Completion(
                    attempt: AttemptID(rawValue: row[1]), record: RecordID(rawValue: row[0]), outcome: .inDoubt,
                    cause: "crash", errorText: "the process ended while this call was under way",
                    startedAt: row[2], finishedAt: now, next: .inDoubt, billable: .unknown)
            }
        }
        return try open.map { try SealedCompletion($0, key: keyForDetail(of: $0.record.batch)) }
    }

    private func keysOfUnfinishedBatches() throws -> [BatchID: DataKey] {
        let batches = try readWaiting { try WriterConnection.unfinishedBatches($0) }
        return try batches.reduce(into: [:]) { $0[$1] = try existingDataKey(of: $1) }
    }

    static func lastAttempt(_ database: StoreConnection) throws -> Int64 {
        try Int64.fetchOne(database, sql: "SELECT last_attempt FROM ledger_position") ?? 0
    }
}

extension WriterConnection {
    private static let pauseReason = """
        the database was restored from an earlier copy: calls may have been made that it does not know; \
        look at its records in doubt before you start it again
        """
    private static let doubt = "the database was restored from an earlier copy; this record may have been sent since"

    /// All unfinished batches.
    func unfinishedBatches() throws -> [BatchID] {
        try Self.unfinishedBatches(database)
    }

    /// All unfinished batches, as a reader sees them.
    static func unfinishedBatches(_ database: StoreConnection) throws -> [BatchID] {
        let sql = "SELECT id FROM batches INDEXED BY batches_unfinished WHERE finished_at IS NULL ORDER BY id"
        return try Int64.fetchAll(database, sql: sql).map(BatchID.init(rawValue:))
    }

    /// Pauses a batch and puts in doubt the records that lost attempts may have sent: its retries, its next untried
    /// lines and, when its file was still being read, the same number of lines yet to come.
    ///
    /// - Returns: How many records were put in doubt.
    func doubt(_ batch: BatchID, lost: Int64, key: DataKey?) throws -> Int {
        let row = try batchRow(batch)
        let retries = try Int64.fetchAll(
            database, sql: "SELECT record_id FROM ready WHERE batch_id = ?", arguments: [batch.rawValue])
        let untried = try nextUntried(of: batch, after: row.cursor, calling: lost)
        try database.execute(sql: "DELETE FROM ready WHERE batch_id = ?", arguments: [batch.rawValue])
        var counts = BatchCounts()
        for record in retries + untried.records { counts.add(try doubt(record, key)) }
        try database.execute(
            sql: "UPDATE batches SET state = 'paused', reason = ?, cursor = ?, doubted_lines = ? WHERE id = ?",
            arguments: [
                Self.pauseReason, untried.records.last ?? row.cursor, row.isIngested ? 0 : lost - untried.calls,
                batch.rawValue,
            ])
        try add(counts, to: batch)
        return counts.inDoubt
    }

    /// Puts the next untried lines of a batch in doubt once its file has been read: one for each record in doubt that
    /// turned out to repeat an earlier line, because its call must have been for another record.
    func doubtNext(_ calls: Int, of batch: BatchID, key: DataKey?) throws {
        let row = try batchRow(batch)
        let untried = try nextUntried(of: batch, after: row.cursor, calling: Int64(calls))
        var counts = BatchCounts()
        for record in untried.records { counts.add(try doubt(record, key)) }
        try add(counts, to: batch)
    }

    /// The next untried lines in claiming order, up to the given number of calls. A record that an earlier answer may
    /// have spared its call is included but does not count.
    private func nextUntried(
        of batch: BatchID, after cursor: Int64, calling calls: Int64
    ) throws -> (records: [Int64], calls: Int64) {
        let sql = """
            SELECT id, EXISTS (
              SELECT 1 FROM answers WHERE answers.fingerprint = records.fingerprint)
            FROM records WHERE id > ? AND id <= ? AND status = 0 AND follows IS NULL ORDER BY id
            """
        let rows = try StoredRow.fetchCursor(database, sql: sql, arguments: [cursor, batch.records.upperBound])
        var (records, left) = ([Int64](), calls)
        while left > 0, let row = try rows.next() {
            records.append(row[0])
            if !(row[1] as Bool) { left -= 1 }
        }
        return (records, calls - left)
    }

    private func doubt(_ record: Int64, _ key: DataKey?) throws -> BatchCounts {
        try database.execute(sql: "UPDATE records SET status = 4, requeued = 0 WHERE id = ?", arguments: [record])
        var counts = try settleFollowers(of: record, as: .inDoubt) ?? BatchCounts()
        counts.move(from: .queued, to: .inDoubt)
        guard let key else { return counts }
        let detail = try key.seal(Array(Self.doubt.utf8), record: record, column: .detail)
        try saveResult(of: record, detail: detail, at: WallTime.now())
        return counts
    }

    /// Records a recovery among the actions.
    func record(_ recovery: RecoveryReport, _ provenance: Provenance) throws {
        let now = WallTime.now()
        if recovery.openAttempts > 0 {
            let detail =
                Counted.things(recovery.openAttempts, "call") + Counted.verb(recovery.openAttempts, " was", " were")
                + " under way, in doubt now"
            try insert(Action(at: now, batch: nil, name: .recoverCrash, detail: detail, provenance: provenance))
        }
        if recovery.lostAttempts > 0 {
            let detail =
                "\(Counted.things(recovery.pausedBatches.count, "batch")) paused, "
                + "\(Counted.things(recovery.doubtedRecords, "record")) in doubt, \(Counted.things(recovery.unknownBatches, "batch")) unknown"
            try insert(Action(at: now, batch: nil, name: .recoverRestored, detail: detail, provenance: provenance))
        }
    }
}

/// What opening a database for running found and repaired.
package struct RecoveryReport: Sendable, Equatable {
    /// Attempts left open by a crash; their records are in doubt.
    package var openAttempts = 0
    /// The most attempts that mark and trace know of and the database does not; above 0, the database was restored from
    /// an older copy.
    package var lostAttempts: Int64 = 0
    /// Why it is unknown which calls the database lacks; nil when it is known.
    package var unknownBecause: String?
    /// Records put in doubt because they may have been sent since the copy was made.
    package var doubtedRecords = 0
    /// Batches paused because of the restore.
    package var pausedBatches: [BatchID] = []
    /// Ends of calls that could not be stored before, and are now.
    package var deliveredEnds = 0
    /// The nodes whose journals were not yet reconciled with the server that has replaced another: nobody claims before.
    package var awaitedNodes: [String] = []
    /// Batches with calls that the database has no record of; if their files come again, they start in doubt.
    package var unknownBatches = 0
}
