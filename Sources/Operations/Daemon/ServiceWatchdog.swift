import JobRunner
import RecordStore
import ServiceLifecycle
import Settings

/// Tells the service manager that the daemon lives, and when it ends.
///
/// It lives as long as its parts show up as they said, one of which writes into the database each time: a daemon that can
/// account for nothing, or hangs, is better started anew.
struct ServiceWatchdog: Service {
    let manager: ServiceManager
    let context: DaemonContext

    func run() async throws {
        await cancelWhenGracefulShutdown {
            guard let interval = manager.watchdogInterval else { return await WakeSignal().wait() }
            while !Task.isCancelled {
                if context.isAtWork {
                    manager.watchdog()
                    manager.status(status)
                }
                await WakeSignal().wait(for: interval, on: context.clock)
            }
        }
        manager.stopping()
    }

    private var status: String {
        if let full = context.store.storageCondition.waiting { return full }
        // What cannot be read is told by the part that fails with it.
        let status = try? context.store.runnerStatus()
        return status?.waiting() ?? NumberFormat.count(context.rules.jobs.values.count(where: \.isEnabled), "job")
    }
}
