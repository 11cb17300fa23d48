import GRDB

extension RecordStore {
    /// Makes a batch, ingesting, with a data key of its own.
    ///
    /// - Parameters:
    ///   - new: What it is made from.
    ///   - claimedFile: The file's place in `working/`; kept with the batch's number in the same transaction.
    /// - Returns: The batch, named `<file stem>-<number>`.
    /// - Throws: ``StoreError`` when the same file is being read under the same job, the file at that place has a batch
    ///   already, or state can't be written.
    public func createBatch(_ new: NewBatch, claimedFile: ClaimedFile? = nil) async throws -> Batch {
        let sealingKey = sealingKey
        let id = try await write { connection in
            let batch = try connection.insert(new, sealingKey)
            try claimedFile.map { try connection.bind($0, to: batch) }
            return batch
        }
        return try batch(id)
    }

    /// An empty chunk for a batch's records; ``append(_:checkpoint:)`` gives it back for the next ones.
    ///
    /// - Throws: ``StoreError`` with ``StoreError/Code/notFound`` when there is no such batch or it was erased.
    public func chunk(for batch: BatchID) throws -> RecordChunk {
        RecordChunk(batch: batch, seal: try dataKey(of: batch).makeSeal(), fingerprints: fingerprints)
    }

    /// Inserts a chunk's records and moves the batch's checkpoint, in one transaction.
    ///
    /// - Parameters:
    ///   - chunk: The records.
    ///   - checkpoint: Where reading goes on should the process end.
    /// - Returns: The same chunk, emptied, its memory kept.
    /// - Throws: ``StoreError`` when the batch isn't ingesting or a line is there already; nothing is then kept.
    public func append(_ chunk: consuming RecordChunk, checkpoint: Checkpoint) async throws -> RecordChunk {
        let (batch, box) = (chunk.batch, chunk.box)
        chunk.handOver()
        try await write { connection in
            var rows = box.take()
            do {
                try connection.append(rows, to: batch, checkpoint: checkpoint)
            } catch {
                // It may be tried again, without those who broke a rule.
                box.put(rows)
                throw error
            }
            rows.removeAll()
            box.put(rows)
        }
        chunk.takeBack()
        return chunk
    }

    /// Says that a batch's whole file has been read.
    ///
    /// - Parameters:
    ///   - batch: The batch, ingesting.
    ///   - state: What follows: running, awaiting confirmation, or completed when nothing is to be sent.
    ///   - reason: Why, for people; no values of records.
    /// - Throws: ``StoreError`` when the batch can't go there.
    public func finishIngest(_ batch: BatchID, state: BatchState, reason: String? = nil) async throws {
        try await write { try $0.setState(batch, to: state, reason: reason, finishingIngest: true) }
    }

    /// Moves a batch to another state. Cancelling or rejecting cancels what is queued; records under way end as they
    /// end, and are cancelled instead of queued again.
    ///
    /// - Parameters:
    ///   - batch: The batch.
    ///   - state: Where it goes.
    ///   - reason: Why, for people; no values of records.
    /// - Throws: ``StoreError`` with ``StoreError/Code/notAllowed`` when the batch can't go there.
    public func setState(_ batch: BatchID, to state: BatchState, reason: String?) async throws {
        try await bringBack(batch)
        try await write { try $0.setState(batch, to: state, reason: reason, finishingIngest: false) }
    }

    /// Moves a batch to another state by a person's word, which is kept in the same transaction: whoever sees the batch
    /// there can know of the word.
    ///
    /// - Parameters:
    ///   - batch: The batch.
    ///   - state: Where it goes.
    ///   - reason: Why, for people; no values of records.
    ///   - action: What was done, with who did it.
    /// - Throws: ``StoreError`` with ``StoreError/Code/notAllowed`` when the batch can't go there.
    public func setState(_ batch: BatchID, to state: BatchState, reason: String?, by action: Action) async throws {
        try await bringBack(batch)
        try await write { connection in
            try connection.setState(batch, to: state, reason: reason, finishingIngest: false)
            try connection.insert(action)
        }
    }
}
