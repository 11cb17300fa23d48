import GRDB

extension RecordStore {
    private static let recordsAtATime = 5_000

    /// Queues a batch's records again; a completed or cancelled batch goes back to running when there are any. One that
    /// is paused, halted or waits for confirmation stays so: they go on with everything else that waits there.
    ///
    /// Records that a person queues again get all their attempts anew; those the policy queues keep what they have
    /// spent. The ledger keeps every earlier attempt. Large selections go in several transactions, in input order.
    ///
    /// - Parameters:
    ///   - batch: The batch, its file read and not rejected; a cancelled one without calls under way.
    ///   - selection: Which records.
    /// - Returns: How many were queued again.
    /// - Throws: ``StoreError`` with ``StoreError/Code/notAllowed`` when the selection names a status that can't be
    ///   queued again (succeeded and reused above all), or the batch can't run.
    public func requeue(_ batch: BatchID, _ selection: RequeueSelection) async throws -> Int {
        try await rerun(batch, selection).queued
    }

    /// The same, to be sent apart from whatever else waits in the batch: ``claim(_:upTo:now:dueBy:caps:of:finishing:)`` takes
    /// these records alone when it is given their re-run's number. What an earlier re-run queued and did not come to is
    /// taken over as far as it is selected.
    ///
    /// - Parameters:
    ///   - batch: The batch.
    ///   - selection: Which records; not by the policy, which has its own run to send them.
    /// - Returns: How many records it concerns, and what they are known by.
    /// - Throws: ``StoreError`` as for ``requeue(_:_:)``.
    public func rerun(_ batch: BatchID, _ selection: RequeueSelection) async throws -> Rerun {
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
            progress = try await write { try $0.requeue(batch, selection, upTo: count, start) }
            guard progress.rerun.records - before == count else { return progress.rerun }
        }
    }

    /// Whether records of a re-run wait for a call of their own.
    ///
    /// - Throws: ``StoreError`` when the database can't be read.
    public func awaitsCalls(_ batch: BatchID, of rerun: RerunNumber) throws -> Bool {
        let sql = """
            SELECT EXISTS (
              SELECT 1 FROM ready CROSS JOIN records ON records.id = record_id WHERE batch_id = ? AND requeued = ?)
            """
        return try read { try Bool.fetchOne($0, sql: sql, arguments: [batch.rawValue, rerun.rawValue]) ?? false }
    }

    /// Lets those of a batch's retries that are due after a time fall due then: they were put there under a wall clock
    /// that was ahead of today's.
    ///
    /// - Parameters:
    ///   - batch: The batch.
    ///   - latest: Milliseconds since 1970 UTC.
    /// - Throws: ``StoreError`` when the database can't be read or written.
    public func hastenRetries(of batch: BatchID, to latest: Int64) async throws {
        let arguments: StatementArguments = [batch.rawValue, latest]
        // What stands behind everything else waits for no time.
        let later = "batch_id = ?1 AND not_before > ?2 AND not_before < \(NextStep.behindAll)"
        let anyLater = "SELECT 1 FROM ready WHERE \(later) LIMIT 1"
        guard try read({ try Int64.fetchOne($0, sql: anyLater, arguments: arguments) }) != nil else { return }
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
    public func bringForward(_ batch: BatchID, of rerun: RerunNumber? = nil) async throws -> [RecordID] {
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
