import TestSupport
import Testing

@testable import RecordStore

@Suite("What a server is set to, and has to do")
struct ServerReportTests {
    @Test("Settings under which commits are lost are named, each with the remedy")
    func faults() {
        func faults(_ fsync: String, _ pages: String, _ commit: String, version number: Int = 150_018) -> Int {
            var report = ServerReport(version: "15")
            (report.number, report.fsync, report.fullPageWrites) = (number, fsync, pages)
            report.synchronousCommit = commit
            return report.faults.count
        }
        #expect(faults("on", "on", "on") == 0 && faults("on", "on", "remote_apply") == 0)
        #expect(faults("off", "on", "on") == 1 && faults("on", "off", "off") == 2)
        #expect(faults("on", "on", "on", version: 130_000) == 1)
        var report = ServerReport(version: "15")
        report.ownsTables = false
        #expect(report.faults.count == 1)
    }

    /// Standbys connected, `synchronous_standby_names`, those that acknowledge, `synchronous_commit`, whether this user sees
    /// them; whether it is a fault, and what is said.
    @Test(
        "What a failover would lose is named, and so is a standby that is missed",
        arguments: [
            (0, "", [], "on", true, false, "on this server's disk alone"),
            (2, "", [], "on", true, true, "set synchronous_standby_names"),
            (1, "db2", ["db2"], "on", true, false, "db2 acknowledges commits; 1 connected"),
            (1, "db2", ["db2"], "remote_apply", true, false, "db2 acknowledges"),
            (1, "db2", ["db2"], "local", true, true, "synchronous_commit is local"),
            (1, "db2", ["db2"], "remote_write", true, true, "synchronous_commit is remote_write"),
            (1, "db2", [], "off", true, true, "synchronous_commit is off"),
            (0, "db2", [], "on", true, true, "none connected: commits wait"),
            (0, "db2", [], "on", false, true, "none connected: commits wait"),
            (1, "db2", [], "on", true, true, "0 of 1 have"),
            (1, "db2", [], "on", false, false, "GRANT pg_monitor TO u"),
            (1, "ANY 2 (db2, db3)", ["db2"], "on", true, true, "1 of 2 have"),
            (2, "first 2 (db2, db3)", ["db2", "db3"], "on", true, false, "db2, db3 acknowledges"),
            (1, "2(db2, db3)", ["db2"], "on", true, true, "1 of 2 have"),
        ] as [(Int, String, [String], String, Bool, Bool, String)])
    func standbys(
        count: Int, named: String, synchronous: [String], commit: String, seesAll: Bool, isFault: Bool, text: String
    ) {
        var report = ServerReport(version: "15")
        report.standbys = ServerReport.Standbys(count: count, named: named, synchronous: synchronous)
        (report.synchronousCommit, report.seesAll, report.user) = (commit, seesAll, "u")
        #expect(report.standby.isFault == isFault)
        #expect(report.standby.text.contains(text))
    }

    @Test("Several hosts of which none copies the other, and a commit that waits, are faults")
    func alone() {
        var report = ServerReport(version: "15")
        report.hosts = 2
        #expect(report.standby.isFault && report.standby.text.contains("names 2 hosts"))
        report.standbys = ServerReport.Standbys(count: 1, named: "db2", synchronous: ["db2"], waiting: .seconds(7))
        #expect(report.standby.isFault && report.standby.text.contains("waiting for 7.0 s"))
    }

    @Test("A transaction that was left open is too old after an hour")
    func transactions() {
        var report = ServerReport(version: "15")
        #expect(!report.isTransactionTooOld)
        report.oldestTransaction = ServerReport.OpenTransaction(age: .seconds(3_600), owner: "process 7")
        #expect(!report.isTransactionTooOld)
        report.oldestTransaction = ServerReport.OpenTransaction(age: .seconds(3_601), owner: "process 7")
        #expect(report.isTransactionTooOld)
    }
}

@Suite("A server is asked what it is set to and has to do", .onPostgreSQL)
struct ServerReportOfServerTests {
    @Test("The server itself is asked")
    func asked() async throws {
        let nodes = try NodesFixture()
        let a = try await nodes.open("a")
        let report = try #require(try await a.serverReport())
        // The tests' server is set to be fast.
        #expect(report.version.hasPrefix("\(PostgreSQLServer.version).") && report.faults.count == 2)
        #expect(report.standbys == ServerReport.Standbys() && report.pooler == nil && report.hosts == 1)
        #expect(report.seesAll && report.ownsTables && report.user == "rollcall")
        let held = try nodes.hold("SET LOCAL application_name = 'left open'")
        #expect(try #require(try await a.serverReport()?.oldestTransaction).owner.hasSuffix(" of left open"))
        held.end()
        try await nodes.close(a)
    }

    @Test("A user who owns nothing is told so before a month begins, and what others do is not shown to it")
    func stranger() async throws {
        let nodes = try NodesFixture()
        let a = try await nodes.open("a")
        try nodes.run(
            """
            CREATE ROLE stranger LOGIN; GRANT USAGE ON SCHEMA rollcall TO stranger;
            GRANT ALL ON ALL TABLES IN SCHEMA rollcall TO stranger
            """)
        var description = nodes.description("b")
        guard case .postgreSQL(let url, _) = description.engine else { return }
        description = StoreDescription(
            engine: .postgreSQL(url: url.replacing("user=rollcall", with: "user=stranger"), passwordFile: nil),
            sealingKey: description.sealingKey.path ?? "", keysFolder: nodes.folder?.path ?? "",
            endpoint: StoreFolder.endpoint, node: description.node)
        let b = try await description.openForReading()
        let report = try #require(try await b.serverReport())
        #expect(!report.seesAll && !report.ownsTables && report.user == "stranger")
        #expect(report.faults.contains { $0.contains("stranger does not own") })
        try await b.close()
        try await nodes.close(a)
    }
}
