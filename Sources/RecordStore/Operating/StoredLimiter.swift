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
    /// The last saved limiter state; nil before the first time.
    ///
    /// - Throws: ``StoreError`` when the database can't be read.
    package func limiterState() async throws -> LimiterState? {
        let sql = "SELECT theoretical_arrival_us, rate_factor, closed_until, saved_at, key_doubted FROM limiter"
        return try await read { database in
            try StoredRow.fetchOne(database, sql: sql).map { row in
                LimiterState(
                    theoreticalArrival: WallTime(milliseconds: row[0] / 1_000), rateFactor: row[1],
                    closedUntil: row[2], savedAt: row[3], isKeyDoubted: row[4])
            }
        }
    }

    /// Saves the limiter's state so that it survives restarts.
    ///
    /// - Throws: ``StoreError`` when it can't be written.
    package func saveLimiterState(_ state: LimiterState) async throws {
        try await write { connection in
            try connection.database.execute(
                sql: """
                    INSERT INTO limiter
                      (only_row, theoretical_arrival_us, rate_factor, closed_until, saved_at, key_doubted)
                    VALUES (1, ?, ?, ?, ?, ?)
                    ON CONFLICT (only_row) DO UPDATE SET
                      theoretical_arrival_us = excluded.theoretical_arrival_us, rate_factor = excluded.rate_factor,
                      closed_until = excluded.closed_until, saved_at = excluded.saved_at,
                      key_doubted = excluded.key_doubted
                    """,
                arguments: [
                    state.theoreticalArrival.microseconds, state.rateFactor, state.closedUntil, state.savedAt,
                    state.isKeyDoubted,
                ])
        }
    }
}

extension WallTime {
    /// Microseconds since 1970 UTC, the unit of `theoretical_arrival_us`, held at the ends of `Int64`.
    fileprivate var microseconds: Int64 {
        let (product, overflows) = milliseconds.multipliedReportingOverflow(by: 1_000)
        return overflows ? (milliseconds < 0 ? .min : .max) : product
    }
}
