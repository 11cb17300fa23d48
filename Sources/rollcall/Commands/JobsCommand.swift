import ArgumentParser

struct JobsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "jobs", abstract: "Check and list job files.",
        subcommands: [JobsCheckCommand.self, JobsListCommand.self])
}
