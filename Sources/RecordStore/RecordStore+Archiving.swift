import GRDB

extension RecordStore {
    /// A step keeps other writers waiting for some milliseconds.
    private static let recordsAtATime = 250

    /// Moves records of batches that were finished long ago out of the tables that every claim works in.
    ///
    /// All that can be read of a batch reads the same before and after, and its answers serve identical records as
    /// before. Batches with records in doubt stay. Ended anywhere, the next call goes on.
    ///
    /// - Parameters:
    ///   - moment: Only batches finished before this, in milliseconds since 1970 UTC, and not queued again since.
    ///   - records: The most records to move this time.
    /// - Returns: How many were moved; fewer than `records` when no more are old enough.
    /// - Throws: ``StoreError`` when state can't be written.
    public func archive(finishedBefore instant: Int64, upTo records: Int = 10_000) async throws -> Int {
        try requireRunning()
        var (moved, work) = (0, 0)
        while work < records {
            let count = min(Self.recordsAtATime, records - moved)
            guard let step = try await write({ try $0.archive(finishedBefore: instant, upTo: count) }) else { break }
            moved += step
            // A batch without records is work, too.
            work += max(1, step)
        }
        return moved
    }

    /// Brings a batch back from the archive, if it is there, so that it can be queued again.
    func bringBack(_ batch: BatchID) async throws {
        guard try read({ try ArchiveBorder($0, batch) }).isSet else { return }
        while try await write({ try $0.bringBack(batch, upTo: Self.recordsAtATime) }) {}
    }
}
