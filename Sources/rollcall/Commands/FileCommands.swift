import ArgumentParser
import Operations

struct RunCommand: SettingsCommand {
    static let configuration = CommandConfiguration(
        commandName: "run", abstract: "Take in files, send every record, write the results.",
        discussion: """
            A file whose batch is unfinished is continued; one whose batch is finished is passed over and named while the \
            others run, and where all are it is refused (65), unless --again; where its results are not yet where they \
            belong they are written, without a call. Ctrl-C stops claiming and awaits the answers in flight; another, a \
            second or more after the first, leaves at once and loses nothing: what was sent and not answered is in doubt.
            """)

    @Argument(help: "CSV or JSON-lines files.", completion: .file(extensions: ["csv", "tsv", "jsonl", "ndjson"]))
    var files: [String]

    @OptionGroup var settings: SettingsOptions

    @Option(
        help: ArgumentHelp(
            "Job whose mapping and limits apply: a name in the jobs folder, or a file.", valueName: "job"),
        completion: .jobs)
    var job: String?

    @Option(help: ArgumentHelp("Folder for the result files, instead of the settings' output.", valueName: "folder"))
    var out: String?

    @Option(help: ArgumentHelp("Calls per second, instead of limits.rate; not beside a daemon.", valueName: "rate"))
    var rate: Double?

    @Flag(help: "Do not ask, or wait, for confirmation, whatever the batch costs or looks like.")
    var yes = false

    @Flag(
        help: """
            Run a file again whose batch has finished; every line is sent, and billed, again (with reuse_within: from earlier answers; add --no-reuse).
            """)
    var again = false

    @Flag(name: .customLong("no-reuse"), help: "Use no answers of earlier batches, whatever reuse_within says.")
    var noReuse = false

    @OptionGroup var progress: ProgressOptions

    @Flag(help: "Print one summary for each file, a line of JSON each, however its run ends.")
    var json = false

    func validate() throws {
        if let rate, !(rate > 0 && rate.isFinite) { throw ValidationError("--rate must be a number above 0.") }
    }

    func perform() async throws -> ExitStatus {
        try await RunOperation(
            RunRequest(
                files: files, config: settings.config, job: job, out: out, rate: rate, yes: yes, again: again,
                reuses: !noReuse, json: json), console: progress.console
        ).perform()
    }
}

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
