import Foundation
import JobRunner
import Logging
import RecordStore
import Results
import Settings

/// The daemon's work on one batch: sends its records, and when it is over writes its results, tells whoever is to be
/// told and lets its file go.
struct BatchWork {
    /// How a piece of work ended.
    enum End: Equatable {
        case done
        /// For a reason outside, such as a full disk below the results: try again later.
        case failed
    }

    let context: DaemonContext
    let batch: BatchID

    /// Sends what is queued until the batch is over, stands still, or is stopped.
    ///
    /// - Throws: `StoreError` when state could not be read or written.
    func send(until stop: StopSignal) async throws -> End {
        let batch = try context.store.batch(batch)
        guard let job = context.rules.job(named: batch.job) else { return try await pauseWithoutJob(batch) }
        defer { context.progress.forget(batch.id) }
        context.log.info("batch under way", metadata: batch.logged())
        context.warnOfCertificateEnd(
            before: batch.counts.queued, at: min(job.limits.rate, context.settings.limits.rate))
        do {
            let end = try await runner(for: batch, under: job).run(batch.id, stop: stop, resuming: false)
            try await tell(end, of: batch.id, under: job)
            return .done
        } catch  where !error.endsTheDaemon {
            return try await pause(batch, because: OperationFailure(error).message)
        }
    }

    /// Writes the results of a batch that is over, lets its file go, and tells. Every step can be done twice.
    ///
    /// - Throws: `StoreError` when state could not be read or written.
    func conclude() async throws -> End {
        let batch = try context.store.batch(batch)
        if try isHeldByMissingJob(batch) { return .failed }
        do {
            let (folder, stale) = try await BlockingWork.run { [context] in try context.writeResults(of: batch) }
            try await releaseInput(batch)
            try await context.store.markResultsWritten(batch.id, finishedAt: batch.finishedAt)
            context.log.notice(
                "batch is over", metadata: batch.logged(["results": "\(folder)", "state": "\(batch.state.rawValue)"]))
            context.tell(
                batch.state == .rejected ? .rejected : .completed, of: batch,
                under: context.rules.job(named: batch.job),
                reason: stale.isEmpty ? nil : "out of date, and not to be used: \(NumberFormat.names(stale))",
                results: folder)
            return .done
        } catch let error as StoreError where error.code == .diskFull && context.stop.isRaised {
            // The results are written, and told, at the next start.
            return .failed
        } catch  where error.endsTheDaemon {
            throw error
        } catch {
            context.log.error(
                "results could not be written; trying again in a minute",
                metadata: batch.logged(["reason": "\(OperationFailure(error).message)"]))
            return .failed
        }
    }
}
