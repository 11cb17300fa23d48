package import Basics

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
    /// Records that one transaction queues: other writes, those of a runner above all, come between the transactions.
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
    ///   - latest: The latest time at which any is due afterwards.
    /// - Throws: ``StoreError`` when the database can't be read or written.
    package func hastenRetries(of batch: BatchID, to latest: WallTime) async throws {
        let arguments: SQLArguments = [batch.rawValue, latest]
        // Records queued behind everything else have no due time.
        let later = "batch_id = ?1 AND not_before > ?2 AND not_before < \(NextStep.behindAll.milliseconds)"
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
        _ batch: BatchID, requeueing selection: RequeueSelection, answeredSince since: WallTime?
    ) async throws -> Forecast {
        try await bringBack(batch)
        let since = try await self.batch(batch).reuses ? since : nil
        var (rows, arguments) = selection.rows(of: batch)
        arguments += [
            "limit": selection.limit ?? .max, "since": since ?? .distantFuture, "from": batch.records.lowerBound,
            "to": batch.records.upperBound,
        ]
        // Those that share a line's result share its next call, too. A record that holds them within the batch may be
        // sent with them.
        let others = "doubted.id NOT BETWEEN :from AND :to"
        let sql = """
            SELECT count(*), coalesce(sum(number), 0), count(CASE WHEN answered THEN 1 END),
              count(CASE WHEN NOT answered AND doubted THEN 1 END)
            FROM (
              SELECT number, EXISTS (\(Self.answered("again.fingerprint", since: ":since"))) AS answered,
                EXISTS (\(Self.inDoubt("again.fingerprint", besides: others))) AND NOT again.billed AS doubted
              FROM (
                SELECT fingerprint, count(*) AS number,
                  EXISTS (SELECT 1 FROM attempts WHERE record_id = leader AND billable <> 0) AS billed
                FROM (
                  SELECT fingerprint, coalesce(follows, id) AS leader FROM \(rows) ORDER BY id LIMIT :limit) AS chosen
                GROUP BY leader, fingerprint) AS again) AS prospects
            """
        let found = try await read { try StoredRow.fetchOne($0, sql: sql, arguments: arguments) }
        guard let found, let groups: Int = found[0], groups > 0 else { return Forecast() }
        var forecast = Forecast()
        (forecast.reused, forecast.held) = (found[2], found[3])
        forecast.calls = groups - forecast.reused - forecast.held
        forecast.repeats = found[1] - groups
        return forecast
    }
}

extension RecordStore {
    /// Records that a job's re-run of a batch waits until an operator agrees to it, so that this is told once.
    ///
    /// - Parameters:
    ///   - batch: The batch.
    ///   - action: What is noted with it, in the same transaction.
    /// - Returns: Whether it is new: false where one waits already, and no operator has re-run the batch since.
    /// - Throws: ``StoreError`` when it can't be written.
    package func noteWaitingRerun(of batch: BatchID, noting action: Action) async throws -> Bool {
        try await write { connection in
            try connection.database.execute(
                sql: "INSERT INTO waiting_reruns (batch_id, since) VALUES (?, ?) ON CONFLICT (batch_id) DO NOTHING",
                arguments: [batch.rawValue, action.at])
            guard connection.database.changesCount == 1 else { return false }
            try connection.insert(action)
            return true
        }
    }
}

extension WriterConnection {
    /// Records that an operator has re-run a batch: what waits from now on is told again.
    func endWaitingRerun(of batch: BatchID) throws {
        try database.execute(sql: "DELETE FROM waiting_reruns WHERE batch_id = ?", arguments: [batch.rawValue])
    }
}
