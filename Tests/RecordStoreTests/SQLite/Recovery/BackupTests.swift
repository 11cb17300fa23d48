import Basics
import Foundation
import GRDB
import Testing

@testable import RecordStore

@Suite struct BackupTests {
    private static func openForReading(_ path: String, _ folder: StoreFolder) async throws -> RecordStore {
        try await StoreDescription(
            engine: .sqlite(path: path), sealingKey: folder.sealingKey, keysFolder: folder.path, endpoint: nil
        ).openForReading()
    }

    @Test func aCopyIsWholePrivateAndOneFile() async throws {
        let folder = try StoreFolder()
        let store = try await folder.open()
        let batch = try await store.runningBatch(count: 3)
        _ = try await store.finish(try await store.claim(batch, 1).records.map(\.succeeded))
        let copy = folder.path + "/copy.sqlite"
        let before = try folder.files()
        try await store.backUp(to: copy)
        #expect(try folder.files() == (before + ["copy.sqlite"]).sorted())
        #expect(try folder.permissions(copy) == 0o600)
        let kept = try await Self.openForReading(copy, folder)
        #expect(try await kept.statuses(batch) == [.succeeded, .queued, .queued])
        #expect(try await kept.record(RecordID(batch: batch.id, line: 2))?.answer == Array("answer-2".utf8))
        try await kept.close()
        try await store.close()
    }

    @Test func aCopyMadeWhileARunnerWritesIsConsistent() async throws {
        let folder = try StoreFolder()
        let store = try await folder.open()
        let batch = try await store.runningBatch(count: 400)
        let (reader, place) = (try await folder.openForReading(), folder.path)
        async let copies: [String] = Task {
            let paths = (1...5).map { "\(place)/copy-\($0).sqlite" }
            for path in paths { try await reader.backUp(to: path) }
            return paths
        }.value
        while try await store.progress(batch.id).queued > 0 {
            _ = try await store.finish(try await store.claim(batch, 7).records.map(\.succeeded))
        }
        for path in try await copies {
            let copy = try await Self.openForReading(path, folder)
            let counts = try await copy.progress(batch.id)
            let statuses = try await copy.statuses(batch)
            #expect(statuses.count == 400)
            #expect(statuses.count { $0 == .succeeded } == counts.succeeded)
            #expect(statuses.count { $0 == .inFlight } == counts.inFlight)
            var attempts = 0
            try await copy.forEachAttempt(batch.id) { _ in attempts += 1 }
            #expect(attempts == counts.attempts)
            try await copy.close()
        }
        try await reader.close()
        try await store.close()
    }

    @Test func nothingIsWrittenOver() async throws {
        let folder = try StoreFolder()
        let store = try await folder.open()
        let copy = folder.path + "/copy.sqlite"
        try Data("mine".utf8).write(to: URL(fileURLWithPath: copy))
        for path in [copy, folder.database] {
            let error = await #expect(throws: StoreError.self) { try await store.backUp(to: path) }
            #expect(error?.code == .notAllowed)
        }
        #expect(try Data(contentsOf: URL(fileURLWithPath: copy)) == Data("mine".utf8))
        try await store.close()
    }

    @Test func aCopyThatCannotBeWrittenLeavesNothing() async throws {
        let folder = try StoreFolder()
        let store = try await folder.open()
        let before = try folder.files()
        await #expect(throws: StoreError.self) { try await store.backUp(to: folder.path + "/nowhere/copy.sqlite") }
        #expect(try folder.files() == before)
        try await store.close()
    }
}
