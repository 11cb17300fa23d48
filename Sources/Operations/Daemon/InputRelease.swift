import JobRunner
import Logging
import RecordStore

/// Lets the input files go that could not be let go when their batches were over, and those a crash left where they
/// were. The results are there; only the file is not where its job says.
struct FileReleaseRetry {
    let context: DaemonContext
    static let name = "input files"

    /// Tries now and then, until it is cancelled.
    ///
    /// - Throws: `StoreError` when state could not be read or written.
    func run() async throws {
        for batch in try context.store.batchesHoldingFiles() { context.pendingReleases.add(batch) }
        var told = [BatchID: String]()
        while !Task.isCancelled {
            for batch in context.pendingReleases.all where !Task.isCancelled {
                context.expectWithFiles(Self.name)
                try await retry(batch, &told)
            }
            context.attendance.leave(Self.name)
            if context.pendingReleases.all.isEmpty {
                await context.pendingReleases.wakeSignal.wait()
            } else {
                await context.pendingReleases.wakeSignal.wait(for: context.intervals.pendingReleases, on: context.clock)
            }
        }
    }

    /// One more try. What is in the way is told once, and again when it is something else.
    private func retry(_ id: BatchID, _ told: inout [BatchID: String]) async throws {
        guard let batch = try batch(id) else { return context.pendingReleases.remove(id) }
        guard let obstacle = try await obstacle(to: batch) else {
            told[id] = nil
            return context.pendingReleases.remove(id)
        }
        if told.updateValue(obstacle, forKey: id) != obstacle { tell(obstacle, batch) }
    }

    /// Lets a batch's file go; what is in the way, nil: nothing, it is gone.
    private func obstacle(to batch: Batch) async throws -> String? {
        do {
            try await context.release(batch)
            let isLeft = try context.store.claimedFile(of: batch.id) != nil
            return isLeft ? "its job '\(batch.job)' is not there any more; put its file back into the jobs folder" : nil
        } catch  where error.endsTheDaemon {
            throw error
        } catch {
            return OperationFailure(error).message
        }
    }

    /// Nil for one that was erased meanwhile.
    private func batch(_ id: BatchID) throws -> Batch? {
        do {
            return try context.store.batch(id)
        } catch let error as StoreError where error.code == .notFound {
            return nil
        }
    }

    private func tell(_ obstacle: String, _ batch: Batch) {
        context.log.error(
            "input file could not be moved; it is tried again", metadata: batch.logged(["reason": "\(obstacle)"]))
    }
}
