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
