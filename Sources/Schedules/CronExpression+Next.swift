public import Foundation

extension CronExpression {
    /// The first moment after another at which the job is due, by the wall clock of a time zone.
    ///
    /// A due time in an hour that the clock skips is moved to the first minute after the gap; one in an hour that comes
    /// twice is due the first time only. An expression of every hour is due in every hour that really passes. A day
    /// that a zone left out altogether (Pacific/Apia, 30 December 2011) is no day at all: nothing is due for it.
    ///
    /// - Parameters:
    ///   - moment: milliseconds since 1970.
    ///   - zone: the zone whose clock is meant.
    /// - Returns: milliseconds since 1970; nil where there is no such day (30 February).
    public func next(after instant: Int64, in zone: TimeZone) -> Int64? {
        let clock = LocalClock(zone: zone)
        return isOfEveryHour ? nextReal(after: instant, on: clock) : nextOnce(after: instant, on: clock)
    }

    private var isOfEveryHour: Bool { hours.values == (1 << 24) - 1 }

    /// Every time the clock shows a due minute counts, one stretch of equal offset after the other.
    private func nextReal(after instant: Int64, on clock: LocalClock) -> Int64? {
        var (start, shown) = (instant, clock.minute(at: instant))
        while let minute = minute(after: shown) {
            let due = clock.instant(of: minute, offset: clock.offset(at: start))
            guard let change = clock.change(after: start), due >= change else { return due }
            (start, shown) = (change, clock.minute(at: change) - 1)
        }
        return nil
    }

    /// Each due minute counts once. A later minute is never first shown before an earlier one, so the minutes after
    /// the one shown now are enough.
    private func nextOnce(after instant: Int64, on clock: LocalClock) -> Int64? {
        var shown = clock.minute(at: instant)
        while let minute = minute(after: shown) {
            if let due = clock.firstShowing(of: minute), due > instant { return due }
            shown = minute
        }
        return nil
    }
}
