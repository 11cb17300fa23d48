import ArgumentParser
import Operations

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
