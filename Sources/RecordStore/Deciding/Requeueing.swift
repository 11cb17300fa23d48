import Basics
import GRDB

/// The number of a re-run within its batch, from 1: it tells a run which of the batch's waiting records it was asked to
/// send.
package struct RerunNumber: RawRepresentable, Hashable, Sendable {
    /// The number.
    package let rawValue: Int64

    /// Names the re-run with this number, which need not exist.
    package init(rawValue: Int64) {
        self.rawValue = rawValue
    }
}

/// Records of a batch that were selected and queued again, to be sent whatever else waits there.
package struct Rerun: Sendable, Equatable {
    /// The re-run that identifies them; nil where nothing was selected.
    package internal(set) var number: RerunNumber?
    /// How many had ended, and were queued again.
    package internal(set) var queued = 0
    /// How many of the selection were still waiting, because an earlier re-run had queued them and did not get to them.
    package internal(set) var takenOver = 0

    /// How many are to be sent.
    package var records: Int { queued + takenOver }

    /// Nothing was selected.
    package init() {}
}

extension RecordStore {
    private static let recordsAtATime = 5_000

    /// Queues a batch's records again; a completed or cancelled batch returns to running when there are any. One that
    /// is paused, halted or waits for confirmation stays so: the records resume with everything else that waits there.
    ///
    /// Records that an operator queues again get all their attempts back; for those the policy queues, spent attempts
    /// stay spent. The ledger keeps every earlier attempt. Large selections take several transactions, in input order.
    ///
    /// - Parameters:
    ///   - batch: The batch, its file read and not rejected; a cancelled one without calls under way.
    ///   - selection: Which records.
    /// - Returns: How many were queued again.
    /// - Throws: ``StoreError`` with ``StoreErrorCode/notAllowed`` when the selection names a status that can't be
    ///   queued again (succeeded and reused above all), or the batch can't run.
    package func requeue(_ batch: BatchID, _ selection: RequeueSelection) async throws -> Int {
        try await queueAgain(batch, selection, byOperator: false).queued
    }

    /// The same, to be sent apart from whatever else waits in the batch: ``claim(_:upTo:now:dueBy:caps:of:finishing:)``
    /// takes only these records when it is given their re-run's number. What an earlier re-run queued and did not get
    /// to is taken over if it is selected.
    ///
    /// - Parameters:
    ///   - batch: The batch.
    ///   - selection: Which records; not by the policy, which has its own run to send them.
    /// - Returns: How many records it concerns, and the re-run that identifies them.
    /// - Throws: ``StoreError`` as for ``requeue(_:_:)``.
    package func rerun(_ batch: BatchID, _ selection: RequeueSelection) async throws -> Rerun {
        try await queueAgain(batch, selection, byOperator: true)
    }

    /// An operator's re-run settles a job's that waits for an operator.
    private func queueAgain(
        _ batch: BatchID, _ selection: RequeueSelection, byOperator: Bool
    ) async throws -> Rerun {
        guard selection.statuses.isSubset(of: [.failed, .inDoubt, .cancelled]) else {
            throw StoreError(
                .notAllowed, "Only records that failed, are in doubt or were cancelled can be queued again")
        }
        try await bringBack(batch)
        var progress = RequeueProgress(after: batch.records.lowerBound - 1)
        while true {
            let count = min(Self.recordsAtATime, (selection.limit ?? .max) - progress.rerun.records)
            guard count > 0 else { return progress.rerun }
            let (before, start) = (progress.rerun.records, progress)
            progress = try await write { connection in
                if byOperator { try connection.endWaitingRerun(of: batch) }
                return try connection.requeue(batch, selection, upTo: count, start)
            }
            guard progress.rerun.records - before == count else { return progress.rerun }
        }
    }

    /// Whether records of a re-run wait for a call of their own.
    ///
    /// - Throws: ``StoreError`` when the database can't be read.
    package func awaitsCalls(_ batch: BatchID, of rerun: RerunNumber) async throws -> Bool {
        let sql = """
            SELECT EXISTS (
              SELECT 1 FROM ready CROSS JOIN records ON records.id = record_id WHERE batch_id = ? AND requeued = ?)
            """
        return try await read { try Bool.fetchOne($0, sql: sql, arguments: [batch.rawValue, rerun.rawValue]) ?? false }
    }

    /// Limits when a batch's retries fall due: those due after a time become due then, because they were scheduled
    /// under a wall clock that was ahead of today's.
    ///
    /// - Parameters:
    ///   - batch: The batch.
    ///   - latest: Milliseconds since 1970 UTC.
    /// - Throws: ``StoreError`` when the database can't be read or written.
    package func hastenRetries(of batch: BatchID, to latest: Int64) async throws {
        let arguments: StatementArguments = [batch.rawValue, latest]
        // Records queued behind everything else have no due time.
        let later = "batch_id = ?1 AND not_before > ?2 AND not_before < \(NextStep.behindAll)"
        let anyLater = "SELECT 1 FROM ready WHERE \(later) LIMIT 1"
        guard try await read({ try Int64.fetchOne($0, sql: anyLater, arguments: arguments) }) != nil else { return }
        try await write { connection in
            try connection.database.execute(
                sql: "UPDATE ready SET not_before = ?2 WHERE \(later)", arguments: arguments)
        }
    }

    /// Makes ready what ``NextStep/last`` put behind everything else.
    ///
    /// - Parameters:
    ///   - batch: The batch.
    ///   - rerun: The re-run whose records alone are meant; nil: all are.
    /// - Returns: The records; none where there are none.
    /// - Throws: ``StoreError`` when it can't be written.
    package func bringForward(_ batch: BatchID, of rerun: RerunNumber? = nil) async throws -> [RecordID] {
        try await write { connection in
            try Int64.fetchAll(
                connection.database,
                sql: """
                    UPDATE ready SET not_before = 0 WHERE batch_id = ?1 AND not_before = ?2
                      AND (?3 IS NULL OR (SELECT requeued FROM records WHERE records.id = record_id) = ?3)
                    RETURNING record_id
                    """,
                arguments: [batch.rawValue, NextStep.behindAll, rerun?.rawValue]
            ).map(RecordID.init(rawValue:))
        }
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
                  keeps_answers = max(keeps_answers, \(Self.answersAreWanted))
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
        let found = try Row.fetchAll(
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

extension BatchID {
    /// The ids of the records that start at some lines.
    func range(of lines: ClosedRange<Int>) -> ClosedRange<Int64> {
        let first = max(1, min(Int64(lines.lowerBound), RecordID.greatestLine))
        let last = max(first, min(Int64(lines.upperBound), RecordID.greatestLine))
        return (rawValue << RecordID.lineBits | first)...(rawValue << RecordID.lineBits | last)
    }
}

extension RecordStore {
    /// What records to be queued again would need if nothing failed.
    ///
    /// - Parameters:
    ///   - batch: The batch.
    ///   - selection: Which of its records.
    ///   - since: The earliest time of another batch's answer that may be reused; nil: none may.
    /// - Returns: How many would be called, and how many not.
    /// - Throws: ``StoreError`` with ``StoreErrorCode/notFound`` when there is no such batch.
    package func forecast(
        _ batch: BatchID, requeueing selection: RequeueSelection, answeredSince since: Int64?
    ) async throws -> Forecast {
        try await bringBack(batch)
        let since = try await self.batch(batch).reuses ? since : nil
        var (rows, arguments) = selection.rows(of: batch)
        arguments += [
            "limit": selection.limit ?? -1, "since": since ?? .max, "from": batch.records.lowerBound,
            "to": batch.records.upperBound,
        ]
        // Those that share a line's result share its next call, too. A record that holds them within the batch may be
        // sent with them.
        let others = "doubted.id NOT BETWEEN :from AND :to"
        let sql = """
            SELECT count(*), sum(number), sum(answered), sum(NOT answered AND doubted) FROM (
              SELECT number, EXISTS (\(Self.answered("again.fingerprint", since: ":since"))) AS answered,
                EXISTS (\(Self.inDoubt("again.fingerprint", besides: others))) AND NOT again.billed AS doubted
              FROM (
                SELECT fingerprint, count(*) AS number,
                  EXISTS (SELECT 1 FROM attempts WHERE record_id = leader AND billable <> 0) AS billed
                FROM (
                  SELECT fingerprint, ifnull(follows, id) AS leader FROM \(rows) ORDER BY id LIMIT :limit)
                GROUP BY leader) AS again)
            """
        let found = try await read { try Row.fetchOne($0, sql: sql, arguments: arguments) }
        guard let found, let groups: Int = found[0], groups > 0 else { return Forecast() }
        var forecast = Forecast()
        (forecast.reused, forecast.held) = (found[2], found[3])
        forecast.calls = groups - forecast.reused - forecast.held
        forecast.repeats = found[1] - groups
        return forecast
    }
}
