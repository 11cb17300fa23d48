import ArgumentParser
import Operations

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
