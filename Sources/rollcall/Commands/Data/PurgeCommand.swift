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
