public import Foundation
import Results

/// Small values as one line of JSON for scripts; records and answers never pass here.
enum JSONText {
    static func text(of value: some Encodable) -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return (try? encoder.encode(value)).map { String(decoding: $0, as: UTF8.self) } ?? "null"
    }
}

/// Times as every JSON of Rollcall has them: ISO 8601 in UTC with milliseconds.
public enum JSONTime {
    /// `2026-01-31T22:00:00.250Z`.
    public static func text(_ date: Date) -> String {
        Timestamp.text(Int64((date.timeIntervalSince1970 * 1_000).rounded()))
    }
}
