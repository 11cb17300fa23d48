import Basics

/// Calls in doubt that may not have ended: their node was not heard of in time, and may be at work all the same.
extension WriterConnection {
    /// How long calls of some records that are in doubt may still be under way; nil: all have ended. Where there is one
    /// runner it knows of its own.
    func timeUntilCallsEnded(of records: ClosedRange<Int64>) throws -> Duration? {
        guard case .postgreSQL = database.engine else { return nil }
        let sql = """
            SELECT max(send_until_us + longest_call_us) - \(DatabaseClock.now)
            FROM attempts JOIN nodes ON nodes.id = node_id JOIN records ON records.id = record_id
            WHERE record_id BETWEEN ? AND ? AND outcome = 'in_doubt' AND cause = ? AND records.status = 4
            """
        let left = try Int64.fetchOne(
            database, sql: sql, arguments: [records.lowerBound, records.upperBound, OrphanedAttempt.lostLease])
        return left.flatMap { $0 > 0 ? .microseconds($0) : nil }
    }

    /// Refuses a decision about calls that may still be under way.
    func refuseUnderWay(_ records: ClosedRange<Int64>, of batch: BatchID) throws {
        guard let left = try timeUntilCallsEnded(of: records) else { return }
        throw StoreError(
            .notAllowed,
            "Calls of batch \(batch) may still be under way at a node that was not heard of in time: decide about them in "
                + "\(left.milliseconds / 1_000 + 1) s, when they have ended or never will")
    }
}
