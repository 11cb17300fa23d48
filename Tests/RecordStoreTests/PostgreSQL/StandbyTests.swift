import Basics
import TestSupport
import Testing

@testable import RecordStore

@Suite("A synchronous standby", .timeLimit(.minutes(15)), .onPostgreSQL)
struct StandbyTests {
    @Test("While it does not answer nothing may be sent, however long that takes; when it answers, the node goes on")
    func standsStill() async throws {
        let server = try PostgreSQLServer()
        let standby = try PostgreSQLStandby(synchronousTo: server)
        try await waitUntil { try standby.isSynchronous }
        let nodes = try NodesFixture(at: server)
        let relay = try nodes.relay()
        var description = nodes.description(
            "a", rate: 1_000_000, at: relay.folder, options: "&tcp_user_timeout=50&connect_timeout=2")
        description.node?.wantsStandby = true
        let a = try await description.openForRunning(StoreFolder.provenance)
        nodes.endBeats(of: a)
        let batch = try await a.runningBatch(count: 4)
        #expect(try await a.claim(batch, 1).records.count == 1)
        let standbys = try #require(try await a.serverReport()).standbys
        #expect(standbys.count == 1 && standbys.synchronous.count == 1 && !standbys.named.isEmpty)

        try standby.stand()
        let (claimed, before) = (Claimed(), relay.arrivals)
        async let claim = claimed.next(of: batch, from: a)
        try await waitUntil { try standby.waitingCommits > 0 }
        // Others are asked whether the server is there: it is, and so it is waited for.
        try await waitUntil { relay.arrivals >= before + 3 }
        #expect(!claimed.isKnown)
        #expect(try a.node?.journal.entries().count == 1)

        try standby.goOn()
        #expect(try await claim.records.map(\.id.line) == [3])
        #expect(try a.node?.journal.entries().count == 2)
        #expect(try await a.claim(batch, 2).records.count == 2)
        #expect(try await a.statuses(batch) == [.inFlight, .inFlight, .inFlight, .inFlight])
        try standby.stop()
        try await nodes.close(a)
        relay.close()
        server.stop()
    }

    /// A claim, of which nothing is sent before it is known.
    private final class Claimed: Sendable {
        private let isDone = Lock(false)

        var isKnown: Bool { isDone.withLock { $0 } }

        func next(of batch: Batch, from store: RecordStore) async throws -> Claim {
            let claim = try await store.claim(batch, 1)
            isDone.withLock { $0 = true }
            return claim
        }
    }

    @Test("A commit whose wait for a standby was cancelled is unknown: nothing of its claim is sent")
    func waitIsCancelled() async throws {
        let server = try PostgreSQLServer()
        let standby = try PostgreSQLStandby(synchronousTo: server)
        try await waitUntil { try standby.isSynchronous }
        let nodes = try NodesFixture(at: server)
        var description = nodes.description("a", rate: 1_000_000)
        description.node?.wantsStandby = true
        let a = try await description.openForRunning(StoreFolder.provenance)
        nodes.endBeats(of: a)
        let batch = try await a.runningBatch(count: 2)
        #expect(try await a.claim(batch, 1).records.count == 1)

        try standby.stand()
        async let claim = a.claim(batch, 1)
        try await waitUntil { try standby.waitingCommits > 0 }
        // The server warns (01000), and says that it has committed.
        try standby.cancelWaits()
        try standby.goOn()
        #expect(try await claim.records.isEmpty)
        #expect(try await a.statuses(batch) == [.inFlight, .queued])
        #expect(
            try nodes.run("SELECT outcome, called FROM rollcall.attempts WHERE outcome IS NOT NULL") == ["unsent|0"])
        #expect(try await a.claim(batch, 1).records.count == 1)
        try standby.stop()
        try await nodes.close(a)
        server.stop()
    }

    @Test("A node that wants one sends nothing once the server awaits none any more, and goes on when it does again")
    func isTakenAway() async throws {
        let server = try PostgreSQLServer()
        let standby = try PostgreSQLStandby(synchronousTo: server)
        try await waitUntil { try standby.isSynchronous }
        let nodes = try NodesFixture(at: server)
        var description = nodes.description("a", rate: 1_000_000)
        description.node?.wantsStandby = true
        let a = try await description.openForRunning(StoreFolder.provenance)
        let batch = try await a.runningBatch(count: 2)
        #expect(try await a.claim(batch, 1).records.count == 1)
        try standby.stop()
        try await waitUntil { try await a.claim(batch, 1).obstacle?.contains("database_durability") == true }
        #expect(try await a.statuses(batch) == [.inFlight, .queued])
        let next = try PostgreSQLStandby(synchronousTo: server)
        try await waitUntil { try await a.claim(batch, 1).records.count == 1 }
        try next.stop()
        try await nodes.close(a)
        server.stop()
    }

    @Test("A failover that lost commits: nodes find the new primary, and say what it lacks before anything is called")
    func isPromoted() async throws {
        let server = try PostgreSQLServer()
        let standby = try PostgreSQLStandby(of: server)
        let nodes = try NodesFixture(at: server)
        let hosts = server.folder + "," + standby.folder
        let (a, b) = (try await nodes.open("a", at: hosts), try await nodes.open("b", at: hosts))
        nodes.endBeats(of: a, b)
        let batch = try await nodes.sharedBatch(of: a, count: 8)
        let kept = try await a.claim(batch, 2).records
        #expect(try await a.finish([kept[0].succeeded]) == 1)
        try await waitUntil { try standby.hasAll }

        // From here on the standby hears of nothing.
        try await standby.cutOff()
        #expect(try await a.finish([kept[1].succeeded]) == 1)
        let (lostByA, lostByB) = (try await a.claim(batch, 2).records, try await b.claim(batch, 1).records)
        #expect(try await b.finish([lostByB[0].rejected]) == 1)
        server.stop()
        try standby.promote()

        // The first that asks delivers what it knows, and waits for the other, who alone knows of its own.
        try a.beatNow()
        var told = try await a.statuses(batch)
        // Whose end alone was lost is decided about when its call cannot be under way any more.
        #expect([.inFlight, .inDoubt].contains(told.remove(at: 1)))
        #expect(told == [.succeeded, .inDoubt, .inDoubt, .queued, .queued, .queued, .queued])
        #expect(try await a.batch(batch.id).state == .halted)
        _ = try await a.moveBatch(batch.id, from: [.halted], to: .running, reason: nil)
        #expect(try await a.claim(batch, 8).obstacle?.contains("b") == true)
        try b.beatNow()
        #expect(try await a.batch(batch.id).reason?.contains("replaced") == true)
        _ = try await a.moveBatch(batch.id, from: [.halted], to: .running, reason: nil)

        let rest = try await a.claim(batch, 8).records + (try await b.claim(batch, 8).records)
        #expect(rest.map(\.id.line) == [7, 8, 9])
        // An answer that comes after all is taken, as are those that the server had lost with their commits.
        #expect(try await a.finish([lostByA[0].succeeded, lostByA[1].succeeded, kept[1].succeeded]) == 3)
        #expect(try await b.finish([lostByB[0].rejected]) == 1)
        #expect(try await a.finish(rest.map(\.succeeded)) == 3)
        let counts = try await a.progress(batch.id)
        #expect(counts.succeeded == 7 && counts.failed == 1 && counts.calls == 8 && counts.inDoubt == 0)
        try await a.close()
        try await b.close()
        standby.end()
    }

    @Test("A primary that leads again after its successor is refused, until a later one was told what is lost")
    func leadsAgain() async throws {
        let server = try PostgreSQLServer()
        let (successor, other) = (try PostgreSQLStandby(of: server), try PostgreSQLStandby(of: server))
        let nodes = try NodesFixture(at: server)
        let a = try await nodes.open("a", at: [server.folder, successor.folder, other.folder].joined(separator: ","))
        nodes.endBeats(of: a)
        let batch = try await nodes.sharedBatch(of: a, count: 4)
        let kept = try await a.claim(batch, 1).records
        try await waitUntil { try successor.hasAll && other.hasAll }
        try server.takeWrites(false)
        try successor.promote()
        try a.beatNow()
        let lost = try await a.claim(batch, 1).records
        // It takes writes beside its successor, and is named first.
        try server.takeWrites(true)
        let more = try await a.claim(batch, 1).records
        #expect(try await a.statuses(batch) == [.inFlight, .inFlight, .inFlight, .queued])

        successor.end()
        async let claim = a.claim(batch, 1)
        try await waitUntil { a.serverTrouble?.contains("is an earlier one") == true }
        #expect(a.serverTrouble?.contains("later than 2") == true)
        try other.promote()
        server.stop()
        #expect(try await claim.records.isEmpty)
        #expect(a.serverTrouble == nil)
        #expect(try await a.statuses(batch) == [.inFlight, .inDoubt, .inDoubt, .queued])
        #expect(try await a.batch(batch.id).state == .halted)
        _ = try await a.moveBatch(batch.id, from: [.halted], to: .running, reason: nil)
        let rest = try await a.claim(batch, 8).records
        #expect(rest.map(\.id.line) == [5])
        #expect(try await a.finish((kept + lost + more + rest).map(\.succeeded)) == 4)
        let counts = try await a.progress(batch.id)
        #expect(counts.succeeded == 4 && counts.calls == 4 && counts.inDoubt == 0)
        try await a.close()
        other.end()
    }
}
