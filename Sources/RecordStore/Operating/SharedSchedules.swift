package import Basics

/// The due times of schedules where nodes share their folders: one node has each, until its files are taken in.
extension RecordStore {
    /// Takes a due time for this node, unless it, or a later one of the same schedule, has been taken.
    ///
    /// - Parameters:
    ///   - due: The due time.
    ///   - job: The job's name.
    ///   - times: The schedule it is due by, in the form that ``lastDue(ofSchedule:times:)`` takes.
    ///   - isOpen: Whether another node is to do it where this one ends before ``finishDues(ofSchedule:)``; else it is
    ///     never done again.
    /// - Returns: Whether this node has it now.
    /// - Throws: ``StoreError`` when it can't be written.
    package func takeDue(
        _ due: WallTime, ofSchedule job: String, times: String, stayingOpen isOpen: Bool
    ) async throws -> Bool {
        try await write { connection in
            guard let node = connection.node else { throw StoreError.runnerOnly }
            let taken = try Int.fetchOne(
                connection.database,
                sql: """
                    SELECT count(*) FROM schedule_runs WHERE job = ?1 AND (due = ?2 OR (due > ?2 AND times = ?3))
                    """, arguments: [job, due, times])
            guard taken == 0 else { return false }
            let now = WallTime.now()
            let finishedAt: WallTime? = isOpen ? nil : now
            try connection.database.execute(
                sql: """
                    INSERT INTO schedule_runs (job, due, times, node_id, taken_at, finished_at) VALUES (?, ?, ?, ?, ?, ?)
                    """, arguments: [job, due, times, node.number, now, finishedAt])
            // The last one says what was handled.
            try connection.database.execute(
                sql: "DELETE FROM schedule_runs WHERE job = ? AND due < ? AND finished_at IS NOT NULL",
                arguments: [job, due])
            return true
        }
    }

    /// The due times of a job that this node has to do: those that it has taken and not finished, and those of nodes
    /// that have ended, which are its own from now on.
    ///
    /// - Parameter job: The job's name.
    /// - Returns: The due times, the earliest first.
    /// - Throws: ``StoreError`` when it can't be written.
    package func openDues(ofSchedule job: String) async throws -> [WallTime] {
        guard let node else { return [] }
        let open = """
            job = ?2 AND finished_at IS NULL AND node_id IN (SELECT nodes.id FROM nodes WHERE nodes.id = ?1 OR \(EndedNodes.hasEnded))
            """
        let count = try await read {
            try Int.fetchOne(
                $0, sql: "SELECT count(*) FROM schedule_runs WHERE \(open)", arguments: [node.number, job])
        }
        guard count != 0 else { return [] }
        return try await write { connection in
            try WallTime.fetchAll(
                connection.database, sql: "UPDATE schedule_runs SET node_id = ?1 WHERE \(open) RETURNING due",
                arguments: [node.number, job]
            ).sorted()
        }
    }

    /// Whether a node that lives is at an earlier due time of a job.
    ///
    /// - Throws: ``StoreError`` when the database can't be read.
    package func isAnotherNode(atDueOf job: String, before due: WallTime) async throws -> Bool {
        guard let node else { return false }
        let sql = """
            SELECT count(*) FROM schedule_runs JOIN nodes ON nodes.id = node_id
            WHERE job = ?2 AND due < ?3 AND finished_at IS NULL AND nodes.id <> ?1 AND NOT \(EndedNodes.hasEnded)
            """
        return try await read { try Int.fetchOne($0, sql: sql, arguments: [node.number, job, due]) != 0 }
    }

    /// All files of the due times that this node has were taken in.
    ///
    /// - Throws: ``StoreError`` when it can't be written.
    package func finishDues(ofSchedule job: String) async throws {
        try await write { connection in
            guard let node = connection.node else { throw StoreError.runnerOnly }
            try connection.database.execute(
                sql: "UPDATE schedule_runs SET finished_at = ? WHERE job = ? AND node_id = ? AND finished_at IS NULL",
                arguments: [WallTime.now(), job, node.number])
        }
    }
}

extension WriterConnection {
    /// Records up to when a schedule was handled, whoever did it. What is later was taken under a clock that was wrong.
    func saveHandled(_ due: WallTime, ofSchedule job: String, times: String) throws {
        guard let node else { throw StoreError.runnerOnly }
        try database.execute(
            sql: "DELETE FROM schedule_runs WHERE job = ? AND times = ? AND due > ? AND finished_at IS NOT NULL",
            arguments: [job, times, due])
        let now = WallTime.now()
        try database.execute(
            sql: """
                INSERT INTO schedule_runs (job, due, times, node_id, taken_at, finished_at) VALUES (?, ?, ?, ?, ?, ?)
                ON CONFLICT (job, due) DO UPDATE SET times = excluded.times
                """, arguments: [job, due, times, node.number, now, now])
    }

    /// Forgets the due times of all other jobs but those that another node is at.
    func forgetSharedSchedules(except jobs: Set<String>) throws {
        guard let node else { throw StoreError.runnerOnly }
        for job in try String.fetchAll(database, sql: "SELECT DISTINCT job FROM schedule_runs")
        where !jobs.contains(job) {
            try database.execute(
                sql: "DELETE FROM schedule_runs WHERE job = ? AND (finished_at IS NOT NULL OR node_id = ?)",
                arguments: [job, node.number])
        }
    }
}
