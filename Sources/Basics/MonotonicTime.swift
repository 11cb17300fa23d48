/// A time on a clock that never goes back and also counts while the machine sleeps. Its zero is arbitrary: such times
/// compare within one process only, and never with the time of day.
///
/// Arithmetic is held at the ends of what can be represented, so that a time far away stays far away.
public struct MonotonicTime: Hashable, Comparable, Sendable {
    /// Before every time that a clock shows.
    public static let distantPast = MonotonicTime(nanoseconds: .min)
    /// After every time that a clock shows.
    public static let distantFuture = MonotonicTime(nanoseconds: .max)

    /// Nanoseconds since the clock's zero.
    public let nanoseconds: Int64

    /// The time so many nanoseconds after the clock's zero.
    public init(nanoseconds: Int64) {
        self.nanoseconds = nanoseconds
    }

    /// The time so many nanoseconds later; earlier where they are below 0.
    public func advanced(byNanoseconds count: Int64) -> MonotonicTime {
        let (sum, overflows) = nanoseconds.addingReportingOverflow(count)
        return MonotonicTime(nanoseconds: overflows ? (count < 0 ? .min : .max) : sum)
    }

    /// The nanoseconds from another time to this one; below 0 where that one is later.
    public func nanoseconds(since other: MonotonicTime) -> Int64 {
        let (difference, overflows) = nanoseconds.subtractingReportingOverflow(other.nanoseconds)
        return overflows ? (nanoseconds < other.nanoseconds ? .min : .max) : difference
    }

    /// Whether one time is before another.
    public static func < (left: MonotonicTime, right: MonotonicTime) -> Bool {
        left.nanoseconds < right.nanoseconds
    }

    /// The time after a while.
    public static func + (time: MonotonicTime, duration: Duration) -> MonotonicTime {
        time.advanced(byNanoseconds: duration.nanoseconds)
    }

    /// The time a while before.
    public static func - (time: MonotonicTime, duration: Duration) -> MonotonicTime {
        time.advanced(byNanoseconds: -max(duration.nanoseconds, -Int64.max))
    }

    /// How long it is from one time to another.
    public static func - (end: MonotonicTime, start: MonotonicTime) -> Duration {
        .nanoseconds(end.nanoseconds(since: start))
    }
}

extension Duration {
    /// Whole nanoseconds, held at the ends of `Int64`.
    public var nanoseconds: Int64 {
        let (seconds, attoseconds) = components
        let (whole, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        return overflow ? (seconds < 0 ? .min : .max) : whole + attoseconds / 1_000_000_000
    }

    /// Whole milliseconds, held at the ends of `Int64`.
    public var milliseconds: Int64 {
        let (seconds, attoseconds) = components
        let (whole, overflows) = seconds.multipliedReportingOverflow(by: 1_000)
        let (sum, exceeds) = whole.addingReportingOverflow(attoseconds / 1_000_000_000_000_000)
        return overflows || exceeds ? (seconds < 0 ? .min : .max) : sum
    }
}
