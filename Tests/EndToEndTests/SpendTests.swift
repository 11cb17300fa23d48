import Emulator
import Foundation
import JSON
import RecordStore
import TestSupport
import Testing

extension EndToEnd.Money {
    @Suite("Nobody pays by accident")
    struct SpendTests {
        /// Every eighth line or so repeats an earlier one under another id, every thirtieth breaks a rule.
        private static func mixed(_ count: Int, seed: UInt64) -> String {
            var random = SeededRandom(seed: seed)
            var called = [Int]()
            let lines = (1...count).map { number in
                let draw = Double.random(in: 0..<1, using: &random)
                if draw < 0.03 { return Accounts.line(number, email: "x") }
                if draw < 0.18, let earlier = called.randomElement(using: &random) {
                    return Accounts.line(earlier).replacing("r\(earlier),", with: "again\(number),", maxReplacements: 1)
                }
                called.append(number)
                return Accounts.line(number)
            }
            return Accounts.header + lines.joined()
        }

        private static func object(_ text: String) throws -> JSONNode {
            try JSONDocument(parsing: Array(text.utf8)).root
        }

        @Test("A file with repeats and bad lines makes exactly the calls that check foretells")
        func estimateToTheCall() async throws {
            try await EndToEndInstallation.with { installation in
                try installation.write(Self.mixed(1_000, seed: 15), to: "night.csv")
                let check = try await installation.rollcall("check", "night.csv", "--json")
                #expect(check.status == 2, "\(check.errors)")
                let foretold = try #require(try Self.object(check.output)["billable_calls"]?.integer)
                let ended = try await installation.rollcall("run", "night.csv", "--yes")
                #expect(ended.status == 2, "\(ended.errors)")
                #expect(installation.emulator.calls.total == Int(foretold))
                #expect(installation.emulator.calls.byRequest.values.allSatisfy { $0 == 1 })
                let accounting = try await Accounting(installation, batch: "night-1")
                try accounting.expectEveryLineAccounted(total: 1_000)
                accounting.expectCallsEqual()
                #expect(accounting.batch.counts.reused > 100)
                let rows = try installation.results("night-1")
                let byLine = Dictionary(uniqueKeysWithValues: rows.map { ($0["line"] ?? "", $0) })
                for row in rows where row["status"] == "reused" {
                    let source = byLine[row["reused_from"] ?? ""]
                    #expect(source?["status"] == "succeeded")
                    #expect(source?["user.scores.identityRisk"] == row["user.scores.identityRisk"])
                }
            }
        }

        @Test("With faults the calls made are the ledger's and the emulator's, and no cap is passed by one call")
        func faultsAndCap() async throws {
            var knobs = EmulatorConfiguration()
            knobs.faults.unavailable = 0.1
            knobs.faults.internalError = 0.05
            knobs.faults.resetAfterReading = 0.03
            let settings = EndToEndInstallation.fast.replacing("limits: {", with: "limits: { batch_calls: 200,")
            try await EndToEndInstallation.with(knobs, settings: settings) { installation in
                try installation.write(Self.mixed(400, seed: 3), to: "night.csv")
                let ended = try await installation.rollcall("run", "night.csv", "--yes")
                #expect(ended.status == 3)
                #expect(ended.errors.contains("limits.batch_calls"))
                #expect(installation.emulator.calls.total == 200)
                let accounting = try await Accounting(installation, batch: "night-1")
                try accounting.expectEveryLineAccounted(total: 400)
                accounting.expectCallsEqual()
                #expect(accounting.batch.state == .paused)
                #expect(accounting.batch.reason?.contains("limits.batch_calls of 200") == true)
                try installation.write(
                    try installation.text("rollcall.yaml").replacing("batch_calls: 200", with: "batch_calls: 5000"),
                    to: "rollcall.yaml")
                _ = try await installation.rollcall("run", "night.csv")
                let after = try await Accounting(installation, batch: "night-1")
                try after.expectEveryLineAccounted(total: 400)
                after.expectCallsEqual()
                #expect(after.batch.state == .completed)
            }
        }

        @Test("A cap holds across kills, to the call")
        func capAcrossKills() async throws {
            let executioner = ProcessKiller()
            var knobs = EmulatorConfiguration()
            knobs.onCall = { executioner.saw($0) }
            // Each kill can leave the whole concurrency, 16, counted and not sent.
            let settings = EndToEndInstallation.fast.replacing("limits: {", with: "limits: { daily_calls: 100,")
            try await EndToEndInstallation.with(knobs, settings: settings) { installation in
                try installation.write(Accounts.csv(200), to: "night.csv")
                for call in [7, 20, 41] {
                    let process = try installation.start(["run", "night.csv"])
                    executioner.condemn(process, at: call)
                    #expect(try await process.wait().status == -SIGKILL)
                }
                let ended = try await installation.rollcall("run", "night.csv")
                #expect(ended.status == 3 && ended.errors.contains("limits.daily_calls"), "\(ended.errors)")
                #expect(installation.emulator.calls.total <= 100)
                let accounting = try await Accounting(installation, batch: "night-1", isKilled: true)
                accounting.expectCallsCovered()
                #expect(accounting.batch.counts.calls == 100)
            }
        }

        @Test("A month's money is spent by the tiers and not exceeded by one call, whatever the batch")
        func monthlyCost() async throws {
            let pricing = "pricing: { currency: USD, tiers: [ { up_to: 30, each: 0.10 }, { each: 0.05 } ] }\n"
            let settings =
                EndToEndInstallation.fast.replacing("limits: {", with: "limits: { monthly_cost: 5.04,") + pricing
            try await EndToEndInstallation.with(settings: settings) { installation in
                // 30 for 3.00, then 40 for 2.00; the 71st would be the dearer by 0.01.
                try installation.write(Accounts.csv(100), to: "one.csv")
                try installation.write(Accounts.csv(101), to: "two.csv")
                let ended = try await installation.rollcall("run", "one.csv", "two.csv")
                #expect(ended.status == 3)
                #expect(ended.errors.contains("limits.monthly_cost"), "\(ended.errors)")
                #expect(installation.emulator.calls.total == 70)
                let accounting = try await Accounting(installation, batch: "one-1")
                #expect(accounting.batch.state == .paused)
                #expect(accounting.batch.reason?.contains("limits.monthly_cost") == true)
                let ledger = try await installation.rollcall("ledger", "one-1", "--json")
                let last = try Self.object(String(try #require(ledger.output.split(separator: "\n").last)))
                #expect(last["totals"]?["billable"]?.integer == 70)
                #expect(last["cost"]?["certain"]?.double == 5)
            }
        }

        @Test("A corrected file sent again calls only for the lines that changed")
        func correctedFile() async throws {
            try await EndToEndInstallation.with { installation in
                try installation.write("reuse_within: 30d\n", to: "screening.yaml")
                let lines = (1...40).map { Accounts.line($0, email: $0 == 7 ? "x" : nil) }
                try installation.write(Accounts.header + lines.joined(), to: "day.csv")
                let first = try await installation.rollcall("run", "day.csv", "--job", "screening.yaml")
                #expect(first.status == 2, "\(first.errors)")
                #expect(installation.emulator.calls.total == 39)
                let mended = (1...40).map { Accounts.line($0, name: $0 == 9 ? "Bo Example" : "Ada Example") }
                try installation.write(Accounts.header + mended.joined(), to: "day.csv")
                let check = try await installation.rollcall("check", "day.csv", "--job", "screening.yaml", "--json")
                let foretold = try Self.object(check.output)
                #expect(foretold["billable_calls"]?.integer == 2 && foretold["reused"]?.integer == 38)
                let second = try await installation.rollcall("run", "day.csv", "--job", "screening.yaml")
                #expect(second.status == 0, "\(second.errors)")
                #expect(installation.emulator.calls.total == 41)
                let rows = try installation.results("day-2")
                #expect(rows.count { $0["reused_from"]?.hasPrefix("day-1:") == true } == 38)
                #expect(rows[0]["reused_from"] == "day-1:2" && rows[6]["reused_from"] == "")
                #expect(rows.allSatisfy { Int($0["user.scores.identityRisk"] ?? "") != nil })
                let again = try await installation.rollcall(
                    "run", "day.csv", "--job", "screening.yaml", "--again", "--no-reuse")
                #expect(again.status == 0, "\(again.errors)")
                #expect(installation.emulator.calls.total == 81)
            }
        }

        @Test("A batch that is to be confirmed, or looks shifted, waits with the estimate and makes no call")
        func confirmation() async throws {
            try await EndToEndInstallation.with { installation in
                try installation.write("confirm: true\n", to: "careful.yaml")
                try installation.write(Accounts.csv(5), to: "day.csv")
                let waiting = try await installation.rollcall("run", "day.csv", "--job", "careful.yaml")
                #expect(waiting.status == 3)
                #expect(waiting.errors.contains("confirm: true") && waiting.errors.contains("5 billable calls"))
                #expect(installation.emulator.calls.total == 0)
                let accounting = try await Accounting(installation, batch: "day-1")
                #expect(accounting.batch.state == .awaitingConfirmation)
                #expect(accounting.batch.reason?.contains("5 billable calls") == true)
                let ended = try await installation.rollcall("run", "day.csv", "--job", "careful.yaml", "--yes")
                #expect(ended.status == 0, "\(ended.errors)")
                #expect(installation.emulator.calls.total == 5)
                let shifted = (1...20).map { Accounts.line($0 + 100, email: $0 > 18 ? "x" : nil) }
                try installation.write(Accounts.header + shifted.joined(), to: "shifted.csv")
                let refused = try await installation.rollcall("run", "shifted.csv")
                #expect(refused.status == 3 && refused.errors.contains("max_invalid"), "\(refused.errors)")
                #expect(installation.emulator.calls.total == 5)
            }
        }

        @Test("Failed and invalid lines within the job's accept are exit code 0")
        func accept() async throws {
            try await EndToEndInstallation.with { installation in
                try installation.write("accept: { failed: 10%, invalid: 10% }\nmax_invalid: 50%\n", to: "lenient.yaml")
                let lines = (1...20).map { number in
                    Accounts.line(number, email: number < 3 ? "iia+400.\(number)@example.com" : number < 5 ? "x" : nil)
                }
                try installation.write(Accounts.header + lines.joined(), to: "day.csv")
                let ended = try await installation.rollcall("run", "day.csv", "--job", "lenient.yaml")
                #expect(ended.status == 0, "\(ended.errors)")
                let accounting = try await Accounting(installation, batch: "day-1")
                #expect(accounting.batch.counts.failed == 2 && accounting.batch.counts.invalid == 2)
            }
        }

        @Test("The ledger lists every attempt and its totals are the summary's and the period's")
        func ledger() async throws {
            var knobs = EmulatorConfiguration()
            knobs.faults.unavailable = 0.1
            knobs.faults.resetAfterReading = 0.05
            try await EndToEndInstallation.with(knobs) { installation in
                try installation.write(Accounts.csv(100), to: "one.csv")
                try installation.write(Accounts.csv(120), to: "two.csv")
                _ = try await installation.rollcall("run", "one.csv", "two.csv")
                let listed = try await installation.rollcall("ledger", "one-1", "--json")
                #expect(listed.status == 0, "\(listed.errors)")
                let lines = try listed.output.split(separator: "\n").map { try Self.object(String($0)) }
                let accounting = try await Accounting(installation, batch: "one-1")
                #expect(lines.count == accounting.ledger.count + 1)
                let totals = try #require(lines.last?["totals"])
                let summary = try Self.object(try installation.text("out/one-1/summary.json"))["calls"]
                for name in ["attempts", "open", "made", "billable", "not_billable", "maybe_billable"] {
                    #expect(totals[name]?.integer == summary?[name]?.integer, "\(name)")
                }
                for kind in [("yes", "billable"), ("no", "not_billable"), ("unknown", "maybe_billable")] {
                    let count = lines.count { $0["billable"]?.string == kind.0 }
                    #expect(totals[kind.1]?.integer == Int64(count))
                }
                let period = try await installation.rollcall(
                    "ledger", "--from", "2020-01-01", "--to", "2099-12-31", "--json")
                let whole = try Self.object(period.output)
                #expect(whole["totals"]?["made"]?.integer == Int64(installation.emulator.calls.total))
                #expect(
                    whole["totals"]?["billable"]?.integer
                        == Int64(try installation.calls().count { $0.status == 200 && $0.fault == nil }))
                let none = try await installation.rollcall(
                    "ledger", "--from", "2020-01-01", "--to", "2020-01-31", "--json")
                #expect(try Self.object(none.output)["totals"]?["attempts"]?.integer == 0)
                #expect(
                    try await installation.rollcall("ledger", "--from", "2020-02-30", "--to", "2020-03-01").status == 64
                )
                #expect(try await installation.rollcall("ledger").status == 64)
            }
        }

        @Test("Records in doubt are resolved by hand, with the decision kept, and sending them wants --yes")
        func resolve() async throws {
            try await EndToEndInstallation.with { installation in
                let lines = (1...4).map { Accounts.line($0, email: $0 < 4 ? "iia+resetx1.\($0)@example.com" : nil) }
                let repeated = Accounts.line(1, email: "iia+resetx1.1@example.com").replacing("r1,", with: "again,")
                try installation.write(Accounts.header + lines.joined() + repeated, to: "day.csv")
                #expect(try await installation.rollcall("run", "day.csv").status == 4)
                #expect(installation.emulator.calls.total == 4)
                let wrong = try await installation.rollcall("resolve", "day-1", "--line", "5", "--as", "failed")
                #expect(wrong.status == 3 && wrong.errors.contains("succeeded"))
                let failed = try await installation.rollcall("resolve", "day-1", "--line", "3", "--as", "failed")
                #expect(failed.status == 0, "\(failed.errors)")
                #expect(try installation.results("day-1")[1]["status"] == "failed")
                let refused = try await installation.rollcall(
                    "resolve", "day-1", "--status", "in_doubt", "--as", "queued")
                #expect(refused.status == 3 && refused.errors.contains("2 records"), "\(refused.errors)")
                let queued = try await installation.rollcall(
                    "resolve", "day-1", "--status", "in_doubt", "--as", "queued", "--yes")
                #expect(queued.status == 0, "\(queued.errors)")
                #expect(installation.emulator.calls.total == 4)
                let ended = try await installation.rollcall("run", "day.csv")
                #expect(ended.status == 2, "\(ended.errors)")
                #expect(installation.emulator.calls.total == 6)
                let rows = try installation.results("day-1")
                #expect(rows.map { $0["status"] } == ["succeeded", "failed", "succeeded", "succeeded", "reused"])
                let store = try await installation.store()
                let actions = try await store.actions().filter { $0.name == .resolve }
                #expect(actions.map(\.detail) == ["line 3 as failed: 1 record", "all in doubt as queued: 3 records"])
                #expect(actions.allSatisfy { $0.provenance.user == NSUserName() })
                try await store.close()
            }
        }

        @Test("A batch whose answers fail for good halts; resume continues from there, and no call is lost or repeated")
        func failureThreshold() async throws {
            let settings = EndToEndInstallation.fast.replacing("halt: {", with: "halt: { failed_of: 10,")
            try await EndToEndInstallation.with(settings: settings) { installation in
                // Whatever is under way when it halts, too few are left for a second time.
                let lines = (1...200).map { Accounts.line($0, email: $0 < 13 ? "iia+400.\($0)@example.com" : nil) }
                try installation.write(Accounts.header + lines.joined(), to: "day.csv")
                let halted = try await installation.rollcall("run", "day.csv")
                #expect(halted.status == 3 && halted.errors.contains("rollcall resume day-1"), "\(halted.errors)")
                let before = try await Accounting(installation, batch: "day-1")
                #expect(before.batch.state == .halted && before.batch.counts.queued > 0)
                before.expectCallsEqual()
                let resumed = try await installation.rollcall("resume", "day-1")
                #expect(resumed.status == 0 && resumed.errors.contains("run the file again"), "\(resumed.errors)")
                let ended = try await installation.rollcall("run", "day.csv")
                #expect(ended.status == 2, "\(ended.errors)")
                let after = try await Accounting(installation, batch: "day-1")
                try after.expectEveryLineAccounted(total: 200)
                after.expectCallsEqual()
                #expect(after.batch.state == .completed && after.batch.counts.failed == 12)
                #expect(installation.emulator.calls.total == 200)
                #expect(installation.emulator.calls.byRequest.values.allSatisfy { $0 == 1 })
            }
        }

        @Test("The budget for records in doubt is kept to and counted apart, at the batch's end")
        func inDoubtBudget() async throws {
            let settings = EndToEndInstallation.fast.replacing(
                "retry: {", with: "retry: { in_doubt: retry, in_doubt_budget: 3,")
            try await EndToEndInstallation.with(settings: settings) { installation in
                let lines = (1...30).map { Accounts.line($0, email: $0 < 9 ? "iia+resetx1.\($0)@example.com" : nil) }
                try installation.write(Accounts.header + lines.joined(), to: "day.csv")
                #expect(try await installation.rollcall("run", "day.csv").status == 4)
                #expect(installation.emulator.calls.total == 33)
                let accounting = try await Accounting(installation, batch: "day-1")
                accounting.expectCallsEqual()
                #expect(accounting.batch.counts.inDoubt == 5 && accounting.batch.counts.inDoubtRetried == 3)
                let calls = try Self.object(try installation.text("out/day-1/summary.json"))["calls"]
                #expect(calls?["in_doubt_retried"]?.integer == 3)
            }
        }
    }
}
