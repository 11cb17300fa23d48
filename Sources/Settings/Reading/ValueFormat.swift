import Foundation
import Schedules

/// How the text of one kind of value is read, and a description of a valid value.
struct ValueFormat<Value: Sendable>: Sendable {
    /// Completes the sentence 'limits.rate must be …'.
    let expectation: String
    /// Whether the value must never be shown or hashed.
    var isSecret = false
    /// The one spelling of a value, so that `60s` and `1m` describe the same settings.
    var canonical: @Sendable (Value) -> String = { "\($0)" }
    /// What exactly is wrong with a text, where more can be said than the expectation; never the text itself.
    var complaint: @Sendable (_ text: String) -> String? = { _ in nil }
    /// The value of a text, nil if it is not right; relative paths are resolved against `directory`.
    let read: @Sendable (_ text: String, _ directory: String) -> Value?
}

extension ValueFormat<Duration> {
    /// A whole number with its unit: `500ms`, `30s`, `5m`, `6h` or `30d`.
    static func duration(_ range: ClosedRange<Duration>, _ limits: String) -> ValueFormat {
        ValueFormat(expectation: "a duration such as 500ms, 30s, 5m, 6h or 30d, \(limits)") { text, _ in
            guard let value = parseDuration(text), range.contains(value) else { return nil }
            return value
        }
    }
}

extension Settings {
    /// A duration as settings and options write it: `500ms`, `30s`, `5m`, `6h` or `30d`.
    ///
    /// - Returns: The duration; nil for any other text.
    package static func duration(_ text: String) -> Duration? { parseDuration(text) }
}

private func parseDuration(_ text: String) -> Duration? {
    let digits = text.prefix { $0.isASCII && $0.isNumber }
    // Nine digits of days still fit a Duration.
    guard let count = Int64(digits), digits.utf8.count <= 9 else { return nil }
    switch text.dropFirst(digits.count) {
    case "ms": return .milliseconds(count)
    case "s": return .seconds(count)
    case "m": return .seconds(count * 60)
    case "h": return .seconds(count * 3600)
    case "d": return .seconds(count * 86400)
    default: return nil
    }
}

extension ValueFormat<Int> {
    static func integer(_ range: ClosedRange<Int>) -> ValueFormat {
        ValueFormat(expectation: "a whole number from \(range.lowerBound) to \(range.upperBound)") { text, _ in
            guard text.utf8.allSatisfy(isDigit), let value = Int(text), range.contains(value) else { return nil }
            return value
        }
    }

    static func integer(atLeast minimum: Int) -> ValueFormat {
        ValueFormat(expectation: "a whole number, at least \(minimum)") { text, _ in
            guard text.utf8.allSatisfy(isDigit), let value = Int(text), value >= minimum else { return nil }
            return value
        }
    }
}

extension ValueFormat<Double> {
    /// A rate; to make no call at all, `limits.batch_calls: 0` says so plainly.
    static let rate = ValueFormat(expectation: "a number of calls per second above 0, at most 100000") { text, _ in
        guard isPlainDecimal(text), let value = Double(text), value > 0, value <= 100_000 else { return nil }
        return value
    }
}

extension ValueFormat<Share> {
    /// A share of all lines or answers; the sign must be there, so that 0.5 is not taken for 50%.
    static let share = ValueFormat(expectation: "a percentage such as 5% or 0.5%, at most 100%") { text, _ in
        text.hasSuffix("%") ? Share(percentage: String(text.dropLast())) : nil
    }
}

extension ValueFormat<Decimal> {
    static let price = ValueFormat(expectation: "an amount such as 0.10, not negative") { text, _ in
        isPlainDecimal(text) ? Decimal(string: text, locale: Locale(identifier: "en_US_POSIX")) : nil
    }
}

func isDigit(_ byte: UInt8) -> Bool { byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9") }

/// Digits with at most one decimal point between them: no sign, exponent, infinity or grouping.
private func isPlainDecimal(_ text: String) -> Bool {
    let parts = text.split(separator: ".", omittingEmptySubsequences: false)
    return (1...2).contains(parts.count) && parts.allSatisfy { !$0.isEmpty && $0.utf8.allSatisfy(isDigit) }
}

extension ValueFormat<CronExpression> {
    static let schedule = ValueFormat(
        expectation:
            "in quotes, five fields of cron such as \"0 22 * * mon-fri\", or @hourly, @daily, @weekly, @monthly",
        canonical: { $0.description }, complaint: { text in reason { _ = try CronExpression(text) } },
        // What is wrong with the text is told by `complaint`.
        read: { text, _ in try? CronExpression(text) })
}

extension ValueFormat<CallWindow> {
    static let window = ValueFormat(
        expectation: "a start and an end such as 22:00-06:00, or several of these joined by commas",
        canonical: { $0.description }, complaint: { text in reason { _ = try CallWindow(text) } },
        // What is wrong with the text is told by `complaint`.
        read: { text, _ in try? CallWindow(text) })
}

private func reason(_ body: () throws -> Void) -> String? {
    do {
        try body()
        return nil
    } catch {
        return (error as? ScheduleError)?.message
    }
}

extension ValueFormat<String> {
    static let path = ValueFormat(
        expectation: "a path, relative to this file or absolute", complaint: ShellWords.complaint(about:),
        read: { text, directory in
            let isPath = !text.isEmpty && !text.contains("\0") && ShellWords.complaint(about: text) == nil
            return isPath ? absolute(text, in: directory) : nil
        })

    /// The database's file, or the URL of PostgreSQL's, which is no path.
    static let database = ValueFormat(
        expectation: "a path, relative to this file or absolute, or postgresql://USER@HOST/DATABASE",
        complaint: path.complaint,
        read: { text, directory in
            Settings.isPostgreSQL(text) ? text : path.read(text, directory)
        })

    /// A key's file, or how the key is handed over without one.
    static let keySource = ValueFormat(
        expectation: "a path, relative to this file or absolute, or credential:NAME or fd:NUMBER",
        complaint: path.complaint,
        read: { text, directory in
            if text.hasPrefix("credential:") {
                let name = text.dropFirst("credential:".count)
                return name.isEmpty || name.hasPrefix(".") || name.contains("/") ? nil : text
            }
            // 0 to 2 are those of the terminal.
            if text.hasPrefix("fd:") { return Int32(text.dropFirst("fd:".count)).map { $0 > 2 } == true ? text : nil }
            return path.read(text, directory)
        })

    /// A pattern of files as `man 3 glob` reads it, which knows less than a shell.
    static let pattern = ValueFormat(
        expectation: "a pattern of files such as in/*.csv, relative to the settings' folder or absolute",
        complaint: ShellWords.complaint(aboutPattern:),
        read: { text, directory in
            let isPattern =
                !text.isEmpty && !text.contains("\0") && ShellWords.complaint(aboutPattern: text) == nil
            return isPattern ? absolute(text, in: directory) : nil
        })

    static let text = ValueFormat(expectation: "a text") { text, _ in text.isEmpty ? nil : text }

    static let anyText = ValueFormat(expectation: "a text, in quotes if it is empty") { text, _ in text }

    static let httpsURL = ValueFormat(expectation: "an address that starts with https:// and names a host") { text, _ in
        guard let parts = URLComponents(string: text), parts.scheme == "https", let host = parts.host, !host.isEmpty,
            parts.user == nil, parts.query == nil, parts.fragment == nil
        else { return nil }
        return text.hasSuffix("/") ? String(text.dropLast()) : text
    }

    static let currency = ValueFormat(expectation: "a currency of three capital letters, such as USD") { text, _ in
        text.utf8.count == 3 && text.utf8.allSatisfy { (65...90).contains($0) } ? text : nil
    }

    static let name = ValueFormat(expectation: "a name of letters, digits, '-', '_' and '.', at most 100") { text, _ in
        let allowed = text.utf8.allSatisfy { isDigit($0) || isLetter($0) || [45, 46, 95].contains($0) }
        return allowed && (1...100).contains(text.utf8.count) && !text.hasPrefix(".") ? text : nil
    }
}

extension ValueFormat<TimeZone> {
    static let timeZone = ValueFormat(
        expectation: "a time zone such as UTC or Europe/Zurich", canonical: { $0.identifier },
        read: { text, _ in TimeZone(identifier: text) })
}

extension ValueFormat<Bool> {
    static let boolean = ValueFormat(expectation: "true or false") { text, _ in Bool(text) }
}

extension ValueFormat<Secret> {
    /// A proxy's address may carry a user and a password, so it counts as a secret.
    static let proxy = ValueFormat(
        expectation: "a proxy's address such as http://proxy.example:3128", isSecret: true
    ) { text, _ in
        guard let parts = URLComponents(string: text), let host = parts.host, !host.isEmpty,
            ["http", "https"].contains(parts.scheme)
        else { return nil }
        return Secret(text)
    }

    static let secret = ValueFormat(expectation: "a text that is not empty", isSecret: true) { text, _ in
        text.isEmpty ? nil : Secret(text)
    }
}

extension ValueFormat where Value: CaseIterable & RawRepresentable<String> {
    static var choice: ValueFormat {
        let words = Value.allCases.map(\.rawValue)
        let expectation = words.dropLast().joined(separator: ", ") + " or " + (words.last ?? "")
        return ValueFormat(expectation: expectation, canonical: \.rawValue) { text, _ in Value(rawValue: text) }
    }
}

func isLetter(_ byte: UInt8) -> Bool { (65...90).contains(byte) || (97...122).contains(byte) }

/// A path as it stands if it is absolute, else below `directory`, without `.` parts. `..` stays, for links' sake.
func absolute(_ path: String, in directory: String) -> String {
    let joined = path.hasPrefix("/") ? path : directory + "/" + path
    let parts = joined.split(separator: "/").filter { $0 != "." }
    return "/" + parts.joined(separator: "/")
}

/// What a shell would expand in a path, but Rollcall does not: taken literally it would name a folder called `~`, or
/// match no file, without an error.
private enum ShellWords {
    /// What is wrong with a path; nil: nothing. Never the path itself.
    @Sendable static func complaint(about path: String) -> String? {
        if path.hasPrefix("~") { return "~ is not expanded here, write the folder itself" }
        let names = zip(path.utf8, path.utf8.dropFirst()).contains { $0 == UInt8(ascii: "$") && beginsName($1) }
        return names ? "$ is not expanded here, write the value itself" : nil
    }

    /// Whether a shell expands a dollar before this byte: `$HOME`, `${HOME}`, `$(pwd)`.
    private static func beginsName(_ byte: UInt8) -> Bool {
        isLetter(byte) || [UInt8(ascii: "_"), UInt8(ascii: "{"), UInt8(ascii: "(")].contains(byte)
    }

    /// What is wrong with a pattern; nil: nothing. A backslash before a brace or a dollar makes it a plain one
    /// (`man 7 glob`).
    @Sendable static func complaint(aboutPattern pattern: String) -> String? {
        var isEscaped = false
        for character in pattern {
            switch character {
            case _ where isEscaped: isEscaped = false
            case "\\": isEscaped = true
            case "{", "}": return "braces are not expanded here, give each pattern a job of its own"
            case "$": return "$ is not expanded here, write the value itself"
            default: break
            }
        }
        return pattern.hasPrefix("~") ? complaint(about: pattern) : nil
    }
}

/// Two ways of saying the same thing, of which a file may use one.
struct Alternative: Sendable {
    let one: [String]
    let other: [String]

    func rivals(of path: String) -> [String] {
        if one.contains(path) { return other }
        return other.contains(path) ? one : []
    }
}
