import Foundation
import GRDB
import Migrations
import Testing

@Suite struct MigrationsTests {
    private static let folder = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .appendingPathComponent("migrations")

    @Test func eachFileIsAStepAndNoOther() throws {
        let files = try FileManager.default.contentsOfDirectory(atPath: Self.folder.path)
        let documents = files.filter { $0.hasSuffix(".sql") }.sorted()
        #expect(documents == ["b0021_baseline.sql"] + Migrations.all.identifiers.map { "\($0).sql" })
        #expect(documents.dropFirst().first == "v0001_initial.sql")
    }

    @Test func anEmptyDatabaseComesUpToThisVersion() throws {
        let database = try DatabaseQueue()
        #expect(try database.read { try Migrations.all.version(of: $0) } == 0)
        try Migrations.all.apply(to: database)
        #expect(try database.read { try Migrations.all.version(of: $0) } == Migrations.all.version)
        try Self.expectSound(database)
    }

    @Test func applyingTwiceChangesNothing() throws {
        let database = try DatabaseQueue()
        try Migrations.all.apply(to: database)
        let before = try Self.schema(of: database)
        try Migrations.all.apply(to: database)
        #expect(try Self.schema(of: database) == before)
    }

    @Test func aNewDatabaseIsLikeOneThatTookEachStepByItself() throws {
        let (made, grown) = (try DatabaseQueue(), try DatabaseQueue())
        try Migrations.all.apply(to: made)
        for version in 1...Migrations.all.version { try Migrations.all.upTo(version).apply(to: grown) }
        #expect(try Self.schema(of: made) == Self.schema(of: grown))
        let taken = "SELECT group_concat(identifier) FROM (SELECT identifier FROM grdb_migrations ORDER BY identifier)"
        #expect(
            try made.read { try String.fetchOne($0, sql: taken) } == grown.read { try String.fetchOne($0, sql: taken) })
    }

    @Test func aNewDatabaseIsMadeWholeOrNotAtAll() throws {
        let database = try DatabaseQueue()
        #expect(throws: DatabaseError.self) {
            try Migrations.all.adding("wrong", sql: "CREATE TABLE batches (id)").apply(to: database)
        }
        #expect(try Self.number(database, "SELECT count(*) FROM sqlite_schema") == 0)
    }

    @Test func everyTableIsStrict() throws {
        let database = try DatabaseQueue()
        try Migrations.all.apply(to: database)
        let loose = try database.read {
            try String.fetchAll(
                $0,
                sql: """
                    SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'table' AND strict = 0
                      AND name NOT LIKE 'sqlite_%' AND name <> 'grdb_migrations'
                    """)
        }
        #expect(loose.isEmpty)
    }

    @Test func aNextStepKeepsTheDataThatIsThere() throws {
        let database = try DatabaseQueue()
        try Migrations.all.apply(to: database)
        try database.write { try $0.execute(sql: SampleRows.current) }
        let next = Migrations.all.adding(
            "priority", sql: "ALTER TABLE batches ADD COLUMN priority INTEGER NOT NULL DEFAULT 5")
        try next.apply(to: database)
        #expect(try database.read { try next.version(of: $0) } == Migrations.all.version + 1)
        #expect(try Self.number(database, "SELECT priority FROM batches") == 5)
        #expect(try Self.number(database, "SELECT count(*) FROM records") == 2)
        #expect(try Self.number(database, "SELECT count(*) FROM attempts") == 1)
        try Self.expectSound(database)
    }

    @Test func aDatabaseOfTheFirstVersionKeepsItsData() throws {
        let database = try DatabaseQueue()
        try Migrations.all.upTo(1).apply(to: database)
        try database.write { try $0.execute(sql: SampleRows.sql) }
        try SampleRows.migrate(database)
        #expect(try database.read { try Migrations.all.version(of: $0) } == Migrations.all.version)
        #expect(try Self.number(database, "SELECT count(*) FROM batches WHERE queued = 1 AND succeeded = 1") == 1)
        #expect(try Self.number(database, "SELECT count(*) FROM records") == 2)
        #expect(try Self.number(database, "SELECT count(*) FROM attempts WHERE billable = 1") == 1)
        #expect(try Self.number(database, "SELECT sum(calls) FROM call_days") == 1)
        #expect(try Self.number(database, "SELECT sum(charged) FROM call_days") == 1)
        #expect(try Self.number(database, "SELECT count(*) FROM ledger_days WHERE calls = 1 AND billable = 1") == 1)
        try Self.expectSound(database)
    }

    @Test func callsOfNoBatchAreCountedFromTheirStepOn() throws {
        let database = try DatabaseQueue()
        try Migrations.all.upTo(5).apply(to: database)
        try database.write { try $0.execute(sql: SampleRows.withSpend) }
        try SampleRows.migrate(database)
        #expect(try Self.number(database, "SELECT count(*) FROM other_calls") == 0)
        #expect(try Self.number(database, "SELECT sum(calls) FROM call_days") == 1)
        try database.write {
            try $0.execute(sql: "INSERT INTO other_calls VALUES (20251123, 'lost by a restore', 7, 7, 0, 0, 7)")
        }
        try Self.expectSound(database)
    }

    @Test func whatWaitsIsNoRerunsBeforeItsStep() throws {
        let database = try DatabaseQueue()
        try Migrations.all.upTo(6).apply(to: database)
        try database.write { try $0.execute(sql: SampleRows.withSpend) }
        try SampleRows.migrate(database)
        #expect(try Self.number(database, "SELECT count(*) FROM records WHERE requeued = 0") == 2)
        #expect(try Self.number(database, "SELECT sum(reruns) FROM batches") == 0)
        try Self.expectSound(database)
    }

    @Test func whatSteeredARunnerIsTakenFromTheActions() throws {
        let database = try DatabaseQueue()
        try Migrations.all.upTo(11).apply(to: database)
        let actions: [(batch: Int?, name: String, detail: String?)] = [
            (1, "rerun_waits", "job again"), (1, "results", "/srv/b"), (1, "results", "/srv/a"),
            (1, "results", "/srv/b"),
            (1, "results", nil), (2, "rerun_waits", "job again"), (2, "rerun", "failed"), (3, "rerun", "failed"),
            (3, "rerun_waits", "job again"), (nil, "resume_after_restore", nil), (1, "resume", nil),
        ]
        try database.write { database in
            try database.execute(sql: SampleRows.withSpend)
            for batch in 2...3 { try database.execute(sql: SampleRows.emptyBatch, arguments: [batch, "b-\(batch)"]) }
            for (at, action) in actions.enumerated() {
                try database.execute(
                    sql: SampleRows.action, arguments: [at, action.batch, action.name, action.detail])
            }
        }
        try SampleRows.migrate(database)
        let (folders, waiting) = try database.read { database in
            (
                try String.fetchAll(database, sql: "SELECT folder FROM result_folders ORDER BY batch_id, named_at"),
                try Int.fetchAll(database, sql: "SELECT batch_id FROM waiting_reruns ORDER BY batch_id")
            )
        }
        #expect(folders == ["/srv/b", "/srv/a"])
        #expect(waiting == [1, 3])
        #expect(try Self.number(database, "SELECT count(*) FROM runner_requests") == 0)
        #expect(try Self.number(database, "SELECT count(*) FROM audit WHERE hash IS NULL") == actions.count)
        try Self.expectSound(database)
    }

    @Test func answersAreRememberedFromTheirStepOn() throws {
        let database = try DatabaseQueue()
        try Migrations.all.upTo(8).apply(to: database)
        try database.write {
            try $0.execute(sql: SampleRows.withSpend)
            try $0.execute(sql: "INSERT INTO limiter VALUES (1, 5, 0.5, NULL, 4)")
        }
        try SampleRows.migrate(database)
        #expect(try Self.number(database, "SELECT count(*) FROM recent_answers") == 0)
        #expect(try Self.number(database, "SELECT count(*) FROM limiter WHERE key_doubted = 0") == 1)
        try database.write { try $0.execute(sql: "INSERT INTO recent_answers VALUES (2, zeroblob(16))") }
        try Self.expectSound(database)
    }

    @Test("The audit takes the word of an upload; its entries, with what they vouch by, and its triggers stay")
    func theAuditLearnsOfUploads() throws {
        let database = try DatabaseQueue()
        try Migrations.all.upTo(21).apply(to: database)
        func enter(_ id: Int, _ action: String) throws {
            try database.write {
                try $0.execute(
                    sql: """
                        INSERT INTO audit VALUES (?, ?, 7, ?, 'detail', 'user', 'host', 'version', 'hash', 'endpoint',
                          'key', 'fingerprint', randomblob(32))
                        """, arguments: [id, id * 10, action])
            }
        }
        func entries() throws -> [Row] { try database.read { try Row.fetchAll($0, sql: "SELECT * FROM audit") } }
        try enter(1, "start")
        try enter(2, "log_in")
        let before = try entries()
        #expect(throws: DatabaseError.self) { try enter(3, "upload") }
        try SampleRows.migrate(database)
        #expect(try entries() == before)
        try enter(3, "upload")
        for change in [
            "UPDATE audit SET detail = NULL", "DELETE FROM audit", "INSERT OR REPLACE INTO audit SELECT * FROM audit",
        ] {
            #expect(throws: DatabaseError.self) { try database.write { try $0.execute(sql: change) } }
        }
        #expect(try entries().count == 3)
        try Self.expectSound(database)
    }

    @Test func aStepThatFailsLeavesNothingBehind() throws {
        let database = try DatabaseQueue()
        try Migrations.all.apply(to: database)
        let before = try Self.schema(of: database)
        let broken = Migrations.all.adding("broken", sql: "CREATE TABLE half (id INTEGER); SELECT nothing FROM nowhere")
        #expect(throws: DatabaseError.self) { try broken.apply(to: database) }
        #expect(try Self.schema(of: database) == before)
        #expect(try database.read { try broken.version(of: $0) } == Migrations.all.version)
    }

    @Test func aNewerDatabaseTellsItsVersion() throws {
        let database = try DatabaseQueue()
        try Migrations.all.adding("later", sql: "CREATE TABLE later (id INTEGER) STRICT").apply(to: database)
        #expect(try database.read { try Migrations.all.version(of: $0) } == Migrations.all.version + 1)
    }

    private static func schema(of database: DatabaseQueue) throws -> [String] {
        try database.read {
            try String.fetchAll($0, sql: "SELECT coalesce(sql, name) FROM sqlite_schema ORDER BY name")
        }
    }

    private static func number(_ database: DatabaseQueue, _ sql: String) throws -> Int? {
        try database.read { try Int.fetchOne($0, sql: sql) }
    }

    private static func expectSound(_ database: DatabaseQueue) throws {
        #expect(try database.read { try String.fetchAll($0, sql: "PRAGMA integrity_check") } == ["ok"])
        #expect(try database.read { try Row.fetchAll($0, sql: "PRAGMA foreign_key_check") }.isEmpty)
    }
}
