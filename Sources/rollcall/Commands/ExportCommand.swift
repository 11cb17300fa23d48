import ArgumentParser
import Operations

struct ExportCommand: SettingsCommand {
    static let configuration = CommandConfiguration(
        commandName: "export", abstract: "Write a batch's results, as they stand, to standard output.")

    @Argument(help: "A batch's name or number.")
    var batch: String

    @OptionGroup var settings: SettingsOptions

    @Option(help: ArgumentHelp("csv or jsonl.", valueName: "format"))
    var format = "csv"

    func validate() throws {
        guard ["csv", "jsonl"].contains(format) else { throw ValidationError("--format must be csv or jsonl.") }
    }

    func perform() async throws -> ExitStatus {
        try await ExportOperation(config: settings.config, batch: batch, format: format).perform()
    }
}
