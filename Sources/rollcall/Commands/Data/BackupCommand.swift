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
