import ArgumentParser
import Operations

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
