import Basics
import Foundation
import RecordStore
import Testing

@testable import JobRunner

/// A real store on a temporary file with batches in it, and runs of them under a clock the test holds.
final class RunnerBench: Sendable {
    /// Builds the row itself as request.
    struct RowIsRequest: RequestBuilding {
        func request(for record: ClaimedRecord) throws -> [UInt8] { record.rawRow }
    }

    let folder: URL
    let store: RecordStore
    let batch: BatchID
    let clock: any RunnerClock
    private let told = Lock<[RunnerEvent]>([])

    /// Makes a store and a running batch of `records` records, `row 1`, `row 2`, …
    init(
        records: Int, state: BatchState = .running, clock: any RunnerClock = JumpingClock()
    ) async throws {
        self.clock = clock
        folder = FileManager.default.temporaryDirectory.appending(path: "runner-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        store = try await StoreDescription(
            engine: .sqlite(path: folder.appending(path: "test.sqlite").path),
            sealingKey: folder.appending(path: "key").path, keysFolder: folder.path,
            endpoint: Self.provenance.endpoint
        ).openForRunning(Self.provenance)
        batch = try await Self.makeBatch(in: store, named: "first", records: records, state: state)
    }

    deinit {
        try? FileManager.default.removeItem(at: folder)
    }

    /// What has been told so far, progress left out.
    var events: [RunnerEvent] {
        told.withLock { events in
            events.filter {
                if case .progress = $0 { return false }
                return true
            }
        }
    }

    /// The last progress told.
    var progress: RunnerProgress? {
        told.withLock { events in
            events.reversed().lazy.compactMap {
                if case .progress(let progress) = $0 { return progress }
                return nil
            }.first
        }
    }

    var counts: BatchCounts { get async throws { try await store.progress(batch) } }

    /// Statuses by row number.
    func statuses() async throws -> [RecordStatus] {
        var statuses: [RecordStatus] = []
        try await store.forEachRecord(batch, statuses: nil, lines: nil) { statuses.append($0.status) }
        return statuses
    }

    /// Error texts by row number.
    func errorTexts() async throws -> [String?] {
        var texts: [String?] = []
        try await store.forEachRecord(batch, statuses: nil, lines: nil) { texts.append(try $0.errorText) }
        return texts
    }

    /// A configuration that lets everything go at once.
    static func unhurried(_ change: (inout RunnerConfiguration) -> Void = { _ in }) -> RunnerConfiguration {
        var configuration = RunnerConfiguration()
        configuration.rate = 1_000_000
        configuration.burst = 1000
        change(&configuration)
        return configuration
    }

    /// One call at a time, so that calls come in a fixed order.
    static func oneByOne(_ change: (inout RunnerConfiguration) -> Void = { _ in }) -> RunnerConfiguration {
        unhurried {
            $0.concurrency = 1
            change(&$0)
        }
    }

    func submitter(_ script: @escaping ScriptedSubmitter.Script) -> ScriptedSubmitter {
        ScriptedSubmitter(clock: clock, script: script)
    }

    func runner(
        _ configuration: RunnerConfiguration, _ submitter: any RecordSubmitter,
        requests: any RequestBuilding = RowIsRequest(), keeping: (any RecordKeeping)? = nil,
        traffic: EndpointTraffic? = nil
    ) -> BatchRunner {
        BatchRunner(
            keeping: keeping ?? store, submitter: submitter, requests: requests, configuration: configuration,
            traffic: traffic ?? EndpointTraffic(configuration: configuration, clock: clock), random: { 0.5 },
            events: { event in self.told.withLock { $0.append(event) } })
    }

    /// A second running batch of rows `other 1`, `other 2`, …
    func other(records: Int) async throws -> BatchID {
        try await Self.makeBatch(in: store, named: "second", rows: "other", records: records)
    }

    /// A further running batch, whose rows are no other's.
    func another(records: Int) async throws -> BatchID {
        let name = UUID().uuidString
        return try await Self.makeBatch(in: store, named: name, rows: name, records: records)
    }

    static func makeBatch(
        in store: RecordStore, named name: String, rows: String = "row", records: Int, state: BatchState = .running
    ) async throws -> BatchID {
        let digest = Array((name + String(repeating: "-", count: 32)).utf8.prefix(32))
        let batch = try await store.createBatch(
            NewBatch(
                job: "run", fileName: "\(name).csv", contentDigest: digest, format: .csv, layout: [1],
                provenance: provenance))
        var chunk = try await store.chunk(for: batch.id)
        for record in 0..<records {
            let row = Array("\(rows) \(record + 1)".utf8)
            try row.withUnsafeBytes { bytes in
                try chunk.append(line: record + 2, id: bytes, rawRow: bytes, canonicalRequest: bytes)
            }
        }
        _ = try await store.append(chunk, checkpoint: Checkpoint(byteOffset: 1, line: Int64(records + 2)))
        try await store.finishIngest(batch.id, state: state)
        return batch.id
    }

    private static let provenance = Provenance(
        user: "tester", host: "here", version: "0", settingsHash: "0",
        endpoint: "https://127.0.0.1:1/identity/accounts",
        keyID: "0", certificateFingerprint: "0")
}
