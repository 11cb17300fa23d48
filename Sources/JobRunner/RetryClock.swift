/// The wall time by which retries wait: what the wall clock showed when the process began, and what has passed since by
/// the monotonic clock.
///
/// Times of retries outlive the process in the database, so they are wall times. Whoever sets the wall clock meanwhile
/// neither holds a retry up nor lets it go early. A restart takes the wall clock as it is then; no retry waits longer
/// after it than ``RetryPolicy/longestDelay``.
struct RetryClock: Sendable, Equatable {
    private let start: Moment

    /// Begins with what both clocks show.
    init(startingAt start: Moment) {
        self.start = start
    }

    /// The time at a monotonic time, in milliseconds since 1970 UTC, rounded down: what is due by then may go.
    func time(at monotonic: Int64) -> Int64 {
        start.wall(passed: monotonic)
    }

    /// The first millisecond since 1970 UTC that is not before a monotonic time.
    func time(notBefore monotonic: Int64) -> Int64 {
        start.wall(atMonotonic: monotonic)
    }

    /// The monotonic time, in nanoseconds, of a number of milliseconds since 1970 UTC.
    func monotonic(at time: Int64) -> Int64 {
        start.monotonic(atWall: time)
    }
}
