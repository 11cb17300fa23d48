extension Settings {
    /// How the daemon behaves.
    public struct Daemon: Sendable, Equatable {
        /// How long calls under way may still take when it is told to stop.
        public var shutdownGrace: Duration
        /// How long finished batches stay in the tables that are worked on.
        public var retention: Duration
        /// How often it looks for what other commands decided.
        public var poll: Duration
    }
}

extension Settings.Daemon {
    init(from reader: inout ValueReader) throws(SettingsError) {
        shutdownGrace = try reader.value(SettingKeys.shutdownGrace)
        retention = try reader.value(SettingKeys.retention)
        poll = try reader.value(SettingKeys.poll)
    }
}
