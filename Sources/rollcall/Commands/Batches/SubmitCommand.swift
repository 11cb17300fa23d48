import ArgumentParser
import Operations

struct SubmitCommand: SettingsCommand {
    static let configuration = CommandConfiguration(
        commandName: "submit", abstract: "Take files in for the daemon and return.",
        discussion: """
            Prints each batch's name. Works beside a running daemon, which continues with the batches within a second, and \
            without one: then the next daemon does. Exit code 3 where a batch waits for confirmation.
            """)

    @Argument(help: "CSV or JSON-lines files.", completion: .file(extensions: ["csv", "tsv", "jsonl", "ndjson"]))
    var files: [String]

    @OptionGroup var settings: SettingsOptions

    @Option(
        help: ArgumentHelp(
            "Job whose mapping and limits apply: a name, or a file, in the jobs folder.", valueName: "job"),
        completion: .jobs)
    var job: String?

    @Flag(help: "Do not wait for confirmation, whatever the batch costs.")
    var yes = false

    @Flag(
        help: """
            Take a file in again whose batch has finished; every line is sent, and billed, again (with reuse_within: from earlier answers; add --no-reuse).
            """)
    var again = false

    @Flag(name: .customLong("no-reuse"), help: "Use no answers of earlier batches, whatever reuse_within says.")
    var noReuse = false

    @OptionGroup var progress: ProgressOptions

    @Flag(help: "Print the batches as JSON on standard output.")
    var json = false

    func perform() async throws -> ExitStatus {
        try await SubmitOperation(
            RunRequest(
                files: files, config: settings.config, job: job, yes: yes, again: again, reuses: !noReuse, json: json),
            console: progress.console
        ).perform()
    }
}
