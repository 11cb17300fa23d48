import Emulator
import Foundation
import JSON
import RecordStore
import Testing

extension EndToEnd.Money {
    @Suite("Nothing is paid a second time unless somebody says so")
    struct SecondTimeTests {
        private static func batch(_ name: String, in installation: EndToEndInstallation) async throws -> Batch {
            try #require(try await installation.reading { try await $0.batch(named: name) })
        }

        @Test("The same bytes under two names are taken in once, in one command, too")
        func sameBytes() async throws {
            try await EndToEndInstallation.with { installation in
                let names = ["day.csv", "daycopy.csv", "other.csv", "othercopy.csv"]
                for name in names {
                    try installation.write(Accounts.csv(from: name.hasPrefix("day") ? 1 : 100, 5), to: name)
                }
                let check = try await installation.rollcall("check", "day.csv", "daycopy.csv", "--json")
                let found = try check.output.split(separator: "\n").map {
                    try JSONDocument(parsing: Array($0.utf8)).root
                }
                #expect(found.map { $0["billable_calls"]?.integer } == [5, 0])
                #expect(found[1]["same_as"]?.string == "day.csv")
                let ended = try await installation.rollcall("run", "day.csv", "daycopy.csv")
                #expect(ended.status == 0, "\(ended.errors)")
                #expect(ended.errors.contains("daycopy.csv was already run as day-1"), "\(ended.errors)")
                #expect(installation.emulator.calls.total == 5)
                let submitted = try await installation.rollcall("submit", "other.csv", "othercopy.csv")
                #expect(submitted.status == 0 && submitted.output == "other-2\nother-2\n", "\(submitted.errors)")
                let others = try await installation.rollcall("run", "other.csv", "othercopy.csv")
                #expect(others.status == 0 && others.errors.contains("already run as other-2"), "\(others.errors)")
                #expect(installation.emulator.calls.total == 10)
                let again = try await installation.rollcall("run", "day.csv", "daycopy.csv", "--again")
                #expect(again.status == 0, "\(again.errors)")
                #expect(installation.emulator.calls.total == 20)
            }
        }

        @Test("A batch that continues uses what others were answered while it stood still")
        func answeredMeanwhile() async throws {
            try await EndToEndInstallation.with { installation in
                try installation.write("reuse_within: 30d\nlimits: { batch_calls: 10 }\n", to: "reusing.yaml")
                try installation.write(Accounts.csv(50), to: "one.csv")
                try installation.write(Accounts.csv(50) + "\n", to: "two.csv")
                let first = try await installation.rollcall("run", "one.csv", "--job", "reusing.yaml")
                #expect(first.status == 3 && installation.emulator.calls.total == 10, "\(first.errors)")
                #expect(try await installation.rollcall("run", "two.csv").status == 0)
                #expect(installation.emulator.calls.total == 60)
                try installation.write("reuse_within: 30d\nlimits: { batch_calls: 100 }\n", to: "reusing.yaml")
                let ended = try await installation.rollcall("run", "one.csv", "--job", "reusing.yaml")
                #expect(ended.status == 0, "\(ended.errors)")
                #expect(installation.emulator.calls.total == 60)
                #expect(try await Self.batch("one-1", in: installation).counts.reused == 40)
            }
        }

        @Test("What is queued again in a paused batch waits there, and sends nothing else")
        func pausedStaysPaused() async throws {
            let settings = EndToEndInstallation.fast.replacing("limits: {", with: "limits: { batch_calls: 4,")
            try await EndToEndInstallation.with(settings: settings) { installation in
                let scenarios = ["iia+resetx1", "iia+400x1"] + (3...10).map { "user\($0)" }
                try installation.write(Accounts.csv(scenarios: scenarios), to: "day.csv")
                #expect(try await installation.rollcall("run", "day.csv").status == 3)
                #expect(installation.emulator.calls.total == 4)
                let resolved = try await installation.rollcall(
                    "resolve", "day-1", "--line", "2", "--as", "queued", "--yes")
                #expect(resolved.errors.contains("'rollcall resume day-1' sends it and 6 other records"))
                let rerun = try await installation.rollcall("rerun", "day-1", "--lines", "3-3")
                #expect(rerun.status == 3, "\(rerun.errors)")
                #expect(rerun.errors.contains("'rollcall resume day-1' sends it and 7 other records"))
                #expect(installation.emulator.calls.total == 4)
                #expect(try await Self.batch("day-1", in: installation).state == .paused)
                let ended = try await installation.rollcall(
                    "run", "day.csv", environment: ["ROLLCALL_LIMITS_BATCH_CALLS": "20"])
                #expect(ended.status == 0, "\(ended.errors)")
                #expect(installation.emulator.calls.total == 12)
            }
        }

        @Test("A record resolved as failed may have been billed: it goes again only with --yes")
        func resolvedAsFailed() async throws {
            try await EndToEndInstallation.with { installation in
                try installation.write(
                    Accounts.csv(scenarios: ["iia+resetx1", "iia+400x1", "user"]), to: "day.csv")
                #expect(try await installation.rollcall("run", "day.csv").status == 4)
                let resolved = try await installation.rollcall("resolve", "day-1", "--line", "2", "--as", "failed")
                #expect(resolved.status == 0, "\(resolved.errors)")
                #expect(try !installation.text("out/day-1/failed.csv").contains("iia+resetx1"))
                #expect(try installation.text("out/day-1/in_doubt.csv").contains(",failed,resolved as failed by hand"))
                let refused = try await installation.rollcall("rerun", "day-1")
                #expect(refused.status == 3 && refused.errors.contains("--yes"), "\(refused.errors)")
                #expect(refused.errors.contains("1 record resolved as failed by hand may have been billed"))
                #expect(installation.emulator.calls.total == 3)
                #expect(try await installation.rollcall("rerun", "day-1", "--lines", "3-3").status == 2)
                #expect(installation.emulator.calls.total == 4)
                #expect(try await installation.rollcall("rerun", "day-1", "--yes").status == 0)
                #expect(installation.emulator.calls.total == 5)
            }
        }

        @Test("A held record names what holds it, and waits until that is settled")
        func held() async throws {
            try await EndToEndInstallation.with { installation in
                let doubted = Accounts.line(1, email: "iia+resetx1@example.com")
                try installation.write(Accounts.header + doubted, to: "one.csv")
                try installation.write(Accounts.header + Accounts.line(2) + doubted, to: "two.csv")
                #expect(try await installation.rollcall("run", "one.csv").status == 4)
                let second = try await installation.rollcall("run", "two.csv")
                #expect(second.status == 4, "\(second.errors)")
                #expect(second.output.contains("1 held, not sent: settle line 2 of one-1 first"), "\(second.output)")
                let error = try installation.results("two-2")[1]["error"]
                #expect(error == "held: identical to line 2 of one-1, which is in doubt")
                for command in ["rerun two-2 --status in_doubt --yes", "resolve two-2 --line 3 --as queued"] {
                    let refused = try await installation.start(command.components(separatedBy: " ")).wait()
                    #expect(refused.status == 3, "\(refused.errors)")
                    #expect(refused.errors.contains("settle line 2 of one-1 first"), "\(refused.errors)")
                }
                #expect(installation.emulator.calls.total == 2)
                _ = try await installation.rollcall("resolve", "one-1", "--line", "2", "--as", "failed")
                let ended = try await installation.rollcall("rerun", "two-2", "--status", "in_doubt")
                #expect(ended.status == 0, "\(ended.errors)")
                #expect(installation.emulator.calls.total == 3)
            }
        }

        @Test("rerun above confirm_above says what it costs and wants --yes")
        func costlyRerun() async throws {
            try await EndToEndInstallation.with(settings: EndToEndInstallation.fast + "confirm_above: { calls: 2 }\n") {
                installation in
                try installation.write(
                    Accounts.csv(scenarios: (1...4).map { "iia+400x1.\($0)" }), to: "day.csv")
                #expect(try await installation.rollcall("run", "day.csv", "--yes").status == 2)
                let refused = try await installation.rollcall("rerun", "day-1")
                #expect(refused.status == 3 && refused.errors.contains("confirm_above.calls"), "\(refused.errors)")
                #expect(refused.errors.contains("4 billable calls") && refused.errors.contains("--yes"))
                #expect(installation.emulator.calls.total == 4)
                #expect(try await installation.rollcall("rerun", "day-1", "--lines", "2-2").status == 2)
                #expect(installation.emulator.calls.total == 5)
                let ended = try await installation.rollcall("rerun", "day-1", "--yes")
                #expect(ended.status == 0, "\(ended.errors)")
                #expect(installation.emulator.calls.total == 8)
            }
        }
    }
}
