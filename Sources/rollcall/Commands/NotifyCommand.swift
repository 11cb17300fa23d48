import ArgumentParser
import Operations

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
