import Basics
import Foundation
import GRDB
import TestSupport
import Testing

@testable import RecordStore

/// A database from before there were period keys, brought to this version.
@Suite struct KeysMigrationTests {
    private static func old() async throws -> (folder: StoreFolder, batches: [Batch], fingerprint: RequestFingerprint) {
        let folder = try StoreFolder()
        let store = try await folder.open()
        var batches: [Batch] = []
        for (content, time) in [Noon.november, Noon.november + 1, Noon.december].enumerated() {
            batches.append(try await store.completedBatch(at: time, content: UInt8(content)))
        }
        let fingerprint = try store.fingerprint(of: "request")
        try await store.close()
        try await OldDatabase.make(of: folder)
        return (folder, batches, fingerprint)
    }

    private static func expectWhole(
        _ folder: StoreFolder, _ batches: [Batch], _ fingerprint: RequestFingerprint
    ) async throws {
        let store = try await folder.open()
        for batch in batches { #expect(try await store.answers(batch.id) == ["answer-2", "answer-3"]) }
        #expect(try store.fingerprint(of: "request") == fingerprint)
        let months = try await store.read {
            try Int64.fetchAll(
                $0, sql: "SELECT month FROM batch_keys JOIN period_keys ON id = period_key_id ORDER BY batch_id")
        }
        #expect(months == [202_511, 202_511, 202_512])
        #expect(try folder.keys.periodKeys().map(\.month.rawValue) == [202_511, 202_512])
        #expect(store.recovery.lostAttempts == 0 && store.recovery.unknownBecause == nil)
        try await store.close()
    }

    @Test func itsKeysMoveToTheFolderAndItsRecordsOpen() async throws {
        let (folder, batches, fingerprint) = try await Self.old()
        let wrapped =
            try await Self.blobs(folder, "SELECT wrapped_key FROM batch_keys")
            + Self.blobs(folder, "SELECT fingerprint_key FROM store")
        #expect(wrapped.count == 4)
        try await Self.expectWhole(folder, batches, fingerprint)
        let files = [folder.keys.fingerprintKey] + (try folder.keys.periodKeys().map(folder.keys.file(of:)))
        for file in files { #expect(try folder.permissions(file) == 0o600) }
        #expect(try folder.permissions(folder.path + "/periods") == 0o700)
        // Nothing is left in free pages of what opens with the sealing key alone; only the copy made before has it.
        let content = try Data(contentsOf: URL(filePath: folder.database))
        for blob in wrapped { #expect(!content.holds(blob)) }
        let copy = try #require(try folder.files().first { $0.hasSuffix(".bak") })
        #expect(try Data(contentsOf: URL(filePath: folder.path + "/" + copy)).holds(wrapped[0]))
    }

    private static func blobs(_ folder: StoreFolder, _ sql: String) async throws -> [Data] {
        let pool = try DatabaseFile(path: folder.database).openForReading()
        defer { try? pool.close() }
        return try await pool.read { try Data.fetchAll($0, sql: sql) }
    }

    @Test func interruptedAnywhereItIsCompletedByTheNextStart() async throws {
        let steps = try await Interruption.atEachStep { interruption in
            let (folder, batches, fingerprint) = try await Self.old()
            var opening = SQLiteOpening(folder.description(), path: folder.database)
            opening.beforeKeyStep = { try interruption.step() }
            do {
                try await opening.openForRunning(StoreFolder.provenance).close()
            } catch {
                try await Self.expectWhole(folder, batches, fingerprint)
                throw error
            }
            try await Self.expectWhole(folder, batches, fingerprint)
        }
        #expect(steps == 4)
    }

    @Test func anotherSealingKeyChangesNothing() async throws {
        let (folder, batches, fingerprint) = try await Self.old()
        try FileManager.default.moveItem(atPath: folder.sealingKey, toPath: folder.path + "/right.key")
        _ = try SealingKey.create(path: folder.sealingKey)
        let error = await #expect(throws: StoreError.self) { try await folder.open() }
        #expect(error?.code == .sealingKey)
        try FileManager.default.removeItem(atPath: folder.sealingKey)
        try FileManager.default.moveItem(atPath: folder.path + "/right.key", toPath: folder.sealingKey)
        try await Self.expectWhole(folder, batches, fingerprint)
    }

    @Test func anOldCopyCanBeRestored() async throws {
        let (folder, batches, fingerprint) = try await Self.old()
        try FileManager.default.copyItem(atPath: folder.database, toPath: folder.copy)
        try await Self.expectWhole(folder, batches, fingerprint)
        _ = try await folder.restore()
        try await Self.expectWhole(folder, batches, fingerprint)
    }
}
