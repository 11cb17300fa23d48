import Basics
import Foundation
import Synchronization

/// Opens each request and decides its outcome: scenario, rate limit and mix of faults, in this order.
final class CallJudge: Sendable {
    private let configuration: EmulatorConfiguration
    private let keys: KeysInUse
    private let log: CallLog
    private let plan: FaultPlan
    private let limit: Lock<RateLimit?>
    private let arrivals = Atomic<Int>(0)
    private let clock = ContinuousClock()
    private let start: ContinuousClock.Instant

    init(_ configuration: EmulatorConfiguration, keys: KeysInUse, log: CallLog) {
        self.configuration = configuration
        self.keys = keys
        self.log = log
        plan = FaultPlan(mix: configuration.faults, seed: configuration.seed)
        limit = Lock(configuration.rate.map(RateLimit.init(rate:)))
        start = clock.now
    }

    /// Whether the request that has just arrived is reset before it is read.
    func resetsArrival() -> Bool {
        plan.resetsBeforeReading(arrival: arrivals.add(1, ordering: .relaxed).newValue)
    }

    /// Decides on a request whose body has been read, and counts the call for its record.
    func rule(on body: [UInt8]) -> Ruling {
        do throws(RequestOpener.Refusal) {
            return try rule(on: keys.present.opener.open(body))
        } catch {
            return ruling(Fault(name: "unreadable", action: .error(error.answer)))
        }
    }

    /// The decision on a client that nginx would not have let through.
    func ruleOnCertificate() -> Ruling {
        ruling(Fault(name: "certificate", action: .page(400)))
    }

    private func rule(on request: OpenedRequest) -> Ruling {
        let attempt = log.begin(request.key)
        let fault = fault(of: request, attempt: attempt)
        var delay = configuration.latency
        if configuration.jitter > .zero {
            delay += configuration.jitter * plan.jitter(for: request.key, attempt: attempt)
        }
        if fault?.action == .slow { delay += configuration.faults.slowness }
        return ruling(fault, request: request, attempt: attempt, delay: delay)
    }

    private func fault(of request: OpenedRequest, attempt: Int) -> Fault? {
        let brokenFields = request.brokenFields
        guard brokenFields.isEmpty else {
            return Fault(name: "validation", action: .error(.invalid(paths: brokenFields)))
        }
        do throws(Scenario.Unknown) {
            if let email = request.email, let scenario = try Scenario(email: email) {
                return scenario.fault(ofCall: attempt)
            }
        } catch {
            return Fault(name: "unknown-scenario", action: .error(.unknownScenario))
        }
        guard isWithinRate() else { return Fault(name: "rate-limit", action: .error(.status(429, retryAfter: 1))) }
        return plan.fault(for: request.key, attempt: attempt)
    }

    private func isWithinRate() -> Bool {
        let now = MonotonicTime(nanoseconds: (clock.now - start).nanoseconds)
        return limit.withLock { $0?.admits(at: now) ?? true }
    }

    private func ruling(
        _ fault: Fault?, request: OpenedRequest? = nil, attempt: Int? = nil, delay: Duration = .zero
    ) -> Ruling {
        let call = Call(
            at: .now(), account: request?.account, key: request?.key,
            attempt: attempt, status: fault?.status ?? 200, fault: fault?.name,
            correlationID: Correlation.new())
        return Ruling(call: call, fault: fault, request: request, delay: delay)
    }
}

/// The outcome of one call, decided and counted before anything is sent.
struct Ruling: Sendable {
    /// The call's line in the log.
    let call: Call
    /// The fault; nil for the ordinary answer.
    let fault: Fault?
    /// The record; nil if the request could not be opened.
    let request: OpenedRequest?
    /// How long the answer waits.
    let delay: Duration
}

/// The emulator's own rate limit: the generic cell rate algorithm, with a tenth of a second's worth at once.
struct RateLimit: Sendable {
    private let interval: Duration
    private let tolerance: Duration
    private var due = MonotonicTime.distantPast

    /// - Parameter rate: calls per second, above 0.
    init(rate: Double) {
        interval = .nanoseconds(Int64(1_000_000_000 / rate))
        tolerance = max(.zero, .milliseconds(100) - interval)
    }

    /// Whether a call at a time is within the limit.
    mutating func admits(at now: MonotonicTime) -> Bool {
        let start = max(due, now)
        guard start - now <= tolerance else { return false }
        due = start + interval
        return true
    }
}
