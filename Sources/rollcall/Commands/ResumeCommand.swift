import ArgumentParser
import Operations

struct ResumeCommand: SettingsCommand {
    static let configuration = CommandConfiguration(
        commandName: "resume", abstract: "Go on with a paused or halted batch, or with everything after a restore.",
        discussion: """
            A daemon reads all keys and certificates anew first. No call is lost or repeated.

            With --after-restore: where the database was restored and nobody knows what had been sent since the copy was \
            made, batches taken in afterwards wait. This says what may be paid twice, and lets them go.
            """)

    @Argument(help: "A batch's name or number.")
    var batch: String?

    @Flag(help: "Let the batches go that wait since a restore of which nobody knows what had been sent.")
    var afterRestore = false

    @OptionGroup var settings: SettingsOptions

    @Flag(help: "Print the batch, or the batches, as they then stand as JSON on standard output.")
    var json = false

    func validate() throws {
        guard (batch == nil) == afterRestore else {
            throw ValidationError("Name a batch, or say --after-restore.")
        }
    }

    func perform() async throws -> ExitStatus {
        guard let batch else {
            return try await AfterRestoreOperation(config: settings.config, json: json).perform()
        }
        return try await BatchCommandOperation(.resume, batch: batch, config: settings.config, json: json).perform()
    }
}
