import Basics
import Foundation
import Logging
import Settings

/// How the daemon logs just now; its handlers follow when that is changed.
final class LoggingInForce: Sendable {
    private let settings: Lock<Settings.Log>

    init(_ settings: Settings.Log) { self.settings = Lock(settings) }

    /// What the settings say.
    var value: Settings.Log { settings.withLock { $0 } }

    /// Logs otherwise from the next line on.
    func exchange(for settings: Settings.Log) { self.settings.withLock { $0 = settings } }
}

/// Log lines for people and for `grep`: time, level, the constant message, then what it is about as `key=value`; or the
/// same as JSON for programs.
struct LogLineHandler: LogHandler {
    var metadata: Logger.Metadata = [:]
    private let inForce: LoggingInForce
    /// What one logger alone was told.
    private var ownLevel: Logger.Level?
    private let console: Console

    /// Writes what is at least as important as the settings say, in the form that they say.
    init(_ inForce: LoggingInForce, console: Console = .standard) {
        (self.inForce, self.console) = (inForce, console)
    }

    var logLevel: Logger.Level {
        get { ownLevel ?? Logger.Level(rawValue: inForce.value.level.rawValue) ?? .info }
        set { ownLevel = newValue }
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        let all = metadata.merging(event.metadata ?? [:]) { $1 }
        switch inForce.value.format {
        case .text: console.note(Self.line(event.level, event.message, all, at: Date()))
        case .json: console.note(Self.jsonLine(event.level, event.message, all, at: Date()))
        }
    }

    /// One JSON object on one line. What it is about stands beside the three members that every line has, as texts.
    static func jsonLine(
        _ level: Logger.Level, _ message: Logger.Message, _ metadata: Logger.Metadata, at time: Date
    ) -> String {
        var members = metadata.mapValues { "\($0)" }
        members["time"] = JSONTime.text(time)
        members["level"] = "\(level)"
        members["message"] = "\(message)"
        return JSONText.text(of: members)
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
