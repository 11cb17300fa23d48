import Basics
import Foundation
import TestSupport
import Testing

@testable import RecordStore

@Suite("What several nodes share of the contract: its rate, waits that were asked for, cuts", .onPostgreSQL)
struct SharedTrafficTests {
    /// A limiter's state; times are milliseconds since 1970 UTC.
    private static func state(factor: Double = 1, closedUntil: WallTime? = nil) -> LimiterState {
        LimiterState(
            theoreticalArrival: 1, rateFactor: factor, closedUntil: closedUntil, savedAt: WallTime.now())
    }

    @Test("A wait that one was asked for holds for all, and what another saves later does not end it")
    func retryAfter() async throws {
        let nodes = try NodesFixture()
        let (a, b) = (try await nodes.open("a"), try await nodes.open("b"))
        let batch = try await nodes.sharedBatch(of: a, count: 4)
        let closed = WallTime(milliseconds: WallTime.now().milliseconds + 3_600_000)
        try await a.saveLimiterState(Self.state(closedUntil: closed))
        try await b.saveLimiterState(Self.state())
        for store in [a, b] {
            #expect(try await store.claim(batch, 1).records.isEmpty)
            #expect(try await store.limiterState()?.closedUntil == closed)
        }
        try await a.saveLimiterState(Self.state())
        #expect(try await b.claim(batch, 1).records.count == 1)
        try await nodes.close(a, b)
    }

    @Test("A rate that one has cut is cut for all, by the smallest share, and climbs back in a minute")
    func cut() async throws {
        let nodes = try NodesFixture()
        let (a, b) = (try await nodes.open("a", rate: 100), try await nodes.open("b", rate: 100))
        let batch = try await nodes.sharedBatch(of: a, count: 9)
        try await a.saveLimiterState(Self.state(factor: 0.001))
        try await b.saveLimiterState(Self.state())
        // A tenth of a call a second: one slot within what is given out ahead.
        #expect(try await b.claim(batch, 9).records.count == 1)
        #expect(try await a.limiterState()?.rateFactor == 0.001)
        #expect(try await b.limiterState()?.rateFactor == 1)
        try nodes.run("UPDATE rollcall.limiter SET saved_at = saved_at - 60000")
        try nodes.run("UPDATE rollcall.contract SET given_out_until_us = 0")
        #expect(try await b.claim(batch, 8).records.count == 8)
        try await nodes.close(a, b)
    }

    @Test("A node with another rate than one that lives is refused; when all have ended, the rate is a new one")
    func rate() async throws {
        let nodes = try NodesFixture()
        let a = try await nodes.open("a", rate: 20)
        let error = await #expect(throws: StoreError.self) { try await nodes.open("b", rate: 10) }
        #expect(error?.code == .settings && error?.message.contains("on node a") == true)
        try await nodes.open("b", rate: 20).close()
        try await a.close()
        let b = try await nodes.open("b", rate: 40)
        let batch = try await b.runningBatch(count: 2)
        let windows = try await b.claim(batch, 2).records.compactMap(\.window)
        #expect(windows.count == 2 && windows[1].opens - windows[0].opens == .milliseconds(25))
        try await nodes.close(b)
    }

    @Test("A batch that a node has taken up is claimed by no other while it lives, and taken over afterwards")
    func homes() async throws {
        let nodes = try NodesFixture()
        let (a, b) = (try await nodes.open("a"), try await nodes.open("b"))
        let batch = try await nodes.sharedBatch(of: a, count: 4)
        try await a.takeUp(batch.id)
        try await a.takeUp(batch.id)
        let refused = await #expect(throws: StoreError.self) { try await b.takeUp(batch.id) }
        #expect(refused?.code == .takenUp && refused?.message.contains("node a") == true)
        await #expect(throws: StoreError.self) { try await b.claim(batch, 1) }
        let records = try await a.claim(batch, 1).records
        let home = try #require(try await b.homes()[batch.id])
        #expect(home.node == "a" && home.isElsewhere && !home.isRunning)
        try await a.saveRunnerStatus(.sample(batch.id))
        #expect(try await b.homes()[batch.id]?.isRunning == true)
        #expect(try await a.homes()[batch.id]?.isElsewhere == false)
        // It is not heard of in time, another takes over, and it comes back.
        try nodes.silence(a)
        try await b.takeUp(batch.id)
        await #expect(throws: StoreError.self) { try await a.claim(batch, 1) }
        #expect(try await a.finish(records.map(\.succeeded)) == 1)
        #expect(try await b.claim(batch, 4).records.count == 3)
        try await b.close()
        // One that has ended is not waited for.
        let again = try await nodes.open("c")
        try await again.takeUp(batch.id)
        try await nodes.close(a, again)
    }
}

@Suite("The gate to the API, which the first node that closes it keeps for all", .onPostgreSQL)
struct SharedGateTests {
    /// A report with a gate that closed at a time and probes at another.
    private static func report(_ gate: RunnerStatus.Gate, at now: WallTime) -> RunnerStatus {
        RunnerStatus(
            process: getpid(), host: "vault", version: "1.0", isDaemon: true, startedAt: 1, loadedAt: 1, updatedAt: now,
            gate: gate, allowedRate: 1)
    }

    private static func closed(_ since: WallTime, probesAt probe: WallTime?) -> RunnerStatus.Gate {
        .closed(reason: "away", since: since, nextProbeAt: probe, probes: 1)
    }

    @Test("Others wait while a node probes, one probe at a time, as long as that node lives and does")
    func oneProbes() async throws {
        let nodes = try NodesFixture()
        let (a, b) = (try await nodes.open("a"), try await nodes.open("b"))
        nodes.endBeats(of: a, b)
        let batch = try await nodes.sharedBatch(of: a, count: 9)
        let now = WallTime.now()
        func report(_ store: RecordStore, _ gate: RunnerStatus.Gate) async throws {
            try await store.saveRunnerStatus(Self.report(gate, at: now))
        }
        func mayClaim(_ store: RecordStore) async throws -> Bool {
            let claim = try await store.claim(batch, 1)
            #expect(claim.records.isEmpty == (claim.obstacle != nil))
            _ = try await store.finish(claim.records.map(\.succeeded))
            return !claim.records.isEmpty
        }
        try await report(a, Self.closed(now - 9_000, probesAt: now + 60_000))
        // It looks again soon, and what changes is written soon.
        let refused = try await b.claim(
            batch.id, upTo: 1, now: now, dueBy: now, caps: RecordStore.uncapped)
        #expect(refused.records.isEmpty && refused.nextReadyAt == now + 250)
        #expect(b.statusInterval == .milliseconds(100))
        #expect(try await mayClaim(a))
        // Its probe is under way.
        try await report(a, Self.closed(now - 9_000, probesAt: nil))
        #expect(try await !mayClaim(b))
        // The other finds the same: one of them probes, the one that was first.
        try await report(b, Self.closed(now - 5_000, probesAt: now))
        #expect(try await mayClaim(a))
        #expect(try await !mayClaim(b))
        try await report(b, Self.closed(now - 20_000, probesAt: now))
        #expect(try await !mayClaim(a))
        #expect(try await mayClaim(b))
        try await report(b, .open)
        // It does not probe: it has nothing to send.
        try await report(a, Self.closed(now - 90_000, probesAt: now - 31_000))
        #expect(try await mayClaim(b))
        try await report(a, Self.closed(now - 9_000, probesAt: now + 60_000))
        #expect(try await !mayClaim(b))
        // What halts one is that one's: its keys may be wrong.
        try await report(a, .halted(reason: "keys", since: now))
        #expect(try await mayClaim(b))
        try await report(a, Self.closed(now - 9_000, probesAt: now + 60_000))
        try nodes.silence(a)
        #expect(try await mayClaim(b))
        try await nodes.close(a, b)
    }
}

@Suite("What each of several nodes has for itself", .onPostgreSQL)
struct OwnPartsTests {
    @Test("A node tends what was made at it, and what nobody has taken up")
    func pending() async throws {
        let nodes = try NodesFixture()
        let (a, b) = (try await nodes.open("a"), try await nodes.open("b"))
        let (first, second) = (
            try await a.runningBatch(count: 1), try await b.runningBatch(count: 1, content: 2)
        )
        #expect(try await a.pendingBatches().map(\.id) == [first.id])
        #expect(try await b.pendingBatches().map(\.id) == [second.id])
        try nodes.run("UPDATE rollcall.batches SET home_node = NULL WHERE id = \(first.id.rawValue)")
        #expect(try await b.pendingBatches().map(\.id) == [first.id, second.id])
        try await nodes.close(a, b)
    }

    @Test("Files and due times are each node's, also where path and job are alike")
    func filesAndSchedules() async throws {
        let nodes = try NodesFixture()
        let (a, b) = (try await nodes.open("a"), try await nodes.open("b"))
        let file = ClaimedFile(path: "/in/working/day.csv", job: "night", name: "day.csv", claimedAt: 1)
        for store in [a, b] { try await store.saveClaimedFile(file) }
        try await a.forgetClaimedFile(at: file.path)
        #expect(try await a.claimedFiles(of: "night").isEmpty)
        #expect(try await a.claimedFile(at: file.path) == nil)
        #expect(try await b.claimedFiles(of: "night") == [file])
        try await a.saveLastDue(5, ofSchedule: "night", times: "22:00")
        #expect(try await b.lastDue(ofSchedule: "night", times: "22:00") == nil)
        try await b.saveLastDue(7, ofSchedule: "night", times: "22:00")
        try await b.forgetSchedules(except: [])
        #expect(try await a.lastDue(ofSchedule: "night", times: "22:00") == 5)
        try await nodes.close(a, b)
    }

    @Test("What a retired node had not finished goes to another; a file that was not read to its end is named")
    func moved() async throws {
        let nodes = try NodesFixture()
        let (a, b) = (try await nodes.open("a"), try await nodes.open("b"))
        let running = try await a.runningBatch(count: 2)
        let cut = try await a.makeBatch(2)
        let action = Action.sample(.retireNode, detail: "a, its batches to b")
        func retire(to other: String) async throws -> Retirement {
            try await b.retire("a", givingBatchesTo: other, noting: action)
        }
        let early = await #expect(throws: StoreError.self) { _ = try await retire(to: "b") }
        #expect(early?.code == .notAllowed)
        try nodes.silence(a)
        // It is done whole or not at all: nobody is retired where nobody goes on.
        let nobody = await #expect(throws: StoreError.self) { _ = try await retire(to: "c") }
        #expect(nobody?.code == .notFound)
        #expect(try await b.nodes().map(\.standing) == [.live, .live])
        let retired = try await retire(to: "b")
        let (moved, cancelled) = (retired.moved, retired.cancelled)
        #expect(moved.map(\.id) == [running.id] && cancelled.map(\.id) == [cut.id])
        #expect(try await b.actions().map(\.name) == [.retireNode])
        #expect(cancelled.map(\.state) == [.cancelled])
        #expect(try await b.claim(running, 1).records.count == 1)
        await #expect(throws: StoreError.self) { try await a.claim(running, 1) }
        try await nodes.close(a, b)
    }
}

extension RunnerStatus {
    /// What a run of a batch in this process reports.
    fileprivate static func sample(_ batch: BatchID) -> RunnerStatus {
        RunnerStatus(
            process: getpid(), host: "vault", version: "1.0", isDaemon: false, startedAt: 1, loadedAt: 1, updatedAt: 1,
            allowedRate: 1, batch: batch)
    }
}
