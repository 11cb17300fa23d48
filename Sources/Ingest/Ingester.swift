import Basics
public import RecordStore

/// Takes a file into the store in constant memory: while one chunk is being stored the next is read, mapped, checked
/// and sealed. Each chunk is one transaction together with the place where reading goes on, so that a file whose
/// reading was cut short at any moment is continued without a line lost or doubled.
public struct Ingester: Sendable {
    private let store: RecordStore
    private let chunkSize: IngestFeed.ChunkSize

    /// Takes files into a store.
    ///
    /// - Parameter store: the store.
    public init(store: RecordStore) {
        self.init(store: store, chunkSize: IngestFeed.ChunkSize())
    }

    init(store: RecordStore, chunkSize: IngestFeed.ChunkSize) {
        self.store = store
        self.chunkSize = chunkSize
    }

    /// Reads a file into its batch, from where an earlier reading ended.
    ///
    /// Lines whose request is that of an earlier one are linked to it, so that they are answered by its call.
    ///
    /// The batch stays `ingesting`; the caller, who knows what comes next, finishes the ingest. When the task is
    /// cancelled it ends between two chunks, and can be continued.
    ///
    /// - Parameters:
    ///   - examined: the file.
    ///   - batch: the batch made for it.
    ///   - progress: told after each chunk how far into the file it reaches, in bytes.
    /// - Returns: what this go brought.
    /// - Throws: `InputError` when the file is not the batch's, cannot be read, or was changed; `StoreError`;
    ///   `CancellationError`.
    public func ingest(
        _ examined: ExaminedFile, into batch: Batch, progress: @Sendable (Int) -> Void = { _ in }
    ) async throws -> IngestSummary {
        try requireSame(examined, batch)
        let layout = try RecordLayout(decoding: store.layout(of: batch.id))
        var feed = try IngestFeed(
            examined.file, layout: layout, from: batch.checkpoint, store: store, chunkSize: chunkSize)
        var (full, spare) = (ChunkBox(try store.chunk(for: batch.id)), ChunkBox(try store.chunk(for: batch.id)))
        var filled = try full.fill(from: &feed)
        while let checkpoint = filled {
            try Task.checkCancellation()
            let storing = full
            async let stored: Void = storing.store(in: store, checkpoint: checkpoint)
            filled = try spare.fill(from: &feed)
            try await stored
            progress(Int(checkpoint.byteOffset))
            swap(&full, &spare)
        }
        var summary = feed.summary
        // Most files repeat nothing, and the feed knows; where it can't, all lines are compared.
        if feed.mayHoldRepeats { summary.repeatedRequests = try await store.linkRepeats(of: batch.id) }
        return summary
    }

    private func requireSame(_ examined: ExaminedFile, _ batch: Batch) throws(InputError) {
        guard examined.contentDigest == batch.contentDigest else {
            throw InputError(
                file: examined.file.name,
                rule: "is not the file of batch \(batch.name): its content differs; submit it as a file of its own")
        }
    }
}
