import Basics
import Foundation
import Logging

/// Log lines for people and for `grep`: time, level, the constant message, then what it is about as `key=value`.
struct LogLineHandler: LogHandler {
    var metadata: Logger.Metadata = [:]
    var logLevel = Logger.Level.info
    private let console: Console

    init(console: Console = .standard) {
        self.console = console
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        let all = metadata.merging(event.metadata ?? [:]) { $1 }
        console.note(Self.line(event.level, event.message, all, at: Date()))
    }

    /// One line, whatever the values hold.
    static func line(
        _ level: Logger.Level, _ message: Logger.Message, _ metadata: Logger.Metadata, at time: Date
    ) -> String {
        let facts = metadata.sorted { $0.key < $1.key }.map { " \($0)=\(quoted("\($1)"))" }.joined()
        return "\(NumberFormat.time(time)) \(level) \(message)\(facts)"
    }

    private static func quoted(_ value: String) -> String {
        let isPlain = !value.isEmpty && !value.contains { $0.isWhitespace || $0 == "\"" || $0.isNewline }
        guard !isPlain else { return value }
        let escaped = value.unicodeScalars.map { scalar in
            switch scalar {
            case "\"": "\\\""
            case "\\": "\\\\"
            case "\n": "\\n"
            case _ where PlainText.isControl(scalar): "?"
            default: String(scalar)
            }
        }
        return "\"\(escaped.joined())\""
    }
}
