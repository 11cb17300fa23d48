import ArgumentParser
import Operations

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
