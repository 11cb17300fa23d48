import ArgumentParser
import Operations

struct ResumeCommand: SettingsCommand {
    static let configuration = CommandConfiguration(
        commandName: "resume", abstract: "Go on with a paused or halted batch.",
        discussion: """
            A daemon reads all keys and certificates anew first. No call is lost or repeated.
            """)

    @OptionGroup var chosen: BatchCommandOptions

    var settings: SettingsOptions { chosen.settings }

    func perform() async throws -> ExitStatus { try await chosen.perform(.resume) }
}
