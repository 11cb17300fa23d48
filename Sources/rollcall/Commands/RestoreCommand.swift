import ArgumentParser
import Operations

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
