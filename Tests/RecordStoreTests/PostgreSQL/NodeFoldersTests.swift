import Basics
import Foundation
import Testing

@testable import RecordStore

@Suite("A node's folder, its journal, and servers that replace each other", .onPostgreSQL)
struct NodeFoldersTests {
    @Test("A folder is one process's, a copied one is refused, and so is another's name")
    func folders() async throws {
        let nodes = try NodesFixture()
        let a = try await nodes.open("a")
        let taken = await #expect(throws: StoreError.self) { try await nodes.open("a") }
        #expect(taken?.code == .locked)
        let copy = nodes.path(of: "copy")
        try FileManager.default.copyItem(atPath: nodes.path(of: "a"), toPath: copy)
        let copied = await #expect(throws: StoreError.self) { try await nodes.open("b", in: copy) }
        #expect(copied?.code == .notAllowed && copied?.message.contains("copied") == true)
        let named = await #expect(throws: StoreError.self) { try await nodes.open("a", in: nodes.path(of: "new")) }
        #expect(named?.code == .notAllowed)
        try await nodes.close(a)
    }

    @Test("A retired node does not come back")
    func retired() async throws {
        let nodes = try NodesFixture()
        try await nodes.open("a").close()
        try nodes.run("UPDATE rollcall.nodes SET state = 'retired'")
        let error = await #expect(throws: StoreError.self) { try await nodes.open("a") }
        #expect(error?.message.contains("retired") == true)
        try await nodes.close()
    }

    @Test("An epoch that the server lost is not begun again")
    func epochs() async throws {
        let nodes = try NodesFixture()
        for _ in 0..<3 { try await nodes.open("a").close() }
        #expect(try nodes.run("SELECT epoch FROM rollcall.nodes") == ["3"])
        try nodes.run("UPDATE rollcall.nodes SET epoch = 1")
        try await nodes.open("a").close()
        #expect(try nodes.run("SELECT epoch FROM rollcall.nodes") == ["4"])
        try await nodes.close()
    }

    /// Makes the server forget a call, as one that was replaced by its standby does.
    private static let loss = """
        DELETE FROM rollcall.attempts; UPDATE rollcall.records SET status = 0;
        UPDATE rollcall.batches SET queued = total, in_flight = 0, attempts = 0, calls = 0, cursor = (id << 32);
        DELETE FROM rollcall.call_days; DELETE FROM rollcall.ledger_days;
        UPDATE rollcall.ledger_position SET last_attempt = 0; UPDATE rollcall.nodes SET server_id = 7;
        """

    @Test("A call that a failover lost is found: in doubt, counted, its batch halted, and nobody claims before")
    func lostCommits() async throws {
        let nodes = try NodesFixture()
        var a = try await nodes.open("a")
        let b = try await nodes.open("b")
        let batch = try await a.runningBatch(count: 3)
        let lost = try await a.claim(batch, 1).records
        try nodes.run(Self.loss)
        #expect(try await a.claim(batch, 1).records.isEmpty)
        #expect(try await b.claim(batch, 1).records.isEmpty)
        try await a.close()
        a = try await nodes.open("a")
        #expect(a.recovery.doubtedRecords == 1 && a.recovery.pausedBatches == [batch.id])
        #expect(try await a.statuses(batch) == [.inDoubt, .queued, .queued])
        let after = try await a.batch(batch.id)
        #expect(after.state == .halted && after.reason?.contains("replaced") == true)
        #expect(after.counts.calls == 1 && after.counts.billingUnknown == 1)
        #expect(try await a.calls(on: RecordStore.day).calls == 1)
        _ = try await a.moveBatch(batch.id, from: [.halted], to: .running, reason: nil)
        // The other has not answered for the new server.
        #expect(try await a.claim(batch, 1).records.isEmpty)
        try await b.close()
        let again = try await nodes.open("b")
        let next = try await again.claim(batch, 1).records
        #expect(next.map(\.id.line) == [3])
        #expect(next.allSatisfy { $0.attempt > lost[0].attempt })
        try await nodes.close(a, again)
    }

    @Test(
        "A database that is empty, although the node or its keys have seen one, is not made anew",
        arguments: [true, false])
    func lostDatabase(isNodeKnown: Bool) async throws {
        let nodes = try NodesFixture()
        let a = try await nodes.open("a")
        _ = try await a.makeBatch()
        try await a.close()
        try nodes.run("DROP SCHEMA rollcall CASCADE")
        let error = await #expect(throws: StoreError.self) { try await nodes.open(isNodeKnown ? "a" : "b") }
        #expect(error?.code == .noDatabase && error?.message.contains("is empty") == true)
        #expect(try await nodes.loss("a")?.code == .noDatabase)
        #expect(try nodes.run("SELECT count(*) FROM pg_namespace WHERE nspname = 'rollcall'") == ["0"])
        try await nodes.close()
    }

    @Test("Another database than the node has run from is refused")
    func otherDatabase() async throws {
        let nodes = try NodesFixture()
        try await nodes.open("a").close()
        try nodes.run("UPDATE rollcall.store SET store_id = decode(md5('another'), 'hex')")
        let error = await #expect(throws: StoreError.self) { try await nodes.open("a") }
        #expect(error?.code == .settings && error?.message.contains("another database") == true)
        try await nodes.close()
    }

    @Test(
        "A database that was put back to before the node's last start is refused: what it forgot nobody can tell",
        arguments: ["DELETE FROM rollcall.nodes", "UPDATE rollcall.nodes SET epoch = 1, told_epoch = 1"])
    func earlierCopy(forgetting: String) async throws {
        let nodes = try NodesFixture()
        for _ in 0..<2 { try await nodes.open("a").close() }
        try nodes.run(forgetting)
        let error = await #expect(throws: StoreError.self) { try await nodes.open("a") }
        #expect(error?.code == .damaged && error?.message.contains("earlier time") == true)
        try await nodes.close()
    }

    @Test("A server of an earlier timeline is refused")
    func earlierTimeline() async throws {
        let nodes = try NodesFixture()
        try await nodes.open("a").close()
        try nodes.run("UPDATE rollcall.nodes SET timeline = timeline + 1")
        let error = await #expect(throws: StoreError.self) { try await nodes.open("a") }
        #expect(error?.message.contains("earlier") == true)
        try await nodes.close()
    }
}
