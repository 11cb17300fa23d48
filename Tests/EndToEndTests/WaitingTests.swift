import Basics
import Emulator
import Foundation
import RecordStore
import Testing

extension EndToEnd.Calls {
    @Suite("What the server says about waiting and about single records")
    struct WaitingTests {
        @Test("A wait in fractions is waited for, and told", arguments: ["429frac"])
        func fraction(scenario: String) async throws {
            try await EndToEndInstallation.with { installation in
                try installation.write(Accounts.csv(scenarios: (1...3).map { "iia+\(scenario).\($0)" }), to: "day.csv")
                let process = try installation.start(["run", "day.csv"])
                await process.waitForError(containing: "asks every caller to wait")
                process.signal(SIGTERM)
                #expect(try await process.wait().status == 3)
                let accounting = try await Accounting(installation, batch: "day-1")
                accounting.expectCallsEqual()
                #expect(accounting.calls.count == 1)
                #expect(accounting.batch.counts.queued == 3)
            }
        }

        @Test(
            "No date that a server makes up ends the process, and what is no time at all is a second",
            arguments: ["429far", "429junk"])
        func farDate(scenario: String) async throws {
            try await EndToEndInstallation.with { installation in
                try installation.write(Accounts.csv(scenarios: ["iia+\(scenario)x1", "plain"]), to: "day.csv")
                let ended = try await installation.rollcall("run", "day.csv")
                #expect(ended.status == 0, "\(ended.errors)")
                let accounting = try await Accounting(installation, batch: "day-1")
                try accounting.expectEveryLineAccounted(total: 2)
                accounting.expectCallsEqual()
                #expect(accounting.calls.count == 3)
            }
        }

        @Test("Of several waits the longest holds, also where a proxy has joined them", arguments: ["429list"])
        func list(scenario: String) async throws {
            try await EndToEndInstallation.with { installation in
                try installation.write(Accounts.csv(scenarios: ["iia+\(scenario)x1", "plain"]), to: "day.csv")
                let ended = try await installation.rollcall("run", "day.csv")
                #expect(ended.status == 0, "\(ended.errors)")
                let accounting = try await Accounting(installation, batch: "day-1")
                accounting.expectCallsEqual()
                let calls = accounting.ledger.sorted { $0.startedAt < $1.startedAt }
                try #require(calls.count == 3)
                // 3 s, by the wall clock, which counts in whole milliseconds.
                let end = try #require(calls.first?.finishedAt)
                #expect(calls[1].startedAt - end >= .milliseconds(2_990))
            }
        }

        @Test("A wait of days halts at once and says until when")
        func days() async throws {
            try await EndToEndInstallation.with { installation in
                try installation.write(Accounts.csv(scenarios: ["iia+429days", "plain"]), to: "day.csv")
                let ended = try await installation.rollcall("run", "day.csv")
                #expect(ended.status == 3)
                #expect(ended.errors.contains(/wait until \d{4}-\d\d-\d\dT/), "\(ended.errors)")
                let accounting = try await Accounting(installation, batch: "day-1")
                accounting.expectCallsEqual()
                #expect(accounting.calls.count == 1)
            }
        }

        @Test("Nothing but 'too many calls' for the time of an outage halts with the contract's rate")
        func endless() async throws {
            let settings = EndToEndInstallation.fast.replacing("halt: {", with: "halt: { outage: 1s,")
            try await EndToEndInstallation.with(settings: settings) { installation in
                try installation.write(Accounts.csv(scenarios: (1...3).map { "iia+429.\($0)" }), to: "day.csv")
                let ended = try await installation.rollcall("run", "day.csv")
                #expect(ended.status == 3)
                #expect(ended.errors.contains("limits.rate 2000"), "\(ended.errors)")
                #expect(ended.errors.contains("the contract's calls are used up, or the rate is too high"))
                let accounting = try await Accounting(installation, batch: "day-1")
                try accounting.expectEveryLineAccounted(total: 3)
                accounting.expectCallsEqual()
                #expect(accounting.batch.state == .halted && accounting.batch.counts.queued == 3)
            }
        }

        @Test("One record that is refused in an unforeseen way fails alone", arguments: ["413", "422e", "451"])
        func oneRefused(scenario: String) async throws {
            try await EndToEndInstallation.with { installation in
                var names = (1...20).map { "plain.\($0)" }
                names[6] = "iia+\(scenario)"
                try installation.write(Accounts.csv(scenarios: names), to: "day.csv")
                let ended = try await installation.rollcall("run", "day.csv")
                #expect(ended.status == 2, "\(ended.errors)")
                let row = try installation.results("day-1")[6]
                #expect(row["status"] == "failed" && row["http_status"] == String(scenario.prefix(3)))
                #expect(try installation.text("out/day-1/failed.csv").contains("iia+\(scenario)"))
                let accounting = try await Accounting(installation, batch: "day-1")
                try accounting.expectEveryLineAccounted(total: 20)
                accounting.expectCallsEqual()
                #expect(accounting.batch.counts.succeeded == 19)
            }
        }

        @Test("An error body behind a byte order mark is the API's")
        func markedError() async throws {
            try await EndToEndInstallation.with { installation in
                try installation.write(Accounts.csv(scenarios: ["iia+bom400", "plain"]), to: "day.csv")
                #expect(try await installation.rollcall("run", "day.csv").status == 2)
                let row = try installation.results("day-1")[0]
                #expect(row["status"] == "failed" && row["reason_code"] == "VALIDATION_ERROR")
                try await Accounting(installation, batch: "day-1").expectCallsEqual()
            }
        }
    }
}
