import Basics
import Emulator
import Foundation
import OpenSSL
import RecordStore
import Testing

extension EndToEnd.Commands {
    @Suite("Command lines in messages")
    struct HintTests {
        private static let settings =
            EndToEndInstallation.fast + "confirm_above: { calls: 3 }\ndaemon: { poll: 50ms }\n"
        /// What a command may end with that did what it says: finished, or waiting for somebody.
        private static let done: Set<Int32> = [0, 2, 3, 4]

        @Test("Each kind works as printed, from any folder", .timeLimit(.minutes(15)))
        func everyKind() async throws {
            try await EndToEndInstallation.with(settings: Self.settings) { installation in
                try await prepare(installation)
                try await Hint.$config.withValue(installation.file("rollcall.yaml")) {
                    var hint = Self.next(after: nil, in: installation)
                    while let current = hint {
                        let ended = try await run(current, in: installation)
                        let isUnderstood = Self.done.contains(ended.status) || Self.isOfServers(current, ended)
                        #expect(isUnderstood, "\(current): \(ended.status), \(ended.errors)")
                        hint = Self.next(after: current, in: installation)
                    }
                }
            }
        }

        /// Whether a command was understood, and refused because the database is a file.
        private static func isOfServers(_ hint: Hint, _ ended: RollcallProcess.Ended) -> Bool {
            switch hint {
            case .retire, .move: ended.errors.contains("PostgreSQL")
            default: false
            }
        }

        /// The kinds one after the other; the compiler asks for the place of one that is new.
        private static func next(after hint: Hint?, in installation: EndToEndInstallation) -> Hint? {
            switch hint {
            case nil: .status()
            case .status(nil): .status(batch: "bad-1")
            case .status: .records(batch: "bad-1", status: "failed")
            case .records: .doctor
            case .doctor: .jobsList
            case .jobsList: .verifyAudit(head: String(repeating: "0", count: 64))
            case .verifyAudit: .export(batch: "bad-1")
            case .export: .start(batch: "wait-2")
            case .start: .resume(batch: "paused-3")
            case .resume: .resumeAfterRestore
            case .resumeAfterRestore: .cancel(batch: "given up-4".replacing(" ", with: "-"))
            case .cancel: .check(file: installation.file("it's new.csv"))
            case .check: .run(files: [installation.file("it's new.csv")])
            case .run(_, _, false): .run(files: [installation.file("it's new.csv")], again: true)
            case .run: .submit(file: installation.file("other.csv"))
            case .submit(_, _, false): .submit(file: installation.file("other.csv"), again: true)
            case .submit: .resolve(batch: "bad-1", line: 3, decision: "failed")
            case .resolve(_, nil, _, _): .keysFingerprint(file: installation.file("pki/encryption.pem"))
            case .resolve(_, _, "failed", _): .resolve(batch: "bad-1", line: 4, decision: "queued", agreed: true)
            case .resolve: .rerun(batch: "bad-1")
            case .rerun(_, nil, _, _): .rerun(batch: "bad-1", status: "in_doubt", agreed: true)
            case .rerun(_, _, nil, _): .rerun(batch: "bad-1", status: "failed,cancelled", lines: "5-5")
            case .rerun: .resolve(batch: "bad-1", decision: "failed")
            case .keysFingerprint: .daemon
            case .daemon: .emulator(listen: "127.0.0.1:0", folder: installation.file("iia"))
            case .emulator: .adminToken
            case .adminToken: .migrate
            case .migrate: .retire(node: "b")
            case .retire: .move(to: installation.file("elsewhere.sqlite"))
            case .move: .settings
            case .settings: .help(["jobs", "list"])
            case .help: nil
            }
        }

        /// Batches in every state that a hint speaks of.
        private func prepare(_ installation: EndToEndInstallation) async throws {
            let bad = ["plain", "iia+reset", "iia+resetx1", "iia+400x1"]
            try installation.write(Accounts.csv(scenarios: bad), to: "bad.csv")
            try installation.write(Accounts.csv(from: 10, 4), to: "wait.csv")
            for (number, name) in ["paused", "given up", "it's new", "other"].enumerated() {
                try installation.write(Accounts.csv(from: 20 + number, 1), to: "\(name).csv")
            }
            #expect(try await installation.rollcall("run", "bad.csv", "--yes").status == 4)
            #expect(try await installation.rollcall("run", "wait.csv").status == 3)
            #expect(try await installation.rollcall("submit", "paused.csv", "given up.csv").status == 0)
            #expect(try await installation.rollcall("pause", "paused-3").status == 0)
        }

        @Test("Every one that a message holds works as printed, and names the settings", .timeLimit(.minutes(15)))
        func everyMessage() async throws {
            try await EndToEndInstallation.with(settings: Self.settings) { installation in
                var found = Set<Substring>()
                for command in try await Self.commands(in: installation) {
                    let ended = try await installation.rollcall(command, config: "./rollcall.yaml")
                    let hints = (ended.output + ended.errors).matches(of: /'(rollcall [^']+)'/).map(\.output.1)
                    found.formUnion(hints)
                }
                let kinds = Set(found.map { $0.split(separator: " ")[1] })
                #expect(
                    kinds.isSuperset(of: ["daemon", "help", "jobs", "rerun", "resolve", "resume", "start", "status"]),
                    "\(kinds)")
                for hint in found.sorted() {
                    let isOfSettings = !hint.hasPrefix("rollcall help")
                    #expect(hint.hasSuffix("--config \(installation.path)/rollcall.yaml") == isOfSettings, "\(hint)")
                    if hint.hasPrefix("rollcall daemon") { continue }
                    let ended = try await Self.shell(String(hint)).wait()
                    #expect(Self.done.contains(ended.status), "\(hint): \(ended.status), \(ended.errors)")
                }
            }
        }

        /// Commands that bring about as many messages as one installation can.
        private static func commands(in installation: EndToEndInstallation) async throws -> [[String]] {
            let bad = ["plain", "iia+reset", "iia+400x9"]
            try installation.write(Accounts.csv(scenarios: bad), to: "bad.csv")
            try installation.write(Accounts.csv(scenarios: bad) + "\n", to: "bad again.csv")
            for (number, name) in ["wait", "done", "sub", "capped", "halted"].enumerated() {
                try installation.write(
                    Accounts.csv(from: 100 * number + 100, name == "wait" ? 4 : 2), to: "\(name).csv")
            }
            try installation.makeFolder("jobs")
            try installation.write(
                "schedule: \"@daily\"\nrerun: { jobs: [nightly], younger_than: 1h }\n", to: "jobs/again.yaml")
            try installation.write("{}\n", to: "stray.yaml")
            return [
                ["status"], ["records", "bad-1"], ["backup", "copy"], ["jobs", "list"], ["jobs", "check"],
                ["run", "bad.csv"], ["run", "bad.csv"], ["run", "bad again.csv"], ["run", "wait.csv"],
                ["run", "done.csv"], ["run", "done.csv"], ["status"], ["status", "bad-1"], ["status", "nobody-9"],
                ["rerun", "bad-1", "--status", "in_doubt"], ["rerun", "bad-again-2", "--status", "in_doubt"],
                ["resolve", "bad-1", "--line", "3", "--as", "queued"], ["pause", "wait-3"], ["resume", "wait-3"],
                ["start", "done-4"], ["pause", "done-4"], ["status", "bad-again-2"], ["submit", "sub.csv"],
                ["pause", "sub-5"], ["start", "sub-5"],
                ["status", "sub-5"], ["rerun", "sub-5"], ["run", "sub.csv", "--rate", "0.5"], ["cancel", "sub-5"],
                ["resume", "sub-5"],
                ["submit", "halted.csv", "--job", "stray.yaml"], ["restore", "missing"],
                ["export", "nobody-9"], ["doctor"],
            ]
        }

        @Test("A halt ends in the command to run, as a cap's pause does", .timeLimit(.minutes(15)))
        func halts() async throws {
            try await EndToEndInstallation.with(settings: Self.settings) { installation in
                try installation.write(Accounts.csv(2), to: "capped.csv")
                try installation.write(Accounts.csv(from: 10, 2), to: "halted.csv")
                let cap = ["ROLLCALL_LIMITS_BATCH_CALLS": "1"]
                _ = try await installation.rollcall("run", "capped.csv", environment: cap)
                let other = try EmulatorDirectory(path: installation.file("other")).material(host: "127.0.0.1")
                try installation.write(other.client.chainPEM(), to: "pki/client.pem")
                try installation.write(other.client.keyPEM(), to: "pki/client.key")
                _ = try await installation.rollcall(["run", "halted.csv"], config: "rollcall.yaml")
                let store = try await installation.store()
                for name in ["capped-1", "halted-2"] {
                    let batch = try #require(try await store.batch(named: name))
                    let reason = try #require(batch.reason)
                    let config = name == "halted-2" ? " --config \(installation.path)/rollcall.yaml" : ""
                    #expect(reason.hasSuffix("'rollcall resume \(name)\(config)'."), "\(reason)")
                }
                try await store.close()
            }
        }

        @Test(
            "What the demonstration prints last works, once its emulator is started again as it says",
            .timeLimit(.minutes(15)))
        func demonstration() async throws {
            let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
                .deletingLastPathComponent()
            let folder = FileManager.default.temporaryDirectory.appending(path: "rollcall-demo-\(UUID().uuidString)")
            defer { try? FileManager.default.removeItem(at: folder) }
            let demo = try await RollcallProcess(["demo", "--dir", folder.path], in: root.path).wait()
            #expect(demo.status == 0, "\(demo.errors)")
            let start = try #require(demo.errors.firstMatch(of: /\$ (rollcall emulator .+)/)?.output.1)
            let emulator = try Self.shell("exec \(start)")
            await emulator.waitForOutput(containing: "Try next")
            let hints = Set((demo.output + demo.errors).matches(of: /'(rollcall [^']+)'/).map(\.output.1))
            #expect(hints.contains { $0.hasPrefix("rollcall rerun accounts-1 --status in_doubt --config /") })
            for hint in hints {
                let ended = try await Self.shell(String(hint)).wait()
                #expect(Self.done.contains(ended.status), "\(hint): \(ended.status), \(ended.errors)")
            }
            emulator.signal(SIGTERM)
            #expect(try await emulator.wait().status == 0)
        }

        @Test("ROLLCALL_CONFIG names the settings, an option goes before it, and hints say where they are")
        func variable() async throws {
            try await EndToEndInstallation.with(settings: Self.settings) { installation in
                try installation.write(Accounts.csv(4), to: "day.csv")
                let environment = ["ROLLCALL_CONFIG": installation.file("rollcall.yaml")]
                let waiting = try await RollcallProcess(
                    ["run", installation.file("day.csv")], environment: environment, in: "/"
                ).wait()
                #expect(waiting.status == 3, "\(waiting.errors)")
                let start = "'rollcall start day-1 --config \(installation.path)/rollcall.yaml'"
                #expect(waiting.errors.contains(start), "\(waiting.errors)")
                let refused = try await RollcallProcess(
                    ["status", "--config", "elsewhere.yaml"], environment: environment, in: installation.path
                ).wait()
                #expect(refused.status == 78 && refused.errors.contains("elsewhere.yaml"), "\(refused.errors)")
                let empty = try await installation.rollcall("status", environment: ["ROLLCALL_CONFIG": ""])
                #expect(empty.status == 0, "\(empty.errors)")
            }
        }

        /// Runs a hint as a person would who stands somewhere else; what runs until it is told to end, ends when it is up.
        private func run(_ hint: Hint, in installation: EndToEndInstallation) async throws -> RollcallProcess.Ended {
            let process = try Self.shell("exec " + hint.commandLine)
            switch hint {
            case .daemon:
                await process.waitForError(containing: "the daemon is up")
                process.signal(SIGTERM)
            case .emulator:
                await process.waitForOutput(containing: "Try next")
                process.signal(SIGTERM)
            default: break
            }
            return try await process.wait()
        }

        private static func shell(_ line: String) throws -> RollcallProcess {
            let folder = RollcallProcess.executable.deletingLastPathComponent().path
            return try RollcallProcess(
                ["-c", line], environment: ["PATH": "\(folder):/usr/bin:/bin"], in: "/",
                executable: URL(filePath: "/bin/sh"))
        }
    }
}

extension EndToEndInstallation {
    /// Runs `rollcall` in this installation's folder to its end, with its settings named.
    fileprivate func rollcall(_ arguments: [String], config: String) async throws -> RollcallProcess.Ended {
        try await start(arguments + ["--config", config]).wait()
    }
}
