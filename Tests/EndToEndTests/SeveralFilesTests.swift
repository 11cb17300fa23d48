import Emulator
import Foundation
import JSON
import Testing

extension EndToEnd.Calls {
    @Suite("Several files in one command, some of them finished before")
    struct SeveralFilesTests {
        /// The batch and state that each line of JSON tells of.
        private static func told(_ output: String) throws -> [String] {
            try output.split(separator: "\n").map { line in
                let root = try JSONDocument(parsing: Array(line.utf8)).root
                return try #require(root["batch"]?["name"]?.string) + " " + #require(root["state"]?.string)
            }
        }

        /// Files `a.csv`, `b.csv` … of two lines each, and a folder for a daemon's jobs.
        private static func installed(
            _ names: [String], settings: String = EndToEndInstallation.fast + "daemon: { poll: 50ms }\n",
            _ body: @Sendable (EndToEndInstallation) async throws -> Void
        ) async throws {
            try await EndToEndInstallation.with(settings: settings) { installation in
                try installation.makeFolder("jobs")
                for (index, name) in names.enumerated() {
                    try installation.write(Accounts.csv(from: 10 * index, 2), to: "\(name).csv")
                }
                try await body(installation)
            }
        }

        @Test("run passes the finished over, names them, and runs the others; all finished is 65")
        func run() async throws {
            try await Self.installed(["a", "b", "c"]) { installation in
                #expect(try await installation.rollcall("run", "a.csv").status == 0)
                let ended = try await installation.rollcall("run", "a.csv", "b.csv", "a.csv", "c.csv", "--json")
                #expect(ended.status == 0, "\(ended.errors)")
                #expect(ended.errors.ranges(of: "a.csv was already run as a-1").count == 2, "\(ended.errors)")
                let lines = ["a-1 completed", "b-2 completed", "a-1 completed", "c-3 completed"]
                #expect(try Self.told(ended.output) == lines)
                #expect(installation.emulator.calls.total == 6)

                let finished = try await installation.rollcall("run", "a.csv", "b.csv", "--json")
                #expect(finished.status == 65, "\(finished.errors)")
                #expect(try Self.told(finished.output) == Array(lines.prefix(2)))
                for name in ["a.csv was already run as a-1", "b.csv was already run as b-2"] {
                    #expect(finished.errors.contains(name), "\(finished.errors)")
                }
                #expect(installation.emulator.calls.total == 6)
                for batch in ["a-1", "b-2", "c-3"] {
                    try await Accounting(installation, batch: batch).expectEveryLineAccounted(total: 2)
                }
            }
        }

        @Test("A run that was cut short continues with the files it had not come to")
        func goesOn() async throws {
            let settings = EndToEndInstallation.fast.replacing("limits: {", with: "limits: { daily_calls: 3,")
            try await Self.installed(["a", "b", "c"], settings: settings) { installation in
                let capped = try await installation.rollcall("run", "a.csv", "b.csv", "c.csv")
                #expect(capped.status == 3, "\(capped.errors)")
                #expect(installation.emulator.calls.total == 3)
                let ended = try await installation.rollcall(
                    "run", "a.csv", "b.csv", "c.csv", environment: ["ROLLCALL_LIMITS_DAILY_CALLS": "100"])
                #expect(ended.status == 0, "\(ended.errors)")
                #expect(installation.emulator.calls.total == 6)
            }
        }

        @Test("What is said of a finished file sends what is left of it and bills nothing twice")
        func advice() async throws {
            try await Self.installed([]) { installation in
                try installation.write(
                    Accounts.csv(scenarios: ["plain", "iia+400x1", "iia+resetx1"]), to: "day.csv")
                #expect(try await installation.rollcall("run", "day.csv").status == 4)
                let refused = try await installation.rollcall("run", "day.csv")
                #expect(refused.status == 65 && !refused.errors.contains("--again"), "\(refused.errors)")
                #expect(refused.errors.contains("'rollcall rerun day-1' sends its 1 failed record"))
                #expect(refused.errors.contains("'rollcall rerun day-1 --status in_doubt' says what"))
                #expect(try await installation.rollcall("rerun", "day-1").status == 4)
                #expect(try await installation.rollcall("rerun", "day-1", "--status", "in_doubt").status == 3)
                #expect(installation.emulator.calls.total == 4)
                try await Accounting(installation, batch: "day-1").expectCallsEqual()
            }
        }

        @Test("submit passes the finished over, names them and takes the others in; all finished is 65")
        func submit() async throws {
            try await Self.installed(["a", "b"]) { installation in
                #expect(try await installation.rollcall("run", "a.csv").status == 0)
                let mixed = try await installation.rollcall("submit", "a.csv", "b.csv")
                #expect(mixed.status == 0 && mixed.output == "a-1\nb-2\n", "\(mixed.errors)")
                #expect(mixed.errors.contains("a.csv was already run as a-1"), "\(mixed.errors)")
                let finished = try await installation.rollcall("submit", "a.csv", "--json")
                #expect(finished.status == 65, "\(finished.errors)")
                let batches = try JSONDocument(parsing: Array(finished.output.utf8)).root
                #expect(batches[0]?["batch"]?.string == "a-1" && batches[0]?["state"]?.string == "completed")
                #expect(installation.emulator.calls.total == 2)
            }
        }

        @Test("A run beside a daemon does likewise, and refuses a rate that it cannot keep")
        func besideADaemon() async throws {
            try await Self.installed(["a", "b"]) { installation in
                let daemon = try await installation.daemon(folders: 0)
                #expect(try await installation.rollcall("run", "a.csv").status == 0)
                let rated = try await installation.rollcall("run", "b.csv", "--rate", "3")
                #expect(rated.status == 64 && rated.errors.contains("--rate"), "\(rated.errors)")
                #expect(installation.emulator.calls.total == 2)
                let mixed = try await installation.rollcall("run", "a.csv", "b.csv", "--json")
                #expect(mixed.status == 0, "\(mixed.errors)")
                #expect(mixed.errors.contains("a.csv was already run as a-1"), "\(mixed.errors)")
                #expect(try Self.told(mixed.output) == ["a-1 completed", "b-2 completed"])
                let finished = try await installation.rollcall("run", "a.csv", "b.csv", "--json")
                #expect(finished.status == 65, "\(finished.errors)")
                #expect(try Self.told(finished.output) == ["a-1 completed", "b-2 completed"])
                try await installation.end(daemon)
                #expect(installation.emulator.calls.total == 4)
                for batch in ["a-1", "b-2"] {
                    try await Accounting(installation, batch: batch).expectEveryLineAccounted(total: 2)
                }
            }
        }
    }
}
