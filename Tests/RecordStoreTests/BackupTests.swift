import Basics
import Foundation
import GRDB
import Testing

@testable import RecordStore

@Suite struct BackupTests {
    private static func openForReading(_ path: String, _ folder: StoreFolder) throws -> RecordStore {
        try RecordStore.openForReading(path: path, sealingKeyPath: folder.sealingKey, endpoint: nil)
    }

    @Test func aCopyIsWholePrivateAndOneFile() async throws {
        let folder = try StoreFolder()
        let store = try folder.open()
        let batch = try await store.runningBatch(count: 3)
        _ = try await store.finish(try await store.claim(batch, 1).records.map(\.succeeded))
        let copy = folder.path + "/copy.sqlite"
        let before = try folder.files()
        try store.backUp(to: copy)
        #expect(try folder.files() == (before + ["copy.sqlite"]).sorted())
        #expect(try folder.permissions(copy) == 0o600)
        let kept = try Self.openForReading(copy, folder)
        #expect(try kept.statuses(batch) == [.succeeded, .queued, .queued])
        #expect(try kept.record(RecordID(batch: batch.id, line: 2))?.answer == Array("answer-2".utf8))
        try kept.close()
        try store.close()
    }

    @Test func aCopyMadeWhileARunnerWritesIsConsistent() async throws {
        let folder = try StoreFolder()
        let store = try folder.open()
        let batch = try await store.runningBatch(count: 400)
        let (reader, place) = (try folder.openForReading(), folder.path)
        async let copies: [String] = Task {
            try (1...5).map { number in
                let path = place + "/copy-\(number).sqlite"
                try reader.backUp(to: path)
                return path
            }
        }.value
        while try store.progress(batch.id).queued > 0 {
            _ = try await store.finish(try await store.claim(batch, 7).records.map(\.succeeded))
        }
        for path in try await copies {
            let copy = try Self.openForReading(path, folder)
            let counts = try copy.progress(batch.id)
            let statuses = try copy.statuses(batch)
            #expect(statuses.count == 400)
            #expect(statuses.count { $0 == .succeeded } == counts.succeeded)
            #expect(statuses.count { $0 == .inFlight } == counts.inFlight)
            var attempts = 0
            try copy.forEachAttempt(batch.id) { _ in attempts += 1 }
            #expect(attempts == counts.attempts)
            try copy.close()
        }
        try reader.close()
        try store.close()
    }

    @Test func nothingIsWrittenOver() throws {
        let folder = try StoreFolder()
        let store = try folder.open()
        let copy = folder.path + "/copy.sqlite"
        try Data("mine".utf8).write(to: URL(fileURLWithPath: copy))
        for path in [copy, folder.database] {
            let error = #expect(throws: StoreError.self) { try store.backUp(to: path) }
            #expect(error?.code == .notAllowed)
        }
        #expect(try Data(contentsOf: URL(fileURLWithPath: copy)) == Data("mine".utf8))
        try store.close()
    }

    @Test func aCopyThatCannotBeWrittenLeavesNothing() throws {
        let folder = try StoreFolder()
        let store = try folder.open()
        let before = try folder.files()
        #expect(throws: StoreError.self) { try store.backUp(to: folder.path + "/nowhere/copy.sqlite") }
        #expect(try folder.files() == before)
        try store.close()
    }
}
