import ArgumentParser
import Operations

struct AdminCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "admin", abstract: "Administer who may read metrics.", subcommands: [AdminTokenCommand.self])
}

struct AdminTokenCommand: SettingsCommand {
    static let configuration = CommandConfiguration(
        commandName: "token", abstract: "Make and print a token for /metrics.",
        discussion: """
            The token goes into the header Authorization: Bearer TOKEN. It is shown once and its hash is kept in \
            keys_folder; a new one replaces the role's former one at once. Redirect the output to a private file rather \
            than leave it in a terminal's history.
            """)

    @Option(help: "viewer: look; operator: look, and act where a version can.")
    var role = AdminTokens.Role.viewer

    @Flag(help: "Print the token as one JSON object.")
    var json = false

    @OptionGroup var settings: SettingsOptions

    func perform() async throws -> ExitStatus {
        try await AdminTokenOperation(role: role, config: settings.config, json: json).perform()
    }
}

extension AdminTokens.Role: ExpressibleByArgument {}
