import Basics
import TestSupport
import Testing

@testable import RecordStore

@Suite(.everyEngine) struct ClaimedFileTests {
    private static func file(_ path: String, job: String = "nightly", at time: WallTime = 7) -> ClaimedFile {
        ClaimedFile(path: path, job: job, name: "accounts.csv", claimedAt: time)
    }

    private static func newBatch(_ content: UInt8 = 1) -> NewBatch {
        NewBatch(
            job: "nightly", fileName: "accounts.csv", contentDigest: [UInt8](repeating: content, count: 32),
            format: .csv, layout: Array("layout".utf8), provenance: StoreFolder.provenance)
    }

    @Test func aFileIsKnownByItsPlaceUntilItIsForgotten() async throws {
        let folder = try StoreFolder()
        let store = try await folder.open()
        let (early, late) = (Self.file("/w/b.csv", at: 1), Self.file("/w/a.csv", at: 2))
        for file in [late, early, Self.file("/w/c.csv", job: "other")] { try await store.saveClaimedFile(file) }
        #expect(try await store.claimedFile(at: "/w/a.csv") == late)
        #expect(try await store.claimedFiles(of: "nightly") == [early, late])
        try await store.forgetClaimedFile(at: "/w/b.csv")
        try await store.close()
        let again = try await folder.open()
        #expect(try await again.claimedFile(at: "/w/b.csv") == nil)
        #expect(try await again.claimedFiles(of: "nightly") == [late])
        try await again.close()
    }

    @Test func batchAndFileAreBoundInOneStep() async throws {
        let folder = try StoreFolder()
        let store = try await folder.open()
        var file = Self.file("/w/a.csv")
        try await store.saveClaimedFile(file)
        let batch = try await store.createBatch(Self.newBatch(), claimedFile: file)
        file.batch = batch.id
        #expect(try await store.claimedFile(at: "/w/a.csv") == file)
        // The same content is being read already: neither batch nor file is kept.
        await #expect(throws: StoreError.self) {
            try await store.createBatch(Self.newBatch(), claimedFile: Self.file("/w/b.csv"))
        }
        #expect(try await store.claimedFile(at: "/w/b.csv") == nil)
        #expect(try await store.batches().count == 1)
        try await store.close()
    }

    @Test func aFileWhoseBatchIsOverIsLeftToBeLetGo() async throws {
        let folder = try StoreFolder()
        let store = try await folder.open()
        let batch = try await store.createBatch(Self.newBatch(), claimedFile: Self.file("/w/a.csv"))
        #expect(try await store.batchesHoldingFiles().isEmpty)
        try await store.setState(batch.id, to: .cancelled, reason: nil)
        #expect(try await store.batchesHoldingFiles().isEmpty)
        try await store.markResultsWritten(batch.id, finishedAt: store.batch(batch.id).finishedAt)
        #expect(try await store.batchesHoldingFiles() == [batch.id])
        try await store.forgetClaimedFile(at: "/w/a.csv")
        #expect(try await store.batchesHoldingFiles().isEmpty)
        try await store.close()
    }

    @Test func aFileThatHasABatchGetsNoSecondOne() async throws {
        let folder = try StoreFolder()
        let store = try await folder.open()
        let batch = try await store.createBatch(Self.newBatch(), claimedFile: Self.file("/w/a.csv"))
        let error = await #expect(throws: StoreError.self) {
            try await store.createBatch(Self.newBatch(2), claimedFile: Self.file("/w/a.csv"))
        }
        #expect(error?.code == .notAllowed)
        #expect(try await store.batches().map(\.id) == [batch.id])
        try await store.close()
    }

    @Test func aRefusedFileIsABatchWithoutRecordsAndCanComeAgain() async throws {
        let folder = try StoreFolder()
        let store = try await folder.open()
        let refused = try await store.rejectFile(
            Self.newBatch(), reason: "line 1: unknown column", claimedFile: Self.file("/w/a.csv"))
        #expect(refused.state == .rejected && refused.reason == "line 1: unknown column")
        #expect(refused.counts == BatchCounts() && refused.finishedAt != nil && !refused.isIngested)
        #expect(try await store.claimedFile(at: "/w/a.csv")?.batch == refused.id)
        #expect(try await store.statuses(refused).isEmpty)
        #expect(try await store.unfinishedBatches().isEmpty)
        #expect(try await store.findBatch(job: "nightly", contentDigest: refused.contentDigest).isEmpty)
        let second = try await store.createBatch(Self.newBatch())
        #expect(second.id.rawValue == 2)
        #expect(
            try await store.findBatch(job: "nightly", contentDigest: refused.contentDigest).map(\.id) == [second.id])
        // Refused once more while the other is being read: that one continues.
        let third = try await store.rejectFile(Self.newBatch(), reason: "again")
        #expect(third.state == .rejected)
        #expect(try await store.unfinishedBatches().map(\.id) == [second.id])
        try await store.close()
    }
}
