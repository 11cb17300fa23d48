import GRDB

extension RecordStore {
    private static let recordsAtATime = 5_000

    /// Queues a batch's records again; a completed batch goes back to running when there are any. One that is paused,
    /// halted or waits for confirmation stays so: they go on with everything else that waits there.
    ///
    /// Records that a person queues again get all their attempts anew; those the policy queues keep what they have
    /// spent. The ledger keeps every earlier attempt. Large selections go in several transactions, in input order.
    ///
    /// - Parameters:
    ///   - batch: The batch, its file read and not cancelled or rejected.
    ///   - selection: Which records.
    /// - Returns: How many were queued again.
    /// - Throws: ``StoreError`` with ``StoreError/Code/notAllowed`` when the selection names a status that can't be
    ///   queued again (succeeded and reused above all), or the batch can't run.
    public func requeue(_ batch: BatchID, _ selection: RequeueSelection) async throws -> Int {
        guard selection.statuses.isSubset(of: [.failed, .inDoubt]) else {
            throw StoreError(.notAllowed, "Only failed records and records in doubt can be queued again")
        }
        try await bringBack(batch)
        var (queued, after, leaders) = (0, batch.records.lowerBound - 1, [Int64: Int64]())
        while true {
            let count = min(Self.recordsAtATime, (selection.limit ?? .max) - queued)
            guard count > 0 else { return queued }
            let (start, known) = (after, leaders)
            let step = try await write { try $0.requeue(batch, selection, after: start, upTo: count, leaders: known) }
            queued += step.ids.count
            leaders = step.leaders
            guard step.ids.count == count, let last = step.ids.last else { return queued }
            after = last
        }
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
        let anyLater = "SELECT 1 FROM ready WHERE batch_id = ? AND not_before > ? LIMIT 1"
        guard try read({ try Int64.fetchOne($0, sql: anyLater, arguments: arguments) }) != nil else { return }
        try await write { connection in
            try connection.database.execute(
                sql: "UPDATE ready SET not_before = ?2 WHERE batch_id = ?1 AND not_before > ?2", arguments: arguments)
        }
    }
}
