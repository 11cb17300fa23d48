package import Basics
import Foundation

/// The time as the runner sees it: the system's, or one that a test holds.
package protocol RunnerClock: Sendable {
    /// Milliseconds since 1970 UTC.
    var now: Int64 { get }
    /// The time by which waits and rates are measured.
    var monotonic: MonotonicTime { get }
    /// Returns when `monotonic` has reached `deadline`, or as soon as the task is cancelled.
    func sleep(until deadline: MonotonicTime) async
}

/// The system's clock.
package struct SystemClock: RunnerClock {
    private let start = ContinuousClock.now

    /// Counts `monotonic` from now.
    package init() {}

    /// Milliseconds since 1970 UTC.
    package var now: Int64 { WallClock.now() }

    /// Counted from when this clock was made.
    package var monotonic: MonotonicTime { MonotonicTime(nanoseconds: (ContinuousClock.now - start).nanoseconds) }

    /// Returns when `monotonic` has reached `deadline`, or as soon as the task is cancelled.
    package func sleep(until deadline: MonotonicTime) async {
        try? await ContinuousClock().sleep(until: start + .nanoseconds(deadline.nanoseconds))
    }
}

/// One instant on both of the runner's clocks.
struct Instant: Sendable, Equatable {
    /// Milliseconds since 1970 UTC.
    var wall: Int64
    /// The same on the clock that never goes back.
    var monotonic: MonotonicTime

    /// Milliseconds from now to a wall time, held at the ends of what can be counted back and forth.
    func distance(toWall wall: Int64) -> Int64 {
        let (distance, isFarAway) = wall.subtractingReportingOverflow(self.wall)
        return isFarAway ? (wall < self.wall ? -.max : .max) : max(distance, -.max)
    }

    /// The monotonic time at which the wall clock will show `wall`; one too far away to be counted is in the distant
    /// future.
    func monotonic(atWall wall: Int64) -> MonotonicTime {
        let (distance, farAway) = wall.subtractingReportingOverflow(self.wall)
        let (nanoseconds, tooLong) = distance.multipliedReportingOverflow(by: 1_000_000)
        let (deadline, tooLate) = monotonic.nanoseconds.addingReportingOverflow(nanoseconds)
        return farAway || tooLong || tooLate ? .distantFuture : MonotonicTime(nanoseconds: deadline)
    }

    /// The current wall time and the whole milliseconds since by the monotonic clock: what the wall clock shows at a
    /// monotonic time if it is not set.
    func wall(passed monotonic: MonotonicTime) -> Int64 {
        wall + monotonic.nanoseconds(since: self.monotonic) / 1_000_000
    }

    /// What the wall clock will show at a monotonic time, rounded up to a millisecond.
    func wall(atMonotonic monotonic: MonotonicTime) -> Int64 {
        let nanoseconds = monotonic.nanoseconds(since: self.monotonic)
        let (milliseconds, rest) = nanoseconds.quotientAndRemainder(dividingBy: 1_000_000)
        return wall + milliseconds + (rest > 0 ? 1 : 0)
    }
}

extension RunnerClock {
    /// Now, on both clocks.
    var instant: Instant { Instant(wall: now, monotonic: monotonic) }
}

/// The wall time by which retries wait: what the wall clock showed when the process began, and what has passed since by
/// the monotonic clock.
///
/// Times of retries outlive the process in the database, so they are wall times. Setting the wall clock meanwhile
/// neither delays a retry nor lets it go early. A restart takes the wall clock as it is then; no retry waits longer
/// after it than ``RetryPolicy/longestDelay``.
struct RetryClock: Sendable, Equatable {
    private let start: Instant

    /// Begins with what both clocks show.
    init(startingAt start: Instant) {
        self.start = start
    }

    /// The time at a monotonic time, in milliseconds since 1970 UTC, rounded down: what is due by then may go.
    func time(at monotonic: MonotonicTime) -> Int64 {
        start.wall(passed: monotonic)
    }

    /// The first millisecond since 1970 UTC that is not before a monotonic time.
    func time(notBefore monotonic: MonotonicTime) -> Int64 {
        start.wall(atMonotonic: monotonic)
    }

    /// The monotonic time of a number of milliseconds since 1970 UTC.
    func monotonic(at time: Int64) -> MonotonicTime {
        start.monotonic(atWall: time)
    }
}
