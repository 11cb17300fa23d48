import Emulator
import Foundation
import JSON
import RecordStore
import Testing

extension EndToEnd.Money {
    @Suite("What a run costs is the same wherever it is told")
    struct CostTests {
        private static let tiers = "pricing: { currency: USD, tiers: [ { up_to: 50, each: 1 }, { each: 0.10 } ] }\n"

        private static func object(_ text: String) throws -> JSONNode {
            try JSONDocument(parsing: Array(text.utf8)).root
        }

        private static func last(_ text: String) throws -> JSONNode {
            try object(String(try #require(text.split(separator: "\n").last)))
        }

        /// A batch's cost by `ledger BATCH`, which its `summary.json` must repeat where it was written last.
        private func cost(_ batch: String, _ installation: EndToEndInstallation) async throws -> Double {
            let ledger = try await installation.rollcall("ledger", batch, "--json")
            return try #require(try Self.last(ledger.output)["cost"]?["certain"]?.double)
        }

        private func summedUp(_ batch: String, _ installation: EndToEndInstallation) throws -> Double? {
            try Self.object(try installation.text("out/\(batch)/summary.json"))["cost"]?["certain"]?.double
        }

        private func month(_ installation: EndToEndInstallation) async throws -> JSONNode {
            let period = try await installation.rollcall(
                "ledger", "--from", "2020-01-01", "--to", "2099-12-31", "--json")
            #expect(period.status == 0, "\(period.errors)")
            return try Self.object(period.output)
        }

        @Test("The batches' costs add up to the month's by its tiers, also after a second batch and a re-run")
        func shares() async throws {
            try await EndToEndInstallation.with(settings: EndToEndInstallation.fast + Self.tiers) { installation in
                let lines = (1...50).map { Accounts.line($0, email: $0 > 40 ? "iia+400x1.\($0)@example.com" : nil) }
                try installation.write(Accounts.header + lines.joined(), to: "one.csv")
                try installation.write(Accounts.csv(from: 101, 60), to: "two.csv")
                #expect(try await installation.rollcall("run", "one.csv").status == 2)
                #expect(try summedUp("one-1", installation) == 40)
                #expect(try await installation.rollcall("run", "two.csv").status == 0)
                #expect(try summedUp("two-2", installation) == 15)
                #expect(try await installation.rollcall("rerun", "one-1").status == 0)
                let (one, two) = (try await cost("one-1", installation), try await cost("two-2", installation))
                #expect(one == 50 && two == 6)
                #expect(try summedUp("one-1", installation) == one)
                #expect(try await month(installation)["cost"]?["certain"]?.double == one + two)
            }
        }

        @Test("What may have been paid twice is the same in status and in the summary")
        func doubleBills() async throws {
            let settings = EndToEndInstallation.fast.replacing(
                "retry: {", with: "retry: { in_doubt: retry, in_doubt_budget: 2,")
            try await EndToEndInstallation.with(settings: settings) { installation in
                let lines = (1...4).map { Accounts.line($0, email: $0 < 3 ? "iia+resetx3.\($0)@example.com" : nil) }
                try installation.write(Accounts.header + lines.joined(), to: "day.csv")
                #expect(try await installation.rollcall("run", "day.csv").status == 4)
                let rerun = try await installation.rollcall("rerun", "day-1", "--status", "in_doubt", "--yes")
                #expect(rerun.status == 4, "\(rerun.errors)")
                let summary = try Self.object(try installation.text("out/day-1/summary.json"))
                let told = try #require(summary["calls"]?["possible_double_bills"]?.integer)
                #expect(told == 4)
                let status = try await installation.rollcall("status", "day-1", "--json")
                let batch = try #require(try Self.object(status.output)["batches"]?[0])
                #expect(batch["possible_double_bills"]?.integer == told)
            }
        }

        @Test("A job may lower the caps of the settings and not raise them")
        func sharedCaps() async throws {
            let settings = EndToEndInstallation.fast.replacing("limits: {", with: "limits: { daily_calls: 15,")
            try await EndToEndInstallation.with(settings: settings) { installation in
                try installation.write("limits: { daily_calls: 1000 }\n", to: "greedy.yaml")
                try installation.write(Accounts.csv(40), to: "day.csv")
                let ended = try await installation.rollcall("run", "day.csv", "--job", "greedy.yaml")
                #expect(ended.status == 3 && installation.emulator.calls.total == 15, "\(ended.errors)")
                try installation.write("limits: { time_zone: Pacific/Kiritimati }\n", to: "elsewhere.yaml")
                let refused = try await installation.rollcall("run", "day.csv", "--job", "elsewhere.yaml")
                #expect(refused.status == 78 && refused.errors.contains("rollcall.yaml"), "\(refused.errors)")
            }
        }

        @Test("Of several files, check foretells what each brings once those before it are answered")
        func checkSeveral() async throws {
            try await EndToEndInstallation.with(settings: EndToEndInstallation.fast + Self.tiers) { installation in
                try installation.write("reuse_within: 30d\n", to: "ru.yaml")
                try installation.write(Accounts.csv(30), to: "one.csv")
                try installation.write(Accounts.csv(from: 21, 30), to: "two.csv")
                try installation.write(Accounts.csv(from: 11, 40) + Accounts.line(50), to: "three.csv")
                let files = ["one.csv", "two.csv", "three.csv", "--job", "ru.yaml"]
                let check = try await installation.start(["check"] + files + ["--json"]).wait()
                let foretold = try check.output.split(separator: "\n").map { try Self.object(String($0)) }
                #expect(foretold.map { $0["billable_calls"]?.integer } == [30, 20, 0])
                #expect(foretold.map { $0["reused"]?.integer } == [0, 10, 40])
                #expect(foretold.map { $0["cost"]?["certain"]?.double } == [30, 20, 0])
                #expect(foretold[0]["cost"]?["currency"]?.string == "USD")
                let ended = try await installation.start(["run"] + files).wait()
                #expect(ended.status == 0 && installation.emulator.calls.total == 50, "\(ended.errors)")
            }
        }

        @Test("Of a file taken in before, check foretells what is left, and what --again would call")
        func checkKnown() async throws {
            let settings = EndToEndInstallation.fast.replacing("limits: {", with: "limits: { batch_calls: 12,")
            try await EndToEndInstallation.with(settings: settings) { installation in
                try installation.write(Accounts.csv(20), to: "day.csv")
                #expect(try await installation.rollcall("run", "day.csv").status == 3)
                let half = try Self.object(try await installation.rollcall("check", "day.csv", "--json").output)
                #expect(half["billable_calls"]?.integer == 8 && half["known_finished"]?.boolean == false)
                let uncapped = try installation.text("rollcall.yaml").replacing(" batch_calls: 12,", with: "")
                try installation.write(uncapped, to: "rollcall.yaml")
                #expect(try await installation.rollcall("run", "day.csv").status == 0)
                let whole = try Self.object(try await installation.rollcall("check", "day.csv", "--json").output)
                #expect(whole["billable_calls"]?.integer == 0 && whole["again_calls"]?.integer == 20)
                let text = try await installation.rollcall("check", "day.csv").output
                #expect(text.contains("with --again: 20 billable calls"), "\(text)")
            }
        }

        @Test("What a restore finds lost counts against the day's cap and stands in the period's ledger")
        func lostByRestore() async throws {
            let settings = EndToEndInstallation.fast.replacing("limits: {", with: "limits: { daily_calls: 100,")
            try await EndToEndInstallation.with(settings: settings) { installation in
                for (name, first) in [("one", 100), ("two", 200), ("three", 300)] {
                    try installation.write(Accounts.csv(from: first, 50), to: "\(name).csv")
                }
                #expect(try await installation.rollcall("run", "one.csv").status == 0)
                #expect(try await installation.rollcall("backup", "copy.sqlite").status == 0)
                #expect(try await installation.rollcall("run", "two.csv").status == 0)
                let restored = try await installation.rollcall("restore", "copy.sqlite")
                #expect(restored.errors.contains("would bill up to 50 calls a second time"), "\(restored.errors)")
                let ended = try await installation.rollcall("run", "three.csv")
                #expect(ended.status == 3 && installation.emulator.calls.total == 100, "\(ended.errors)")
                let period = try await month(installation)
                #expect(period["totals"]?["made"]?.integer == 100)
                #expect(period["totals"]?["maybe_billable"]?.integer == 50)
            }
        }

        @Test("The doctor's one call stands in the period's ledger and keeps to the caps")
        func doctorsCall() async throws {
            let settings =
                EndToEndInstallation.fast.replacing("limits: {", with: "limits: { daily_calls: 3,") + Self.tiers
            try await EndToEndInstallation.with(settings: settings) { installation in
                try installation.write(Accounts.csv(2), to: "day.csv")
                #expect(try await installation.rollcall("run", "day.csv").status == 0)
                let first = try await installation.rollcall("doctor", "--one-call")
                #expect(first.status == 0, "\(first.output)")
                let period = try await month(installation)
                #expect(period["totals"]?["billable"]?.integer == 3 && period["cost"]?["certain"]?.double == 3)
                let days = try #require(period["days"])
                #expect(days.count == 2 && (0..<2).contains { days[$0]?["batch"]?.string == "doctor" })
                let second = try await installation.rollcall("doctor", "--one-call")
                #expect(second.status == 3 && second.output.contains("limits.daily_calls"), "\(second.output)")
                #expect(installation.emulator.calls.total == 3)
                let store = try await installation.store()
                let actions = try await store.actions().filter { $0.name == .doctor }
                #expect(actions.count == 1 && actions[0].provenance.user == NSUserName())
                try await store.close()
            }
        }
    }
}
