import Emulator
import Foundation
import RecordStore
import Testing

extension EndToEnd.Calls {
    @Suite("A run, end to end")
    struct RunTests {
        @Test("Every line of a faulty night has one status and every call stands in both logs")
        func faultyNight() async throws {
            var knobs = EmulatorConfiguration()
            knobs.faults.unavailable = 0.05
            knobs.faults.internalError = 0.05
            knobs.faults.resetAfterReading = 0.02
            try await EndToEndInstallation.with(knobs) { installation in
                try installation.write(Accounts.csv(400) + Accounts.line(401, email: "x"), to: "night.csv")
                let ended = try await installation.rollcall("run", "night.csv")
                #expect(ended.status == 4, "\(ended.errors)")
                let accounting = try await Accounting(installation, batch: "night-1")
                try accounting.expectEveryLineAccounted(total: 401)
                accounting.expectCallsEqual()
                #expect(accounting.batch.counts.invalid == 1)
                #expect(accounting.batch.counts.retries > 0)
            }
        }

        @Test("All answered is exit code 0, and results stand in input order")
        func allAnswered() async throws {
            try await EndToEndInstallation.with { installation in
                try installation.write(Accounts.csv(60), to: "day.csv")
                let ended = try await installation.rollcall("run", "day.csv")
                #expect(ended.status == 0, "\(ended.errors)")
                let rows = try installation.results("day-1")
                #expect(rows.map { $0["id"] } == (1...60).map { "r\($0)" })
                #expect(rows.map { $0["line"] } == (2...61).map { "\($0)" })
                #expect(rows.allSatisfy { Int($0["user.scores.identityRisk"] ?? "") != nil })
                try await Accounting(installation, batch: "day-1").expectCallsEqual()
            }
        }

        @Test("A finished file is refused with its batch's name, and run again with --again")
        func finishedFile() async throws {
            try await EndToEndInstallation.with { installation in
                try installation.write(Accounts.csv(3), to: "day.csv")
                #expect(try await installation.rollcall("run", "day.csv").status == 0)
                let refused = try await installation.rollcall("run", "day.csv")
                #expect(refused.status == 65)
                #expect(refused.errors.contains("day-1"))
                #expect(refused.errors.contains("--again"))
                #expect(installation.emulator.calls.total == 3)
                #expect(try await installation.rollcall("run", "day.csv", "--again").status == 0)
                #expect(installation.emulator.calls.total == 6)
                try await Accounting(installation, batch: "day-2").expectEveryLineAccounted(total: 3)
            }
        }

        @Test("Result files that were never written whole are written by the next run, without a call")
        func resultsAreWrittenLater() async throws {
            try await EndToEndInstallation.with { installation in
                try installation.write(Accounts.csv(3), to: "day.csv")
                #expect(try await installation.rollcall("run", "day.csv").status == 0)
                try FileManager.default.removeItem(atPath: installation.file("out/day-1"))
                let ended = try await installation.rollcall("run", "day.csv")
                #expect(ended.status == 0, "\(ended.errors)")
                #expect(try installation.results("day-1").count == 3)
                #expect(installation.emulator.calls.total == 3)
            }
        }

        @Test("A folder for results that cannot be made is refused before any call")
        func resultsFolderIsCheckedFirst() async throws {
            try await EndToEndInstallation.with { installation in
                try installation.write(Accounts.csv(1), to: "day.csv")
                try installation.write("a file", to: "blocked")
                let ended = try await installation.rollcall("run", "day.csv", "--out", "blocked/x")
                #expect(ended.status == 78, "\(ended.errors)")
                #expect(installation.emulator.calls.total == 0)
            }
        }

        @Test("A database that is gone while its mark is there is not made again")
        func lostDatabase() async throws {
            try await EndToEndInstallation.with { installation in
                try installation.write(Accounts.csv(1), to: "day.csv")
                #expect(try await installation.rollcall("run", "day.csv").status == 0)
                try FileManager.default.removeItem(atPath: installation.file("var/rollcall.sqlite"))
                let ended = try await installation.rollcall("run", "day.csv")
                #expect(ended.status == 78, "\(ended.errors)")
                #expect(installation.emulator.calls.total == 1)
            }
        }

        @Test("A file with a header and no rows completes with 0 records")
        func headerOnly() async throws {
            try await EndToEndInstallation.with { installation in
                try installation.write(Accounts.header, to: "none.csv")
                let ended = try await installation.rollcall("run", "none.csv")
                #expect(ended.status == 0, "\(ended.errors)")
                try await Accounting(installation, batch: "none-1").expectEveryLineAccounted(total: 0)
            }
        }

        @Test("failed.csv is mended and run as it is")
        func failedFileRunsAgain() async throws {
            try await EndToEndInstallation.with { installation in
                try installation.write(
                    Accounts.header + Accounts.line(1) + Accounts.line(2, email: "iia+400@example.com")
                        + Accounts.line(3, email: "x"), to: "day.csv")
                #expect(try await installation.rollcall("run", "day.csv").status == 2)
                let failed = try installation.text("out/day-1/failed.csv")
                let mended = failed.replacing("iia+400@", with: "mended@").replacing(
                    ",x,", with: ",mended2@example.com,")
                try installation.write(mended, to: "mended.csv")
                let ended = try await installation.rollcall("run", "mended.csv")
                #expect(ended.status == 0, "\(ended.errors)")
                try await Accounting(installation, batch: "mended-2").expectEveryLineAccounted(total: 2)
            }
        }

        @Test("JSON lines, nested and flat, go the same way")
        func jsonLines() async throws {
            try await EndToEndInstallation.with { installation in
                try installation.write(
                    """
                    {"id":"n1","user":{"account":{"hashedAccountId":"abc"},"email":"a@example.com"}}
                    {"id":"f1","account_id":"7","email":"b@example.com"}
                    {"id":"bad","user":{"account":{"hashedAccountId":"abc"},"email":7}}

                    """, to: "lines.jsonl")
                let ended = try await installation.rollcall("run", "lines.jsonl")
                #expect(ended.status == 2, "\(ended.errors)")
                let rows = try installation.results("lines-1")
                #expect(rows.map { $0["status"] } == ["succeeded", "succeeded", "invalid"])
                #expect(try installation.text("out/lines-1/failed.jsonl").contains("\"_reason\""))
            }
        }

        @Test("--json prints one summary whose counts are the ledger's")
        func jsonSummary() async throws {
            try await EndToEndInstallation.with { installation in
                try installation.write(Accounts.csv(5), to: "day.csv")
                let ended = try await installation.rollcall("run", "day.csv", "--json")
                let summary = try JSONSerialization.jsonObject(with: Data(ended.output.utf8)) as? [String: Any]
                #expect((summary?["records"] as? [String: Any])?["succeeded"] as? Int == 5)
                #expect((summary?["calls"] as? [String: Any])?["made"] as? Int == installation.emulator.calls.total)
            }
        }
    }
}
