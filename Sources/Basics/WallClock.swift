import Glibc

/// The system's clock for the time of day. Whoever has a clock that tests can hold asks that one instead.
package enum WallClock {
    /// Milliseconds since 1970 UTC, rounded down.
    package static func now() -> Int64 {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)  // It cannot fail for this clock (`man 2 clock_gettime`).
        return Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
    }
}
