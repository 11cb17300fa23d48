import ArgumentParser
import Operations

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
