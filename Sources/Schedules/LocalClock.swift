import Basics
import Foundation

/// The wall clock of a time zone. Its minutes are counted from 1 January 1970, 00:00, as the clock shows it; where the
/// zone's offset changes some minutes are never shown and others twice.
struct LocalClock {
    let zone: TimeZone

    /// The minute the clock shows.
    func minute(at instant: WallTime) -> Int {
        let shown = (instant + offset(at: instant)).milliseconds
        return Int(shown.quotientAndRemainderDown(by: Self.millisecondsOfMinute).quotient)
    }

    /// When the clock shows the beginning of a minute while the zone has an offset.
    func instant(of minute: Int, offset: Duration) -> WallTime {
        WallTime(milliseconds: Int64(minute) * Self.millisecondsOfMinute) - offset
    }

    /// How far the clock is ahead of UTC.
    func offset(at instant: WallTime) -> Duration { .seconds(zone.secondsFromGMT(for: instant.date)) }

    /// When the zone's offset changes next; nil: never.
    func change(after instant: WallTime) -> WallTime? {
        guard let date = zone.nextDaylightSavingTimeTransition(after: instant.date) else { return nil }
        let change = WallTime(date)
        return change > instant ? change : nil
    }

    private static let millisecondsOfMinute: Int64 = 60_000
}

extension LocalClock {
    /// When the clock first shows a minute, or, where it skips it, the end of the gap; nil on a day skipped as a whole.
    func firstShowing(of minute: Int) -> WallTime? {
        // No zone was ever 15 hours ahead of UTC, so its clock does not show the minute yet.
        var start = instant(of: minute, offset: .seconds(15 * 3_600))
        while true {
            let showing = instant(of: minute, offset: offset(at: start))
            guard let change = change(after: start), showing >= change else { return showing }
            let shownAfter = self.minute(at: change)
            if shownAfter > minute {
                let shownBefore = change + offset(at: start)
                let day = minute.quotientAndRemainderDown(by: minutesOfDay).quotient
                let isWholeDay =
                    self.instant(of: day * minutesOfDay, offset: .zero) >= shownBefore
                    && (day + 1) * minutesOfDay <= shownAfter
                return isWholeDay ? nil : change
            }
            start = change
        }
    }
}
