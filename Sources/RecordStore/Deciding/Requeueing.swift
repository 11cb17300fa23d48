import Basics

/// Which of a batch's records are queued again; all conditions together.
package struct RequeueSelection: Sendable {
    /// The statuses, of which ``RecordStatus/failed``, ``RecordStatus/inDoubt`` and ``RecordStatus/cancelled`` can be
    /// queued again.
    package var statuses: Set<RecordStatus>
    /// Only records whose last answer had this reason code.
    package var reasonCode: String?
    /// Only records that start at these lines.
    package var lines: ClosedRange<Int>?
    /// At most this many, in input order.
    package var limit: Int?
    /// Whether the job's policy asks, not an operator: in-doubt records are then counted in
    /// ``BatchCounts/inDoubtRetried``, and records held because of another are left alone.
    package var byPolicy: Bool
    /// Only records that have spent fewer attempts than this (`retry.attempts`).
    package var maximumSpent: Int?
    /// Whether to leave alone failed records that an operator resolved from in doubt: they may have been billed.
    package var sparesResolved: Bool
    /// The states in which the batch must be; in another nothing is selected. Nil: any in which it can be run again.
    package var states: Set<BatchState>?
    /// Whether to leave alone records in doubt that were answered, or surely billed, or are in doubt since a restore
    /// and not because of a call in the ledger: nobody has agreed to pay for them again. The policy always does so.
    package var sparesAnswered: Bool
    /// Whether to include records whose person was forgotten: they can be decided about, and never sent again.
    package var includesForgotten: Bool

    /// Selects records to be queued again.
    package init(
        statuses: Set<RecordStatus>, reasonCode: String? = nil, lines: ClosedRange<Int>? = nil, limit: Int? = nil,
        byPolicy: Bool = false, maximumSpent: Int? = nil, sparesResolved: Bool = false, sparesAnswered: Bool = false,
        states: Set<BatchState>? = nil, includesForgotten: Bool = false
    ) {
        self.statuses = statuses
        self.reasonCode = reasonCode
        self.lines = lines
        self.limit = limit
        self.byPolicy = byPolicy
        self.maximumSpent = maximumSpent
        self.sparesResolved = sparesResolved
        self.states = states
        self.sparesAnswered = sparesAnswered
        self.includesForgotten = includesForgotten
    }
}

extension RequeueSelection {
    /// The records it selects, with their results, as what follows `FROM`.
    ///
    /// - Parameters:
    ///   - batch: Their batch.
    ///   - after: Only records behind this one.
    ///   - waiting: Whether to include records that an earlier re-run queued and that still wait.
    /// - Returns: The tables with the condition, and its arguments.
    func rows(
        of batch: BatchID, after: Int64? = nil, waiting: Bool = false
    ) -> (sql: String, arguments: SQLArguments) {
        let range = lines.map { batch.range(of: $0) } ?? batch.records
        // Not every engine takes an empty list.
        let codes = statuses.isEmpty ? "NULL" : statuses.map { String($0.code) }.joined(separator: ", ")
        // Policy and schedules never touch what was surely billed or answered (docs/architecture.md), nor what is in
        // doubt without a call in the ledger: a restored database can't tell whether it was sent.
        let isAnswered = """
            (answer IS NOT NULL OR EXISTS (
              SELECT 1 FROM attempts WHERE record_id = coalesce(records.follows, records.id) AND billable = 1))
            """
        let lastBillable = """
            (SELECT billable FROM attempts WHERE record_id = coalesce(records.follows, records.id) ORDER BY id DESC LIMIT 1)
            """
        let sql = """
            records LEFT JOIN results ON record_id = coalesce(follows, id)
            WHERE id BETWEEN :first AND :last AND (status IN (\(codes)) OR (:waiting = 1 AND status = 0 AND requeued > 0))
              AND (:forgotten = 1 OR length(payload) > 0)
              AND (:reason IS NULL OR reason_code = :reason)
              AND (:policy = 0 OR held = 0)
              AND (:unanswered = 0 OR status <> 4 OR (coalesce(\(lastBillable), 0) = 2 AND NOT \(isAnswered)))
              AND (:spent IS NULL OR spent < :spent)
              AND (:spares = 0 OR status <> 3 OR NOT \(ResolvedByHand.condition))
            """
        return (
            sql,
            [
                "first": max(after.map { $0 + 1 } ?? 0, range.lowerBound), "last": range.upperBound,
                "waiting": waiting, "forgotten": includesForgotten, "reason": reasonCode, "policy": byPolicy,
                "unanswered": byPolicy || sparesAnswered, "spent": maximumSpent, "spares": sparesResolved,
            ]
        )
    }
}

/// The progress of queueing a selection, transaction by transaction.
struct RequeueProgress {
    var rerun = Rerun()
    /// The last record considered.
    var after: Int64
    /// The new leaders, by the leaders they replace.
    var leaders: [Int64: Int64] = [:]

    init(after: Int64) {
        self.after = after
    }
}

extension WriterConnection {
    /// Queues the next records of a selection again. One that follows a record that will be called soon, too, continues
    /// to follow it; the first of those whose leader will not becomes the leader of the others.
    ///
    /// - Returns: The progress made.
    func requeue(
        _ batch: BatchID, _ selection: RequeueSelection, upTo count: Int, _ start: RequeueProgress
    ) throws -> RequeueProgress {
        let row = try batchRow(batch)
        // The policy acts for a run; an operator who has stopped the batch meanwhile takes precedence.
        guard !selection.byPolicy || row.state == .running || row.state == .completed else { return start }
        // Its first step may have set the batch running.
        let isBegun = start.rerun.number != nil
        if let states = selection.states, !isBegun, !states.contains(row.state) { return start }
        try requireRunnable(row, batch)
        if !selection.byPolicy { try refuseRequeueing() }
        if selection.statuses.contains(.inDoubt), !isBegun {
            let records = selection.lines.map { batch.range(of: $0) } ?? batch.records
            // The policy leaves them in doubt.
            if selection.byPolicy, try database.timeUntilCallsEnded(of: records) != nil { return start }
            try refuseUnderWay(records, of: batch)
        }
        let selected = try select(batch, selection, after: start.after, upTo: count)
        guard let last = selected.last else { return start }
        var (progress, counts) = (start, BatchCounts())
        let number = try selection.byPolicy ? 0 : start.rerun.number?.rawValue ?? nextRerun(of: batch)
        for record in selected {
            let leader = try leader(of: record, number, &progress.leaders)
            try queueAgain(record, batch, after: leader, as: number, keepingSpent: selection.byPolicy)
            if record.isWaiting { progress.rerun.takenOver += 1 } else { progress.rerun.queued += 1 }
            counts.move(from: record.status, to: .queued)
            counts.following += (leader == nil ? 0 : 1) - (record.isWaiting && record.follows != nil ? 1 : 0)
            if selection.byPolicy, record.status == .inDoubt { counts.inDoubtRetried += 1 }
        }
        if row.state == .completed || row.state == .cancelled { try beginAgain(batch) }
        if row.queued == 0 { try passUntried(of: batch) }
        try add(counts, to: batch)
        progress.rerun.number = RerunNumber(rawValue: number)
        progress.after = last.id
        return progress
    }

    /// An operator may send what is left of a cancelled batch, once its calls under way have ended.
    private func requireRunnable(_ row: BatchRow, _ batch: BatchID) throws {
        try StoreError.refusePurged(database, batch, .payloads)
        try StoreError.refuseDestroyed(database, batch)
        guard row.isIngested, row.state != .rejected else {
            throw StoreError.wrongState(batch, row.state, to: "be run again")
        }
        guard row.state != .cancelled || row.inFlight == 0 else {
            throw StoreError(
                .notAllowed,
                "Batch \(batch) is cancelled and calls of it are under way; when they have ended it can be run again")
        }
    }

    private func nextRerun(of batch: BatchID) throws -> Int64 {
        let sql = "UPDATE batches SET reruns = reruns + 1 WHERE id = ? RETURNING reruns"
        return try Int64.fetchOne(database, sql: sql, arguments: [batch.rawValue]) ?? 0
    }

    /// What was stopped by an operator or a cap resumes only by an operator's decision: nothing else that waits is
    /// sent.
    private func beginAgain(_ batch: BatchID) throws {
        try database.execute(
            sql: """
                UPDATE batches SET state = 'running', reason = NULL, finished_at = NULL,
                  keeps_answers = CASE WHEN keeps_answers = 1 THEN 1 ELSE \(Self.answersAreWanted) END
                WHERE id = ?
                """,
            arguments: [batch.rawValue])
    }

    /// Where nothing is queued no line is untried, although the cursor may stand before some that never had their turn:
    /// they were cancelled, or in doubt from the start. Queued again they are among the ready, and must not be found
    /// twice.
    private func passUntried(of batch: BatchID) throws {
        try database.execute(
            sql: "UPDATE batches SET cursor = ? WHERE id = ?", arguments: [batch.records.upperBound, batch.rawValue])
    }

    /// The record that another follows when it is queued again; nil when it is called itself. A leader that waits, but
    /// not as part of this re-run, may not be called for a long time.
    private func leader(of record: SelectedRecord, _ rerun: Int64, _ leaders: inout [Int64: Int64]) throws -> Int64? {
        guard let leader = record.follows else { return nil }
        let isCalled = "SELECT status = 1 OR (status = 0 AND requeued = ?) FROM records WHERE id = ?"
        if try Bool.fetchOne(database, sql: isCalled, arguments: [rerun, leader]) == true { return leader }
        if let another = leaders[leader] { return another }
        leaders[leader] = record.id
        return nil
    }

    private func select(
        _ batch: BatchID, _ selection: RequeueSelection, after: Int64, upTo count: Int
    ) throws -> [SelectedRecord] {
        var (rows, arguments) = selection.rows(of: batch, after: after, waiting: !selection.byPolicy)
        arguments += ["count": count]
        let found = try StoredRow.fetchAll(
            database, sql: "SELECT id, status, follows FROM \(rows) ORDER BY id LIMIT :count", arguments: arguments)
        return try found.map { SelectedRecord(id: $0[0], status: try RecordStatus(code: $0[1]), follows: $0[2]) }
    }

    private func queueAgain(
        _ record: SelectedRecord, _ batch: BatchID, after leader: Int64?, as rerun: Int64, keepingSpent: Bool
    ) throws {
        try database.execute(
            sql: "UPDATE records SET status = 0, held = 0, follows = ?, spent = spent * ?, requeued = ? WHERE id = ?",
            arguments: [leader, keepingSpent || record.isWaiting, rerun, record.id])
        // One that waits for its own call is among the ready already.
        guard leader == nil, !record.isWaiting || record.follows != nil else { return }
        try finishes.queue.run(batch.rawValue, 0, record.id)
    }
}

/// A record that is to be queued again.
private struct SelectedRecord {
    let id: Int64
    let status: RecordStatus
    let follows: Int64?

    /// Whether an earlier re-run queued it.
    var isWaiting: Bool { status == .queued }
}
