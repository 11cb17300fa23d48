import JobRunner
import Logging
import Settings

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
