import Emulator
import Foundation
import RecordStore
import TestSupport
import Testing

extension EndToEnd.Nodes {
    @Suite("Several runners on one PostgreSQL database")
    struct SeveralNodesTests {
        @Test("Three runners at once: each line has one answer, and the emulator's log is the ledger")
        func threeRunners() async throws {
            try await SharedInstallation.with(nodes: ["a", "b", "c"]) { shared in
                let processes = try shared.nodes.map { try shared.run($0, lines: 60) }
                for process in processes {
                    let ended = try await process.wait()
                    #expect(ended.status == 0, "\(ended.errors)")
                }
                let ledger = try await shared.ledger()
                #expect(ledger.batches.map(\.counts.succeeded) == [60, 60, 60])
                #expect(shared.installation.emulator.calls.total == 180)
                #expect(ledger.attempts.count == 180 && ledger.attempts.allSatisfy { $0.billable == .yes })
                #expect(Set(ledger.attempts.map(\.id)).count == 180)
                let logged = Set(try shared.installation.calls().map(\.correlationID))
                #expect(Set(ledger.attempts.compactMap(\.correlationID)) == logged)
                let listed = try await shared.installation.rollcall("nodes", "--config", "a.yaml", "--json")
                #expect(listed.status == 0 && listed.output.split(separator: "\n").count == 3, "\(listed.errors)")
            }
        }

        @Test("Each of three is killed in turn and runs again: no line is sent twice, what was under way is in doubt")
        func killed() async throws {
            let executioner = ProcessKiller()
            var knobs = EmulatorConfiguration()
            knobs.latency = .milliseconds(5)
            knobs.onCall = { executioner.saw($0) }
            try await SharedInstallation.with(knobs, nodes: ["a", "b", "c"]) { shared in
                for victim in shared.nodes {
                    let others = try shared.nodes.filter { $0 != victim }.map { try shared.run($0, lines: 60) }
                    let process = try shared.run(victim, lines: 60)
                    executioner.condemn(process, at: shared.installation.emulator.calls.total + 20)
                    for process in others + [process] { _ = try await process.wait() }
                }
                for node in shared.nodes { _ = try await shared.run(node, lines: 60).wait() }
                let ledger = try await shared.ledger()
                for batch in ledger.batches {
                    #expect(batch.counts.total == 60 && batch.counts.inFlight == 0 && batch.counts.queued == 0)
                    #expect(batch.counts.succeeded + batch.counts.inDoubt == 60)
                }
                try shared.expectNothingTwice(ledger.attempts)
            }
        }

        @Test("A node dies and is retired: another takes its file over, sends the rest, and pays for nothing twice")
        func takenOver() async throws {
            let executioner = ProcessKiller()
            var knobs = EmulatorConfiguration()
            knobs.latency = .milliseconds(5)
            knobs.onCall = { executioner.saw($0) }
            try await SharedInstallation.with(knobs, nodes: ["a", "b"]) { shared in
                let process = try shared.run("a", lines: 60)
                executioner.condemn(process, at: 20)
                #expect(try await process.wait().status == -9)
                let refused = try await shared.rollcall("run", "a.csv", as: "b")
                #expect(refused.status == 3 && refused.errors.contains("node a"), "\(refused.errors)")
                let early = try await shared.rollcall("nodes", "retire", "a", as: "b")
                #expect(early.status == 3 && early.errors.contains("alive"), "\(early.errors)")
                // Its lease ends.
                try shared.run("UPDATE rollcall.nodes SET lease_until_us = 0 WHERE name = 'a'")
                let retired = try await shared.rollcall("nodes", "retire", "a", as: "b")
                #expect(retired.status == 0 && retired.errors.contains("in doubt"), "\(retired.errors)")
                #expect(try await shared.rollcall("run", "a.csv", as: "b").status == 4)
                let ledger = try await shared.ledger()
                #expect(ledger.batches.count == 1)
                for batch in ledger.batches {
                    #expect(batch.state == .completed && batch.counts.inFlight == 0 && batch.counts.queued == 0)
                    #expect(batch.counts.succeeded + batch.counts.inDoubt == 60 && batch.counts.inDoubt > 0)
                }
                try shared.expectNothingTwice(ledger.attempts)
                let back = try await shared.rollcall("run", "a.csv", as: "a")
                #expect(back.status == 3 && back.errors.contains("retired"), "\(back.errors)")
            }
        }

        @Test("The same file on two nodes at once is one batch, sent once")
        func sameFile() async throws {
            try await SharedInstallation.with(nodes: ["a", "b"]) { shared in
                try shared.installation.write(Accounts.csv(40), to: "day.csv")
                let processes = try shared.nodes.map {
                    try shared.installation.start(["run", "day.csv", "--config", "\($0).yaml"])
                }
                var statuses: [Int32] = []
                for process in processes { statuses.append(try await process.wait().status) }
                #expect(statuses.contains(0) && statuses.allSatisfy { [0, 3, 65].contains($0) }, "\(statuses)")
                let ledger = try await shared.ledger()
                #expect(ledger.batches.map(\.counts.succeeded) == [40])
                #expect(shared.installation.emulator.calls.total == 40)
                try shared.expectNothingTwice(ledger.attempts)
            }
        }

        @Test("What operators do works from any node")
        func operators() async throws {
            try await SharedInstallation.with(nodes: ["a", "b"]) { shared in
                let lines = ["ok", "iia+400", "iia+reset"].map { "\($0)@example.com" }
                let rows = lines.enumerated().map { Accounts.line($0 + 1, email: $1) }
                try shared.installation.write(Accounts.header + rows.joined(), to: "day.csv")
                let ran = try await shared.rollcall("run", "day.csv", as: "a")
                #expect(ran.status == 4, "\(ran.errors)")
                for arguments in [
                    ["status"], ["status", "day-1"], ["status", "--json"], ["records", "day-1"], ["ledger", "day-1"],
                    ["export", "day-1"], ["report", "day-1"], ["audit", "--verify"], ["jobs", "list"], ["nodes"],
                    ["check", "day.csv"], ["doctor"], ["resolve", "day-1", "--as", "failed", "--status", "in_doubt"],
                    ["rerun", "day-1", "--status", "failed", "--lines", "4-4", "--yes"],
                ] {
                    let ended = try await shared.rollcall(arguments, as: "b")
                    #expect([0, 2, 4].contains(ended.status), "\(arguments): \(ended.status) \(ended.errors)")
                }
                let ledger = try await shared.ledger()
                try shared.expectNothingTwice(ledger.attempts, but: 1)
                // The tests' server has neither of both.
                let said = [
                    "fsync is off: ", "full_page_writes is off: ", "on this server's disk alone", "oldest transaction",
                ]
                let doctor = try await shared.rollcall("doctor", as: "b")
                for text in said {
                    #expect(doctor.output.contains(text), "\(doctor.output)")
                }
            }
        }

        @Test(
            "What an operator decides at one node stops the batch that another runs, and lets it go on",
            arguments: ["pause", "cancel"])
        func decidedElsewhere(command: String) async throws {
            let held = HeldAnswers(after: 20)
            var knobs = EmulatorConfiguration()
            knobs.beforeAnswer = { await held.pass() }
            try await SharedInstallation.with(knobs, nodes: ["a", "b"]) { shared in
                defer { held.release() }
                let daemon = try await shared.daemon("a")
                try shared.installation.drop(Accounts.csv(200), as: "day.csv", into: "drop-a/inbox")
                try await held.begun()
                let decided = try await shared.rollcall(command, "day-1", as: "b")
                #expect(decided.status == 0, "\(decided.errors)")
                held.release()
                let state = command == "pause" ? "paused" : "cancelled"
                let standing = "SELECT state, in_flight FROM rollcall.batches"
                try await waitUntil { try shared.rows(standing) == ["\(state)|0"] }
                let sent = shared.installation.emulator.calls.total
                #expect(sent < 200)
                if command == "pause" {
                    let resumed = try await shared.rollcall("resume", "day-1", as: "b")
                    #expect(resumed.status == 0, "\(resumed.errors)")
                    try await waitUntil { try shared.rows(standing) == ["completed|0"] }
                }
                try await shared.installation.end(daemon)
                let ledger = try await shared.ledger()
                let counts = try #require(ledger.batches.first).counts
                #expect(counts.succeeded == (command == "pause" ? 200 : sent))
                #expect(counts.cancelled == 200 - counts.succeeded && counts.inDoubt == 0)
                #expect(shared.installation.emulator.calls.total == counts.succeeded)
                try shared.expectNothingTwice(ledger.attempts)
            }
        }

        @Test(
            "Two daemons: each runs what was dropped at it, knows the other's files, and hears operators from anywhere")
        func daemons() async throws {
            try await SharedInstallation.with(nodes: ["a", "b"]) { shared in
                let (a, b) = (try await shared.daemon("a"), try await shared.daemon("b"))
                try shared.installation.drop(Accounts.csv(from: 1, 30), as: "one.csv", into: "drop-a/inbox")
                try shared.installation.drop(Accounts.csv(from: 1_001, 30), as: "two.csv", into: "drop-b/inbox")
                await a.waitForError(containing: "batch is over batch=one-")
                await b.waitForError(containing: "batch is over batch=two-")
                #expect(try shared.installation.names(in: "drop-a/archive") == ["one.csv"])
                #expect(try shared.installation.names(in: "drop-b/archive") == ["two.csv"])
                try shared.installation.drop(Accounts.csv(from: 1, 30), as: "again.csv", into: "drop-b/inbox")
                await b.waitForError(containing: "file rejected file=again.csv")
                // What is submitted at one is that one's, and the other knows.
                try shared.installation.write(Accounts.csv(from: 2_001, 10), to: "by-hand.csv")
                let submitted = try await shared.rollcall("submit", "by-hand.csv", "--job", "drop", as: "b")
                #expect(submitted.status == 0, "\(submitted.errors)")
                await b.waitForError(containing: "batch is over batch=by-hand-")
                let status = try await shared.rollcall("status", "--json", as: "a")
                #expect(status.output.contains(#""node":"b""#), "\(status.output)")
                for daemon in [a, b] { try await shared.installation.end(daemon) }
                let ledger = try await shared.ledger()
                #expect(ledger.batches.map(\.counts.succeeded).reduce(0, +) == 70)
                #expect(shared.installation.emulator.calls.total == 70)
                try shared.expectNothingTwice(ledger.attempts)
            }
        }

        @Test("A daemon is killed again and again while the other goes on: no file is lost, none is paid for twice")
        func killedDaemon() async throws {
            var knobs = EmulatorConfiguration()
            knobs.latency = .milliseconds(2)
            let executioner = ProcessKiller()
            knobs.onCall = { executioner.saw($0) }
            try await SharedInstallation.with(knobs, nodes: ["a", "b"]) { shared in
                let other = try await shared.daemon("b")
                for round in 1...3 {
                    let victim = try await shared.daemon("a")
                    executioner.condemn(victim, at: shared.installation.emulator.calls.total + 30)
                    for (number, node) in shared.nodes.enumerated() {
                        try shared.installation.drop(
                            Accounts.csv(from: round * 1_000 + number * 500, 40), as: "\(node)\(round).csv",
                            into: "drop-\(node)/inbox")
                    }
                    #expect(try await victim.wait().status == -SIGKILL)
                    await other.waitForError(containing: "batch is over batch=b\(round)-")
                }
                let last = try await shared.daemon("a")
                await last.waitForError(containing: "batch is over batch=a3-")
                // What earlier rounds left is gone on with beside the last file, and may end after it.
                try await waitUntil {
                    try shared.rows("SELECT state FROM rollcall.batches WHERE state <> 'completed'") == []
                }
                for daemon in [last, other] { try await shared.installation.end(daemon) }
                let ledger = try await shared.ledger()
                #expect(ledger.batches.count == 6)
                for batch in ledger.batches {
                    #expect(batch.state == .completed && batch.counts.total == 40, "\(batch)")
                    #expect(batch.counts.succeeded + batch.counts.inDoubt == 40)
                }
                try shared.expectNothingTwice(ledger.attempts)
            }
        }

        @Test(
            "What PostgreSQL's own tools do is refused, naming them",
            arguments: [["backup", "copy"], ["restore", "copy"]])
        func refused(arguments: [String]) async throws {
            try await SharedInstallation.with(nodes: ["a"]) { shared in
                let ended = try await shared.rollcall(arguments, as: "a")
                #expect(ended.status == 78 && ended.errors.contains("pg_dump"), "\(ended.errors)")
            }
        }

        @Test(
            "A database that would be reached without care is refused as a fault of the settings",
            arguments: [
                ("postgresql://u:secret@localhost/r", "password"),
                ("postgresql://u@db.example/r?sslmode=require", "sslmode=verify-full"),
                ("host=db.example dbname=r sslmode=prefer", "sslmode=verify-full"), ("mysql://u@h/r", "postgresql://"),
            ])
        func careless(database: String, word: String) async throws {
            try await EndToEndInstallation.with { installation in
                let settings = try installation.text("rollcall.yaml")
                try installation.write(
                    settings.replacing("var/rollcall.sqlite", with: "'\(database)'"), to: "rollcall.yaml")
                try installation.write(Accounts.csv(1), to: "day.csv")
                let ended = try await installation.rollcall("run", "day.csv")
                #expect(ended.status == 78 && ended.errors.contains(word), "\(ended.errors)")
                #expect(!ended.errors.contains("secret"))
                #expect(installation.emulator.calls.total == 0)
            }
        }

        @Test("A password file that others can read is refused, and so is a rate that another node does not have")
        func settings() async throws {
            try await SharedInstallation.with(nodes: ["a"]) { shared in
                let settings = try shared.installation.text("a.yaml")
                try shared.installation.write("secret\n", to: "password", mode: 0o644)
                try shared.installation.write(settings + "database_password_file: password\n", to: "open.yaml")
                try shared.installation.write(Accounts.csv(1), to: "day.csv")
                let open = try await shared.rollcall("run", "day.csv", as: "open")
                #expect(open.status == 78 && open.errors.contains("chmod 600"), "\(open.errors)")
                #expect(try await shared.rollcall("run", "day.csv", as: "a").status == 0)
                // As if it were running still.
                try shared.run("UPDATE rollcall.nodes SET lease_until_us = 9000000000000000")
                try shared.installation.write(
                    settings.replacing("rate: 400", with: "rate: 40").replacing("name: a", with: "name: b")
                        .replacing("node-a", with: "node-b"), to: "b.yaml")
                let rate = try await shared.rollcall("run", "day.csv", as: "b")
                #expect(rate.status == 78 && rate.errors.contains("limits.rate"), "\(rate.errors)")
                #expect(shared.installation.emulator.calls.total == 1)
            }
        }

        @Test("A database that was emptied is not begun again, whoever runs")
        func emptied() async throws {
            try await SharedInstallation.with(nodes: ["a", "b"]) { shared in
                #expect(try await shared.run("a", lines: 5).wait().status == 0)
                try shared.run("DROP SCHEMA rollcall CASCADE")
                for node in shared.nodes {
                    let ended = try await shared.rollcall("run", "a.csv", as: node)
                    #expect(ended.status == 78 && ended.errors.contains("is empty"), "\(ended.errors)")
                }
                #expect(shared.installation.emulator.calls.total == 5)
            }
        }
    }
}

/// An installation whose settings name a PostgreSQL database, once for each node.
struct SharedInstallation: Sendable {
    let installation: EndToEndInstallation
    let nodes: [String]
    private let url: String
    let name: String

    /// Runs a body with an installation; with a job, all nodes share that and its folder `drop`, else each has its own.
    static func with(
        _ knobs: EmulatorConfiguration = EmulatorConfiguration(), nodes: [String], limits: String = "burst: 32",
        sharing job: String? = nil, _ body: @Sendable (SharedInstallation) async throws -> Void
    ) async throws {
        let server = try PostgreSQLServer.shared.get()
        let name = try server.makeDatabase()
        try await EndToEndInstallation.with(knobs, settings: "") { installation in
            let shared = SharedInstallation(
                installation: installation, nodes: nodes, url: server.url(name), name: name)
            let settings = try installation.text("rollcall.yaml").replacing("var/rollcall.sqlite", with: shared.url)
            for node in nodes {
                let more = """
                    node: { name: \(node), folder: node-\(node) }
                    limits: { rate: 400, concurrency: 16, \(limits) }
                    retry: { base_delay: 10ms, max_delay: 50ms }
                    daemon: { poll: 50ms }
                    jobs: jobs\(job == nil ? "-\(node)" : "")
                    shared_folders: \(job != nil)

                    """
                let (jobs, folder) = job == nil ? ("jobs-\(node)", "drop-\(node)") : ("jobs", "drop")
                try installation.makeFolder(jobs)
                try installation.write(
                    job ?? "source: { path: \(folder), settle: 50ms }\n", to: "\(jobs)/drop.yaml")
                try installation.write(settings + more, to: "\(node).yaml")
            }
            try await body(shared)
        }
        try server.remove(name)
    }

    /// Starts a node's run of a file of its own.
    func run(_ node: String, lines: Int) throws -> RollcallProcess {
        let first = 1 + 1_000 * (nodes.firstIndex(of: node) ?? 0)
        try installation.write(Accounts.csv(from: first, lines), to: "\(node).csv")
        return try installation.start(["run", "\(node).csv", "--config", "\(node).yaml"])
    }

    /// Starts a node's daemon and waits until its drop folder is open.
    func daemon(_ node: String) async throws -> RollcallProcess {
        let process = try installation.start(["daemon", "--config", "\(node).yaml"])
        await process.waitForError(containing: "the daemon is up")
        await process.waitForError(containing: "drop folder is open")
        return process
    }

    /// Runs `rollcall` with a node's settings to its end.
    func rollcall(_ arguments: String..., as node: String) async throws -> RollcallProcess.Ended {
        try await rollcall(arguments, as: node)
    }

    /// The same.
    func rollcall(_ arguments: [String], as node: String) async throws -> RollcallProcess.Ended {
        try await installation.start(arguments + ["--config", "\(node).yaml"]).wait()
    }

    /// Runs statements behind the nodes' backs.
    func run(_ sql: String) throws { _ = try rows(sql) }

    /// The rows of a statement, a line each, with a bar between two values.
    func rows(_ sql: String) throws -> [String] { try PostgreSQLServer.shared.get().run(sql, in: name) }

    /// No request was read twice, but for so many that an operator sent again, and every call is in the ledger.
    func expectNothingTwice(_ attempts: [AttemptView], but again: Int = 0) throws {
        let repeats = installation.emulator.calls.byRequest.values.reduce(0) { $0 + $1 - 1 }
        #expect(repeats == again)
        let answered = attempts.count { $0.httpStatus != nil }
        let unknown = attempts.count { $0.billable == .unknown && $0.httpStatus == nil }
        #expect((answered...answered + unknown).contains(installation.emulator.calls.total))
        let logged = Set(try installation.calls().map(\.correlationID))
        #expect(Set(attempts.compactMap(\.correlationID)).isSubset(of: logged))
    }

    /// All batches, in the order of their files, and all attempts.
    func ledger() async throws -> (batches: [Batch], attempts: [AttemptView]) {
        try await reading { store in
            let batches = try await store.batches().sorted { $0.fileName < $1.fileName }
            var attempts: [AttemptView] = []
            for batch in batches { attempts += try await installation.ledger(of: batch, in: store) }
            return (batches, attempts)
        }
    }

    /// Reads from the database, beside whoever runs.
    func reading<T: Sendable>(_ body: (RecordStore) async throws -> T) async throws -> T {
        let store = try await StoreDescription(
            engine: .postgreSQL(url: url, passwordFile: nil), sealingKey: installation.file("secrets/sealing.key"),
            keysFolder: installation.file("secrets"), endpoint: nil
        ).openForReading()
        let value = try await body(store)
        try await store.close()
        return value
    }
}
