import Basics
import JobRunner
import Logging
import RecordStore
import ServiceLifecycle
import Settings

/// The daemon at work: all its parts as services of one group, until its context's stop is raised.
///
/// The group starts its services in order and ends them in the reverse order, each once the one after it has ended. The
/// batches come last, so that they are the first to end. The end begins once they have nothing left to do: the other
/// parts are cancelled then, all at once, and the rest ends in turn.
final class Daemon: Sendable {
    private let context: DaemonContext
    private let reloaded: WakeSignal
    private let deadline: ExitDeadline
    private let outer: [any Service]
    /// Raised when the parts are to end.
    private let ending = StopSignal()
    private let hasFailed = Lock(false)
    /// What the administration's open pages are told of.
    private let changes: AdminChanges
    /// How long everything may take after a failure: notifying, ending, closing.
    private static let failureTime = Notifier.timeLimit + .seconds(15)

    /// Prepares a daemon.
    ///
    /// - Parameters:
    ///   - context: What its parts share.
    ///   - reloaded: Signalled when the configuration has changed.
    ///   - deadline: Ends the process after a failure, whatever a service then still waits for.
    ///   - outer: Services that begin before all others and end after them.
    init(context: DaemonContext, reloaded: WakeSignal, deadline: ExitDeadline, outer: [any Service] = []) {
        (self.context, self.reloaded, self.deadline, self.outer) = (context, reloaded, deadline, outer)
        changes = AdminChanges(context: context)
    }

    /// Works until the stop is raised, then until no call is under way, all state is written and all notifications have
    /// run. Then connections and database are closed.
    ///
    /// - Throws: `StoreError` when state could not be read or written: no call can be accounted for then, calls under
    ///   way become in doubt at the next start, and the notifications have run.
    func run() async throws {
        context.store.observeStorage { [weak context] in context?.report($0) }
        context.stop.limitWaiting(in: context.store)
        // Before any other notification.
        try await context.notices.notifyOfRestore(of: context.store)
        try await ServiceGroup(endingInTurn: services).run()
    }

    private var services: [ServiceGroupConfiguration.ServiceConfiguration] {
        let quiet: [any Service] =
            outer + [OpenConnections(client: context.client, store: context.store), context.notices.notifier]
        let supervisor = BatchSupervisor(context: context, reload: Reload(context: context, reloaded: reloaded))
        let batches = ClosureService { [ending, changes] in
            // Also after a failure.
            defer { ending.drain() }
            try await supervisor.run()
            // Before the server is cancelled, which cuts off what is not finished.
            await changes.ended()
        }
        return (quiet + parts.map(reporting)).map { .inTurn($0) } + [
            .inTurn(reporting(batches), whenItEnds: .gracefullyShutdownGroup)
        ]
    }

    private var parts: [DaemonPart] {
        [
            part(RunnerStatusPublisher.name, RunnerStatusPublisher(context: context)),
            part("shutdown grace", shutdownGrace), part(Maintenance.name, maintenance),
            part(RetentionService.name, RetentionService(context: context)),
            part(KeyReminders.name, KeyReminders(context: context)),
            part(FileReleaseRetry.name, FileReleaseRetry(context: context)),
            part("jobs", JobSupervisor(context: context, reloaded: reloaded)),
        ] + (context.store.sharesFolders ? [part(OtherNodesWork.name, OtherNodesWork(context: context))] : [])
            + (administration.map { [part(Administration.name, $0)] } ?? [])
    }

    /// Where the settings at the start say so; listening elsewhere takes a start of the daemon.
    private var administration: Administration? {
        context.settings.administration.map { Administration(settings: $0, context: context, changes: changes) }
    }

    private func part(_ name: String, _ service: any Service) -> DaemonPart {
        DaemonPart(name, service, until: ending, in: context)
    }

    private var shutdownGrace: ShutdownGrace {
        ShutdownGrace(
            stop: context.stop, configuration: context.inForce, clock: context.clock, log: context.log,
            givenUp: context.batchWakeSignal.wakeUp)
    }

    private var maintenance: Maintenance {
        Maintenance(
            store: context.store, configuration: context.inForce, attendance: context.attendance, clock: context.clock,
            stop: context.stop, interval: context.intervals.maintenance)
    }

    private func reporting(_ service: any Service) -> any Service {
        ReportingService(service: service, report: failed)
    }

    /// State can no longer be recorded or read: whoever is to know is told, no call is made any more and those under
    /// way are given up; what other services then still wait for does not keep the process.
    private func failed(_ error: any Error) {
        let isFirst = hasFailed.withLock { hasFailed in
            defer { hasFailed = true }
            return !hasFailed
        }
        guard isFirst else { return }
        deadline.set(Self.failureTime)
        context.notices.notifyOfFailure(error)
        context.stop.abandon()
        context.batchWakeSignal.wakeUp()
        ending.drain()
    }
}

/// Reports the failure of a service at once: its group throws it only when all services have ended.
private struct ReportingService: Service {
    let service: any Service
    let report: @Sendable (any Error) -> Void

    func run() async throws {
        do {
            try await service.run()
        } catch {
            report(error)
            throw error
        }
    }
}

/// The daemon's connections and its database, closed once nobody needs them any more.
private struct OpenConnections: Service {
    let client: ReloadableClient
    let store: RecordStore

    func run() async throws {
        await endRequested()
        await client.shutDown()
        try await store.close()
    }
}
