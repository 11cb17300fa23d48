import Emulator
import Foundation
import RecordStore
import TestSupport
import Testing

extension EndToEnd.Recovery {
    @Suite("Killed at any moment")
    struct CrashTests {
        @Test("Twenty kills over one batch: every line has one status and no record is sent twice")
        func twentyKills() async throws {
            let executioner = ProcessKiller()
            var knobs = EmulatorConfiguration()
            knobs.latency = .milliseconds(5)
            knobs.onCall = { executioner.saw($0) }
            try await EndToEndInstallation.with(knobs) { installation in
                try installation.write(Accounts.csv(1000), to: "night.csv")
                var random = SeededRandom(seed: 20)
                for _ in 0..<20 {
                    let process = try installation.start(["run", "night.csv"])
                    executioner.condemn(process, at: installation.emulator.calls.total + random.next(in: 1...25))
                    #expect(try await process.wait().status == -SIGKILL)
                }
                let ended = try await installation.rollcall("run", "night.csv")
                #expect(ended.status == 4, "\(ended.errors)")
                let accounting = try await Accounting(installation, batch: "night-1", isKilled: true)
                try accounting.expectEveryLineAccounted(total: 1000)
                accounting.expectCallsCovered()
                #expect(installation.emulator.calls.byRequest.values.allSatisfy { $0 == 1 })
                #expect(accounting.batch.counts.inDoubt >= 20)
                #expect(accounting.batch.counts.succeeded + accounting.batch.counts.inDoubt == 1000)
            }
        }

        @Test("What a kill left in doubt is sent again where the policy says so, and only then")
        func inDoubtRetried() async throws {
            let executioner = ProcessKiller()
            var knobs = EmulatorConfiguration()
            knobs.onCall = { executioner.saw($0) }
            let settings = EndToEndInstallation.fast.replacing("retry: {", with: "retry: { in_doubt: retry,")
            try await EndToEndInstallation.with(knobs, settings: settings) { installation in
                try installation.write(Accounts.csv(50), to: "night.csv")
                let process = try installation.start(["run", "night.csv"])
                executioner.condemn(process, at: 20)
                #expect(try await process.wait().status == -SIGKILL)
                let ended = try await installation.rollcall("run", "night.csv")
                #expect(ended.status == 0, "\(ended.errors)")
                let accounting = try await Accounting(installation, batch: "night-1", isKilled: true)
                try accounting.expectEveryLineAccounted(total: 50)
                accounting.expectCallsCovered()
                #expect(accounting.batch.counts.inDoubtRetried >= 1)
            }
        }

        @Test("rerun of records in doubt says what it may cost and wants --yes")
        func rerunInDoubt() async throws {
            try await EndToEndInstallation.with { installation in
                try installation.write(
                    Accounts.header + Accounts.line(1) + Accounts.line(2, email: "iia+resetx1@example.com"),
                    to: "day.csv")
                #expect(try await installation.rollcall("run", "day.csv").status == 4)
                let refused = try await installation.rollcall("rerun", "day-1", "--status", "in_doubt")
                #expect(refused.status == 3)
                #expect(refused.errors.contains("--yes"))
                #expect(installation.emulator.calls.total == 2)
                let ended = try await installation.rollcall("rerun", "day-1", "--status", "in_doubt", "--yes")
                #expect(ended.status == 0, "\(ended.errors)")
                #expect(installation.emulator.calls.total == 3)
                try await Accounting(installation, batch: "day-1").expectEveryLineAccounted(total: 2)
            }
        }
    }
}
