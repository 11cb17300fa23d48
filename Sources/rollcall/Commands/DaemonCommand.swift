import ArgumentParser
import Operations

struct DaemonCommand: SettingsCommand {
    static let configuration = CommandConfiguration(
        commandName: "daemon", abstract: "Run jobs by their drop folders and schedules, and every batch that may run.",
        discussion: """
            Works until SIGTERM or Ctrl-C: no new calls then, and answers under way are awaited for at most \
            daemon.shutdown_grace; another signal, a second or more after the first, leaves at once and loses nothing. \
            SIGHUP reads settings, jobs and keys anew. Steer it from another terminal: status, submit, start, pause, resume, cancel, rerun.
            """)

    @OptionGroup var settings: SettingsOptions

    func perform() async throws -> ExitStatus { try await DaemonOperation(config: settings.config).perform() }
}
