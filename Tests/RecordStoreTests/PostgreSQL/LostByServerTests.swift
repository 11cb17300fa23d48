import Basics
import Foundation
import Testing

@testable import RecordStore

/// What a primary had committed, and its successor never heard of, in each order in which a standby may have stood still.
@Suite("What a server that was replaced had lost", .onPostgreSQL)
struct LostByServerTests {
    /// From now on the server is another one.
    private static let replaced = "UPDATE rollcall.nodes SET server_id = 7;"
    /// What a server says that has never heard of any batch.
    private static let allForgotten = """
        DELETE FROM rollcall.attempts; DELETE FROM rollcall.records; DELETE FROM rollcall.layouts;
        DELETE FROM rollcall.batch_keys; DELETE FROM rollcall.ledger_days; DELETE FROM rollcall.batches;
        DELETE FROM rollcall.call_days; UPDATE rollcall.ledger_position SET last_attempt = 0, last_batch = 0;
        """

    @Test("The end of a call: the call is in doubt, not unsent, and its batch halts; the answer still heals it")
    func lostEnd() async throws {
        let nodes = try NodesFixture()
        let a = try await nodes.open("a")
        let batch = try await a.runningBatch(count: 2)
        nodes.endBeats(of: a)
        let called = try await a.claim(batch, 1).records
        #expect(try await a.finish([called[0].succeeded]) == 1)
        try nodes.run(
            """
            UPDATE rollcall.attempts SET outcome = NULL, finished_at = NULL, billable = NULL, http_status = NULL,
              correlation_id = NULL, slot_us = 0, send_until_us = 0;
            DELETE FROM rollcall.results; DELETE FROM rollcall.answers;
            UPDATE rollcall.records SET status = 1, attempts = 0, spent = 0 WHERE status = 2;
            UPDATE rollcall.batches SET in_flight = 1, succeeded = 0, billable = 0, answers_known = 0;
            UPDATE rollcall.ledger_days SET billable = 0; UPDATE rollcall.call_days SET billable = 0;
            """ + Self.replaced)
        try a.beatNow()
        #expect(try await a.statuses(batch) == [.inDoubt, .queued])
        let after = try await a.batch(batch.id)
        #expect(after.state == .halted && after.reason?.contains("replaced") == true)
        #expect(after.counts.calls == 1 && after.counts.billingUnknown == 1)
        _ = try await a.moveBatch(batch.id, from: [.halted], to: .running, reason: nil)
        #expect(try await a.claim(batch).records.map(\.id.line) == [3])
        #expect(try await a.finish([called[0].succeeded]) == 1)
        #expect(try await a.statuses(batch) == [.succeeded, .inFlight])
        try await nodes.close(a)
    }

    @Test("What a node's start had decided about its earlier calls: they are in doubt again, not open for ever")
    func lostRecovery() async throws {
        let nodes = try NodesFixture()
        var a = try await nodes.open("a")
        let batch = try await a.runningBatch(count: 2)
        #expect(try await a.claim(batch, 1).records.count == 1)
        try await a.close()
        a = try await nodes.open("a")
        nodes.endBeats(of: a)
        #expect(a.recovery.openAttempts == 1)
        try nodes.run(
            """
            UPDATE rollcall.attempts SET outcome = NULL, finished_at = NULL, cause = NULL, billable = NULL, slot_us = 0,
              send_until_us = 0;
            DELETE FROM rollcall.results; UPDATE rollcall.records SET status = 1, attempts = 0, spent = 0 WHERE status = 4;
            UPDATE rollcall.batches SET in_flight = 1, in_doubt = 0, billing_unknown = 0;
            UPDATE rollcall.ledger_days SET billing_unknown = 0; UPDATE rollcall.nodes SET epoch = 1, told_epoch = 1;
            """ + Self.replaced)
        try a.beatNow()
        #expect(try await a.statuses(batch) == [.inDoubt, .queued])
        #expect(try await a.batch(batch.id).state == .halted)
        #expect(try await a.progress(batch.id).billingUnknown == 1)
        try await nodes.close(a)
    }

    @Test("Lines of a file, and that it was read: the node goes on, and what was called of them begins in doubt")
    func lostLines() async throws {
        let nodes = try NodesFixture()
        let a = try await nodes.open("a")
        let batch = try await a.runningBatch(count: 3)
        nodes.endBeats(of: a)
        #expect(try await a.claim(batch, 2).records.count == 2)
        try nodes.run(
            """
            DELETE FROM rollcall.attempts; DELETE FROM rollcall.records WHERE id > (1::bigint << 32) + 2;
            UPDATE rollcall.records SET status = 0;
            UPDATE rollcall.batches SET state = 'ingesting', ingested = 0, ingested_at = NULL, total = 1, queued = 1,
              in_flight = 0, attempts = 0, calls = 0, cursor = (id << 32), checkpoint_line = 3;
            DELETE FROM rollcall.call_days; DELETE FROM rollcall.ledger_days;
            UPDATE rollcall.ledger_position SET last_attempt = 0;
            """ + Self.replaced)
        try a.beatNow()
        let after = try await a.batch(batch.id)
        #expect(after.state == .paused && after.reason?.contains("replaced") == true)
        #expect(try await a.statuses(batch) == [.inDoubt])
        #expect(try await a.calls(on: RecordStore.day).calls == 2)
        // Told again it counts no second time.
        try nodes.run(Self.replaced)
        try a.beatNow()
        #expect(try await a.calls(on: RecordStore.day).calls == 2)
        _ = try await a.moveBatch(batch.id, from: [.paused], to: .ingesting, reason: nil)
        try await a.take([SampleRow(3), SampleRow(4)], into: batch)
        try await a.finishIngest(batch.id, state: .running)
        #expect(try await a.statuses(batch) == [.inDoubt, .inDoubt, .queued])
        // Nor does it when their lines are there again.
        try nodes.run(Self.replaced)
        try a.beatNow()
        #expect(try await a.calls(on: RecordStore.day).calls == 2)
        #expect(try await a.batch(batch.id).state == .running)
        try await nodes.close(a)
    }

    @Test("Lines of a file that two nodes have sent: as many begin in doubt as both tell")
    func lostLinesOfTwo() async throws {
        let nodes = try NodesFixture().sharing()
        let (a, b) = (try await nodes.open("a"), try await nodes.open("b"))
        nodes.endBeats(of: a, b)
        let batch = try await nodes.sharedBatch(of: a, count: 4)
        #expect(try await a.claim(batch, 1).records.count == 1)
        #expect(try await b.claim(batch, 2).records.count == 2)
        try nodes.run(
            """
            DELETE FROM rollcall.attempts; DELETE FROM rollcall.records; DELETE FROM rollcall.call_days;
            DELETE FROM rollcall.ledger_days; UPDATE rollcall.ledger_position SET last_attempt = 0;
            UPDATE rollcall.batches SET state = 'ingesting', ingested = 0, ingested_at = NULL, total = 0, queued = 0,
              in_flight = 0, attempts = 0, calls = 0, cursor = (id << 32), checkpoint_line = 2;
            """ + Self.replaced)
        try a.beatNow()
        try b.beatNow()
        #expect(try await a.calls(on: RecordStore.day).calls == 3)
        _ = try await a.moveBatch(batch.id, from: [.paused], to: .ingesting, reason: nil)
        try await a.take((2...5).map { SampleRow($0) }, into: batch)
        #expect(try await a.statuses(batch) == [.inDoubt, .inDoubt, .inDoubt, .queued])
        try await nodes.close(a, b)
    }

    @Test("A batch that is over before its lost lines were read again: they begin in doubt in the next one of its file")
    func lostLinesCancelled() async throws {
        let nodes = try NodesFixture()
        let (a, b) = (try await nodes.open("a"), try await nodes.open("b"))
        nodes.endBeats(of: a, b)
        let batch = try await a.runningBatch(count: 4)
        #expect(try await a.claim(batch, 3).records.count == 3)
        try nodes.run(
            """
            DELETE FROM rollcall.attempts; DELETE FROM rollcall.records WHERE id > (1::bigint << 32) + 2;
            UPDATE rollcall.records SET status = 0;
            UPDATE rollcall.batches SET state = 'ingesting', ingested = 0, ingested_at = NULL, total = 1, queued = 1,
              in_flight = 0, attempts = 0, calls = 0, cursor = (id << 32), checkpoint_line = 3;
            DELETE FROM rollcall.call_days; DELETE FROM rollcall.ledger_days;
            UPDATE rollcall.ledger_position SET last_attempt = 0;
            """ + Self.replaced)
        try a.beatNow()
        try b.beatNow()
        try nodes.silence(a)
        let retired = try await b.retire(
            "a", givingBatchesTo: "b", noting: Action.sample(.retireNode, detail: "a"))
        #expect(retired.cancelled.map(\.id) == [batch.id] && !retired.isUntold)
        #expect(retired.cancelled.map(\.mayHaveBeenSent) == [true])
        let again = try await b.runningBatch(count: 4)
        #expect(try await b.statuses(again) == [.inDoubt, .inDoubt, .inDoubt, .queued])
        try await nodes.close(a, b)
    }

    @Test("An answer is sealed by the key that its call was claimed with, also where none can be read")
    func keptKey() async throws {
        let nodes = try NodesFixture()
        let a = try await nodes.open("a")
        let batch = try await a.runningBatch(count: 1)
        let call = try #require(try await a.claim(batch, 1).records.first)
        a.forgetDataKeys()
        try nodes.run("CREATE TABLE public.kept AS SELECT * FROM rollcall.batch_keys; DELETE FROM rollcall.batch_keys")
        #expect(try await a.finish([call.succeeded]) == 1)
        try nodes.run("INSERT INTO rollcall.batch_keys SELECT * FROM public.kept")
        #expect(try await a.statuses(batch) == [.succeeded])
        try await nodes.close(a)
    }

    @Test(
        "A whole batch: its calls count, and its file begins in doubt when it comes again, also where its number is another's",
        arguments: [false, true])
    func lostBatch(isNumberTaken: Bool) async throws {
        let nodes = try NodesFixture()
        let (a, b) = (try await nodes.open("a"), try await nodes.open("b"))
        let batch = try await a.runningBatch(count: 3, content: 1)
        nodes.endBeats(of: a, b)
        #expect(try await a.claim(batch, 2).records.count == 2)
        try nodes.run(Self.allForgotten + Self.replaced)
        let other = isNumberTaken ? try await b.runningBatch(count: 3, content: 2) : nil
        #expect(other.map { $0.id == batch.id } ?? true)
        try a.beatNow()
        #expect(try await a.calls(on: RecordStore.day).calls == 2)
        if let other {
            #expect(try await a.batch(other.id).state == .running)
            #expect(try await a.statuses(other) == [.queued, .queued, .queued])
        }
        let again = try await a.runningBatch(count: 3, content: 1)
        #expect(again.id > batch.id)
        #expect(try await a.statuses(again) == [.inDoubt, .inDoubt, .queued])
        // Told again it counts no second time.
        try nodes.run(Self.replaced)
        try a.beatNow()
        #expect(try await a.calls(on: RecordStore.day).calls == 2)
        #expect(try await a.statuses(again) == [.inDoubt, .inDoubt, .queued])
        #expect(try await a.batch(again.id).state == .running)
        try await nodes.close(a, b)
    }

    @Test(
        "A whole batch whose file another node took in before it was told: its lines are in doubt there",
        arguments: [true, false])
    func lostBatchTakenInElsewhere(isRead: Bool) async throws {
        let nodes = try NodesFixture()
        let (a, b) = (try await nodes.open("a"), try await nodes.open("b"))
        let batch = try await a.runningBatch(count: 3, content: 1)
        nodes.endBeats(of: a, b)
        #expect(try await a.claim(batch, 2).records.count == 2)
        try nodes.run(Self.allForgotten + Self.replaced)
        _ = try await b.runningBatch(count: 3, content: 2)
        let again: Batch
        if isRead {
            again = try await b.runningBatch(count: 3, content: 1)
        } else {
            again = try await b.makeBatch(1)
        }
        try a.beatNow()
        try b.beatNow()
        #expect(try await b.batch(again.id).state == (isRead ? .halted : .paused))
        if !isRead {
            _ = try await b.moveBatch(again.id, from: [.paused], to: .ingesting, reason: nil)
            try await b.take([SampleRow(2), SampleRow(3), SampleRow(4)], into: again)
        }
        #expect(try await b.statuses(again) == [.inDoubt, .inDoubt, .queued])
        try await nodes.close(a, b)
    }

    @Test("A part of a file while it is read: neither more lines are taken behind it, nor is the file said to be read")
    func lostChunk() async throws {
        let nodes = try NodesFixture()
        var a = try await nodes.open("a")
        for isMoreToCome in [true, false] {
            let batch = try await a.makeBatch(isMoreToCome ? 1 : 2)
            try await a.take([SampleRow(2)], into: batch)
            try await a.take([SampleRow(3)], into: batch)
            try nodes.run(
                """
                DELETE FROM rollcall.records WHERE id & 4294967295 = 3 AND id >> 32 = \(batch.id.rawValue);
                UPDATE rollcall.batches SET total = 1, queued = 1, checkpoint_line = 3 WHERE id = \(batch.id.rawValue)
                """)
            let error = await #expect(throws: StoreError.self) {
                if isMoreToCome {
                    try await a.take([SampleRow(4)], into: batch)
                } else {
                    try await a.finishIngest(batch.id, state: .running)
                }
            }
            #expect(error?.code == .stateNotWritten && error?.message.contains("had lost lines") == true)
            try await a.close()
            a = try await nodes.open("a")
            try await a.take([SampleRow(3), SampleRow(4)], into: batch)
            try await a.finishIngest(batch.id, state: .running)
            #expect(try await a.statuses(batch) == [.queued, .queued, .queued])
        }
        try await nodes.close(a)
    }

    /// What a server says that has never heard of two calls.
    private static let forgotten = """
        DELETE FROM rollcall.attempts; UPDATE rollcall.records SET status = 0;
        UPDATE rollcall.batches SET queued = total, in_flight = 0, attempts = 0, calls = 0, cursor = (id << 32);
        DELETE FROM rollcall.call_days; DELETE FROM rollcall.ledger_days;
        UPDATE rollcall.ledger_position SET last_attempt = 0;
        """

    @Test(
        "An answer that is stored before any beat has seen a loss finds its call, where a server took over or was put back",
        arguments: [true, false])
    func answerBeforeBeat(isReplaced: Bool) async throws {
        let nodes = try NodesFixture()
        let (a, b) = (try await nodes.open("a"), try await nodes.open("b"))
        nodes.endBeats(of: a, b)
        let batch = try await nodes.sharedBatch(of: a, count: 3)
        let called = try await a.claim(batch, 2).records
        try nodes.run(Self.forgotten + (isReplaced ? Self.replaced : ""))
        #expect(try await a.finish([called[0].succeeded]) == 1)
        #expect(try await a.statuses(batch) == [.succeeded, .inDoubt, .queued])
        #expect(try await a.batch(batch.id).state == .halted)
        #expect(try await a.finish([called[1].succeeded]) == 1)
        _ = try await a.moveBatch(batch.id, from: [.halted], to: .running, reason: nil)
        #expect(try await a.claim(batch, 3).obstacle?.contains("before b answered") == true)
        try b.beatNow()
        let last = try await b.claim(batch, 3).records
        #expect(last.map(\.id.line) == [4])
        #expect(try await b.finish(last.map(\.succeeded)) == 1)
        let counts = try await a.progress(batch.id)
        #expect(counts.succeeded == 3 && counts.calls == 3 && counts.billable == 3)
        try await nodes.close(a, b)
    }

    @Test("A server that was put back to an earlier time is seen by the next claim: nothing is sent again")
    func putBack() async throws {
        let nodes = try NodesFixture()
        let a = try await nodes.open("a")
        nodes.endBeats(of: a)
        let batch = try await a.runningBatch(count: 3)
        #expect(try await a.claim(batch, 2).records.count == 2)
        try nodes.run(Self.forgotten)
        let claim = try await a.claim(batch, 3)
        #expect(claim.records.isEmpty && claim.state == .halted)
        #expect(try await a.statuses(batch) == [.inDoubt, .inDoubt, .queued])
        #expect(try await a.calls(on: RecordStore.day).calls == 2)
        // Once it was told, nothing is new to it.
        try a.beatNow()
        #expect(try await a.calls(on: RecordStore.day).calls == 2)
        try await nodes.close(a)
    }

    @Test("One that was put back, and has given out more numbers since, is seen by the next beat")
    func putBackAndUsed() async throws {
        let nodes = try NodesFixture()
        let (a, b) = (try await nodes.open("a"), try await nodes.open("b"))
        nodes.endBeats(of: a, b)
        let batch = try await nodes.sharedBatch(of: a, count: 3)
        #expect(try await a.claim(batch, 2).records.count == 2)
        try nodes.run(Self.forgotten + "UPDATE rollcall.ledger_position SET last_attempt = 100;")
        try a.beatNow()
        #expect(try await a.statuses(batch) == [.inDoubt, .inDoubt, .queued])
        #expect(try await a.nodes().map(\.hasAnswered) == [true, false])
        try a.beatNow()
        try b.beatNow()
        #expect(try await a.nodes().map(\.hasAnswered) == [true, true])
        try await nodes.close(a, b)
    }

    @Test("One put back to before a node's start is told by its beat; one that lost the node ends it, answers kept")
    func forgottenNode() async throws {
        let nodes = try NodesFixture()
        try await nodes.open("a").close()
        var a = try await nodes.open("a")
        nodes.endBeats(of: a)
        let batch = try await a.runningBatch(count: 2)
        try nodes.run("UPDATE rollcall.nodes SET epoch = 1, told_epoch = 1")
        #expect(try await a.claim(batch, 1).obstacle?.contains("was replaced") == true)
        try a.beatNow()
        let call = try #require(try await a.claim(batch, 1).records.first)
        try nodes.run("UPDATE rollcall.batches SET home_node = NULL")
        try NodeFoldersTests.takeOver(nodes, from: "a", starts: nil)
        let error = await #expect(throws: StoreError.self) { try await a.finish([call.succeeded]) }
        #expect(error?.isFatal == true && error?.message.contains("start it again") == true)
        #expect(try a.node?.spool.ends().count == 1)
        try? await a.close()
        a = try await nodes.open("a")
        #expect(a.recovery.deliveredEnds == 1)
        #expect(try await a.statuses(batch) == [.succeeded, .queued])
        try await nodes.close(a)
    }

    @Test("A node that is retired and never said what it had sent: its batches halt, its late answers are no other's")
    func retiredUntold() async throws {
        let nodes = try NodesFixture().sharing()
        let (a, b) = (try await nodes.open("a"), try await nodes.open("b"))
        let batch = try await a.runningBatch(count: 3)
        nodes.endBeats(of: b)
        let called = try await a.claim(batch, 2).records
        try nodes.silence(a)
        try nodes.run(Self.forgotten + Self.replaced)
        try b.beatNow()
        // Nobody goes on with what it had before somebody has decided.
        let error = await #expect(throws: StoreError.self) { try await b.takeUp(batch.id) }
        #expect(error?.code == .takenUp && error?.message.contains("retire it first") == true)
        #expect(try await b.takeOverFromEndedNodes().isEmpty)
        let action = Action.sample(.retireNode, detail: "a")
        let retired = try await b.retire("a", givingBatchesTo: "b", noting: action)
        #expect(retired.halted.map(\.id) == [batch.id] && retired.moved.map(\.id) == [batch.id])
        let halted = try await b.batch(batch.id)
        #expect(halted.state == .halted && halted.reason?.contains("may have been sent") == true)
        // Somebody has asked, and lets it go on.
        _ = try await b.moveBatch(batch.id, from: [.halted], to: .running, reason: nil)
        let again = try await b.claim(batch, 3).records
        #expect(again.count == 3 && Set(again.map(\.attempt)).isDisjoint(with: called.map(\.attempt)))
        #expect(try await a.finish([called[0].succeeded]) == 0)
        #expect(try await b.finish(again.map(\.succeeded)) == 3)
        let counts = try await b.progress(batch.id)
        #expect(counts.succeeded == 3 && counts.calls == 5 && counts.billable == 4 && counts.billingUnknown == 1)
        try await nodes.close(a, b)
    }

    @Test("Of what such a node was still reading all begins in doubt, also when its batches are given away later")
    func retiredUntoldUnread() async throws {
        let nodes = try NodesFixture()
        let (a, b) = (try await nodes.open("a"), try await nodes.open("b"))
        let (unread, unconfirmed) = (try await a.makeBatch(1), try await a.makeBatch(2))
        for batch in [unread, unconfirmed] { try await a.take([SampleRow(2), SampleRow(3)], into: batch) }
        try await a.finishIngest(unconfirmed.id, state: .awaitingConfirmation)
        nodes.endBeats(of: b)
        try nodes.silence(a)
        try nodes.run(Self.replaced)
        try b.beatNow()
        let action = Action.sample(.retireNode, detail: "a")
        let retired = try await b.retire("a", givingBatchesTo: nil, noting: action)
        #expect(retired.isUntold && Set(retired.halted.map(\.id)) == [unread.id, unconfirmed.id])
        let given = try await b.retire("a", givingBatchesTo: "b", noting: action)
        #expect(given.moved.map(\.id) == [unconfirmed.id] && given.moved.map(\.state) == [.halted])
        #expect(given.cancelled.map(\.id) == [unread.id] && given.cancelled.map(\.mayHaveBeenSent) == [true])
        let again = try await b.runningBatch(count: 3, content: 1)
        #expect(try await b.statuses(again) == [.inDoubt, .inDoubt, .inDoubt])
        try await nodes.close(a, b)
    }

    @Test("A month's key that is missing on this machine keeps no node from its beat, and no dead one's calls open")
    func keyElsewhere() async throws {
        let nodes = try NodesFixture()
        let a = try await nodes.open("a")
        let batch = try await a.runningBatch(count: 1)
        let keys = try #require(nodes.folder?.path)
        let copy = keys + "/copy"
        try FileManager.default.createDirectory(atPath: copy, withIntermediateDirectories: false)
        for name in ["sealing.key", "fingerprint.key"] {
            try FileManager.default.copyItem(atPath: "\(keys)/\(name)", toPath: "\(copy)/\(name)")
        }
        let b = try await nodes.open("b", keys: copy)
        #expect(try await a.claim(batch, 1).records.count == 1)
        nodes.endBeats(of: b)
        try nodes.silence(a)
        try nodes.run("UPDATE rollcall.nodes SET lease_until_us = 1 WHERE name = 'b'")
        try b.beatNow()
        #expect(try nodes.run("SELECT lease_until_us > 1 FROM rollcall.nodes WHERE name = 'b'") == ["t"])
        #expect(try nodes.run("SELECT status FROM rollcall.records") == ["4"])
        try await nodes.close(a, b)
    }

    @Test("A node answers for a new server before it takes a file in: no lost batch's number is given again")
    func numbers() async throws {
        let nodes = try NodesFixture()
        let a = try await nodes.open("a")
        let batch = try await a.runningBatch(count: 1, content: 1)
        nodes.endBeats(of: a)
        #expect(try await a.claim(batch, 1).records.count == 1)
        try nodes.run(
            """
            DELETE FROM rollcall.attempts; DELETE FROM rollcall.records; DELETE FROM rollcall.layouts;
            DELETE FROM rollcall.batch_keys; DELETE FROM rollcall.ledger_days; DELETE FROM rollcall.batches;
            UPDATE rollcall.ledger_position SET last_attempt = 0, last_batch = 0;
            """ + Self.replaced)
        #expect(try await a.runningBatch(count: 1, content: 2).id > batch.id)
        try await nodes.close(a)
    }

    @Test("A primary that wakes beside its successor is one that was replaced; another cluster's is not")
    func replacedServers() {
        let server = ServerIdentity(identifier: 7, timeline: 3)
        #expect(server.isReplaced(by: ServerIdentity(identifier: 7, timeline: 4)))
        #expect(!server.isReplaced(by: server))
        #expect(!server.isReplaced(by: ServerIdentity(identifier: 7, timeline: 2)))
        #expect(!server.isReplaced(by: ServerIdentity(identifier: 8, timeline: 4)))
    }
}
