package import Basics
package import Foundation

/// When a job is due, as five fields of cron: minute, hour, day of the month, month, day of the week.
///
/// The rules are those of `man 5 crontab`: lists, ranges, steps, names, and either day field is enough where both are
/// restricted. Stricter: a step needs a range, and what could never be meant is refused instead of guessed.
package struct CronExpression: Sendable, Equatable, CustomStringConvertible {
    /// The text as written.
    package let description: String
    let minutes: CronField
    let hours: CronField
    let days: CronField
    let months: CronField
    let weekdays: CronField

    /// Reads `0 22 * * mon-fri`, or one of `@hourly @daily @midnight @weekly @monthly @yearly @annually`.
    ///
    /// - Throws: a sentence that names the field and what it may hold.
    package init(_ text: String) throws(ScheduleError) {
        let fields = try Self.written(text).split(whereSeparator: { $0 == " " || $0 == "\t" })
        guard fields.count == 5 else {
            throw ScheduleError("there must be five fields: minute, hour, day of the month, month, day of the week")
        }
        description = text
        minutes = try CronField(fields[0], of: .minute)
        hours = try CronField(fields[1], of: .hour)
        days = try CronField(fields[2], of: .day)
        months = try CronField(fields[3], of: .month)
        weekdays = try CronField(fields[4], of: .weekday)
    }

    /// Whether two expressions are due at the same times by the same rules, however they are written.
    package static func == (one: CronExpression, other: CronExpression) -> Bool {
        (one.minutes, one.hours, one.days) == (other.minutes, other.hours, other.days)
            && (one.months, one.weekdays) == (other.months, other.weekdays)
    }

    private static func written(_ text: String) throws(ScheduleError) -> String {
        guard text.hasPrefix("@") else { return text }
        guard let fields = aliases[text.lowercased()] else {
            throw ScheduleError("a name must be one of \(aliases.keys.sorted().joined(separator: ", "))")
        }
        return fields
    }

    private static let aliases = [
        "@hourly": "0 * * * *", "@daily": "0 0 * * *", "@midnight": "0 0 * * *", "@weekly": "0 0 * * 0",
        "@monthly": "0 0 1 * *", "@yearly": "0 0 1 1 *", "@annually": "0 0 1 1 *",
    ]
}

extension CronExpression {
    /// The first due minute after a minute of the wall clock, on a calendar without a time zone; nil: never.
    func minute(after minute: Int) -> Int? {
        let (day, start) = (minute + 1).quotientAndRemainderDown(by: minutesOfDay)
        if includes(CalendarDay(day)), let time = time(from: start) { return day * minutesOfDay + time }
        guard let time = time(from: 0) else { return nil }
        for next in (day + 1)...(day + Self.horizon) where includes(CalendarDay(next)) {
            return next * minutesOfDay + time
        }
        return nil
    }

    /// The rarest day, 29 February, comes after at most eight years (around 1900 and 2100).
    private static let horizon = 8 * 366 + 1

    /// The first due minute of a day that is not before `start`.
    private func time(from start: Int) -> Int? {
        let (hour, minute) = start.quotientAndRemainder(dividingBy: 60)
        if hours.contains(hour), let minute = minutes.first(from: minute) { return hour * 60 + minute }
        guard let hour = hours.first(from: hour + 1), let minute = minutes.first(from: 0) else { return nil }
        return hour * 60 + minute
    }

    private func includes(_ day: CalendarDay) -> Bool {
        guard months.contains(day.month) else { return false }
        let (isDay, isWeekday) = (days.contains(day.day), weekdays.contains(day.weekday))
        return days.startsWithStar || weekdays.startsWithStar ? isDay && isWeekday : isDay || isWeekday
    }
}

extension CronExpression {
    /// The first instant after another at which the job is due, by the wall clock of a time zone.
    ///
    /// A due time in an hour that the clock skips is moved to the first minute after the gap; one in an hour that
    /// occurs twice is due the first time only. An expression of every hour is due in every hour that really passes. A
    /// day that a zone left out altogether (Pacific/Apia, 30 December 2011) is no day at all: nothing is due for it.
    ///
    /// - Parameters:
    ///   - instant: the time.
    ///   - zone: the zone whose clock is meant.
    /// - Returns: the time; nil if there is no such day (30 February).
    package func next(after instant: WallTime, in zone: TimeZone) -> WallTime? {
        let clock = LocalClock(zone: zone)
        return isOfEveryHour ? nextReal(after: instant, on: clock) : nextOnce(after: instant, on: clock)
    }

    private var isOfEveryHour: Bool { hours.values == (1 << 24) - 1 }

    /// Every time the clock shows a due minute counts, one stretch of equal offset after the other.
    private func nextReal(after instant: WallTime, on clock: LocalClock) -> WallTime? {
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
    private func nextOnce(after instant: WallTime, on clock: LocalClock) -> WallTime? {
        var shown = clock.minute(at: instant)
        while let minute = minute(after: shown) {
            if let due = clock.firstShowing(of: minute), due > instant { return due }
            shown = minute
        }
        return nil
    }
}

/// A day of the Gregorian calendar, from its number since 1 January 1970.
struct CalendarDay {
    let month: Int
    let day: Int
    /// 0 is Sunday.
    let weekday: Int

    /// Years are counted from March, so that the leap day is a year's last, in eras of 400 years (Howard Hinnant,
    /// 'chrono-Compatible Low-Level Date Algorithms', `civil_from_days`).
    init(_ number: Int) {
        let (_, dayOfEra) = (number + 719_468).quotientAndRemainderDown(by: 146_097)
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let monthFromMarch = (5 * dayOfYear + 2) / 153
        day = dayOfYear - (153 * monthFromMarch + 2) / 5 + 1
        month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
        weekday = (number + 4).quotientAndRemainderDown(by: 7).remainder
    }
}

let minutesOfDay = 1440

extension BinaryInteger {
    /// The division that rounds down, so that times before 1970 fall into the right day.
    func quotientAndRemainderDown(by divisor: Self) -> (quotient: Self, remainder: Self) {
        let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? (quotient - 1, remainder + divisor) : (quotient, remainder)
    }
}

/// The values one field of a cron expression allows.
struct CronField: Sendable, Equatable {
    /// Bit n stands for the value n; Sunday is bit 0 only.
    private(set) var values: UInt64 = 0
    /// Whether the field is written with a leading `*`: then it restricts nothing by itself, and a day must match
    /// both day fields (`man 5 crontab`: 'if both fields are restricted …').
    let startsWithStar: Bool

    func contains(_ value: Int) -> Bool { values & (1 << UInt64(value)) != 0 }

    /// The first allowed value that is not less than `value`.
    func first(from value: Int) -> Int? {
        guard value < 64 else { return nil }
        let rest = values & (UInt64.max << UInt64(value))
        return rest == 0 ? nil : rest.trailingZeroBitCount
    }

    /// Reads a list of values, ranges and steps: `*`, `*/15`, `1-5`, `mon-fri`, `0,30`, `8-18/2`.
    init(_ text: Substring, of unit: CronUnit) throws(ScheduleError) {
        startsWithStar = text.hasPrefix("*")
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            let (range, step) = try Self.range(part, of: unit)
            for value in stride(from: range.lowerBound, through: range.upperBound, by: step) { insert(value, of: unit) }
        }
    }

    private mutating func insert(_ value: Int, of unit: CronUnit) {
        values |= 1 << UInt64(unit == .weekday && value == 7 ? 0 : value)
    }

    private static func range(_ part: Substring, of unit: CronUnit) throws(ScheduleError) -> (ClosedRange<Int>, Int) {
        let halves = part.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        let range = try Self.range(halves[0], isStepped: halves.count == 2, of: unit)
        guard halves.count == 2 else { return (range, 1) }
        let span = unit.range.upperBound - unit.range.lowerBound
        guard let step = number(halves[1]), (1...max(span, 1)).contains(step) else {
            throw ScheduleError("the step of the \(unit.rawValue), behind '/', must be from 1 to \(span)")
        }
        return (range, step)
    }

    private static func range(
        _ text: Substring, isStepped: Bool, of unit: CronUnit
    ) throws(ScheduleError) -> ClosedRange<Int> {
        if text == "*" { return unit.range }
        let ends = text.split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false)
        let first = try value(ends[0], of: unit)
        guard ends.count == 2 else {
            guard !isStepped else {
                throw ScheduleError("a step of the \(unit.rawValue) needs a range or * before '/', such as */2")
            }
            return first...first
        }
        var last = try value(ends[1], of: unit)
        if unit == .weekday, last == 0, first > 0 { last = 7 }
        guard first <= last else {
            throw ScheduleError("a range of the \(unit.rawValue) must rise: write two ranges, joined by a comma")
        }
        return first...last
    }

    private static func value(_ text: Substring, of unit: CronUnit) throws(ScheduleError) -> Int {
        let named = unit.names.firstIndex(of: text.lowercased()).map { $0 + unit.range.lowerBound }
        guard let value = named ?? number(text), unit.range.contains(value) else {
            throw ScheduleError("the \(unit.rawValue) must be \(unit.expectation)")
        }
        return value
    }
}

/// A whole number of at most four digits, without a sign.
func number(_ text: Substring) -> Int? {
    guard (1...4).contains(text.utf8.count), text.utf8.allSatisfy({ (48...57).contains($0) }) else { return nil }
    return Int(text)
}

/// The five fields of a cron expression, in their order (`man 5 crontab`).
enum CronUnit: String, CaseIterable {
    case minute
    case hour
    case day = "day of the month"
    case month
    case weekday = "day of the week"

    /// What may be written; of the weekdays both 0 and 7 are Sunday.
    var range: ClosedRange<Int> {
        switch self {
        case .minute: 0...59
        case .hour: 0...23
        case .day: 1...31
        case .month: 1...12
        case .weekday: 0...7
        }
    }

    /// Names in the order of their numbers, beginning with the range's first.
    var names: [String] {
        switch self {
        case .minute, .hour, .day: []
        case .month: ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
        case .weekday: ["sun", "mon", "tue", "wed", "thu", "fri", "sat"]
        }
    }

    /// Completes 'the hour must be …'.
    var expectation: String {
        let numbers = "from \(range.lowerBound) to \(range.upperBound)"
        guard let first = names.first, let last = names.last else { return numbers }
        return numbers + ", or \(first) to \(last)"
    }
}

/// Why a schedule or a window cannot be read, as a sentence that says what would be right.
///
/// The text that was given is never repeated: the caller that shows the error knows its place.
package struct ScheduleError: Error, Sendable, Equatable, CustomStringConvertible {
    /// What is wrong and what to write instead: 'the hour must be from 0 to 23'.
    package let message: String

    init(_ message: String) { self.message = message }

    package var description: String { message }
}
