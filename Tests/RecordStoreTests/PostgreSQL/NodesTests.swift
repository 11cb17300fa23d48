import Basics
import Foundation
import Migrations
import TestSupport
import Testing

@testable import RecordStore

@Suite("Several runners on one PostgreSQL database", .onPostgreSQL)
struct NodesTests {
    @Test("Two nodes that begin at once in an empty database make one schema and one identity")
    func beginning() async throws {
        let nodes = try NodesFixture(withoutSchema: true)
        async let (first, second) = (nodes.open("a"), nodes.open("b"))
        let (a, b) = try await (first, second)
        #expect(
            try nodes.run("SELECT count(*), max(version) - min(version) + 1 = count(*) FROM rollcall.schema_steps")
                == ["\(RecordStore.schemaVersion - Migrations.postgreSQLBaseline.version + 1)|t"])
        #expect(try nodes.run("SELECT count(*) FROM rollcall.store") == ["1"])
        try await nodes.close(a, b)
    }

    @Test("Who finds that another has begun the database meanwhile goes on with what that made")
    func begunMeanwhile() async throws {
        let nodes = try NodesFixture(withoutSchema: true)
        let other = try nodes.hold(Migrations.postgreSQL)
        async let opened = nodes.open("a")
        // It waits for the other's transaction, to know whether the name is taken.
        let waiting = """
            SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'
            """
        while try nodes.run(waiting) == ["0"] { await Task.yield() }
        try other.commit()
        let a = try await opened
        #expect(try nodes.run("SELECT count(*) FROM rollcall.store") == ["1"])
        try await nodes.close(a)
    }

    @Test("Two nodes share a batch: no record is claimed by both, and the counters are those of one runner")
    func sharedBatch() async throws {
        let nodes = try NodesFixture()
        let (a, b) = (try await nodes.open("a"), try await nodes.open("b"))
        let batch = try await nodes.sharedBatch(of: a, count: 10)
        let (first, second) = (try await a.claim(batch, 4), try await b.claim(batch, 10))
        #expect(first.records.map(\.id.line) == [2, 3, 4, 5])
        #expect(second.records.map(\.id.line) == [6, 7, 8, 9, 10, 11])
        #expect(Set((first.records + second.records).map(\.attempt)).count == 10)
        #expect(try await a.finish(first.records.map(\.succeeded)) == 4)
        #expect(try await b.finish(second.records.map(\.succeeded)) == 6)
        let counts = try await a.progress(batch.id)
        #expect(counts.succeeded == 10 && counts.calls == 10 && counts.billable == 10 && counts.inFlight == 0)
        #expect(try await a.moveBatch(batch.id, from: [.running], to: .completed, reason: nil))
        #expect(try await !b.moveBatch(batch.id, from: [.running], to: .completed, reason: nil))
        try await nodes.close(a, b)
    }

    @Test("Claims of many at once, on both, give each record and each number once")
    func claimsAtOnce() async throws {
        let nodes = try NodesFixture()
        let (a, b) = (try await nodes.open("a"), try await nodes.open("b"))
        let batch = try await nodes.sharedBatch(of: a, count: 200)
        let records = try await withThrowingTaskGroup { group in
            for turn in 0..<40 {
                group.addTask { try await (turn % 2 == 0 ? a : b).claim(batch, 5).records }
            }
            return try await group.reduce(into: []) { $0 += $1 }
        }
        #expect(records.count == 200 && Set(records.map(\.id)).count == 200)
        #expect(Set(records.map(\.attempt)).count == 200)
        try await nodes.close(a, b)
    }

    @Test("The contract's rate is one for both: what one has taken the other waits for")
    func sharedRate() async throws {
        let nodes = try NodesFixture()
        let (a, b) = (try await nodes.open("a", rate: 0.001), try await nodes.open("b", rate: 0.001))
        let batch = try await nodes.sharedBatch(of: a, count: 10)
        #expect(try await a.claim(batch, 10).records.count == 1)
        for store in [a, b] {
            let claim = try await store.claim(batch, 10)
            #expect(claim.records.isEmpty && !claim.exhausted && claim.cappedBy == nil)
            #expect(claim.nextReadyAt.map { $0 > 60_000 } == true)
        }
        try await nodes.close(a, b)
    }

    @Test("A call has its slot and its end, and slots are apart by the rate")
    func windows() async throws {
        let nodes = try NodesFixture()
        let a = try await nodes.open("a", rate: 40)
        let batch = try await nodes.sharedBatch(of: a, count: 3)
        let windows = try await a.claim(batch, 3).records.compactMap(\.window)
        #expect(windows.count == 3)
        for (one, next) in zip(windows, windows.dropFirst()) { #expect(next.opens - one.opens == .milliseconds(25)) }
        for window in windows { #expect(window.closes - window.opens <= SlotPlan.length) }
        #expect(try nodes.run("SELECT count(DISTINCT claim_id), count(*) FROM rollcall.attempts") == ["1|3"])
        try await nodes.close(a)
    }

    @Test("A cap holds for all nodes, and for the first call of a day")
    func sharedCap() async throws {
        let nodes = try NodesFixture()
        let (a, b) = (try await nodes.open("a"), try await nodes.open("b"))
        let batch = try await nodes.sharedBatch(of: a, count: 10)
        let caps = CallCaps(daily: 5, day: RecordStore.day)
        let first = try await a.claim(batch.id, upTo: 3, now: 1_000, caps: caps)
        let second = try await b.claim(batch.id, upTo: 10, now: 1_000, caps: caps)
        #expect(first.records.count == 3 && second.records.count == 2 && second.cappedBy == .dailyCalls)
        // A call that never left is given back, to both.
        _ = try await b.finish([second.records[0].unsent])
        #expect(try await a.claim(batch.id, upTo: 10, now: 1_000, caps: caps).records.count == 1)
        try await nodes.close(a, b)
    }

    @Test("A node whose epoch is over claims nothing; what it had in hand is still taken")
    func fencedEpoch() async throws {
        let nodes = try NodesFixture()
        let a = try await nodes.open("a")
        let batch = try await nodes.sharedBatch(of: a, count: 5)
        let records = try await a.claim(batch, 2).records
        try nodes.run("UPDATE rollcall.nodes SET epoch = epoch + 1")
        let error = await #expect(throws: StoreError.self) { try await a.claim(batch, 2) }
        #expect(error?.code == .takenUp)
        #expect(throws: StoreError.self) { try a.beatNow() }
        #expect(try await a.progress(batch.id).inFlight == 2)
        #expect(try await a.finish(records.map(\.succeeded)) == 2)
        #expect(try await a.progress(batch.id).succeeded == 2)
        try await nodes.close(a)
    }

    @Test("A node that drains claims nothing and ends what it has")
    func draining() async throws {
        let nodes = try NodesFixture()
        let a = try await nodes.open("a")
        let batch = try await nodes.sharedBatch(of: a, count: 5)
        let records = try await a.claim(batch, 1).records
        try nodes.run("UPDATE rollcall.nodes SET state = 'draining'")
        #expect(try await a.claim(batch, 2).records.isEmpty)
        #expect(try await a.finish(records.map(\.succeeded)) == 1)
        try await nodes.close(a)
    }

    @Test("A node starts again: its calls under way are in doubt, another's are not touched")
    func restart() async throws {
        let nodes = try NodesFixture()
        var a = try await nodes.open("a")
        let b = try await nodes.open("b")
        let batch = try await nodes.sharedBatch(of: a, count: 4)
        _ = try await a.claim(batch, 1)
        let others = try await b.claim(batch, 1).records
        try await a.close()
        a = try await nodes.open("a")
        #expect(a.recovery.openAttempts == 1 && a.recovery.lostAttempts == 0)
        #expect(try await a.statuses(batch) == [.inDoubt, .inFlight, .queued, .queued])
        #expect(try await b.finish(others.map(\.succeeded)) == 1)
        try await nodes.close(a, b)
    }

    @Test("What a node claimed and never heard of is closed as unsent once it can no longer be sent")
    func lostClaims() async throws {
        let nodes = try NodesFixture()
        let a = try await nodes.open("a")
        let batch = try await nodes.sharedBatch(of: a, count: 3)
        let records = try await a.claim(batch, 2).records
        a.node?.disown([records[0].attempt])
        // Of a claim of which it never heard it wrote nothing down.
        for part in 1...2 { try a.node?.journal.begin(Int64(part), afterEntries: 2) }
        #expect(try a.node?.journal.entries().isEmpty == true)
        try a.beatNow()
        #expect(try await a.progress(batch.id).inFlight == 2)
        try nodes.run("UPDATE rollcall.attempts SET slot_us = 1, send_until_us = 2")
        try a.beatNow()
        #expect(try await a.statuses(batch) == [.queued, .inFlight, .queued])
        #expect(try await a.progress(batch.id).calls == 1)
        #expect(try await a.finish([records[0].succeeded]) == 0)
        try await nodes.close(a)
    }

    @Test("A node that drains, or waits for others, says so where it claims")
    func obstacles() async throws {
        let nodes = try NodesFixture()
        let (a, b) = (try await nodes.open("a"), try await nodes.open("b"))
        nodes.endBeats(of: a, b)
        let batch = try await nodes.sharedBatch(of: a, count: 2)
        try nodes.run("UPDATE rollcall.nodes SET server_id = server_id - 1 WHERE name = 'b'")
        let waiting = try await a.claim(batch, 1)
        #expect(waiting.records.isEmpty && waiting.obstacle?.contains("before b answered") == true)
        try b.beatNow()
        let claimed = try await a.claim(batch, 1)
        #expect(claimed.records.count == 1 && claimed.obstacle == nil)
        #expect(try await b.drain("a", noting: .sample(.drainNode)))
        let draining = try await a.claim(batch, 1)
        #expect(draining.records.isEmpty && draining.obstacle?.contains("node a is draining") == true)
        try await nodes.close(a, b)
    }

    @Test(
        "Commits await a standby where both settings say so",
        arguments: [
            ("on", "*", true), ("remote_apply", "ANY 1 (a, b)", true), ("on", "", false), ("local", "*", false),
            ("off", "*", false), ("remote_write", "*", false),
        ])
    func standbys(commit: String, names: String, isKept: Bool) {
        #expect(StandbyRule.isKept(synchronousCommit: commit, standbyNames: names) == isKept)
    }

    @Test("A node that wants a standby claims nothing without one, and waits for no dead node")
    func durable() async throws {
        let nodes = try NodesFixture()
        let a = try await nodes.open("a")
        let batch = try await nodes.sharedBatch(of: a, count: 2)
        try await nodes.open("c").close()
        try await a.close()
        var description = nodes.description("b", rate: 1_000_000)
        description.node?.wantsStandby = true
        let b = try await description.openForRunning(StoreFolder.provenance)
        let claim = try await b.claim(batch, 1)
        #expect(claim.records.isEmpty && claim.obstacle?.contains("database_durability") == true)
        try nodes.run("UPDATE rollcall.nodes SET server_id = server_id - 1 WHERE name = 'c'")
        let awaited = try await b.write { connection in
            (try connection.nodesToReconcile(), try connection.nodesToReconcile(besidesDead: true))
        }
        #expect(awaited.0 == ["c"] && awaited.1 == [])
        try await nodes.close(b)
    }

    @Test("Nodes are listed; one that lives is not retired, and a retired one's calls are in doubt at once")
    func listing() async throws {
        let nodes = try NodesFixture()
        let (a, b) = (try await nodes.open("a"), try await nodes.open("b"))
        let batch = try await nodes.sharedBatch(of: a, count: 2)
        _ = try await a.claim(batch, 1)
        let listed = try await b.nodes()
        #expect(listed.map(\.name) == ["a", "b"] && listed.map(\.openCalls) == [1, 0])
        #expect(listed.allSatisfy { $0.isAlive && $0.hasAnswered && $0.standing == .live })
        let action = Action.sample(.retireNode, detail: "a")
        let error = await #expect(throws: StoreError.self) {
            _ = try await b.retire("a", givingBatchesTo: nil, noting: action)
        }
        #expect(error?.code == .notAllowed)
        try nodes.silence(a)
        // At once, also where no node lives whose beat would find them, and by who takes no part.
        try await b.close()
        let operating = try await nodes.openForOperating()
        let retired = try await operating.retire("a", givingBatchesTo: nil, noting: action)
        #expect(retired.hasChanged && retired.inDoubt == 1)
        #expect(try await !operating.drain("a", noting: .sample(.drainNode, detail: "a")))
        #expect(try await operating.statuses(batch) == [.inDoubt, .queued])
        #expect(try await operating.view(batch, 2).sealedDetail != nil)
        #expect(try await operating.progress(batch.id).billingUnknown == 1)
        #expect(try await operating.actions().map(\.name) == [.retireNode])
        try await nodes.close(a, operating)
    }

    @Test("A database of a newer version is refused, naming both, and left as it is")
    func newerVersion() async throws {
        let nodes = try NodesFixture()
        try await nodes.open("a").close()
        try nodes.run("INSERT INTO rollcall.schema_steps (version) VALUES (999)")
        let description = nodes.description("a")
        for open in [description.openForReading, description.openForOperating, { try await nodes.open("a") }] {
            let error = await #expect(throws: StoreError.self) { try await open() }
            #expect(error?.code == .schemaVersion)
            #expect(error?.message.contains("999") == true)
            #expect(error?.message.contains("this program has \(RecordStore.schemaVersion)") == true)
        }
        #expect(try nodes.run("SELECT epoch FROM rollcall.nodes") == ["1"])
        try await nodes.close()
    }

    @Test("A schema of the name that somebody else made is left alone, and refused in words")
    func otherSchema() async throws {
        let nodes = try NodesFixture(withoutSchema: true)
        try nodes.run("CREATE SCHEMA rollcall")
        let error = await #expect(throws: StoreError.self) { try await nodes.open("a") }
        #expect(error?.code == .schemaVersion && error?.message.contains("drop it") == true)
        #expect(try nodes.run("SELECT count(*) FROM pg_tables WHERE schemaname = 'rollcall'") == ["0"])
        try nodes.run("DROP SCHEMA rollcall")
        try await nodes.close(try await nodes.open("a"))
    }

    @Test("Whoever has another sealing key is refused at once; without one, what needs none can be done")
    func otherKey() async throws {
        let nodes = try NodesFixture()
        try await nodes.open("a").close()
        let folder = try #require(nodes.folder)
        let first = try SealingKey.load(path: folder.sealingKey).keyID
        try FileManager.default.removeItem(atPath: folder.sealingKey)
        let (reading, operating) = (nodes.description("a").openForReading, nodes.description("a").openForOperating)
        for open in [reading, operating] { try await open().close() }
        let second = try SealingKey.create(path: folder.sealingKey).keyID
        for open in [reading, operating, { try await nodes.open("b") }] {
            let error = await #expect(throws: StoreError.self) { try await open() }
            #expect(error?.code == .sealingKey)
            #expect(error?.message.contains(first) == true && error?.message.contains(second) == true)
        }
        try await nodes.close()
    }
}
