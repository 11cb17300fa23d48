import Foundation
import JobRunner
import Logging
import RecordStore
import ServiceLifecycle
import Settings
import UnixSignals

/// `rollcall daemon`: runs jobs by their folders and schedules, and every batch that may run, until it is signalled to
/// end.
package struct DaemonOperation: Sendable {
    private let config: String

    /// Describes the daemon; it logs to standard error.
    package init(config: String) {
        self.config = config
    }

    /// Works until SIGTERM or SIGINT.
    ///
    /// - Returns: `succeeded` after an orderly end.
    /// - Throws: Whatever keeps it from starting, and `StoreError` when state can no longer be recorded; the process
    ///   ends with 3 then, so that a service manager starts it again.
    package func perform() async throws -> ExitStatus {
        let environment = ProcessInfo.processInfo.environment
        let place = try Installation(config: config)
        let logging = LoggingInForce(place.settings.log)
        let log = Logger(label: "rollcall", factory: { _ in LogLineHandler(logging) })
        let context = try await DaemonContext.opened(place, environment: environment, log: log, logging: logging)
        try await context.store.recordAction(
            Action(
                at: context.clock.now, batch: nil, name: .startRunner, detail: "daemon",
                provenance: context.configuration.provenance))
        let (manager, reloaded, deadline) = (ServiceManager(environment: environment), WakeSignal(), ExitDeadline())
        let reload = Reload(context: context, reloaded: reloaded)
        let signals = DaemonSignals(
            stop: context.stop, configuration: context.inForce, clock: context.clock, log: log, deadline: deadline,
            batchWakeSignal: context.batchWakeSignal
        ) {
            await manager.reloading { await reload.perform() }
        } whenHeard: {
            await context.logStart()
            manager.ready()
        }
        let watchdog = ServiceWatchdog(
            manager: manager, store: context.store, configuration: context.inForce, attendance: context.attendance,
            clock: context.clock)
        try await Daemon(context: context, reloaded: reloaded, deadline: deadline, outer: [signals, watchdog]).run()
        log.notice("the daemon has ended")
        return .succeeded
    }
}

/// What signals mean to the daemon: SIGTERM and SIGINT end it in order, and at once if another comes a second or more
/// after the first; SIGHUP reloads settings, jobs and keys.
struct DaemonSignals: Service {
    let stop: StopSignal
    let configuration: ConfigurationInForce
    let clock: any RunnerClock
    let log: Logger
    let deadline: ExitDeadline
    /// Signalled after each signal.
    let batchWakeSignal: WakeSignal
    let reload: @Sendable () async -> Void
    /// Called once signals are handled: a caller that waits for this may then send one.
    let whenHeard: @Sendable () async -> Void

    func run() async throws {
        let signals = await UnixSignalsSequence(trapping: .sigint, .sigterm, .sighup)
        await whenHeard()
        let (reloads, wishes) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
        await withDiscardingTaskGroup { group in
            // Separate from the signals: settings on an unreachable share must not keep the daemon from ending.
            group.addTask { for await _ in reloads { await reload() } }
            var escalation = SignalEscalation()
            for await signal in signals.cancelOnGracefulShutdown() {
                if signal == .sighup {
                    wishes.yield()
                } else {
                    act(on: signal, escalation.request(at: clock.monotonic))
                }
                batchWakeSignal.wakeUp()
            }
            group.cancelAll()
        }
    }

    private func act(on signal: UnixSignal, _ request: SignalEscalation.Request) {
        let metadata: Logger.Metadata = ["signal": "\(signal)"]
        switch request {
        case .drain:
            log.notice("no new calls; waiting for the answers under way", metadata: metadata)
            stop.drain()
            deadline.set(configuration.settings.daemon.shutdownGrace + ExitDeadline.margin)
        case .repetition:
            log.info("signal within a second of the first, so part of the same wish", metadata: metadata)
        case .abandon:
            log.warning("leaving at once; calls under way are in doubt", metadata: metadata)
            stop.abandon()
            deadline.set(ExitDeadline.atOnce)
        }
    }
}
