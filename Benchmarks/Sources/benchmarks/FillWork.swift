import ArgumentParser
import RecordStore

/// Makes a database with records that wait, and others that are finished: what the case `claim` starts from.
struct FillWork: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "work-fill", shouldDisplay: false)
    /// Larger than a run's, to be done sooner; the database comes out the same.
    private static let group = 512

    @Option var folder: String
    @Option var finished: Int
    @Option var waiting: Int

    func run() async throws {
        let store = try WorkStore.open(in: folder)
        let input = "\(folder)/accounts.csv"
        try SampleAccounts.write(finished + waiting, to: input)
        let batch = try await WorkStore.takeIn(input, into: store)
        var claims = ClaimLoop(store: store, batch: batch.id)
        try await claims.finish(finished, inGroupsOf: Self.group)
        try store.close()
        try WorkReport(records: finished + waiting).print()
    }
}
