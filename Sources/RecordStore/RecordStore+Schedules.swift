import GRDB

extension RecordStore {
    /// The due time of a job's schedule that was last dealt with, in milliseconds since 1970 UTC; nil before the first.
    ///
    /// - Throws: ``StoreError`` when the database can't be read.
    public func lastDue(ofSchedule job: String) throws -> Int64? {
        try read {
            try Int64.fetchOne($0, sql: "SELECT last_due FROM schedules WHERE job = ?", arguments: [job])
        }
    }

    /// Keeps the due time of a job's schedule that was last dealt with.
    ///
    /// - Parameters:
    ///   - due: Milliseconds since 1970 UTC.
    ///   - job: The job's name.
    /// - Throws: ``StoreError`` when it can't be written.
    public func saveLastDue(_ due: Int64, ofSchedule job: String) async throws {
        try await write { connection in
            try connection.database.execute(
                sql: "INSERT OR REPLACE INTO schedules (job, last_due) VALUES (?, ?)", arguments: [job, due])
        }
    }
}
