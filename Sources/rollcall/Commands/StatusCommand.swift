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
