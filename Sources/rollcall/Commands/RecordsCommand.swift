import ArgumentParser
import Operations

struct RecordsCommand: SettingsCommand {
    static let configuration = CommandConfiguration(
        commandName: "records", abstract: "List a batch's records: line, id, status, attempts, reason.")

    @Argument(help: "A batch's name or number.")
    var batch: String

    @OptionGroup var settings: SettingsOptions

    @Option(help: ArgumentHelp("Only these statuses, joined by commas.", valueName: "status"))
    var status: String?

    @Flag(help: "Print JSON lines.")
    var json = false

    func perform() async throws -> ExitStatus {
        try await RecordsOperation(config: settings.config, batch: batch, statuses: status, json: json).perform()
    }
}
