import Basics

/// What a node answers for when another server takes a database over: which of its calls that server never heard of.
extension WriterConnection {
    /// What became of a journal's entries on the server that answers now.
    struct Delivery: Sendable, Equatable {
        /// Calls that the server had lost, entered as in doubt.
        var entered = 0
        /// Calls of lines that it had lost themselves.
        var unknown = 0
        /// The batches that were halted because of them.
        var halted: Set<BatchID> = []
    }

    /// Compares a node's journal with the ledger, enters as in doubt what is missing there, counts it against the caps and
    /// halts its batches; then the node has answered for this server.
    ///
    /// - Parameters:
    ///   - node: The node.
    ///   - entries: Its journal.
    ///   - keys: The keys of the batches in it, as far as they are known.
    ///   - now: The time.
    /// - Returns: What was missing.
    /// - Throws: ``StoreError`` with ``StoreErrorCode/notAllowed`` when the server is an older one than the node has
    ///   answered for.
    func answer(
        for node: Node, _ entries: [ClaimedAttempt], keys: [BatchID: DataKey], at now: WallTime
    ) throws -> Delivery {
        guard case .postgreSQL(let connection) = database.engine, let server = connection.transaction?.server else {
            throw StoreError.runnerOnly
        }
        let known = try StoredRow.fetchOne(
            database, sql: "SELECT server_id, timeline, told_part FROM nodes WHERE id = ?", arguments: [node.number])
        guard let known else { throw StoreError.runnerOnly }
        let answered = ServerIdentity(identifier: known[0], timeline: known[1])
        guard answered.identifier != server.identifier || answered.timeline <= server.timeline else {
            throw StoreError(
                .notAllowed,
                "The server that answers is an earlier one, which was replaced: name the primary in database, and stop the "
                    + "old one")
        }
        // What was dropped from the journal is unknown to a server that does not know that much.
        guard try node.folder.knownLedger()?.toldPart ?? 0 <= known[2] as Int64 else {
            throw StoreError.earlierLedger(node.description)
        }
        var delivery = Delivery()
        var unknown: [ClaimedAttempt] = []
        let sources = try node.batches.entries().reduce(into: [:]) { $0[$1.batch] = $1.source }
        let gone = try Set(entries.map(\.record.batch)).filter { try isGone($0, source: sources[$0.rawValue]) }
        for entry in entries {
            if gone.contains(entry.record.batch) {
                unknown.append(entry)
            } else if try !isInLedger(entry) {
                delivery.halted.insert(entry.record.batch)
                if try enter(entry, keys[entry.record.batch], at: now) {
                    delivery.entered += 1
                } else {
                    unknown.append(entry)
                }
            }
        }
        for (batch, lost) in Dictionary(grouping: unknown, by: \.record.batch) {
            delivery.unknown += try doubtLines(
                lost, of: batch, source: sources[batch.rawValue], isGone: gone.contains(batch))
        }
        for batch in delivery.halted { try haltForLoss(batch) }
        if let last = entries.map(\.attempt.rawValue).max() {
            try database.execute(
                sql: "UPDATE ledger_position SET last_attempt = greatest(last_attempt, ?)", arguments: [last])
        }
        try database.execute(
            sql: "UPDATE nodes SET server_id = ?, timeline = ?, told_epoch = ? WHERE id = ?",
            arguments: [server.identifier, server.timeline, node.epoch, node.number])
        return delivery
    }

    /// Whether the server has lost a batch whole; its number may be another's by now.
    private func isGone(_ batch: BatchID, source: [UInt8]?) throws -> Bool {
        guard let found = try journalEntries(of: batch).first else { return true }
        return source.map { $0 != found.source } ?? false
    }

    /// Counts calls of lines that the server has lost, and lets as many of the lines begin in doubt when their file is
    /// read again. What is told again counts once.
    ///
    /// - Returns: How many there are more than were told before.
    private func doubtLines(
        _ lost: [ClaimedAttempt], of batch: BatchID, source: [UInt8]?, isGone: Bool
    ) throws -> Int {
        var known: Int64 = 0
        if isGone, let source {
            let sql = "SELECT lost_attempts FROM unknown_batches WHERE id = ? AND source = ?"
            known = try Int64.fetchOne(database, sql: sql, arguments: [batch.rawValue, source]) ?? 0
            try database.execute(
                sql: """
                    INSERT INTO unknown_batches (id, source, lost_attempts) VALUES (?, ?, ?)
                    ON CONFLICT (id) DO UPDATE SET
                      source = excluded.source, lost_attempts = greatest(unknown_batches.lost_attempts, excluded.lost_attempts)
                    """, arguments: [batch.rawValue, source, lost.count])
        } else if !isGone {
            let sql = "SELECT doubted_lines FROM batches WHERE id = ?"
            known = try Int64.fetchOne(database, sql: sql, arguments: [batch.rawValue]) ?? 0
            try database.execute(
                sql: "UPDATE batches SET doubted_lines = greatest(doubted_lines, ?2) WHERE id = ?1 AND ingested = 0",
                arguments: [batch.rawValue, lost.count])
        }
        if isGone { try database.setLastBatchNumber(max(lastBatch(), batch.rawValue)) }
        let further = max(0, lost.count - Int(known))
        if let day = lost.last?.day { try countLost(Int64(further), on: day) }
        return further
    }

    private func isInLedger(_ entry: ClaimedAttempt) throws -> Bool {
        try Int64.fetchOne(
            database,
            sql: """
                SELECT id FROM attempts WHERE record_id = ?1 AND id = ?2
                UNION ALL SELECT id FROM archived_attempts WHERE record_id = ?1 AND id = ?2
                UNION ALL SELECT id FROM batches WHERE id = ?3 AND ledger_purged_at IS NOT NULL
                """,
            arguments: [entry.record.rawValue, entry.attempt.rawValue, entry.record.batch.rawValue]) != nil
    }

    /// - Returns: False where the record itself is missing.
    private func enter(_ entry: ClaimedAttempt, _ key: DataKey?, at now: WallTime) throws -> Bool {
        let record = entry.record.rawValue
        let row = try StoredRow.fetchOne(
            database, sql: "SELECT status, follows FROM records WHERE id = ?", arguments: [record])
        guard let row else { return false }
        let status = try RecordStatus(code: row[0])
        try database.execute(
            sql: """
                INSERT INTO attempts
                  (record_id, id, number, day, started_at, finished_at, outcome, cause, billable, called)
                VALUES (?1, ?2, (SELECT count(*) + 1 FROM attempts WHERE record_id = ?1), ?3, ?4, ?4, 'in_doubt',
                  ?5, 2, 1)
                """,
            arguments: [record, entry.attempt.rawValue, entry.day.rawValue, now, OrphanedAttempt.lostByServer])
        var counts = BatchCounts()
        (counts.attempts, counts.calls, counts.billingUnknown) = (1, 1, 1)
        try database.execute(
            sql: "UPDATE records SET attempts = attempts + 1, spent = spent + 1 WHERE id = ?", arguments: [record])
        if status == .queued {
            counts.move(from: .queued, to: .inDoubt)
            try putInDoubt(record, follows: row[1], key, &counts, at: now)
        }
        try add(counts, to: entry.record.batch)
        try claims.addCalls.run(entry.day.rawValue, 1)
        try claims.addLedgerDay.run(entry.day.rawValue, entry.record.batch.rawValue, 1)
        try database.execute(
            sql: "UPDATE ledger_days SET billing_unknown = billing_unknown + 1 WHERE day = ? AND batch_id = ?",
            arguments: [entry.day.rawValue, entry.record.batch.rawValue])
        return true
    }

    private func putInDoubt(
        _ record: Int64, follows: Int64?, _ key: DataKey?, _ counts: inout BatchCounts, at now: WallTime
    ) throws {
        if follows != nil { counts.following -= 1 }
        try database.execute(sql: "DELETE FROM ready WHERE record_id = ?", arguments: [record])
        try database.execute(
            sql: "UPDATE records SET status = 4, held = 0, follows = NULL, requeued = 0 WHERE id = ?",
            arguments: [record])
        if let followers = try settleFollowers(of: record, as: .inDoubt) { counts.add(followers) }
        let text = "the database server was replaced and had lost this call, which may have been made"
        guard let detail = try key?.seal(Array(text.utf8), record: record, column: .detail) else { return }
        try saveResult(of: record, detail: detail, at: now)
    }

    /// Halts a batch of which a server that was replaced has lost something; one that is still being read is paused.
    func haltForLoss(_ batch: BatchID) throws {
        try database.execute(
            sql: """
                UPDATE batches SET state = CASE WHEN ingested = 1 THEN 'halted' ELSE 'paused' END, reason = ?, resume_at = NULL
                WHERE id = ? AND finished_at IS NULL
                """,
            arguments: [
                "the database server was replaced and had lost calls of this batch, which are in doubt; look at them "
                    + "before you resume it", batch.rawValue,
            ])
    }
}
