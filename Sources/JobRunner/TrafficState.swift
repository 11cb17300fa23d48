internal import RecordStore

/// What all calls to one endpoint share: limiter, rate cut, gate, and what they have in common. Decides, does nothing.
struct TrafficState: Sendable {
    /// A longer wait on `Retry-After` than this is a halt.
    static let longestWait: Duration = .seconds(86_400)
    /// Permits are gathered for so long, to be claimed in one transaction.
    private static let gathering: Int64 = 4_000_000

    private let rate: Double
    private var limiter: RateLimiter
    private var cut = ThrottleCut()
    private(set) var gate: Gate
    private var streak: UndecipherableStreak
    /// Whether any HTTP answer has come: until then one call is made at a time.
    private(set) var isReached = false
    private var underWay = 0
    private var closings = 0
    private var isResumed = false

    init(_ configuration: RunnerConfiguration) {
        rate = configuration.rate
        limiter = RateLimiter(rate: configuration.rate, burst: configuration.burst)
        gate = Gate(
            probes: configuration.probes, probeInterval: configuration.probeInterval, outage: configuration.outage)
        streak = UndecipherableStreak(limit: configuration.undecipherable)
    }

    /// Whether trouble spends no attempt.
    var isGateClosed: Bool { gate.state != .open }

    /// Why no more calls are made.
    var halt: Halt? {
        if case .halted(let halt) = gate.state { return halt }
        return nil
    }

    /// Until when `Retry-After` keeps everyone waiting, in monotonic nanoseconds.
    var closedUntil: Int64 { limiter.closedUntil }

    /// Calls per second allowed at a time.
    func allowedRate(at now: Int64) -> Double { rate * cut.share(at: now) }

    /// Asks for leave to make up to `wanted` calls.
    mutating func permission(upTo wanted: Int, at now: Int64) -> Permission {
        switch gate.state {
        case .halted(let halt): return .halted(halt)
        case .closed(let closure):
            if closure.isProbeUnderWay { return .waitForAnswer }
            guard now >= closure.probeAt else { return .wait(until: closure.probeAt) }
            return take(1, isProbe: true, at: now)
        case .open:
            guard isReached || underWay == 0 else { return .waitForAnswer }
            return take(isReached ? wanted : 1, isProbe: false, at: now)
        }
    }

    /// Returns permits for which there was no record.
    mutating func giveBack(_ count: Int, of grant: Grant) {
        guard count > 0 else { return }
        limiter.giveBack(count, takenAt: grant.takenAt)
        underWay -= count
        if grant.isProbe { gate.withdrawProbe() }
    }

    /// Whether the calls may start now; false when the way was closed since they were granted.
    mutating func start(_ count: Int, of grant: Grant, at now: Int64) -> Bool {
        guard grant.closings == closings else { return false }
        limiter.use(count, takenAt: grant.takenAt, at: now)
        return true
    }

    /// Takes in the outcome of one call; returns what is worth telling.
    mutating func record(
        _ outcome: Outcome, isProbe: Bool, errorText: String?, at moment: Moment
    ) -> [RunnerEvent] {
        underWay -= 1
        var events: [RunnerEvent] = []
        if outcome.isAnswer {
            isReached = true
            if let share = cut.record(isThrottled: outcome.isThrottled, at: moment.monotonic) {
                events.append(.rateCut(to: rate * share))
            }
        }
        let before = gate.state
        gate.record(outcome.gateSign, isProbe: isProbe, errorText: errorText, at: moment.monotonic)
        if let halt = outcome.halt ?? streak.record(outcome.kind) { gate.halt(halt) }
        if let retryAfter = outcome.retryAfter, let event = close(retryAfter, at: moment) { events.append(event) }
        events += changes(since: before, errorText: errorText, at: moment)
        return events
    }

    /// Forgets all that was wrong, so that calls can go on.
    mutating func reopen() {
        gate.open()
        streak.reset()
        isReached = false
    }

    private mutating func take(_ wanted: Int, isProbe: Bool, at now: Int64) -> Permission {
        limiter.share = cut.share(at: now)
        let granted = limiter.take(upTo: wanted, at: now)
        guard granted > 0 else {
            let first = limiter.nextPermit(at: now)
            return .wait(until: max(first, min(limiter.nextPermit(wanted, at: now), now + Self.gathering)))
        }
        underWay += granted
        if isProbe { gate.startProbe() }
        return .granted(Grant(count: granted, isProbe: isProbe, takenAt: now, closings: closings))
    }

    private mutating func close(_ retryAfter: RetryAfter, at moment: Moment) -> RunnerEvent? {
        let end = retryAfter.end(from: moment.wall)
        guard end > moment.wall else { return nil }
        guard end - moment.wall <= Self.longestWait.milliseconds else {
            gate.halt(.longWait(longest: Self.longestWait))
            return nil
        }
        closings += 1
        limiter.close(until: moment.monotonic(atWall: end))
        return .gateClosed(reason: "The API asks every caller to wait (Retry-After)", until: end)
    }

    private mutating func changes(since before: Gate.State, errorText: String?, at moment: Moment) -> [RunnerEvent] {
        guard gate.state != before else { return [] }
        switch gate.state {
        case .open: return [.gateOpened]
        case .halted:
            closings += 1
            return []
        case .closed(let closure):
            if before == .open { closings += 1 }
            let reason = errorText.map { "\(closure.cause.inWords): \($0)" } ?? closure.cause.inWords
            return [.gateClosed(reason: reason, until: moment.wall(atMonotonic: closure.probeAt))]
        }
    }
}

extension TrafficState {
    /// What is to be remembered across restarts.
    func limiterState(at moment: Moment) -> LimiterState {
        let untilDue = max(limiter.nextDue, moment.monotonic - RateLimiter.catchUp) - moment.monotonic
        let isClosed = limiter.closedUntil > moment.monotonic
        return LimiterState(
            theoreticalArrival: moment.wall * 1000 + untilDue / 1000,
            rateFactor: cut.share(at: moment.monotonic),
            closedUntil: isClosed ? moment.wall(atMonotonic: limiter.closedUntil) : nil, savedAt: moment.wall)
    }

    /// Goes on where an earlier process stopped, the first time it is asked to.
    ///
    /// A state from the future, because the clock was set back, holds nobody up longer than a running limiter would.
    mutating func resume(_ state: LimiterState, at moment: Moment) {
        guard !isResumed else { return }
        isResumed = true
        let longest = max(10_000, 2 * limiter.interval / 1_000_000)
        let untilDue = min(max(state.theoreticalArrival / 1000 - moment.wall, -longest), longest)
        let untilOpen = min((state.closedUntil ?? moment.wall) - moment.wall, Self.longestWait.milliseconds)
        limiter.resume(
            nextDue: moment.monotonic(atWall: moment.wall + untilDue),
            closedUntil: moment.monotonic(atWall: moment.wall + untilOpen))
        cut.resume(share: state.rateFactor, age: max(0, moment.wall - state.savedAt), at: moment.monotonic)
    }
}

extension Gate.Closure.Cause {
    /// Why the gate is closed, as a person reads it.
    fileprivate var inWords: String {
        switch self {
        case .outage: "The API is out of reach"
        case .misconfigured: "The API refuses calls because of keys, certificate, address or rights"
        }
    }
}
