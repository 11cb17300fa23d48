import Basics

/// The generic cell rate algorithm (GCRA; ITU-T I.371 annex A) with one addition: never more than rate + burst permits
/// in any second, which lets a late caller catch up without ever crowding a second.
struct RateLimiter: Sendable {
    /// How far a caller that came late, because a commit or a timer took its time, may catch up.
    static let catchUp = Duration.milliseconds(250)
    /// Permits are gathered for so long, to be claimed in one transaction.
    private static let gathering = Duration.milliseconds(4)
    /// When to ask again while permits that others took keep more from being taken: they are used, or given back, as soon
    /// as a claim is committed.
    private static let commit = Duration.milliseconds(20)

    private var rate: Double
    private var burst: Int
    /// The share of the rate that may currently be used, above 0 and at most 1.
    var share = 1.0
    /// GCRA's theoretical arrival time.
    private(set) var nextDue = MonotonicTime.distantPast
    /// No permits before this time.
    private(set) var closedUntil = MonotonicTime.distantPast
    private var recent = RecentPermits()
    /// Whether the last caller wanted more than there was: only then does time passed count as lateness, so that idle
    /// time gives no burst.
    private var isWanting = false

    init(rate: Double, burst: Int) {
        self.rate = Self.bounded(rate)
        self.burst = Self.bounded(burst)
    }

    /// The current rate, in permits per second.
    var allowedRate: Double { rate * share }

    /// The time between two permits, in nanoseconds.
    var interval: Int64 { max(1, Int64((1e9 / allowedRate).rounded())) }
    private var mostPerSecond: Int { max(1, Int((rate + Double(burst)).rounded(.down))) }

    /// Takes the permits available at `now`, at most `wanted`, and uses them at once.
    mutating func take(upTo wanted: Int, at now: MonotonicTime) -> Int {
        let granted = available(upTo: wanted, at: now)
        take(granted, at: now, isShort: granted < wanted)
        use(granted, takenAt: now, at: now)
        return granted
    }

    /// How many of `wanted` permits there are at `now`.
    mutating func available(upTo wanted: Int, at now: MonotonicTime) -> Int {
        guard wanted > 0, now >= closedUntil else { return 0 }
        recent.forget(at: now)
        let due = max(nextDue, floor(at: now)).advanced(byNanoseconds: -tolerance)
        guard due <= now else { return 0 }
        let inTime = Int(clamping: now.nanoseconds(since: due) / interval) + 1
        return max(0, min(wanted, inTime, mostPerSecond - recent.count))
    }

    /// Takes `count` permits that are available at `now`, perhaps none, to be used or given back later: until then they
    /// count as if they were used at every moment. `isShort` says whether more are needed.
    mutating func take(_ count: Int, at now: MonotonicTime, isShort: Bool) {
        guard now >= closedUntil else { return }
        if count > 0 {
            nextDue = max(nextDue, floor(at: now)).advanced(byNanoseconds: Int64(count) * interval)
            recent.hold(count, at: now)
        }
        isWanting = isShort
    }

    /// When `count` permits can be had at once, at the earliest.
    func nextPermit(_ count: Int = 1, at now: MonotonicTime) -> MonotonicTime {
        let due = max(nextDue, floor(at: now)).advanced(byNanoseconds: Int64(count - 1) * interval - tolerance)
        let crowded = recent.count + count > mostPerSecond ? recent.firstExpiry ?? now + Self.commit : now
        return max(due, closedUntil, crowded, now)
    }

    /// When to ask again for the permits between two positions in the queue: not before the first is there, and not
    /// long after, so that as many as can be are claimed in one transaction.
    func nextAsk(first: Int, last: Int, at now: MonotonicTime) -> MonotonicTime {
        max(nextPermit(first, at: now), min(nextPermit(last, at: now), now + Self.gathering))
    }

    /// Returns permits taken at `time` and not used.
    mutating func giveBack(_ permits: Int, takenAt time: MonotonicTime) {
        guard permits > 0 else { return }
        _ = recent.remove(permits, takenAt: time)
        nextDue = nextDue.advanced(byNanoseconds: -Int64(permits) * interval)
    }

    /// Counts permits taken at `time` as used at `now`, so that the calls themselves keep the bound, however long their
    /// claim took to be committed.
    mutating func use(_ permits: Int, takenAt time: MonotonicTime, at now: MonotonicTime) {
        let moved = recent.remove(permits, takenAt: time)
        if moved > 0 { recent.append(moved, at: now) }
    }

    /// No permits until `time`; time before it is not made up for.
    mutating func close(until time: MonotonicTime) {
        closedUntil = max(closedUntil, time)
        nextDue = max(nextDue, closedUntil)
        isWanting = false
    }

    /// Continues where an earlier run stopped.
    mutating func resume(nextDue: MonotonicTime, closedUntil: MonotonicTime) {
        self.nextDue = max(self.nextDue, nextDue)
        self.closedUntil = max(self.closedUntil, closedUntil)
    }

    /// Changes the rate; permits already taken in advance stay taken.
    mutating func reconfigure(rate: Double, burst: Int, at now: MonotonicTime) {
        let before = interval
        self.rate = Self.bounded(rate)
        self.burst = Self.bounded(burst)
        let start = max(now, closedUntil)
        guard nextDue > start else { return }
        let ahead = Double(nextDue.nanoseconds(since: start)) * Double(interval) / Double(before)
        nextDue = start.advanced(byNanoseconds: Int64(min(ahead, 1e17)))
    }

    // Settings refuse what makes no sense; here it only must not trap.
    private static func bounded(_ rate: Double) -> Double { rate > 0.000_001 ? min(rate, 1e9) : 0.000_001 }
    private static func bounded(_ burst: Int) -> Int { min(max(1, burst), 1_000_000) }

    private var tolerance: Int64 {
        let (tolerance, isTooLong) = Int64(burst - 1).multipliedReportingOverflow(by: interval)
        return isTooLong ? .max / 4 : min(tolerance, .max / 4)
    }

    private func floor(at now: MonotonicTime) -> MonotonicTime { isWanting ? now - Self.catchUp : now }
}

/// The permits used in the last second, as groups in time order, and those that are taken and not used yet.
struct RecentPermits: Sendable {
    private struct Group {
        var time: MonotonicTime
        var count: Int
    }

    /// A second, in nanoseconds: what the rate is counted in.
    private static let window: Int64 = 1_000_000_000
    private var groups: [Group] = []
    private var head = 0
    /// Taken and not used yet; few, for each is a claim that is being committed.
    private var held: [Group] = []
    private(set) var count = 0

    /// When the oldest group that was used leaves the window.
    var firstExpiry: MonotonicTime? {
        head < groups.count ? groups[head].time.advanced(byNanoseconds: Self.window) : nil
    }

    /// Forgets what is a second old or older.
    mutating func forget(at now: MonotonicTime) {
        while head < groups.count, groups[head].time <= now.advanced(byNanoseconds: -Self.window) {
            count -= groups[head].count
            head += 1
        }
        if head > 64, head * 2 > groups.count {
            groups.removeFirst(head)
            head = 0
        }
    }

    mutating func append(_ permits: Int, at time: MonotonicTime) {
        groups.append(Group(time: time, count: permits))
        count += permits
    }

    /// Counts permits until they are removed, whatever time passes.
    mutating func hold(_ permits: Int, at time: MonotonicTime) {
        held.append(Group(time: time, count: permits))
        count += permits
    }

    /// Takes back up to `permits` of those taken at `time`, and says how many there were.
    mutating func remove(_ permits: Int, takenAt time: MonotonicTime) -> Int {
        let released = release(permits, takenAt: time)
        guard released < permits else { return released }
        return released + removeUsed(permits - released, at: time)
    }

    private mutating func release(_ permits: Int, takenAt time: MonotonicTime) -> Int {
        guard let index = held.firstIndex(where: { $0.time == time }) else { return 0 }
        let released = min(permits, held[index].count)
        held[index].count -= released
        if held[index].count == 0 { held.remove(at: index) }
        count -= released
        return released
    }

    private mutating func removeUsed(_ permits: Int, at time: MonotonicTime) -> Int {
        guard let index = groups.indices.last(where: { $0 >= head && groups[$0].time == time }) else { return 0 }
        let removed = min(permits, groups[index].count)
        groups[index].count -= removed
        count -= removed
        return removed
    }
}

/// Lowers the rate while the API answers that there are too many calls.
///
/// When a tenth or more of the last hundred answers are 429 or 503, and one more of them arrives, the share of the rate
/// is multiplied by 0.7, at most once a second; it climbs back linearly in a minute. CUBIC and AIMD collapse to a tenth
/// of the contract's rate where one answer in a hundred is such an error at random.
struct ThrottleCut: Sendable {
    /// How many of the latest answers are looked at.
    private static let window = 100
    /// How many of them mean that the rate is too high: 1 in 100 is chance, 1 in 10 is not.
    private static let tooMany = 10
    private static let factor = 0.7
    /// The rate never falls to where nothing would show that it may rise again.
    private static let leastShare = 0.001
    /// Nanoseconds between two cuts: answers to calls made before the first do not cut again.
    private static let pause: Int64 = 1_000_000_000
    /// Nanoseconds until the whole rate may be used again.
    private static let climb: Double = 60e9

    /// Whether each of the latest answers was a 429 or 503.
    private var answers = SlidingWindow(size: window)
    private var lastCut: MonotonicTime?
    private var shareAfterCut = 1.0

    /// How many of the latest answers were a 429 or 503, and of how many.
    var refused: (count: Int, total: Int) { (answers.count, answers.seen) }

    /// The share of the rate that may be used, at a time.
    func share(at now: MonotonicTime) -> Double {
        guard let lastCut else { return 1 }
        let climbed = min(1, max(0, Double(now.nanoseconds(since: lastCut)) / Self.climb))
        return shareAfterCut + (1 - shareAfterCut) * climbed
    }

    /// Counts one answer; returns the new share when it cuts the rate.
    mutating func record(isThrottled: Bool, at now: MonotonicTime) -> Double? {
        answers.record(isThrottled)
        guard isThrottled, answers.count >= Self.tooMany else { return nil }
        if let lastCut, now.nanoseconds(since: lastCut) < Self.pause { return nil }
        shareAfterCut = max(Self.leastShare, share(at: now) * Self.factor)
        lastCut = now
        return shareAfterCut
    }

    /// Continues with a share of the rate that held some time ago.
    mutating func resume(share: Double, age: Duration, at now: MonotonicTime) {
        guard share > 0, share < 1 else { return }
        shareAfterCut = max(Self.leastShare, share)
        lastCut = now - min(age, .seconds(3_600))
    }
}
