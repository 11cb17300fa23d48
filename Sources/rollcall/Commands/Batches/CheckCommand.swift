import ArgumentParser
import Operations

struct CheckCommand: SettingsCommand {
    static let configuration = CommandConfiguration(
        commandName: "check", abstract: "Read files and say what a run would do; makes no call and queues nothing.",
        discussion: """
            Of a file whose batch is unfinished it says what is left; of one whose batch is finished, what --again would \
            call. Under reuse_within the answers to a file serve those after it; that takes some 16 bytes of memory a \
            record. With --json there is one object on a line for each file.
            """)

    @Argument(help: "CSV or JSON-lines files.", completion: .file(extensions: ["csv", "tsv", "jsonl", "ndjson"]))
    var files: [String]

    @OptionGroup var settings: SettingsOptions

    @Option(help: ArgumentHelp("Job whose mapping and limits apply.", valueName: "job"), completion: .jobs)
    var job: String?

    @Flag(name: .customLong("no-reuse"), help: "Foretell a run with --no-reuse.")
    var noReuse = false

    @Flag(help: "Print the findings as JSON, one object on a line for each file.")
    var json = false

    func perform() async throws -> ExitStatus {
        try await CheckOperation(files: files, config: settings.config, job: job, reuses: !noReuse, json: json)
            .perform()
    }
}
