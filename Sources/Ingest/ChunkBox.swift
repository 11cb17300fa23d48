import RecordStore

/// Holds a chunk while it goes between the task that fills it and the child task that has it stored.
///
/// Sendable by this rule, which `Ingester` keeps: between the start of `store(in:checkpoint:)` and the end of awaiting
/// it nobody else touches the box, so that only one task at a time has the chunk.
final class ChunkBox: @unchecked Sendable {
    private var chunk: RecordChunk?

    init(_ chunk: consuming RecordChunk) {
        self.chunk = consume chunk
    }

    /// Fills the chunk.
    ///
    /// - Returns: where reading goes on, nil where the file is at its end.
    func fill(from feed: inout IngestFeed) throws -> Checkpoint? {
        guard var filling = chunk.take() else { return nil }
        let checkpoint = try feed.fill(&filling)
        chunk = consume filling
        return checkpoint
    }

    /// Stores the chunk's records together with the checkpoint, and takes the emptied chunk back.
    func store(in store: RecordStore, checkpoint: Checkpoint) async throws {
        guard let full = chunk.take() else { return }
        chunk = try await store.append(full, checkpoint: checkpoint)
    }
}
