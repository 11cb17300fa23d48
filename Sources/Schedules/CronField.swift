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
