import ArgumentParser
import RecordStore

/// Takes a file in, runs it without a network and writes the results: the child of the case `memory`.
struct RunWork: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "work-run", shouldDisplay: false)

    @Option var input: String
    @Option var folder: String

    func run() async throws {
        let store = try await WorkStore.open(in: folder)
        let batch = try await WorkStore.takeIn(input, into: store)
        var peaks = ["ingest": try PeakMemory.bytes()]
        let run = try await CannedRun(of: batch, in: store)
        try await run.send()
        peaks["run"] = try PeakMemory.bytes()
        let records = try await run.writeResults(below: folder)
        peaks["results"] = try PeakMemory.bytes()
        try await store.close()
        try WorkReport(records: records, values: peaks).print()
    }
}
