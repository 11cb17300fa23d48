import Foundation
import JobRunner
import Logging
import RecordStore
import Settings

/// `rollcall daemon`: runs jobs by their folders and schedules, and every batch that may run, until it is told to end.
public struct DaemonOperation: Sendable {
    private let config: String
    private let log: Logger

    /// Describes the daemon; it logs to standard error.
    public init(config: String) {
        self.config = config
        log = Logger(label: "rollcall", factory: { _ in LogLineHandler() })
    }

    /// Works until SIGTERM or SIGINT.
    ///
    /// - Returns: `succeeded` after a gentle end.
    /// - Throws: Whatever keeps it from starting, and `StoreError` when state can no longer be recorded; the process ends
    ///   with 3 then, so that a service manager starts it again.
    public func perform() async throws -> ExitStatus {
        let environment = ProcessInfo.processInfo.environment
        let context = try DaemonContext.opened(Installation(config: config), environment: environment, log: log)
        let (manager, reloaded, deadline) = (ServiceManager(environment: environment), WakeSignal(), ExitDeadline())
        let reload = Reload(context: context, reloaded: reloaded)
        let signals = DaemonSignals(context: context, deadline: deadline) {
            await manager.reloading { await reload.perform() }
        } whenHeard: {
            context.logStart()
            manager.ready()
        }
        try await SignalledWork.run(beside: [signals, ServiceWatchdog(manager: manager, context: context)]) {
            try await Daemon(context: context, reloaded: reloaded, deadline: deadline).run()
        }
        log.notice("the daemon has ended")
        return .succeeded
    }
}
