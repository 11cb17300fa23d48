import ArgumentParser
import Operations

struct StatusCommand: SettingsCommand {
    static let configuration = CommandConfiguration(
        commandName: "status", abstract: "Show all batches, or one.",
        discussion: "Reads beside a running batch; changes nothing.")

    @Argument(help: "A batch's name or number; absent: all.")
    var batch: String?

    @OptionGroup var settings: SettingsOptions

    @Flag(help: "Show again every second until the batch, or every batch, has stopped.")
    var watch = false

    @Flag(help: "Print as JSON.")
    var json = false

    func perform() async throws -> ExitStatus {
        try await StatusOperation(config: settings.config, batch: batch, watch: watch, json: json).perform()
    }
}

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
