import Basics
import Foundation
import RecordStore

/// Which batches the daemon is working on, and what to do next with each. A pure value: it decides and does nothing.
struct BatchScheduler {
    /// A batch as the database shows it.
    struct BatchSnapshot: Equatable {
        let id: BatchID
        let state: BatchState
        /// Whether it is finished and its result files are not written yet.
        var lacksResults = false
        /// When a batch that a cap has paused continues by itself.
        var resumesAt: WallTime?
        var priority = 1
    }

    /// What is to be done with a batch.
    enum Step: Equatable {
        /// Send its records.
        case start(BatchID)
        /// Someone took it out of `running`: make no more calls for it.
        case stop(BatchID)
        /// It is over: write its results and notify.
        case conclude(BatchID)
        /// Its pause is over.
        case resume(BatchID)
    }

    private enum Work: Equatable {
        case sending
        case stopping
        case concluding
    }

    /// How many batches are worked on at once; the rest waits its turn in the order of priority and arrival.
    private let slots: Int
    private var busy: [BatchID: Work] = [:]
    /// Batches whose work failed for an outside reason, and until when they are left alone:
    /// the wall clock may be set meanwhile.
    private var leftAlone: [BatchID: MonotonicTime] = [:]

    init(slots: Int) {
        self.slots = max(1, slots)
    }

    /// Whether nothing is under way.
    var isIdle: Bool { busy.isEmpty }

    /// What to do about the batches seen.
    ///
    /// - Parameters:
    ///   - sightings: All batches that are not over, or lack their results.
    ///   - mayStart: Whether anything new may begin: not while the gate is halted, nor while the daemon is ending.
    ///   - now: The time by which caps reset.
    ///   - monotonic: The time by which batches are left alone.
    /// - Returns: The steps; each counts as under way until `ended`.
    mutating func steps(
        for sightings: [BatchSnapshot], mayStart: Bool, now: WallTime, monotonic: MonotonicTime
    ) -> [Step] {
        leftAlone = leftAlone.filter { $0.value > monotonic }
        let free = sightings.filter { busy[$0.id] == nil && leftAlone[$0.id] == nil }
        return stops(for: sightings) + conclusions(for: free)
            + (mayStart ? resumptions(of: free, now: now) + starts(for: free) : [])
    }

    /// The work on a batch is over; one whose work could not be done is left alone until a time.
    mutating func ended(_ batch: BatchID, leavingAloneUntil time: MonotonicTime? = nil) {
        busy[batch] = nil
        leftAlone[batch] = time
    }

    private mutating func stops(for sightings: [BatchSnapshot]) -> [Step] {
        let running = Set(sightings.lazy.filter { $0.state == .running }.map(\.id))
        let left = busy.filter { $0.value == .sending && !running.contains($0.key) }.keys.sorted()
        for batch in left { busy[batch] = .stopping }
        return left.map(Step.stop)
    }

    private mutating func conclusions(for free: [BatchSnapshot]) -> [Step] {
        free.filter(\.lacksResults).map { sighting in
            busy[sighting.id] = .concluding
            return .conclude(sighting.id)
        }
    }

    private func resumptions(of free: [BatchSnapshot], now: WallTime) -> [Step] {
        free.filter { $0.state == .paused && $0.resumesAt.map { $0 <= now } ?? false }.map { .resume($0.id) }
    }

    private mutating func starts(for free: [BatchSnapshot]) -> [Step] {
        let waiting = free.filter { $0.state == .running }
        let inTurn = waiting.sorted { ($1.priority, $0.id) < ($0.priority, $1.id) }
        let sending = busy.values.count { $0 != .concluding }
        return inTurn.prefix(max(0, slots - sending)).map { sighting in
            busy[sighting.id] = .sending
            return .start(sighting.id)
        }
    }
}

/// How long the daemon rests between two looks at the database. A pure value: without work the pauses grow, so that nodes that
/// wait for it ask little of the server that they share.
struct LookingPace {
    /// The longest pause, unless `daemon.poll` is longer.
    static let longest = Duration.seconds(2)
    private var last: Duration?

    /// The next pause.
    ///
    /// - Parameters:
    ///   - poll: The pause while there is work.
    ///   - isIdle: Whether there is none.
    /// - Returns: The pause.
    mutating func pause(_ poll: Duration, isIdle: Bool) -> Duration {
        let pause = isIdle ? last.map { min($0 * 2, max(poll, Self.longest)) } ?? poll : poll
        last = isIdle ? pause : nil
        return max(poll, pause)
    }
}

/// When a cap on calls resets by itself. A pure rule.
enum CapReset {
    /// The next time at which a cap allows calls again; nil for one that only an operator can raise.
    ///
    /// - Parameters:
    ///   - now: The time.
    ///   - cap: The cap.
    ///   - zone: `limits.time_zone`, where a day and a month begin.
    /// - Returns: The beginning of the zone's next day or month.
    static func next(after now: WallTime, cap: Cap, in zone: TimeZone) -> WallTime? {
        switch cap {
        case .batchCalls: return nil
        case .dailyCalls: return start(of: .day, after: now, in: zone)
        case .monthlyCost: return start(of: .month, after: now, in: zone)
        }
    }

    private static func start(of unit: Calendar.Component, after now: WallTime, in zone: TimeZone) -> WallTime? {
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = zone
        return calendar.dateInterval(of: unit, for: now.date).map { WallTime($0.end) }
    }
}
