package import Basics
package import Foundation

/// A cap on calls, named by its settings key.
package enum Cap: String, Sendable {
    /// `limits.batch_calls`.
    case batchCalls = "batch_calls"
    /// `limits.daily_calls`.
    case dailyCalls = "daily_calls"
    /// `limits.monthly_cost`.
    case monthlyCost = "monthly_cost"
}

/// Hard limits on calls, checked in the transaction that claims, and what can stand in for a call.
///
/// A claim counts one call for each record; a call that surely never left is subtracted when it is finished (see
/// ``Completion/countsAsCall``), so a cap is never exceeded, not even by calls under way.
package struct CallCaps: Sendable, Equatable {
    /// The most calls on ``day`` over all batches; nil: no cap, 0: no calls.
    package var daily: Int?
    /// The most calls of the batch; nil: no cap, 0: no calls.
    package var batch: Int?
    /// The most calls that the budget of ``day``'s month pays for, over all batches: those billed, under way and
    /// perhaps billed count as paid; nil: no cap, 0: no calls.
    package var monthly: Int?
    /// An identical record answered since then, stands in for a call (`reuse_within`);
    /// nil: only those of the same batch.
    package var answeredSince: WallTime?
    /// The day on which the calls are counted.
    package var day: CallDay

    /// States the caps for one claim.
    package init(
        daily: Int? = nil, batch: Int? = nil, monthly: Int? = nil, answeredSince: WallTime? = nil, day: CallDay
    ) {
        self.daily = daily
        self.batch = batch
        self.monthly = monthly
        self.answeredSince = answeredSince
        self.day = day
    }
}

/// A calendar day in the time zone the caps are counted in, as `yyyymmdd`.
package struct CallDay: RawRepresentable, Hashable, Sendable, Comparable {
    /// The day as a number, 20251123 for 23 November 2025.
    package let rawValue: Int64

    /// Takes a day as a number.
    package init(rawValue: Int64) {
        self.rawValue = rawValue
    }

    /// The day an instant falls on.
    ///
    /// - Parameters:
    ///   - instant: The time.
    ///   - timeZone: The zone of `limits.time_zone`.
    package init(at instant: WallTime, in timeZone: TimeZone) {
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = timeZone
        let parts = calendar.dateComponents([.year, .month, .day], from: instant.date)
        let (year, month, day) = (parts.year ?? 1970, parts.month ?? 1, parts.day ?? 1)
        rawValue = Int64(year * 10_000 + month * 100 + day)
    }

    /// Orders days chronologically.
    package static func < (left: CallDay, right: CallDay) -> Bool {
        left.rawValue < right.rawValue
    }

    /// All numbers of the day's month.
    package var month: ClosedRange<Int64> {
        let first = rawValue / 100 * 100
        return first...(first + 99)
    }
}
