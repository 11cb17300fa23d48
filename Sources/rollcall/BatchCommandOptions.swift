import ArgumentParser
import Operations

/// The batch that start, pause, resume and cancel speak of.
struct BatchCommandOptions: ParsableArguments {
    @Argument(help: "A batch's name or number.")
    var batch: String

    @OptionGroup var settings: SettingsOptions

    @Flag(help: "Print the batch as it then stands as JSON on standard output.")
    var json = false

    func perform(_ command: BatchCommand) async throws -> ExitStatus {
        try await BatchCommandOperation(command, batch: batch, config: settings.config, json: json).perform()
    }
}
