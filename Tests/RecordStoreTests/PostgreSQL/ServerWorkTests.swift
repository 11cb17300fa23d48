import Basics
import Foundation
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
                connection.database, sql: "EXPLAIN " + ClaimStatements.untriedLinesOfNodes,
                arguments: [batch.id.records.lowerBound, batch.id.records.upperBound, 20])
        }
        #expect(plan.contains { $0.contains("Index Scan using records_pkey") })
        #expect(!plan.contains { $0.contains("Sort") || $0.contains("Seq Scan") || $0.contains("Bitmap") })
        try await nodes.close(a)
    }

    /// Tables that get longer with every record, call, batch or act.
    private static let growing = [
        "records", "attempts", "results", "ready", "answers", "audit", "batches", "layouts", "batch_keys",
        "ledger_days",
        "archived_records", "archived_results", "archived_attempts",
    ]

    /// A database's indexes: by which column each is ordered first, nil where that is none of the table's.
    private struct Indexes {
        let leading: [String: String?]
        /// Some hold only what still needs something.
        let partial: Set<String>

        init(of database: StoreConnection) throws {
            let rows = try StoredRow.fetchAll(
                database,
                sql: """
                    SELECT c.relname::text, coalesce(a.attname::text, ''), i.indpred IS NOT NULL
                    FROM "pg_catalog"."pg_index" i JOIN "pg_catalog"."pg_class" c ON c.oid = i.indexrelid
                    LEFT JOIN "pg_catalog"."pg_attribute" a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]
                    """)
            var (leading, partial) = ([String: String?](), Set<String>())
            for row in rows {
                let (name, column, isPartial): (String, String, Bool) = (row[0], row[1], row[2])
                leading[name] = column.isEmpty ? .some(nil) : column
                if isPartial { partial.insert(name) }
            }
            (self.leading, self.partial) = (leading, partial)
        }

        /// Whether a condition says where in the index to begin: one on a later column alone walks through all of it.
        func isSearched(_ index: String, by condition: String) -> Bool {
            guard let column = leading[index] ?? nil else { return true }
            return ["(\(column) ", "(\(column))", "(\(column),"].contains { condition.contains($0) }
        }
    }

    /// By what statements are known that read the whole of an index of what still needs something. As long as an old transaction
    /// is open, that holds what needed something since it began.
    private static let walks = [
        // Calls under way in other batches, once for a claim of a job with `reuse_within`.
        "WHERE outcome IS NULL AND record_id NOT BETWEEN",
        // Whether anything is in doubt, once for a claim.
        "WHERE status = 4 AND held = 0 LIMIT 1",
        // The batches that still run, once for a file.
        "INSERT INTO rollcall.batches ",
    ]

    /// The steps of a plan that read a table that grows without looking for anything in its index.
    private static func scans(in plan: [String], _ indexes: Indexes, mayWalk whole: Bool) -> [String] {
        plan.indices.compactMap { index in
            let step = plan[index]
            guard step.contains(" Scan "), let table = step.firstMatch(of: /\ on (\w+)/)?.1,
                growing.contains(where: { table == $0 || table.hasPrefix($0 + "_to_") })
            else { return nil }
            guard let name = step.firstMatch(of: /using\ (\w+)/).map({ String($0.1) }) else { return step }
            if indexes.partial.contains(name), whole { return nil }
            let conditions = plan[(index + 1)...].prefix { !$0.contains("->") }
            guard let condition = conditions.first(where: { $0.contains("Index Cond:") }) else { return step }
            return indexes.isSearched(name, by: condition) ? nil : "\(step) by\(condition)"
        }
    }

    /// The same of each statement that a connection has prepared.
    private static func scans(ofAllPreparedIn database: StoreConnection) throws -> [String] {
        let prepared = try StoredRow.fetchAll(
            database,
            sql: """
                SELECT name, coalesce(array_length(parameter_types, 1), 0), statement
                FROM "pg_catalog"."pg_prepared_statements" WHERE statement ~ '^(SELECT|INSERT|UPDATE|DELETE).* rollcall[.]'
                """)
        let indexes = try Indexes(of: database)
        return try prepared.flatMap { row -> [String] in
            let (name, count, statement): (String, Int, String) = (row[0], row[1], row[2])
            let arguments = Array(repeating: "NULL", count: count).joined(separator: ", ")
            let plan = try String.fetchAll(
                database, sql: "EXPLAIN EXECUTE \"\(name)\"\(count == 0 ? "" : "(\(arguments))")")
            let mayWalk = walks.contains { statement.contains($0) }
            return scans(in: plan, indexes, mayWalk: mayWalk).map { "\($0) in: \(statement)" }
        }
    }

    @Test("What a file's intake, claims and ends ask is found by an index, however many there are")
    func everyPlan() async throws {
        let nodes = try NodesFixture()
        let a = try await nodes.open("a")
        // A beat looks through all calls that are open.
        nodes.endBeats(of: a)
        for content: UInt8 in 1...2 {
            _ = try await a.findBatch(job: "nightly", contentDigest: [UInt8](repeating: content, count: 32))
            let batch = try await a.runningBatch(count: 4, content: content)
            let caps = CallCaps(daily: 100, batch: 50, monthly: 100, answeredSince: 0, day: RecordStore.day)
            let records = try await a.claim(batch.id, upTo: 3, now: 1_000, caps: caps).records
            _ = try await a.finish([records[0].succeeded, records[1].transient(until: 1_500)])
            _ = try await a.ledgerDays(inMonthsOf: batch.id)
            _ = try await a.batch(batch.id)
        }
        let found =
            try a.writeWaiting { try Self.scans(ofAllPreparedIn: $0.database) }
            + a.readWaiting { try Self.scans(ofAllPreparedIn: $0) }
        #expect(found.isEmpty, "\(found.joined(separator: "\n\n"))")
        try await nodes.close(a)
    }

    @Test("A walk through all of an index, for a later column, its order or its condition, finds nothing: it is seen")
    func walks() async throws {
        let nodes = try NodesFixture()
        let a = try await nodes.open("a")
        _ = try await nodes.sharedBatch(of: a, count: 1)
        let walks = [
            "SELECT day FROM ledger_days WHERE batch_id = ? ORDER BY day", "SELECT id FROM batches WHERE id > ?",
            "SELECT checkpoint_line FROM batches ORDER BY id LIMIT ?",
        ]
        let found = try a.writeWaiting { connection in
            for sql in walks { _ = try Int64.fetchAll(connection.database, sql: sql, arguments: [1]) }
            let open = "SELECT started_at FROM attempts WHERE record_id = ?1 AND id = ?2 AND outcome IS NULL"
            _ = try RowsStatement(connection.database, open, [.integer, .integer]).integers(for: [1], [1])
            return try Self.scans(ofAllPreparedIn: connection.database)
        }
        #expect(found.count == 3, "\(found.joined(separator: "\n\n"))")
        for part in ["SELECT day", "SELECT checkpoint_line", "SELECT started_at"] {
            #expect(found.contains { $0.contains(part) })
        }
        try await nodes.close(a)
    }

    @Test("A statement that no socket holds at once is sent whole")
    func large() async throws {
        let nodes = try NodesFixture()
        let a = try await nodes.open("a")
        let count = 32 << 20
        let found = try a.writeWaiting { connection in
            try Int.fetchOne(
                connection.database, sql: "SELECT length(CAST(? AS bytea))", arguments: [Data(count: count)])
        }
        #expect(found == count)
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
