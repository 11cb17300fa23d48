import Basics
import TestSupport
import Testing

@testable import RecordStore

@Suite("Failures in a row, and the proof that answers can be read: nodes have them together", .onPostgreSQL)
struct FailuresInARowTests {
    private static func end(_ record: ClaimedRecord, answered: Bool? = nil, readable: Bool? = nil) -> Completion {
        var completion = answered == false ? record.inDoubt : record.succeeded
        completion.sign = CallSign(isAnswered: answered, isReadable: readable)
        return completion
    }

    @Test("A row grows whoever meets trouble, and an answer at any node breaks it")
    func troubles() async throws {
        let nodes = try NodesFixture()
        let (a, b) = (try await nodes.open("a"), try await nodes.open("b"))
        let batch = try await nodes.sharedBatch(of: a, count: 12)
        func end(_ signs: [Bool], at store: RecordStore) async throws -> FailuresInARow? {
            let records = try await store.claim(batch, signs.count).records
            try #require(records.count == signs.count)
            _ = try await store.finish(zip(records, signs).map { Self.end($0, answered: $1) })
            return store.takeFailuresInARow()
        }
        #expect(try await end([false], at: a) == FailuresInARow(troubles: 1, unreadable: 0))
        #expect(try await end([false, false], at: b) == FailuresInARow(troubles: 3, unreadable: 0))
        #expect(b.takeFailuresInARow() == nil)
        #expect(try await end([true], at: a) == nil)
        #expect(try await end([false], at: b) == FailuresInARow(troubles: 1, unreadable: 0))
        #expect(try await end([false, true, false, false], at: a) == FailuresInARow(troubles: 2, unreadable: 0))
        // Written along with a claim.
        let record = try #require(try await b.claim(batch, 1).records.first)
        _ = try await b.claim(
            batch.id, upTo: 1, now: 1_000, caps: RecordStore.uncapped, finishing: [Self.end(record, answered: false)])
        #expect(b.takeFailuresInARow() == FailuresInARow(troubles: 3, unreadable: 0))
        try await nodes.close(a, b)
    }

    @Test("Answers that could not be read are a row of their own, which one that could be read breaks")
    func unreadable() async throws {
        let nodes = try NodesFixture()
        let (a, b) = (try await nodes.open("a"), try await nodes.open("b"))
        let batch = try await nodes.sharedBatch(of: a, count: 5)
        for (store, readable, row) in [(a, false, 1), (b, false, 2), (a, true, nil), (b, false, 1)] {
            let record = try #require(try await store.claim(batch, 1).records.first)
            _ = try await store.finish([Self.end(record, answered: true, readable: readable)])
            #expect(store.takeFailuresInARow() == row.map { FailuresInARow(troubles: 0, unreadable: $0) })
        }
        try await nodes.close(a, b)
    }

    @Test("Of nodes that have read no answer one makes a call at a time; one that has does not wait for it")
    func proof() async throws {
        let nodes = try NodesFixture()
        let (a, b) = (try await nodes.open("a"), try await nodes.open("b"))
        let batch = try await nodes.sharedBatch(of: a, count: 9)
        func claim(_ store: RecordStore, _ isProven: Bool) async throws -> [ClaimedRecord] {
            try await store.claim(
                batch.id, upTo: 1, now: 1_000, caps: RecordStore.uncapped, awaitingProof: !isProven
            ).records
        }
        let first = try await claim(a, false)
        #expect(first.count == 1)
        #expect(try await claim(b, false).isEmpty)
        _ = try await a.finish(first.map(\.succeeded))
        #expect(try await claim(a, true).count == 1)
        #expect(try await claim(b, false).count == 1)
        #expect(try await claim(a, true).count == 1)
        // Its keys are other ones now.
        #expect(try await claim(a, false).isEmpty)
        try nodes.silence(b)
        #expect(try await claim(a, false).count == 1)
        try await nodes.close(a, b)
    }

    @Test(
        "What a group of ends makes of a row",
        arguments: [([], 1, 0), ([false], 1, 1), ([false, false, true], 0, 0), ([true, false, false], 0, 2)])
    func change(signs: [Bool], factor: Int, count: Int) {
        let change = RowChange(signs)
        #expect(change.factor == factor && change.count == count)
    }
}
