import Basics
import Foundation
import TestSupport
import Testing

@testable import RecordStore

@Suite(
    "A server whose disk is full", .timeLimit(.minutes(15)), .onPostgreSQL,
    .enabled(if: MountNamespace.isPossible, "a file system is mounted, for which root is needed"))
struct FullServerTests {
    @Test("Ends of calls are kept until there is room, nothing is claimed, and everything continues by itself")
    func endsAreKept() async throws {
        let server = try PostgreSQLServer(megabytes: 64)
        let nodes = try NodesFixture(at: server)
        let store = try await nodes.open("a")
        nodes.endBeats(of: store)
        let batch = try await store.runningBatch(count: 5)
        let records = try await store.claim(batch, 3).records
        try server.fillUp()
        async let ends = store.finish(
            records.map { $0.completion(.succeeded, httpStatus: 200, billable: .yes, answer: Self.random(100_000)) })
        try await waitUntil { store.storageCondition != .normal }
        let claim = await #expect(throws: StoreError.self) { try await store.claim(batch, 2) }
        #expect(claim?.code == .diskFull && claim?.message.contains("make room") == true)
        #expect(try await store.statuses(batch) == [.inFlight, .inFlight, .inFlight, .queued, .queued])
        try server.makeRoom()
        #expect(try await ends == 3)
        try await store.waitForRoom()
        try await waitUntil { store.storageCondition == .normal }
        #expect(try await store.claim(batch, 5).records.count == 2)
        let counts = try await store.progress(batch.id)
        #expect(counts.succeeded == 3 && counts.inFlight == 2 && counts.calls == 5 && counts.billable == 3)
        #expect(try await store.view(batch, 2).answer?.count == 100_000)
        try await nodes.close(store)
        server.stop()
    }

    /// What a server cannot make smaller.
    private static func random(_ count: Int) -> String {
        var random = SystemRandomNumberGenerator()
        return String(decoding: (0..<count).map { _ in UInt8.random(in: 33...126, using: &random) }, as: UTF8.self)
    }
}
