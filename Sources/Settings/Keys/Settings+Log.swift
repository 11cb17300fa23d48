extension Settings {
    /// What the daemon logs, and how.
    package struct Log: Sendable, Equatable {
        /// How a line is written.
        package var format: Format
        /// The least important that is logged.
        package var level: Level

        /// How a line is written.
        package enum Format: String, Sendable, CaseIterable {
            /// For people and for `grep`: time, level, message, `key=value`.
            case text
            /// One JSON object with `time`, `level`, `message` and what it is about.
            case json
        }

        /// How important a line is, from the least.
        package enum Level: String, Sendable, CaseIterable {
            case trace, debug, info, notice, warning, error, critical
        }
    }
}

extension SettingKeys {
    static let logFormat = SettingKey<Settings.Log.Format>(
        "log.format", .choice, default: "text",
        "how the daemon's log lines are written: time, level, message and key=value, or one JSON object a line")
    static let logLevel = SettingKey<Settings.Log.Level>(
        "log.level", .choice, default: "info", "the least important that the daemon logs")
    static let log: [KeyDescription] = [logFormat.description, logLevel.description]
}

extension Settings.Log {
    init(from reader: inout ValueReader) throws(SettingsError) {
        format = try reader.value(SettingKeys.logFormat)
        level = try reader.value(SettingKeys.logLevel)
    }
}
