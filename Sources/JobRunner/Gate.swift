/// Closes when calls make no sense for anyone, and finds out with single probes when they do again.
///
/// All times are monotonic nanoseconds.
struct Gate: Sendable {
    private static let troubleInARow = 10
    private static let firstInterval: Int64 = 15_000_000_000
    private static let longestInterval: Int64 = 300_000_000_000

    private var probes: Int
    private var probeInterval: Duration
    private var outage: Duration
    private(set) var state = State.open
    /// When it last ceased to be open; nil while it is.
    private(set) var notOpenSince: Int64?
    /// Probes sent since then.
    private(set) var probesSent = 0
    private var trouble = 0

    init(probes: Int, probeInterval: Duration, outage: Duration) {
        self.probes = max(1, probes)
        self.probeInterval = probeInterval
        self.outage = outage
    }

    /// Goes on with other limits.
    mutating func reconfigure(probes: Int, probeInterval: Duration, outage: Duration) {
        self.probes = max(1, probes)
        self.probeInterval = probeInterval
        self.outage = outage
    }

    /// Takes in one outcome, in the order in which they arrive.
    mutating func record(_ sign: Outcome.GateSignal?, isProbe: Bool, errorText: String?, at now: Int64) {
        guard let sign else { return isProbe ? endProbe() : () }
        switch state {
        case .halted: break
        case .open: recordWhileOpen(sign, errorText, at: now)
        case .closed(let closure) where isProbe: recordProbe(sign, closure, errorText, at: now)
        case .closed(let closure):
            // Calls that were under way when the gate closed. One of them answering shows that the API is in reach.
            if sign == .answered, closure.cause == .outage { open() }
        }
    }

    /// Marks the probe as sent.
    mutating func startProbe() {
        guard case .closed(var closure) = state else { return }
        closure.isProbeUnderWay = true
        probesSent += 1
        state = .closed(closure)
    }

    /// The probe's permit was not used: the next may leave at once.
    mutating func withdrawProbe() {
        guard case .closed(let closure) = state, closure.isProbeUnderWay else { return }
        probesSent -= 1
        endProbe()
    }

    /// Everyone is asked to wait: the outage counts from the end of the first such wait at the earliest.
    mutating func wait(until end: Int64) {
        guard case .closed(var closure) = state, closure.waitsUntil == nil else { return }
        closure.waitsUntil = end
        state = .closed(closure)
    }

    /// Nobody wanted to call for so long: that time is no outage.
    mutating func excuse(_ time: Int64) {
        guard case .closed(var closure) = state else { return }
        closure.excused += max(0, time)
        state = .closed(closure)
    }

    /// Stops every call until `open`.
    mutating func halt(_ halt: Halt, at now: Int64) {
        notOpenSince = notOpenSince ?? now
        state = .halted(halt)
    }

    /// Lets calls go on as if nothing had been wrong.
    mutating func open() {
        state = .open
        notOpenSince = nil
        trouble = 0
    }

    private mutating func endProbe() {
        guard case .closed(var closure) = state else { return }
        closure.isProbeUnderWay = false
        state = .closed(closure)
    }

    private mutating func recordWhileOpen(_ sign: Outcome.GateSignal, _ errorText: String?, at now: Int64) {
        switch sign {
        case .answered: trouble = 0
        case .misconfigured: close(.misconfigured, firstWait: probeInterval.nanoseconds, errorText, at: now)
        case .trouble:
            trouble += 1
            if trouble >= Self.troubleInARow { close(.outage, firstWait: Self.firstInterval, errorText, at: now) }
        }
    }

    private mutating func close(_ cause: Closure.Cause, firstWait: Int64, _ errorText: String?, at now: Int64) {
        let wait = cause == .outage ? min(firstWait, outage.nanoseconds) : firstWait
        notOpenSince = now
        probesSent = 0
        state = .closed(
            Closure(
                cause: cause, since: now, lastError: errorText, probeAt: now + wait, interval: 2 * Self.firstInterval))
    }

    private mutating func recordProbe(
        _ sign: Outcome.GateSignal, _ closure: Closure, _ errorText: String?, at now: Int64
    ) {
        var closure = closure
        closure.isProbeUnderWay = false
        closure.lastError = errorText
        switch sign {
        case .answered: open()
        case .misconfigured: refuseProbe(&closure, errorText, at: now)
        case .trouble: missProbe(&closure, errorText, at: now)
        }
    }

    private mutating func refuseProbe(_ closure: inout Closure, _ errorText: String?, at now: Int64) {
        closure.cause = .misconfigured
        closure.refusedProbes += 1
        guard closure.refusedProbes < probes else {
            return halt(.misconfigured(probes: probes, last: errorText), at: now)
        }
        closure.probeAt = now + probeInterval.nanoseconds
        state = .closed(closure)
    }

    private mutating func missProbe(_ closure: inout Closure, _ errorText: String?, at now: Int64) {
        let start = max(closure.since + closure.excused, closure.waitsUntil ?? closure.since)
        let deadline = start + outage.nanoseconds
        guard now < deadline else { return halt(.outage(outage, last: errorText), at: now) }
        if closure.cause == .misconfigured { closure.interval = Self.firstInterval }
        closure.cause = .outage
        closure.refusedProbes = 0
        // The last probe leaves when the outage has lasted too long, so that a halt never comes unasked.
        closure.probeAt = min(now + closure.interval, deadline)
        closure.interval = min(2 * closure.interval, Self.longestInterval)
        state = .closed(closure)
    }
}
