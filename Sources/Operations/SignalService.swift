import JobRunner
import ServiceLifecycle
import UnixSignals

/// Turns SIGINT and SIGTERM into a stop: the first drains, the second abandons.
///
/// `ServiceGroup` alone would ignore a second signal, so signals are trapped here and nowhere else.
struct SignalService: Service {
    let stop: StopSignal
    let console: Console

    func run() async throws {
        var count = 0
        for await signal in await UnixSignalsSequence(trapping: .sigint, .sigterm).cancelOnGracefulShutdown() {
            count += 1
            act(on: signal, count: count)
        }
    }

    private func act(on signal: UnixSignal, count: Int) {
        if count == 1 {
            console.note("\(signal): no new calls; waiting for the answers in flight (again to leave at once)")
            stop.drain()
        } else {
            console.note("\(signal): leaving at once; calls in flight are in doubt")
            stop.abandon()
        }
    }
}
