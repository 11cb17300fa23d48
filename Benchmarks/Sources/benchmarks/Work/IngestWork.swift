import ArgumentParser
import RecordStore

/// Takes a file into a new database: the child of the case `ingest`.
struct IngestWork: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "work-ingest", shouldDisplay: false)

    @Option var input: String
    @Option var folder: String

    func run() async throws {
        let store = try WorkStore.open(in: folder)
        let (start, startCPU) = (ContinuousClock.now, CPUTime.now())
        let batch = try await WorkStore.takeIn(input, into: store)
        try store.close()
        let values = ["wall": (ContinuousClock.now - start) / .seconds(1), "cpu": CPUTime.now() - startCPU]
        try WorkReport(records: batch.counts.total, values: values).print()
    }
}
