/// The generic cell rate algorithm (GCRA; ITU-T I.371 annex A) with one addition: never more than rate + burst permits
/// in any second, which lets a late caller catch up without ever crowding a second.
///
/// All times are monotonic nanoseconds.
struct RateLimiter: Sendable {
    /// How far a caller that came late, because a commit or a timer took its time, may catch up.
    static let catchUp: Int64 = 250_000_000

    private let rate: Double
    private let burst: Int
    /// The share of the rate that may be used at the moment, above 0 and at most 1.
    var share = 1.0
    /// GCRA's theoretical arrival time.
    private(set) var nextDue = Int64.min
    /// No permits before this time.
    private(set) var closedUntil = Int64.min
    private var recent = RecentPermits()
    /// Whether the last caller wanted more than there was: only then does time passed count as lateness, so that idle
    /// time gives no burst.
    private var isWanting = false

    init(rate: Double, burst: Int) {
        // Settings refuse what makes no sense; here it only must not trap.
        self.rate = min(max(rate, 0.000_001), 1e9)
        self.burst = min(max(1, burst), 1_000_000)
    }

    /// The rate at the moment, in permits per second.
    var allowedRate: Double { rate * share }

    /// The time between two permits, in nanoseconds.
    var interval: Int64 { max(1, Int64((1e9 / allowedRate).rounded())) }
    private var mostPerSecond: Int { max(1, Int((rate + Double(burst)).rounded(.down))) }

    /// Takes the permits available at `now`, at most `wanted`, one by one.
    mutating func take(upTo wanted: Int, at now: Int64) -> Int {
        guard wanted > 0, now >= closedUntil else { return 0 }
        recent.forget(at: now)
        let floor = floor(at: now)
        let room = mostPerSecond - recent.count
        var granted = 0
        while granted < min(wanted, room) {
            let due = max(nextDue, floor)
            guard due - tolerance <= now else { break }
            nextDue = due + interval
            granted += 1
        }
        if granted > 0 { recent.append(granted, at: now) }
        isWanting = granted < wanted
        return granted
    }

    /// When `count` permits can be had at once, at the earliest.
    func nextPermit(_ count: Int = 1, at now: Int64) -> Int64 {
        let due = max(nextDue, floor(at: now)) - tolerance + Int64(count - 1) * interval
        let crowded = recent.count >= mostPerSecond ? recent.firstExpiry ?? now : now
        return max(due, closedUntil, crowded, now)
    }

    /// Returns permits taken at `time` and not used.
    mutating func giveBack(_ permits: Int, takenAt time: Int64) {
        guard permits > 0 else { return }
        _ = recent.remove(permits, takenAt: time)
        nextDue -= Int64(permits) * interval
    }

    /// Counts permits taken at `time` as used at `now`, so that the calls themselves keep the bound.
    mutating func use(_ permits: Int, takenAt time: Int64, at now: Int64) {
        guard now > time else { return }
        let moved = recent.remove(permits, takenAt: time)
        if moved > 0 { recent.append(moved, at: now) }
    }

    /// No permits until `time`; time before it is not made up for.
    mutating func close(until time: Int64) {
        closedUntil = max(closedUntil, time)
        nextDue = max(nextDue, closedUntil)
        isWanting = false
    }

    /// Goes on where an earlier run stopped.
    mutating func resume(nextDue: Int64, closedUntil: Int64) {
        self.nextDue = max(self.nextDue, nextDue)
        self.closedUntil = max(self.closedUntil, closedUntil)
    }

    private var tolerance: Int64 { Int64(burst - 1) * interval }

    private func floor(at now: Int64) -> Int64 { isWanting ? now - Self.catchUp : now }
}
