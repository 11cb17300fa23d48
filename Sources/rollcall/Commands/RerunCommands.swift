import ArgumentParser
import Operations

struct RerunCommand: SettingsCommand {
    static let configuration = CommandConfiguration(
        commandName: "rerun", abstract: "Send a batch's failed or cancelled records again, never a succeeded one.",
        discussion: """
            Alone it takes the failed records; '--status cancelled' takes what a cancelled batch did not send. For in_doubt \
            ones, and for those resolved as failed by hand, it says how many calls may be billed a second time and wants \
            --yes; likewise above confirm_above. It sends what is named and nothing else that waits in the batch: at once \
            where that is completed, cancelled or was interrupted. A batch that is paused or halted stays so: resume \
            sends them with what else waits there. The attempts of the earlier run stay in the ledger; the result files \
            are written again, with --out in both places.
            """)

    @Argument(help: "A batch's name or number.", completion: .batches)
    var batch: String

    @OptionGroup var settings: SettingsOptions

    @Option(
        help: ArgumentHelp("Job whose limits apply, instead of the batch's own: a name or a file.", valueName: "job"),
        completion: .jobs)
    var job: String?

    @Option(
        help: ArgumentHelp("Statuses to send, joined by commas: failed, in_doubt, cancelled.", valueName: "status"),
        completion: .list(RecordArguments.rerunStatuses))
    var status = "failed"

    @Option(help: ArgumentHelp("Only records that ended with this reason code.", valueName: "code"))
    var reason: String?

    @Option(help: ArgumentHelp("Only these input lines.", valueName: "A-B"))
    var lines: String?

    @Option(help: ArgumentHelp("Folder for the result files, instead of the settings' output.", valueName: "folder"))
    var out: String?

    @Flag(help: "Agree to the cost, and to send again what may have been billed.")
    var yes = false

    @OptionGroup var progress: ProgressOptions

    @Flag(help: "Print the summary as one line of JSON, however the run ends.")
    var json = false

    func perform() async throws -> ExitStatus {
        try await RerunOperation(
            RerunRequest(
                batch: batch, config: settings.config, job: job, statuses: status, reason: reason, lines: lines,
                out: out, yes: yes, json: json), console: progress.console
        ).perform()
    }
}

struct ResolveCommand: SettingsCommand {
    static let configuration = CommandConfiguration(
        commandName: "resolve", abstract: "Decide what becomes of records in doubt.",
        discussion: """
            As failed they count as failed, and the ledger still says that they may have been billed: rerun sends \
            them again with --yes only. As queued they are sent again, perhaps billed a second time, and that wants --yes. \
            The decision and who made it are kept.
            """)

    @Argument(help: "A batch's name or number.", completion: .batches)
    var batch: String

    @OptionGroup var settings: SettingsOptions

    @Option(help: ArgumentHelp("The line at which the record starts.", valueName: "line"))
    var line: Int?

    @Option(help: ArgumentHelp("in_doubt: all records in doubt together.", valueName: "status"))
    var status: String?

    @Option(name: .customLong("as"), help: "What becomes of them.")
    var decision: Decision

    @Flag(help: "Send them again although that may pay twice.")
    var yes = false

    enum Decision: String, ExpressibleByArgument, CaseIterable {
        case failed, queued
    }

    func validate() throws {
        if let status, status != "in_doubt" { throw ValidationError("--status takes in_doubt alone.") }
        if let line, !(1...Int(UInt32.max)).contains(line) {
            throw ValidationError("--line counts from 1, and a file has at most 4,294,967,295 lines.")
        }
        guard (line == nil) != (status == nil) else {
            throw ValidationError("Name one record by --line, or all together by --status in_doubt.")
        }
    }

    func perform() async throws -> ExitStatus {
        try await ResolveOperation(
            ResolveRequest(
                batch: batch, config: settings.config, line: line, decision: decision == .failed ? .failed : .queued,
                yes: yes)
        ).perform()
    }
}
