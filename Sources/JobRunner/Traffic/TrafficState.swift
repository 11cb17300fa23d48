import Basics
import RecordStore

/// What all calls to one endpoint share: limiter, rate cut, gate, whose turn it is, and how many calls are under way.
/// Decides only; no side effects.
struct TrafficState: Sendable {
    var rate: Double
    var concurrency: Int
    var limiter: RateLimiter
    var cut = ThrottleCut()
    var gate: Gate
    var streak: UndecipherableStreak
    var overload: OverloadWatch
    var repeats = RepeatedAnswers()
    var queue = FairShare()
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

    /// How many calls may be under way until answers have shown that they can be used; nil: no limit.
    var mostUnderWay: Int? { hasRead ? streak.mostUnderWay : 1 }

    /// Whether failures spend no attempt.
    var isGateClosed: Bool { gate.state != .open }

    /// Why no more calls are made.
    var halt: Halt? {
        if case .halted(let halt) = gate.state { return halt }
        return nil
    }

    /// Calls per second allowed at a time.
    func allowedRate(at now: MonotonicTime) -> Double { rate * cut.share(at: now) }

    /// Records the outcome of one call; returns what is worth reporting.
    mutating func record(
        _ outcome: Outcome, isProbe: Bool, errorText: String?, at instant: Instant
    ) -> [RunnerEvent] {
        underWay -= 1
        var events: [RunnerEvent] = []
        hasRead = hasRead || outcome.isRead
        if outcome.isAnswer {
            if let share = cut.record(isThrottled: outcome.isThrottled, at: instant.monotonic) {
                events.append(.rateCut(to: rate * share, refused: cut.refused.count, of: cut.refused.total))
            }
        }
        let before = gate.state
        gate.record(outcome.gateSignal, isProbe: isProbe, errorText: errorText, at: instant.monotonic)
        if let halt = halt(for: outcome, at: instant.monotonic) { gate.halt(halt, at: instant.monotonic) }
        if let retryAfter = outcome.retryAfter, let event = close(retryAfter, at: instant) { events.append(event) }
        events += changes(since: before, at: instant)
        return events
    }

    /// Takes in what came in a row of all runners that share the contract; returns what is worth reporting. One that has
    /// read an answer knows that its keys are right.
    mutating func record(_ failures: FailuresInARow, at instant: Instant) -> [RunnerEvent] {
        let before = gate.state
        gate.record(troublesOfAll: failures.troubles, at: instant.monotonic)
        if !hasRead, failures.unreadable >= streak.limit, halt == nil {
            gate.halt(.undecipherable(inARow: failures.unreadable), at: instant.monotonic)
        }
        return changes(since: before, at: instant)
    }

    /// Forgets all failures, so that calls can continue.
    mutating func reopen() {
        gate.open()
        overload.reset()
        repeats = RepeatedAnswers()
        requireProof()
    }

    /// The keys may have changed: whether answers can be read has to be shown again.
    mutating func requireProof() {
        streak.reset()
        hasRead = false
    }

    /// Changes the limits; what limiter, cut and gate have learnt stays.
    mutating func reconfigure(_ configuration: RunnerConfiguration, at now: MonotonicTime) {
        rate = configuration.rate
        concurrency = max(1, configuration.concurrency)
        limiter.share = cut.share(at: now)
        limiter.reconfigure(rate: configuration.rate, burst: configuration.burst, at: now)
        gate.reconfigure(
            probes: configuration.probes, probeInterval: configuration.probeInterval, outage: configuration.outage)
        streak.limit = max(1, configuration.undecipherable)
        overload.outage = configuration.outage
    }

    private mutating func halt(for outcome: Outcome, at now: MonotonicTime) -> Halt? {
        let isOverloaded = overload.record(outcome, at: now)
        return outcome.halt ?? streak.record(outcome) ?? repeats.record(outcome)
            ?? (isOverloaded ? .overloaded(for: overload.outage, rate: rate) : nil)
    }

    /// Why one run halts, and not all: its job waits a shorter time than the endpoint's `halt.outage`.
    ///
    /// - Parameters:
    ///   - outage: how long that run waits.
    ///   - start: when it began: trouble before that is not its own.
    ///   - now: the time.
    /// - Returns: the halt; nil while it may continue, and where its time is not the shorter one.
    func halt(after outage: Duration, since start: MonotonicTime, at now: MonotonicTime) -> Halt? {
        guard outage < overload.outage else { return nil }
        func isOver(_ begin: MonotonicTime?) -> Bool { begin.map { now - max($0, start) >= outage } ?? false }
        if isOver(overload.countsFrom) { return .overloaded(for: outage, rate: rate) }
        guard case .closed(let closure) = gate.state, isOver(gate.outageBegan) else { return nil }
        return .outage(outage, last: closure.lastError)
    }

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

extension TrafficState {
    /// Adds a run that requests calls.
    mutating func join(weight: Int, at now: MonotonicTime) -> Int {
        let member = queue.join(weight: weight)
        excuse(activeRuns.arrive(member, at: now))
        return member
    }

    /// A run is over; whether others may have their turn sooner now.
    mutating func leave(_ member: Int, at now: MonotonicTime) -> Bool {
        activeRuns.depart(member, at: now)
        return queue.leave(member)
    }

    /// A run needs no calls for now; returns whether others may have their turn sooner now.
    mutating func withdraw(_ member: Int) -> Bool { queue.withdraw(member) }

    /// A run may make no calls for some time; returns whether others may have their turn sooner now.
    mutating func depart(_ member: Int, at now: MonotonicTime) -> Bool {
        activeRuns.depart(member, at: now)
        return queue.withdraw(member)
    }

    /// A run may make calls again.
    mutating func arrive(_ member: Int, at now: MonotonicTime) { excuse(activeRuns.arrive(member, at: now)) }

    /// Time in which no run could have made a call is not outage.
    private mutating func excuse(_ absence: Duration) {
        guard absence > .zero else { return }
        gate.excuse(absence)
        overload.excuse(absence)
    }
}

extension TrafficState {
    /// What must survive a restart.
    func limiterState(at instant: Instant) -> LimiterState {
        let due = max(limiter.nextDue, instant.monotonic - RateLimiter.catchUp)
        let isClosed = limiter.closedUntil > instant.monotonic
        return LimiterState(
            theoreticalArrival: instant.wall(atMonotonic: due),
            rateFactor: cut.share(at: instant.monotonic),
            closedUntil: isClosed ? instant.wall(atMonotonic: limiter.closedUntil) : nil, savedAt: instant.wall,
            isKeyDoubted: streak.isKeyDoubted)
    }

    /// Continues where an earlier process stopped, the first time it is called.
    ///
    /// A state from the future, because the clock was set back, delays calls no longer than a running limiter would.
    mutating func resume(_ state: LimiterState, at instant: Instant) {
        guard !isResumed else { return }
        isResumed = true
        // The values in a database may be anything.
        let longest = max(.seconds(10), .nanoseconds(limiter.interval) * 2)
        let untilDue = min(max(state.theoreticalArrival - instant.wall, .zero - longest), longest)
        let age = max(.zero, instant.wall - state.savedAt)
        streak.resume(isKeyDoubted: state.isKeyDoubted)
        limiter.resume(
            nextDue: instant.monotonic + untilDue, closedUntil: instant.monotonic + rememberedWait(state, at: instant))
        cut.resume(share: state.rateFactor, age: age, at: instant.monotonic)
    }
}

extension TrafficState {
    /// Requests permission to make up to `wanted` calls.
    mutating func permission(for member: Int, upTo wanted: Int, at now: MonotonicTime) -> Permission {
        switch gate.state {
        case .halted(let halt):
            _ = queue.withdraw(member)
            return .halted(halt)
        case .closed(let closure):
            guard !closure.isProbeUnderWay else { return step(aside: member, .waitForAnswer) }
            guard now >= closure.probeAt else { return step(aside: member, .wait(until: closure.probeAt)) }
            return take(1, of: member, isProbe: true, at: now)
        case .open:
            guard let most = mostUnderWay else { return take(wanted, of: member, isProbe: false, at: now) }
            guard underWay < most else { return step(aside: member, .waitForAnswer) }
            return take(min(wanted, most - underWay), of: member, isProbe: false, at: now)
        }
    }

    /// Returns permits for which there was no record.
    mutating func giveBack(_ count: Int, of grant: Grant) {
        guard count > 0 else { return }
        limiter.giveBack(count, takenAt: grant.takenAt)
        queue.gaveBack(grant.member, count)
        underWay -= count
        if grant.isProbe { gate.withdrawProbe() }
    }

    /// Whether the calls may start now; false when the way was closed after they were granted.
    mutating func start(_ count: Int, of grant: Grant, at now: MonotonicTime) -> Bool {
        guard grant.closings == closings else { return false }
        limiter.use(count, takenAt: grant.takenAt, at: now)
        return true
    }

    /// The run to wake because a call may be made for it now.
    mutating func nextForRoom() -> Int? { room > 0 ? queue.nextForRoom() : nil }

    /// How many more calls may be under way.
    private var room: Int { max(0, concurrency - underWay) }

    private mutating func step(aside member: Int, _ permission: Permission) -> Permission {
        _ = queue.withdraw(member)
        return permission
    }

    private mutating func take(_ wanted: Int, of member: Int, isProbe: Bool, at now: MonotonicTime) -> Permission {
        limiter.share = cut.share(at: now)
        queue.ask(member, for: wanted)
        let most = min(queue.demand, room)
        let available = limiter.available(upTo: most, at: now)
        let granted = queue.turns(of: member, among: available)
        // Short where permits are left to others' turns: those are needed, too.
        if most > 0 { limiter.take(granted, at: now, isShort: granted < most) }
        guard granted > 0 else { return wait(for: wanted, of: member, at: now) }
        queue.took(member, granted)
        underWay += granted
        if isProbe { gate.startProbe() }
        return .granted(Grant(member: member, count: granted, isProbe: isProbe, takenAt: now, closings: closings))
    }

    private mutating func wait(for wanted: Int, of member: Int, at now: MonotonicTime) -> Permission {
        let first = queue.place(of: member)
        guard first <= room else {
            queue.waitForCapacity(member)
            return .waitForCapacity
        }
        return .wait(until: limiter.nextAsk(first: first, last: queue.place(of: member, turn: wanted), at: now))
    }
}

extension TrafficState {
    /// The state of the way to the endpoint.
    func status(at instant: Instant) -> TrafficStatus {
        var status = TrafficStatus()
        status.allowedRate = allowedRate(at: instant.monotonic)
        status.underWay = underWay
        status.runs = queue.count
        if closedUntil > instant.monotonic { status.closedUntil = instant.wall(atMonotonic: closedUntil) }
        switch gate.state {
        case .open: if status.closedUntil != nil { status.reason = Self.waitReason }
        case .closed(let closure):
            status.gate = .closed
            status.reason = closure.reason
            status.nextProbeAt = closure.isProbeUnderWay ? nil : instant.wall(atMonotonic: closure.probeAt)
            status.refusedProbes = closure.refusedProbes
        case .halted(let halt):
            status.gate = .halted
            status.reason = halt.reason
            status.halt = halt
        }
        guard let since = gate.notOpenSince else { return status }
        status.since = instant.wall(atMonotonic: since)
        status.probes = gate.probesSent
        return status
    }
}

/// Which runs may currently make calls, and for how long there has been none.
struct ActiveRuns: Sendable {
    private var members: Set<Int> = []
    private var emptySince: MonotonicTime?

    /// A run may make calls; returns how long there was none before it.
    mutating func arrive(_ member: Int, at now: MonotonicTime) -> Duration {
        members.insert(member)
        defer { emptySince = nil }
        return emptySince.map { now - $0 } ?? .zero
    }

    /// A run may make no calls, or is over.
    mutating func depart(_ member: Int, at now: MonotonicTime) {
        guard members.remove(member) != nil, members.isEmpty else { return }
        emptySince = now
    }
}
