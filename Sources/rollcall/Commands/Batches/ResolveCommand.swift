import ArgumentParser
import Operations

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
