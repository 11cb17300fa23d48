import JobRunner
import Logging
import ServiceLifecycle
import UnixSignals

/// What signals mean to the daemon: SIGTERM and SIGINT end it, gently and then at once; SIGHUP reads settings and jobs
/// anew.
struct DaemonSignals: Service {
    let house: House
    let reload: @Sendable () async -> Void
    /// Called once signals are heard: whoever is told so may send one.
    let whenHeard: @Sendable () -> Void

    func run() async throws {
        let signals = await UnixSignalsSequence(trapping: .sigint, .sigterm, .sighup)
        whenHeard()
        for await signal in signals.cancelOnGracefulShutdown() {
            if signal == .sighup {
                await reload()
            } else if house.stop.isRaised {
                house.log.warning("leaving at once; calls under way are in doubt", metadata: ["signal": "\(signal)"])
                house.stop.abandon()
            } else {
                house.log.notice("no new calls; waiting for the answers under way", metadata: ["signal": "\(signal)"])
                house.stop.drain()
            }
            house.batchBell.ring()
        }
    }
}
