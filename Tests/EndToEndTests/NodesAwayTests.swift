import Emulator
import Foundation
import RecordStore
import TestSupport
import Testing

extension EndToEnd.Nodes {
    @Suite("Nodes that are away, or to end, and a database that is away")
    struct NodesAwayTests {
        private static func slowly(_ executioner: ProcessKiller) -> EmulatorConfiguration {
            var knobs = EmulatorConfiguration()
            knobs.latency = .milliseconds(5)
            knobs.onCall = { executioner.saw($0) }
            return knobs
        }

        private static func holding(_ held: HeldAnswers) -> EmulatorConfiguration {
            var knobs = EmulatorConfiguration()
            knobs.beforeAnswer = { await held.pass() }
            return knobs
        }

        @Test("The database is away in the middle of a run, and comes back: nothing is lost, nothing sent twice")
        func databaseAway() async throws {
            let held = HeldAnswers(after: 60)
            try await SharedInstallation.with(Self.holding(held), nodes: ["a"]) { shared in
                defer { held.release() }
                try shared.waitLonger("a")
                let process = try shared.run("a", lines: 300)
                try await held.begun()
                try shared.refuseConnections()
                // The answers to what is under way find nobody to be told.
                held.release()
                // It tries to come back: nobody lets it.
                try await waitUntil { try shared.refusedConnections() >= 3 }
                let sent = shared.installation.emulator.calls.total
                try shared.allowConnections()
                let ended = try await process.wait()
                #expect([0, 4].contains(ended.status), "\(ended.errors)")
                #expect(sent < 300)
                let ledger = try await shared.ledger()
                for batch in ledger.batches {
                    #expect(batch.state == .completed && batch.counts.inFlight == 0 && batch.counts.queued == 0)
                    #expect(batch.counts.succeeded + batch.counts.inDoubt == 300)
                }
                try shared.expectNothingTwice(ledger.attempts)
            }
        }

        @Test("The database is away and the process is killed meanwhile: what was answered is stored at the next start")
        func killedWhileDatabaseIsAway() async throws {
            let held = HeldAnswers(after: 60)
            try await SharedInstallation.with(Self.holding(held), nodes: ["a"]) { shared in
                defer { held.release() }
                try shared.waitLonger("a")
                let process = try shared.run("a", lines: 300)
                // As many calls are under way as may be: nothing more happens.
                let open = "SELECT count(*), count(finished_at) FROM rollcall.attempts"
                try await waitUntil {
                    try shared.installation.emulator.calls.total == 76 && shared.rows(open) == ["76|60"]
                }
                try shared.refuseConnections()
                held.release()
                try await waitUntil { try shared.spooledAttempts("a") == 16 }
                process.signal(SIGKILL)
                _ = try await process.wait()
                try shared.allowConnections()
                let ended = try await shared.rollcall("run", "a.csv", as: "a")
                #expect(ended.status == 0, "\(ended.errors)")
                let ledger = try await shared.ledger()
                #expect(ledger.batches.map(\.counts.succeeded) == [300] && ledger.batches.map(\.counts.inDoubt) == [0])
                #expect(shared.installation.emulator.calls.total == 300)
                try shared.expectNothingTwice(ledger.attempts)
                #expect(try shared.spooledAttempts("a") == 0)
            }
        }

        @Test("A daemon is drained, ended and retired: another goes on with its batch, and writes the results")
        func drained() async throws {
            let held = HeldAnswers(after: 40)
            try await SharedInstallation.with(Self.holding(held), nodes: ["a", "b"]) { shared in
                defer { held.release() }
                try shared.waitLonger("a")
                let (a, b) = (try await shared.daemon("a"), try await shared.daemon("b"))
                try shared.installation.drop(Accounts.csv(300), as: "day.csv", into: "drop-a/inbox")
                try await held.begun()
                let drained = try await shared.rollcall("nodes", "drain", "a", as: "b")
                #expect(drained.status == 0, "\(drained.errors)")
                // Who waits for answers does not ask for more calls, and hears of it when one has come.
                held.release()
                await a.waitForError(containing: "node a is draining")
                let early = try await shared.rollcall("nodes", "retire", "a", "--to", "b", as: "b")
                #expect(early.status == 3 && early.errors.contains("alive"), "\(early.errors)")
                try await shared.installation.end(a)
                let retired = try await shared.rollcall("nodes", "retire", "a", "--to", "b", as: "b")
                #expect(retired.status == 0 && retired.errors.contains("node b goes on"), "\(retired.errors)")
                await b.waitForError(containing: "batch is over batch=day-")
                try await shared.installation.end(b)
                let ledger = try await shared.ledger()
                #expect(ledger.batches.map(\.counts.succeeded) == [300])
                #expect(shared.installation.emulator.calls.total == 300)
                try shared.expectNothingTwice(ledger.attempts)
                let audit = try await shared.rollcall("audit", "--json", as: "b")
                #expect(audit.output.contains("drain_node") && audit.output.contains("retire_node"), "\(audit.output)")
            }
        }

        @Test("A node that is killed loses its lease, and its calls under way are in doubt by another's beat")
        func leaseEnds() async throws {
            let executioner = ProcessKiller()
            try await SharedInstallation.with(Self.slowly(executioner), nodes: ["a", "b"]) { shared in
                let (a, b) = (try await shared.daemon("a"), try await shared.daemon("b"))
                executioner.condemn(a, at: 30)
                try shared.installation.drop(Accounts.csv(100), as: "day.csv", into: "drop-a/inbox")
                #expect(try await a.wait().status == -SIGKILL)
                // 20 seconds of its lease, and a beat.
                try await shared.awaitNone("rollcall.attempts WHERE outcome IS NULL")
                try await shared.installation.end(b)
                let ledger = try await shared.ledger()
                #expect(ledger.batches.map(\.counts.inFlight) == [0])
                #expect(ledger.batches.allSatisfy { $0.counts.inDoubt > 0 && $0.state == .running })
                try shared.expectNothingTwice(ledger.attempts)
            }
        }
    }
}

extension SharedInstallation {
    /// Lets a node's calls wait longer for their answers than a test holds them back.
    fileprivate func waitLonger(_ node: String) throws {
        let settings = try installation.text("\(node).yaml")
        let timeout = try #require(settings.firstMatch(of: /request_timeout: .*/)).output
        try installation.write(settings.replacing(timeout, with: "request_timeout: 1m"), to: "\(node).yaml")
    }

    /// How many answers are kept in a node's folder.
    fileprivate func spooledAttempts(_ node: String) throws -> Int {
        // There is no such file before something is kept.
        let lines = ((try? installation.text("node-\(node)/spool")) ?? "").split(separator: "\n")
        return Set(try lines.map { try #require($0.firstMatch(of: /"attempt":(\d+)/)).1 }).count
    }

    /// Ends all connections to the database, and lets no new ones in.
    fileprivate func refuseConnections() throws {
        let server = try PostgreSQLServer.shared.get()
        try server.run("ALTER DATABASE \(name) WITH ALLOW_CONNECTIONS false", in: "postgres")
        try server.run(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '\(name)'", in: "postgres")
    }

    fileprivate func allowConnections() throws {
        try PostgreSQLServer.shared.get().run("ALTER DATABASE \(name) WITH ALLOW_CONNECTIONS true", in: "postgres")
    }

    /// How many connections were refused, by the server's log.
    fileprivate func refusedConnections() throws -> Int {
        let log = try String(contentsOfFile: PostgreSQLServer.shared.get().folder + "/log", encoding: .utf8)
        return log.split(separator: "database \"\(name)\" is not currently accepting connections").count - 1
    }

    /// Waits until a table has no such rows.
    fileprivate func awaitNone(_ rows: String) async throws {
        let server = try PostgreSQLServer.shared.get()
        try await waitUntil { try server.run("SELECT 1 FROM \(rows) LIMIT 1", in: name).isEmpty }
    }
}
