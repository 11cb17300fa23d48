import ArgumentParser
import Foundation
import Ingest
import JobRunner
import Operations
import RecordStore
import Results
import Synchronization

/// Takes a file in, runs it without a network and writes the results: the child of the case `memory`.
struct RunWork: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "work-run", shouldDisplay: false)

    @Option var input: String
    @Option var folder: String

    func run() async throws {
        let store = try await WorkStore.open(in: folder)
        let batch = try await WorkStore.takeIn(input, into: store)
        var peaks = ["ingest": try PeakMemory.bytes()]
        let layout = try RecordLayout(decoding: await store.layout(of: batch.id))
        try await send(batch, layout, in: store)
        peaks["run"] = try PeakMemory.bytes()
        let records = try await writeResults(batch, layout, in: store)
        peaks["results"] = try PeakMemory.bytes()
        try await store.close()
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
    private func writeResults(_ batch: Batch, _ layout: RecordLayout, in store: RecordStore) async throws -> Int {
        _ = try await ResultWriter(store: store).write(
            batch.id, into: "\(folder)/\(batch.name)", returning: ReturnedRows(layout: layout), pricing: nil,
            now: Int64(Date().timeIntervalSince1970 * 1_000))
        return try await store.batch(batch.id).counts.succeeded
    }
}

/// Rebuilds requests from sealed rows, as `rollcall run` does.
private final class LayoutRequests: RequestBuilding {
    private let builder: Mutex<RequestBuilder>

    init(layout: RecordLayout) throws {
        builder = Mutex(try RequestBuilder(layout: layout))
    }

    func request(for record: ClaimedRecord) throws -> [UInt8] {
        try builder.withLock { try $0.request(forRow: record.rawRow, line: Int(record.id.line)) }
    }
}

/// Answers every request alike and at once, in place of the API, each time under another identifier.
private final class CannedSubmitter: RecordSubmitter {
    private let answered = Atomic(0)

    func submit(_ request: [UInt8]) async -> Reply {
        let number = answered.wrappingAdd(1, ordering: .relaxed).newValue
        let identifier = CannedAnswer.identifier(number)
        return Reply(
            .answered(status: 200, body: .answer(Reply.Answer(CannedAnswer.bytes)), retryAfter: nil),
            correlationID: identifier, requestRefID: identifier)
    }
}
