import Basics
import TestSupport
import Testing

@testable import RecordStore

@Suite("Ends of calls that come when their calls are in doubt already", .onPostgreSQL)
struct LateEndsTests {
    @Test("A lease that ends puts a node's calls in doubt, held; its answers heal them when it is heard of again")
    func lateAnswers() async throws {
        let nodes = try NodesFixture()
        let (a, b) = (try await nodes.open("a"), try await nodes.open("b"))
        let batch = try await nodes.sharedBatch(of: a, count: 3)
        let records = try await a.claim(batch, 3).records
        try b.beatNow()
        #expect(try await b.progress(batch.id).inFlight == 3)
        try nodes.silence(a)
        try b.beatNow()
        #expect(try await b.statuses(batch) == [.inDoubt, .inDoubt, .inDoubt])
        #expect(try await b.moveBatch(batch.id, from: [.running], to: .completed, reason: nil))
        try await b.markResultsWritten(batch.id, finishedAt: try await b.batch(batch.id).finishedAt)
        #expect(try await a.finish([records[0].succeeded, records[1].rejected]) == 2)
        #expect(try await b.statuses(batch) == [.succeeded, .failed, .inDoubt])
        let counts = try await b.progress(batch.id)
        #expect(counts.billable == 1 && counts.unbilled == 1 && counts.billingUnknown == 1 && counts.attempts == 3)
        #expect(try await b.view(batch, 2).attempts == 1)
        #expect(try await !b.hasResults(batch.id))
        // Taken once.
        #expect(try await a.finish([records[0].succeeded]) == 0)
        try await nodes.close(a, b)
    }

    @Test("A late answer is not taken when somebody has decided about its record, or it has been sent again")
    func tooLate() async throws {
        let nodes = try NodesFixture()
        let (a, b) = (try await nodes.open("a"), try await nodes.open("b"))
        let batch = try await nodes.sharedBatch(of: a, count: 2)
        let records = try await a.claim(batch, 2).records
        try nodes.silence(a)
        try b.beatNow()
        // They may be under way yet.
        let early = await #expect(throws: StoreError.self) {
            try await b.requeue(batch.id, RequeueSelection(statuses: [.inDoubt], lines: 3...3))
        }
        #expect(early?.code == .notAllowed && early?.message.contains("under way") == true)
        await #expect(throws: StoreError.self) {
            try await b.resolveAsFailed(batch.id, lines: nil, reason: "by hand", heldReason: "held") { _ in
                .sample(.resolve, of: batch.id)
            }
        }
        let policy = RequeueSelection(statuses: [.inDoubt], byPolicy: true)
        #expect(try await b.requeue(batch.id, policy) == 0)
        try nodes.run("UPDATE rollcall.attempts SET slot_us = 1, send_until_us = 2")
        _ = try await b.resolveAsFailed(batch.id, lines: 2...2, reason: "sent by hand", heldReason: "held") { _ in
            .sample(.resolve, of: batch.id)
        }
        _ = try await b.requeue(batch.id, RequeueSelection(statuses: [.inDoubt], lines: 3...3))
        let again = try await b.claim(batch, 2).records
        #expect(again.map(\.id.line) == [3])
        // They were billed all the same, and that alone is entered, once.
        for _ in 1...2 { #expect(try await a.finish(records.map(\.succeeded)) == 0) }
        #expect(try await b.statuses(batch) == [.failed, .inFlight])
        let counts = try await b.progress(batch.id)
        #expect(counts.billable == 2 && counts.billingUnknown == 0 && counts.calls == 3 && counts.attempts == 3)
        #expect(try await b.calls(on: RecordStore.day).billable == 2)
        #expect(
            try nodes.run("SELECT outcome, billable FROM rollcall.attempts WHERE http_status = 200")
                == ["in_doubt|1", "in_doubt|1"])
        #expect(try await b.finish(again.map(\.succeeded)) == 1)
        try await nodes.close(a, b)
    }

    @Test("That a call never left is taken late, too: in a batch that was completed its line has failed, unbilled")
    func lateUnsent() async throws {
        let nodes = try NodesFixture()
        let (a, b) = (try await nodes.open("a"), try await nodes.open("b"))
        let batch = try await nodes.sharedBatch(of: a, count: 2)
        let records = try await a.claim(batch, 2).records
        try nodes.silence(a)
        try b.beatNow()
        #expect(try await b.moveBatch(batch.id, from: [.running], to: .completed, reason: nil))
        let unsent = records.map { Completion.neverLeft($0.attempt, of: $0.id, startedAt: 1_000) }
        #expect(try await a.finish([unsent[0]]) == 1)
        #expect(try await b.statuses(batch) == [.failed, .inDoubt])
        var counts = try await b.progress(batch.id)
        #expect(counts.unbilled == 1 && counts.billingUnknown == 1 && counts.calls == 1 && counts.attempts == 2)
        // Decided about meanwhile, it is known not to have been a call.
        try nodes.run("UPDATE rollcall.attempts SET slot_us = 1, send_until_us = 2")
        _ = try await b.resolveAsFailed(batch.id, lines: 3...3, reason: "sent by hand", heldReason: "held") { _ in
            .sample(.resolve, of: batch.id)
        }
        #expect(try await a.finish([unsent[1]]) == 0)
        counts = try await b.progress(batch.id)
        #expect(counts.unbilled == 2 && counts.billingUnknown == 0 && counts.calls == 0 && counts.failed == 2)
        try await nodes.close(a, b)
    }

    /// A node whose calls of some lines are in doubt for the end of its lease, and one that may decide about them.
    private static func doubted(_ nodes: NodesFixture, _ batch: Batch, _ a: RecordStore, _ b: RecordStore) async throws
        -> [ClaimedRecord]
    {
        let records = try await a.claim(batch, 10).records
        try nodes.silence(a)
        try b.beatNow()
        try nodes.run("UPDATE rollcall.attempts SET slot_us = 1, send_until_us = 2 WHERE outcome IS NOT NULL")
        return records
    }

    @Test("A line that waits to be sent again is not, once its answer has come; one that is to be tried again still is")
    func queuedAgain() async throws {
        let nodes = try NodesFixture()
        let (a, b) = (try await nodes.open("a"), try await nodes.open("b"))
        let batch = try await nodes.sharedBatch(of: a, count: 6)
        let records = try await Self.doubted(nodes, batch, a, b)
        #expect(try await b.requeue(batch.id, RequeueSelection(statuses: [.inDoubt])) == 6)
        let unsent = Completion.neverLeft(records[2].attempt, of: records[2].id, startedAt: 1_000)
        // What could not be read was paid for and is kept; what ends for want of attempts has new ones.
        let (unreadable, givenUp) = (records[3].unreadable("?"), records[4].completion(.failed, httpStatus: 500))
        let ends = [records[0].succeeded, records[1].rejected, unsent, unreadable, givenUp]
        for applied in [3, 0] { #expect(try await a.finish(ends) == applied) }
        #expect(try await b.statuses(batch) == [.succeeded, .failed, .queued, .inDoubt, .queued, .queued])
        let counts = try await b.progress(batch.id)
        #expect(counts.billable == 2 && counts.unbilled == 3 && counts.billingUnknown == 1 && counts.calls == 5)
        #expect(try await b.views(batch, [2, 4, 5, 6]).map(\.attempts) == [1, 0, 1, 1])
        #expect(try await b.claim(batch, 10).records.map(\.id.line) == [4, 6, 7])
        try await nodes.close(a, b)
    }

    @Test("A line that was in doubt before is in doubt again, in a batch that was completed or cancelled")
    func doubtedBefore() async throws {
        for end in [BatchState.completed, .cancelled] {
            let nodes = try NodesFixture()
            let (a, b) = (try await nodes.open("a"), try await nodes.open("b"))
            let batch = try await nodes.sharedBatch(of: a, count: 1)
            _ = try await b.finish(try await b.claim(batch, 1).records.map(\.inDoubt))
            #expect(try await b.requeue(batch.id, RequeueSelection(statuses: [.inDoubt])) == 1)
            let records = try await Self.doubted(nodes, batch, a, b)
            #expect(try await b.moveBatch(batch.id, from: [.running], to: end, reason: nil))
            let unsent = records.map { Completion.neverLeft($0.attempt, of: $0.id, startedAt: 1_000) }
            #expect(try await a.finish(unsent) == 1)
            #expect(try await b.statuses(batch) == [.inDoubt])
            let counts = try await b.progress(batch.id)
            #expect(counts.unbilled == 1 && counts.billingUnknown == 1 && counts.calls == 1)
            try await nodes.close(a, b)
        }
    }

    @Test(
        "What a person has decided stays decided: that the call was not billed does not have it sent by a job's re-run")
    func resolved() async throws {
        let nodes = try NodesFixture()
        let (a, b) = (try await nodes.open("a"), try await nodes.open("b"))
        let batch = try await nodes.sharedBatch(of: a, count: 1)
        let records = try await Self.doubted(nodes, batch, a, b)
        _ = try await b.resolveAsFailed(batch.id, lines: nil, reason: "sent by hand", heldReason: "held") { _ in
            .sample(.resolve, of: batch.id)
        }
        #expect(try await a.finish(records.map { .neverLeft($0.attempt, of: $0.id, startedAt: 1_000) }) == 0)
        #expect(try await b.progress(batch.id).unbilled == 1)
        #expect(try await b.view(batch, 2).isResolvedByHand)
        #expect(try await b.requeue(batch.id, RequeueSelection(statuses: [.failed], sparesResolved: true)) == 0)
        try await nodes.close(a, b)
    }

    @Test("Lines that were in doubt with theirs are cancelled with it, when it never left")
    func followers() async throws {
        for isQueuedFirst in [false, true] {
            let nodes = try NodesFixture()
            let (a, b) = (try await nodes.open("a"), try await nodes.open("b"))
            let rows = (2...4).map { SampleRow($0, request: $0 == 4 ? "other" : "same") }
            let batch = try await a.linkedBatch(rows)
            try nodes.run("UPDATE rollcall.batches SET home_node = NULL")
            let records = try await Self.doubted(nodes, batch, a, b)
            #expect(try await b.statuses(batch) == [.inDoubt, .inDoubt, .inDoubt])
            let unsent = records.map { Completion.neverLeft($0.attempt, of: $0.id, startedAt: 1_000) }
            if isQueuedFirst { #expect(try await a.finish(unsent) == 2) }
            #expect(try await b.moveBatch(batch.id, from: [.running], to: .cancelled, reason: nil))
            if !isQueuedFirst { #expect(try await a.finish(unsent) == 2) }
            #expect(try await b.statuses(batch) == [.cancelled, .cancelled, .cancelled])
            #expect(try await b.progress(batch.id).cancelled == 3)
            try await nodes.close(a, b)
        }
    }

    @Test("An answer heals a line of which an operator's re-run was cancelled before it was sent")
    func cancelledRerun() async throws {
        let nodes = try NodesFixture()
        let (a, b) = (try await nodes.open("a"), try await nodes.open("b"))
        let batch = try await nodes.sharedBatch(of: a, count: 1)
        let records = try await Self.doubted(nodes, batch, a, b)
        #expect(try await b.requeue(batch.id, RequeueSelection(statuses: [.inDoubt])) == 1)
        #expect(try await b.moveBatch(batch.id, from: [.running], to: .cancelled, reason: nil))
        #expect(try await b.statuses(batch) == [.inDoubt])
        #expect(try await a.finish(records.map(\.succeeded)) == 1)
        #expect(try await b.statuses(batch) == [.succeeded])
        try await nodes.close(a, b)
    }

    @Test("A line that never left waits once, also where the server has lost how far the batch had come")
    func behindTheCursor() async throws {
        let nodes = try NodesFixture()
        let (a, b) = (try await nodes.open("a"), try await nodes.open("b"))
        let batch = try await nodes.sharedBatch(of: a, count: 3)
        let place = try nodes.run("SELECT cursor FROM rollcall.batches")
        let records = try await a.claim(batch, 2).records
        try nodes.silence(a)
        try b.beatNow()
        try nodes.run("UPDATE rollcall.batches SET cursor = \(place[0])")
        let unsent = records.map { Completion.neverLeft($0.attempt, of: $0.id, startedAt: 1_000) }
        #expect(try await a.finish(unsent) == 2)
        #expect(try await b.claim(batch, 10).records.map(\.id.line).sorted() == [2, 3, 4])
        #expect(try await b.progress(batch.id).inFlight == 3)
        try await nodes.close(a, b)
    }

    @Test("What was put away meanwhile is entered, too")
    func archived() async throws {
        let nodes = try NodesFixture()
        let (a, b) = (try await nodes.open("a"), try await nodes.open("b"))
        let batch = try await nodes.sharedBatch(of: a, count: 1)
        let records = try await Self.doubted(nodes, batch, a, b)
        _ = try await b.resolveAsFailed(batch.id, lines: nil, reason: "sent by hand", heldReason: "held") { _ in
            .sample(.resolve, of: batch.id)
        }
        #expect(try await b.moveBatch(batch.id, from: [.running], to: .completed, reason: nil))
        try await b.markResultsWritten(batch.id, finishedAt: try await b.batch(batch.id).finishedAt)
        #expect(try await b.archive(finishedBefore: .distantFuture) == 1)
        for _ in 1...2 { #expect(try await a.finish(records.map(\.succeeded)) == 0) }
        #expect(try nodes.run("SELECT outcome, billable FROM rollcall.archived_attempts") == ["in_doubt|1"])
        let counts = try await b.progress(batch.id)
        #expect(counts.billable == 1 && counts.billingUnknown == 0 && counts.failed == 1)
        try await nodes.close(a, b)
    }
}
