import Basics
import HTTPTransport
import JobRunner

/// Reads `Retry-After` (RFC 9110 §10.2.3): delay-seconds or an HTTP date, which counts against the answer's own `Date`.
///
/// What the server says about waiting is honoured even where it is not written as the RFC requires: fractions round up,
/// of several values the longest counts (a proxy may join fields into a list, RFC 9110 §5.3), and what cannot be read
/// is one second.
enum RetryAfterField {
    private static let unreadable = RetryAfter.seconds(1)

    /// The wait that an answer requests.
    ///
    /// - Parameters:
    ///   - values: The values of all its `Retry-After` fields.
    ///   - date: The answer's `Date`, or where it has none the time of its arrival.
    /// - Returns: Nil where there is no such field.
    static func read(_ values: [String], answeredAt date: WallTime) -> RetryAfter? {
        guard !values.isEmpty else { return nil }
        let waits = values.flatMap(elements).map { wait($0, answeredAt: date) }
        return waits.max() ?? unreadable
    }

    /// The elements of a list. The comma within a date, after the day's name, is not a separator.
    private static func elements(of value: String) -> [String] {
        var elements: [String] = []
        for part in value.split(separator: ",", omittingEmptySubsequences: true) {
            let text = part.trimmingBlanks
            if let day = elements.last, isDayName(day) {
                elements[elements.count - 1] = "\(day), \(text)"
            } else if !text.isEmpty {
                elements.append(String(text))
            }
        }
        return elements
    }

    private static func isDayName(_ text: String) -> Bool {
        ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"].contains(text) || text.hasSuffix("day")
    }

    private static func wait(_ element: String, answeredAt date: WallTime) -> RetryAfter {
        if let seconds = seconds(element) { return .seconds(seconds) }
        guard let end = HTTPDate.time(from: element) else { return unreadable }
        guard end > date else { return .seconds(0) }
        return .seconds(Int((end.milliseconds(since: date) - 1) / 1_000 + 1))
    }

    /// Digits, perhaps with a fraction, which rounds up; a number too large to represent becomes the largest.
    private static func seconds(_ element: String) -> Int? {
        let parts = element.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        guard let whole = parts.first, !whole.isEmpty, parts.allSatisfy({ $0.utf8.allSatisfy(isDigit) }) else {
            return nil
        }
        guard let seconds = Int(whole), seconds < .max else { return .max }
        let hasFraction = parts.dropFirst().contains { $0.utf8.contains { $0 != UInt8(ascii: "0") } }
        return hasFraction ? seconds + 1 : seconds
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }
}

extension Substring {
    /// Without blanks and tabs at its ends (OWS, RFC 9110 §5.6.3).
    fileprivate var trimmingBlanks: Substring {
        let isBlank = { (character: Character) in character == " " || character == "\t" }
        var rest = drop(while: isBlank)
        while let last = rest.last, isBlank(last) { rest.removeLast() }
        return rest
    }
}
