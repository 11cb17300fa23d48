import Foundation
import TestSupport
import Testing

@testable import RecordStore

/// Records that need no call take no place among those that a lost call may have been for.
@Suite struct RestoredRepeatsTests {
    private func copy(_ folder: StoreFolder, to name: String) throws {
        for suffix in ["", "-wal", "-shm"] {
            let target = folder.database + name + suffix
            try? FileManager.default.removeItem(atPath: target)
            if FileManager.default.fileExists(atPath: folder.database + suffix) {
                try FileManager.default.copyItem(atPath: folder.database + suffix, toPath: target)
            }
        }
    }

    private func restore(_ folder: StoreFolder, from name: String) throws {
        for suffix in ["", "-wal", "-shm"] {
            try? FileManager.default.removeItem(atPath: folder.database + suffix)
            if FileManager.default.fileExists(atPath: folder.database + name + suffix) {
                try FileManager.default.copyItem(
                    atPath: folder.database + name + suffix, toPath: folder.database + suffix)
            }
        }
    }

    @Test func repeatsAreDoubtedWithTheirLeaderAndTakeNobodysPlace() async throws {
        let folder = try StoreFolder()
        var store = try await folder.open()
        let rows = ["a", "a", "a", "b", "c"].enumerated().map { SampleRow($0.offset + 2, request: $0.element) }
        let batch = try await store.linkedBatch(rows)
        try await store.close()
        try copy(folder, to: ".copy")
        store = try await folder.open()
        // Lines 2 and 5 are sent after the copy was made.
        _ = try await store.claim(batch, 2)
        try await store.close()
        try restore(folder, from: ".copy")
        store = try await folder.open()
        #expect(try await store.statuses(batch) == [.inDoubt, .inDoubt, .inDoubt, .inDoubt, .queued])
        #expect(try await store.progress(batch.id).following == 0)
        try await store.close()
    }

    @Test func repeatsInAFileThatWasStillBeingReadTakeNobodysPlace() async throws {
        let folder = try StoreFolder()
        var store = try await folder.open()
        let batch = try await store.makeBatch()
        let rows = ["a", "a", "a", "b", "c"].enumerated().map { SampleRow($0.offset + 2, request: $0.element) }
        try await store.close()
        try copy(folder, to: ".copy")
        store = try await folder.open()
        try await store.take(rows, into: batch)
        _ = try await store.linkRepeats(of: batch.id)
        try await store.finishIngest(batch.id, state: .running)
        _ = try await store.claim(batch, 2)
        try await store.close()
        try restore(folder, from: ".copy")
        store = try await folder.open()
        try await store.setState(batch.id, to: .ingesting, reason: nil)
        try await store.take(rows, into: batch)
        _ = try await store.linkRepeats(of: batch.id)
        try await store.finishIngest(batch.id, state: .running)
        #expect(try await store.statuses(batch) == [.inDoubt, .inDoubt, .inDoubt, .inDoubt, .queued])
        try await store.close()
    }

    @Test func linesThatAnEarlierAnswerSparedTheirCallTakeNobodysPlace() async throws {
        let folder = try StoreFolder()
        var store = try await folder.open()
        let reusing = CallCaps(answeredSince: 0, day: RecordStore.day)
        let first = try await store.runningBatch([SampleRow(2, request: "a")], content: 1)
        _ = try await store.run(first) { $0.succeeded }
        let rows = ["a", "b", "c"].enumerated().map { SampleRow($0.offset + 2, request: $0.element) }
        let second = try await store.linkedBatch(rows, content: 2)
        try await store.close()
        try copy(folder, to: ".copy")
        store = try await folder.open()
        try await store.setState(first.id, to: .completed, reason: nil)
        try await store.learnAnswers()
        // Line 2 gets the answer, and the one lost call is line 3's.
        #expect(
            try await store.claim(second.id, upTo: 1, now: 0, caps: reusing).records.map(\.id.line) == [3])
        try await store.close()
        try restore(folder, from: ".copy")
        store = try await folder.open()
        #expect(try await store.statuses(second) == [.inDoubt, .inDoubt, .queued])
        try await store.close()
    }
}
