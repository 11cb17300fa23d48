import ArgumentParser
import Operations

struct StatusCommand: SettingsCommand {
    static let configuration = CommandConfiguration(
        commandName: "status", abstract: "Show all batches, or one.",
        discussion: """
            Reads beside a running batch; changes nothing. A batch that may run and that no process runs is shown as \
            stopped.
            """)

    @Argument(help: "A batch's name or number; absent: all.", completion: .batches)
    var batch: String?

    @OptionGroup var settings: SettingsOptions

    @Option(
        help: ArgumentHelp("Only these states, joined by commas, such as running,halted,stopped.", valueName: "state"),
        completion: .list(StatusSelection.knownStates))
    var state: String?

    @Option(help: ArgumentHelp("Only batches of this job.", valueName: "job"), completion: .jobs)
    var job: String?

    @Option(help: ArgumentHelp("Only so many batches, the newest.", valueName: "number"))
    var limit: Int?

    @Flag(
        help: """
            On a terminal: fill the screen, and show everything again every second, until q is typed. Elsewhere: print \
            again every second until the batch, or every batch, has stopped.
            """)
    var watch = false

    @Flag(help: "Print as JSON.")
    var json = false

    func validate() throws {
        if let limit, limit < 1 { throw ValidationError("--limit must be a number above 0.") }
        guard batch == nil || [state, job].allSatisfy({ $0 == nil }) && limit == nil else {
            throw ValidationError("--state, --job and --limit choose among all batches; leave them out beside a name.")
        }
    }

    func perform() async throws -> ExitStatus {
        let selection = try StatusSelection(batch: batch, states: state, job: job, limit: limit)
        return try await StatusOperation(config: settings.config, selection: selection, watch: watch, json: json)
            .perform()
    }
}

struct RecordsCommand: SettingsCommand {
    static let configuration = CommandConfiguration(
        commandName: "records",
        abstract: "List a batch's records: line, id, status, attempts, reason; or a person's over all batches.",
        discussion: """
            With --id - or --file: whether persons were screened, when, and with what result, by their record ids, or \
            account ids before or after hashing, one on each line. Ids are read from standard input or a file only: on a \
            command line every user of the machine could read them. --json has the whole answers. Listing records is \
            entered in the audit.
            """)

    @Argument(help: "A batch's name or number.", completion: .batches)
    var batch: String?

    @OptionGroup var settings: SettingsOptions

    @Option(
        help: ArgumentHelp("Only these statuses, joined by commas.", valueName: "status"),
        completion: .list(RecordArguments.allStatuses))
    var status: String?

    @Option(help: ArgumentHelp("- alone: the records of the ids on standard input.", valueName: "-"))
    var id: String?

    @Option(
        help: ArgumentHelp("The records of the ids in a file; -: on standard input.", valueName: "file"),
        completion: .file())
    var file: String?

    @Flag(help: "Print JSON lines.")
    var json = false

    func validate() throws {
        guard id == nil || id == "-" else {
            // The value is not repeated here; other users may have seen it already.
            throw ValidationError(
                "--id takes - alone, and reads ids from standard input: a command line can be read by all.")
        }
        guard [batch, id, file].compactMap({ $0 }).count == 1 else {
            throw ValidationError("Name a batch, or give ids by --id - or --file.")
        }
        guard batch != nil || status == nil else { throw ValidationError("--status needs a batch.") }
    }

    func perform() async throws -> ExitStatus {
        if let batch {
            return try await RecordsOperation(config: settings.config, batch: batch, statuses: status, json: json)
                .perform()
        }
        let ids =
            try file.map { $0 == "-" ? nil : $0 }.flatMap { try $0.map(FileBytes.read) } ?? FileBytes.standardInput()
        return try await PersonRecordsOperation(idsIn: ids, config: settings.config, json: json).perform()
    }
}

struct ExportCommand: SettingsCommand {
    static let configuration = CommandConfiguration(
        commandName: "export", abstract: "Write a batch's results, as they stand, to standard output.")

    @Argument(help: "A batch's name or number.", completion: .batches)
    var batch: String

    @OptionGroup var settings: SettingsOptions

    @Option(help: ArgumentHelp("csv or jsonl.", valueName: "format"))
    var format = ExportOperation.Format.csv

    func perform() async throws -> ExitStatus {
        try await ExportOperation(config: settings.config, batch: batch, format: format).perform()
    }
}

extension ExportOperation.Format: ExpressibleByArgument {}

struct ReportCommand: SettingsCommand {
    static let configuration = CommandConfiguration(
        commandName: "report", abstract: "Write a batch's report.html anew, and print its path.",
        discussion: """
            For a batch that is over. The other result files stay as they are; where they are missing, or of an earlier \
            end of the batch, all are written. Makes no call.
            """)

    @Argument(help: "A batch's name or number.", completion: .batches)
    var batch: String

    @OptionGroup var settings: SettingsOptions

    func perform() async throws -> ExitStatus {
        try await ReportOperation(config: settings.config, batch: batch).perform()
    }
}

struct LedgerCommand: SettingsCommand {
    static let configuration = CommandConfiguration(
        commandName: "ledger", abstract: "List every attempt of a batch, or what a period adds up to.",
        discussion: """
            With a batch: line, time, outcome, HTTP status, correlation id, duration, and whether it is billable: yes \
            (answered 200), no (unsent, refused), or unknown; then the totals. With --from and --to: totals by day and \
            batch, both days included, to hold against an invoice. --json prints one object per attempt and one of totals \
            at the end, or one object for a period.
            """)

    @Argument(help: "A batch's name or number.", completion: .batches)
    var batch: String?

    @OptionGroup var settings: SettingsOptions

    @Option(help: ArgumentHelp("First day of a period, in limits.time_zone.", valueName: "yyyy-mm-dd"))
    var from: String?

    @Option(help: ArgumentHelp("Last day of the period.", valueName: "yyyy-mm-dd"))
    var to: String?

    @Flag(help: "Print JSON.")
    var json = false

    func validate() throws { _ = try scope() }

    func perform() async throws -> ExitStatus {
        try await LedgerOperation(scope(), config: settings.config, json: json).perform()
    }

    private func scope() throws -> LedgerOperation.Scope {
        switch (batch, from, to) {
        case (let batch?, nil, nil): return .batch(batch)
        case (nil, let from?, let to?): return .period(from: from, to: to)
        default: throw ValidationError("Name a batch, or a period with --from and --to.")
        }
    }
}
