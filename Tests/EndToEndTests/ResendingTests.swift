import Emulator
import Foundation
import RecordStore
import TestSupport
import Testing

extension EndToEnd.Calls {
    @Suite("Every way of sending again, in every state of a batch")
    struct ResendingTests {
        /// Where a batch stands of which lines 2, 3 and 4 were called: answered, failed, in doubt. Lines 5, 6 and 7 wait;
        /// they are answered in a completed batch, and cancelled in a cancelled one.
        enum Standing: String, CaseIterable, Sendable {
            case completed, interrupted, paused, halted, cancelled
        }

        /// A command, and the lines that it sends in each state in which it sends any.
        struct Way: Sendable {
            let command: String
            let sends: [Standing: Set<Int>]

            init(_ command: String, _ sends: [Standing: Set<Int>] = [:]) {
                (self.command, self.sends) = (command, sends)
            }

            /// Sends the same lines in several states.
            static func lines(_ lines: Set<Int>, in standings: Standing...) -> [Standing: Set<Int>] {
                Dictionary(uniqueKeysWithValues: standings.map { ($0, lines) })
            }
        }

        /// Nobody else runs the database. What is paused or halted waits for 'resume', which sends nothing by itself.
        static let ways = [
            Way("rerun day-1", Way.lines([3], in: .completed, .interrupted, .cancelled)),
            Way("rerun day-1 --lines 3-3", Way.lines([3], in: .completed, .interrupted, .cancelled)),
            Way("rerun day-1 --lines 2-5", Way.lines([3], in: .completed, .interrupted, .cancelled)),
            Way("rerun day-1 --lines 5-5"), Way("rerun day-1 --reason NONE_SUCH"),
            Way("rerun day-1 --status in_doubt"),
            Way("rerun day-1 --status in_doubt --yes", Way.lines([4], in: .completed, .interrupted, .cancelled)),
            Way("rerun day-1 --status cancelled", [.cancelled: [5, 6, 7]]),
            Way("rerun day-1 --status cancelled --lines 6-6", [.cancelled: [6]]),
            Way(
                "rerun day-1 --status failed,in_doubt,cancelled --yes",
                [.completed: [3, 4], .interrupted: [3, 4], .cancelled: [3, 4, 5, 6, 7]]),
            Way("resolve day-1 --line 4 --as queued --yes"), Way("resolve day-1 --line 4 --as failed"),
            Way("run day.csv", Way.lines([5, 6, 7], in: .interrupted, .paused, .halted)),
            Way("submit day.csv"), Way("start day-1"), Way("resume day-1"), Way("pause day-1"),
        ]

        @Test("A command sends what it names and nothing else", arguments: Standing.allCases)
        func everyWay(standing: Standing) async throws {
            try await Self.with(standing) { installation, name in
                for way in Self.ways {
                    try await Self.restore(installation)
                    let before = try await Self.called(installation)
                    let calls = installation.emulator.calls.total
                    let ended = try await installation.start(way.command.components(separatedBy: " ")).wait()
                    let sent = try await Self.called(installation).subtracting(before)
                    let comment: Comment = "\(name): \(way.command): \(ended.errors)"
                    #expect(Set(sent.map(\.line)) == way.sends[standing] ?? [], comment)
                    #expect(installation.emulator.calls.total - calls == sent.count, comment)
                }
            }
        }

        @Test("A batch that waits for confirmation sends nothing before it is confirmed, whatever is named")
        func awaitingConfirmation() async throws {
            try await EndToEndInstallation.with(settings: EndToEndInstallation.fast + "confirm_above: { calls: 1 }\n") {
                installation in
                try installation.write(Accounts.csv(3), to: "day.csv")
                #expect(try await installation.rollcall("run", "day.csv").status == 3)
                for command in ["rerun day-1", "rerun day-1 --status failed,in_doubt,cancelled --lines 2-3 --yes"] {
                    let refused = try await installation.start(command.components(separatedBy: " ")).wait()
                    #expect(refused.status == 3 && refused.errors.contains("run its file again"), "\(refused.errors)")
                }
                for command in ["submit day.csv", "start day-1"] {
                    _ = try await installation.start(command.components(separatedBy: " ")).wait()
                }
                #expect(installation.emulator.calls.total == 0)
                #expect(try await installation.rollcall("run", "day.csv").status == 0)
                #expect(installation.emulator.calls.total == 3)
            }
        }

        @Test(
            "What was named where a batch stands still is sent by whatever continues with it, with the rest",
            arguments: [Standing.paused, .halted])
        func namedThenResumed(standing: Standing) async throws {
            try await Self.with(standing) { installation, _ in
                let before = try await Self.called(installation)
                let named = try await installation.rollcall("rerun", "day-1", "--lines", "3-3")
                #expect(named.status == 3, "\(named.errors)")
                #expect(
                    named.errors.contains("'rollcall resume day-1' sends it and 3 other records"), "\(named.errors)")
                #expect(try await Self.called(installation) == before)
                #expect(try await installation.rollcall("resume", "day-1").status == 0)
                let ended = try await installation.rollcall("run", "day.csv")
                #expect(ended.status == 4, "\(ended.errors)")
                #expect(try await Set(Self.called(installation).subtracting(before).map(\.line)) == [3, 5, 6, 7])
            }
        }

        @Test("In an interrupted batch the others wait, which is said, and continue with the file")
        func interrupted() async throws {
            try await Self.with(.interrupted) { installation, _ in
                let rerun = try await installation.rollcall("rerun", "day-1", "--lines", "3-3", "--json")
                #expect(rerun.status == 3, "\(rerun.errors)")
                #expect(rerun.errors.contains("3 other records waiting there are not sent"), "\(rerun.errors)")
                #expect(rerun.output.contains(#""state":"running""#), "\(rerun.output)")
                let resolved = try await installation.rollcall(
                    "resolve", "day-1", "--line", "4", "--as", "queued", "--yes")
                let alone = "'rollcall rerun day-1 --status in_doubt --lines 4-4' sends what was resolved"
                #expect(resolved.errors.contains(alone), "\(resolved.errors)")
                let before = try await Self.called(installation)
                let one = try await installation.rollcall("rerun", "day-1", "--status", "in_doubt", "--lines", "4-4")
                #expect(one.status == 3, "\(one.errors)")
                #expect(try await Set(Self.called(installation).subtracting(before).map(\.line)) == [4])
                let ended = try await installation.rollcall("run", "day.csv")
                #expect(ended.status == 0, "\(ended.errors)")
                let accounting = try await Accounting(installation, batch: "day-1")
                try accounting.expectEveryLineAccounted(total: 6)
                accounting.expectCallsEqual()
                #expect(accounting.batch.counts.succeeded == 6 && accounting.calls.count == 8)
            }
        }

        @Test("After a cancel the rest is sent by rerun, and what was answered is not paid again")
        func cancelled() async throws {
            try await Self.with(.cancelled) { installation, _ in
                let refused = try await installation.rollcall("run", "day.csv")
                #expect(refused.status == 65 && !refused.errors.contains("--again"), "\(refused.errors)")
                #expect(refused.errors.contains("'rollcall rerun day-1 --status cancelled' sends its 3 cancelled"))
                let rerun = try await installation.rollcall("rerun", "day-1", "--status", "cancelled")
                #expect(rerun.status == 4, "\(rerun.errors)")
                let accounting = try await Accounting(installation, batch: "day-1")
                try accounting.expectEveryLineAccounted(total: 6)
                accounting.expectCallsEqual()
                let counts = accounting.batch.counts
                #expect(accounting.batch.state == .completed && accounting.calls.count == 6)
                #expect(counts.succeeded == 4 && counts.failed == 1 && counts.inDoubt == 1 && counts.cancelled == 0)
            }
        }

        @Test("What was sent by way of cancelled.csv is not sent by rerun as well, unless somebody says so")
        func cancelledFile() async throws {
            try await Self.with(.cancelled) { installation, _ in
                try installation.write(installation.text("out/day-1/cancelled.csv"), to: "rest.csv")
                #expect(try await installation.rollcall("run", "rest.csv").status == 0)
                #expect(installation.emulator.calls.total == 6)
                let refused = try await installation.rollcall("rerun", "day-1", "--status", "cancelled")
                #expect(refused.status == 3 && refused.errors.contains("--yes"), "\(refused.errors)")
                #expect(refused.errors.contains("3 cancelled records were answered since in another batch"))
                #expect(installation.emulator.calls.total == 6)
                let agreed = try await installation.rollcall(
                    "rerun", "day-1", "--status", "cancelled", "--lines", "6-6", "--yes")
                #expect(agreed.status == 4, "\(agreed.errors)")
                #expect(installation.emulator.calls.total == 7)
            }
        }

        @Test("Beside a daemon, too")
        func besideADaemon() async throws {
            try await Self.with(.cancelled) { installation, _ in
                let daemon = try await installation.daemon(folders: 0)
                let rerun = try await installation.rollcall(
                    "rerun", "day-1", "--status", "cancelled", "--lines", "6-7")
                #expect(rerun.status == 4, "\(rerun.errors)")
                #expect(try await Set(Self.called(installation).map(\.line)) == [2, 3, 4, 6, 7])
                let rest = try await installation.rollcall("rerun", "day-1", "--status", "failed,cancelled", "--json")
                #expect(rest.status == 4, "\(rest.errors)")
                try await installation.end(daemon)
                let accounting = try await Accounting(installation, batch: "day-1")
                try accounting.expectEveryLineAccounted(total: 6)
                accounting.expectCallsEqual()
                #expect(accounting.batch.counts.succeeded == 5 && accounting.calls.count == 7)
            }
        }

        @Test("A rerun that was stopped continues with the same command, and only with what it named")
        func stoppedRerun() async throws {
            let box = ProcessBox()
            var knobs = EmulatorConfiguration()
            knobs.onCall = { call in if call == 6 { box.signal(SIGTERM) } }
            let settings = EndToEndInstallation.fast.replacing(
                "concurrency: 16", with: "concurrency: 1, batch_calls: 4")
            try await EndToEndInstallation.with(knobs, settings: settings) { installation in
                let scenarios = (1...4).map { "iia+400x1.\($0)" } + ["five", "six"]
                try installation.write(Accounts.csv(scenarios: scenarios), to: "day.csv")
                #expect(try await installation.rollcall("run", "day.csv").status == 3)
                #expect(try await installation.rollcall("resume", "day-1").status == 0)
                let more = ["ROLLCALL_LIMITS_BATCH_CALLS": "100"]
                let process = try installation.start(["rerun", "day-1"], environment: more)
                box.put(process)
                let stopped = try await process.wait()
                #expect(stopped.status == 3 && stopped.errors.contains("same command again"), "\(stopped.errors)")
                let again = try await installation.rollcall("rerun", "day-1", environment: more)
                #expect(again.errors.contains("queued again before, and not sent yet"), "\(again.errors)")
                let accounting = try await Accounting(installation, batch: "day-1")
                accounting.expectCallsEqual()
                #expect(accounting.batch.counts.succeeded == 4 && accounting.batch.counts.queued == 2)
                #expect(accounting.calls.count == 8)
            }
        }
    }
}

extension EndToEnd.Calls.ResendingTests {
    private static let kept = ["var", "out"]
    private static let trace = "secrets/ledger.trace"

    /// An installation with a batch that stands so, of which a copy is kept.
    private static func with(
        _ standing: Standing, _ body: @Sendable (EndToEndInstallation, String) async throws -> Void
    ) async throws {
        let settings = EndToEndInstallation.fast.replacing("limits: {", with: "limits: { batch_calls: 3,")
        try await EndToEndInstallation.with(settings: settings + "daemon: { poll: 50ms }\n") { installation in
            try installation.makeFolder("jobs")
            let scenarios = ["two", "iia+400x1", "iia+resetx1", "five", "six", "seven"]
            try installation.write(Accounts.csv(scenarios: scenarios), to: "day.csv")
            #expect(try await installation.rollcall("run", "day.csv").status == 3)
            try installation.write(
                installation.text("rollcall.yaml").replacing("batch_calls: 3", with: "batch_calls: 100"),
                to: "rollcall.yaml")
            switch standing {
            case .completed: #expect(try await installation.rollcall("run", "day.csv").status == 4)
            case .interrupted: #expect(try await installation.rollcall("resume", "day-1").status == 0)
            case .paused: break
            case .halted: try await halt(installation)
            case .cancelled: #expect(try await installation.rollcall("cancel", "day-1").status == 0)
            }
            try FileManager.default.createDirectory(
                atPath: installation.file("kept"), withIntermediateDirectories: false)
            for folder in kept where FileManager.default.fileExists(atPath: installation.file(folder)) {
                try FileManager.default.copyItem(
                    atPath: installation.file(folder), toPath: installation.file("kept/\(folder)"))
            }
            try FileManager.default.copyItem(
                atPath: installation.file(trace), toPath: installation.file("kept/ledger.trace"))
            try await body(installation, standing.rawValue)
        }
    }

    private static func halt(_ installation: EndToEndInstallation) async throws {
        let store = try await installation.database.openForOperating()
        let batch = try #require(try await store.batch(named: "day-1"))
        try await store.setState(batch.id, to: .running, reason: nil)
        try await store.setState(batch.id, to: .halted, reason: "something is wrong")
        try await store.close()
    }

    /// Puts the installation back to where it was before any command.
    private static func restore(_ installation: EndToEndInstallation) async throws {
        let files = FileManager.default
        for folder in kept {
            if files.fileExists(atPath: installation.file(folder)) {
                try files.removeItem(atPath: installation.file(folder))
            }
            if files.fileExists(atPath: installation.file("kept/\(folder)")) {
                try files.copyItem(
                    atPath: installation.file("kept/\(folder)"), toPath: installation.file(folder))
            }
        }
        // Into the file that is there: a copy in its place would be noticed.
        let trace = try FileHandle(forWritingTo: URL(fileURLWithPath: installation.file(trace)))
        try trace.truncate(atOffset: 0)
        try trace.write(contentsOf: Data(contentsOf: URL(fileURLWithPath: installation.file("kept/ledger.trace"))))
        try trace.close()
    }

    /// A call of the ledger.
    struct LedgerCall: Hashable, Sendable {
        let line: Int
        let number: Int
    }

    /// All calls of the batch that stand in the ledger.
    private static func called(_ installation: EndToEndInstallation) async throws -> Set<LedgerCall> {
        let rows = try await installation.reading { store in
            let batch = try #require(try await store.batch(named: "day-1"))
            return try await installation.ledger(of: batch, in: store).filter(\.countsAsCall)
        }
        return Set(rows.map { LedgerCall(line: $0.record.line, number: $0.number) })
    }
}
