extension SettingKeys {
    static let shutdownGrace = SettingKey(
        "daemon.shutdown_grace", .duration(.seconds(0)...(.seconds(3600)), "at most 1h"), default: "30s",
        "how long calls under way may still take when the daemon is told to stop")
    static let retention = SettingKey(
        "daemon.retention", .duration(.seconds(3600)...(.seconds(3650 * 86400)), "from 1h to 3650d"), default: "90d",
        "how long finished batches stay in the tables that are worked on")
    static let poll = SettingKey(
        "daemon.poll", .duration(.milliseconds(10)...(.seconds(60)), "from 10ms to 60s"), default: "250ms",
        "how often the daemon looks for what other commands decided")
    static let daemon: [KeyDescription] = [shutdownGrace.description, retention.description, poll.description]

    static let notify = KeyDescription(
        path: "notify",
        expectation:
            "a program, a list of a program and its arguments, or { command: […], on: [completed, halted, …] }",
        fallback: nil, about: "the command that is told, with the event as JSON on its standard input",
        isScalar: false)
}
