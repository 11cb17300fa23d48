import Basics
import Foundation
import TestSupport
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

    @Test("What a node keeps beside the database would survive a power cut when it has been written")
    func powerCut() async throws {
        let nodes = try NodesFixture()
        let path = nodes.path(of: "a")
        var opened: RecordStore?
        let opening = try await FileOrder.observing(below: path) { _ in opened = try await nodes.open("a") }
        #expect(opening.unsynchronized == [] && opening.events.contains(.synchronized(path: path)))
        let a = try #require(opened)
        nodes.endBeats(of: a)
        let batch = try await nodes.sharedBatch(of: a, count: 2)
        var ends: [SealedCompletion] = []
        let claiming = try await FileOrder.observing(below: path) { _ in
            ends = try await a.seal(try await a.claim(batch, 2).records.map(\.succeeded))
        }
        #expect(ends.count == 2 && claiming.unsynchronized == [])
        #expect(claiming.events.contains { if case .written = $0 { true } else { false } })
        let spooling = await FileOrder.observing(below: path) { _ in
            try? await a.keeping(ends) { throw StoreError(.stateNotWritten, "the server is gone") }
        }
        let spool = path + "/spool"
        #expect(
            spooling.events == [.written(path: spool), .synchronized(path: spool), .synchronized(path: path)])
        #expect(try a.node?.spool.ends().count == 2)
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
        let batch = try await nodes.sharedBatch(of: a, count: 3)
        nodes.endBeats(of: a, b)
        let lost = try await a.claim(batch, 1).records
        try nodes.run(Self.loss)
        #expect(try await b.claim(batch, 1).records.isEmpty)
        try await a.close()
        a = try await nodes.open("a")
        #expect(a.recovery.doubtedRecords == 1 && a.recovery.pausedBatches == [batch.id])
        #expect(a.recovery.awaitedNodes == ["b"])
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

    /// Makes the server one that took over from one of an earlier timeline, which a node had told, and that lost all of its
    /// starts but so many.
    static func takeOver(_ nodes: NodesFixture, from node: String, starts: Int?) throws {
        let path = nodes.path(of: node) + "/ledger"
        var lines = try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n")
        #expect(lines.count == 5)
        lines[4] = "\(lines[4].prefix { $0 != " " }) 0"
        try Data((lines.joined(separator: "\n") + "\n").utf8).write(to: URL(filePath: path))
        try nodes.run(
            """
            ALTER TABLE rollcall.nodes DROP CONSTRAINT nodes_timeline_check; DELETE FROM rollcall.results;
            DELETE FROM rollcall.attempts; UPDATE rollcall.records SET status = 0, attempts = 0, spent = 0;
            UPDATE rollcall.batches SET queued = total, in_flight = 0, in_doubt = 0, billing_unknown = 0, attempts = 0,
              calls = 0, cursor = (id << 32);
            DELETE FROM rollcall.call_days; DELETE FROM rollcall.ledger_days;
            UPDATE rollcall.ledger_position SET last_attempt = 0; UPDATE rollcall.nodes SET timeline = 0;
            """)
        let lost =
            starts.map { "UPDATE rollcall.nodes SET epoch = \(max(1, $0)), told_epoch = \($0)" }
            ?? "DELETE FROM rollcall.nodes"
        try nodes.run("\(lost) WHERE name = '\(node)'")
    }

    @Test(
        "A node whose starts a failover lost comes back by itself, with a later epoch, and tells what is missing",
        arguments: [1, 0, nil])
    func lostStarts(left: Int?) async throws {
        let nodes = try NodesFixture()
        let b = try await nodes.open("b")
        let batch = try await nodes.sharedBatch(of: b, count: 4)
        nodes.endBeats(of: b)
        for _ in 0..<2 {
            let a = try await nodes.open("a")
            nodes.endBeats(of: a)
            #expect(try await a.claim(batch, 1).records.count == 1)
            try await a.close()
        }
        try Self.takeOver(nodes, from: "a", starts: left)
        let a = try await nodes.open("a")
        #expect(a.recovery.doubtedRecords == 2 && a.recovery.pausedBatches == [batch.id])
        #expect(try nodes.run("SELECT epoch, told_epoch FROM rollcall.nodes WHERE name = 'a'") == ["3|3"])
        #expect(try await a.statuses(batch) == [.inDoubt, .inDoubt, .queued, .queued])
        #expect(try await a.calls(on: RecordStore.day).calls == 2)
        try b.beatNow()
        _ = try await a.moveBatch(batch.id, from: [.halted], to: .running, reason: nil)
        #expect(try await a.claim(batch, 1).records.map(\.id.line) == [4])
        try await nodes.close(a, b)
    }

    @Test("A node that runs while a failover loses its start goes on with its epoch once it has told what is missing")
    func lostStartWhileRunning() async throws {
        let nodes = try NodesFixture()
        try await nodes.open("a").close()
        let a = try await nodes.open("a")
        nodes.endBeats(of: a)
        let batch = try await a.runningBatch(count: 3)
        let lost = try await a.claim(batch, 1).records
        try Self.takeOver(nodes, from: "a", starts: 1)
        // It is told by whatever comes first, a beat or a claim.
        let claim = try await a.claim(batch, 1)
        #expect(claim.records.isEmpty && claim.state == .halted)
        try a.beatNow()
        #expect(try nodes.run("SELECT epoch, told_epoch FROM rollcall.nodes") == ["2|2"])
        #expect(try await a.statuses(batch) == [.inDoubt, .queued, .queued])
        #expect(try await a.finish([lost[0].succeeded]) == 1)
        _ = try await a.moveBatch(batch.id, from: [.halted], to: .running, reason: nil)
        #expect(try await a.claim(batch, 1).records.map(\.id.line) == [3])
        try await nodes.close(a)
    }

    @Test("What a server lost may still be under way: nothing is decided about it before that has ended")
    func lostCallsUnderWay() async throws {
        let nodes = try NodesFixture()
        try await nodes.open("a").close()
        let a = try await nodes.open("a")
        nodes.endBeats(of: a)
        let batch = try await a.runningBatch(count: 2)
        _ = try await a.claim(batch, 1)
        try Self.takeOver(nodes, from: "a", starts: 1)
        try a.beatNow()
        #expect(try await a.statuses(batch) == [.inDoubt, .queued])
        let doubted = RequeueSelection(statuses: [.inDoubt])
        let error = await #expect(throws: StoreError.self) { try await a.requeue(batch.id, doubted) }
        #expect(error?.code == .notAllowed && error?.message.contains("decide about them in") == true)
        try nodes.run("UPDATE rollcall.attempts SET finished_at = 1")
        #expect(try await a.requeue(batch.id, doubted) == 1)
        try await nodes.close(a)
    }

    @Test("A call that was claimed and is not in the node's journal never left, also where another epoch finds it")
    func claimedAndNeverLearned() async throws {
        let nodes = try NodesFixture()
        var a = try await nodes.open("a")
        let batch = try await a.runningBatch(count: 3)
        _ = try await a.claim(batch, 1)
        let journal = URL(filePath: nodes.path(of: "a") + "/journal")
        let before = try Data(contentsOf: journal)
        #expect(try await a.claim(batch, 1).records.count == 1)
        try await a.close()
        // It died when the claim was committed, before it heard of that.
        try before.write(to: journal)
        a = try await nodes.open("a")
        #expect(a.recovery.openAttempts == 1)
        #expect(try await a.statuses(batch) == [.inDoubt, .queued, .queued])
        let counts = try await a.progress(batch.id)
        #expect(counts.calls == 1 && counts.attempts == 2 && counts.unbilled == 1 && counts.billingUnknown == 1)
        #expect(try await a.claim(batch, 5).records.map(\.id.line) == [3, 4])
        try await nodes.close(a)
    }

    @Test("Answers that cannot be stored outlive the process, sealed, and are delivered at the next start, once")
    func spooled() async throws {
        let nodes = try NodesFixture()
        var a = try await nodes.open("a")
        let batch = try await a.runningBatch(count: 4)
        let records = try await a.claim(batch, 4).records
        try nodes.run("ALTER TABLE rollcall.results RENAME TO away")
        await #expect(throws: StoreError.self) { try await a.finish([records[0].succeeded]) }
        await #expect(throws: StoreError.self) { try await a.finish([records[1].rejected, records[2].unsent]) }
        let spool = try Data(contentsOf: URL(filePath: nodes.path(of: "a") + "/spool"))
        #expect(spool.split(separator: UInt8(ascii: "\n")).count == 3)
        #expect(!String(decoding: spool, as: UTF8.self).contains("answer-"))
        try? await a.close()
        // A power cut tears what is being written.
        let torn = try FileHandle(forWritingTo: URL(filePath: nodes.path(of: "a") + "/spool"))
        try torn.seekToEnd()
        try torn.write(contentsOf: Data("{\"attempt\":4".utf8))
        try torn.close()
        try nodes.run("ALTER TABLE rollcall.away RENAME TO results")
        a = try await nodes.open("a")
        #expect(a.recovery.deliveredEnds == 3 && a.recovery.openAttempts == 1)
        #expect(try await a.statuses(batch) == [.succeeded, .failed, .queued, .inDoubt])
        let counts = try await a.progress(batch.id)
        #expect(counts.billable == 1 && counts.billingUnknown == 1 && counts.calls == 3)
        try await a.close()
        a = try await nodes.open("a")
        #expect(a.recovery.deliveredEnds == 0)
        try await nodes.close(a)
    }

    /// What becomes of ends that wait for the database for so long that they are kept: an error of the write, nil: it succeeds;
    /// whether the caller brings them again; whether they stay.
    @Test(
        "Ends that were kept while they waited go when they are stored, and stay when they never will be",
        arguments: [
            (nil, false, false), (.stateNotWritten, false, true), (.stateNotWritten, true, true),
            (.diskFull, false, true), (.diskFull, true, false), (.notAllowed, false, false),
        ] as [(StoreErrorCode?, Bool, Bool)])
    func keptMeanwhile(failure: StoreErrorCode?, comeAgain: Bool, stay: Bool) async throws {
        let nodes = try NodesFixture()
        let a = try await nodes.open("a")
        nodes.endBeats(of: a)
        let batch = try await a.runningBatch(count: 2)
        let ends = try await a.seal(try await a.claim(batch, 2).records.map(\.succeeded))
        let spool = try #require(a.node?.spool)
        let write: @Sendable () async throws -> Void = {
            try await waitUntil { try spool.ends().count == 2 }
            if let failure { throw StoreError(failure, "as it may be") }
        }
        if failure == nil {
            try await a.keeping(ends, comeAgain: comeAgain, while: write)
        } else {
            await #expect(throws: StoreError.self) { try await a.keeping(ends, comeAgain: comeAgain, while: write) }
        }
        #expect(try spool.ends().count == (stay ? 2 : 0))
        try await nodes.close(a)
    }

    @Test("Nothing that is kept goes while other ends wait, or where some are left for the next start")
    func keptBesideOthers() async throws {
        let nodes = try NodesFixture()
        let a = try await nodes.open("a")
        nodes.endBeats(of: a)
        let batch = try await a.runningBatch(count: 3)
        let ends = try await a.seal(try await a.claim(batch, 3).records.map(\.succeeded))
        let spool = try #require(a.node?.spool)
        try spool.keep([ends[0]])
        try spool.keep([ends[1]])
        try spool.settle(areStored: true)
        #expect(try spool.ends().count == 2)
        try spool.settle(areStored: true)
        #expect(try spool.isEmpty)
        try spool.append([ends[2]])
        try spool.keep([ends[0]])
        try spool.settle(areStored: true)
        #expect(try spool.ends().count == 2)
        try await nodes.close(a)
    }

    @Test("While it runs, a node tells a new server by itself what that had lost, and an answer under way is taken")
    func lostCommitsWhileRunning() async throws {
        let nodes = try NodesFixture()
        let (a, b) = (try await nodes.open("a"), try await nodes.open("b"))
        let batch = try await nodes.sharedBatch(of: a, count: 3)
        nodes.endBeats(of: a, b)
        let lost = try await a.claim(batch, 2).records
        try nodes.run(Self.loss)
        try a.beatNow()
        #expect(try await a.statuses(batch) == [.inDoubt, .inDoubt, .queued])
        #expect(try await a.batch(batch.id).state == .halted)
        #expect(try await a.nodes().map(\.hasAnswered) == [true, false])
        #expect(try await a.finish([lost[0].succeeded]) == 1)
        #expect(try await a.statuses(batch) == [.succeeded, .inDoubt, .queued])
        let counts = try await a.progress(batch.id)
        #expect(counts.calls == 2 && counts.billable == 1 && counts.billingUnknown == 1)
        #expect(try await a.view(batch, 2).attempts == 1)
        _ = try await a.moveBatch(batch.id, from: [.halted], to: .running, reason: nil)
        #expect(try await a.claim(batch, 1).records.isEmpty)
        try b.beatNow()
        #expect(try await a.claim(batch, 1).records.map(\.id.line) == [4])
        // A beat tells nothing twice.
        try a.beatNow()
        #expect(try await a.progress(batch.id).calls == 3)
        try await nodes.close(a, b)
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

    @Test("A journal is shortened, never by what a server that takes over may lack; one that lacks more is refused")
    func shortened() async throws {
        let nodes = try NodesFixture()
        var a = try await nodes.open("a")
        nodes.endBeats(of: a)
        let batch = try await a.runningBatch(count: 6)
        let node = try #require(a.node)
        func claim() async throws { _ = try await a.finish(a.claim(batch, 1).records.map(\.succeeded)) }
        try await claim()
        try a.shortenJournal(of: node)
        try await claim()
        // Nothing is dropped before another part was begun.
        #expect(try node.journal.entries().map(\.record.line) == [2, 3])
        try a.shortenJournal(of: node)
        try await claim()
        #expect(try node.journal.entries().map(\.record.line) == [3, 4])
        try a.shortenJournal(of: node)
        #expect(try node.journal.entries().map(\.record.line) == [4])
        #expect(try node.folder.knownLedger()?.toldPart == 2)
        // A server that has lost the last part alone is told what it lacks.
        try nodes.run("UPDATE rollcall.nodes SET told_part = 2, timeline = timeline - 1 WHERE timeline > 1")
        try nodes.run("UPDATE rollcall.nodes SET server_id = server_id - 1")
        try a.beatNow()
        #expect(try await a.nodes().map(\.hasAnswered) == [true])
        // One that has lost more is another matter.
        try nodes.run("UPDATE rollcall.nodes SET told_part = 1, server_id = server_id - 1")
        let error = #expect(throws: StoreError.self) { try a.beatNow() }
        #expect(error?.code == .damaged && error?.message.contains("earlier time") == true)
        try await a.close()
        let start = await #expect(throws: StoreError.self) { try await nodes.open("a") }
        #expect(start?.code == .damaged)
        try nodes.run("UPDATE rollcall.nodes SET told_part = 2")
        a = try await nodes.open("a")
        #expect(try await a.batch(batch.id).counts.succeeded == 3)
        try await nodes.close(a)
    }

    @Test(
        "A primary that woke beside its successor is refused at a node's start, which alone knows of the other",
        arguments: [true, false])
    func wokenPrimary(knowsTheNode: Bool) async throws {
        let nodes = try NodesFixture()
        try await nodes.open("a").close()
        let path = nodes.path(of: "a") + "/ledger"
        var lines = try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n").map(String.init)
        let server = try #require(lines.last).split(separator: " ").compactMap { Int64($0) }
        try #require(lines.count == 5 && server.count == 2)
        lines[4] = "\(server[0]) \(server[1] + 1)"
        try Data((lines.joined(separator: "\n") + "\n").utf8).write(to: URL(filePath: path))
        if !knowsTheNode { try nodes.run("DELETE FROM rollcall.nodes") }
        let error = await #expect(throws: StoreError.self) { try await nodes.open("a") }
        #expect(error?.code == .notAllowed && error?.message.contains("stop the old one") == true)
        #expect(try nodes.run("SELECT count(*) FROM rollcall.nodes WHERE epoch > 1") == ["0"])
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
