internal import Dispatch

extension RecordStore {
    /// The same as ``close()`` for a task: what still waits is written meanwhile on a thread that may wait.
    ///
    /// - Throws: ``StoreError`` when the database can't be closed.
    public func closeWithoutBlocking() async throws {
        try await withCheckedThrowingContinuation { (waiter: CheckedContinuation<Void, any Error>) in
            DispatchQueue.global().async { waiter.resume(with: Result { try self.close() }) }
        }
    }
}
