import ArgumentParser
import Operations

struct BackupCommand: SettingsCommand {
    static let configuration = CommandConfiguration(
        commandName: "backup", abstract: "Make a whole copy of the database, also while it is being run.",
        discussion: """
            The copy is checked, private (0600), and opens with keys_folder and the sealing key only, which are not in \
            it: keep copies of them in another place.
            """)

    @Argument(help: "The copy's path; nothing may be there yet.", completion: .file())
    var file: String

    @OptionGroup var settings: SettingsOptions

    func perform() async throws -> ExitStatus {
        try await BackupOperation(file: file, config: settings.config).perform()
    }
}

struct RestoreCommand: SettingsCommand {
    static let configuration = CommandConfiguration(
        commandName: "restore", abstract: "Put a copy made by 'backup' in the database's place.",
        discussion: """
            Nothing may run the database meanwhile; the one that is there is kept beside it. Calls made since the copy \
            are unknown to it: the next run or daemon pauses its unfinished batches and puts in doubt what may have been \
            sent.
            """)

    @Argument(help: "The copy.", completion: .file())
    var file: String

    @OptionGroup var settings: SettingsOptions

    func perform() async throws -> ExitStatus {
        try await RestoreOperation(file: file, config: settings.config).perform()
    }
}

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
