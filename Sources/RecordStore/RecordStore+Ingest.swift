import GRDB

extension RecordStore {
    /// Makes a batch, ingesting, with a data key of its own.
    ///
    /// - Parameters:
    ///   - new: What it is made from.
    ///   - claimedFile: The file's place in `working/`; kept with the batch's number in the same transaction.
    /// - Returns: The batch, named `<file stem>-<number>`.
    /// - Throws: ``StoreError``: ``StoreError/Code/takenIn`` when an earlier batch of the job has the same content, unless
    ///   it is to be taken in again; when the same file is being read under the same job, the file at that place has a
    ///   batch already, or state can't be written.
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
}
