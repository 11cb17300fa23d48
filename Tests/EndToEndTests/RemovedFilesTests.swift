import Basics
import Emulator
import Foundation
import RecordStore
import Testing

extension EndToEnd.Processes {
    @Suite("Files that are removed under a live process")
    struct RemovedFilesTests {
        /// Removes a file or folder when the emulator has read so many calls.
        private final class Remover: Sendable {
            private let path = Lock<String?>(nil)

            func remove(_ path: String) { self.path.withLock { $0 = path } }

            func saw(_ call: Int) {
                guard call == 40, let path = path.withLock({ $0 }) else { return }
                // What could not be removed shows: the run continues to its end.
                try? FileManager.default.removeItem(atPath: path)
            }
        }

        private static func with(
            removing name: String, _ body: @Sendable (EndToEndInstallation) async throws -> Void
        ) async throws {
            let remover = Remover()
            var knobs = EmulatorConfiguration()
            knobs.onCall = { remover.saw($0) }
            let settings = "limits: { rate: 50, burst: 8, concurrency: 8 }\n"
            try await EndToEndInstallation.with(knobs, settings: settings) { installation in
                try installation.makeFolder("drop")
                try installation.makeFolder("drop/inbox")
                try installation.makeFolder("jobs")
                try installation.write("source: { path: drop, settle: 0s }\n", to: "jobs/drop.yaml")
                try installation.write(Accounts.csv(200), to: "night.csv")
                remover.remove(installation.file(name))
                try await body(installation)
            }
        }

        @Test(
            "All of var/, or the database, while a daemon sends: it ends with 3 and the reason",
            arguments: ["var", "var/rollcall.sqlite"])
        func daemon(name: String) async throws {
            try await Self.with(removing: name) { installation in
                let daemon = try await installation.daemon()
                try installation.drop(Accounts.csv(200), as: "night.csv", into: "drop/inbox")
                let ended = try await daemon.wait()
                #expect(ended.status == 3, "\(ended.errors)")
                #expect(ended.errors.contains("while it was in use"), "\(ended.errors)")
                // Those under way were too late to be stopped.
                #expect((40...48).contains(installation.emulator.calls.total))
            }
        }

        @Test("The folder of results, while a run sends: it is made again, and has the results")
        func results() async throws {
            try await Self.with(removing: "out") { installation in
                try installation.makeFolder("out")
                let ended = try await installation.rollcall("run", "night.csv")
                #expect(ended.status == 0, "\(ended.errors)")
                let accounting = try await Accounting(installation, batch: "night-1")
                try accounting.expectEveryLineAccounted(total: 200)
                accounting.expectCallsEqual()
            }
        }

        @Test("The lock, while a run sends: it ends with 3, its answers are kept, and the next run continues")
        func lock() async throws {
            try await Self.with(removing: "var/rollcall.sqlite.lock") { installation in
                let ended = try await installation.rollcall("run", "night.csv")
                #expect(
                    ended.status == 3 && ended.errors.contains("rollcall.sqlite.lock was removed"), "\(ended.errors)")
                #expect((40...48).contains(installation.emulator.calls.total))
                let again = try await installation.rollcall("run", "night.csv")
                #expect(again.status == 0, "\(again.errors)")
                let accounting = try await Accounting(installation, batch: "night-1")
                #expect(accounting.batch.counts.succeeded == 200)
                accounting.expectCallsEqual()
            }
        }
    }
}
