/// The time as the runner sees it: the system's, or one that a test holds.
public protocol RunnerClock: Sendable {
    /// Milliseconds since 1970 UTC.
    var now: Int64 { get }
    /// Nanoseconds since some moment, never going back, also counting while the machine sleeps.
    var monotonic: Int64 { get }
    /// Returns when `monotonic` has reached `deadline`, or as soon as the task is cancelled.
    func sleep(until deadline: Int64) async
}
