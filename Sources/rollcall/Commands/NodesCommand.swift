import ArgumentParser
import Operations

struct NodesCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "nodes",
        abstract: "List the runners that share a database on PostgreSQL, or end one's part in it.",
        discussion: """
            Each runner is a node with a name and a folder of its own (node.name, node.folder).
            """,
        subcommands: [NodesListCommand.self, NodesDrainCommand.self, NodesRetireCommand.self],
        defaultSubcommand: NodesListCommand.self)
}

struct NodesListCommand: SettingsCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List the nodes: whether each lives, and what it has under way.")

    @OptionGroup var settings: SettingsOptions

    @Flag(help: "Print JSON: an object per node.")
    var json = false

    func perform() async throws -> ExitStatus {
        try await NodesOperation(.list, config: settings.config, json: json).perform()
    }
}

struct NodesDrainCommand: SettingsCommand {
    static let configuration = CommandConfiguration(
        commandName: "drain",
        abstract: "Let a node end its calls and claim nothing more until it is started again.")

    @Argument(help: "The node's name.")
    var node: String

    @OptionGroup var settings: SettingsOptions

    func perform() async throws -> ExitStatus {
        try await NodesOperation(.drain(node), config: settings.config, json: false).perform()
    }
}

struct NodesRetireCommand: SettingsCommand {
    static let configuration = CommandConfiguration(
        commandName: "retire",
        abstract: "Take a node that does not live for gone for good.",
        discussion: """
            Its calls under way are in doubt then, and after a failover nobody waits for what only its folder knows. It \
            does not come back: run that machine under a new name with a new folder. With --to another node goes on with \
            what it had not finished; a file that was not read to its end is named and has to be handed over again.
            """)

    @Argument(help: "The node's name.")
    var node: String

    @OptionGroup var settings: SettingsOptions

    @Option(help: ArgumentHelp("The node that goes on with what it had not finished.", valueName: "node"))
    var to: String?

    func perform() async throws -> ExitStatus {
        try await NodesOperation(.retire(node, to: to), config: settings.config, json: false).perform()
    }
}
