import Basics
import JobRunner
import Logging
import RecordStore
import Settings

/// The daemon at work: all its parts as child tasks of one `run()`, until its context's stop is raised.
struct Daemon {
    let context: DaemonContext
    let reloaded: WakeSignal
    /// When the process ends at the latest, once its end has begun.
    var deadline: ExitDeadline?
    /// How long notifying and closing may take after a failure.
    private static let failureTime = Notifier.timeLimit + .seconds(15)

    /// Works until the stop is raised, then until no call is under way, all state is written and all notifications have
    /// run; the notifications still queued have together as long as one of them may take. Then connections and database
    /// are closed.
    ///
    /// - Throws: `StoreError` when state could not be read or written: no call can be accounted for then, calls under
    ///   way become in doubt at the next start, and the notifications have run.
    func run() async throws {
        context.store.observeStorage { [weak context] in context?.tell($0) }
        context.stop.limitWaiting(in: context.store)
        // Before any other notification.
        try context.reportRestore()
        try await withThrowingTaskGroup { group in
            group.addTask { await context.notifier.run() }
            let outcome = await outcome()
            if case .failure(let error) = outcome {
                deadline?.set(Self.failureTime)
                context.notifyOfFailure(error)
            }
            context.notifier.finish()
            group.addTask {
                await context.clock.sleep(until: context.clock.monotonic + Notifier.timeLimit.nanoseconds)
            }
            try await group.next()
            group.cancelAll()
            await context.client.shutDown()
            try await close(after: outcome)
        }
    }

    /// The error of the work takes precedence over one of closing.
    private func close(after outcome: Result<Void, any Error>) async throws {
        do {
            try await context.store.closeWithoutBlocking()
        } catch {
            try outcome.get()
            throw error
        }
        try outcome.get()
    }

    private func outcome() async -> Result<Void, any Error> {
        do {
            return .success(try await work())
        } catch {
            return .failure(error)
        }
    }

    /// Every part is a child and the body only awaits them: an error is thrown here as soon as its part has failed, and
    /// the others are cancelled then.
    private func work() async throws {
        try await withThrowingTaskGroup { group in
            let supervisor = BatchSupervisor(context: context, reload: Reload(context: context, reloaded: reloaded))
            group.addTask {
                try await supervisor.run()
                return true
            }
            for part in parts {
                group.addTask {
                    try await part.keepRunning(in: context)
                    return false
                }
            }
            // The supervisor is the last to leave.
            while let isSupervisor = try await group.next(), !isSupervisor {}
            group.cancelAll()
        }
    }

    private var parts: [DaemonPart] {
        [
            DaemonPart("jobs", JobSupervisor(context: context, reloaded: reloaded).run),
            DaemonPart(RunnerStatusPublisher.name, RunnerStatusPublisher(context: context).run),
            DaemonPart(FileReleaseRetry.name, FileReleaseRetry(context: context).run),
            DaemonPart(Maintenance.name, Maintenance(context: context).run),
            DaemonPart("shutdown grace", ShutdownGrace(context: context).run),
        ]
    }
}

extension Error {
    /// Whether state can no longer be recorded or read. Nothing may be sent then, so only this ends the daemon.
    var endsTheDaemon: Bool { (self as? StoreError)?.isFatal ?? false }
}

/// One long-running part of the daemon, run beside the others.
struct DaemonPart: Sendable {
    /// Its name in the log.
    let name: String
    /// Works until it is cancelled, or until there is nothing left to do. It can be ended at any time and started
    /// again.
    let run: @Sendable () async throws -> Void

    /// How long to wait before a failed part is restarted.
    static let pause = Duration.seconds(10)

    init(_ name: String, _ run: @escaping @Sendable () async throws -> Void) {
        (self.name, self.run) = (name, run)
    }

    /// Runs the part; if it fails for a reason of its own, the error is logged and it is restarted.
    ///
    /// - Throws: `StoreError` when state could not be read or written.
    func keepRunning(in context: DaemonContext) async throws {
        defer { context.attendance.leave(name) }
        while !Task.isCancelled {
            do {
                return try await run()
            } catch let error as StoreError where error.code == .diskFull && context.stop.isRaised {
                // What it was doing is done at the next start; it does not handle the calls' answers.
                return
            } catch  where error.endsTheDaemon {
                throw error
            } catch is CancellationError {
                return
            } catch {
                context.log.error(
                    "a part of the daemon failed; it begins again",
                    metadata: ["part": "\(name)", "reason": "\(OperationFailure(error).message)"])
                context.attendance.leave(name)
                await WakeSignal().wait(for: Self.pause, on: context.clock)
            }
        }
    }
}

/// Gives up calls under way when they have not ended within `daemon.shutdown_grace` of the stop.
struct ShutdownGrace {
    let context: DaemonContext

    func run() async throws {
        await context.stop.raised()
        guard !Task.isCancelled else { return }
        await WakeSignal().wait(for: context.settings.daemon.shutdownGrace, on: context.clock)
        guard !Task.isCancelled else { return }
        context.log.warning("shutdown_grace is over: calls under way are given up and in doubt")
        context.stop.abandon()
        context.batchWakeSignal.wakeUp()
    }
}
