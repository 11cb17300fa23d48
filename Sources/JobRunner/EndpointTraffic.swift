public import RecordStore
internal import Synchronization

/// What all batches that call one endpoint share: the contract's rate, the gate, and whether the API answers at all.
///
/// One object serves any number of `BatchRunner`s at once; each asks it for permits as it has room for calls.
public final class EndpointTraffic: Sendable {
    private struct Guarded {
        var traffic: TrafficState
        var nextObserver = 0
        var observers: [Int: @Sendable () -> Void] = [:]
    }

    let clock: any RunnerClock
    private let guarded: Mutex<Guarded>

    /// Starts with an open gate and the whole rate.
    ///
    /// - Parameters:
    ///   - configuration: Rate, burst and the limits of the gate.
    ///   - clock: The clock of every runner that shares this object.
    public init(configuration: RunnerConfiguration, clock: any RunnerClock = SystemClock()) {
        self.clock = clock
        guarded = Mutex(Guarded(traffic: TrafficState(configuration)))
    }

    /// What the limiter is to remember across restarts.
    public var limiterState: LimiterState {
        let now = clock.moment
        return guarded.withLock { $0.traffic.limiterState(at: now) }
    }

    /// Goes on with what an earlier process remembered; only the first call does anything.
    public func resume(_ state: LimiterState) {
        let now = clock.moment
        guarded.withLock { $0.traffic.resume(state, at: now) }
    }

    /// Opens the gate after a halt, once the remedy has been applied; the next call is again a single one.
    public func reopen() {
        guarded.withLock { $0.traffic.reopen() }
        notify()
    }
}

extension EndpointTraffic {
    func permission(upTo wanted: Int, at now: Int64) -> Permission {
        guarded.withLock { $0.traffic.permission(upTo: wanted, at: now) }
    }

    func giveBack(_ count: Int, of grant: Grant) {
        guarded.withLock { $0.traffic.giveBack(count, of: grant) }
        // A runner that waits for this call to end would wait for ever.
        if count > 0 { notify() }
    }

    func start(_ count: Int, of grant: Grant, at now: Int64) -> Bool {
        guarded.withLock { $0.traffic.start(count, of: grant, at: now) }
    }

    func allowedRate(at now: Int64) -> Double {
        guarded.withLock { $0.traffic.allowedRate(at: now) }
    }

    /// Takes in one outcome and says what follows from it for its record.
    func record(_ outcome: Outcome, isProbe: Bool, errorText: String?, at moment: Moment) -> TrafficVerdict {
        let verdict = guarded.withLock { guarded in
            let wasReached = guarded.traffic.isReached
            let events = guarded.traffic.record(outcome, isProbe: isProbe, errorText: errorText, at: moment)
            let reopensAt = max(guarded.traffic.closedUntil, moment.monotonic)
            return TrafficVerdict(
                events: events, halt: guarded.traffic.halt, isGateClosed: guarded.traffic.isGateClosed,
                reopensAt: moment.wall(atMonotonic: reopensAt),
                // Until the first answer the others wait for this one call to end.
                concernsAll: !events.isEmpty || !wasReached || isProbe)
        }
        if verdict.concernsAll { notify() }
        return verdict
    }

    /// Calls `body` whenever waiting runners should ask again, until `removeObserver`.
    func addObserver(_ body: @escaping @Sendable () -> Void) -> Int {
        guarded.withLock { guarded in
            guarded.nextObserver += 1
            guarded.observers[guarded.nextObserver] = body
            return guarded.nextObserver
        }
    }

    func removeObserver(_ observer: Int) {
        guarded.withLock { $0.observers[observer] = nil }
    }

    private func notify() {
        let observers = guarded.withLock { Array($0.observers.values) }
        for observer in observers { observer() }
    }
}
