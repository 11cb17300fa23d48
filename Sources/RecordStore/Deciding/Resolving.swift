import Basics

extension RecordStore {
    /// Resolves records in doubt by hand: they count as failed. The ledger's entries for their calls stay: it is
    /// unknown whether they were billed.
    ///
    /// Where the batch's key was destroyed, as in a copy restored from before, the reason is not kept: nobody could read it.
    ///
    /// A record that shares the doubt of an earlier line is resolved with it, or alone when only it is named.
    ///
    /// - Parameters:
    ///   - batch: The batch, its file read.
    ///   - lines: Only records that start at these lines; nil: all in doubt.
    ///   - reason: What is shown for them, for people; no values of records.
    ///   - heldReason: What is shown for those that were held because of an identical one, and not sent.
    ///   - action: The decision and who made it, given how many records it resolves; recorded in the same transaction.
    /// - Returns: How many records it resolved; when none, nothing is recorded.
    /// - Throws: ``StoreError`` when the batch isn't there or its file was read in part.
    package func resolveAsFailed(
        _ batch: BatchID, lines: ClosedRange<Int>?, reason: String, heldReason: String,
        action: @escaping @Sendable (Int) -> Action
    ) async throws -> Int {
        let key = try await BlockingWork.run { try existingDataKey(of: batch) }
        return try await write {
            try $0.resolveAsFailed(batch, lines: lines, reasons: (reason, heldReason), key: key, action: action)
        }
    }
}

extension WriterConnection {
    fileprivate func resolveAsFailed(
        _ batch: BatchID, lines: ClosedRange<Int>?, reasons: (sent: String, held: String), key: DataKey?,
        action: (Int) -> Action
    ) throws -> Int {
        let row = try batchRow(batch)
        guard row.isIngested else { throw StoreError.wrongState(batch, row.state, to: "be resolved") }
        let range = lines.map { batch.range(of: $0) } ?? batch.records
        try refuseUnderWay(range, of: batch)
        let records = try StoredRow.fetchAll(
            database, sql: "SELECT id, held FROM records WHERE id BETWEEN ? AND ? AND status = 4 ORDER BY id",
            arguments: [range.lowerBound, range.upperBound])
        let now = WallTime.now()
        var counts = BatchCounts()
        for record in records {
            let reason = Array((record[1] ? reasons.held : reasons.sent).utf8)
            if let changes = try fail(record[0], reason, key, now) { counts.add(changes) }
        }
        guard counts.failed > 0 else { return 0 }
        try add(counts, to: batch)
        if key != nil {
            // The process that rewrites the results may end before it does so; without a key none can.
            try database.execute(
                sql: "UPDATE batches SET results_for = NULL WHERE id = ?", arguments: [batch.rawValue])
        }
        try insert(action(counts.failed))
        return counts.failed
    }

    /// Nil when it was resolved with the record it follows.
    private func fail(_ record: Int64, _ reason: [UInt8], _ key: DataKey?, _ now: WallTime) throws -> BatchCounts? {
        try database.execute(
            sql: "UPDATE records SET status = 3, held = 0, follows = NULL WHERE id = ? AND status = 4",
            arguments: [record])
        guard database.changesCount == 1 else { return nil }
        let detail = try key?.seal(reason, record: record, column: .detail)
        try database.execute(
            sql: """
                INSERT INTO results (record_id, completed_at, detail) VALUES (?, ?, ?)
                ON CONFLICT (record_id) DO UPDATE SET completed_at = excluded.completed_at, detail = excluded.detail
                """,
            arguments: [record, now, detail])
        var counts = try settleFollowers(of: record, as: .failed) ?? BatchCounts()
        counts.move(from: .inDoubt, to: .failed)
        return counts
    }
}
