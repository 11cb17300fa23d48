package import Basics
package import Foundation

/// The hours of the day in which calls may be made: `22:00-06:00`, or several joined by commas.
///
/// The wall clock decides: where an hour occurs twice the window is open twice, and hours that the clock skips do not
/// occur.
package struct CallWindow: Sendable, Equatable, CustomStringConvertible {
    /// The text as written.
    package let description: String
    /// Minutes of the day; an upper bound below the lower one belongs to the next day.
    private let spans: [Span]

    struct Span: Sendable, Equatable {
        let start: Int
        let end: Int

        func contains(_ minute: Int) -> Bool {
            start < end ? (start..<end).contains(minute) : minute >= start || minute < end
        }
    }

    /// Reads `HH:MM-HH:MM`, or several of these joined by commas. The end is not part of the window; `24:00` is
    /// midnight.
    ///
    /// - Throws: a sentence that says what would be right.
    package init(_ text: String) throws(ScheduleError) {
        var spans: [Span] = []
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            spans.append(try Self.span(part.drop { $0 == " " }))
        }
        (self.spans, description) = (spans, text)
    }

    /// Whether calls may be made now.
    ///
    /// - Parameters:
    ///   - instant: the time.
    ///   - zone: the zone whose wall clock is meant.
    /// - Returns: true from a start up to, and without, its end.
    package func isOpen(at instant: WallTime, in zone: TimeZone) -> Bool {
        isOpen(LocalClock(zone: zone).minute(at: instant))
    }

    /// The instant itself while the window is open, otherwise the next opening.
    ///
    /// - Parameters:
    ///   - instant: the time.
    ///   - zone: the zone whose wall clock is meant.
    /// - Returns: the time, not before `instant`.
    package func opening(from instant: WallTime, in zone: TimeZone) -> WallTime {
        let clock = LocalClock(zone: zone)
        var start = instant
        while true {
            let shown = clock.minute(at: start)
            if isOpen(shown) { return start }
            let opening = clock.instant(of: nextStart(after: shown), offset: clock.offset(at: start))
            guard let change = clock.change(after: start), opening >= change else { return opening }
            start = change
        }
    }

    private func isOpen(_ shown: Int) -> Bool {
        let minute = shown.quotientAndRemainderDown(by: minutesOfDay).remainder
        return spans.contains { $0.contains(minute) }
    }

    private func nextStart(after shown: Int) -> Int {
        let (day, minute) = shown.quotientAndRemainderDown(by: minutesOfDay)
        let starts = spans.map { $0.start > minute ? $0.start : $0.start + minutesOfDay }
        return day * minutesOfDay + (starts.min() ?? minutesOfDay)
    }

    private static func span(_ text: Substring) throws(ScheduleError) -> Span {
        let ends = text.split(separator: "-", omittingEmptySubsequences: false)
        guard ends.count == 2, let start = time(ends[0]), let end = time(ends[1]), start < minutesOfDay else {
            throw ScheduleError("each part must be a start and an end such as 22:00-06:00, from 00:00 to 24:00")
        }
        guard start != end, (start, end) != (0, minutesOfDay) else {
            throw ScheduleError("a window must be shorter than a day: leave it out where calls may be made at any time")
        }
        return Span(start: start, end: end)
    }

    private static func time(_ text: Substring) -> Int? {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2, let hour = number(parts[0]), let minute = number(parts[1]),
            parts.allSatisfy({ $0.utf8.count == 2 }), minute < 60, hour * 60 + minute <= minutesOfDay
        else { return nil }
        return hour * 60 + minute
    }
}
