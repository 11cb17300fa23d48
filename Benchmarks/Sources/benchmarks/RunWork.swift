import ArgumentParser
import Foundation
import Ingest
import JobRunner
import Operations
import RecordStore
import Results

/// Takes a file in, runs it without a network and writes the results: the child of the case `memory`.
struct RunWork: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "work-run", shouldDisplay: false)

    @Option var input: String
    @Option var folder: String

    func run() async throws {
        let store = try WorkStore.open(in: folder)
        let batch = try await WorkStore.takeIn(input, into: store)
        var peaks = ["ingest": try PeakMemory.bytes()]
        let layout = try RecordLayout(decoding: store.layout(of: batch.id))
        try await send(batch, layout, in: store)
        peaks["run"] = try PeakMemory.bytes()
        let records = try writeResults(batch, layout, in: store)
        peaks["results"] = try PeakMemory.bytes()
        try store.close()
        try WorkReport(records: records, values: peaks).print()
    }

    private func send(_ batch: Batch, _ layout: RecordLayout, in store: RecordStore) async throws {
        var configuration = RunnerConfiguration()
        configuration.rate = 1_000_000
        configuration.burst = 1_000
        let runner = BatchRunner(
            store: store, submitter: CannedSubmitter(), requests: try LayoutRequests(layout: layout),
            configuration: configuration)
        let end = try await runner.run(batch.id, stop: StopSignal())
        guard end == .completed else { throw BenchmarkError("the run ended before its batch did: \(end)") }
    }

    /// Writes the result files and returns how many records have succeeded.
    private func writeResults(_ batch: Batch, _ layout: RecordLayout, in store: RecordStore) throws -> Int {
        _ = try ResultWriter(store: store).write(
            batch.id, into: "\(folder)/\(batch.name)", returning: ReturnedRows(layout: layout), pricing: nil,
            now: Int64(Date().timeIntervalSince1970 * 1_000))
        return try store.batch(batch.id).counts.succeeded
    }
}
