import Basics
import Foundation
import Migrations
import TestSupport
import Testing

@testable import RecordStore

/// A database that moves between a file and PostgreSQL, with the same keys.
struct MoveSite {
    let folder: StoreFolder
    private let name: String
    private let pgServer: PostgreSQLServer

    init() throws {
        folder = try StoreFolder()
        pgServer = try PostgreSQLServer.shared.get()
        name = try pgServer.makeDatabase()
    }

    /// The database in a file.
    func file(_ path: String? = nil) -> StoreDescription {
        StoreDescription(
            engine: .sqlite(path: path ?? folder.database), sealingKey: folder.sealingKey, keysFolder: folder.path,
            endpoint: StoreFolder.endpoint)
    }

    /// The file that it comes back to.
    var back: StoreDescription { file(folder.path + "/back.sqlite") }

    /// The database at the server, as a node.
    func server(_ node: String = "a") -> StoreDescription {
        StoreDescription(
            engine: .postgreSQL(url: pgServer.url(name), passwordFile: nil), sealingKey: folder.sealingKey,
            keysFolder: folder.path, endpoint: StoreFolder.endpoint,
            node: NodeDescription(name: node, folder: "\(folder.path)/node-\(node)", rate: 1_000_000))
    }

    func moving(
        _ source: StoreDescription, _ target: StoreDescription, _ beforeStep: @escaping @Sendable () throws -> Void = {}
    ) -> StoreMoving {
        StoreMoving(
            source: source, target: target, name: "the \(target.engine.word) place",
            action: .sample(.move, detail: "elsewhere"), beforeStep: beforeStep)
    }

    /// Moves it, or completes what was interrupted when all was whole there.
    func complete(_ source: StoreDescription, _ target: StoreDescription) throws {
        do {
            _ = try moving(source, target).perform()
        } catch let error as StoreError where error.code == .moved {}
    }

    /// Runs statements behind the stores' backs.
    @discardableResult
    func run(_ sql: String) throws -> [String] { try pgServer.run(sql, in: name) }

    /// Whether each entry of the audit vouches for all before it.
    func isAuditWhole(_ store: RecordStore) async throws -> Bool {
        var (chain, isWhole) = (AuditChain(), true)
        try await store.forEachAuditEntry { isWhole = try chain.check($0) == nil && isWhole }
        return isWhole
    }

    func remove() throws { try pgServer.remove(name) }

    /// Fills a database with something of everything: lines of each status, an archive, a forgotten person, caps.
    static func fill(_ store: RecordStore) async throws -> Batch {
        let settled = try await store.settledBatch(
            (2...9).map { SampleRow($0, request: "request \($0 / 2)") } + [SampleRow(10, error: "rule")])
        _ = try await store.archive(finishedBefore: .distantFuture, upTo: 3)
        _ = try await store.forget(
            [RecordID(batch: settled.id, line: 4)], at: 7, noting: .sample(.forget))
        let running = try await store.linkedBatch(
            (2...12).map { SampleRow($0, request: "other \($0 / 2)") }, content: 2)
        let claimed = try await store.claim(running, 3).records
        _ = try await store.finish([claimed[0].inDoubt, claimed[1].transient(until: 5_000), claimed[2].succeeded])
        try await store.saveLimiterState(
            LimiterState(theoreticalArrival: 1_000, rateFactor: 0.7, closedUntil: 9_000, savedAt: 2_000))
        try await store.saveLastDue(5, ofSchedule: "night", times: "22:00")
        try await store.saveClaimedFile(
            ClaimedFile(path: "/in/working/day.csv", job: "night", name: "day.csv", claimedAt: 1))
        try await store.learnAnswers()
        try await store.recordAction(.sample(.export, of: settled.id))
        return running
    }

    /// All that anybody can read of a database.
    static func content(_ store: RecordStore) async throws -> [String] {
        var lines: [String] = []
        for batch in try await store.batches() {
            lines.append("\(batch)")
            try await store.forEachRecord(batch.id) { view in
                let (answer, payload) = (try view.answer, try view.payload())
                lines.append(
                    "\(view.line) \(view.status) \(view.attempts) \(payload.id) \(payload.rawRow) \(answer ?? []) "
                        + "\(try view.errorText ?? "") \(view.forgottenAt?.milliseconds ?? 0) \(view.correlationID ?? "")"
                )
            }
            try await store.forEachAttempt(batch.id) { lines.append("\($0)") }
            lines.append("\(try await store.ledgerTotals(batch.id)) \(try await store.layout(of: batch.id))")
        }
        for action in try await store.actions() where action.name != .startRunner { lines.append("\(action)") }
        lines.append("\(try await store.callTotals(CallDay(rawValue: 20_250_101)...CallDay(rawValue: 20_270_101)))")
        lines.append("\(try await store.claimedFiles(of: "night"))")
        lines.append("\(String(describing: try await store.lastDue(ofSchedule: "night", times: "22:00")))")
        lines.append("\(String(describing: try await store.limiterState()))")
        return lines
    }
}

/// Counts steps, and keeps what was refused in them.
private final class StepNumber: Sendable {
    private let taken = Lock(0)
    private let refused = Lock<[StoreErrorCode]>([])

    var refusals: [StoreErrorCode] { refused.withLock { $0 } }

    func keep(_ error: StoreError) { refused.withLock { $0.append(error.code) } }

    func next() -> Int {
        taken.withLock { taken in
            taken += 1
            return taken
        }
    }
}

@Suite("A database moves from a file to PostgreSQL and back", .onPostgreSQL)
struct MovingTests {
    /// Nothing opens it, whatever for, and each time it is said where it went.
    private static func expectRefused(_ description: StoreDescription, naming place: String) async throws {
        for open in [description.openForReading, description.openForOperating] {
            let error = await #expect(throws: StoreError.self) { _ = try await open() }
            #expect(error?.code == .moved && error?.message.contains(place) == true, "\(String(describing: error))")
        }
        let error = await #expect(throws: StoreError.self) {
            _ = try await description.openForRunning(StoreFolder.provenance)
        }
        #expect(error?.code == .moved && error?.message.contains(place) == true, "\(String(describing: error))")
    }

    @Test("All of it goes and comes back, and what is left to send is sent once")
    func whole() async throws {
        let site = try MoveSite()
        var store = try await site.file().openForRunning(StoreFolder.provenance)
        let running = try await MoveSite.fill(store)
        var content = try await MoveSite.content(store)
        try await store.close()
        let report = try site.moving(site.file(), site.server()).perform()
        #expect(report.batches == 2 && report.records == 20 && report.attempts > 3)
        try await Self.expectRefused(site.file(), naming: "the postgresql place")

        store = try await site.server().openForRunning(StoreFolder.provenance)
        #expect(store.recovery == RecoveryReport())
        let there = try await MoveSite.content(store)
        let moved = "\(Action.sample(.move, detail: "elsewhere"))"
        #expect(there.filter { $0 != moved } == content && there.count == content.count + 1)
        #expect(try await store.homes().values.allSatisfy { !$0.isElsewhere })
        #expect(try await site.isAuditWhole(store))
        var sent = try await store.run(running) { $0.succeeded }
        content = try await MoveSite.content(store)
        try await store.close()

        _ = try site.moving(site.server(), site.back).perform()
        try await Self.expectRefused(site.server(), naming: "the sqlite place")
        store = try await site.back.openForRunning(StoreFolder.provenance)
        #expect(store.recovery == RecoveryReport())
        #expect(try await store.restoreHold() == nil)
        // The rate is given out as far as it was there.
        func compared(_ lines: [String]) -> [String] { lines.filter { $0 != moved && !$0.contains("LimiterState") } }
        #expect(try await compared(MoveSite.content(store)) == compared(content))
        #expect(try await site.isAuditWhole(store))
        sent += try await store.claim(running, 10, now: 9_000).records.map(\.id.line)
        #expect(Set(sent).count == sent.count && sent.count > 1)
        let next = try await store.makeBatch(3)
        #expect(next.id.rawValue == 3)
        try await store.close()
        try site.remove()
    }

    @Test("Each table is copied, or is known to be written anew")
    func tables() async throws {
        let folder = try StoreFolder()
        let store = try await folder.open()
        let tables = try await store.read {
            try String.fetchAll(
                $0, sql: "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%'")
        }
        let known = Set(MovedTable.all.map(\.name)).union(MovedTable.apart)
        #expect(Set(tables).subtracting(["grdb_migrations"]) == known)
        try await store.close()
    }

    /// Ends a move at a step, and completes it.
    ///
    /// - Returns: Whether it came as far as that step.
    private static func interrupt(atStep step: Int, isBack: Bool) async throws -> Bool {
        let site = try MoveSite()
        var store = try await site.file().openForRunning(StoreFolder.provenance)
        _ = try await MoveSite.fill(store)
        try await store.close()
        if isBack { _ = try site.moving(site.file(), site.server()).perform() }
        let (source, target) = isBack ? (site.server(), site.back) : (site.file(), site.server())
        let interruption = Interruption(afterSteps: step)
        var isEnded = false
        do {
            _ = try site.moving(source, target, interruption.step).perform()
        } catch is Interruption.Kill {
            isEnded = true
        }
        var living = 0
        for description in [source, target] {
            guard let store = try? await description.openForReading() else { continue }
            try await store.close()
            living += 1
        }
        #expect(isEnded ? living <= 1 : living == 1)
        if isEnded { try site.complete(source, target) }
        store = try await target.openForRunning(StoreFolder.provenance)
        #expect(try await store.batches().count == 2)
        try await store.close()
        let error = await #expect(throws: StoreError.self) { _ = try await source.openForReading() }
        #expect(error?.code == .moved)
        try site.remove()
        return isEnded
    }

    @Test(
        "Ended at any step, one of the two is whole and the only one; the next call completes it",
        arguments: [true, false])
    func interrupted(isBack: Bool) async throws {
        // Before it begins, at each table, before the counters are compared, before all is put in its place, behind that,
        // and behind the note.
        let last = MovedTable.all.count + 4
        for step in [0, 1, 2, 14] + Array(last - 3...last) {
            #expect(try await Self.interrupt(atStep: step, isBack: isBack), "step \(step)")
        }
        #expect(try await !Self.interrupt(atStep: last + 1, isBack: isBack))
    }

    @Test("Killed as it was copied, nothing runs from it until it is completed")
    func killed() async throws {
        let site = try MoveSite()
        let store = try await site.file().openForRunning(StoreFolder.provenance)
        _ = try await MoveSite.fill(store)
        try await store.write { try StoreMove(target: "the postgresql place", completedAt: nil).save($0.database) }
        try await store.close()
        try await Self.expectRefused(site.file(), naming: "move --to")
        #expect(try site.moving(site.file(), site.server()).perform().batches == 2)
        try await Self.expectRefused(site.file(), naming: "was moved")
        try site.remove()
    }

    @Test("What is written meanwhile is not lost: the move is refused, and the database is as it was")
    func written() async throws {
        let site = try MoveSite()
        let store = try await site.file().openForRunning(StoreFolder.provenance)
        _ = try await MoveSite.fill(store)
        try await store.close()
        let beside = try await site.file().openForOperating()
        let steps = StepNumber()
        let error = #expect(throws: StoreError.self) {
            _ = try site.moving(site.file(), site.server()) {
                guard steps.next() == 5 else { return }
                try beside.writeWaiting { try $0.insert(.sample(.pause)) }
            }.perform()
        }
        #expect(error?.message.contains("written to") == true)
        try await beside.close()
        let again = try await site.file().openForRunning(StoreFolder.provenance)
        #expect(try await again.actions().suffix(2).map(\.name) == [.move, .pause])
        try await again.close()
        #expect(try await !site.server().exists())
        try site.remove()
    }

    @Test("A server lets nobody write to a database that is being moved, nor to one that was")
    func fenced() async throws {
        let site = try MoveSite()
        var store = try await site.server().openForRunning(StoreFolder.provenance)
        _ = try await MoveSite.fill(store)
        try await store.close()
        let beside = try await site.server().openForOperating()
        let steps = StepNumber()
        _ = try site.moving(site.server(), site.back) {
            guard steps.next() == 5 else { return }
            do {
                try beside.writeWaiting { try $0.insert(.sample(.pause)) }
            } catch let error as StoreError {
                steps.keep(error)
            }
        }.perform()
        #expect(steps.refusals == [.moved])
        store = try await site.back.openForRunning(StoreFolder.provenance)
        #expect(try await !store.actions().map(\.name).contains(.pause))
        try await store.close()
        try? await beside.close()
        try site.remove()
    }

    @Test("It is refused while a node lives, or may know more than the database")
    func nodes() async throws {
        let site = try MoveSite()
        var a = try await site.server("a").openForRunning(StoreFolder.provenance)
        _ = try await MoveSite.fill(a)
        let b = try await site.server("b").openForRunning(StoreFolder.provenance)
        try await a.close()
        func refusal() throws -> String {
            let error = #expect(throws: StoreError.self) {
                _ = try site.moving(site.server("a"), site.back).perform()
            }
            return error?.message ?? ""
        }
        #expect(try refusal().contains("Node b lives"))
        // It ended with answers that it could not deliver.
        try b.node?.spool.append([])
        try PrivateFile.replace("\(site.folder.path)/node-b/spool", with: Array("\n".utf8))
        try await b.close()
        #expect(try refusal().contains("Node b"))
        let again = try await site.server("b").openForRunning(StoreFolder.provenance)
        try await again.saveClaimedFile(ClaimedFile(path: "/in/x", job: "night", name: "x", claimedAt: 1))
        try await again.close()
        #expect(try refusal().contains("Input files of node b"))
        a = try await site.server("a").openForRunning(StoreFolder.provenance)
        _ = try await a.retire("b", givingBatchesTo: nil, noting: .sample(.retireNode))
        try await a.close()
        #expect(try site.moving(site.server("a"), site.back).perform().batches == 2)
        try site.remove()
    }

    @Test("A place where something is already is refused, and the database is as it was")
    func taken() async throws {
        let (site, other) = (try MoveSite(), try MoveSite())
        var store = try await site.file().openForRunning(StoreFolder.provenance)
        try await store.close()
        try await other.server().openForRunning(StoreFolder.provenance).close()
        var error = #expect(throws: StoreError.self) { _ = try site.moving(site.file(), other.server()).perform() }
        #expect(error?.message.contains("holds a database already") == true)
        store = try await site.file().openForRunning(StoreFolder.provenance)
        try await store.close()
        error = #expect(throws: StoreError.self) {
            _ = try other.moving(other.server(), other.file(site.folder.database)).perform()
        }
        #expect(error?.message.contains("is there already") == true)
        try await other.server().openForRunning(StoreFolder.provenance).close()
        for site in [site, other] { try site.remove() }
    }

    @Test("A copy from before, put back, is known by the keys' folder")
    func restored() async throws {
        let site = try MoveSite()
        let store = try await site.file().openForRunning(StoreFolder.provenance)
        _ = try await MoveSite.fill(store)
        try await store.backUp(to: site.folder.copy)
        try await store.close()
        _ = try site.moving(site.file(), site.server()).perform()
        _ = try await site.file().restore(from: site.folder.copy) { _ in ErasureInCopy() }
        try await Self.expectRefused(site.file(), naming: "the postgresql place")
        try site.remove()
    }

    @Test("Counters that do not agree with the records are found, and the database is as it was")
    func damaged() async throws {
        let site = try MoveSite()
        let store = try await site.file().openForRunning(StoreFolder.provenance)
        _ = try await MoveSite.fill(store)
        try await store.write {
            try $0.database.execute(sql: "UPDATE batches SET succeeded = succeeded + 1, total = total + 1 WHERE id = 1")
        }
        try await store.close()
        let error = #expect(throws: StoreError.self) { _ = try site.moving(site.file(), site.server()).perform() }
        #expect(error?.code == .damaged && error?.message.contains("differ") == true)
        try await site.file().openForRunning(StoreFolder.provenance).close()
        #expect(try await !site.server().exists())
        try site.remove()
    }

    @Test("Sums of rows are equal for the same rows in any order, and for no others")
    func sums() throws {
        func sum(_ rows: [[SQLValue]]) throws -> RowSum {
            var sum = RowSum()
            for row in rows { try sum.add(row) }
            return sum
        }
        let rows: [[SQLValue]] = [[.integer(1), .text("a")], [.integer(2), .null], [.integer(3), .bytes([0])]]
        #expect(try sum(rows) == sum(rows.reversed()))
        for other: [SQLValue] in [
            [.integer(2), .text("")], [.integer(2), .bytes([])], [.real(2), .null], [.null, .integer(2)],
        ] {
            #expect(try sum(rows) != sum([rows[0], other, rows[2]]))
        }
        #expect(try sum([[.text("ab"), .text("c")]]) != sum([[.text("a"), .text("bc")]]))
    }
}

@Suite("A PostgreSQL database of an earlier version", .onPostgreSQL)
struct PostgreSQLMigrationTests {
    @Test("It is migrated by the command alone, while no node lives, and keeps what it has")
    func migrated() async throws {
        let site = try MoveSite()
        _ = try SealingKey.create(path: site.folder.sealingKey)
        try site.run(Migrations.postgreSQLBaseline.sql)
        try site.run(
            """
            INSERT INTO rollcall.nodes
              (name, folder_id, epoch, host, pid, version, started_at, lease_until_us, server_id, timeline)
            VALUES ('b', '\\x00112233445566778899aabbccddeeff', 1, 'h', 1, '1', 1, 9000000000000000, 1, 1)
            """)
        let store = await #expect(throws: StoreError.self) {
            _ = try await site.server().openForRunning(StoreFolder.provenance)
        }
        #expect(store?.code == .schemaVersion && store?.message.contains("migrate") == true)
        let early = await #expect(throws: StoreError.self) {
            _ = try await site.server().migrate(noting: .sample(.migrate))
        }
        #expect(early?.code == .notAllowed)
        #expect(try site.run("SELECT max(version) FROM rollcall.schema_steps") == ["22"])
        try site.run("UPDATE rollcall.nodes SET state = 'retired'")
        #expect(try await site.server().migrate(noting: .sample(.migrate)) == 22)
        #expect(try site.run("SELECT max(version) FROM rollcall.schema_steps") == ["\(RecordStore.schemaVersion)"])
        let opened = try await site.server().openForRunning(StoreFolder.provenance)
        #expect(try await opened.nodes().map(\.name) == ["a", "b"])
        #expect(try await opened.actions().map(\.name) == [.migrate])
        try await opened.close()
        #expect(try await site.server().migrate(noting: .sample(.migrate)) == RecordStore.schemaVersion)
        try site.remove()
    }
}
