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
        // A beat's commit is not to be the one that is lost.
        nodes.endBeats(of: a)
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
        // A beat's commit is not to be the one that is lost.
        nodes.endBeats(of: a)
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
        // A beat's commit is not to be the one that is lost.
        nodes.endBeats(of: a)
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

@Suite("A server that says nothing", .timeLimit(.minutes(15)), .onPostgreSQL)
struct SilentServerTests {
    /// So that the next look comes soon.
    private static let impatient = "&tcp_user_timeout=1000&connect_timeout=2"

    @Test("One that stands still is not waited for without end: others are asked for until one answers")
    func standstill() async throws {
        let nodes = try NodesFixture()
        let relay = try nodes.relay()
        let a = try await nodes.open("a", by: relay, options: Self.impatient)
        nodes.endBeats(of: a)
        let batch = try await a.runningBatch(count: 2)
        let before = relay.arrivals
        relay.stand()
        async let claim = a.claim(batch, 1)
        // The first asks whether the server is there, and the second is that of the next try.
        try await waitUntil { relay.arrivals >= before + 2 }
        relay.goOn()
        #expect(try await claim.records.count == 1)
        #expect(try nodes.run("SELECT count(*) FROM rollcall.attempts") == ["1"])
        try await nodes.close(a)
        relay.close()
    }

    @Test("One that answers others is waited for: it lets a transaction wait for another")
    func busy() async throws {
        let nodes = try NodesFixture()
        let relay = try nodes.relay()
        let (a, b) = (try await nodes.open("a", by: relay, options: Self.impatient), try await nodes.open("b"))
        nodes.endBeats(of: a, b)
        func process() throws -> Int64? {
            try a.writeWaiting { try Int64.fetchOne($0.database, sql: "SELECT pg_backend_pid()") }
        }
        let connection = try await BlockingWork.run { try process() }
        let (begun, end) = (MonotonicSemaphore(), MonotonicSemaphore())
        async let held: Void = b.write { _ in
            begun.signal()
            end.wait()
        }
        await BlockingWork.run { begun.wait() }
        let before = relay.arrivals
        async let batch = a.makeBatch()
        // The server ends a transaction in which nothing is said for five seconds: one look comes before that.
        try await waitUntil { relay.arrivals > before }
        // Once more, should the server have ended a transaction in which nothing was said for so long.
        for _ in 0..<2 { end.signal() }
        _ = try await (held, batch)
        #expect(try await BlockingWork.run { try process() } == connection)
        try await nodes.close(a, b)
        relay.close()
    }
}
