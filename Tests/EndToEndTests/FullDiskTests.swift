import Basics
import Emulator
import Foundation
import RecordStore
import TestSupport
import Testing

extension EndToEnd.Processes {
    /// A real file system without room. Where none can be mounted, the same is tested with a database that may not grow
    /// (`FullDiskTests` of `RecordStoreTests`, `FullDiskRunTests` of `JobRunnerTests`).
    @Suite(
        "A disk that is full",
        .enabled(if: MountNamespace.isPossible, "for which root and a mount namespace are needed"))
    struct FullDiskTests {
        private static let settings = """
            limits: { rate: 200, burst: 8, concurrency: 8 }
            daemon: { shutdown_grace: 1s }
            notify: [sh, -c, 'cat >> told.jsonl']

            """
        private static let job = "source: { path: drop, settle: 0s }\n"

        /// Fills the disk when the emulator has read so many calls.
        private final class Filler: Sendable {
            private let state = Lock<(disk: SmallDisk?, at: Int)>((nil, 0))

            func fill(_ disk: SmallDisk, at call: Int) { state.withLock { $0 = (disk, call) } }

            func saw(_ call: Int) {
                guard let disk = state.withLock({ $0.at == call ? $0.disk : nil }) else { return }
                disk.fillUp()
            }
        }

        private static func with(
            megabytes: Int = 24, at folder: String = "var", settings: String = Self.settings,
            _ body: @Sendable (EndToEndInstallation, SmallDisk, Filler) async throws -> Void
        ) async throws {
            let filler = Filler()
            var knobs = EmulatorConfiguration()
            knobs.onCall = { filler.saw($0) }
            try await EndToEndInstallation.with(knobs, settings: settings) { installation in
                try installation.makeFolder("jobs")
                try installation.makeFolder("drop")
                try installation.makeFolder("drop/inbox")
                try installation.write(job, to: "jobs/drop.yaml")
                try await body(installation, SmallDisk(megabytes: megabytes, at: folder, in: installation), filler)
            }
        }

        private static func daemon(_ disk: SmallDisk) async throws -> RollcallProcess {
            let daemon = try disk.start(["daemon"])
            await daemon.waitForError(containing: "drop folder is open")
            return daemon
        }

        @Test("The daemon calls nothing while there is no room, says so, and continues by itself")
        func daemonGoesOn() async throws {
            try await Self.with { installation, disk, filler in
                let daemon = try await Self.daemon(disk)
                filler.fill(disk, at: 60)
                try installation.drop(Accounts.csv(200), as: "night.csv", into: "drop/inbox")
                await daemon.waitForError(containing: "the disk is full: no calls")
                let status = try await disk.rollcall("status")
                #expect(status.output.contains("the disk that holds the database is full"), "\(status)")
                let script = try await disk.rollcall("status", "--json")
                #expect(script.output.contains("\"disk_full_since\""))
                let paused = try await disk.rollcall("pause", "night-1")
                // A log that was copied back has room for a small change; without one it is refused.
                let isRefused = paused.status == 3 && paused.errors.contains("make room")
                #expect(isRefused || paused.status == 0, "\(paused.errors)")
                #expect(installation.emulator.calls.total < 200)
                try disk.makeRoom()
                await daemon.waitForError(containing: "the disk has room again")
                if !isRefused { #expect(try await disk.rollcall("resume", "night-1").status == 0) }
                await daemon.waitForError(containing: "batch is over")
                try await installation.end(daemon)
                try await disk.end()
                let told = try installation.text("told.jsonl")
                for event in ["disk_full", "disk_freed", "completed"] {
                    #expect(told.contains(#""event":"\#(event)""#))
                }
                #expect(installation.emulator.calls.total == 200)
                let accounting = try await Accounting(installation, batch: "night-1")
                #expect(accounting.batch.counts.succeeded == 200)
                accounting.expectCallsEqual()
            }
        }

        @Test("A file is taken in as far as there is room, and wholly as soon as there is more")
        func takingIn() async throws {
            try await Self.with { installation, disk, _ in
                let daemon = try await Self.daemon(disk)
                disk.fillUp()
                try installation.drop(Accounts.csv(500), as: "night.csv", into: "drop/inbox")
                await daemon.waitForError(containing: "the disk is full: no calls")
                try disk.makeRoom()
                await daemon.waitForError(containing: "batch is over")
                try await installation.end(daemon)
                try await disk.end()
                let accounting = try await Accounting(installation, batch: "night-1")
                #expect(accounting.batch.counts.succeeded == 500)
                accounting.expectCallsEqual()
            }
        }

        @Test(
            "Told to end while there is no room, the daemon writes what it can, or ends with 3 and the reason",
            arguments: [1, 2])
        func ends(signals: Int) async throws {
            try await Self.with { installation, disk, filler in
                let daemon = try await Self.daemon(disk)
                filler.fill(disk, at: 60)
                try installation.drop(Accounts.csv(200), as: "night.csv", into: "drop/inbox")
                await daemon.waitForError(containing: "the disk is full: no calls")
                daemon.signal(SIGTERM)
                if signals == 2 {
                    await daemon.waitForError(containing: "no new calls")
                    daemon.signal(SIGTERM)
                }
                let ended = try await daemon.wait()
                // The log's own space, once it was copied back, may be enough for the answers in hand.
                let isWritten = ended.status == 0
                #expect(isWritten || (ended.status == 3 && ended.errors.contains("make room")), "\(ended.errors)")
                try disk.makeRoom()
                // What was answered and could not be written is in doubt, and nothing is sent twice.
                let again = try await Self.daemon(disk)
                await again.waitForError(containing: "batch is over")
                try await installation.end(again)
                try await disk.end()
                let accounting = try await Accounting(installation, batch: "night-1", isKilled: true)
                let counts = accounting.batch.counts
                #expect((counts.inDoubt > 0) == !isWritten && counts.succeeded + counts.inDoubt == 200)
                #expect(installation.emulator.calls.byRequest.values.allSatisfy { $0 == 1 })
                accounting.expectCallsCovered()
            }
        }

        @Test("A run waits for room, too")
        func run() async throws {
            try await Self.with { installation, disk, filler in
                try installation.write(Accounts.csv(200), to: "night.csv")
                filler.fill(disk, at: 60)
                let run = try disk.start(["run", "night.csv"])
                await run.waitForError(containing: "the disk that holds the database is full: no calls are made")
                try disk.makeRoom()
                let ended = try await run.wait()
                #expect(ended.status == 0, "\(ended.errors)")
                try await disk.end()
                try await Accounting(installation, batch: "night-1").expectCallsEqual()
                #expect(installation.emulator.calls.total == 200)
            }
        }

        /// SQLite copies the WAL back by itself only once it is larger than this disk.
        @Test("A disk that the database's own log fills serves a run to its end")
        func smallDisk() async throws {
            let settings = "limits: { rate: 2000, burst: 32, concurrency: 32 }\n"
            try await Self.with(megabytes: 5, settings: settings) { installation, disk, _ in
                try installation.write(Accounts.csv(1_500), to: "night.csv")
                let ended = try await disk.rollcall("run", "night.csv")
                #expect(ended.status == 0, "\(ended.errors)")
                try await disk.end()
                try await Accounting(installation, batch: "night-1").expectCallsEqual()
                #expect(installation.emulator.calls.total == 1_500)
            }
        }

        @Test("Results for which there is no room are written once there is some, without a call")
        func results() async throws {
            try await Self.with(megabytes: 4, at: "out") { installation, disk, _ in
                disk.fillUp()
                try installation.write(Accounts.csv(100), to: "night.csv")
                for _ in 1...2 {
                    let ended = try await disk.rollcall("run", "night.csv")
                    #expect(ended.status == 3 && ended.errors.contains("make room"), "\(ended.errors)")
                    #expect(try FileManager.default.contentsOfDirectory(atPath: disk.file("night-1")) == [])
                    #expect(installation.emulator.calls.total == 100)
                }
                try disk.makeRoom()
                let again = try await disk.rollcall("run", "night.csv")
                #expect(again.status == 0, "\(again.errors)")
                try await disk.end()
                let accounting = try await Accounting(installation, batch: "night-1")
                try accounting.expectEveryLineAccounted(total: 100)
                accounting.expectCallsEqual()
                #expect(installation.emulator.calls.total == 100)
            }
        }

        @Test("A copy for which there is no room is refused, and nothing is left of it")
        func backup() async throws {
            try await Self.with(megabytes: 4, at: "copies") { installation, disk, _ in
                try installation.write(Accounts.csv(20), to: "night.csv")
                #expect(try await installation.rollcall("run", "night.csv").status == 0)
                disk.fillUp()
                // Its working folder is the one below the disk.
                let copy = installation.file("copies/night.sqlite")
                let ended = try await disk.rollcall("backup", copy)
                #expect(ended.status == 3 && ended.errors.contains("make room"), "\(ended.errors)")
                #expect(try FileManager.default.contentsOfDirectory(atPath: disk.file("")) == ["ballast"])
                try disk.makeRoom()
                let again = try await disk.rollcall("backup", copy)
                #expect(again.status == 0, "\(again.errors)")
                #expect(FileManager.default.fileExists(atPath: disk.file("night.sqlite")))
                try await disk.end()
            }
        }

        @Test("A run without room to begin with says so and ends with 3")
        func noRoomToBegin() async throws {
            try await Self.with { installation, disk, _ in
                disk.fillUp()
                try installation.write(Accounts.csv(5), to: "night.csv")
                let ended = try await disk.rollcall("run", "night.csv")
                #expect(ended.status == 3 && ended.errors.contains("make room"), "\(ended.errors)")
                #expect(!ended.errors.contains("SELECT") && !ended.errors.contains("CREATE"))
                try disk.makeRoom()
                let again = try await disk.rollcall("run", "night.csv")
                #expect(again.status == 0, "\(again.errors)")
                try await disk.end()
                #expect(installation.emulator.calls.total == 5)
            }
        }
    }
}
