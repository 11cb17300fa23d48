import Foundation
import RecordStore
import TestSupport

@testable import Ingest

/// A store of one test in a folder of its own.
struct StoreFolder {
    let folder: TemporaryFolder
    let store: RecordStore

    private static let provenance = Provenance(
        user: "tester", host: "localhost", version: "0", settingsHash: "00", endpoint: "https://127.0.0.1/accounts",
        keyID: "k", certificateFingerprint: "f")

    init(in folder: TemporaryFolder? = nil) async throws {
        let folder = try folder ?? TemporaryFolder()
        self.folder = folder
        store = try await StoreDescription(
            engine: .sqlite(path: folder.path + "/rollcall.sqlite"), sealingKey: folder.path + "/sealing.key",
            keysFolder: folder.path, endpoint: Self.provenance.endpoint
        ).openForRunning(Self.provenance)
    }

    func createBatch(for examined: ExaminedFile, job: String = "screening") async throws -> Batch {
        try await store.createBatch(
            NewBatch(
                job: job, fileName: examined.file.name, contentDigest: examined.contentDigest,
                format: examined.file.format.kind, layout: examined.file.layout.encoded(),
                provenance: Self.provenance))
    }

    /// Everything stored of a batch, as a test compares it.
    func records(of batch: BatchID) async throws -> [StoredRecord] {
        var records: [StoredRecord] = []
        try await store.forEachRecord(batch, statuses: nil, lines: nil) { view in
            let payload = try view.payload()
            records.append(
                StoredRecord(
                    line: view.line, id: String(decoding: payload.id, as: UTF8.self), row: payload.rawRow,
                    isInvalid: view.status == .invalid, error: try view.errorText))
        }
        return records
    }
}
