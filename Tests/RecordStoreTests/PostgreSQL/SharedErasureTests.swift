import Basics
import Foundation
import TestSupport
import Testing

@testable import RecordStore

@Suite("What one node erases or exchanges, and what others with copies of the keys make of it", .onPostgreSQL)
struct SharedErasureTests {
    private static let november = CalendarMonth(at: Noon.november)

    /// A second node whose keys are a copy of the first one's.
    private static func copied(_ nodes: NodesFixture) throws -> String {
        let folder = try #require(nodes.folder?.path)
        let copy = folder + "/keys-of-b"
        try FileManager.default.createDirectory(
            atPath: copy, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o700])
        try replace(copy, from: folder)
        return copy
    }

    private static func replace(_ copy: String, from folder: String) throws {
        for name in ["sealing.key", "fingerprint.key", "periods"] {
            try? FileManager.default.removeItem(atPath: "\(copy)/\(name)")
            try FileManager.default.copyItem(atPath: "\(folder)/\(name)", toPath: "\(copy)/\(name)")
        }
    }

    @Test("A month's key that one node destroyed is destroyed by the others, while they run and at their next start")
    func destroyed() async throws {
        let nodes = try NodesFixture()
        let a = try await nodes.open("a")
        let batch = try await a.completedBatch(at: Noon.november, content: 1)
        try await a.markResultsWritten(batch.id, finishedAt: batch.finishedAt)
        let copy = try Self.copied(nodes)
        var b = try await nodes.open("b", keys: copy)
        #expect(try await b.answers(batch.id) == ["answer-2", "answer-3"])
        #expect(try await a.purge(batch.id, .results, at: Noon.january, noting: .sample(.purge, of: batch.id)))
        #expect(try await a.destroySpentPeriods(at: Noon.december) == [Self.november])
        let folder = KeysFolder(path: copy)
        #expect(try folder.periodKeys().count == 1)
        #expect(try await a.nodes().map(\.keysLeft) == [1, 1])
        #expect(try await a.periodKeys().map(\.nodesLeft) == [["a", "b"]])
        for store in [a, b] { try await store.destroyKeysThatOthersDestroyed() }
        #expect(try await a.nodes().map(\.keysLeft) == [0, 0])
        #expect(try await a.periodKeys().map(\.nodesLeft) == [[]])
        #expect(try folder.periodKeys().isEmpty && folder.destroyedKeys().map(\.month) == [Self.november])
        await #expect(throws: StoreError.self) { try await b.answers(batch.id) }
        try await b.close()
        // A copy that was put back goes with the next start.
        let note = try #require(try folder.destroyedKeys().first)
        try FileManager.default.removeItem(atPath: folder.destructionNote(of: note))
        try PrivateFile.replace(folder.file(of: note), with: [1, 2, 3])
        b = try await nodes.open("b", keys: copy)
        #expect(try folder.periodKeys().isEmpty)
        try await nodes.close(a, b)
    }

    @Test("A month's key that one node made is one for all: a node that lacks it names it, and takes nothing in")
    func ahead() async throws {
        let nodes = try NodesFixture()
        let a = try await nodes.open("a")
        func make(_ store: RecordStore, _ count: Int) async throws -> Int {
            try await store.makePeriodKeys(ofMonths: count, from: Noon.november, noting: .sample(.makePeriodKeys)).count
        }
        #expect(try await make(a, 1) == 1)
        let copy = try Self.copied(nodes)
        #expect(try await make(a, 2) == 1)
        let b = try await nodes.open("b", keys: copy)
        #expect(try await make(b, 2) == 0)
        let missing = try await b.periodKeysElsewhere()
        #expect(missing.count == 1 && missing.allSatisfy { $0.hasPrefix("periods/2025-12-") }, "\(missing)")
        #expect(try await a.periodKeysElsewhere().isEmpty)
        let error = await #expect(throws: StoreError.self) {
            try await b.completedBatch(at: Noon.december, content: 2)
        }
        #expect(error?.code == .keysFolder && error?.message.contains("from the node that made it") == true)
        #expect(try nodes.run("SELECT count(*) FROM rollcall.attempts") == ["0"])
        try Self.replace(copy, from: try #require(nodes.folder?.path))
        _ = try await b.completedBatch(at: Noon.december, content: 2)
        #expect(try await b.periodKeysElsewhere().isEmpty)
        try await nodes.close(a, b)
    }

    @Test("A new sealing key is one node's until it is copied: then the other opens everything with it")
    func rotated() async throws {
        let nodes = try NodesFixture()
        let a = try await nodes.open("a")
        let batch = try await a.completedBatch(at: Noon.november, content: 1)
        let copy = try Self.copied(nodes)
        let report = try await nodes.description("a").rotateSealingKey(to: nil)
        #expect(report.oldKey != report.newKey && report.resealed == 2)
        #expect(try await a.answers(batch.id) == ["answer-2", "answer-3"])
        var b = try await nodes.open("b", keys: copy)
        #expect(try await b.answers(batch.id) == ["answer-2", "answer-3"])
        try await b.close()
        try Self.replace(copy, from: try #require(nodes.folder?.path))
        b = try await nodes.open("b", keys: copy)
        #expect(try await b.answers(batch.id) == ["answer-2", "answer-3"])
        try await b.close()
        try await a.close()
        // What is there of another database is left alone.
        let other = try NodesFixture()
        let c = try await other.open("c")
        let error = await #expect(throws: StoreError.self) {
            try await nodes.description("a", keys: other.folder?.path).rotateSealingKey(to: nil)
        }
        #expect(error?.code == .keysFolder)
        try await other.close(c)
        try await nodes.close()
    }

    @Test("Whose files a batch's are is told, until that node is retired")
    func files() async throws {
        let nodes = try NodesFixture()
        let (a, b) = (try await nodes.open("a"), try await nodes.open("b"))
        let batch = try await a.settledBatch([SampleRow(2)])
        #expect(try await a.homes()[batch.id]?.keepsFilesElsewhere == false)
        #expect(try await b.homes()[batch.id]?.keepsFilesElsewhere == true)
        try await a.close()
        _ = try await b.retire("a", givingBatchesTo: nil, noting: .sample(.retireNode))
        #expect(try await b.homes()[batch.id]?.keepsFilesElsewhere == false)
        try await nodes.close(b)
    }
}
