import ArgumentParser
import Operations

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
