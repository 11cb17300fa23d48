import ArgumentParser
import Operations

struct PurgeCommand: SettingsCommand {
    static let configuration = CommandConfiguration(
        commandName: "purge", abstract: "Erase what is personal of finished batches.",
        discussion: """
            Rows, ids, answers and error details are erased in the database; the batch's key is removed first. Result \
            files, and input files in an archive or among the rejected, are removed. Statuses, times, correlation ids \
            and the ledger stay, unless --ledger is given. What is needed to finish a batch is kept and named. When \
            nothing is left of a month that is over, its key is destroyed: no backup of that month can be read any more. \
            Says what is lost and wants --yes. Ends with 3 where a file cannot be removed; purge again then.
            """)

    @OptionGroup var settings: SettingsOptions

    @Option(help: ArgumentHelp("Only batches that ended this long ago, such as 30d.", valueName: "age"))
    var olderThan: String?

    @Option(help: ArgumentHelp("Only this batch, by name or number.", valueName: "batch"), completion: .batches)
    var batch: String?

    @Flag(help: "Erase records with their ledger, too; the batches' counters and totals by day stay.")
    var ledger = false

    @Flag(help: "Only say what would be erased.")
    var dryRun = false

    @Flag(help: "Erase it.")
    var yes = false

    @Flag(help: "Print a report as JSON.")
    var json = false

    func validate() throws {
        guard olderThan != nil || batch != nil else {
            throw ValidationError("Say what to purge: --older-than 30d, --batch NAME, or both.")
        }
    }

    func perform() async throws -> ExitStatus {
        try await PurgeOperation(
            PurgeRequest(
                config: settings.config, olderThan: olderThan, batch: batch, includingLedger: ledger, dryRun: dryRun,
                yes: yes, json: json)
        ).perform()
    }
}

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

struct AuditCommand: SettingsCommand {
    static let configuration = CommandConfiguration(
        commandName: "audit", abstract: "List who did what, or verify that nothing of it was changed or cut off.",
        discussion: """
            Entries are appended and never changed; each has a hash over the one before it and itself. The last one's \
            stands in every summary.json, and backup prints it. --verify checks the whole chain, that the heads in the \
            summaries within reach are in it, and those given with --head: it ends with 3 where something is broken or \
            missing.
            """)

    @OptionGroup var settings: SettingsOptions

    @Option(help: ArgumentHelp("Only from this day on, in limits.time_zone.", valueName: "yyyy-mm-dd"))
    var from: String?

    @Option(help: ArgumentHelp("Only up to this day, included.", valueName: "yyyy-mm-dd"))
    var to: String?

    @Flag(help: "Check the chain instead of listing it.")
    var verify = false

    @Option(help: ArgumentHelp("With --verify: a hash that was noted elsewhere; may be repeated.", valueName: "hash"))
    var head: [String] = []

    @Flag(help: "Print JSON: an object per entry, or one for --verify.")
    var json = false

    func validate() throws {
        guard verify || head.isEmpty else { throw ValidationError("--head needs --verify.") }
        guard !verify || (from == nil && to == nil) else {
            throw ValidationError("--verify checks the whole chain: leave out --from and --to.")
        }
    }

    func perform() async throws -> ExitStatus {
        guard verify else {
            return try await AuditOperation(from: from, to: to, config: settings.config, json: json).perform()
        }
        return try await AuditVerifyOperation(heads: head, config: settings.config, json: json).perform()
    }
}
