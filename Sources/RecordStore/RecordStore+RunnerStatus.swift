import GRDB

extension RecordStore {
    /// What the runner last said of itself, which may be gone since: see ``runnerProcess(ofDatabase:)``. Nil before the
    /// first time.
    ///
    /// - Throws: ``StoreError`` when the database can't be read.
    public func runnerStatus() throws -> RunnerStatus? {
        try read { try RunnerStatus.fetch($0) }
    }

    /// Says how the runner fares, in the place of what it said before. One commit each time: once a second is enough.
    ///
    /// - Throws: ``StoreError`` when it can't be written, or this store doesn't run batches.
    public func saveRunnerStatus(_ status: RunnerStatus) async throws {
        try requireRunning()
        try await write { try status.save($0.database) }
    }
}
