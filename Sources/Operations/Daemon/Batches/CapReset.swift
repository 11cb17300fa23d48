import Foundation
import RecordStore

/// When a cap on calls resets by itself. A pure rule.
enum CapReset {
    /// The next time at which a cap allows calls again; nil for one that only an operator can raise.
    ///
    /// - Parameters:
    ///   - now: Milliseconds since 1970 UTC.
    ///   - cap: The cap.
    ///   - zone: `limits.time_zone`, where a day and a month begin.
    /// - Returns: Milliseconds since 1970 UTC.
    static func next(after now: Int64, cap: Cap, in zone: TimeZone) -> Int64? {
        switch cap {
        case .batchCalls: return nil
        case .dailyCalls: return start(of: .day, after: now, in: zone)
        case .monthlyCost: return start(of: .month, after: now, in: zone)
        }
    }

    private static func start(of unit: Calendar.Component, after now: Int64, in zone: TimeZone) -> Int64? {
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = zone
        let date = Date(timeIntervalSince1970: Double(now) / 1_000)
        return calendar.dateInterval(of: unit, for: date).map { Int64($0.end.timeIntervalSince1970 * 1_000) }
    }
}
