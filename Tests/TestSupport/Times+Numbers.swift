public import Basics

/// Tests write times of a held clock as the nanoseconds since its start; the program cannot.
extension MonotonicTime: ExpressibleByIntegerLiteral {
    /// The time so many nanoseconds after the clock's zero.
    public init(integerLiteral nanoseconds: Int64) {
        self.init(nanoseconds: nanoseconds)
    }

    /// The time so many times as far from the clock's zero.
    package static func * (count: Int64, time: MonotonicTime) -> MonotonicTime {
        MonotonicTime(nanoseconds: count * time.nanoseconds)
    }

    /// The time so many nanoseconds later.
    package static func + (time: MonotonicTime, nanoseconds: Int64) -> MonotonicTime {
        time.advanced(byNanoseconds: nanoseconds)
    }

    /// The time so many nanoseconds before.
    package static func - (time: MonotonicTime, nanoseconds: Int64) -> MonotonicTime {
        time.advanced(byNanoseconds: -nanoseconds)
    }
}

/// Tests write wall times as milliseconds since 1970 UTC; the program cannot.
extension WallTime: ExpressibleByIntegerLiteral {
    /// The time so many milliseconds after the beginning of 1970 UTC.
    public init(integerLiteral milliseconds: Int64) {
        self.init(milliseconds: milliseconds)
    }

    /// The time so many milliseconds later.
    package static func + (time: WallTime, milliseconds: Int64) -> WallTime {
        time.advanced(byMilliseconds: milliseconds)
    }

    /// The time so many milliseconds before.
    package static func - (time: WallTime, milliseconds: Int64) -> WallTime {
        time.advanced(byMilliseconds: -milliseconds)
    }

    /// Moves the time so many milliseconds on.
    package static func += (time: inout WallTime, milliseconds: Int64) {
        time = time + milliseconds
    }
}
