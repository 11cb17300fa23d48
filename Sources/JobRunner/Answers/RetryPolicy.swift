import Basics
import RecordStore

/// When a record is tried again, and when no more: full jitter, `random(0, min(maxDelay, baseDelay·2ⁿ))`.
struct RetryPolicy: Sendable {
    /// Long enough that a record which the API refuses, while it accepts others, does not close the gate over and over.
    private static let refusedAgain = Duration.seconds(300)

    private let attempts: Int
    private let baseDelay: Duration
    private let maxDelay: Duration
    private let probes: Int
    private let probeInterval: Duration

    init(_ configuration: RunnerConfiguration) {
        attempts = configuration.attempts
        baseDelay = configuration.baseDelay
        maxDelay = configuration.maxDelay
        probes = configuration.probes
        probeInterval = configuration.probeInterval
    }

    /// The longest a record waits for its next try, except for a `Retry-After`, which closes the way for all and is
    /// stored with the limiter.
    var longestDelay: Duration { max(maxDelay, probeInterval + .seconds(1), Self.refusedAgain) }

    /// What happens to a record after an outcome.
    ///
    /// - Parameters:
    ///   - outcome: What the call's reply means.
    ///   - number: The attempt's number among all attempts of the record, from 1.
    ///   - spent: The attempts the record had spent before this one.
    ///   - isGateClosed: Whether the gate is closed once the outcome is counted: failures then spend no attempt.
    ///   - reopensAt: Until when `Retry-After` keeps everyone waiting, by the same clock as `now`.
    ///   - now: The time by the ``RetryClock``.
    ///   - random: A number from 0 up to 1.
    /// - Returns: The step for the store.
    func step(
        after outcome: Outcome, number: Int, spent: Int, isGateClosed: Bool, reopensAt: WallTime, now: WallTime,
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

    /// The wait before a retry, in whole milliseconds, after `earlier` attempts before the one that just ended.
    func delay(_ earlier: Int, random: Double) -> Duration {
        let doublings = min(max(0, earlier), 40)
        let ceiling = min(
            Double(maxDelay.milliseconds),
            Double(baseDelay.milliseconds) * Double(sign: .plus, exponent: doublings, significand: 1))
        return .milliseconds(Int64((ceiling * random).rounded(.down)))
    }

    /// A record refused as misconfigured waits longer than the probe, so that another record can show whether the API
    /// refuses this record alone.
    private func refusalDelay(_ number: Int) -> Duration {
        number <= probes + 1 ? probeInterval + .seconds(1) : max(probeInterval, Self.refusedAgain)
    }
}

extension Completion {
    /// How a call ended, and what happens to its record.
    init(_ call: Call, _ reply: Reply, _ outcome: Outcome, next: NextStep, endedAt instant: Instant) {
        let (status, keptBytes, failure) = reply.parts
        self.init(
            attempt: call.record.attempt, record: call.record.id, outcome: outcome.kind,
            cause: failure?.rawValue, httpStatus: status.flatMap { (100...999).contains($0) ? $0 : nil },
            reasonCode: reply.reasonCode, correlationID: reply.correlationID, requestRefID: reply.requestRefID,
            errorText: reply.errorText(outcome, status, next: next, spent: call.record.spentAttempts),
            answer: keptBytes, hasWarnings: reply.hasWarnings || outcome.note != nil, startedAt: call.startedAt.wall,
            finishedAt: call.end(at: instant), next: next, billable: outcome.billable)
        sign = CallSign(outcome)
    }

    /// A record whose request could not be rebuilt: failed, no call made.
    init(notBuilt call: Call, reason: String, endedAt instant: Instant) {
        self.init(
            attempt: call.record.attempt, record: call.record.id, outcome: .unsent,
            cause: "not_built",
            errorText: "The request could not be rebuilt from the stored line; no call was made: \(reason)",
            startedAt: call.startedAt.wall, finishedAt: call.end(at: instant), next: .failed, billable: .no)
    }

    /// A record claimed and not sent, because the way was closed meanwhile.
    init(notStarted record: ClaimedRecord, at now: WallTime) {
        self.init(
            attempt: record.attempt, record: record.id, outcome: .unsent,
            cause: "not_started", startedAt: now, finishedAt: now, next: .release, billable: .no)
    }

    /// When the record is ready again, by the ``RetryClock``; nil when it isn't queued.
    var readyAt: WallTime? {
        switch next {
        case .retry(let notBefore, _): notBefore
        case .release: NextStep.atOnce
        case .last, .succeeded, .failed, .inDoubt: nil
        }
    }
}

extension CallSign {
    fileprivate init(_ outcome: Outcome) {
        let isUnreadable = outcome.kind == .undecipherable || outcome.countsAsUnreadable
        self.init(
            isAnswered: outcome.gateSignal == .answered ? true : outcome.gateSignal == .trouble ? false : nil,
            isReadable: isUnreadable ? false : outcome.kind == .succeeded ? true : nil)
    }
}

extension Reply {
    /// What is kept as the record's error: for a success its warning, if any.
    fileprivate func errorText(_ outcome: Outcome, _ status: Int?, next: NextStep, spent: Int) -> String? {
        guard outcome.kind != .succeeded else { return outcome.note }
        let text = outcome.note ?? errorText ?? status.map { "The API answered with status \($0)" } ?? "No answer came"
        let detailed = details.map { "\(text) (\($0))" } ?? text
        guard next == .failed else { return detailed }
        switch outcome.kind {
        case .transient: return "\(detailed); given up after \(Counted.things(spent + 1, "attempt"))"
        case .overloaded: return "\(detailed); given up, for others were answered all the while"
        default: return detailed
        }
    }
}

/// Finds the records of a run that are always answered with 'too many calls' while others are answered: such a record is
/// tried last, and then fails. A pure value.
///
/// The count is the run's; another run starts again from zero.
struct ThrottledRecords: Sendable {
    /// What happens to a record that was answered this way again.
    enum Verdict: Sendable, Equatable {
        /// It is tried again like any other.
        case again
        /// It is tried when nothing else is left.
        case last
        /// It fails.
        case enough
    }

    private let limit: Int
    /// How often each record was answered this way, since it was last answered otherwise.
    private var answers: [RecordID: Int] = [:]
    /// Records that are tried for the last time.
    private var lastTries: Set<RecordID> = []

    /// - Parameter attempts: `retry.attempts`; ten times as many such answers are enough.
    init(attempts: Int) {
        let (limit, isTooMany) = max(1, attempts).multipliedReportingOverflow(by: 10)
        self.limit = isTooMany ? .max : limit
    }

    /// Records how a call ended.
    mutating func take(_ outcome: Outcome, of record: RecordID, othersAreAnswered: Bool) -> Verdict {
        guard outcome.kind == .overloaded else {
            if outcome.isAnswer { answers[record] = nil }
            return .again
        }
        let count = answers[record, default: 0] + 1
        answers[record] = count
        if lastTries.remove(record) != nil { return .enough }
        return count >= limit && othersAreAnswered ? .last : .again
    }

    /// Nothing else is left: these records get their last try.
    mutating func beginLastTries(_ records: [RecordID]) { lastTries.formUnion(records) }
}
