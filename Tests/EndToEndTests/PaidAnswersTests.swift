import Emulator
import Foundation
import JSON
import RecordStore
import TestSupport
import Testing

extension EndToEnd.Money {
    @Suite("What was paid for is not thrown away, nor paid again")
    struct PaidAnswersTests {
        @Test(
            "An answer whose form is at fault is kept with a warning that names the rule, and never called again",
            arguments: [
                ("lone", "a surrogate escape must be one of a pair"), ("dup", "the same member twice"),
                ("nan", "a value must be an object"), ("bom", "a byte order mark is not allowed"),
                ("deep", "nesting must be at most 64 deep"),
            ])
        func faultOfForm(scenario: String, rule: String) async throws {
            try await EndToEndInstallation.with { installation in
                try installation.write(Accounts.csv(scenarios: ["iia+\(scenario)", "plain"]), to: "day.csv")
                let ended = try await installation.rollcall("run", "day.csv")
                #expect(ended.status == 0, "\(ended.errors)")
                let rows = try installation.results("day-1")
                #expect(rows[0]["warnings"]?.contains(rule) == true, "\(rows[0]["warnings"] ?? "")")
                #expect(rows[0]["warnings"]?.contains("byte ") == true)
                #expect(rows[0]["user.scores.identityRisk"]?.isEmpty == false)
                let line = try #require(try installation.text("out/day-1/results.jsonl").split(separator: "\n").first)
                let result = try JSONDocument(parsing: Array(line.utf8)).root
                #expect(result["answer"]?.isNull == true)
                #expect(result["answer_text"]?.string?.contains("requestRefId") == true)
                let again = try await installation.rollcall("rerun", "day-1", "--status", "in_doubt", "--yes")
                #expect(again.errors.contains("nothing to send"), "\(again.errors)")
                let accounting = try await Accounting(installation, batch: "day-1")
                try accounting.expectEveryLineAccounted(total: 2)
                accounting.expectCallsEqual()
                #expect(accounting.calls.count == 2)
            }
        }

        @Test("An answer comes without a content coding, for none is asked for")
        func coding() async throws {
            try await EndToEndInstallation.with { installation in
                try installation.write(Accounts.csv(scenarios: ["iia+gzip"]), to: "day.csv")
                let ended = try await installation.rollcall("run", "day.csv")
                #expect(ended.status == 0, "\(ended.errors)")
                try await Accounting(installation, batch: "day-1").expectCallsEqual()
            }
        }

        @Test("Answers of a shape that nobody knows are kept, and three in a row halt")
        func unknownShape() async throws {
            try await EndToEndInstallation.with { installation in
                try installation.write(Accounts.csv(scenarios: (1...6).map { "iia+unknown.\($0)" }), to: "day.csv")
                let ended = try await installation.rollcall("run", "day.csv")
                #expect(ended.status == 3, "\(ended.errors)")
                let accounting = try await Accounting(installation, batch: "day-1")
                try accounting.expectEveryLineAccounted(total: 6)
                accounting.expectCallsEqual()
                #expect(accounting.batch.counts.succeeded == 3)
            }
        }

        @Test("A wrong decryption key costs three calls however often the batch is run, and the right one costs none")
        func wrongKey() async throws {
            try await EndToEndInstallation.with { installation in
                try installation.write(Accounts.csv(40), to: "day.csv")
                let right = try installation.text("pki/decryption.pem")
                try installation.write(try installation.text("pki/server/requests.key"), to: "pki/decryption.pem")
                for _ in 1...3 {
                    let ended = try await installation.rollcall("run", "day.csv")
                    #expect(ended.status == 3, "\(ended.errors)")
                    #expect(ended.errors.contains("api.decryption_key"), "\(ended.errors)")
                    #expect(installation.emulator.calls.total == 3)
                }
                try installation.write(right, to: "pki/decryption.pem")
                let ended = try await installation.rollcall("run", "day.csv")
                #expect(ended.status == 0, "\(ended.errors)")
                #expect(ended.errors.contains("3 kept answers can be read now; no call"), "\(ended.errors)")
                let accounting = try await Accounting(installation, batch: "day-1")
                try accounting.expectEveryLineAccounted(total: 40)
                accounting.expectCallsEqual()
                #expect(accounting.calls.count == 40)
            }
        }

        @Test("Where the key is lost, what it kept is settled by hand, and the next call shows what today's is worth")
        func lostKey() async throws {
            try await EndToEndInstallation.with { installation in
                try installation.write(
                    Accounts.csv(scenarios: (1...3).map { "iia+wrongkey.\($0)" } + ["plain"]), to: "day.csv")
                #expect(try await installation.rollcall("run", "day.csv").status == 3)
                let still = try await installation.rollcall("run", "day.csv")
                #expect(
                    still.errors.contains("'rollcall resolve day-1 --status in_doubt --as failed'"), "\(still.errors)")
                #expect(
                    try await installation.rollcall("resolve", "day-1", "--status", "in_doubt", "--as", "failed").status
                        == 0)
                let ended = try await installation.rollcall("run", "day.csv")
                #expect(ended.status == 2, "\(ended.errors)")
                let accounting = try await Accounting(installation, batch: "day-1")
                try accounting.expectEveryLineAccounted(total: 4)
                accounting.expectCallsEqual()
                #expect(accounting.batch.counts.succeeded == 1 && accounting.batch.counts.failed == 3)
            }
        }

        @Test("One answer given again and again is taken once, over restarts, and never by a rerun of itself")
        func replayed() async throws {
            let settings = EndToEndInstallation.fast.replacing("concurrency: 16", with: "concurrency: 1")
            try await EndToEndInstallation.with(settings: settings) { installation in
                try installation.write(Accounts.csv(scenarios: (1...9).map { "iia+replay.\($0)" }), to: "day.csv")
                let first = try await installation.rollcall("run", "day.csv")
                #expect(first.status == 3, "\(first.errors)")
                #expect(first.errors.contains("answers are repeated: a cache or gateway?"), "\(first.errors)")
                try installation.write(Accounts.csv(scenarios: ["iia+replay.10"]), to: "next.csv")
                #expect(try await installation.rollcall("run", "next.csv").status == 4)

                let refused = try await installation.rollcall("rerun", "next-2", "--status", "in_doubt")
                #expect(refused.status == 3)
                #expect(refused.errors.contains("got the answer to another call"), "\(refused.errors)")
                #expect(installation.emulator.calls.total == 5)
                let agreed = try await installation.rollcall("rerun", "next-2", "--status", "in_doubt", "--yes")
                #expect(agreed.errors.contains("got the answer to another call"), "\(agreed.errors)")
                #expect(installation.emulator.calls.total == 6)

                let accounting = try await Accounting(installation, batch: "day-1")
                try accounting.expectEveryLineAccounted(total: 9)
                #expect(accounting.batch.counts.succeeded == 1 && accounting.batch.counts.inDoubt == 3)
                let next = try await Accounting(installation, batch: "next-2")
                #expect(accounting.ledger.count + next.ledger.count == next.calls.count)
            }
        }

        @Test("An answer under another identifier is in doubt with that reason", arguments: ["mismatch"])
        func mismatched(scenario: String) async throws {
            try await EndToEndInstallation.with { installation in
                try installation.write(Accounts.csv(scenarios: ["iia+\(scenario)", "plain"]), to: "day.csv")
                #expect(try await installation.rollcall("run", "day.csv").status == 4)
                let rows = try installation.results("day-1")
                #expect(rows[0]["error"]?.contains("is not its X-MC-Correlation-ID") == true)
                try await Accounting(installation, batch: "day-1").expectCallsEqual()
            }
        }

        @Test(
            "A rerun of what was answered and could not be read says that it was surely billed, whatever was agreed to")
        func rerunOfAnswered() async throws {
            try await EndToEndInstallation.with { installation in
                try installation.write(
                    Accounts.csv(scenarios: ["iia+wrongkeyx1", "iia+bigx1", "plain"]), to: "day.csv")
                #expect(try await installation.rollcall("run", "day.csv").status == 4)
                let words = "2 records were answered and surely billed"
                let refused = try await installation.rollcall("rerun", "day-1", "--status", "in_doubt")
                #expect(refused.status == 3)
                #expect(refused.errors.contains(words), "\(refused.errors)")
                #expect(installation.emulator.calls.total == 3)
                let agreed = try await installation.rollcall("rerun", "day-1", "--status", "in_doubt", "--yes")
                #expect(agreed.status == 0, "\(agreed.errors)")
                #expect(agreed.errors.contains(words), "\(agreed.errors)")
                let accounting = try await Accounting(installation, batch: "day-1")
                try accounting.expectEveryLineAccounted(total: 3)
                accounting.expectCallsEqual()
            }
        }

        @Test("Answers that came while the process was stopped are read, although their time is over")
        func stopped() async throws {
            let box = ProcessBox()
            var knobs = EmulatorConfiguration()
            // Longer than the request timeout, 5 s: when they lie in the sockets, the time of their calls is over.
            knobs.faults.slowness = .seconds(6)
            knobs.onCall = { call in if call == 5 { box.signal(SIGSTOP) } }
            try await EndToEndInstallation.with(knobs) { installation in
                let scenarios = ["plain"] + (1...4).map { "iia+slow.\($0)" }
                try installation.write(Accounts.csv(scenarios: scenarios), to: "day.csv")
                let process = try installation.start(["run", "day.csv"])
                box.put(process)
                let port = try installation.port()
                try await waitUntil { try TCPConnections.unread(from: port) >= 4 }
                process.signal(SIGCONT)
                let ended = try await process.wait()
                #expect(ended.status == 0, "\(ended.errors)")
                let accounting = try await Accounting(installation, batch: "day-1")
                try accounting.expectEveryLineAccounted(total: 5)
                accounting.expectCallsEqual()
                #expect(accounting.batch.counts.succeeded == 5)
            }
        }
    }
}

extension EndToEndInstallation {
    /// The port of the emulator, by the settings.
    fileprivate func port() throws -> Int {
        let settings = try text("rollcall.yaml")
        let found = settings.firstMatch(of: /127\.0\.0\.1:(?<port>\d+)/)?.output.port
        return try #require(found.flatMap { Int($0) })
    }
}
