package import Basics
import GRDB

extension RecordStore {
    /// Months that are over and of which nothing is left that their key would open: all their batches were purged, or
    /// none was ever made.
    ///
    /// - Parameters:
    ///   - now: The time; the month it lies in is not over.
    ///   - batches: These count as purged, to say in advance what purging them leads to.
    /// - Returns: The months, oldest first.
    /// - Throws: ``StoreError`` when the database can't be read.
    package func spentPeriods(at now: WallTime, purging batches: Set<BatchID> = []) async throws -> [CalendarMonth] {
        let current = CalendarMonth(at: now)
        return try await read { database in
            try PeriodKeyName.all(.live, database).filter { name in
                guard name.month < current else { return false }
                let holders = try Int64.fetchAll(
                    database, sql: "SELECT batch_id FROM batch_keys WHERE period_key_id = ?",
                    arguments: [name.id.bytes.blob])
                return holders.allSatisfy { batches.contains(BatchID(rawValue: $0)) }
            }.map(\.month)
        }
    }

    /// Destroys the keys of the months of which nothing is left: every backup of these is unreadable from then on. A batch
    /// that is needed or simply not purged yet keeps its month's key. It may take a moment; nothing undoes it.
    ///
    /// Call it after each purge. No month that is over gets another batch, so that none of these is in use again.
    ///
    /// - Parameter now: The time.
    /// - Returns: The months, oldest first.
    /// - Throws: ``StoreError`` when it can't be recorded or a file can't be removed.
    package func destroySpentPeriods(at now: WallTime) async throws -> [CalendarMonth] {
        let months = try await spentPeriods(at: now)
        for month in months { try await destroyPeriod(month, at: now) }
        return months
    }
}
