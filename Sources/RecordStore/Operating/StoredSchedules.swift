package import Basics

extension RecordStore {
    /// The last due time of a job's schedule that was handled, where folders are shared by any node; nil before the first,
    /// and after the schedule has changed.
    ///
    /// - Parameters:
    ///   - job: The job's name.
    ///   - times: The schedule as text, such as its expression and time zone.
    /// - Returns: The due time.
    /// - Throws: ``StoreError`` when the database can't be read.
    package func lastDue(ofSchedule job: String, times: String) async throws -> WallTime? {
        try await BlockingWork.run { try blockingReads.lastDue(ofSchedule: job, times: times) }
    }

    /// Records the last due time of a job's schedule that was handled.
    ///
    /// - Parameters:
    ///   - due: The due time.
    ///   - job: The job's name.
    ///   - times: The schedule it was due by, in the form that ``lastDue(ofSchedule:times:)`` takes.
    /// - Throws: ``StoreError`` when it can't be written.
    package func saveLastDue(_ due: WallTime, ofSchedule job: String, times: String) async throws {
        try await write { [own, sharesFolders] connection in
            guard !sharesFolders else { return try connection.saveHandled(due, ofSchedule: job, times: times) }
            let isOfNode = !own.condition.isEmpty
            try connection.database.execute(
                sql: """
                    INSERT INTO schedules (job, last_due, times\(isOfNode ? ", node_id" : ""))
                    VALUES (?, ?, ?\(isOfNode ? ", (SELECT id FROM nodes WHERE name = ?)" : ""))
                    ON CONFLICT (\(isOfNode ? "node_id, " : "")job) DO UPDATE SET
                      last_due = excluded.last_due, times = excluded.times
                    """,
                arguments: [job, due, times] + own.arguments)
        }
    }

    /// Forgets the due times of all other jobs' schedules: what fell due while a job was disabled was not missed.
    ///
    /// - Parameter jobs: The jobs whose schedules are kept.
    /// - Throws: ``StoreError`` when it can't be written.
    package func forgetSchedules(except jobs: Set<String>) async throws {
        try await write { [own, sharesFolders] connection in
            guard !sharesFolders else { return try connection.forgetSharedSchedules(except: jobs) }
            let known = try String.fetchAll(
                connection.database, sql: "SELECT job FROM schedules WHERE 1 = 1 \(own.condition)",
                arguments: own.arguments)
            for job in known where !jobs.contains(job) {
                try connection.database.execute(
                    sql: "DELETE FROM schedules WHERE job = ? \(own.condition)", arguments: [job] + own.arguments)
            }
        }
    }
}

extension BlockingReads {
    /// The last due time of a job's schedule that was handled; see ``RecordStore/lastDue(ofSchedule:times:)``.
    ///
    /// - Throws: ``StoreError`` when the database can't be read.
    package func lastDue(ofSchedule job: String, times: String) throws -> WallTime? {
        let own = store.own
        guard !store.sharesFolders else {
            let sql = "SELECT max(due) FROM schedule_runs WHERE job = ? AND times = ?"
            return try store.readWaiting { try WallTime.fetchOne($0, sql: sql, arguments: [job, times]) }
        }
        let sql = "SELECT last_due FROM schedules WHERE job = ? AND times IN (?, '') \(own.condition)"
        return try store.readWaiting { try WallTime.fetchOne($0, sql: sql, arguments: [job, times] + own.arguments) }
    }
}
