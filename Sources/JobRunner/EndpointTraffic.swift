public import RecordStore
internal import Synchronization

/// What all batches that call one endpoint share: the contract's rate, the calls under way, the gate, and whether the
/// API answers at all.
///
/// One object serves any number of `BatchRunner`s at once; each asks it for permits as it has room for calls, and gets
/// them in turns weighted by its priority.
public final class EndpointTraffic: Sendable {
    struct Guarded {
        var traffic: TrafficState
        /// What wakes each run, by its member number.
        var wakers: [Int: @Sendable () -> Void] = [:]
        var lastObserver = 0
        var observers: [Int: @Sendable () -> Void] = [:]
        var answers = RecentAnswers()
        var knowsEarlierAnswers = false
    }

    /// The clock of every runner that shares this object.
    public let clock: any RunnerClock
    /// By which retries wait, in every batch of this process.
    let retryClock: RetryClock
    let guarded: Mutex<Guarded>

    /// Starts with an open gate and the whole rate.
    ///
    /// - Parameters:
    ///   - configuration: Rate, burst, concurrency of all runs together, and the limits of the gate.
    ///   - clock: The clock of every runner that shares this object.
    public init(configuration: RunnerConfiguration, clock: any RunnerClock = SystemClock()) {
        self.clock = clock
        retryClock = RetryClock(startingAt: clock.instant)
        guarded = Mutex(Guarded(traffic: TrafficState(configuration)))
    }

    /// What the limiter is to remember across restarts.
    public var limiterState: LimiterState {
        let now = clock.instant
        return guarded.withLock { $0.traffic.limiterState(at: now) }
    }

    /// Goes on with what an earlier process remembered; only the first call does anything.
    public func resume(_ state: LimiterState) {
        let now = clock.instant
        guarded.withLock { $0.traffic.resume(state, at: now) }
    }

    /// Whether the answers of earlier processes are known.
    var knowsEarlierAnswers: Bool { guarded.withLock { $0.knowsEarlierAnswers } }

    /// Remembers the answers that the database does, the latest last: those of earlier processes, and those that could
    /// be read later only.
    func learn(_ answers: [AnswerReference]) {
        guarded.withLock { guarded in
            if guarded.knowsEarlierAnswers {
                for answer in answers { _ = guarded.answers.insert(answer) }
            } else {
                guarded.knowsEarlierAnswers = true
                guarded.answers = RecentAnswers(answers)
            }
        }
    }

    /// Remembers an answer; false where it came before.
    func remember(_ answer: AnswerReference) -> Bool {
        guarded.withLock { $0.answers.insert(answer) }
    }

    /// Keys may be others now: until an answer was read, one call is made at a time.
    public func requireProof() {
        guarded.withLock { $0.traffic.requireProof() }
    }

    /// A kept answer could be read with the key in use.
    func proveKey() {
        guarded.withLock { $0.traffic.streak.prove() }
    }

    /// Whether the last answers could not be read, and nothing has shown since that the key is right.
    var isKeyDoubted: Bool { guarded.withLock { $0.traffic.streak.isKeyDoubted } }

    /// Opens the gate after a halt, once the remedy has been applied; the next call is again a single one.
    public func reopen() {
        guarded.withLock { $0.traffic.reopen() }
        wakeAll()
        notifyObservers()
    }

    /// Goes on with other limits: rate, burst, concurrency, probes, outage and undecipherable answers of
    /// `configuration`. What limiter, rate cut and gate have learnt stays, and so do calls under way.
    public func reconfigure(_ configuration: RunnerConfiguration) {
        let now = clock.monotonic
        guarded.withLock { $0.traffic.reconfigure(configuration, at: now) }
        wakeAll()
        notifyObservers()
    }
}
