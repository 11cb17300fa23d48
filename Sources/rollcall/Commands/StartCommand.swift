import ArgumentParser
import Operations

struct StartCommand: RollcallCommand {
    static let configuration = CommandConfiguration(
        commandName: "start", abstract: "Agree to what a waiting batch costs: it runs.",
        discussion: """
            For a batch in awaiting_confirmation; 'rollcall status BATCH' shows what it would cost and why it waits.
            """)

    @OptionGroup var chosen: BatchCommandOptions

    func perform() async throws -> ExitStatus { try await chosen.perform(.start) }
}
