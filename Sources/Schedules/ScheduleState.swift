package import Basics
package import Foundation

/// One job's schedule, a pure value: from what was handled before and the present time it decides what is to be done.
///
/// Ask again after every action but `wait`, and store `lastDue` whenever it has changed, before acting: a due time that
/// is stored is never run a second time, whatever becomes of the process or its clock.
package struct ScheduleState: Sendable, Equatable {
    /// What is to be done now.
    package enum Action: Sendable, Equatable {
        /// Nothing before this instant; nil: nothing ever.
        case wait(until: WallTime?)
        /// The job is due.
        case run(due: WallTime)
        /// Runs were due while no daemon could start them, the last of them at `due`; `runsNow` makes up for all of
        /// them at once. Counting stops at `mostCounted`.
        case missed(due: WallTime, count: Int, runsNow: Bool)
        /// The last due time handled is so far ahead of now that the clock must have been wrong, then or now. From now
        /// on the job runs by its times again, also by those it has run at under the other clock.
        case clockFault(lastDue: WallTime)
    }

    /// Everything due up to and including this instant has been handled; nil: the schedule has never been evaluated.
    package private(set) var lastDue: WallTime?
    private let expression: CronExpression
    private let zone: TimeZone
    private let catchUp: Bool

    /// A due time this much later is still on time, so that a restart in the wrong minute does not skip a night.
    package static let grace = Duration.seconds(5 * 60)
    /// A handled due time that is further ahead of the clock than this shows a clock fault.
    package static let clockTolerance = Duration.seconds(3_600)
    /// How many missed runs are counted at most.
    package static let mostCounted = 1000

    /// Restores a stored schedule.
    ///
    /// - Parameters:
    ///   - expression: when the job is due.
    ///   - zone: the wall clock by which it is.
    ///   - catchUp: whether missed runs are made up for by one.
    ///   - lastDue: what `lastDue` was when it was stored; nil for a schedule that is new.
    package init(expression: CronExpression, zone: TimeZone, catchUp: Bool, lastDue: WallTime?) {
        (self.expression, self.zone, self.catchUp, self.lastDue) = (expression, zone, catchUp, lastDue)
    }

    /// Decides what is to be done now.
    ///
    /// - Parameters:
    ///   - now: the time; a clock that was set back by no more than `clockTolerance` makes the schedule
    ///     wait, not run again.
    ///   - isWatched: whether a daemon has been able to start the job ever since the previous step: then nothing was
    ///     missed, even if the clock was set past a due time, and the job runs once for all that was due.
    /// - Returns: the action, which counts as handled from here on.
    package mutating func step(at now: WallTime, isWatched: Bool = false) -> Action {
        guard let lastDue else {
            // What was due before the job existed was not missed.
            self.lastDue = now
            return .wait(until: expression.next(after: now, in: zone))
        }
        if Self.isClockFault(lastDue, at: now) {
            self.lastDue = now
            return .clockFault(lastDue: lastDue)
        }
        guard let next = expression.next(after: lastDue, in: zone) else { return .wait(until: nil) }
        guard next <= now else { return .wait(until: next) }
        if isWatched {
            let due = latest(from: next, upTo: now) ?? next
            self.lastDue = due
            return .run(due: due)
        }
        let isOnTime = latest(from: now - Self.grace, upTo: now)
        guard let late = latest(from: next, upTo: (now - Self.grace).advanced(byMilliseconds: -1)) else {
            let due = isOnTime ?? next
            self.lastDue = due
            return .run(due: due)
        }
        let count = count(from: next, upTo: late)
        self.lastDue = late
        // A run that is on time makes up for the missed ones as well.
        return .missed(due: late, count: count, runsNow: catchUp && isOnTime == nil)
    }

    /// Whether a due time that was handled shows that the clock was wrong then, or is wrong now.
    package static func isClockFault(_ lastDue: WallTime, at now: WallTime) -> Bool { lastDue > now + clockTolerance }

    /// Marks everything due up to an instant as handled by a run that had to wait until then.
    package mutating func settle(upTo instant: WallTime) {
        lastDue = max(lastDue ?? instant, instant)
    }

    /// The last due time of an interval, found from its end: there may be a year of minutes before it.
    private func latest(from start: WallTime, upTo end: WallTime) -> WallTime? {
        var length = Duration.seconds(60)
        while end - length >= start, !isDue(after: end - length, upTo: end) { length *= 2 }
        var latest: WallTime?
        var due = expression.next(after: max(start.advanced(byMilliseconds: -1), end - length), in: zone)
        while let time = due, time <= end {
            latest = time
            due = expression.next(after: time, in: zone)
        }
        return latest
    }

    private func isDue(after start: WallTime, upTo end: WallTime) -> Bool {
        expression.next(after: start, in: zone).map { $0 <= end } ?? false
    }

    private func count(from first: WallTime, upTo last: WallTime) -> Int {
        var (count, due) = (1, first)
        while due < last, count < Self.mostCounted, let next = expression.next(after: due, in: zone) {
            (count, due) = (count + 1, next)
        }
        return count
    }
}
