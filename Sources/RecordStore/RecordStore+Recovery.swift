import GRDB

extension RecordStore {
    /// Puts right what a crash or a restored copy left, before anything else is written.
    ///
    /// Calls that a restored copy does not know count as made today: when they were made is not known either. Where
    /// nobody knows how many there were, as many count as records may have been sent.
    ///
    /// - Parameters:
    ///   - evidence: How far the ledger got, by all who know.
    ///   - entries: The batches that had calls, by all who know.
    ///   - provenance: Who opens the database.
    ///   - today: The day the lost calls count on.
    /// - Returns: What was put right.
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
            try connection.writeTally()
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
        let sql = """
            SELECT record_id, id, started_at FROM attempts INDEXED BY one_open_attempt WHERE outcome IS NULL
            """
        let now = WallClock.now()
        let open = try read { database in
            try Row.fetchAll(database, sql: sql).map { row in
                Completion(
                    attempt: AttemptID(rawValue: row[1]), record: RecordID(rawValue: row[0]), outcome: "in_doubt",
                    cause: "crash", errorText: "the process ended while this call was under way",
                    startedAt: row[2], finishedAt: now, next: .inDoubt, billable: .unknown)
            }
        }
        return try open.map { try SealedCompletion($0, key: existingDataKey(of: $0.record.batch)) }
    }

    private func keysOfUnfinishedBatches() throws -> [BatchID: DataKey] {
        let batches = try read { try WriterConnection.unfinishedBatches($0) }
        return try batches.reduce(into: [:]) { $0[$1] = try existingDataKey(of: $1) }
    }

    static func lastAttempt(_ database: Database) throws -> Int64 {
        try Int64.fetchOne(database, sql: "SELECT last_attempt FROM ledger_position") ?? 0
    }
}
