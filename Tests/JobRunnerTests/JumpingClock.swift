import Basics
import JobRunner
import TestSupport

/// A clock that stands still until someone sleeps, and then jumps to the end of the sleep.
final class JumpingClock: RunnerClock {
    /// What the wall clock shows when `monotonic` is 0, in milliseconds since 1970 UTC: a whole hour.
    static let start: WallTime = 1_763_899_200_000

    private let time = Lock(MonotonicTime(nanoseconds: 0))

    var monotonic: MonotonicTime { time.withLock { $0 } }
    var now: WallTime { Self.start + monotonic.nanoseconds / 1_000_000 }

    func sleep(until deadline: MonotonicTime) async {
        guard !Task.isCancelled else { return }
        time.withLock { $0 = max($0, deadline) }
    }
}
