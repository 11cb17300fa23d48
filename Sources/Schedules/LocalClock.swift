import Foundation

/// The wall clock of a time zone. Its minutes are counted from 1 January 1970, 00:00, as the clock shows it; where the
/// zone's offset changes some minutes are never shown and others twice.
struct LocalClock {
    let zone: TimeZone

    /// The minute the clock shows.
    func minute(at instant: Int64) -> Int {
        Int((instant + offset(at: instant)).quotientAndRemainderDown(by: millisecondsOfMinute).quotient)
    }

    /// When the clock shows the beginning of a minute while the zone has an offset.
    func instant(of minute: Int, offset: Int64) -> Int64 { Int64(minute) * millisecondsOfMinute - offset }

    /// Milliseconds the clock is ahead of UTC.
    func offset(at instant: Int64) -> Int64 { Int64(zone.secondsFromGMT(for: date(instant))) * 1000 }

    /// When the zone's offset changes next; nil: never.
    func change(after instant: Int64) -> Int64? {
        guard let date = zone.nextDaylightSavingTimeTransition(after: date(instant)) else { return nil }
        let change = Int64((date.timeIntervalSince1970 * 1000).rounded())
        return change > instant ? change : nil
    }

    private func date(_ instant: Int64) -> Date { Date(timeIntervalSince1970: Double(instant) / 1000) }
}

let millisecondsOfMinute: Int64 = 60_000

extension LocalClock {
    /// When the clock first shows a minute, or, where it skips it, the end of the gap; nil on a day skipped as a whole.
    func firstShowing(of minute: Int) -> Int64? {
        // No zone was ever 15 hours ahead of UTC, so its clock does not show the minute yet.
        var start = instant(of: minute, offset: 15 * 60 * millisecondsOfMinute)
        while true {
            let showing = instant(of: minute, offset: offset(at: start))
            guard let change = change(after: start), showing >= change else { return showing }
            let shownAfter = self.minute(at: change)
            if shownAfter > minute {
                let shownBefore = change + offset(at: start)
                let day = minute.quotientAndRemainderDown(by: minutesOfDay).quotient
                let isWholeDay =
                    Int64(day * minutesOfDay) * millisecondsOfMinute >= shownBefore
                    && (day + 1) * minutesOfDay <= shownAfter
                return isWholeDay ? nil : change
            }
            start = change
        }
    }
}
