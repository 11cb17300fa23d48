import ArgumentParser
import Operations

struct ResumeCommand: RollcallCommand {
    static let configuration = CommandConfiguration(
        commandName: "resume", abstract: "Go on with a paused or halted batch.",
        discussion: """
            A daemon reads all keys and certificates anew first. No call is lost or repeated.
            """)

    @OptionGroup var chosen: BatchCommandOptions

    func perform() async throws -> ExitStatus { try await chosen.perform(.resume) }
}
