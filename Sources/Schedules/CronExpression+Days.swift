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
