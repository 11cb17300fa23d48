import JobRunner
import Logging
import Settings

/// Gives up calls under way when they have not ended within `daemon.shutdown_grace` of the stop.
struct ShutdownGrace {
    let house: House

    func run() async throws {
        await house.stop.raised()
        guard !Task.isCancelled else { return }
        await Doorbell().wait(for: house.settings.daemon.shutdownGrace, on: house.clock)
        guard !Task.isCancelled else { return }
        house.log.warning("shutdown_grace is over: calls under way are given up and in doubt")
        house.stop.abandon()
        house.batchBell.ring()
    }
}
