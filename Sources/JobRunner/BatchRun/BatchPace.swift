import Basics
import Foundation
import RecordStore

/// A batch's own rate, below the one its endpoint allows.
///
/// Only what the endpoint granted is counted here, so no permit is lost.
struct BatchPace: Sendable {
    private var limiter: RateLimiter?

    /// - Parameter rate: Calls per second, above 0; nil for no batch rate.
    init(rate: Double?) {
        limiter = rate.map { RateLimiter(rate: $0, burst: 1) }
    }

    /// How many of `wanted` calls may be made at a monotonic time.
    mutating func available(upTo wanted: Int, at now: MonotonicTime) -> Int {
        limiter?.available(upTo: wanted, at: now) ?? wanted
    }

    /// When to ask again for `wanted` calls, none of which may be made at `now`.
    func nextAsk(for wanted: Int, at now: MonotonicTime) -> MonotonicTime {
        limiter?.nextAsk(first: 1, last: wanted, at: now) ?? now
    }

    /// Counts `count` calls of the `wanted`, granted at a monotonic time.
    mutating func take(_ count: Int, of wanted: Int, at now: MonotonicTime) {
        limiter?.take(count, at: now, isShort: count < wanted)
    }

    /// There was no record for so many calls.
    mutating func giveBack(_ count: Int, of grant: Grant) {
        limiter?.giveBack(count, takenAt: grant.takenAt)
    }

    /// The calls are made only now.
    mutating func use(_ count: Int, of grant: Grant, at now: MonotonicTime) {
        limiter?.use(count, takenAt: grant.takenAt, at: now)
    }
}

/// Says whether a run's call window is open, and consults the calendar at most once a minute.
struct WindowWatch: Sendable {
    private let opening: (@Sendable (WallTime) -> WallTime)?
    private var minute: Int64?
    private var opensAt = WallTime.distantPast

    /// - Parameter opening: From a time on, when calls may be made next: that time itself while the window is open. Nil
    ///   for a window that is always open.
    init(opening: (@Sendable (WallTime) -> WallTime)?) {
        self.opening = opening
    }

    /// When calls may be made next; nil while they may be made at `now`.
    mutating func opening(after now: WallTime) -> WallTime? {
        guard let opening else { return nil }
        // Windows open and close on whole minutes, and consulting a calendar costs more than a claim.
        if minute != now.minute {
            minute = now.minute
            opensAt = opening(now)
        }
        return opensAt > now ? opensAt : nil
    }
}

/// The caps on calls, with the calendar day they count on.
struct CallLimits: Sendable {
    private let configuration: RunnerConfiguration
    private let batch: String
    private var minute: Int64 = .min
    private var day = CallDay(rawValue: 0)

    init(_ configuration: RunnerConfiguration, batch: String) {
        self.configuration = configuration
        self.batch = batch
    }

    /// The caps that hold at a time.
    mutating func caps(at now: WallTime) -> CallCaps {
        // Zones differ by whole minutes, and consulting a calendar costs more than a claim.
        if now.minute != minute {
            minute = now.minute
            day = CallDay(at: now, in: configuration.timeZone)
        }
        return CallCaps(
            daily: configuration.dailyCalls, batch: configuration.batchCalls, monthly: configuration.monthlyCalls,
            answeredSince: configuration.reuseWithin.map { now - $0 }, day: day)
    }

    /// Why a capped batch is paused, and how it continues.
    func reason(_ cap: Cap) -> String {
        switch cap {
        case .batchCalls:
            "The batch has used its limits.batch_calls of \(Counted.things(configuration.batchCalls ?? 0, "call")). "
                + "Raise the limit, then \(Hint.resume(batch: batch))."
        case .dailyCalls:
            "Today's limits.daily_calls of \(Counted.things(configuration.dailyCalls ?? 0, "call")) is used up. "
                + continuation("midnight")
        case .monthlyCost:
            "This month's limits.monthly_cost is used up: it buys \(Counted.things(configuration.monthlyCalls ?? 0, "call")), those under "
                + "way and perhaps billed counted. " + continuation("the turn of the month")
        }
    }

    private func continuation(_ turn: String) -> String {
        "The daemon continues by itself after \(turn) (\(configuration.timeZone.displayName)); to continue before, raise the "
            + "limit, then \(Hint.resume(batch: batch))."
    }
}

extension WallTime {
    /// Whole minutes since 1970 UTC.
    fileprivate var minute: Int64 { milliseconds / 60_000 }
}

/// How long ended calls wait for others to end, so that they share one commit. Decides only; no side effects.
///
/// A commit costs two synchronised writes and the pages that every commit changes, regardless of its size, so at a
/// thousand calls a second groups of ten to sixteen cost much less per record than groups of five. At the few calls a
/// second of most contracts waiting would gain nothing, so nothing waits.
struct CommitCoalescing: Sendable {
    /// Longest wait: short beside a call, because an end that is not written is in doubt after a crash.
    static let patience = Duration.milliseconds(8)
    /// Calls that have to be expected within that time.
    static let worthwhile = 4

    /// So many are written without waiting.
    let limit: Int
    private var firstAt: MonotonicTime?
    private var tookAt: MonotonicTime?
    private var isFlowing = false

    init(limit: Int) {
        self.limit = max(1, limit)
    }

    /// A call ended, at a time.
    mutating func ended(at now: MonotonicTime) {
        firstAt = firstAt ?? now
    }

    /// So many ended calls are being written.
    mutating func took(_ count: Int, at now: MonotonicTime) {
        guard count > 0 else { return }
        if let tookAt {
            let elapsed = now - tookAt
            isFlowing = elapsed > .zero && Self.patience * count >= elapsed * Self.worthwhile
        }
        tookAt = now
        firstAt = nil
    }

    /// Until when `count` ended calls wait for others of the `underWay`; nil where they are to be written now.
    func deadline(count: Int, underWay: Int, at now: MonotonicTime) -> MonotonicTime? {
        guard isFlowing, count < limit, underWay > 0, let firstAt else { return nil }
        let deadline = firstAt + Self.patience
        return deadline > now ? deadline : nil
    }
}

/// The times at which a run has requested a wake-up, so that each is requested only once.
struct PendingTimers: Sendable {
    private var deadlines: [MonotonicTime] = []

    /// Whether a timer must be set for a deadline; not if an earlier one fires anyway.
    mutating func needsTimer(at deadline: MonotonicTime) -> Bool {
        if deadlines.contains(where: { $0 <= deadline }) { return false }
        deadlines.append(deadline)
        return true
    }

    /// A timer fired.
    mutating func fired(_ deadline: MonotonicTime) {
        deadlines.removeAll { $0 == deadline }
    }
}
