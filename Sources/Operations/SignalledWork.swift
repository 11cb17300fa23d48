import Basics
import JobRunner
import ServiceLifecycle
import UnixSignals

/// Runs one piece of work beside the service that handles signals, until the work is done.
enum SignalledWork {
    /// The work's result; `stop` is raised by SIGINT and SIGTERM while it runs. Calls under way, and answers that wait
    /// for space on a full disk, are waited for as long as `grace` after that. The work may block: signals are handled
    /// all the same.
    static func run<Value: Sendable>(
        stop: StopSignal, console: Console, grace: Duration = .zero,
        _ work: @escaping @Sendable () async throws -> Value
    ) async throws -> Value {
        let service = WorkService(work: work)
        let signals = SignalService(stop: stop, console: console, grace: grace)
        try await ServiceGroup(endingInTurn: [
            .inTurn(signals), .inTurn(service, whenItEnds: .gracefullyShutdownGroup),
        ]).run()
        return try service.result()
    }
}

/// Work that ends by itself, as a service; its result waits here.
private final class WorkService<Value: Sendable>: Service {
    private let work: @Sendable () async throws -> Value
    private let outcome = Lock<Result<Value, any Error>?>(nil)

    init(work: @escaping @Sendable () async throws -> Value) {
        self.work = work
    }

    func run() async throws {
        do {
            let value = try await BlockingWork.runTask(work)
            outcome.withLock { $0 = .success(value) }
        } catch {
            outcome.withLock { $0 = .failure(error) }
        }
    }

    func result() throws -> Value {
        guard let outcome = outcome.withLock({ $0 }) else {
            throw OperationFailure(.unfinished, "stopped before the work was done; run the same command again")
        }
        return try outcome.get()
    }
}

/// What the signals that ask a process to end amount to, one after the other. A pure rule.
///
/// One request may arrive as several signals: `timeout` of coreutils signals the process and then its whole group, a
/// terminal and a supervisor may both pass on the same Ctrl-C. So a further signal is a second request only when a
/// second or more lies between it and the first.
struct SignalEscalation: Equatable {
    /// What a signal requests.
    enum Request: Equatable {
        /// Make no new calls; await the answers in flight.
        case drain
        /// The same request again.
        case repetition
        /// Leave at once.
        case abandon
    }

    /// How long after the first signal another one counts.
    static let patience = Duration.seconds(1)

    private var first: MonotonicTime?

    /// What a signal requests that arrives now.
    ///
    /// - Parameter now: By a clock that is the same for all signals.
    /// - Returns: What to do.
    mutating func request(at now: MonotonicTime) -> Request {
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
        // The terminal has another size, or the process is in the foreground again (`man 7 signal`).
        let redrawing: Set<UnixSignal> = [.sigwinch, .sigcont]
        let signals = await UnixSignalsSequence(trapping: .sigint, .sigterm, .sigwinch, .sigcont)
        for await signal in signals.cancelOnGracefulShutdown() {
            if redrawing.contains(signal) {
                console.redrawProgress()
            } else {
                act(on: signal, escalation.request(at: clock.monotonic))
            }
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
