import Basics
import Emulator
import Foundation
import RecordStore
import TestSupport
import Testing

extension EndToEnd.Sharing {
    @Suite("Several runners on one PostgreSQL database and one drop folder")
    struct SharedFoldersTests {
        private static let job = "source: { path: drop, settle: 50ms }\n"
        private static let goesOn = "nodes have ended: this one goes on"
        /// A file that is taken in by several transactions: 20 lines to be sent, and 12,000 that are refused before.
        private static var longFile: String {
            let refused = (100..<12_100).map { Accounts.line($0).replacing("account-\($0)", with: "NULL") }
            return Accounts.header + (1...20).map { Accounts.line($0) }.joined() + refused.joined()
        }

        @Test("Three daemons take the files of one folder in: each file is one batch, each line has one answer")
        func anyNode() async throws {
            try await SharedInstallation.with(nodes: ["a", "b", "c"], sharing: Self.job) { shared in
                var daemons: [RollcallProcess] = []
                for node in shared.nodes { daemons.append(try await shared.daemon(node)) }
                for number in 1...12 {
                    try shared.installation.drop(
                        Accounts.csv(from: number * 1_000, 15), as: "f\(number).csv", into: "drop/inbox")
                }
                try await shared.awaitArchive(of: 12)
                // The same content under another name, wherever it is seen.
                try shared.installation.drop(Accounts.csv(from: 1_000, 15), as: "again.csv", into: "drop/inbox")
                try await waitUntil { try shared.installation.names(in: "drop/rejected").contains("again.csv") }
                for daemon in daemons { try await shared.installation.end(daemon) }
                try await shared.expectWhole(lines: Array(repeating: 15, count: 12))
                #expect(shared.installation.emulator.calls.total == 180)
                // What one node ran another shows, and writes again.
                for node in shared.nodes {
                    let name = try shared.value("SELECT name FROM rollcall.batches ORDER BY id LIMIT 1")
                    let report = try await shared.rollcall("report", name, as: node)
                    #expect(report.status == 0 && report.output.contains("drop/out/"), "\(report.errors)")
                    let status = try await shared.rollcall("status", name, as: node)
                    #expect(status.status == 0 && status.output.contains("drop/out/"), "\(status.output)")
                }
                #expect(try shared.installation.names(in: "drop/working").isEmpty)
                #expect(try shared.installation.names(in: "drop/inbox").filter { !$0.contains("again") }.isEmpty)
            }
        }

        @Test("A daemon is killed while it takes a file in: another reads it to its end")
        func killedWhileReading() async throws {
            try await SharedInstallation.with(nodes: ["a", "b"], sharing: Self.job + "max_invalid: 100%\n") { shared in
                let a = try await shared.daemon("a")
                let b = try await shared.daemon("b")
                try shared.holdReading()
                try shared.installation.drop(Self.longFile, as: "day.csv", into: "drop/inbox")
                try await waitUntil { try shared.has("rollcall.batches WHERE checkpoint_line > 1 AND ingested = 0") }
                let (victim, other) = try shared.home() == "a" ? (a, b) : (b, a)
                try await shared.kill(victim)
                await other.waitForError(containing: Self.goesOn)
                try await shared.awaitArchive(of: 1)
                try await shared.installation.end(other)
                let ledger = try await shared.ledger()
                #expect(ledger.batches.map(\.counts.total) == [12_020] && ledger.batches.map(\.state) == [.completed])
                #expect(ledger.batches.map(\.counts.succeeded) == [20])
                #expect(shared.installation.emulator.calls.total == 20)
                try shared.expectNothingTwice(ledger.attempts)
                try shared.expectResults(lines: [12_020])
            }
        }

        @Test("A daemon is killed in the middle of its calls: another sends the rest, and nothing twice")
        func killedWhileSending() async throws {
            let executioner = ProcessKiller()
            var knobs = EmulatorConfiguration()
            knobs.latency = .milliseconds(5)
            knobs.onCall = { executioner.saw($0) }
            try await SharedInstallation.with(knobs, nodes: ["a", "b"], sharing: Self.job) { shared in
                let a = try await shared.daemon("a")
                executioner.condemn(a, at: 40)
                try shared.installation.drop(Accounts.csv(200), as: "day.csv", into: "drop/inbox")
                #expect(try await a.wait().status == -SIGKILL)
                let b = try await shared.daemon("b")
                try shared.endLeases()
                await b.waitForError(containing: Self.goesOn)
                try await shared.awaitArchive(of: 1)
                // It comes back, and finds that nothing is left to it.
                let back = try await shared.daemon("a")
                for daemon in [back, b] { try await shared.installation.end(daemon) }
                let ledger = try await shared.ledger()
                #expect(ledger.batches.count == 1)
                for batch in ledger.batches {
                    #expect(batch.state == .completed && batch.counts.succeeded + batch.counts.inDoubt == 200)
                }
                try shared.expectNothingTwice(ledger.attempts)
                try shared.expectResults(lines: [200])
            }
        }

        @Test("A daemon stands still past its lease and comes back: what others took over it leaves to them")
        func stoodStill() async throws {
            let executioner = ProcessKiller()
            let (stopped, continuation) = AsyncStream<Void>.makeStream()
            var knobs = EmulatorConfiguration()
            knobs.latency = .milliseconds(5)
            knobs.onCall = { call in
                executioner.saw(call)
                if call == 40 { continuation.yield() }
            }
            try await SharedInstallation.with(knobs, nodes: ["a", "b"], sharing: Self.job) { shared in
                let a = try await shared.daemon("a")
                executioner.condemn(a, at: 40, by: SIGSTOP)
                try shared.installation.drop(Accounts.csv(300), as: "day.csv", into: "drop/inbox")
                for await _ in stopped { break }
                let b = try await shared.daemon("b")
                try shared.run("UPDATE rollcall.nodes SET lease_until_us = 0 WHERE pid = \(a.identifier)")
                await b.waitForError(containing: Self.goesOn)
                try await shared.awaitArchive(of: 1)
                a.signal(SIGCONT)
                // It is heard of again, and takes part as before.
                try await waitUntil {
                    try shared.has("rollcall.nodes WHERE pid = \(a.identifier) AND lease_until_us > 0")
                }
                try shared.installation.drop(Accounts.csv(from: 1_000, 20), as: "later.csv", into: "drop/inbox")
                try await shared.awaitArchive(of: 2)
                for daemon in [a, b] { try await shared.installation.end(daemon) }
                let ledger = try await shared.ledger()
                #expect(ledger.batches.map(\.counts.total) == [300, 20])
                for batch in ledger.batches {
                    let counts = batch.counts
                    #expect(batch.state == .completed && counts.inFlight == 0)
                    // What had been claimed and had not left when it stood still never does, and the batch is over by then.
                    #expect(counts.succeeded + counts.inDoubt + counts.failed == counts.total)
                    #expect(counts.failed <= ledger.attempts.count { $0.record.batch == batch.id && !$0.countsAsCall })
                }
                try shared.expectNothingTwice(ledger.attempts)
                try shared.expectResults(lines: [300, 20])
            }
        }

        @Test("A daemon is killed between the last answer and the results: another writes them")
        func killedBeforeResults() async throws {
            try await SharedInstallation.with(nodes: ["a", "b"], sharing: Self.job) { shared in
                let (a, b) = (try await shared.daemon("a"), try await shared.daemon("b"))
                // No results can be written there.
                try FileManager.default.removeItem(atPath: shared.installation.file("drop/out"))
                try shared.installation.write("", to: "drop/out")
                try shared.installation.drop(Accounts.csv(20), as: "day.csv", into: "drop/inbox")
                try await waitUntil { try shared.has("rollcall.batches WHERE finished_at IS NOT NULL") }
                let (victim, other) = try shared.home() == "a" ? (a, b) : (b, a)
                await victim.waitForError(containing: "results could not be written")
                try await shared.kill(victim)
                try FileManager.default.removeItem(atPath: shared.installation.file("drop/out"))
                try shared.installation.makeFolder("drop/out")
                await other.waitForError(containing: Self.goesOn)
                try await shared.awaitArchive(of: 1)
                try await shared.installation.end(other)
                try await shared.expectWhole(lines: [20])
                #expect(shared.installation.emulator.calls.total == 20)
            }
        }

        @Test("A due time is one node's; where that is killed before all is taken in, another does it, once")
        func dueTime() async throws {
            let job = "schedule: \"* * * * *\"\nsource: { path: drop, settle: 3s }\n"
            try await SharedInstallation.with(nodes: ["a", "b", "c"], sharing: job) { shared in
                var daemons: [String: RollcallProcess] = [:]
                for node in shared.nodes { daemons[node] = try await shared.daemon(node) }
                // It is being written until after it was due, so that it is not whole yet.
                try await waitUntil {
                    try shared.installation.write(Accounts.csv(30), to: "drop/inbox/day.csv")
                    return try shared.has("rollcall.schedule_runs WHERE finished_at IS NULL")
                }
                let due = try shared.value("SELECT due FROM rollcall.schedule_runs WHERE finished_at IS NULL")
                let taker = try shared.value(
                    "SELECT name FROM rollcall.nodes WHERE id = (SELECT node_id FROM rollcall.schedule_runs WHERE due = \(due))"
                )
                let victim = try #require(daemons[taker])
                daemons[taker] = nil
                try await shared.kill(victim)
                try await shared.awaitArchive(of: 1)
                try await waitUntil {
                    try shared.has("rollcall.schedule_runs WHERE due >= \(due) AND finished_at IS NOT NULL")
                }
                for daemon in daemons.values { try await shared.installation.end(daemon) }
                let takers = daemons.values.count {
                    $0.errorsSoFar.contains("a due time that was begun is gone on with")
                }
                #expect(takers == 1)
                try await shared.expectWhole(lines: [30])
                #expect(shared.installation.emulator.calls.total == 30)
            }
        }

        @Test("A file that a pattern names is read at a due time; where its node is killed, another reads on, once")
        func pattern() async throws {
            let source = "source: { glob: incoming/*.csv, settle: 50ms }\nafter: archive\n"
            // Once, half a minute from now at the earliest, when both are up.
            let due = Int(Date.now.timeIntervalSince1970 + 90) / 60
            let times = "\(due % 60) \(due / 60 % 24) * * *"
            let job = "schedule: \"\(times)\"\ntime_zone: UTC\nmax_invalid: 100%\n" + source
            try await SharedInstallation.with(nodes: ["a", "b"], sharing: job) { shared in
                try shared.installation.makeFolder("incoming")
                try shared.installation.write(Self.longFile, to: "incoming/day.csv")
                var daemons: [RollcallProcess] = []
                for node in shared.nodes {
                    let daemon = try shared.installation.start(["daemon", "--config", "\(node).yaml"])
                    await daemon.waitForError(containing: "the daemon is up")
                    daemons.append(daemon)
                }
                try shared.holdReading()
                try await waitUntil { try shared.has("rollcall.batches WHERE checkpoint_line > 1 AND ingested = 0") }
                let (victim, other) = try shared.home() == "a" ? (daemons[0], daemons[1]) : (daemons[1], daemons[0])
                try await shared.kill(victim)
                await other.waitForError(containing: Self.goesOn)
                await other.waitForError(containing: "a due time that was begun is gone on with")
                await other.waitForError(containing: "batch is over")
                let open = "rollcall.schedule_runs WHERE finished_at IS NULL"
                try await waitUntil { try !shared.has("rollcall.claimed_files") && !shared.has(open) }
                #expect(!other.errorsSoFar.contains("no file for a job that is due"))
                try await shared.installation.end(other)
                let ledger = try await shared.ledger()
                #expect(ledger.batches.map(\.counts.total) == [12_020] && ledger.batches.map(\.state) == [.completed])
                #expect(shared.installation.emulator.calls.total == 20)
                try shared.expectNothingTwice(ledger.attempts)
                #expect(try shared.installation.names(in: "incoming/archive") == ["day.csv"])
            }
        }

        @Test("Where the database is a file, or another node shares no folders, that is refused with words")
        func refused() async throws {
            try await EndToEndInstallation.with(settings: "shared_folders: true\n") { installation in
                try installation.write(Accounts.csv(1), to: "day.csv")
                let ended = try await installation.rollcall("run", "day.csv")
                #expect(ended.status == 78 && ended.errors.contains("shared_folders is for several runners"))
            }
            try await SharedInstallation.with(nodes: ["a", "b"], sharing: Self.job) { shared in
                let a = try await shared.daemon("a")
                let settings = try shared.installation.text("b.yaml")
                try shared.installation.write(
                    settings.replacing("shared_folders: true", with: "shared_folders: false"), to: "b.yaml")
                try shared.installation.write(Accounts.csv(1), to: "day.csv")
                let ended = try await shared.rollcall("run", "day.csv", as: "b")
                #expect(ended.status == 78 && ended.errors.contains("shared_folders is false"), "\(ended.errors)")
                try await shared.installation.end(a)
            }
        }
    }
}

extension SharedInstallation {
    /// The first column of the only row of a query.
    fileprivate func value(_ sql: String) throws -> String {
        try #require(try PostgreSQLServer.shared.get().run(sql, in: name).first)
    }

    /// Whether a table has such rows.
    fileprivate func has(_ rows: String) throws -> Bool {
        try !PostgreSQLServer.shared.get().run("SELECT 1 FROM \(rows) LIMIT 1", in: name).isEmpty
    }

    /// The node that runs the only batch.
    fileprivate func home() throws -> String {
        try value("SELECT name FROM rollcall.nodes WHERE id = (SELECT home_node FROM rollcall.batches)")
    }

    /// Holds who takes a file in back after its first transaction, until somebody is killed.
    fileprivate func holdReading() throws {
        try run(
            """
            CREATE TABLE public.held ();
            CREATE FUNCTION public.wait() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
                WHILE to_regclass('public.held') IS NOT NULL LOOP PERFORM pg_sleep(0.01); END LOOP;
                RETURN NEW;
            END $$;
            CREATE TRIGGER held BEFORE UPDATE OF checkpoint_line ON rollcall.batches FOR EACH ROW
                WHEN (OLD.checkpoint_line > 1) EXECUTE FUNCTION public.wait()
            """)
    }

    /// Kills a daemon, and lets its lease be over at once.
    fileprivate func kill(_ daemon: RollcallProcess) async throws {
        daemon.signal(SIGKILL)
        _ = try await daemon.wait()
        try run("DROP TABLE IF EXISTS public.held")
        try run("UPDATE rollcall.nodes SET lease_until_us = 0 WHERE pid = \(daemon.identifier)")
    }

    /// Lets the leases of processes that have ended be over at once.
    fileprivate func endLeases() throws {
        for pid in try PostgreSQLServer.shared.get().run("SELECT pid FROM rollcall.nodes", in: name) {
            guard let number = pid_t(pid), Foundation.kill(number, 0) != 0 else { continue }
            try run("UPDATE rollcall.nodes SET lease_until_us = 0 WHERE pid = \(number)")
        }
    }

    /// Waits until so many files were put away.
    fileprivate func awaitArchive(of count: Int) async throws {
        try await waitUntil {
            try installation.names(in: "drop/archive").count == count
                && !has("rollcall.claimed_files") && !has("rollcall.batches WHERE results_for IS NULL")
        }
    }

    /// Every line of every batch has one answer, every call is in the ledger, and every file of results is whole.
    fileprivate func expectWhole(lines: [Int]) async throws {
        let ledger = try await ledger()
        #expect(ledger.batches.map(\.counts.total) == lines)
        #expect(ledger.batches.allSatisfy { $0.state == .completed && $0.counts.succeeded == $0.counts.total })
        try expectNothingTwice(ledger.attempts)
        try expectResults(lines: lines)
    }

    /// Each batch has a folder with whole results, and nothing half-written lies there.
    fileprivate func expectResults(lines: [Int]) throws {
        let folders = try installation.names(in: "drop/out")
        #expect(folders.count == lines.count)
        var found: [Int] = []
        for folder in folders {
            let names = try installation.names(in: "drop/out/\(folder)")
            #expect(names.contains("summary.json") && !names.contains { $0.contains(".tmp") }, "\(names)")
            let rows = try installation.text("drop/out/\(folder)/results.csv").split(separator: "\n")
            found.append(rows.count - 1)
        }
        #expect(found.sorted() == lines.sorted())
    }
}
