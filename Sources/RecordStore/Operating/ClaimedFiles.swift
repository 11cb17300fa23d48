package import Basics

/// A file of a drop folder on its way from the inbox to the archive.
package struct ClaimedFile: Sendable, Equatable {
    /// Its path in `working/`; only one file has it at a time.
    package var path: String
    /// The job's name.
    package var job: String
    /// Its name as it was dropped.
    package var name: String
    /// The batch made from it; nil before there is one.
    package var batch: BatchID?
    /// When it was claimed.
    package var claimedAt: WallTime

    /// Describes a claimed file.
    package init(path: String, job: String, name: String, batch: BatchID? = nil, claimedAt: WallTime) {
        self.path = path
        self.job = job
        self.name = name
        self.batch = batch
        self.claimedAt = claimedAt
    }
}

extension RecordStore {
    /// Records where a file lies that was, or is about to be, taken out of its inbox.
    ///
    /// - Parameter file: The file; it replaces whatever was recorded for the same path.
    /// - Throws: ``StoreError`` when it can't be written.
    package func saveClaimedFile(_ file: ClaimedFile) async throws {
        try await write { [own] in try $0.save(file, own) }
    }

    /// The file at a path in `working/`; nil when none is recorded there.
    ///
    /// - Throws: ``StoreError`` when the database can't be read.
    package func claimedFile(at path: String) async throws -> ClaimedFile? {
        try await read { [own] in
            try ClaimedFile.fetchAll($0, "WHERE path = ? \(own.condition)", [path] + own.arguments).first
        }
    }

    /// The file a batch was made from, until it is released; nil for a batch made otherwise.
    ///
    /// - Throws: ``StoreError`` when the database can't be read.
    package func claimedFile(of batch: BatchID) async throws -> ClaimedFile? {
        try await read { try ClaimedFile.fetchAll($0, "WHERE batch_id = ?", [batch.rawValue]).first }
    }

    /// The batch made from a claimed file; nil before there is one.
    ///
    /// - Throws: ``StoreError`` when the database can't be read.
    package func batch(of file: ClaimedFile) async throws -> Batch? {
        guard let batch = file.batch else { return nil }
        return try await self.batch(batch)
    }

    /// A job's files between inbox and archive, the earliest claimed first.
    ///
    /// - Throws: ``StoreError`` when the database can't be read.
    package func claimedFiles(of job: String) async throws -> [ClaimedFile] {
        try await read { [own] in
            try ClaimedFile.fetchAll(
                $0, "WHERE job = ? \(own.condition) ORDER BY claimed_at, path", [job] + own.arguments)
        }
    }

    /// The batches that have ended with their results written, whose files have not been released.
    ///
    /// - Throws: ``StoreError`` when the database can't be read.
    package func batchesHoldingFiles() async throws -> [BatchID] {
        let sql = """
            SELECT DISTINCT batch_id FROM claimed_files JOIN batches ON batches.id = batch_id
            WHERE finished_at IS NOT NULL AND results_for IS NOT DISTINCT FROM finished_at \(own.condition)
            ORDER BY batch_id
            """
        return try await read { [own] in
            try Int64.fetchAll($0, sql: sql, arguments: own.arguments).map(BatchID.init(rawValue:))
        }
    }

    /// Forgets a file that is archived, deleted or gone.
    ///
    /// - Throws: ``StoreError`` when it can't be written.
    package func forgetClaimedFile(at path: String) async throws {
        try await write { [own] connection in
            try connection.database.execute(
                sql: "DELETE FROM claimed_files WHERE path = ? \(own.condition)", arguments: [path] + own.arguments)
        }
    }

    /// Records that a file was rejected as a whole: as a batch without records, in state rejected.
    ///
    /// ``findBatch(job:contentDigest:)`` does not find it, so that the file can come again once it, or its job, is
    /// fixed.
    ///
    /// - Parameters:
    ///   - new: What the batch would have been made from; the layout may be empty.
    ///   - reason: Why, for people; line, column and rule, no values of records.
    ///   - claimedFile: Its path in `working/`; kept with the batch's number in the same transaction.
    /// - Returns: The batch.
    /// - Throws: ``StoreError`` when it can't be written.
    package func rejectFile(_ new: NewBatch, reason: String, claimedFile: ClaimedFile? = nil) async throws -> Batch {
        var new = new
        let period = try await periodKey(forBatchMadeAt: new.madeNow())
        let id = try await write { [new, runnerName, own] connection in
            let batch = try connection.insert(new, under: period, rejectedBecause: reason)
            try connection.setHome(of: batch, to: runnerName)
            try claimedFile.map { try connection.bind($0, to: batch, own) }
            return batch
        }
        return try await batch(id)
    }
}

extension ClaimedFile {
    fileprivate static func fetchAll(
        _ database: StoreConnection, _ clause: String, _ arguments: SQLArguments
    ) throws -> [ClaimedFile] {
        let sql = "SELECT path, job, name, batch_id, claimed_at FROM claimed_files " + clause
        return try StoredRow.fetchAll(database, sql: sql, arguments: arguments).map { row in
            ClaimedFile(
                path: row[0], job: row[1], name: row[2], batch: (row[3] as Int64?).map(BatchID.init(rawValue:)),
                claimedAt: row[4])
        }
    }
}

extension WriterConnection {
    /// Records a claimed file, replacing what was known before. Of several nodes each has paths of its own.
    func save(_ file: ClaimedFile, _ own: (condition: String, arguments: SQLArguments)) throws {
        let isOfNode = !own.condition.isEmpty
        try database.execute(
            sql: """
                INSERT INTO claimed_files (path, job, name, batch_id, claimed_at\(isOfNode ? ", node_id" : ""))
                VALUES (?, ?, ?, ?, ?\(isOfNode ? ", (SELECT id FROM nodes WHERE name = ?)" : ""))
                ON CONFLICT (\(isOfNode ? "node_id, " : "")path) DO UPDATE SET
                  job = excluded.job, name = excluded.name, batch_id = excluded.batch_id,
                  claimed_at = excluded.claimed_at
                """,
            arguments: [file.path, file.job, file.name, file.batch?.rawValue, file.claimedAt] + own.arguments)
    }

    /// Records which batch is made from a claimed file, once.
    func bind(
        _ file: ClaimedFile, to batch: BatchID, _ own: (condition: String, arguments: SQLArguments)
    ) throws {
        let known = try Int64.fetchOne(
            database, sql: "SELECT batch_id FROM claimed_files WHERE path = ? \(own.condition)",
            arguments: [file.path] + own.arguments)
        if let known {
            throw StoreError(
                .notAllowed, "The file at this place was taken in already, as batch \(known); let that batch continue")
        }
        var file = file
        file.batch = batch
        try save(file, own)
    }
}
