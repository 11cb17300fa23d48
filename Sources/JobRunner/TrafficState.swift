internal import RecordStore

/// What all calls to one endpoint share: limiter, rate cut, gate, whose turn it is, and how many calls are under way.
/// Decides, does nothing.
struct TrafficState: Sendable {
    /// A longer wait on `Retry-After` than this is a halt.
    static let longestWait: Duration = .seconds(86_400)

    var rate: Double
    var concurrency: Int
    var limiter: RateLimiter
    var cut = ThrottleCut()
    var gate: Gate
    var streak: UndecipherableStreak
    var overload: OverloadWatch
    var repeats = RepeatedAnswers()
    var line = FairShare()
    var activeRuns = ActiveRuns()
    /// Whether an answer was read: until then one call is made at a time.
    var hasRead = false
    var underWay = 0
    var closings = 0
    var isResumed = false

    init(_ configuration: RunnerConfiguration) {
        rate = configuration.rate
        concurrency = max(1, configuration.concurrency)
        limiter = RateLimiter(rate: configuration.rate, burst: configuration.burst)
        gate = Gate(
            probes: configuration.probes, probeInterval: configuration.probeInterval, outage: configuration.outage)
        streak = UndecipherableStreak(limit: configuration.undecipherable)
        overload = OverloadWatch(outage: configuration.outage)
    }

    /// How many calls may be under way until answers have shown that they can be used; nil: as many as one likes.
    var mostUnderWay: Int? { hasRead ? streak.mostUnderWay : 1 }

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

    /// Takes in the outcome of one call; returns what is worth telling.
    mutating func record(
        _ outcome: Outcome, isProbe: Bool, errorText: String?, at instant: Instant
    ) -> [RunnerEvent] {
        underWay -= 1
        var events: [RunnerEvent] = []
        hasRead = hasRead || outcome.isRead
        if outcome.isAnswer {
            if let share = cut.record(isThrottled: outcome.isThrottled, at: instant.monotonic) {
                events.append(.rateCut(to: rate * share))
            }
        }
        let before = gate.state
        gate.record(outcome.gateSignal, isProbe: isProbe, errorText: errorText, at: instant.monotonic)
        if let halt = halt(for: outcome, at: instant.monotonic) { gate.halt(halt, at: instant.monotonic) }
        if let retryAfter = outcome.retryAfter, let event = close(retryAfter, at: instant) { events.append(event) }
        events += changes(since: before, at: instant)
        return events
    }

    /// Forgets all that was wrong, so that calls can go on.
    mutating func reopen() {
        gate.open()
        overload.reset()
        repeats = RepeatedAnswers()
        requireProof()
    }

    /// Keys may be others now: what their first answers are worth has to be seen again.
    mutating func requireProof() {
        streak.reset()
        hasRead = false
    }

    /// Goes on with other limits; what limiter, cut and gate have learnt stays.
    mutating func reconfigure(_ configuration: RunnerConfiguration, at now: Int64) {
        rate = configuration.rate
        concurrency = max(1, configuration.concurrency)
        limiter.share = cut.share(at: now)
        limiter.reconfigure(rate: configuration.rate, burst: configuration.burst, at: now)
        gate.reconfigure(
            probes: configuration.probes, probeInterval: configuration.probeInterval, outage: configuration.outage)
        streak.limit = max(1, configuration.undecipherable)
        overload.outage = configuration.outage
    }

    private mutating func halt(for outcome: Outcome, at now: Int64) -> Halt? {
        let isOverloaded = overload.record(outcome, at: now)
        return outcome.halt ?? streak.record(outcome) ?? repeats.record(outcome)
            ?? (isOverloaded ? .overloaded(for: overload.outage, rate: rate) : nil)
    }

    private mutating func close(_ retryAfter: RetryAfter, at instant: Instant) -> RunnerEvent? {
        let end = retryAfter.end(from: instant.wall)
        guard end > instant.wall else { return nil }
        guard end - instant.wall <= Self.longestWait.milliseconds else {
            gate.halt(.longWait(until: end, longest: Self.longestWait), at: instant.monotonic)
            return nil
        }
        closings += 1
        let reopening = instant.monotonic(atWall: end)
        limiter.close(until: reopening)
        gate.wait(until: reopening)
        overload.wait(until: reopening)
        return .gateClosed(reason: Self.waitReason, until: end)
    }

    /// Why nobody calls while `Retry-After` holds.
    static let waitReason = "The API asks every caller to wait (Retry-After)"

    private mutating func changes(since before: Gate.State, at instant: Instant) -> [RunnerEvent] {
        guard gate.state != before else { return [] }
        switch gate.state {
        case .open: return [.gateOpened]
        case .halted:
            closings += 1
            return []
        case .closed(let closure):
            if before == .open { closings += 1 }
            return [.gateClosed(reason: closure.reason, until: instant.wall(atMonotonic: closure.probeAt))]
        }
    }
}
