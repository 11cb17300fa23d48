import ArgumentParser
import Operations

struct MoveCommand: SettingsCommand {
    static let configuration = CommandConfiguration(
        commandName: "move", abstract: "Move the database from its file into PostgreSQL, or back.",
        discussion: """
            Everything goes: batches, records, the ledger, keys, caps and schedules, each table compared with what was \
            there before. Nothing may run from the database meanwhile. From then on the former one refuses everything and \
            says where it went; set database in the settings to that. What was interrupted is completed by the same call.
            """)

    @Option(
        help: ArgumentHelp(
            "What database is to say then: postgresql://USER@HOST/DATABASE, or a path.", valueName: "database"))
    var to: String

    @OptionGroup var settings: SettingsOptions

    func perform() async throws -> ExitStatus {
        try await MoveOperation(to: to, config: settings.config).perform()
    }
}

struct MigrateCommand: SettingsCommand {
    static let configuration = CommandConfiguration(
        commandName: "migrate", abstract: "Bring a database of an earlier version to this one.",
        discussion: """
            With a file, run and daemon do so by themselves, after copying it. A database of PostgreSQL is migrated by \
            this command only, while no node lives.
            """)

    @OptionGroup var settings: SettingsOptions

    func perform() async throws -> ExitStatus {
        try await MigrateOperation(config: settings.config).perform()
    }
}
