/// How far a run has come; counts of this run only, batch totals are the store's.
public struct RunnerProgress: Sendable, Equatable {
    /// Calls that ended, whatever came of them.
    public internal(set) var calls = 0
    /// Records that succeeded.
    public internal(set) var succeeded = 0
    /// Records that were answered from an identical one when their turn came.
    public internal(set) var reused = 0
    /// Records that failed for good.
    public internal(set) var failed = 0
    /// Records that ended in doubt, less those the policy queued again; below 0 when these are an earlier run's.
    public internal(set) var inDoubt = 0
    /// Calls after which the record was queued again.
    public internal(set) var retries = 0
    /// Calls under way.
    public internal(set) var underWay = 0
    /// Calls per second the limiter allows at the moment, cuts included.
    public internal(set) var allowedRate = 0.0
    /// Time since the run began.
    public internal(set) var elapsed = Duration.zero

    /// Records that got a final status in this run.
    public var finished: Int { succeeded + reused + failed + inDoubt }
}
