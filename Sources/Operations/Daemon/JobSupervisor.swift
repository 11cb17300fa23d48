import Basics
import DropFolder
import JobRunner
import Logging
import RecordStore
import ServiceLifecycle
import Settings

/// Runs every enabled job's folder and schedule under the configuration in force; when that changes, they are
/// restarted.
///
/// A supervised job can be ended at any time: all its steps are repeatable.
struct JobSupervisor: Service {
    let context: DaemonContext
    /// Signalled when the configuration has changed.
    let reloaded: WakeSignal

    /// Works until it is cancelled.
    ///
    /// - Throws: `StoreError` when state could not be read or written.
    func run() async throws {
        while !Task.isCancelled {
            let jobs = context.configuration.jobs.values.filter(\.isEnabled)
            try await context.store.forgetSchedules(except: Set(jobs.map(\.name)))
            try await withThrowingTaskGroup { group in
                for job in jobs {
                    group.addTask {
                        try await keep(job)
                        return false
                    }
                }
                group.addTask {
                    await reloaded.wait()
                    return true
                }
                // A job whose state cannot be recorded is noticed at once, not only when the configuration changes.
                while let isReloaded = try await group.next(), !isReloaded {}
                group.cancelAll()
            }
        }
    }

    /// One job's folder that cannot be used does not stop the others, and is tried again: a share may become reachable
    /// again.
    private func keep(_ job: JobDefinition) async throws {
        var told: String?
        while !Task.isCancelled {
            let began = context.clock.monotonic
            guard let reason = try await failure(of: job) else { return }
            // If it had run for a while, this is a new failure.
            if reason != told || context.clock.monotonic - began > .seconds(1) {
                context.log.error("job does not run yet", metadata: ["job": "\(job.name)", "reason": "\(reason)"])
            }
            told = reason
            await WakeSignal().wait(for: context.intervals.folders, on: context.clock)
        }
    }

    /// Runs a job and returns why it failed; nil: it has ended or was cancelled.
    private func failure(of job: JobDefinition) async throws -> String? {
        do {
            // Its folders may lie on a share that does not answer.
            try await BlockingWork.runTask { try await SupervisedJob(context: context, job: job).run() }
            return nil
        } catch  where error.endsTheDaemon {
            throw error
        } catch is CancellationError {
            return nil
        } catch {
            return OperationFailure(error).message
        }
    }
}

/// Runs one job: its folder, its schedule, or both together.
struct SupervisedJob {
    let context: DaemonContext
    let job: JobDefinition

    /// Works until it is cancelled; returns at once for a job that nothing starts by itself.
    func run() async throws {
        let (due, taken) = (WakeSignal(), WakeSignal())
        try await withThrowingDiscardingTaskGroup { group in
            if job.source.glob != nil { try await PatternIntake(context: context, job: job).goOn() }
            if let path = job.source.path {
                let folder = try DropFolder(
                    path: path, exchangeGroup: job.exchangeGroup, node: context.store.numberInSharedFolders)
                let occasion = job.schedule == nil ? nil : due
                group.addTask {
                    try await FolderWatcherService(
                        context: context, job: job, folder: folder, occasion: occasion, taken: taken
                    ).run()
                }
            }
            if let schedule = job.schedule {
                group.addTask {
                    try await CronScheduler(
                        context: context, job: job, expression: schedule, mayRepeat: job.rerun == nil
                    ) { try await perform(due, taken, begun: $0) }.run()
                }
            }
        }
    }

    private func perform(_ due: WakeSignal, _ taken: WakeSignal, begun: WallTime?) async throws {
        if let rerun = job.rerun { return try await ScheduledRerun(context: context, job: job, rerun: rerun).perform() }
        if job.source.glob != nil { return try await PatternIntake(context: context, job: job, begun: begun).perform() }
        due.wakeUp()
        // Another node does it where this one ends before.
        if context.store.sharesFolders { await taken.wait() }
    }
}
