import Basics

/// Calls in doubt that may not have ended: their node was not heard of in time, and may be at work all the same, or the
/// server had lost them.
extension RecordStore {
    /// How long calls of a batch that are in doubt may still be under way at another node; nil: all have ended.
    ///
    /// - Throws: ``StoreError`` when the database can't be read.
    package func timeUntilCallsEnded(of batch: BatchID) async throws -> Duration? {
        try await read { try $0.timeUntilCallsEnded(of: batch.records) }
    }
}

extension StoreConnection {
    /// How long calls of some records that are in doubt may still be under way; nil: all have ended. Where there is one
    /// runner it knows of its own.
    func timeUntilCallsEnded(of records: ClosedRange<Int64>) throws -> Duration? {
        guard case .postgreSQL = engine else { return nil }
        // A call that a server had lost was entered without its window: it was claimed before, for a slot that was near.
        let window = (SlotPlan.horizon + SlotPlan.length).microseconds
        let sql = """
            SELECT max(CASE WHEN node_id IS NULL
                THEN attempts.finished_at * 1000 + \(window) + (SELECT max(longest_call_us) FROM nodes)
                ELSE send_until_us + longest_call_us END) - \(DatabaseClock.now)
            FROM attempts LEFT JOIN nodes ON nodes.id = node_id JOIN records ON records.id = record_id
            WHERE record_id BETWEEN ?1 AND ?2 AND outcome = 'in_doubt' AND cause IN (?3, ?4) AND records.status = 4
            """
        let left = try Int64.fetchOne(
            self, sql: sql,
            arguments: [
                records.lowerBound, records.upperBound, OrphanedAttempt.lostLease, OrphanedAttempt.lostByServer,
            ])
        return left.flatMap { $0 > 0 ? .microseconds($0) : nil }
    }
}

extension WriterConnection {
    /// Refuses a decision about calls that may still be under way.
    func refuseUnderWay(_ records: ClosedRange<Int64>, of batch: BatchID) throws {
        guard let left = try database.timeUntilCallsEnded(of: records) else { return }
        throw StoreError(
            .notAllowed,
            "Calls of batch \(batch) may still be under way at a node that was not heard of in time, or since the database "
                + "server was replaced: decide about them in \(left.milliseconds / 1_000 + 1) s, when they have ended or "
                + "never will")
    }
}
