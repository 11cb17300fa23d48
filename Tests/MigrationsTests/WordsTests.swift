import GRDB
import Migrations
import Testing

/// From version 11, which took any word for an outcome or an action, to those that the schema knows.
@Suite struct WordsTests {
    private static let outcomes = [
        "succeeded", "undecipherable", "repeated", "rejected", "misconfigured", "transient", "overloaded", "in_doubt",
        "unsent",
    ]
    private static let actions = [
        "start", "pause", "resume", "cancel", "rerun", "rerun_by_job", "rerun_waits", "resolve", "results", "doctor",
        "resume_after_restore", "recover_crash", "recover_restored", "doubt_unknown",
    ]
    private static let firstRecord = 4_294_967_300

    /// An attempt from its record, its id, its outcome, its cause, and what the invoice has of it.
    private static let attempt = """
        INSERT INTO attempts (record_id, id, number, day, started_at, finished_at, outcome, cause, billable, called,
          http_status, reason_code, correlation_id)
        VALUES (?1, ?2, 1, 20251123, 3, iif(?3 IS NULL, NULL, 4), ?3, ?4, ?5, ?6, 200, 'code', 'c-1')
        """

    /// A database of version 11 with records, each with an attempt; those of the first are archived, too.
    private static func old(_ attempts: [(outcome: String?, cause: String?, billable: Int?, called: Int)]) throws
        -> DatabaseQueue
    {
        let database = try DatabaseQueue()
        try Migrations.all.upTo(11).apply(to: database)
        try database.write { database in
            try database.execute(sql: SampleRows.withSpend)
            for (index, attempt) in attempts.enumerated() {
                let record = firstRecord + index
                try database.execute(
                    sql: "INSERT INTO records (id, status, fingerprint, payload) VALUES (?, 0, zeroblob(16), x'00')",
                    arguments: [record])
                try database.execute(
                    sql: Self.attempt,
                    arguments: [
                        record, index + 2, attempt.outcome, attempt.cause, attempt.billable, attempt.called,
                    ])
            }
            try database.execute(
                sql: """
                    INSERT INTO archived_records SELECT id, 2, 0, spent, attempts, fingerprint, payload, 0, NULL, 0
                    FROM records WHERE id >= ?;
                    INSERT INTO archived_attempts SELECT * FROM attempts WHERE record_id >= ? AND outcome IS NOT NULL;
                    """, arguments: [firstRecord, firstRecord])
        }
        return database
    }

    private static func rows(_ database: DatabaseQueue, of table: String) throws -> [Row] {
        try database.read { try Row.fetchAll($0, sql: "SELECT * FROM \(table) ORDER BY 1, 2") }
    }

    @Test func rowsOfEveryKindStayAsTheyWere() throws {
        let ends = Self.outcomes.enumerated().map { index, outcome in
            (
                outcome: String?.some(outcome), cause: index.isMultiple(of: 2) ? "why" : nil,
                billable: Int?.some(index % 3),
                called: index % 3 == 0 ? index % 2 : 1
            )
        }
        let database = try Self.old(ends + [(outcome: nil, cause: nil, billable: nil, called: 1)])
        try database.write { database in
            for (at, name) in Self.actions.enumerated() {
                try database.execute(
                    sql: SampleRows.action, arguments: [at, at.isMultiple(of: 2) ? 1 : nil, name, "detail"])
            }
        }
        let tables = ["attempts", "archived_attempts", "actions"]
        let before = try tables.map { try Self.rows(database, of: $0) }
        try Migrations.all.upTo(13).apply(to: database)
        #expect(try tables.map { try Self.rows(database, of: $0) } == before)
        #expect(before.map(\.count) == [Self.outcomes.count + 2, Self.outcomes.count, Self.actions.count])
        try Self.expectSound(database)
    }

    @Test(arguments: [
        (1, 1, "succeeded"), (2, 1, "in_doubt"), (0, 1, "rejected"), (0, 0, "unsent"),
    ])
    func anUnknownOutcomeSaysTheSameOfTheInvoice(billable: Int, called: Int, becomes: String) throws {
        let database = try Self.old([("odd", nil, billable, called), ("odder", "why", billable, called)])
        try Migrations.all.upTo(13).apply(to: database)
        for table in ["attempts", "archived_attempts"] {
            let found = try database.read { database in
                try Row.fetchAll(
                    database,
                    sql:
                        "SELECT outcome, cause, billable, called FROM \(table) WHERE record_id >= ? ORDER BY record_id",
                    arguments: [Self.firstRecord])
            }
            #expect(found.map { $0[0] as String } == [becomes, becomes])
            #expect(found.map { $0[1] as String } == ["odd", "odder, why"])
            #expect(found.allSatisfy { $0[2] == billable && $0[3] == called })
        }
        try Self.expectSound(database)
    }

    @Test func anUnknownActionKeepsItsWord() throws {
        let database = try Self.old([])
        try database.write { database in
            try database.execute(sql: SampleRows.action, arguments: [1, 1, "sing", "loudly"])
            try database.execute(sql: SampleRows.action, arguments: [2, nil, "dance", nil])
        }
        try Migrations.all.upTo(13).apply(to: database)
        let found = try Self.rows(database, of: "actions")
        #expect(found.map { $0["action"] as String } == ["unknown", "unknown"])
        #expect(found.map { $0["detail"] as String? } == ["sing: loudly", "dance"])
        try database.write { try $0.execute(sql: SampleRows.action, arguments: [3, 1, "pause", nil]) }
        #expect(try Self.rows(database, of: "actions").map { $0["id"] as Int } == [1, 2, 3])
    }

    /// Indexes, keys and references are those of before.
    private static func expectSound(_ database: DatabaseQueue) throws {
        let (indexes, references, faults) = try database.read { database in
            (
                try String.fetchSet(
                    database,
                    sql: """
                        SELECT name FROM sqlite_schema
                        WHERE type = 'index' AND tbl_name IN ('attempts', 'archived_attempts', 'actions')
                          AND name NOT LIKE 'sqlite_%'
                        """),
                try String.fetchAll(
                    database,
                    sql: """
                        SELECT name || ' ' || "table" FROM sqlite_schema, pragma_foreign_key_list(name)
                        WHERE name IN ('attempts', 'archived_attempts', 'actions') ORDER BY 1
                        """),
                try String.fetchAll(database, sql: "PRAGMA integrity_check")
                    + Row.fetchAll(database, sql: "PRAGMA foreign_key_check").map(\.description)
            )
        }
        #expect(indexes == ["one_open_attempt", "actions_by_batch"])
        #expect(references == ["actions batches", "archived_attempts archived_records", "attempts records"])
        #expect(faults == ["ok"])
        let second = #expect(throws: DatabaseError.self) {
            try database.write { database in
                for id in 90...91 {
                    try database.execute(sql: attempt, arguments: [4_294_967_299, id, nil, nil, nil, 1])
                }
            }
        }
        #expect(second?.extendedResultCode == .SQLITE_CONSTRAINT_UNIQUE)
    }
}
