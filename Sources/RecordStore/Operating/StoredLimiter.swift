package import Basics

/// The limiter's state that persists across restarts.
package struct LimiterState: Sendable, Equatable {
    /// GCRA's theoretical arrival time.
    package var theoreticalArrival: WallTime
    /// The fraction of the contract's rate allowed now, above 0 and at most 1.
    package var rateFactor: Double
    /// Until when a `Retry-After` closes the limiter.
    package var closedUntil: WallTime?
    /// When this was true.
    package var savedAt: WallTime
    /// Whether a run of unreadable answers has halted calls, with no usable answer since.
    package var isKeyDoubted: Bool

    /// Describes a limiter's state.
    package init(
        theoreticalArrival: WallTime, rateFactor: Double, closedUntil: WallTime? = nil, savedAt: WallTime,
        isKeyDoubted: Bool = false
    ) {
        self.theoreticalArrival = theoreticalArrival
        self.rateFactor = rateFactor
        self.closedUntil = closedUntil
        self.savedAt = savedAt
        self.isKeyDoubted = isKeyDoubted
    }
}

extension RecordStore {
    /// The limiter state that this runner saved last; nil before the first time. A `Retry-After` that another of several
    /// runners was given is in it.
    ///
    /// - Throws: ``StoreError`` when the database can't be read.
    package func limiterState() async throws -> LimiterState? {
        let sql = """
            SELECT theoretical_arrival_us, rate_factor, (SELECT max(closed_until) FROM limiter), saved_at, key_doubted
            FROM limiter WHERE only_row = ?
            """
        return try await read { [runnerName] database in
            guard let number = try Self.runnerNumber(runnerName, database) else { return nil }
            return try StoredRow.fetchOne(database, sql: sql, arguments: [number]).map { row in
                LimiterState(
                    theoreticalArrival: WallTime(milliseconds: row[0] / 1_000), rateFactor: row[1],
                    closedUntil: row[2], savedAt: row[3], isKeyDoubted: row[4])
            }
        }
    }

    /// Saves the limiter's state so that it survives restarts. Each of several runners has its own, and heeds those of the
    /// others when it claims.
    ///
    /// - Throws: ``StoreError`` when it can't be written.
    package func saveLimiterState(_ state: LimiterState) async throws {
        try await write { connection in
            try connection.database.execute(
                sql: """
                    INSERT INTO limiter
                      (only_row, theoretical_arrival_us, rate_factor, closed_until, saved_at, key_doubted)
                    VALUES (?, ?, ?, ?, ?, ?)
                    ON CONFLICT (only_row) DO UPDATE SET
                      theoretical_arrival_us = excluded.theoretical_arrival_us, rate_factor = excluded.rate_factor,
                      closed_until = excluded.closed_until, saved_at = excluded.saved_at,
                      key_doubted = excluded.key_doubted
                    """,
                arguments: [
                    connection.node?.number ?? Self.onlyRunner, state.theoreticalArrival.microseconds,
                    state.rateFactor, state.closedUntil, state.savedAt, state.isKeyDoubted,
                ])
        }
    }
}

extension WallTime {
    /// Microseconds since 1970 UTC, the unit of `theoretical_arrival_us`, saturating at the ends of `Int64`.
    fileprivate var microseconds: Int64 {
        let (product, overflows) = milliseconds.multipliedReportingOverflow(by: 1_000)
        return overflows ? (milliseconds < 0 ? .min : .max) : product
    }
}
