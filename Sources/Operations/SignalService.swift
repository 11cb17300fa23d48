import JobRunner
import ServiceLifecycle
import UnixSignals

/// What the signals that ask a process to end amount to, one after the other. A pure rule.
///
/// One wish may arrive as several signals: `timeout` of coreutils signals the process and then its whole group, a
/// terminal and a supervisor may both pass on the same Ctrl-C. So a further signal is a second wish only when a second or
/// more lies between it and the first.
struct SignalEscalation: Equatable {
    /// What a signal asks for.
    enum Request: Equatable {
        /// Make no new calls; await the answers in flight.
        case drain
        /// The same wish once more.
        case repetition
        /// Leave at once.
        case abandon
    }

    /// How long after the first signal another one counts, in nanoseconds.
    static let patience: Int64 = 1_000_000_000

    private var first: Int64?

    /// What a signal asks for that arrives now.
    ///
    /// - Parameter now: Nanoseconds by a monotonic clock, the same for all signals.
    /// - Returns: What to do.
    mutating func request(at now: Int64) -> Request {
        guard let first else {
            first = now
            return .drain
        }
        return now - first >= Self.patience ? .abandon : .repetition
    }
}

/// Turns SIGINT and SIGTERM into a stop: the first drains, one that comes a second or more later abandons.
///
/// `ServiceGroup` alone would ignore a second signal, so signals are trapped here and nowhere else.
struct SignalService: Service {
    let stop: StopSignal
    let console: Console
    /// How long the work may take after the first signal, besides what writing takes.
    let grace: Duration
    var clock: any RunnerClock = SystemClock()
    private let deadline = ExitDeadline()

    init(stop: StopSignal, console: Console, grace: Duration) {
        (self.stop, self.console, self.grace) = (stop, console, grace)
    }

    func run() async throws {
        var escalation = SignalEscalation()
        for await signal in await UnixSignalsSequence(trapping: .sigint, .sigterm).cancelOnGracefulShutdown() {
            act(on: signal, escalation.request(at: clock.monotonic))
        }
    }

    private func act(on signal: UnixSignal, _ request: SignalEscalation.Request) {
        switch request {
        case .drain:
            console.note(
                "\(signal): no new calls; waiting for the answers in flight (again, a second or more from now, to leave "
                    + "at once)")
            stop.drain()
            deadline.set(grace + ExitDeadline.margin)
        case .repetition:
            console.note("\(signal): within a second of the first, so part of the same wish; still waiting")
        case .abandon:
            console.note("\(signal): leaving at once; calls in flight are in doubt")
            stop.abandon()
            deadline.set(ExitDeadline.atOnce)
        }
    }
}
