package import Basics

/// Batches move between states conditionally: from these states to that one. Runner, daemon and operators' commands act
/// on the same batch at the same time, so a caller that comes too late finds another state. That is a result, not an
/// error.
extension RecordStore {
    /// Moves a batch from some states to another. Cancelling or rejecting cancels what is queued; records under way
    /// finish normally, but are cancelled instead of queued again.
    ///
    /// - Parameters:
    ///   - batch: The batch.
    ///   - states: The states it must be in.
    ///   - state: The state to move to.
    ///   - reason: Why, for people; no values of records.
    ///   - action: What an operator did, recorded in the same transaction: whoever sees the state finds the action.
    /// - Returns: Whether it moved: it was in one of these states and may move to that one. A batch with records to
    ///   send isn't completed, and one whose file was read in part doesn't run.
    /// - Throws: ``StoreError``; ``StoreErrorCode/notFound`` when there is no such batch, and
    ///   ``StoreErrorCode/heldByRestore`` when it would run but waits since a restore.
    package func moveBatch(
        _ batch: BatchID, from states: Set<BatchState>, to state: BatchState, reason: String?,
        noting action: Action? = nil
    ) async throws -> Bool {
        try await bringBack(batch)
        return try await write { connection in
            guard try connection.move(batch, from: states, to: state, reason: reason) else { return false }
            try action.map(connection.insert)
            return true
        }
    }

    /// Records that a batch's whole file has been read.
    ///
    /// - Parameters:
    ///   - batch: The batch.
    ///   - state: The next state: running, awaiting confirmation, or completed when nothing is to be sent.
    ///   - reason: Why, for people; no values of records.
    /// - Returns: Whether it moved: it was still ingesting.
    /// - Throws: ``StoreError``; ``StoreErrorCode/notFound`` when there is no such batch.
    @discardableResult
    package func finishIngest(_ batch: BatchID, state: BatchState, reason: String? = nil) async throws -> Bool {
        let last = readUpTo.withLock { $0.removeValue(forKey: batch) }
        let hasMoved = try await write { connection in
            try connection.requireLines(of: batch, upTo: last)
            return try connection.move(batch, from: [.ingesting], to: state, reason: reason, finishingIngest: true)
        }
        await copyBackWAL()
        return hasMoved
    }

    /// Records when a batch paused by a cap resumes by itself, if it is still paused for that.
    ///
    /// - Parameters:
    ///   - batch: The batch as it was paused.
    ///   - instant: The time; nil: only an operator can resume it.
    /// - Throws: ``StoreError`` when it can't be written.
    package func setResumption(of batch: Batch, at instant: WallTime?) async throws {
        try await write { connection in
            try connection.database.execute(
                sql:
                    "UPDATE batches SET resume_at = ? WHERE id = ? AND state = 'paused' AND reason IS NOT DISTINCT FROM ?",
                arguments: [instant, batch.id.rawValue, batch.reason])
        }
    }

    /// Resumes a batch paused by a cap, if its time has come and nobody else has moved it since.
    ///
    /// - Parameters:
    ///   - batch: The batch.
    ///   - now: The time.
    /// - Returns: Whether it resumed.
    /// - Throws: ``StoreError``; ``StoreErrorCode/notFound`` when there is no such batch.
    package func resumeAfterCap(_ batch: BatchID, at now: WallTime) async throws -> Bool {
        try await write { connection in
            let isDue = "SELECT resume_at <= ? FROM batches WHERE id = ? AND resume_at IS NOT NULL"
            let database = connection.database
            guard try Bool.fetchOne(database, sql: isDue, arguments: [now, batch.rawValue]) ?? false else {
                return false
            }
            return try connection.move(batch, from: [.paused], to: .running, reason: nil)
        }
    }
}

extension WriterConnection {
    /// Moves a batch from some states to another, if that move is allowed; returns whether it moved.
    func move(
        _ batch: BatchID, from states: Set<BatchState>, to state: BatchState, reason: String?,
        finishingIngest: Bool = false
    ) throws -> Bool {
        let row = try batchRow(batch)
        guard states.contains(row.state), row.mayBecome(state, finishingIngest: finishingIngest) else { return false }
        if state == .running, row.queued > 0 { try refuseHeld(batch) }
        if state == .cancelled || state == .rejected {
            try cancelQueued(batch, row)
            if !row.isIngested { try rememberUnread(batch) }
        }
        let now = WallTime.now()
        try database.execute(
            sql: """
                UPDATE batches SET state = ?2, reason = ?3, finished_at = ?4, resume_at = NULL,
                  ingested = CASE WHEN ingested = 1 OR ?5 = 1 THEN 1 ELSE 0 END, ingested_at = coalesce(ingested_at, ?6)
                WHERE id = ?1
                """,
            arguments: [
                batch.rawValue, state.rawValue, reason, state.isFinished ? now : nil, finishingIngest,
                finishingIngest ? now : nil,
            ])
        return true
    }

    /// Cancels what waits. A record with an earlier call that may have been billed, and no answer, was to be sent a
    /// second time by decision: it returns to in doubt, so that nobody takes it for one that was never sent.
    private func cancelQueued(_ batch: BatchID, _ row: BatchRow) throws {
        var counts = BatchCounts()
        let doubted = """
            SELECT record_id FROM ready
            WHERE batch_id = ?
              AND EXISTS (SELECT 1 FROM attempts WHERE attempts.record_id = ready.record_id AND billable <> 0)
            """
        for record in try Int64.fetchAll(database, sql: doubted, arguments: [batch.rawValue]) {
            try database.execute(
                sql: "UPDATE records SET status = 4, requeued = 0 WHERE id = ?", arguments: [record])
            counts.move(from: .queued, to: .inDoubt)
            if let followers = try settleFollowers(of: record, as: .inDoubt) { counts.add(followers) }
        }
        try database.execute(sql: "DELETE FROM ready WHERE batch_id = ?", arguments: [batch.rawValue])
        let cancelled = try cancelRecords(of: batch)
        counts.move(cancelled.queued, from: .queued, to: .cancelled)
        counts.move(cancelled.inDoubt, from: .inDoubt, to: .cancelled)
        counts.following = -row.following
        try add(counts, to: batch)
    }

    /// Cancels the queued records in portions, with those in doubt that follow one that turned out never to have been sent:
    /// SQLite keeps what a statement has changed in memory until it ends.
    ///
    /// - Returns: How many were cancelled of each.
    private func cancelRecords(of batch: BatchID) throws -> (queued: Int, inDoubt: Int) {
        var (last, queued, inDoubt) = (batch.records.lowerBound - 1, 0, 0)
        repeat {
            let end = try Int64.fetchOne(
                database, sql: "SELECT id FROM records WHERE id > ? AND id <= ? ORDER BY id LIMIT 1 OFFSET ?",
                arguments: [last, batch.records.upperBound, FollowStatements.portion - 1])
            let upTo = end ?? batch.records.upperBound
            try database.execute(
                sql: "UPDATE records SET status = 7, requeued = 0 WHERE id > ? AND id <= ? AND status = 0",
                arguments: [last, upTo])
            queued += database.changesCount
            try database.execute(
                sql: """
                    UPDATE records SET status = 7, held = 0
                    WHERE id > ? AND id <= ? AND status = 4 AND follows IS NOT NULL
                      AND (SELECT status FROM records AS leader WHERE leader.id = records.follows) = 7
                    """, arguments: [last, upTo])
            inDoubt += database.changesCount
            last = upTo
        } while last < batch.records.upperBound
        return (queued, inDoubt)
    }
}

extension BatchRow {
    /// Whether the batch may move to a state from its current one.
    fileprivate func mayBecome(_ new: BatchState, finishingIngest: Bool) -> Bool {
        guard state.successors.contains(new) else { return false }
        switch new {
        case .running, .awaitingConfirmation, .halted: return isIngested || finishingIngest
        case .completed: return (isIngested || finishingIngest) && queued + inFlight == 0
        case .ingesting: return !isIngested
        case .rejected: return state != .paused || !isIngested
        case .paused, .cancelled: return true
        }
    }
}
