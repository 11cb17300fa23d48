internal import RecordStore

/// When a record is tried again, and when no more: full jitter, `random(0, min(maxDelay, baseDelay·2ⁿ))`.
struct RetryPolicy: Sendable {
    /// Far enough away that a record the API refuses by itself, while it takes others, does not close the gate again
    /// and again.
    private static let refusedAgain: Int64 = 300_000

    private let attempts: Int
    private let baseDelay: Int64
    private let maxDelay: Int64
    private let probes: Int
    private let probeInterval: Int64

    init(_ configuration: RunnerConfiguration) {
        attempts = configuration.attempts
        baseDelay = configuration.baseDelay.milliseconds
        maxDelay = configuration.maxDelay.milliseconds
        probes = configuration.probes
        probeInterval = configuration.probeInterval.milliseconds
    }

    /// The longest a record waits for its next try, in milliseconds, but for a `Retry-After`, which closes the way for
    /// all and is remembered with the limiter.
    var longestDelay: Int64 { max(maxDelay, probeInterval + 1000, Self.refusedAgain) }

    /// What becomes of a record after an outcome.
    ///
    /// - Parameters:
    ///   - outcome: What the call's reply means.
    ///   - number: The attempt's number among all attempts of the record, from 1.
    ///   - spent: The attempts the record had spent before this one.
    ///   - isGateClosed: Whether the gate is closed once the outcome is counted: trouble then spends no attempt.
    ///   - reopensAt: Until when `Retry-After` keeps everyone waiting, by the same clock as `now`.
    ///   - now: Milliseconds since 1970 UTC by the ``RetryClock``.
    ///   - random: A number from 0 up to 1.
    /// - Returns: The step the store takes.
    func step(
        after outcome: Outcome, number: Int, spent: Int, isGateClosed: Bool, reopensAt: Int64, now: Int64,
        random: Double
    ) -> NextStep {
        switch outcome.kind {
        case .succeeded: return .succeeded
        case .undecipherable, .repeated, .inDoubt: return .inDoubt
        case .rejected: return .failed
        case .misconfigured: return .retry(notBefore: now + refusalDelay(number), spendsAttempt: false)
        case .unsent, .overloaded, .transient: break
        }
        let isFree = outcome.kind != .transient || (isGateClosed && outcome.gateSignal == .trouble)
        guard isFree || spent + 1 < attempts else { return .failed }
        let notBefore = max(now + delay(number - 1, random: random), outcome.retryAfter == nil ? now : reopensAt)
        return .retry(notBefore: notBefore, spendsAttempt: !isFree)
    }

    /// The wait before a retry, in milliseconds, after `earlier` attempts before the one that just ended.
    func delay(_ earlier: Int, random: Double) -> Int64 {
        let doublings = min(max(0, earlier), 40)
        let ceiling = min(
            Double(maxDelay), Double(baseDelay) * Double(sign: .plus, exponent: doublings, significand: 1))
        return Int64((ceiling * random).rounded(.down))
    }

    /// A record refused as misconfigured steps back behind the probe, so that another record can show whether it is
    /// this record alone that the API refuses.
    private func refusalDelay(_ number: Int) -> Int64 {
        number <= probes + 1 ? probeInterval + 1000 : max(probeInterval, Self.refusedAgain)
    }
}
