import Basics
import Foundation
import JobRunner
import Logging
import RecordStore
import Results
import Settings

/// The daemon's work on one batch: sends its records, and when it is over writes its results, runs the notification
/// commands and releases its file.
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
        let batch = try await context.store.batch(batch)
        guard let job = context.configuration.job(named: batch.job) else { return try await pauseWithoutJob(batch) }
        defer { context.progress.forget(batch.id) }
        context.log.info("batch under way", metadata: batch.logged())
        context.warnOfCertificateEnd(
            before: batch.counts.queued, at: min(job.limits.rate, context.settings.limits.rate))
        do {
            try await context.store.takeUp(batch.id)
            let end = try await runner(for: batch, under: job).run(batch.id, stop: stop, resuming: false)
            try await report(end, of: batch.id, under: job)
            return .done
        } catch let error as StoreError where error.code == .takenUp {
            context.log.warning("another runs the batch", metadata: batch.logged(["reason": "\(error.message)"]))
            return .failed
        } catch  where !error.endsTheDaemon {
            return try await pause(batch, because: OperationFailure(error).message)
        }
    }

    /// Writes the results of a batch that is over, releases its file, and notifies. Every step is idempotent.
    ///
    /// - Throws: `StoreError` when state could not be read or written.
    func conclude() async throws -> End { try await BlockingWork.runTask(writeAndRelease) }

    private func writeAndRelease() async throws -> End {
        let batch = try await context.store.batch(batch)
        if try await isHeldByMissingJob(batch) { return .failed }
        do {
            let (folder, stale) = try await context.writeResults(of: batch)
            try await releaseInput(batch)
            try await context.store.markResultsWritten(batch.id, finishedAt: batch.finishedAt)
            context.log.notice(
                "batch is over", metadata: batch.logged(["results": "\(folder)", "state": "\(batch.state.rawValue)"]))
            try await notifyOfEnd(of: batch, results: folder, stale: stale)
            return .done
        } catch let error as StoreError where error.code == .diskFull && context.stop.isRaised {
            // The results are written, and notified, at the next start.
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

extension BatchWork {
    /// Notifies that a batch is over, and of what waits for a decision in it.
    private func notifyOfEnd(of batch: Batch, results folder: String, stale: [String]) async throws {
        let (job, cost) = (context.configuration.job(named: batch.job), try await context.cost(of: batch))
        context.notices.notify(
            batch.state == .rejected ? .rejected : .completed, of: batch, under: job,
            reason: stale.isEmpty ? nil : "out of date, and not to be used: \(NumberFormat.names(stale))",
            results: folder, cost: cost)
        guard batch.counts.inDoubt > 0 else { return }
        let count = batch.counts.inDoubt
        context.notices.notify(
            .inDoubt, of: batch, under: job,
            reason: "\(NumberFormat.count(count, "record")) may have been billed, and no answer is recorded",
            remedy: "the command says what sending \(count == 1 ? "it" : "them") again may pay twice; "
                + "\(Hint.resolve(batch: batch.name, decision: "failed")) gives \(count == 1 ? "it" : "them") up",
            results: folder, cost: cost)
    }

    /// Notifies of the end of a run.
    func report(_ end: RunEnd, of id: BatchID, under job: JobDefinition) async throws {
        let batch = try await context.store.batch(id)
        switch end {
        case .completed, .rerunDone: break
        // It is restarted at once.
        case .stopped where batch.state == .running && !context.stop.isRaised: break
        case .stopped, .stateChanged:
            context.log.info("batch stands still", metadata: batch.logged(["state": "\(batch.state.rawValue)"]))
        case .halted(let halt):
            context.log.error(
                "batch halted", metadata: batch.logged(["reason": "\(halt.reason)", "remedy": "\(halt.remedy)"]))
            context.notices.notify(
                .halted, of: batch, under: job, remedy: halt.remedy, cost: try await context.cost(of: batch))
        case .capped(let cap):
            let resumption = CapReset.next(after: context.clock.now, cap: cap, in: job.limits.timeZone)
            try await context.store.setResumption(of: batch, at: resumption)
            context.log.notice(
                "batch paused by a cap", metadata: batch.logged(["reason": "\(batch.reason ?? cap.rawValue)"]))
            context.notices.notify(
                .capReached, of: batch, under: job,
                remedy: resumption.map { "it continues by itself at \(NumberFormat.time($0))" },
                cost: try await context.cost(of: batch))
        }
    }

    /// Releases the batch's file as its job says. If that fails the batch is over all the same, and `FileReleaseRetry`
    /// tries again and reports why.
    func releaseInput(_ batch: Batch) async throws {
        guard !context.pendingReleases.contains(batch.id) else { return }
        do {
            try await context.release(batch)
        } catch  where error.endsTheDaemon {
            throw error
        } catch {}
        if try await context.ownFile(of: batch.id) != nil { context.pendingReleases.add(batch.id) }
    }

    /// The batch's job is gone, so it is unknown under which limits its records may be sent.
    func pauseWithoutJob(_ batch: Batch) async throws -> End {
        try await pause(
            batch,
            because: "its job '\(batch.job)' is not there any more; put its file back into the jobs folder, then "
                + "\(Hint.resume(batch: batch.name))"
        )
    }

    /// Only its job says where results and file of a batch go; while that is missing they wait.
    func isHeldByMissingJob(_ batch: Batch) async throws -> Bool {
        guard context.configuration.job(named: batch.job) == nil,
            try await context.store.claimedFile(of: batch.id) != nil
        else {
            return false
        }
        context.log.error(
            "results wait: the batch's job is not there any more; put its file back into the jobs folder",
            metadata: batch.logged())
        return true
    }

    /// Stops a batch that cannot continue for a reason of its own, unless somebody else has moved it meanwhile.
    func pause(_ batch: Batch, because reason: String) async throws -> End {
        guard try await context.store.moveBatch(batch.id, from: [.running], to: .paused, reason: reason) else {
            return .done
        }
        context.log.error("batch paused", metadata: batch.logged(["reason": "\(reason)"]))
        let job = context.configuration.job(named: batch.job)
        let paused = try await context.store.batch(batch.id)
        context.notices.notify(.paused, of: paused, under: job, cost: try await context.cost(of: paused))
        return .done
    }

    func runner(for batch: Batch, under job: JobDefinition) async throws -> BatchRunner {
        let (context, batchID) = (context, batch.id)
        return BatchRunner(
            store: context.store, submitter: context.client,
            requests: try await BatchRequests(of: batchID, in: context.store),
            configuration: RunnerConfiguration(job, besideOthersOf: context.settings),
            keptAnswers: Recovery(
                store: context.store, client: context.client.client,
                requireEncryptedAnswers: context.settings.api.requireEncryptedAnswers),
            traffic: context.traffic
        ) { event in
            context.progress.take(event, of: batchID)
            context.log(event, of: batch)
        }
    }
}

extension DaemonContext {
    /// Logs those events of a run that an operator would want to read the next morning; progress is in `status`.
    func log(_ event: RunnerEvent, of batch: Batch) {
        switch event {
        case .progress(let progress):
            log.debug("progress", metadata: batch.logged(["finished": "\(progress.finished)"]))
        case .probe: log.debug("a record is sent to see whether calls get through", metadata: batch.logged())
        case .halted: break
        case .gateClosed(let reason, let until), .waitRequested(let reason, let until):
            log.warning(
                "no calls for now",
                metadata: batch.logged(["reason": "\(reason)", "until": "\(NumberFormat.time(until))"]))
        case .keptWaiting(let reason):
            log.warning("no calls for now", metadata: batch.logged(["reason": "\(reason)"]))
        case .gateOpened, .waitEnded: log.notice("calls continue", metadata: batch.logged())
        case .windowClosed(let until):
            log.info("outside the window", metadata: batch.logged(["until": "\(NumberFormat.time(until))"]))
        case .windowOpened: log.info("the window is open", metadata: batch.logged())
        case .rateCut(let rate, let refused, let total):
            log.notice(
                "rate cut",
                metadata: batch.logged([
                    "per_second": "\(NumberFormat.rate(rate))",
                    "reason": "\(refused) of the last \(NumberFormat.count(total, "call")) were refused as too many",
                ]))
        case .keptAnswersRead(let count):
            log.notice("kept answers can be read now; no call", metadata: batch.logged(["count": "\(count)"]))
        case .inDoubtRequeued(let count):
            log.notice("records in doubt queued again", metadata: batch.logged(["count": "\(count)"]))
        }
    }
}

extension Batch {
    /// A log message's metadata: which batch of which job, and what else there is to say.
    func logged(_ more: Logger.Metadata = [:]) -> Logger.Metadata {
        more.merging(["batch": "\(name)", "job": "\(job)"]) { own, _ in own }
    }
}
