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
    /// Whether another node has it, where nodes share their folders.
    package internal(set) var isElsewhere = false

    /// Describes a file that is to be claimed.
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

    /// Records that a file is about to be taken out of an inbox that nodes share, unless one is recorded at its path: by
    /// whichever node, no other file may come there until that is forgotten.
    ///
    /// - Parameter file: The file, with the path that it will have.
    /// - Returns: Whether it is this node's now.
    /// - Throws: ``StoreError`` when it can't be written.
    package func hold(_ file: ClaimedFile) async throws -> Bool {
        try await write { [own] connection in
            let known = try Int.fetchOne(
                connection.database, sql: "SELECT count(*) FROM claimed_files WHERE path = ?", arguments: [file.path])
            guard known == 0 else { return false }
            try connection.save(file, own)
            return true
        }
    }

    /// The file at a path in `working/`, where nodes share their folders whichever has it; nil when none is recorded there.
    ///
    /// - Throws: ``StoreError`` when the database can't be read.
    package func claimedFile(at path: String) async throws -> ClaimedFile? {
        try await read { [seenFiles, runnerName] in
            try ClaimedFile.fetchAll(
                $0, runnerName, "WHERE path = ? \(seenFiles.condition)", [path] + seenFiles.arguments
            ).first
        }
    }

    /// The part of a condition by which files are limited to those in folders that this runner sees.
    private var seenFiles: (condition: String, arguments: SQLArguments) { sharesFolders ? ("", []) : own }

    /// The file a batch was made from, until it is released; nil for a batch made otherwise.
    ///
    /// - Throws: ``StoreError`` when the database can't be read.
    package func claimedFile(of batch: BatchID) async throws -> ClaimedFile? {
        try await read { [runnerName] in
            try ClaimedFile.fetchAll($0, runnerName, "WHERE batch_id = ?", [batch.rawValue]).first
        }
    }

    /// The batch made from a claimed file; nil before there is one.
    ///
    /// - Throws: ``StoreError`` when the database can't be read.
    package func batch(of file: ClaimedFile) async throws -> Batch? {
        guard let batch = file.batch else { return nil }
        return try await self.batch(batch)
    }

    /// A job's files between inbox and archive, the earliest claimed first; those of all nodes that share their folders.
    ///
    /// - Throws: ``StoreError`` when the database can't be read.
    package func claimedFiles(of job: String) async throws -> [ClaimedFile] {
        try await read { [seenFiles, runnerName] in
            try ClaimedFile.fetchAll(
                $0, runnerName, "WHERE job = ? \(seenFiles.condition) ORDER BY claimed_at, path",
                [job] + seenFiles.arguments)
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
        let id = try await write { [new, runnerName, own, sharesFolders] connection in
            let batch = try connection.insert(new, under: period, rejectedBecause: reason)
            try connection.setHome(of: batch, to: runnerName)
            try claimedFile.map { try connection.bind($0, to: batch, own, areFoldersShared: sharesFolders) }
            return batch
        }
        return try await batch(id)
    }
}

extension ClaimedFile {
    fileprivate static func fetchAll(
        _ database: StoreConnection, _ runner: String?, _ clause: String, _ arguments: SQLArguments
    ) throws -> [ClaimedFile] {
        let isElsewhere = runner == nil ? "0" : "node_id NOT IN (SELECT id FROM nodes WHERE nodes.name = ?)"
        let sql = "SELECT path, job, name, batch_id, claimed_at, \(isElsewhere) FROM claimed_files " + clause
        let holder: SQLArguments = runner.map { [$0] } ?? []
        return try StoredRow.fetchAll(database, sql: sql, arguments: holder + arguments).map { row in
            var file = ClaimedFile(
                path: row[0], job: row[1], name: row[2], batch: (row[3] as Int64?).map(BatchID.init(rawValue:)),
                claimedAt: row[4])
            file.isElsewhere = row[5]
            return file
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
        _ file: ClaimedFile, to batch: BatchID, _ own: (condition: String, arguments: SQLArguments),
        areFoldersShared: Bool
    ) throws {
        if areFoldersShared { try refuseElsewhere(file, own) }
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

    /// Refuses a file that another node has, which took it over meanwhile.
    private func refuseElsewhere(
        _ file: ClaimedFile, _ own: (condition: String, arguments: SQLArguments)
    ) throws {
        let others = try Int.fetchOne(
            database,
            sql: """
                SELECT count(*) FROM claimed_files WHERE path = ?
                  AND path NOT IN (SELECT path FROM claimed_files WHERE 1 = 1 \(own.condition))
                """, arguments: [file.path] + own.arguments)
        guard others == 0 else {
            throw StoreError(.takenUp, "Another node has taken over the file from which the batch was to be made")
        }
    }
}
