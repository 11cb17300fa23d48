internal import Foundation

/// The system's clock.
public struct SystemClock: RunnerClock {
    private let start = ContinuousClock.now

    /// Counts `monotonic` from now.
    public init() {}

    /// Milliseconds since 1970 UTC.
    public var now: Int64 { Int64((Date().timeIntervalSince1970 * 1000).rounded(.down)) }

    /// Nanoseconds since this clock was made.
    public var monotonic: Int64 { (ContinuousClock.now - start).nanoseconds }

    /// Returns when `monotonic` has reached `deadline`, or as soon as the task is cancelled.
    public func sleep(until deadline: Int64) async {
        try? await ContinuousClock().sleep(until: start + .nanoseconds(deadline))
    }
}
