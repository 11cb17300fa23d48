public import Foundation

/// A calendar day in the time zone the caps are counted in, as `yyyymmdd`.
public struct CallDay: RawRepresentable, Hashable, Sendable, Comparable {
    /// The day as a number, 20251123 for 23 November 2025.
    public let rawValue: Int64

    /// Takes a day as a number.
    public init(rawValue: Int64) {
        self.rawValue = rawValue
    }

    /// The day a moment falls on.
    ///
    /// - Parameters:
    ///   - moment: Milliseconds since 1970 UTC.
    ///   - timeZone: The zone of `limits.time_zone`.
    public init(at instant: Int64, in timeZone: TimeZone) {
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = timeZone
        let date = Date(timeIntervalSince1970: Double(instant) / 1000)
        let parts = calendar.dateComponents([.year, .month, .day], from: date)
        let (year, month, day) = (parts.year ?? 1970, parts.month ?? 1, parts.day ?? 1)
        rawValue = Int64(year * 10_000 + month * 100 + day)
    }

    /// Orders days as they follow each other.
    public static func < (left: CallDay, right: CallDay) -> Bool {
        left.rawValue < right.rawValue
    }

    /// All numbers of the day's month.
    public var month: ClosedRange<Int64> {
        let first = rawValue / 100 * 100
        return first...(first + 99)
    }
}
