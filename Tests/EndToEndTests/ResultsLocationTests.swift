import Emulator
import Foundation
import RecordStore
import Testing

extension EndToEnd.Processes {
    @Suite("Result files are those of the batch's last end, wherever they are")
    struct ResultsLocationTests {
        /// One line is refused at first and answered by a re-run whose results cannot be written: the files left are those
        /// of before.
        private func withStaleResults(_ body: @Sendable (EndToEndInstallation) async throws -> Void) async throws {
            try await EndToEndInstallation.with { installation in
                try installation.write(Accounts.csv(scenarios: ["plain", "iia+400x1.z"]), to: "z.csv")
                #expect(try await installation.rollcall("run", "z.csv").status == 2)
                let (folder, aside) = (installation.file("out/z-1"), installation.file("aside"))
                try FileManager.default.moveItem(atPath: folder, toPath: aside)
                try installation.write("", to: "out/z-1")
                #expect(try await installation.rollcall("rerun", "z-1").status == 3)
                #expect(try await installation.batch("z-1").counts.succeeded == 2)
                try FileManager.default.removeItem(atPath: folder)
                try FileManager.default.moveItem(atPath: aside, toPath: folder)
                #expect(try installation.names(in: "out/z-1").contains("failed.csv"))
                try await body(installation)
                #expect(try installation.results("z-1").map { $0["status"] } == ["succeeded", "succeeded"])
                #expect(try !installation.names(in: "out/z-1").contains("failed.csv"))
                #expect(installation.emulator.calls.total == 3)
                let again = try await installation.rollcall("run", "z.csv")
                #expect(again.status == 65 && again.errors.contains("results are in"), "\(again.errors)")
            }
        }

        @Test("run of the same file writes them again, and says so")
        func run() async throws {
            try await withStaleResults { installation in
                let ended = try await installation.rollcall("run", "z.csv")
                #expect(ended.status == 0, "\(ended.errors)")
                #expect(ended.errors.contains("not of its last end"), "\(ended.errors)")
            }
        }

        @Test("rerun with nothing to send writes them again, too")
        func rerun() async throws {
            try await withStaleResults { installation in
                let ended = try await installation.rollcall("rerun", "z-1")
                #expect(ended.status == 0, "\(ended.errors)")
                #expect(ended.errors.contains("nothing to send"), "\(ended.errors)")
                #expect(ended.errors.contains("not of its last end"), "\(ended.errors)")
            }
        }

        @Test("rerun --out writes there, and again where the results of before are")
        func rerunElsewhere() async throws {
            try await EndToEndInstallation.with { installation in
                try installation.write(Accounts.csv(scenarios: ["plain", "iia+400x1.z"]), to: "z.csv")
                #expect(try await installation.rollcall("run", "z.csv").status == 2)
                let ended = try await installation.rollcall("rerun", "z-1", "--out", "other")
                #expect(ended.status == 0, "\(ended.errors)")
                #expect(ended.errors.contains("out/z-1"), "\(ended.errors)")
                for folder in ["out/z-1", "other/z-1"] {
                    let rows = CSVText.rows(try installation.text("\(folder)/results.csv"))
                    #expect(rows.map { $0["status"] } == ["succeeded", "succeeded"])
                    #expect(try !installation.names(in: folder).contains("failed.csv"))
                }
            }
        }

        @Test("Results first written with --out are found again, and kept up to date by a rerun without it")
        func firstElsewhere() async throws {
            try await EndToEndInstallation.with { installation in
                try installation.write(Accounts.csv(scenarios: ["plain", "iia+400x1.z"]), to: "z.csv")
                #expect(try await installation.rollcall("run", "z.csv", "--out", "other").status == 2)
                let refused = try await installation.rollcall("run", "z.csv")
                #expect(refused.status == 65 && refused.errors.contains("/other/z-1"), "\(refused.errors)")
                #expect(try await installation.rollcall("rerun", "z-1").status == 0)
                #expect(try !installation.names(in: "other/z-1").contains("failed.csv"))
                #expect(try !installation.names(in: "out/z-1").contains("failed.csv"))
            }
        }

        @Test("run --out of a finished file writes its results there as well, without a call")
        func finishedElsewhere() async throws {
            try await EndToEndInstallation.with { installation in
                try installation.write(Accounts.csv(2), to: "day.csv")
                #expect(try await installation.rollcall("run", "day.csv").status == 0)
                let ended = try await installation.rollcall("run", "day.csv", "--out", "other")
                #expect(ended.status == 0, "\(ended.errors)")
                #expect(ended.errors.contains("written to other/day-1 as well"), "\(ended.errors)")
                let (first, second) = (
                    try installation.text("out/day-1/results.csv"), try installation.text("other/day-1/results.csv")
                )
                #expect(first == second)
                let again = try await installation.rollcall("run", "day.csv", "--out", "other")
                #expect(again.status == 65 && again.errors.contains("other/day-1"), "\(again.errors)")
                #expect(installation.emulator.calls.total == 2)
            }
        }

        @Test("A daemon has nothing to add to results that run has written")
        func daemonAfterRun() async throws {
            try await EndToEndInstallation.with { installation in
                try installation.write(Accounts.csv(1), to: "day.csv")
                #expect(try await installation.rollcall("run", "day.csv").status == 0)
                let store = try await installation.store()
                #expect(try await store.pendingBatches().isEmpty)
                try await store.close()
            }
        }

        @Test("One record that the API always refuses: the halt says so, and cancel ends the batch with what there is")
        func refusedRecord() async throws {
            let settings = EndToEndInstallation.fast.replacing("concurrency: 16", with: "concurrency: 1")
            try await EndToEndInstallation.with(settings: settings) { installation in
                let lines = (1...11).map { Accounts.line($0, email: $0 == 3 ? "iia+403@example.com" : nil) }
                try installation.write(Accounts.header + lines.joined(), to: "day.csv")
                let halted = try await installation.rollcall("run", "day.csv")
                #expect(halted.status == 3, "\(halted.errors)")
                #expect(halted.errors.contains("while it answered others"), "\(halted.errors)")
                #expect(halted.errors.contains("rollcall cancel day-1"), "\(halted.errors)")
                let records = try await installation.rollcall("records", "day-1", "--status", "queued")
                #expect(records.output.contains("r3") && records.output.contains("HTTP 403"), "\(records.output)")
                let calls = installation.emulator.calls.total
                let cancelled = try await installation.rollcall("cancel", "day-1")
                #expect(cancelled.status == 0 && cancelled.errors.contains("out/day-1"), "\(cancelled.errors)")
                let statuses = try installation.results("day-1").map { $0["status"] }
                #expect(statuses.count { $0 == "succeeded" } == 10 && statuses[2] == "cancelled")
                let again = try await installation.rollcall("run", "day.csv")
                #expect(again.status == 65 && again.errors.contains("out/day-1"), "\(again.errors)")
                #expect(installation.emulator.calls.total == calls)
            }
        }
    }
}
