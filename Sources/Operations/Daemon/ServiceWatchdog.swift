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
    let house: House

    func run() async throws {
        await cancelWhenGracefulShutdown {
            guard let interval = manager.watchdogInterval else { return await Doorbell().wait() }
            while !Task.isCancelled {
                if house.isAtWork {
                    manager.watchdog()
                    manager.status(status)
                }
                await Doorbell().wait(for: interval, on: house.clock)
            }
        }
        manager.stopping()
    }

    private var status: String {
        if let full = house.store.storageCondition.waiting { return full }
        // What cannot be read is told by the part that fails with it.
        let status = try? house.store.runnerStatus()
        return status?.waiting() ?? Figures.count(house.rules.jobs.values.count(where: \.isEnabled), "job")
    }
}
