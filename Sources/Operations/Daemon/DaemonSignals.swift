import JobRunner
import Logging
import ServiceLifecycle
import Settings
import UnixSignals

/// What signals mean to the daemon: SIGTERM and SIGINT end it gently, and at once when another comes a second or more
/// after the first; SIGHUP reads settings and jobs anew.
struct DaemonSignals: Service {
    let context: DaemonContext
    let deadline: ExitDeadline
    let reload: @Sendable () async -> Void
    /// Called once signals are heard: whoever is told so may send one.
    let whenHeard: @Sendable () -> Void

    func run() async throws {
        let signals = await UnixSignalsSequence(trapping: .sigint, .sigterm, .sighup)
        whenHeard()
        let (reloads, wishes) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
        await withDiscardingTaskGroup { group in
            // Apart from the signals: settings on a share that is away must not keep the daemon from ending.
            group.addTask { for await _ in reloads { await reload() } }
            var escalation = SignalEscalation()
            for await signal in signals.cancelOnGracefulShutdown() {
                if signal == .sighup {
                    wishes.yield()
                } else {
                    act(on: signal, escalation.request(at: context.clock.monotonic))
                }
                context.batchWakeSignal.wakeUp()
            }
            group.cancelAll()
        }
    }

    private func act(on signal: UnixSignal, _ request: SignalEscalation.Request) {
        let metadata: Logger.Metadata = ["signal": "\(signal)"]
        switch request {
        case .drain:
            context.log.notice("no new calls; waiting for the answers under way", metadata: metadata)
            context.stop.drain()
            deadline.set(context.settings.daemon.shutdownGrace + ExitDeadline.margin)
        case .repetition:
            context.log.info("signal within a second of the first, so part of the same wish", metadata: metadata)
        case .abandon:
            context.log.warning("leaving at once; calls under way are in doubt", metadata: metadata)
            context.stop.abandon()
            deadline.set(ExitDeadline.atOnce)
        }
    }
}
