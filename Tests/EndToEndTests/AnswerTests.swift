import Emulator
import Foundation
import RecordStore
import Testing

extension EndToEnd.Calls {
    @Suite("What each answer becomes, end to end")
    struct AnswerTests {
        /// Scenario of the emulator, status the record ends in, calls the emulator reads for it, and whether the last of these
        /// is on the invoice; none before it is.
        static let outcomes: [(scenario: String, status: String, calls: Int, billable: Billable)] = [
            ("iia+400", "failed", 1, .no), ("iia+400rx1", "succeeded", 2, .yes),
            ("iia+400rsx2", "succeeded", 3, .yes), ("iia+500x1", "succeeded", 2, .yes),
            ("iia+503x2", "succeeded", 3, .yes), ("iia+503", "failed", 5, .no),
            ("iia+html503x1", "succeeded", 2, .yes), ("iia+425x1", "succeeded", 2, .yes),
            ("iia+502ex1", "succeeded", 2, .yes), ("iia+504ex1", "succeeded", 2, .yes),
            ("iia+502", "in_doubt", 1, .unknown), ("iia+504", "in_doubt", 1, .unknown),
            ("iia+408", "in_doubt", 1, .unknown), ("iia+reset", "in_doubt", 1, .unknown),
            ("iia+close", "in_doubt", 1, .unknown), ("iia+truncate", "in_doubt", 1, .unknown),
            ("iia+cuthead", "in_doubt", 1, .unknown), ("iia+big", "in_doubt", 1, .yes),
            ("iia+plain", "succeeded", 1, .yes), ("iia+a128gcm", "succeeded", 1, .yes),
            ("iia+a192gcm", "succeeded", 1, .yes), ("iia+429x1", "succeeded", 2, .yes),
            ("iia+html425", "in_doubt", 1, .unknown), ("iia+html500", "in_doubt", 1, .unknown),
            ("iia+empty", "in_doubt", 1, .unknown), ("iia+413", "failed", 1, .no), ("iia+414", "failed", 1, .no),
            ("iia+415e", "failed", 1, .no), ("iia+422", "failed", 1, .no), ("iia+431", "failed", 1, .no),
            ("iia+451e", "failed", 1, .no), ("iia+lone", "succeeded", 1, .yes), ("iia+unknown", "succeeded", 1, .yes),
            ("iia+nojson", "in_doubt", 1, .yes), ("iia+errors", "in_doubt", 1, .yes),
            ("iia+mismatch", "in_doubt", 1, .unknown), ("plain", "succeeded", 1, .yes),
        ]

        @Test("One record for each answer ends as the table of answers says")
        func everyOutcome() async throws {
            // One after the other, so that no busy machine brings three answers that cannot be read together.
            let settings = EndToEndInstallation.fast.replacing("concurrency: 16", with: "concurrency: 1")
            try await EndToEndInstallation.with(settings: settings) { installation in
                // Plain records between keep ten troubles from standing in a row.
                let scenarios = Self.outcomes.flatMap { [$0.scenario, "between.\($0.scenario.dropFirst(4))"] }
                try installation.write(Accounts.csv(scenarios: scenarios), to: "table.csv")
                let ended = try await installation.rollcall("run", "table.csv")
                #expect(ended.status == 4, "\(ended.errors)")
                let rows = try installation.results("table-1")
                for (index, expected) in Self.outcomes.enumerated() {
                    let row = rows[index * 2]
                    #expect(row["status"] == expected.status, "\(expected.scenario): \(row["error"] ?? "")")
                    #expect(row["attempts"] == "\(expected.calls)", "\(expected.scenario)")
                }
                let accounting = try await Accounting(installation, batch: "table-1")
                for (index, expected) in Self.outcomes.enumerated() {
                    let line = index * 2 + 2
                    let attempts = accounting.ledger.filter { $0.record.line == line }.sorted { $0.number < $1.number }
                    #expect(attempts.last?.billable == expected.billable, "\(expected.scenario)")
                    #expect(attempts.dropLast().allSatisfy { $0.billable == .no }, "\(expected.scenario)")
                }
                try accounting.expectEveryLineAccounted(total: scenarios.count)
                accounting.expectCallsEqual()
            }
        }

        @Test("A plain answer succeeds with a warning")
        func plainAnswer() async throws {
            try await EndToEndInstallation.with { installation in
                try installation.write(Accounts.csv(scenarios: ["iia+plain"]), to: "day.csv")
                #expect(try await installation.rollcall("run", "day.csv").status == 0)
                #expect(try installation.results("day-1")[0]["warnings"]?.contains("answer was not encrypted") == true)
            }
        }

        @Test(
            "Three answers in a row that cannot be read halt the batch; they are held, not sent again",
            arguments: ["iia+wrongkey", "iia+badtag", "iia+garbage", "iia+201"])
        func undecipherable(scenario: String) async throws {
            try await EndToEndInstallation.with { installation in
                try installation.write(Accounts.csv(scenarios: (1...6).map { "\(scenario).\($0)" }), to: "day.csv")
                let ended = try await installation.rollcall("run", "day.csv")
                #expect(ended.status == 3, "\(ended.errors)")
                #expect(ended.errors.contains("api.decryption_key"), "\(ended.errors)")
                let accounting = try await Accounting(installation, batch: "day-1")
                try accounting.expectEveryLineAccounted(total: 6)
                accounting.expectCallsEqual()
                #expect(accounting.batch.state == .halted)
                #expect(accounting.batch.counts.inDoubt == 3)
                #expect(accounting.batch.counts.queued == 3)
            }
        }

        @Test(
            "An answer about how this side is set up halts with the remedy, its records unspent",
            arguments: ["iia+401", "iia+403", "iia+404", "iia+400d", "iia+html400", "iia+redirect"])
        func misconfigured(scenario: String) async throws {
            try await EndToEndInstallation.with { installation in
                try installation.write(Accounts.csv(scenarios: (1...4).map { "\(scenario).\($0)" }), to: "day.csv")
                let ended = try await installation.rollcall("run", "day.csv")
                #expect(ended.status == 3, "\(ended.errors)")
                #expect(ended.errors.contains("rollcall doctor"), "\(ended.errors)")
                let accounting = try await Accounting(installation, batch: "day-1")
                try accounting.expectEveryLineAccounted(total: 4)
                accounting.expectCallsEqual()
                #expect(accounting.batch.counts.queued == 4)
                #expect(accounting.batch.counts.billable == 0)
            }
        }

        @Test("rerun reads a kept answer with today's key before it calls")
        func keptAnswerIsReadLater() async throws {
            try await EndToEndInstallation.with { installation in
                try installation.write(Accounts.csv(2), to: "day.csv")
                let right = try installation.text("pki/decryption.pem")
                try installation.write(try installation.text("pki/server/requests.key"), to: "pki/decryption.pem")
                let first = try await installation.rollcall("run", "day.csv")
                #expect(first.status == 4, "\(first.errors)")
                try installation.write(right, to: "pki/decryption.pem")
                let second = try await installation.rollcall("rerun", "day-1", "--status", "in_doubt")
                #expect(second.status == 0, "\(second.errors)")
                #expect(installation.emulator.calls.total == 2)
                let accounting = try await Accounting(installation, batch: "day-1")
                try accounting.expectEveryLineAccounted(total: 2)
                #expect(accounting.batch.counts.succeeded == 2)
            }
        }
    }
}
