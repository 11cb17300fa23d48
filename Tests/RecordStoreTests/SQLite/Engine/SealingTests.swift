import Foundation
import GRDB
import OpenSSL
import TestSupport
import Testing

@testable import RecordStore

@Suite struct SealingTests {
    private static let secrets = [
        "Xanthippe-Qzwv", "kqjx@zzyzx.example", "answer-Wqpl-7734", "details-Vbnm-9921", "layout-Rtyu-5508",
    ]

    /// A batch with a secret in each sealed place, and nothing checkpointed away.
    private func fill(_ store: RecordStore) async throws -> Batch {
        let batch = try await store.createBatch(
            NewBatch(
                job: "j", fileName: "a.csv", contentDigest: [UInt8](repeating: 9, count: 32), format: .csv,
                layout: Array(Self.secrets[4].utf8), provenance: StoreFolder.provenance))
        try await store.take(
            [
                SampleRow(2, id: Self.secrets[1], rawRow: Self.secrets[0], request: Self.secrets[0]),
                SampleRow(3, rawRow: Self.secrets[0], error: Self.secrets[3]), SampleRow(4),
            ], into: batch)
        try await store.finishIngest(batch.id, state: .running)
        let records = try await store.claim(batch).records
        let first = records[0].completion(
            .succeeded, httpStatus: 200, billable: .yes, errorText: Self.secrets[3], answer: Self.secrets[2],
            reasonCode: Self.secrets[1])
        _ = try await store.finish([first, records[1].inDoubt])
        return batch
    }

    @Test func nothingPersonalStandsInAnyFile() async throws {
        let folder = try StoreFolder()
        let store = try await folder.open()
        _ = try await fill(store)
        try expectNoSecret(in: folder)
        try await store.close()
        try expectNoSecret(in: folder)
    }

    private func expectNoSecret(in folder: StoreFolder) throws {
        let files = try folder.files()
        #expect(files.contains("rollcall.sqlite") && files.contains("rollcall.sqlite.mark"))
        for file in files {
            let content = try Data(contentsOf: URL(fileURLWithPath: folder.path + "/" + file))
            for secret in Self.secrets {
                #expect(!content.holds(Data(secret.utf8)), "\(secret) in \(file)")
            }
        }
    }

    @Test func withoutItsKeyABatchCanBeReadByNobody() async throws {
        let folder = try StoreFolder()
        let store = try await folder.open()
        let batch = try await fill(store)
        try store.writeWaiting { try $0.database.execute(sql: "DELETE FROM batch_keys") }
        try await store.close()
        let again = try await folder.open()
        await #expect(throws: StoreError.self) { try await again.forEachRecord(batch.id) { _ in } }
        await #expect(throws: StoreError.self) { try await again.layout(of: batch.id) }
        #expect(try await again.progress(batch.id).total == 3)
        try await again.close()
    }

    @Test func aValueOpensOnlyInItsOwnPlace() throws {
        let key = try SecureRandom.bytes(32)
        var seal = try Seal(key: key, id: Array(1...8))
        let sealed = try seal.seal(Array("value".utf8), record: 5, column: .answer)
        #expect(sealed.count == 5 + Seal.overhead)
        #expect(try seal.open(sealed, record: 5, column: .answer) == Array("value".utf8))
        #expect(throws: StoreError.self) { try seal.open(sealed, record: 6, column: .answer) }
        #expect(throws: StoreError.self) { try seal.open(sealed, record: 5, column: .detail) }
        #expect(throws: StoreError.self) { try seal.open(Array(sealed.dropLast()), record: 5, column: .answer) }
        #expect(throws: StoreError.self) { try seal.open([1, 2, 3], record: 5, column: .answer) }
        var other = try Seal(key: key, id: Array(2...9))
        #expect(throws: StoreError.self) { try other.open(sealed, record: 5, column: .answer) }
    }

    @Test func noNonceIsUsedTwice() throws {
        var seal = try Seal(key: try SecureRandom.bytes(32), id: Array(1...8))
        var nonces: Set<[UInt8]> = []
        for _ in 0..<1_000 {
            nonces.insert(Array(try seal.seal([], record: 1, column: .answer).prefix(AES256GCM.nonceByteCount)))
        }
        #expect(nonces.count == 1_000)
    }

    @Test func emptyValuesAndLargeOnesComeBack() async throws {
        let folder = try StoreFolder()
        let store = try await folder.open()
        let large = String(repeating: "long row, ", count: 100_000)
        let batch = try await store.runningBatch([SampleRow(2, id: "", rawRow: ""), SampleRow(3, rawRow: large)])
        let records = try await store.claim(batch).records
        #expect(records.map(\.rawRow.count) == [0, large.utf8.count])
        _ = try await store.finish([
            records[0].completion(.succeeded, httpStatus: 200, billable: .yes, answer: ""),
            records[1].completion(.succeeded, httpStatus: 200, billable: .yes, answer: large),
        ])
        var lengths: [Int?] = []
        try await store.forEachRecord(batch.id) { lengths.append(try $0.answer?.count) }
        #expect(lengths == [0, large.utf8.count])
        try await store.close()
    }
}
