package import Basics
package import RecordStore

/// What all batches that call one endpoint share: the contract's rate, the calls under way, the gate, and whether the
/// API answers at all.
///
/// One object serves any number of `BatchRunner`s at once; each requests permits as it has capacity for calls, and gets
/// them in turns weighted by its priority.
package final class EndpointTraffic: Sendable {
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
    package let clock: any RunnerClock
    /// By which retries wait, in every batch of this process.
    let retryClock: RetryClock
    /// What the calls of all runs came to.
    package let meter = CallMeter()
    let guarded: Lock<Guarded>

    /// Starts with an open gate and the whole rate.
    ///
    /// - Parameters:
    ///   - configuration: Rate, burst, concurrency of all runs together, and the limits of the gate.
    ///   - clock: The clock of every runner that shares this object.
    package init(configuration: RunnerConfiguration, clock: any RunnerClock = SystemClock()) {
        self.clock = clock
        retryClock = RetryClock(startingAt: clock.instant)
        guarded = Lock(Guarded(traffic: TrafficState(configuration)))
    }

    /// What the limiter is to remember across restarts.
    package var limiterState: LimiterState {
        let now = clock.instant
        return guarded.withLock { $0.traffic.limiterState(at: now) }
    }

    /// Continues with what an earlier process stored; only the first call does anything.
    package func resume(_ state: LimiterState) {
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

    /// The keys may have changed: until an answer is read, one call is made at a time.
    package func requireProof() {
        guarded.withLock { $0.traffic.requireProof() }
    }

    /// A kept answer could be read with the key in use.
    func proveKey() {
        guarded.withLock { $0.traffic.streak.prove() }
    }

    /// Whether the last answers could not be read, and nothing has shown since that the key is right.
    var isKeyDoubted: Bool { guarded.withLock { $0.traffic.streak.isKeyDoubted } }

    /// Opens the gate after a halt, once the remedy has been applied; the next call is again a single one.
    package func reopen() {
        guarded.withLock { $0.traffic.reopen() }
        wakeAll()
        notifyObservers()
    }

    /// Changes the limits to the rate, burst, concurrency, probes, outage and undecipherable answers of
    /// `configuration`. What limiter, rate cut and gate have learnt stays, and so do calls under way.
    package func reconfigure(_ configuration: RunnerConfiguration) {
        let now = clock.monotonic
        guarded.withLock { $0.traffic.reconfigure(configuration, at: now) }
        wakeAll()
        notifyObservers()
    }
}

extension EndpointTraffic {
    /// Adds a run; `wake` is called whenever it should check again while it waits, until it leaves.
    func join(weight: Int, wake: @escaping @Sendable () -> Void) -> Int {
        let now = clock.monotonic
        return guarded.withLock { guarded in
            let member = guarded.traffic.join(weight: weight, at: now)
            guarded.wakers[member] = wake
            return member
        }
    }

    /// A run is over.
    func leave(_ member: Int) {
        let now = clock.monotonic
        let concernsOthers = guarded.withLock { guarded in
            guarded.wakers[member] = nil
            return guarded.traffic.leave(member, at: now)
        }
        if concernsOthers { wakeAll() }
    }

    /// A run needs no calls for now.
    func withdraw(_ member: Int) {
        if guarded.withLock({ $0.traffic.withdraw(member) }) { wakeAll() }
    }

    /// A run may make no calls for some time: its window is closed.
    func depart(_ member: Int) {
        let now = clock.monotonic
        if guarded.withLock({ $0.traffic.depart(member, at: now) }) { wakeAll() }
    }

    /// A run may make calls again.
    func arrive(_ member: Int) {
        let now = clock.monotonic
        guarded.withLock { $0.traffic.arrive(member, at: now) }
    }

    func permission(for member: Int, upTo wanted: Int, at now: MonotonicTime) -> Permission {
        let (permission, next) = guarded.withLock { guarded in
            let permission = guarded.traffic.permission(for: member, upTo: wanted, at: now)
            guard case .granted = permission else { return (permission, nil as (@Sendable () -> Void)?) }
            return (permission, guarded.nextForRoom())
        }
        next?()
        if case .granted(let grant) = permission, grant.isProbe { notifyObservers() }
        return permission
    }

    func giveBack(_ count: Int, of grant: Grant) {
        guard count > 0 else { return }
        guarded.withLock { $0.traffic.giveBack(count, of: grant) }
        // A runner that waits for this call to end would wait for ever.
        wakeAll()
        if grant.isProbe { notifyObservers() }
    }

    func start(_ count: Int, of grant: Grant, at now: MonotonicTime) -> Bool {
        guarded.withLock { $0.traffic.start(count, of: grant, at: now) }
    }

    /// Why a run halts by itself that waits a shorter time than others; see ``TrafficState/halt(after:since:at:)``.
    func halt(after outage: Duration, since start: MonotonicTime, at now: MonotonicTime) -> Halt? {
        guarded.withLock { $0.traffic.halt(after: outage, since: start, at: now) }
    }

    func allowedRate(at now: MonotonicTime) -> Double {
        guarded.withLock { $0.traffic.allowedRate(at: now) }
    }

    /// Takes in one outcome and says what follows from it for its record.
    func record(_ outcome: Outcome, isProbe: Bool, errorText: String?, at instant: Instant) -> TrafficVerdict {
        let (verdict, next) = guarded.withLock { guarded in
            let verdict = guarded.traffic.verdict(on: outcome, isProbe: isProbe, errorText: errorText, at: instant)
            return (verdict, verdict.concernsAll ? nil : guarded.nextForRoom())
        }
        next?()
        if verdict.concernsAll {
            wakeAll()
            notifyObservers()
        }
        return verdict
    }

    /// Takes in what came in a row of all runners that share the contract; returns what is worth reporting.
    func record(_ failures: FailuresInARow, at instant: Instant) -> [RunnerEvent] {
        let (events, isChanged) = guarded.withLock { guarded in
            let before = guarded.traffic.gate.state
            return (guarded.traffic.record(failures, at: instant), guarded.traffic.gate.state != before)
        }
        if isChanged {
            wakeAll()
            notifyObservers()
        }
        return events
    }

    /// Whether no answer was read yet.
    var awaitsProof: Bool { guarded.withLock { !$0.traffic.hasRead } }

    func wakeAll() {
        // In the order in which the runs came, so that a simulated night can be replayed.
        let wakers = guarded.withLock { $0.wakers.sorted { $0.key < $1.key } }
        for (_, wake) in wakers { wake() }
    }
}

extension EndpointTraffic.Guarded {
    /// Wakes the run whose turn it is, if a call may be made for one that is waiting.
    fileprivate mutating func nextForRoom() -> (@Sendable () -> Void)? {
        traffic.nextForRoom().flatMap { wakers[$0] }
    }
}

extension TrafficState {
    fileprivate mutating func verdict(
        on outcome: Outcome, isProbe: Bool, errorText: String?, at instant: Instant
    ) -> TrafficVerdict {
        let wasBounded = mostUnderWay != nil
        let wasHalted = halt != nil
        let events = record(outcome, isProbe: isProbe, errorText: errorText, at: instant)
        return TrafficVerdict(
            events: events, halt: halt, isGateClosed: isGateClosed, reopensAt: max(closedUntil, instant.monotonic),
            // Until answers have shown that they can be used, others wait for these few calls to end.
            concernsAll: !events.isEmpty || wasBounded || isProbe || wasHalted != (halt != nil))
    }
}

extension EndpointTraffic {
    /// The state of the way to the endpoint.
    package var status: TrafficStatus {
        let now = clock.instant
        return guarded.withLock { $0.traffic.status(at: now) }
    }

    /// Calls `body` whenever something of `status` but the count of calls under way has changed: the gate, a probe, a
    /// wait on `Retry-After`, a rate cut, the limits.
    ///
    /// - Parameter body: Called from any thread, after the change; reads `status` if it needs it. Must return at once.
    /// - Returns: What `removeStatusObserver` takes.
    package func addStatusObserver(_ body: @escaping @Sendable () -> Void) -> Int {
        guarded.withLock { guarded in
            guarded.lastObserver += 1
            guarded.observers[guarded.lastObserver] = body
            return guarded.lastObserver
        }
    }

    /// Ends what `addStatusObserver` began; a call already on its way may still come.
    package func removeStatusObserver(_ observer: Int) {
        guarded.withLock { $0.observers[observer] = nil }
    }

    func notifyObservers() {
        let observers = guarded.withLock { Array($0.observers.values) }
        for observer in observers { observer() }
    }
}

/// What one outcome means beyond its own record.
struct TrafficVerdict: Sendable {
    /// What is worth reporting.
    let events: [RunnerEvent]
    /// Why everything halts.
    let halt: Halt?
    /// Whether the gate is closed now: failures then spend no attempt.
    let isGateClosed: Bool
    /// Until when `Retry-After` keeps everyone waiting; never before the outcome.
    let reopensAt: MonotonicTime
    /// Whether other waiting runners should check again.
    let concernsAll: Bool
}

/// The state of the way to an endpoint: gate, limiter and calls under way. No part holds a value of a record.
package struct TrafficStatus: Sendable, Equatable {
    /// What calls are allowed.
    package enum Gate: String, Sendable, CaseIterable {
        /// Calls are made, as far as the limiter allows.
        case open
        /// Only single probes are sent, to see whether calls make sense again.
        case closed
        /// No calls until `EndpointTraffic.reopen()`.
        case halted
    }

    /// What calls are allowed.
    package internal(set) var gate = Gate.open
    /// Why no calls are made, in one sentence; nil while they are.
    package internal(set) var reason: String?
    /// The systemic cause and what to do about it, while the gate is halted.
    package internal(set) var halt: Halt?
    /// When the gate last ceased to be open; nil while it is open.
    package internal(set) var since: WallTime?
    /// When the next probe may leave; nil while none is to, or one is under way.
    package internal(set) var nextProbeAt: WallTime?
    /// Probes sent since the gate closed.
    package internal(set) var probes = 0
    /// Probes refused in a row because of how this side is set up.
    package internal(set) var refusedProbes = 0
    /// Until when `Retry-After` keeps everyone waiting; nil when it doesn't.
    package internal(set) var closedUntil: WallTime?
    /// Calls per second the limiter currently allows, cuts included.
    package internal(set) var allowedRate = 0.0
    /// Calls under way, of all runs together.
    package internal(set) var underWay = 0
    /// Runs that share the endpoint.
    package internal(set) var runs = 0
}

/// The answer to a runner that requests calls.
enum Permission: Sendable, Equatable {
    /// So many calls may be made now.
    case granted(Grant)
    /// Check again at this time.
    case wait(until: MonotonicTime)
    /// Check again when a call under way has ended: only one, or a few, may be made for now.
    case waitForAnswer
    /// Check again when woken: the limit of calls under way, of all runs together, is reached.
    case waitForCapacity
    /// No more calls.
    case halted(Halt)

    /// Whether others pass on turns in favour of the run that got this.
    var isQueued: Bool {
        switch self {
        case .wait, .waitForCapacity: true
        case .granted, .waitForAnswer, .halted: false
        }
    }
}

/// Permission to make calls.
struct Grant: Sendable, Equatable {
    /// Whose it is.
    let member: Int
    /// How many calls.
    let count: Int
    /// Whether the one call is the gate's probe.
    let isProbe: Bool
    /// When the permits were taken.
    let takenAt: MonotonicTime
    /// How often calls had been stopped by then, by the gate or a `Retry-After`; the grant is void after the next time.
    let closings: Int
}

/// What the calls of all runs came to since this process began, for metrics.
package final class CallMeter: Sendable {
    /// What was counted so far.
    package struct Reading: Sendable, Equatable {
        /// Attempts by their outcome.
        package var outcomes: [AttemptOutcome: Int] = [:]
        /// Attempts after which the record was queued again.
        package var retries = 0
        /// Calls that took at most as long as the bound of the same place in ``CallMeter/bounds`` and longer than the
        /// one before; at the end those that took longer than all.
        package var durations = [Int](repeating: 0, count: CallMeter.bounds.count + 1)
        /// How long all calls took together.
        package var total = Duration.zero
    }

    /// The bounds of what is told apart of a call's duration: from what is good to the usual limit of a request.
    package static let bounds: [Duration] = [50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000, 30_000].map {
        .milliseconds($0)
    }

    private let state = Lock(Reading())

    /// What was counted so far.
    package var reading: Reading { state.withLock { $0 } }

    /// Counts an attempt that has ended.
    ///
    /// - Parameters:
    ///   - outcome: What it came to.
    ///   - isRetried: Whether its record is queued again.
    ///   - duration: From handing the request over until the call ended.
    func take(_ outcome: Outcome, isRetried: Bool, duration: Duration) {
        state.withLock { reading in
            reading.outcomes[outcome.kind, default: 0] += 1
            if isRetried { reading.retries += 1 }
            // What never left took no time of the API's.
            guard outcome.countsAsCall else { return }
            let place = Self.bounds.firstIndex { duration <= $0 } ?? Self.bounds.count
            reading.durations[place] += 1
            reading.total += duration
        }
    }
}
