import Basics
import Foundation
import Ingest
import JobRunner
import Operations
import RecordStore
import Results
import Synchronization

/// A batch that is sent through the real runner and answered without a network, its results written by the real writer.
struct CannedRun {
    let store: RecordStore
    let batch: Batch
    let layout: RecordLayout

    /// A run of a batch whose file was taken in.
    init(of batch: Batch, in store: RecordStore) async throws {
        self.store = store
        self.batch = batch
        layout = try RecordLayout(decoding: await store.layout(of: batch.id))
    }

    /// Sends every record, as fast as they are answered.
    func send() async throws {
        var configuration = RunnerConfiguration()
        configuration.rate = 1_000_000
        configuration.burst = 1_000
        let runner = BatchRunner(
            store: store, submitter: CannedSubmitter(), requests: try LayoutRequests(layout: layout),
            configuration: configuration)
        let end = try await runner.run(batch.id, stop: StopSignal())
        guard end == .completed else { throw BenchmarkError("the run ended before its batch did: \(end)") }
    }

    /// Writes the result files into a folder of the batch's name below another.
    ///
    /// - Returns: How many records have succeeded.
    func writeResults(below folder: String) async throws -> Int {
        _ = try await ResultWriter(store: store).write(
            batch.id, into: "\(folder)/\(batch.name)", returning: ReturnedRows(layout: layout), pricing: nil,
            now: .now())
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
    private static let answered = Atomic(0)

    func submit(_ request: [UInt8], notAfter latest: ContinuousClock.Instant?) async -> Reply {
        let number = Self.answered.wrappingAdd(1, ordering: .relaxed).newValue
        let identifier = CannedAnswer.identifier(number)
        return Reply(
            .answered(status: 200, body: .answer(Reply.Answer(CannedAnswer.bytes)), retryAfter: nil),
            correlationID: identifier, requestRefID: identifier)
    }
}
