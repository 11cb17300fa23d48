/// When a job is due, as five fields of cron: minute, hour, day of the month, month, day of the week.
///
/// The rules are those of `man 5 crontab`: lists, ranges, steps, names, and either day field is enough where both are
/// restricted. Stricter: a step needs a range, and what could never be meant is refused instead of guessed.
public struct CronExpression: Sendable, Equatable, CustomStringConvertible {
    /// The text as it was given.
    public let description: String
    let minutes: CronField
    let hours: CronField
    let days: CronField
    let months: CronField
    let weekdays: CronField

    /// Reads `0 22 * * mon-fri`, or one of `@hourly @daily @midnight @weekly @monthly @yearly @annually`.
    ///
    /// - Throws: a sentence that names the field and what it may hold.
    public init(_ text: String) throws(ScheduleError) {
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
    public static func == (one: CronExpression, other: CronExpression) -> Bool {
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
