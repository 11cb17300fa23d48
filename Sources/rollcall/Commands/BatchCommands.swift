import ArgumentParser
import Operations

/// The batch named for start, pause, resume and cancel.
struct BatchCommandOptions: ParsableArguments {
    @Argument(help: "A batch's name or number.", completion: .batches)
    var batch: String

    @OptionGroup var settings: SettingsOptions

    @Flag(help: "Print the batch as it then stands as JSON on standard output.")
    var json = false

    func perform(_ command: BatchCommand) async throws -> ExitStatus {
        try await BatchCommandOperation(command, batch: batch, config: settings.config, json: json).perform()
    }
}

struct StartCommand: SettingsCommand {
    static let configuration = CommandConfiguration(
        commandName: "start", abstract: "Agree to what a waiting batch costs: it runs.",
        discussion: """
            For a batch in awaiting_confirmation; status shows what it would cost and why it waits.
            """)

    @OptionGroup var chosen: BatchCommandOptions

    var settings: SettingsOptions { chosen.settings }

    func perform() async throws -> ExitStatus { try await chosen.perform(.start) }
}

struct PauseCommand: SettingsCommand {
    static let configuration = CommandConfiguration(
        commandName: "pause", abstract: "Make no more calls for a batch for now.",
        discussion: """
            Calls under way are awaited. Works beside a daemon or a run, within a second.
            """)

    @OptionGroup var chosen: BatchCommandOptions

    var settings: SettingsOptions { chosen.settings }

    func perform() async throws -> ExitStatus { try await chosen.perform(.pause) }
}

struct ResumeCommand: SettingsCommand {
    static let configuration = CommandConfiguration(
        commandName: "resume", abstract: "Continue a paused or halted batch, or everything after a restore.",
        discussion: """
            A daemon reads all keys and certificates again first. No call is lost or repeated.

            With --after-restore: where the database was restored and nobody knows what had been sent since the copy was \
            made, batches taken in afterwards wait. This says what may be paid twice, and lets them go.
            """)

    @Argument(help: "A batch's name or number.", completion: .batches)
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

struct CancelCommand: SettingsCommand {
    static let configuration = CommandConfiguration(
        commandName: "cancel", abstract: "Give up what has not been sent of a batch.",
        discussion: """
            Records not yet sent become cancelled; answers that are there stay, and calls under way are awaited. \
            The results of what there is are written. rerun with --status cancelled sends the rest after all.
            """)

    @OptionGroup var chosen: BatchCommandOptions

    var settings: SettingsOptions { chosen.settings }

    func perform() async throws -> ExitStatus { try await chosen.perform(.cancel) }
}
