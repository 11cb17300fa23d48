import ArgumentParser
import Operations

struct DaemonCommand: SettingsCommand {
    static let configuration = CommandConfiguration(
        commandName: "daemon", abstract: "Run jobs by their drop folders and schedules, and every batch that may run.",
        discussion: """
            Works until SIGTERM or Ctrl-C: no new calls then, and answers under way are awaited for at most \
            daemon.shutdown_grace; another signal, a second or more after the first, leaves at once and loses nothing. \
            SIGHUP reads settings, jobs and keys again. Steer it from another terminal: status, submit, start, pause, resume, cancel, rerun.
            """)

    @OptionGroup var settings: SettingsOptions

    func perform() async throws -> ExitStatus { try await DaemonOperation(config: settings.config).perform() }
}

struct DoctorCommand: SettingsCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor",
        abstract: "Check settings, keys, clock, disk, database and connection, with the remedy for each.",
        discussion:
            """
            The connection is tried with a GET, which is not billed. --one-call keeps to limits.daily_calls and \
            limits.monthly_cost, and the ledger of a period shows it as doctor. Exit code 0: all is well, but for \
            warnings, such as a key that ends within 30 days; 78: something is not, or with --strict there is a warning; \
            3: a cap forbids the one call.
            """)

    @OptionGroup var settings: SettingsOptions

    @Flag(name: .customLong("one-call"), help: "Also send one test record. This call is billed.")
    var oneCall = false

    @Flag(help: "Exit with 78 for warnings, too: for a check by cron.")
    var strict = false

    @Flag(help: "Print the findings as JSON.")
    var json = false

    func perform() async throws -> ExitStatus {
        try await DoctorOperation(config: settings.config, oneCall: oneCall, strict: strict, json: json).perform()
    }
}

struct NotifyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "notify", abstract: "Try the notifications.", subcommands: [NotifyTestCommand.self])
}

struct NotifyTestCommand: SettingsCommand {
    static let configuration = CommandConfiguration(
        commandName: "test", abstract: "Send a test to everybody whom 'notify' tells of events.",
        discussion: """
            Each command, webhook and mailbox of the settings and the jobs gets the event 'test' once, whatever events it \
            is for. Exits with 3 where one of them did not take it.
            """)

    @Option(help: "Only those of this job, a name or a file.")
    var job: String?

    @Flag(help: "Print JSON.")
    var json = false

    @OptionGroup var settings: SettingsOptions

    func perform() async throws -> ExitStatus {
        try await NotifyTestOperation(job: job, config: settings.config, json: json).perform()
    }
}

struct AdminCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "admin", abstract: "Administer who may sign in to the pages.",
        subcommands: [AdminTokenCommand.self])
}

struct AdminTokenCommand: SettingsCommand {
    static let configuration = CommandConfiguration(
        commandName: "token", abstract: "Make and print a token for the pages and /metrics.",
        discussion: """
            One signs in to the pages with it; scripts send it in the header Authorization: Bearer TOKEN. It is shown \
            once and its hash is kept in keys_folder; a new one replaces the role's former one at once. Redirect the \
            output to a private file rather than leave it in a terminal's history.
            """)

    @Option(help: "viewer: look; operator: look and act.")
    var role = AdminTokens.Role.viewer

    @Flag(help: "Print the token as one JSON object.")
    var json = false

    @OptionGroup var settings: SettingsOptions

    func perform() async throws -> ExitStatus {
        try await AdminTokenOperation(role: role, config: settings.config, json: json).perform()
    }
}

extension AdminTokens.Role: ExpressibleByArgument {}

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
