package import Basics
import Glibc

/// Reads HTTP dates: the three forms of RFC 9110 §5.6.7, to the letter, and nothing else.
///
/// A year has at most four digits in each of them, so no value can overflow on its way to milliseconds. libcurl's
/// `curl_getdate` accepts far more as a date, such as `20991231` or `1 Dec 1122110211`.
package enum HTTPDate {
    /// Reads a date, as `Date` and `Retry-After` have it.
    ///
    /// - Parameters:
    ///   - text: The field's value, without surrounding white space.
    ///   - now: The time by which a year of two digits is read; nil: the system's.
    /// - Returns: The time, or nil if it is no such date.
    package static func time(from text: String, now: WallTime? = nil) -> WallTime? {
        let now = now ?? .now()
        let bytes = Array(text.utf8)
        for form in Form.all {
            if let parts = form.parts(of: bytes, now: now) { return parts.wallTime }
        }
        return nil
    }

    /// The layout of one of the three forms. In `layout` a `0` is a digit, `_` a digit or a blank, `m` a letter of the
    /// month's name, anything else itself; offsets count from the end of the day's name.
    private struct Form {
        let dayNames: [String]
        let layout: [UInt8]
        let day: Int
        let month: Int
        let year: Range<Int>
        let time: Int

        private init(_ dayNames: [String], _ layout: String, day: Int, month: Int, year: Range<Int>, time: Int) {
            (self.dayNames, self.layout) = (dayNames, Array(layout.utf8))
            (self.day, self.month, self.year, self.time) = (day, month, year, time)
        }

        private static let short = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
        private static let long = [
            "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday",
        ]

        /// IMF-fixdate, the obsolete form of RFC 850, and that of C's `asctime`.
        static let all = [
            Form(short, ", 00 mmm 0000 00:00:00 GMT", day: 2, month: 5, year: 9..<13, time: 14),
            Form(long, ", 00-mmm-00 00:00:00 GMT", day: 2, month: 5, year: 9..<11, time: 12),
            Form(short, " mmm _0 00:00:00 0000", day: 5, month: 1, year: 17..<21, time: 8),
        ]

        /// The parts, where the text has this form and names an existing time. Whether the day's name matches the date
        /// is not checked.
        func parts(of text: [UInt8], now: WallTime) -> Parts? {
            guard let name = dayNames.first(where: { text.starts(with: $0.utf8) }) else { return nil }
            let rest = Array(text.dropFirst(name.utf8.count))
            guard rest.count == layout.count, zip(rest, layout).allSatisfy(Self.fits) else { return nil }
            let monthName = rest[month..<month + 3]
            guard let month = Parts.monthNames.firstIndex(where: { $0.utf8.elementsEqual(monthName) }) else {
                return nil
            }
            let written = Self.number(rest[year])
            let parts = Parts(
                year: year.count == 2 ? Parts.year(endingIn: written, now: now) : written, month: month + 1,
                day: Self.number(rest[day..<day + 2]), hour: Self.number(rest[time..<time + 2]),
                minute: Self.number(rest[time + 3..<time + 5]), second: Self.number(rest[time + 6..<time + 8]))
            return parts.exist ? parts : nil
        }

        private static func fits(_ byte: UInt8, _ wanted: UInt8) -> Bool {
            let isDigit = (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
            switch wanted {
            case UInt8(ascii: "0"): return isDigit
            case UInt8(ascii: "_"): return isDigit || byte == UInt8(ascii: " ")
            case UInt8(ascii: "m"): return true  // which names there are, the caller knows
            default: return byte == wanted
            }
        }

        /// Of digits; a blank counts as none.
        private static func number(_ digits: ArraySlice<UInt8>) -> Int {
            digits.reduce(0) { $0 * 10 + max(0, Int($1) - Int(UInt8(ascii: "0"))) }
        }
    }

    /// A date and a time of day in UTC.
    private struct Parts {
        static let monthNames = [
            "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
        ]

        let year: Int
        let month: Int
        let day: Int
        let hour: Int
        let minute: Int
        let second: Int

        /// RFC 9110 §5.6.7: a year of two digits that appears to be more than 50 years in the future is the most recent
        /// one in the past with these digits.
        static func year(endingIn digits: Int, now: WallTime) -> Int {
            let thisYear = 1970 + Int(now.milliseconds / 31_556_952_000)
            let latest = thisYear + 50
            return latest - ((latest - digits) % 100 + 100) % 100
        }

        /// Whether such a day and time exist; a minute may have a leap second.
        var exist: Bool {
            let isLeapYear = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
            let days = [31, isLeapYear ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
            return (1...days[month - 1]).contains(day) && hour < 24 && minute < 60 && second <= 60
        }

        var wallTime: WallTime {
            let minutes = (daysSince1970 * 24 + hour) * 60 + minute
            return WallTime(milliseconds: Int64(minutes * 60 + second) * 1_000)
        }

        /// Counted in years that begin in March, so that a leap day is the last of its year.
        private var daysSince1970: Int {
            let (year, month) = month > 2 ? (year, month - 3) : (year - 1, month + 9)
            let leapDays = floored(year, 4) - floored(year, 100) + floored(year, 400)
            return year * 365 + leapDays + (month * 153 + 2) / 5 + day - 1 - 719_468
        }

        private func floored(_ year: Int, _ divisor: Int) -> Int {
            year >= 0 ? year / divisor : (year - divisor + 1) / divisor
        }
    }
}
