import ArgumentParser
import Operations

struct ForgetCommand: SettingsCommand {
    static let configuration = CommandConfiguration(
        commandName: "forget", abstract: "Erase persons in all batches and in the files that Rollcall wrote.",
        discussion: """
            Takes record ids, or account ids before or after hashing, one on each line, from a file or standard input only: \
            on a command line every user of the machine could read them. A record id stands for the person: all records \
            of its account are erased. Rows, answers, ids, error details and fingerprints go; line, status, times, cost \
            and correlation ids stay. What waits is cancelled; a call under way is awaited; what is in doubt is named and \
            has to be resolved first. Prints a receipt; with --json it is signed. A copy from before that restore puts \
            back forgets them, too. It is no block list: a person who comes in again with a new file is a new record. Ends with 2 \
            where something is left to be done, with 3 where a file cannot be changed; forget again then.
            """)

    @OptionGroup var settings: SettingsOptions

    @Option(
        help: ArgumentHelp("The ids, one on each line; -: on standard input.", valueName: "file"), completion: .file())
    var file: String

    @Flag(help: "Only say what would be erased.")
    var dryRun = false

    @Flag(help: "Print the receipt as JSON, signed.")
    var json = false

    func perform() async throws -> ExitStatus {
        let ids = try file == "-" ? FileBytes.standardInput() : FileBytes.read(file)
        return try await ForgetOperation(
            ForgetRequest(idsIn: ids, config: settings.config, dryRun: dryRun, json: json)
        ).perform()
    }
}
