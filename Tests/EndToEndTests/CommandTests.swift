import Emulator
import Foundation
import RecordStore
import Testing

extension EndToEnd.Commands {
    @Suite("Commands beside run")
    struct CommandTests {
        @Test("jwe encrypts, inspects and decrypts, byte for byte")
        func jwe() async throws {
            try await EndToEndInstallation.with { installation in
                let plaintext = Array("{\"a\":1}\n\n".utf8)
                // The emulator's own private key opens what is encrypted to its public one.
                let token = try await installation.rollcall(
                    "jwe", "encrypt", "--key", "pki/encryption.pem", input: plaintext)
                #expect(token.status == 0, "\(token.errors)")
                let inspected = try await installation.rollcall("jwe", "inspect", input: Array(token.output.utf8))
                #expect(inspected.output.contains("RSA-OAEP-256"))
                let key = "pki/server/requests.key"
                let opened = try await installation.rollcall(
                    "jwe", "decrypt", "--key", key, input: Array(token.output.utf8))
                #expect(Array(opened.output.utf8) == plaintext)
                let envelope = Array(
                    "{\"encryptedData\":\"\(token.output.trimmingCharacters(in: .whitespacesAndNewlines))\"}".utf8)
                #expect(
                    try await installation.rollcall("jwe", "decrypt", "--key", key, input: envelope).output
                        == opened.output
                )
                let refused = try await installation.rollcall(
                    "jwe", "decrypt", "--key", "pki/decryption.pem", input: Array(token.output.utf8))
                #expect(refused.status == 65)
                #expect(refused.output.isEmpty)
                #expect(refused.errors.split(separator: "\n").count == 1)
            }
        }

        @Test("status, records and export tell what the batch holds")
        func readingCommands() async throws {
            try await EndToEndInstallation.with { installation in
                try installation.write(Accounts.csv(2) + Accounts.line(3, email: "x"), to: "day.csv")
                #expect(try await installation.rollcall("run", "day.csv").status == 2)
                let status = try await installation.rollcall("status")
                #expect(status.output.contains("day-1") && status.output.contains("completed"))
                let records = try await installation.rollcall("records", "day-1", "--status", "invalid")
                #expect(records.output.contains("r3") && !records.output.contains("r1\t"))
                let csv = try await installation.rollcall("export", "1")
                #expect(csv.output == (try installation.text("out/day-1/results.csv")))
                let jsonl = try await installation.rollcall("export", "day-1", "--format", "jsonl")
                #expect(jsonl.output == (try installation.text("out/day-1/results.jsonl")))
                #expect(try await installation.rollcall("status", "nobody").status == 64)
            }
        }

        @Test("A certificate's end is written alike wherever it is told")
        func certificateEnd() async throws {
            try await EndToEndInstallation.with { installation in
                let inspected = try await installation.rollcall("keys", "inspect", "pki/client.pem")
                let end = try #require(inspected.output.firstMatch(of: /ends ([0-9-]+ [0-9:]+ UTC),/)?.1)
                let checked = try await installation.rollcall("doctor")
                #expect(checked.output.contains("ends \(end)"), "\(checked.output)")
            }
        }

        @Test("rerun sends the failed lines again and never a succeeded one")
        func rerun() async throws {
            try await EndToEndInstallation.with { installation in
                try installation.write(Accounts.csv(scenarios: ["plain", "iia+400x1", "iia+400x9"]), to: "day.csv")
                #expect(try await installation.rollcall("run", "day.csv").status == 2)
                #expect(installation.emulator.calls.total == 3)
                let ended = try await installation.rollcall("rerun", "day-1", "--lines", "2-3")
                #expect(ended.status == 2, "\(ended.errors)")
                #expect(installation.emulator.calls.total == 4)
                let accounting = try await Accounting(installation, batch: "day-1")
                try accounting.expectEveryLineAccounted(total: 3)
                accounting.expectCallsEqual()
                #expect(try installation.results("day-1").map { $0["status"] } == ["succeeded", "succeeded", "failed"])
            }
        }

        @Test("A batch above confirm_above waits for --yes")
        func confirmation() async throws {
            try await EndToEndInstallation.with(settings: EndToEndInstallation.fast + "confirm_above: { calls: 3 }\n") {
                installation in
                try installation.write(Accounts.csv(5), to: "day.csv")
                let waiting = try await installation.rollcall("run", "day.csv")
                #expect(waiting.status == 3)
                #expect(waiting.errors.contains("--yes"), "\(waiting.errors)")
                #expect(installation.emulator.calls.total == 0)
                #expect(try await installation.rollcall("run", "day.csv", "--yes").status == 0)
                #expect(installation.emulator.calls.total == 5)
            }
        }

        @Test("A cap on calls is never passed, and the batch continues when it is raised")
        func cap() async throws {
            let settings = EndToEndInstallation.fast.replacing("limits: {", with: "limits: { batch_calls: 7,")
            try await EndToEndInstallation.with(settings: settings) { installation in
                try installation.write(Accounts.csv(10), to: "day.csv")
                let capped = try await installation.rollcall("run", "day.csv")
                #expect(capped.status == 3)
                #expect(capped.errors.contains("batch_calls"), "\(capped.errors)")
                #expect(installation.emulator.calls.total == 7)
                let ended = try await installation.rollcall(
                    "run", "day.csv", environment: ["ROLLCALL_LIMITS_BATCH_CALLS": "20"])
                #expect(ended.status == 0, "\(ended.errors)")
                #expect(installation.emulator.calls.total == 10)
            }
        }

        @Test(
            "Wrong usage is exit code 64, and --help and --version answer",
            arguments: [
                (["run"], 64), (["run", "--nonsense"], 64), (["rerun"], 64), (["--help"], 0), (["run", "--help"], 0),
                (["--version"], 0), (["emulator", "--help"], 0), (["daemon", "--nonsense"], 64),
                (["stauts"], 64), (["help", "stauts"], 64), (["help", "status"], 0), (["jobs", "lits"], 64),
                (["help", "jobs", "list"], 0),
            ] as [([String], Int32)])
        func usage(arguments: [String], status: Int32) async throws {
            let process = try RollcallProcess(arguments, in: FileManager.default.temporaryDirectory.path)
            #expect(try await process.wait().status == status)
        }

        @Test("demo accounts for every line of the sample and ends with 0")
        func demo() async throws {
            let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
                .deletingLastPathComponent()
            let folder = FileManager.default.temporaryDirectory.appending(path: "rollcall-demo-\(UUID().uuidString)")
                .path
            let process = try RollcallProcess(["demo", "--dir", folder], in: root.path)
            let ended = try await process.wait()
            #expect(ended.status == 0, "\(ended.errors)")
            #expect(ended.output.contains("accounted for"))
            try FileManager.default.removeItem(atPath: folder)
        }
    }
}
