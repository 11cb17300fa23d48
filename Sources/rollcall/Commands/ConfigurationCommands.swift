import ArgumentParser
import Operations

struct JobsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "jobs", abstract: "Check and list job files.",
        subcommands: [JobsCheckCommand.self, JobsListCommand.self])
}

struct JobsCheckCommand: SettingsCommand {
    static let configuration = CommandConfiguration(
        commandName: "check", abstract: "Check job files, and whether what they need is there.",
        discussion: """
            Every wrong key is named with file, line and the nearest right one. Of a job that is switched off, what it \
            lacks on this machine is only a warning. Exit code 0: all is well; 78: something is not.
            """)

    @Argument(
        help: "Job files, or jobs by name; absent: all in the jobs' folder.", completion: .jobsAndFiles)
    var files: [String] = []

    @OptionGroup var settings: SettingsOptions

    @Flag(help: "Print the findings as JSON.")
    var json = false

    func perform() async throws -> ExitStatus {
        try await JobsCheckOperation(files: files, config: settings.config, json: json).perform()
    }
}

struct JobsListCommand: SettingsCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List jobs: when each is due next, in its time zone and in UTC, and from where.",
        discussion: "Exit code 78 where a job file is wrong; the others are listed all the same.")

    @OptionGroup var settings: SettingsOptions

    @Flag(help: "Print as JSON.")
    var json = false

    func perform() async throws -> ExitStatus {
        try await JobsListOperation(config: settings.config, json: json).perform()
    }
}

struct SettingsReferenceCommand: RollcallCommand {
    static let configuration = CommandConfiguration(
        commandName: "settings", abstract: "Explain the keys of rollcall.yaml and of job files.",
        discussion: """
            What a right value is, the default, what it is for, the variable that stands over the file. Reads no file: \
            doctor says what the settings here amount to.
            """)

    @Argument(
        help: "A key such as limits.rate, or a section such as limits; absent: all.",
        completion: .list(SettingsOperation.keys))
    var key: String?

    @Flag(help: "Print as JSON, a line for each key.")
    var json = false

    func perform() throws -> ExitStatus { try SettingsOperation(key, json: json).perform() }
}
