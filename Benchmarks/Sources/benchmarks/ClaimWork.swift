import ArgumentParser
import RecordStore

/// Claims and finishes records of a database, and measures that part alone: the child of the case `claim`.
struct ClaimWork: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "work-claim", shouldDisplay: false)
    /// As many as a run's default concurrency, `limits.concurrency`.
    private static let group = 32
    /// Records claimed before the measurement, so that statements are prepared and caches warm.
    static let warmUp = 1_024

    @Option var folder: String
    @Option var count: Int

    func run() async throws {
        let store = try WorkStore.open(in: folder)
        guard let batch = try store.batches().first else { throw BenchmarkError("\(folder): holds no batch") }
        var claims = ClaimLoop(store: store, batch: batch.id)
        try await claims.finish(Self.warmUp, inGroupsOf: Self.group)
        let start = CPUTime.now()
        try await claims.finish(count, inGroupsOf: Self.group)
        let used = CPUTime.now() - start
        try store.close()
        try WorkReport(records: count, values: ["cpu": used]).print()
    }
}
