import ArgumentParser
import Operations

struct DaemonCommand: SettingsCommand {
    static let configuration = CommandConfiguration(
        commandName: "daemon", abstract: "Run jobs by their drop folders and schedules, and every batch that may run.",
        discussion: """
            Works until SIGTERM or Ctrl-C: no new calls then, and answers under way are awaited for at most \
            daemon.shutdown_grace; another signal, a second or more after the first, leaves at once and loses nothing. \
            SIGHUP reads settings, jobs and keys again. Steer it from another terminal: status, submit, start, pause, resume, cancel, rerun.
            """)

    @OptionGroup var settings: SettingsOptions

    func perform() async throws -> ExitStatus { try await DaemonOperation(config: settings.config).perform() }
}

struct DoctorCommand: SettingsCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor",
        abstract: "Check settings, keys, clock, disk, database and connection, with the remedy for each.",
        discussion:
            """
            The connection is tried with a GET, which is not billed. --one-call keeps to limits.daily_calls and \
            limits.monthly_cost, and the ledger of a period shows it as doctor. Exit code 0: all is well, but for \
            warnings, such as a key that ends within 30 days; 78: something is not, or with --strict there is a warning; \
            3: a cap forbids the one call.
            """)

    @OptionGroup var settings: SettingsOptions

    @Flag(name: .customLong("one-call"), help: "Also send one test record. This call is billed.")
    var oneCall = false

    @Flag(help: "Exit with 78 for warnings, too: for a check by cron.")
    var strict = false

    @Flag(help: "Print the findings as JSON.")
    var json = false

    func perform() async throws -> ExitStatus {
        try await DoctorOperation(config: settings.config, oneCall: oneCall, strict: strict, json: json).perform()
    }
}

struct NotifyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "notify", abstract: "Try the notifications.", subcommands: [NotifyTestCommand.self])
}

struct NotifyTestCommand: SettingsCommand {
    static let configuration = CommandConfiguration(
        commandName: "test", abstract: "Send a test to everybody whom 'notify' tells of events.",
        discussion: """
            Each command, webhook and mailbox of the settings and the jobs gets the event 'test' once, whatever events it \
            is for. Exits with 3 where one of them did not take it.
            """)

    @Option(help: "Only those of this job, a name or a file.")
    var job: String?

    @Flag(help: "Print JSON.")
    var json = false

    @OptionGroup var settings: SettingsOptions

    func perform() async throws -> ExitStatus {
        try await NotifyTestOperation(job: job, config: settings.config, json: json).perform()
    }
}
