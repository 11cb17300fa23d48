import JobRunner
import RecordStore
import ServiceLifecycle

/// Tells the service manager that the daemon lives, and when it ends.
struct ServiceWatchdog: Service {
    let manager: ServiceManager
    let house: House

    func run() async throws {
        await cancelWhenGracefulShutdown {
            guard let interval = manager.watchdogInterval else { return await Doorbell().wait() }
            while !Task.isCancelled {
                // The database answers, or the daemon can account for nothing and is better started anew.
                if let status = try? house.store.runnerStatus() {
                    manager.watchdog()
                    manager.status(status.waiting() ?? Figures.count(status.jobs, "job"))
                }
                await Doorbell().wait(for: interval, on: house.clock)
            }
        }
        manager.stopping()
    }
}
