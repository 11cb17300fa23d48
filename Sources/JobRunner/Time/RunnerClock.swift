package import Basics
import Foundation

/// The time as the runner sees it: the system's, or one that a test holds.
package protocol RunnerClock: Sendable {
    /// The time of day, which may be set.
    var now: WallTime { get }
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

    /// The system's time of day.
    package var now: WallTime { .now() }

    /// Counted from when this clock was made.
    package var monotonic: MonotonicTime { MonotonicTime(nanoseconds: (ContinuousClock.now - start).nanoseconds) }

    /// Returns when `monotonic` has reached `deadline`, or as soon as the task is cancelled.
    package func sleep(until deadline: MonotonicTime) async {
        // Sleeping throws only when the task is cancelled, and returning early is then what is promised.
        try? await ContinuousClock().sleep(until: start + .nanoseconds(deadline.nanoseconds))
    }
}

/// One instant on both of the runner's clocks.
struct Instant: Sendable, Equatable {
    /// The time of day.
    var wall: WallTime
    /// The same on the clock that never goes back.
    var monotonic: MonotonicTime

    /// The monotonic time at which the wall clock will show `wall` if it is not set; one too far away to be counted is in
    /// the distant future, or the distant past.
    func monotonic(atWall wall: WallTime) -> MonotonicTime {
        monotonic + (wall - self.wall)
    }

    /// The current wall time and the whole milliseconds since by the monotonic clock: what the wall clock shows at a
    /// monotonic time if it is not set.
    func wall(passed monotonic: MonotonicTime) -> WallTime {
        wall.advanced(byMilliseconds: monotonic.nanoseconds(since: self.monotonic) / 1_000_000)
    }

    /// What the wall clock will show at a monotonic time, rounded up to a millisecond.
    func wall(atMonotonic monotonic: MonotonicTime) -> WallTime {
        let nanoseconds = monotonic.nanoseconds(since: self.monotonic)
        let (milliseconds, rest) = nanoseconds.quotientAndRemainder(dividingBy: 1_000_000)
        return wall.advanced(byMilliseconds: milliseconds + (rest > 0 ? 1 : 0))
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

    /// The time at a monotonic time, rounded down to a millisecond: what is due by then may go.
    func time(at monotonic: MonotonicTime) -> WallTime {
        start.wall(passed: monotonic)
    }

    /// The first whole millisecond that is not before a monotonic time.
    func time(notBefore monotonic: MonotonicTime) -> WallTime {
        start.wall(atMonotonic: monotonic)
    }

    /// The monotonic time of a time by this clock.
    func monotonic(at time: WallTime) -> MonotonicTime {
        start.monotonic(atWall: time)
    }
}
