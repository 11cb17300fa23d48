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
