import GRDB

extension RecordStore {
    /// The batches of one content under one job, newest first. A file that was rejected as a whole counts as never taken
    /// in, so that it can come again, and so does one without records: a header alone is the same every night.
    ///
    /// - Parameters:
    ///   - job: The job's name.
    ///   - contentDigest: SHA-256 of the whole file.
    /// - Returns: The batches; empty when the file is new under the job.
    /// - Throws: ``StoreError`` when the database can't be read.
    public func findBatch(job: String, contentDigest: [UInt8]) throws -> [Batch] {
        try read { database in
            try Batch.fetchAll(database, Batch.ofContent, [contentDigest.blob, job])
        }
    }

    /// The batch with a name or number; nil when there is none.
    ///
    /// - Throws: ``StoreError`` when the database can't be read.
    public func batch(named name: String) throws -> Batch? {
        try read {
            try Batch.fetchAll($0, "WHERE name = ?1 OR id = ?2 ORDER BY name <> ?1", [name, Int64(name)]).first
        }
    }

    /// The batch with a number.
    ///
    /// - Throws: ``StoreError`` with ``StoreError/Code/notFound`` when there is none.
    public func batch(_ id: BatchID) throws -> Batch {
        guard let batch = try read({ try Batch.fetchAll($0, "WHERE id = ?", [id.rawValue]).first }) else {
            throw StoreError.noBatch(id)
        }
        return batch
    }

    /// All batches, oldest first.
    ///
    /// - Throws: ``StoreError`` when the database can't be read.
    public func batches() throws -> [Batch] {
        try read { try Batch.fetchAll($0, "ORDER BY id", []) }
    }

    /// The batches that aren't finished, oldest first; costs little, however many are.
    ///
    /// - Throws: ``StoreError`` when the database can't be read.
    public func unfinishedBatches() throws -> [Batch] {
        try read {
            try Batch.fetchAll($0, "INDEXED BY batches_unfinished WHERE finished_at IS NULL ORDER BY id", [])
        }
    }

    /// A batch's counters.
    ///
    /// - Throws: ``StoreError`` with ``StoreError/Code/notFound`` when there is no such batch.
    public func progress(_ batch: BatchID) throws -> BatchCounts {
        try self.batch(batch).counts
    }

    /// What is needed to rebuild requests from a batch's raw rows, as it was given to ``createBatch(_:claimedFile:)``.
    ///
    /// - Throws: ``StoreError`` with ``StoreError/Code/notFound`` when there is no such batch or it was erased.
    public func layout(of batch: BatchID) throws -> [UInt8] {
        let key = try dataKey(of: batch)
        let sealed = try read { database in
            try Row.fetchOne(
                database, sql: "SELECT layout FROM layouts WHERE batch_id = ?", arguments: [batch.rawValue])?.bytes(0)
        }
        guard let sealed else { throw StoreError.noBatch(batch) }
        return try key.open(sealed, record: 0, column: .layout)
    }
}
