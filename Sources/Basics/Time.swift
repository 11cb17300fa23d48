public import Foundation

/// A time of day on a date, as the system's clock shows it: it can be set, so it may jump in either direction, and means
/// the same to other processes and after a restart. Waits and rates are measured by `MonotonicTime` instead.
///
/// Arithmetic saturates at the ends of what can be represented: a time from a damaged database may be any number, and must
/// not end the process.
public struct WallTime: Hashable, Comparable, Sendable {
    /// Before every time that a clock shows.
    public static let distantPast = WallTime(milliseconds: .min)
    /// After every time that a clock shows.
    public static let distantFuture = WallTime(milliseconds: .max)

    /// Milliseconds since 1970 UTC; below 0 before.
    public let milliseconds: Int64

    /// The time so many milliseconds after the beginning of 1970 UTC.
    public init(milliseconds: Int64) {
        self.milliseconds = milliseconds
    }

    /// What the system's clock shows, rounded down. Whoever has a clock that tests can hold asks that one instead.
    public static func now() -> WallTime {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)  // It cannot fail for this clock (`man 2 clock_gettime`).
        return WallTime(milliseconds: Int64(time.tv_sec) * 1_000 + Int64(time.tv_nsec) / 1_000_000)
    }

    /// The time so many milliseconds later; earlier where they are below 0.
    public func advanced(byMilliseconds count: Int64) -> WallTime {
        let (sum, overflows) = milliseconds.addingReportingOverflow(count)
        return WallTime(milliseconds: overflows ? (count < 0 ? .min : .max) : sum)
    }

    /// The milliseconds from another time to this one; below 0 where that one is later.
    public func milliseconds(since other: WallTime) -> Int64 {
        let (difference, overflows) = milliseconds.subtractingReportingOverflow(other.milliseconds)
        return overflows ? (milliseconds < other.milliseconds ? .min : .max) : difference
    }

    /// Whether one time is before another.
    public static func < (left: WallTime, right: WallTime) -> Bool {
        left.milliseconds < right.milliseconds
    }

    /// The time after a while, of which whole milliseconds count.
    public static func + (time: WallTime, duration: Duration) -> WallTime {
        time.advanced(byMilliseconds: duration.milliseconds)
    }

    /// The time a while before, of which whole milliseconds count.
    public static func - (time: WallTime, duration: Duration) -> WallTime {
        time.advanced(byMilliseconds: -max(duration.milliseconds, -Int64.max))
    }

    /// How long it is from one time to another.
    public static func - (end: WallTime, start: WallTime) -> Duration {
        .milliseconds(end.milliseconds(since: start))
    }
}

extension WallTime {
    /// A date of Foundation's, to the nearest millisecond.
    public init(_ date: Date) {
        let rounded = (date.timeIntervalSince1970 * 1_000).rounded()
        self.init(milliseconds: Int64(exactly: rounded) ?? (rounded < 0 ? .min : .max))
    }

    /// The same time for Foundation's calendars and formats.
    public var date: Date { Date(timeIntervalSince1970: Double(milliseconds) / 1_000) }
}

/// A time on a clock that never goes back and also counts while the machine sleeps. Its zero is arbitrary: such times
/// compare within one process only, and never with the time of day.
///
/// Arithmetic saturates at the ends of what can be represented, so that a time far away stays far away.
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
    /// Whole nanoseconds, saturating at the ends of `Int64`.
    public var nanoseconds: Int64 {
        let (seconds, attoseconds) = components
        let (whole, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        return overflow ? (seconds < 0 ? .min : .max) : whole + attoseconds / 1_000_000_000
    }

    /// Whole milliseconds, saturating at the ends of `Int64`.
    public var milliseconds: Int64 {
        let (seconds, attoseconds) = components
        let (whole, overflows) = seconds.multipliedReportingOverflow(by: 1_000)
        let (sum, exceeds) = whole.addingReportingOverflow(attoseconds / 1_000_000_000_000_000)
        return overflows || exceeds ? (seconds < 0 ? .min : .max) : sum
    }
}
