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
