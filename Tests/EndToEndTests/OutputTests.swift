import Emulator
import Foundation
import OpenSSL
import RecordStore
import TestSupport
import Testing

extension EndToEnd.Commands {
    @Suite("What commands print for people and for scripts")
    struct OutputTests {
        @Test(
            "A standard output that cannot be written is exit code 3 and a sentence, whatever the command",
            arguments: [
                ["records", "day-1"], ["records", "day-1", "--json"],
                ["ledger", "--from", "2026-01-01", "--to", "2026-01-31"], ["ledger", "day-1"], ["status"],
                ["status", "--json"], ["check", "more.csv"], ["check", "more.csv", "--json"], ["doctor"],
                ["keys", "inspect", "pki/client.pem"], ["keys", "fingerprint", "pki/client.pem"], ["export", "day-1"],
                ["run", "more.csv"], ["run", "more.csv", "--json"], ["jobs", "list"],
            ])
        func fullOutput(arguments: [String]) async throws {
            try await EndToEndInstallation.with { installation in
                try installation.write(Accounts.csv(2), to: "day.csv")
                try installation.write(Accounts.csv(from: 5, 2), to: "more.csv")
                #expect(try await installation.rollcall("run", "day.csv").status == 0)
                let ended = try await installation.rollcall(arguments, outputTo: "/dev/full")
                #expect(ended.status == 3, "\(ended.errors)")
                #expect(ended.errors.contains("No space left on device"), "\(ended.errors)")
            }
        }

        @Test("A reader that has seen enough is no fault")
        func closedOutput() async throws {
            try await EndToEndInstallation.with { installation in
                try installation.write(Accounts.csv(50), to: "day.csv")
                #expect(try await installation.rollcall("run", "day.csv").status == 0)
                // SIGPIPE ignored, as a script's language may leave it: each write fails with EPIPE.
                let script = "trap '' PIPE; { \"$0\" records day-1; echo \"ended $?\" >&2; } | head -n 1"
                let ended = try await installation.shell(script)
                #expect(ended.errors == "ended 0\n", "\(ended.errors)")
            }
        }

        private func summaries(_ output: String) throws -> [[String: Any]] {
            try output.split(separator: "\n").map { line in
                try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
            }
        }

        private func expectShape(_ summary: [String: Any], name: String, state: String, files: Bool) {
            #expect((summary["batch"] as? [String: Any])?["name"] as? String == name)
            #expect(summary["state"] as? String == state)
            #expect((summary["files"] as? [Any])?.isEmpty == !files)
            #expect((summary["records"] as? [String: Any])?["total"] is Int)
            #expect((summary["reason"] is String) == (state != "completed"))
        }

        @Test("run --json prints one summary of one shape per file, however each ends")
        func summaryShape() async throws {
            try await EndToEndInstallation.with(settings: EndToEndInstallation.fast + "confirm_above: { calls: 3 }\n") {
                installation in
                try installation.write(Accounts.csv(2), to: "a.csv")
                try installation.write(Accounts.csv(from: 11, 4), to: "b.csv")
                try installation.write(Accounts.csv(scenarios: ["iia+401"]), to: "c.csv")
                let ended = try await installation.rollcall("run", "a.csv", "b.csv", "c.csv", "--json")
                #expect(ended.status == 3, "\(ended.errors)")
                let found = try summaries(ended.output)
                #expect(found.count == 3, "\(ended.output)")
                expectShape(found[0], name: "a-1", state: "completed", files: true)
                expectShape(found[1], name: "b-2", state: "awaiting_confirmation", files: false)
                expectShape(found[2], name: "c-3", state: "halted", files: false)
            }
        }

        @Test("keys inspect says what files hold and which private key fits which certificate")
        func keysInspect() async throws {
            try await EndToEndInstallation.with { installation in
                let fitting = try await installation.rollcall("keys", "inspect", "pki/client.pem", "pki/client.key")
                #expect(fitting.status == 0, "\(fitting.errors)")
                #expect(fitting.output.contains("certificate of CN=Rollcall client"), "\(fitting.output)")
                #expect(fitting.output.contains("matches the certificate in pki/client.pem"), "\(fitting.output)")
                let other = try await installation.rollcall("keys", "inspect", "pki/client.pem", "pki/decryption.pem")
                #expect(other.output.contains("matches no certificate here"), "\(other.output)")
                let json = try await installation.rollcall(
                    "keys", "inspect", "pki/client.pem", "pki/client.key", "pki/encryption.pem", "--json")
                let found = try #require(try summaries(json.output).first)
                let files = try #require(found["files"] as? [[String: Any]])
                #expect(
                    files.map { $0["file"] as? String } == ["pki/client.pem", "pki/client.key", "pki/encryption.pem"])
                let matches = try #require(found["matches"] as? [[String: Any]])
                #expect(matches.map { $0["certificates"] as? [String] } == [["pki/client.pem"]])
                let bad = try await installation.rollcall("keys", "inspect", "rollcall.yaml")
                #expect(bad.status == 65 && bad.output.isEmpty)
            }
        }

        @Test("Of a chain keys fingerprint names whose each is, and the one that is used first")
        func fingerprintsOfAChain() async throws {
            try await EndToEndInstallation.with { installation in
                let authority = try Certificate.load(Array(installation.text("pki/ca.pem").utf8), name: "ca")[0]
                let leaf = try Certificate.load(Array(installation.text("pki/client.pem").utf8), name: "client")[0]
                // In the wrong order, as some exports have it: the key beside it says which is used.
                try installation.write(authority.pem() + leaf.pem(), to: "chain.pem")
                try installation.write(
                    authority.pem() + leaf.pem() + Array(installation.text("pki/client.key").utf8), to: "both.pem")
                let chain = try await installation.rollcall("keys", "fingerprint", "chain.pem")
                let lines = chain.output.split(separator: "\n").map(String.init)
                try #require(lines.count == 4)
                #expect(lines[0].hasPrefix(authority.publicKey.fingerprint) && lines[0].contains(authority.subject))
                #expect(lines[0].hasSuffix("the one that is used") && !lines[2].contains("used"))
                #expect(lines[3].hasPrefix(leaf.fingerprint) && lines[3].hasSuffix("certificate of \(leaf.subject)"))
                let both = try await installation.rollcall("keys", "fingerprint", "both.pem", "--json")
                let keys = try #require(try summaries(both.output).first?["keys"] as? [[String: Any]])
                #expect(keys.map { $0["used"] as? Bool } == [true, false])
                #expect(keys[0]["public_key_sha256"] as? String == leaf.publicKey.fingerprint)
                #expect(keys[0]["owner"] as? String == leaf.subject)
            }
        }

        @Test("keys fingerprint prints what the portal shows, for people and for scripts")
        func keysFingerprint() async throws {
            try await EndToEndInstallation.with { installation in
                let key = try PublicKey.load(Array(installation.text("pki/encryption.pem").utf8), name: "key")
                let text = try await installation.rollcall("keys", "fingerprint", "pki/encryption.pem")
                #expect(text.status == 0 && text.output.contains(key.fingerprint), "\(text.output)")
                let json = try await installation.rollcall("keys", "fingerprint", "pki/client.pem", "--json")
                let found = try #require(try summaries(json.output).first)
                #expect((found["public_key_sha256"] as? [String])?.count == 1)
                #expect((found["certificate_sha256"] as? [String])?.count == 1)
                #expect(try await installation.rollcall("keys", "fingerprint", "missing.pem").status == 65)
            }
        }

        @Test("jwe inspect --json holds the header and the sizes")
        func jweInspect() async throws {
            try await EndToEndInstallation.with { installation in
                let token = try await installation.rollcall(
                    "jwe", "encrypt", "--key", "pki/encryption.pem", input: Array("{}".utf8))
                let json = try await installation.rollcall(
                    "jwe", "inspect", "--json", "--key", "pki/server/requests.key", input: Array(token.output.utf8))
                let found = try #require(try summaries(json.output).first)
                #expect((found["header"] as? [String: Any])?["alg"] as? String == "RSA-OAEP-256")
                #expect(found["ciphertext_bytes"] as? Int == 2)
                #expect(found["opened"] as? Bool == true)
            }
        }

        @Test("records --json is one object a line; a queued record says how its last attempt ended")
        func records() async throws {
            try await EndToEndInstallation.with { installation in
                try installation.write(
                    Accounts.csv(scenarios: ["plain", "iia+400"]) + Accounts.line(3, email: "x"), to: "day.csv")
                #expect(try await installation.rollcall("run", "day.csv").status == 2)
                let all = try await installation.rollcall("records", "day-1", "--json")
                let rows = try summaries(all.output)
                #expect(rows.map { $0["status"] as? String } == ["succeeded", "failed", "invalid"])
                #expect(rows.map { $0["id"] as? String } == ["r1", "r2", "r3"])
                #expect(rows.map { $0["line"] as? Int } == [2, 3, 4])
                #expect(rows.map { $0["attempts"] as? Int } == [1, 1, 0])
                #expect(rows.map { $0["reason"] is String } == [false, true, true])
                let one = try await installation.rollcall("records", "day-1", "--json", "--status", "failed")
                #expect(try summaries(one.output).count == 1)
            }
        }

        @Test("status --watch continues until nothing moves any more")
        func statusWatch() async throws {
            var knobs = EmulatorConfiguration()
            let (stream, continuation) = AsyncStream<Int>.makeStream()
            knobs.onCall = { continuation.yield($0) }
            let settings = EndToEndInstallation.fast.replacing("rate: 2000, burst: 32", with: "rate: 20")
            try await EndToEndInstallation.with(knobs, settings: settings) { installation in
                try installation.write(Accounts.csv(40), to: "day.csv")
                let run = try installation.start(["run", "day.csv"])
                for await _ in stream { break }
                let watched = try await installation.rollcall("status", "day-1", "--watch")
                #expect(watched.status == 0, "\(watched.errors)")
                let states = watched.output.split(separator: "\n").filter { $0.hasPrefix("state") }
                #expect(states.last?.hasSuffix("completed") == true, "\(watched.output)")
                #expect(try await run.wait().status == 0)
            }
        }

        @Test(
            "status tells how fast a batch goes, as its runner has measured, on both engines", arguments: [false, true])
        func measuredRate(onPostgreSQL: Bool) async throws {
            let settings = EndToEndInstallation.fast.replacing("rate: 2000, burst: 32", with: "rate: 20")
            try await EndToEndInstallation.with(settings: settings, onPostgreSQL: onPostgreSQL) { installation in
                try installation.write(Accounts.csv(600), to: "day.csv")
                let run = try installation.start(["run", "day.csv"])
                try await waitUntil {
                    // Before the run has made the database there is nothing to read.
                    (try? await installation.reading { try await !$0.measuredRates(since: 1).isEmpty }) ?? false
                }
                let told = try await installation.rollcall("status", "day-1")
                #expect(told.output.contains("\nrate ") && told.output.contains(" calls, about "), "\(told.output)")
                let script = try await installation.rollcall("status", "--json")
                let rate = try #require(script.output.firstMatch(of: /"rate":\s*([0-9.]+)/))
                #expect(try #require(Double(rate.1)) > 0, "\(script.output)")
                run.signal(SIGTERM)
                #expect(try await run.wait().status == 3)
                let after = try await installation.rollcall("status", "--json")
                #expect(!after.output.contains("\"rate\""), "\(after.output)")
            }
        }
    }
}
