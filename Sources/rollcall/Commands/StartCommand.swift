import ArgumentParser
import Operations

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
