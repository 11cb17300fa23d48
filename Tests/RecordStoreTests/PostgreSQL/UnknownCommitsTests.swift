import Basics
import TestSupport
import Testing

@testable import RecordStore

@Suite("A commit whose answer is lost", .timeLimit(.minutes(15)), .onPostgreSQL)
struct UnknownCommitsTests {
    @Test("A claim that was committed is not sent: its calls are closed as unsent, and taken again")
    func claimWithLostAnswer() async throws {
        let nodes = try NodesFixture()
        let relay = try nodes.relay()
        let a = try await nodes.open("a", by: relay)
        let batch = try await a.runningBatch(count: 3)
        // Before the first claim the batch is looked up once.
        _ = try await a.claim(batch, 0)
        relay.lose(.answer)
        let claim = try await a.claim(batch, 2)
        #expect(relay.hasLost)
        #expect(claim.records.isEmpty && claim.state == .running)
        #expect(try await a.statuses(batch) == [.queued, .queued, .queued])
        #expect(try nodes.run("SELECT count(*), min(outcome), sum(called) FROM rollcall.attempts") == ["2|unsent|0"])
        #expect(try await a.progress(batch.id).calls == 0)
        #expect(try await a.claim(batch, 3).records.count == 3)
        try await nodes.close(a)
        relay.close()
    }

    @Test("Ends of calls that were committed are counted once")
    func finishWithLostAnswer() async throws {
        let nodes = try NodesFixture()
        let relay = try nodes.relay()
        let a = try await nodes.open("a", by: relay)
        let batch = try await a.runningBatch(count: 2)
        let records = try await a.claim(batch, 2).records
        relay.lose(.answer)
        #expect(try await a.finish(records.map(\.succeeded)) == 2)
        #expect(relay.hasLost)
        let counts = try await a.progress(batch.id)
        #expect(counts.succeeded == 2 && counts.billable == 2 && counts.inFlight == 0)
        try await nodes.close(a)
        relay.close()
    }

    @Test("What never arrived is done again, once")
    func lostCommit() async throws {
        let nodes = try NodesFixture()
        let relay = try nodes.relay()
        let a = try await nodes.open("a", by: relay)
        // The next transaction prepares its statements anew, so that the relay sees the commit's text.
        (a.database as? PostgreSQLDatabase)?.writer.disconnect()
        relay.lose(.commit)
        let batch = try await a.makeBatch()
        #expect(relay.hasLost)
        #expect(try await a.batches().map(\.id) == [batch.id])
        try await nodes.close(a)
        relay.close()
    }
}
