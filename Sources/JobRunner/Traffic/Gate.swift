import Basics
import RecordStore

/// Closes when calls make no sense for anyone, and finds out with single probes when they do again.
struct Gate: Sendable {
    /// Failed calls in a row, of all batches together, that mean an outage.
    private static let troubleInARow = 10
    /// Before the first probe of an outage; doubled with each that fails.
    private static let firstInterval = Duration.seconds(15)
    /// How long an API that is back may go unnoticed.
    private static let longestInterval = Duration.seconds(300)

    private var probes: Int
    private var probeInterval: Duration
    private var outage: Duration
    private(set) var state = State.open
    /// When it last ceased to be open; nil while it is.
    private(set) var notOpenSince: MonotonicTime?
    /// Probes sent since then.
    private(set) var probesSent = 0
    private var trouble = 0

    init(probes: Int, probeInterval: Duration, outage: Duration) {
        self.probes = max(1, probes)
        self.probeInterval = probeInterval
        self.outage = outage
    }

    /// Changes the limits.
    mutating func reconfigure(probes: Int, probeInterval: Duration, outage: Duration) {
        self.probes = max(1, probes)
        self.probeInterval = probeInterval
        self.outage = outage
    }

    /// Records one outcome, in the order in which they arrive.
    mutating func record(_ sign: Outcome.GateSignal?, isProbe: Bool, errorText: String?, at now: MonotonicTime) {
        guard let sign else { return isProbe ? endProbe() : () }
        switch state {
        case .halted: break
        case .open: recordWhileOpen(sign, errorText, at: now)
        case .closed(let closing) where isProbe: recordProbe(sign, closing, errorText, at: now)
        case .closed(let closing):
            // Calls that were under way when the gate closed. One of them answering shows that the API is in reach.
            if sign == .answered, closing.cause == .outage { open() }
        }
    }

    /// Records how many failed calls came in a row of all runners that share the contract, the last of them this one's.
    mutating func record(troublesOfAll count: Int, at now: MonotonicTime) {
        guard state == .open, count >= Self.troubleInARow else { return }
        close(.outage, firstWait: Self.firstInterval, nil, at: now)
    }

    /// Marks the probe as sent.
    mutating func startProbe() {
        guard case .closed(var closing) = state else { return }
        closing.isProbeUnderWay = true
        probesSent += 1
        state = .closed(closing)
    }

    /// The probe's permit was not used: the next may leave at once.
    mutating func withdrawProbe() {
        guard case .closed(let closing) = state, closing.isProbeUnderWay else { return }
        probesSent -= 1
        endProbe()
    }

    /// Everyone has to wait: the outage counts from the end of the first such wait at the earliest.
    mutating func wait(until end: MonotonicTime) {
        guard case .closed(var closing) = state, closing.waitsUntil == nil else { return }
        closing.waitsUntil = end
        state = .closed(closing)
    }

    /// No run needed a call for this long: that time is not outage.
    mutating func excuse(_ time: Duration) {
        guard case .closed(var closing) = state else { return }
        closing.excused += max(.zero, time)
        state = .closed(closing)
    }

    /// Stops every call until `open`.
    mutating func halt(_ halt: Halt, at now: MonotonicTime) {
        notOpenSince = notOpenSince ?? now
        state = .halted(halt)
    }

    /// Lets calls continue as if nothing had been wrong.
    mutating func open() {
        state = .open
        notOpenSince = nil
        trouble = 0
    }

    /// From when on the other side has been out of reach; nil unless a probe has shown it since.
    var outageBegan: MonotonicTime? {
        guard case .closed(let closing) = state, closing.cause == .outage, probesSent > 0, !closing.isProbeUnderWay
        else {
            return nil
        }
        return closing.countsFrom
    }

    private mutating func endProbe() {
        guard case .closed(var closing) = state else { return }
        closing.isProbeUnderWay = false
        state = .closed(closing)
    }

    private mutating func recordWhileOpen(_ sign: Outcome.GateSignal, _ errorText: String?, at now: MonotonicTime) {
        switch sign {
        case .answered: trouble = 0
        case .misconfigured: close(.misconfigured, firstWait: probeInterval, errorText, at: now)
        case .trouble:
            trouble += 1
            if trouble >= Self.troubleInARow { close(.outage, firstWait: Self.firstInterval, errorText, at: now) }
        }
    }

    private mutating func close(
        _ cause: Closing.Cause, firstWait: Duration, _ errorText: String?, at now: MonotonicTime
    ) {
        let wait = cause == .outage ? min(firstWait, outage) : firstWait
        notOpenSince = now
        probesSent = 0
        state = .closed(
            Closing(
                cause: cause, since: now, lastError: errorText, probeAt: now + wait, interval: Self.firstInterval * 2))
    }

    private mutating func recordProbe(
        _ sign: Outcome.GateSignal, _ closing: Closing, _ errorText: String?, at now: MonotonicTime
    ) {
        var closing = closing
        closing.isProbeUnderWay = false
        closing.lastError = errorText
        switch sign {
        case .answered: open()
        case .misconfigured: refuseProbe(&closing, errorText, at: now)
        case .trouble: missProbe(&closing, errorText, at: now)
        }
    }

    private mutating func refuseProbe(_ closing: inout Closing, _ errorText: String?, at now: MonotonicTime) {
        closing.cause = .misconfigured
        closing.refusedProbes += 1
        guard closing.refusedProbes < probes else {
            return halt(.misconfigured(probes: probes, last: errorText), at: now)
        }
        closing.probeAt = now + probeInterval
        state = .closed(closing)
    }

    private mutating func missProbe(_ closing: inout Closing, _ errorText: String?, at now: MonotonicTime) {
        let deadline = closing.countsFrom + outage
        guard now < deadline else { return halt(.outage(outage, last: errorText), at: now) }
        if closing.cause == .misconfigured { closing.interval = Self.firstInterval }
        closing.cause = .outage
        closing.refusedProbes = 0
        // The last probe leaves when the outage has lasted too long, so that a halt never comes without a final probe.
        closing.probeAt = min(now + closing.interval, deadline)
        closing.interval = min(closing.interval * 2, Self.longestInterval)
        state = .closed(closing)
    }
}

extension Gate {
    /// What calls are allowed.
    enum State: Sendable, Equatable {
        case open
        case closed(Closing)
        case halted(Halt)
    }

    /// A closed gate.
    struct Closing: Sendable, Equatable {
        enum Cause: Sendable, Equatable {
            case outage
            case misconfigured
        }

        var cause: Cause
        let since: MonotonicTime
        /// What the last failed call or probe said.
        var lastError: String?
        /// When the next probe may leave.
        var probeAt: MonotonicTime
        /// The wait before the probe after the next, when out of reach.
        var interval: Duration
        /// Probes refused in a row as misconfigured.
        var refusedProbes = 0
        var isProbeUnderWay = false
        /// Time that does not count as outage, because no run needed a call.
        var excused = Duration.zero
        /// The end of the first wait requested since.
        var waitsUntil: MonotonicTime?

        /// From when on the outage counts.
        var countsFrom: MonotonicTime { max(since + excused, waitsUntil ?? since) }
    }
}

extension Gate.Closing {
    /// Why the gate is closed, as shown to operators.
    var reason: String {
        lastError.map { "\(cause.inWords): \($0)" } ?? cause.inWords
    }
}

extension Gate.Closing.Cause {
    fileprivate var inWords: String {
        switch self {
        case .outage: "The API is out of reach"
        case .misconfigured: "The API refuses calls because of keys, certificate, address or rights"
        }
    }
}

/// Notices when an endpoint answers nothing but that there are too many calls: the contract's calls are used up, or its
/// rate is lower than ours.
struct OverloadWatch: Sendable {
    var outage: Duration
    /// From when on the time counts; nil while other answers come.
    private(set) var countsFrom: MonotonicTime?
    /// Whether a requested wait has moved that.
    private var hasWaited = false

    init(outage: Duration) {
        self.outage = outage
    }

    /// Records one outcome; returns whether nothing else has come for `halt.outage`.
    mutating func record(_ outcome: Outcome, at now: MonotonicTime) -> Bool {
        switch outcome.kind {
        case .overloaded:
            let start = countsFrom ?? now
            countsFrom = start
            return now - start >= outage
        // What never left says nothing about the other side, and a refusal of this side does not show that calls get
        // through: a record that is always refused would keep one that always meets this waiting for ever.
        case .unsent, .misconfigured: return false
        default:
            reset()
            return false
        }
    }

    /// The time counts from the end of the first requested wait: it is honoured whole.
    mutating func wait(until end: MonotonicTime) {
        guard let countsFrom, !hasWaited else { return }
        self.countsFrom = max(countsFrom, end)
        hasWaited = true
    }

    /// No run needed a call for this long: that time does not count.
    mutating func excuse(_ time: Duration) {
        guard let countsFrom else { return }
        self.countsFrom = countsFrom + max(.zero, time)
    }

    /// Other answers came, or an operator has intervened.
    mutating func reset() {
        countsFrom = nil
        hasWaited = false
    }
}
