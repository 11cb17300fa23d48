import Basics
import Foundation
import Testing

@testable import RecordStore

/// `keys rotate`: another sealing key for the same keys.
@Suite struct KeyRotationTests {
    private static func filled() async throws -> (folder: StoreFolder, batches: [Batch]) {
        let folder = try StoreFolder()
        let store = try await folder.open()
        let batches = [
            try await store.completedBatch(at: Noon.november, content: 1),
            try await store.completedBatch(at: Noon.december, content: 2),
        ]
        try await store.close()
        return (folder, batches)
    }

    private static func expectWhole(_ folder: StoreFolder, _ batches: [Batch]) async throws {
        let reader = try await folder.openForReading()
        for batch in batches { #expect(try await reader.answers(batch.id) == ["answer-2", "answer-3"]) }
        try await reader.checkKeys()
        try await reader.close()
        let store = try await folder.open()
        // The trace opens, too: otherwise nobody would know of the calls.
        #expect(store.recovery == RecoveryReport())
        try await store.close()
    }

    private static func rotation(_ folder: StoreFolder, to target: String? = nil) -> KeyRotation {
        KeyRotation(source: .file(path: folder.sealingKey), target: target, folder: folder.keys)
    }

    @Test func everythingOpensWithTheNewKeyAndNothingWithTheOld() async throws {
        let (folder, batches) = try await Self.filled()
        let old = try SealingKey.load(path: folder.sealingKey)
        let report = try await folder.description().rotateSealingKey(to: nil)
        let new = try SealingKey.load(path: folder.sealingKey)
        let kept = folder.sealingKey + ".old-" + old.keyID
        #expect(
            report
                == KeyRotationReport(
                    oldKey: old.keyID, newKey: new.keyID, resealed: 4, newKeyFile: folder.sealingKey,
                    oldKeyFile: kept))
        #expect(old.keyID != new.keyID)
        #expect(try SealingKey.load(path: kept).keyID == old.keyID)
        #expect(try folder.permissions(folder.sealingKey) == 0o600)
        #expect(try folder.permissions(kept) == 0o600)
        try await Self.expectWhole(folder, batches)
        try FileManager.default.removeItem(atPath: folder.sealingKey)
        try FileManager.default.moveItem(atPath: kept, toPath: folder.sealingKey)
        let error = await #expect(throws: StoreError.self) { try await folder.open() }
        #expect(error?.code == .sealingKey && error?.message.contains(new.keyID) == true)
    }

    @Test func interruptedAnywhereEverythingOpensAndTheNextOneCompletesIt() async throws {
        let steps = try await Interruption.atEachStep { interruption in
            let (folder, batches) = try await Self.filled()
            let old = try SealingKey.load(path: folder.sealingKey).keyID
            var rotation = Self.rotation(folder)
            rotation.beforeStep = interruption.step
            var kill: Interruption.Kill?
            do { _ = try rotation.run() } catch let error as Interruption.Kill { kill = error }
            try await Self.expectWhole(folder, batches)
            if let kill {
                #expect(try Self.rotation(folder).run().oldKey == old)
                try await Self.expectWhole(folder, batches)
                #expect(try SealingKey.load(path: folder.sealingKey).keyID != old)
                #expect(try SealingKey.load(path: folder.sealingKey + ".old-" + old).keyID == old)
                #expect(try folder.files().filter { $0.contains(".new") || $0.contains(".part") }.isEmpty)
                throw kill
            }
        }
        // The new key, four files, the old key's new name, the new key's.
        #expect(steps == 7)
    }

    @Test func aRunnerGoesOnMeanwhileAndAfterwards() async throws {
        let (folder, batches) = try await Self.filled()
        let store = try await folder.open()
        let running = try await store.runningBatch(count: 4, content: 9)
        _ = try await store.finish(try await store.claim(running, 2).records.map(\.succeeded))
        let old = try SealingKey.load(path: folder.sealingKey).keyID
        let report = try await folder.description().rotateSealingKey(to: nil)
        #expect(report.resealed == 5)
        // It makes a key of another month, reads one it never read, and calls.
        let later = try await store.completedBatch(at: Noon.january, content: 3)
        for batch in batches + [later] { #expect(try await store.answers(batch.id) == ["answer-2", "answer-3"]) }
        _ = try await store.finish(try await store.claim(running, 2).records.map(\.succeeded))
        try await store.reloadKeys(from: .file(path: folder.sealingKey))
        try await store.close()
        let new = try SealingKey.load(path: folder.sealingKey)
        #expect(new.keyID != old)
        for file in try folder.keys.sealedFiles() {
            #expect(try SealedKeyFile.read(file)?.sealingKeyID == new.identifier)
        }
        try await Self.expectWhole(folder, batches + [later])
    }

    @Test func aRunnerTakesUpAKeyOfAnotherName() async throws {
        let (folder, batches) = try await Self.filled()
        let store = try await folder.open()
        let other = folder.path + "/other.key"
        let report = try await folder.description().rotateSealingKey(to: other)
        #expect(report.wantsSetting && report.newKeyFile == other && report.oldKeyFile == folder.sealingKey)
        let stale = await #expect(throws: StoreError.self) {
            try await store.reloadKeys(from: .file(path: folder.sealingKey))
        }
        #expect(stale?.code == .sealingKey)
        try await store.reloadKeys(from: .file(path: other))
        #expect(try await store.answers(batches[0].id) == ["answer-2", "answer-3"])
        try await store.close()
        let old = await #expect(throws: StoreError.self) { try await folder.openForReading() }
        #expect(old?.message.contains(report.newKey) == true)
        let description = StoreDescription(
            engine: .sqlite(path: folder.database), sealingKey: other, keysFolder: folder.path, endpoint: nil)
        let reader = try await description.openForReading()
        #expect(try await reader.answers(batches[1].id) == ["answer-2", "answer-3"])
        try await reader.close()
    }

    @Test func aKeyThatSomebodyElseKeepsWantsAFileForTheNewOne() async throws {
        let (folder, _) = try await Self.filled()
        let key = try Data(contentsOf: URL(filePath: folder.sealingKey))
        let source = SealingKeySource.descriptor(try SealingKeySource.handOver(key, distance: 32))
        let error = #expect(throws: StoreError.self) {
            _ = try KeyRotation(source: source, target: nil, folder: folder.keys).run()
        }
        #expect(error?.code == .notAllowed && error?.message.contains("--to") == true)
        let target = folder.path + "/new.key"
        #expect(try KeyRotation(source: source, target: target, folder: folder.keys).run().oldKeyFile == nil)
        #expect(
            try SealingKey.load(path: target).identifier == SealedKeyFile.read(folder.keys.fingerprintKey)?.sealingKeyID
        )
    }

    @Test func aRotationThatIsRefusedMakesNoKey() async throws {
        let (folder, batches) = try await Self.filled()
        let (other, target) = (folder.path + "/other.key", folder.path + "/new.key")
        _ = try SealingKey.create(path: other)
        let before = try folder.files()
        let wrong = #expect(throws: StoreError.self) {
            _ = try KeyRotation(source: .file(path: other), target: target, folder: folder.keys).run()
        }
        #expect(wrong?.code == .sealingKey)
        let missing = #expect(throws: StoreError.self) {
            _ = try Self.rotation(folder, to: folder.path + "/nowhere/new.key").run()
        }
        #expect(missing?.code == .notAllowed && missing?.message.contains("/nowhere is not there") == true)
        #expect(try folder.files() == before)
        try await Self.expectWhole(folder, batches)
    }

    @Test func thatOfAnOldDatabaseIsRefused() async throws {
        let (folder, _) = try await Self.filled()
        try await OldDatabase.make(of: folder)
        // Whoever reads a database makes these two beside it.
        let lasting = { try folder.files().filter { !$0.hasSuffix("-wal") && !$0.hasSuffix("-shm") } }
        let before = try lasting()
        let error = await #expect(throws: StoreError.self) { try await folder.description().rotateSealingKey(to: nil) }
        #expect(error?.code == .schemaVersion)
        #expect(try lasting() == before)
    }
}
