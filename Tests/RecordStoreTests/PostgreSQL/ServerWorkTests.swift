import Basics
import TestSupport
import Testing

@testable import RecordStore

@Suite("What a claim and its end ask of a server", .onPostgreSQL)
struct ServerWorkTests {
    /// How often an answer is waited for while some records are claimed and finished.
    private static func roundTrips(_ store: RecordStore, _ batch: Batch, _ count: Int) async throws -> Int {
        let before = try #require(try await store.roundTrips())
        let records = try await store.claim(batch, count).records
        #expect(records.count == count)
        #expect(try await store.finish(records.map(\.succeeded)) == count)
        return try #require(try await store.roundTrips()) - before
    }

    @Test("A claim of a hundred waits for as many answers as one of two")
    func roundTrips() async throws {
        let nodes = try NodesFixture()
        let a = try await nodes.open("a")
        let batch = try await nodes.sharedBatch(of: a, count: 140)
        nodes.endBeats(of: a)
        // The first one names the batch in the node's journal, and prepares the statements.
        _ = try await Self.roundTrips(a, batch, 2)
        let (two, hundred) = (try await Self.roundTrips(a, batch, 2), try await Self.roundTrips(a, batch, 100))
        #expect(two == hundred && two <= 22)
        try await nodes.close(a)
    }

    @Test(
        "What waits is read by the index, in its order, whatever the server knows of the table when it makes the plan")
    func plan() async throws {
        let nodes = try NodesFixture()
        let a = try await nodes.open("a")
        let batch = try await nodes.sharedBatch(of: a, count: 3)
        let plan = try a.writeWaiting { connection in
            try String.fetchAll(
                connection.database, sql: "EXPLAIN " + ClaimStatements.untriedLines,
                arguments: [batch.id.records.lowerBound, batch.id.records.upperBound, 20])
        }
        #expect(plan.contains { $0.contains("Index Scan using records_pkey") })
        #expect(!plan.contains { $0.contains("Sort") || $0.contains("Seq Scan") || $0.contains("Bitmap") })
        try await nodes.close(a)
    }

    @Test("Rows of what was undone are not written with those of the next")
    func undone() async throws {
        let nodes = try NodesFixture()
        let a = try await nodes.open("a")
        let batch = try await nodes.sharedBatch(of: a, count: 2)
        let last = batch.id.records.lowerBound + 3
        await #expect(throws: StoreError.self) {
            try await a.write { connection in
                connection.claims.putInFlight.row.bind(last, at: 1)
                try connection.claims.putInFlight.add()
                throw StoreError(.notAllowed, "undone")
            }
        }
        let records = try await a.claim(batch, 1).records
        #expect(records.count == 1)
        #expect(try nodes.run("SELECT count(*) FROM rollcall.records WHERE status = 1") == ["1"])
        #expect(try await a.finish(records.map(\.succeeded)) == 1)
        #expect(try await a.claim(batch, 5).records.count == 1)
        try await nodes.close(a)
    }

    @Test("Rows that nobody has sent keep the transaction from being committed")
    func notSent() async throws {
        let nodes = try NodesFixture()
        let a = try await nodes.open("a")
        let batch = try await nodes.sharedBatch(of: a, count: 1)
        let error = await #expect(throws: StoreError.self) {
            try await a.write { connection in
                connection.claims.putInFlight.row.bind(batch.id.records.lowerBound + 2, at: 1)
                try connection.claims.putInFlight.add()
            }
        }
        #expect(error?.code == .stateNotWritten)
        #expect(try nodes.run("SELECT count(*) FROM rollcall.records WHERE status <> 0") == ["0"])
        // Nothing more is written by what has such a fault, not even its end.
        try? await nodes.close(a)
    }

    @Test("An end that is told twice in one group counts once, as does one that is told with others' ends")
    func toldTwice() async throws {
        let nodes = try NodesFixture()
        let a = try await nodes.open("a")
        let batch = try await nodes.sharedBatch(of: a, count: 3)
        let ends = try await a.claim(batch, 3).records.map(\.succeeded)
        #expect(try await a.finish(ends + ends) == 3)
        let counts = try await a.progress(batch.id)
        #expect(counts.succeeded == 3 && counts.billable == 3 && counts.inFlight == 0)
        try await nodes.close(a)
    }
}
