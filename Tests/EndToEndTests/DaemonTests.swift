import Emulator
import Foundation
import RecordStore
import Testing

extension EndToEnd.Processes {
    @Suite("The daemon")
    struct DaemonTests {
        /// A drop folder `drop` whose files count as whole after the shortest time there is.
        static let dropJob = "source: { path: drop, settle: 50ms }\n"

        private static func installed(
            _ knobs: EmulatorConfiguration = EmulatorConfiguration(), jobs: [String: String] = ["drop": dropJob],
            settings: String = EndToEndInstallation.fast + "daemon: { poll: 50ms }\n",
            _ body: @Sendable (EndToEndInstallation) async throws -> Void
        ) async throws {
            try await EndToEndInstallation.with(knobs, settings: settings) { installation in
                try installation.makeFolder("jobs")
                for (name, text) in jobs { try installation.write(text, to: "jobs/\(name).yaml") }
                try await body(installation)
            }
        }

        @Test("A dropped file becomes a result folder, the file moves to the archive, and SIGTERM ends gently")
        func dropFolder() async throws {
            try await Self.installed { installation in
                let daemon = try await installation.daemon()
                try installation.drop(Accounts.csv(20), as: "night.csv", into: "drop/inbox")
                await daemon.waitForError(containing: "batch is over batch=night-1 ")
                try await installation.end(daemon)
                #expect(try installation.names(in: "drop/inbox") == [])
                #expect(try installation.names(in: "drop/working") == [])
                #expect(try installation.names(in: "drop/archive") == ["night.csv"])
                let folder = try #require(try installation.names(in: "drop/out").first)
                #expect(folder.hasPrefix("night_") && folder.hasSuffix("_1"))
                #expect(CSVText.rows(try installation.text("drop/out/\(folder)/results.csv")).count == 20)
                let accounting = try await Accounting(installation, batch: "night-1")
                #expect(accounting.batch.counts.succeeded == 20)
                accounting.expectCallsEqual()
            }
        }

        @Test(
            "A file that is none is rejected with line, column and remedy beside it, and one known by its content too")
        func rejected() async throws {
            try await Self.installed { installation in
                let daemon = try await installation.daemon()
                try installation.drop("id,colour\n1,red\n", as: "colours.csv", into: "drop/inbox")
                await daemon.waitForError(containing: "file rejected file=colours.csv")
                let text = try installation.text("drop/rejected/colours.csv.error.txt")
                #expect(text.contains("colour") && text.contains("Line 1"))
                try installation.drop(Accounts.csv(2), as: "one.csv", into: "drop/inbox")
                await daemon.waitForError(containing: "batch is over batch=one-")
                try installation.drop(Accounts.csv(2), as: "two.csv", into: "drop/inbox")
                await daemon.waitForError(containing: "file rejected file=two.csv")
                #expect(try installation.text("drop/rejected/two.csv.error.txt").contains("one-"))
                try await installation.end(daemon)
                #expect(installation.emulator.calls.total == 2)
            }
        }

        @Test("Killed at many moments, every line of every file is accounted for and no file is taken twice")
        func killed() async throws {
            var knobs = EmulatorConfiguration()
            knobs.latency = .milliseconds(2)
            let box = ProcessBox()
            let moments = Set((1...12).map { $0 * 17 })
            knobs.onCall = { if moments.contains($0) { box.signal(SIGKILL) } }
            try await Self.installed(knobs) { installation in
                let first = try await installation.daemon()
                box.put(first)
                for file in 1...10 {
                    try installation.drop(
                        Accounts.csv(from: file * 100, 25), as: "f\(file).csv", into: "drop/inbox")
                }
                var daemon = first
                while try await installation.isUnfinished(10, in: daemon) {
                    // Its lock goes with it, which may be a moment after its last words.
                    #expect(try await daemon.wait().status == -SIGKILL)
                    daemon = try await installation.daemon()
                    box.put(daemon)
                }
                try await installation.end(daemon)
                let store = try await installation.store()
                let batches = try await store.batches()
                try await store.close()
                #expect(batches.map(\.fileName).sorted() == (1...10).map { "f\($0).csv" }.sorted())
                var known = 0
                for batch in batches {
                    #expect(batch.state == .completed && batch.counts.total == 25)
                    let accounting = try await Accounting(installation, batch: batch.name, isKilled: true)
                    known += accounting.ledger.count { $0.httpStatus != nil || $0.billable == .unknown }
                    #expect(Set(accounting.ledger.map(\.record)).count <= 25)
                }
                #expect(installation.emulator.calls.total <= known)
                #expect(try installation.names(in: "drop/archive").count == 10)
                #expect(try installation.names(in: "drop/out").count == 10)
            }
        }

        @Test("pause, resume and cancel take hold of a batch under way")
        func steering() async throws {
            var knobs = EmulatorConfiguration()
            knobs.latency = .milliseconds(5)
            try await Self.installed(knobs) { installation in
                let daemon = try await installation.daemon()
                try installation.write(Accounts.csv(2_000), to: "long.csv")
                let submitted = try await installation.rollcall("submit", "long.csv")
                #expect(submitted.status == 0 && submitted.output == "long-1\n", "\(submitted.errors)")
                await daemon.waitForError(containing: "batch under way batch=long-1")
                #expect(try await installation.rollcall("pause", "long-1").status == 0)
                await daemon.waitForError(containing: "batch stands still batch=long-1")
                let paused = try await installation.batch("long-1")
                #expect(paused.state == .paused && paused.counts.queued > 0 && paused.counts.inFlight == 0)
                #expect(try await installation.rollcall("start", "long-1").status == 3)
                #expect(try await installation.rollcall("resume", "long-1").status == 0)
                #expect(try await installation.rollcall("cancel", "long-1").status == 0)
                await daemon.waitForError(containing: "batch is over batch=long-1")
                try await installation.end(daemon)
                let accounting = try await Accounting(installation, batch: "long-1")
                #expect(accounting.batch.state == .cancelled)
                #expect(accounting.batch.counts.cancelled > 0)
                accounting.expectCallsEqual()
                #expect(try installation.results("long-1").count == 2_000)
            }
        }

        @Test("run beside a daemon hands the batch over, follows it and exits as it would by itself")
        func runBeside() async throws {
            try await Self.installed { installation in
                let daemon = try await installation.daemon()
                try installation.write(
                    Accounts.csv(10) + Accounts.line(11, email: "iia+400@example.com"), to: "day.csv")
                let ended = try await installation.rollcall("run", "day.csv")
                #expect(ended.status == 2, "\(ended.errors)")
                #expect(ended.output.contains("day-1: completed"))
                let again = try await installation.rollcall("rerun", "day-1")
                #expect(again.status == 2, "\(again.errors)")
                try await installation.end(daemon)
                let accounting = try await Accounting(installation, batch: "day-1")
                try accounting.expectEveryLineAccounted(total: 11)
                accounting.expectCallsEqual()
                #expect(accounting.ledger.count == 12)
            }
        }

        @Test("The exchange group has the results, whoever writes them")
        func exchangeGroup() async throws {
            let own = try #require(getgrgid(getegid())?.pointee.gr_name.map { String(cString: $0) })
            try await Self.installed(jobs: ["drop": Self.dropJob + "exchange_group: \(own)\n"]) { installation in
                let daemon = try await installation.daemon()
                try installation.drop(
                    Accounts.csv(2) + Accounts.line(3, email: "iia+400@example.com"), as: "a.csv", into: "drop/inbox")
                await daemon.waitForError(containing: "batch is over batch=a-1")
                try installation.expectShared("drop/out")
                let status = try await installation.rollcall("status", "a-1", "--json")
                #expect(status.output.contains(#""gate":"open""#), "\(status.errors)")
                #expect(status.output.contains(#""process":\#(daemon.identifier)"#))
                let beside = try await installation.rollcall("rerun", "a-1")
                #expect(beside.status == 2 && beside.output.contains("succeeded  2"), "\(beside.errors)")
                try installation.expectShared("drop/out")
                let elsewhere = try await installation.rollcall("rerun", "a-1", "--out", "mine")
                #expect(elsewhere.status == 2, "\(elsewhere.errors)")
                #expect(try installation.names(in: "mine").count == 1)
                try installation.expectShared("drop/out")
                try await installation.end(daemon)
                let alone = try await installation.rollcall("rerun", "a-1")
                #expect(alone.status == 2, "\(alone.errors)")
                try installation.write(Accounts.csv(from: 10, 2), to: "b.csv")
                let run = try await installation.rollcall("run", "b.csv", "--job", "drop")
                #expect(run.status == 0, "\(run.errors)")
                #expect(try installation.names(in: "drop/out").count == 2)
                try installation.expectShared("drop/out")
                #expect(installation.emulator.calls.total == 8)
            }
        }

        @Test("A batch taken in while nobody ran continues with the next daemon; a second daemon is refused")
        func submittedBefore() async throws {
            try await Self.installed { installation in
                try installation.write(Accounts.csv(5), to: "day.csv")
                #expect(try await installation.rollcall("submit", "day.csv").status == 0)
                #expect(installation.emulator.calls.total == 0)
                let daemon = try await installation.daemon()
                await daemon.waitForError(containing: "batch is over batch=day-1")
                let second = try await installation.rollcall("daemon")
                #expect(second.status == 3 && second.errors.contains("in use by process"), "\(second.errors)")
                try await installation.end(daemon)
                try await Accounting(installation, batch: "day-1").expectEveryLineAccounted(total: 5)
            }
        }

        @Test("SIGHUP brings new jobs, and a broken job file changes nothing")
        func reload() async throws {
            try await Self.installed(jobs: [:]) { installation in
                let daemon = try await installation.daemon(folders: 0)
                try installation.write("source: { path: drop, setle: 50ms }\n", to: "jobs/drop.yaml")
                daemon.signal(SIGHUP)
                await daemon.waitForError(containing: "nothing was changed")
                try installation.write(Self.dropJob, to: "jobs/drop.yaml")
                daemon.signal(SIGHUP)
                await daemon.waitForError(containing: "read again")
                await daemon.waitForError(containing: "drop folder is open")
                try installation.drop(Accounts.csv(3), as: "a.csv", into: "drop/inbox")
                await daemon.waitForError(containing: "batch is over batch=a-1")
                try await installation.end(daemon)
                #expect(installation.emulator.calls.total == 3)
            }
        }

        @Test("A cap that was raised in the settings holds from the resume on, and a wrong file leaves the old one")
        func raisedCap() async throws {
            let settings = EndToEndInstallation.fast.replacing("limits: {", with: "limits: { batch_calls: 5,")
            try await Self.installed(settings: settings + "daemon: { poll: 50ms }\n") { installation in
                let daemon = try await installation.daemon()
                try installation.drop(Accounts.csv(20), as: "a.csv", into: "drop/inbox")
                await daemon.waitForError(containing: "batch paused by a cap batch=a-1")
                #expect(try await installation.batch("a-1").reason?.contains("'rollcall resume a-1'") == true)
                let old = try installation.text("rollcall.yaml")
                try installation.write(old.replacing("batch_calls: 5,", with: "batch_cals: 50,"), to: "rollcall.yaml")
                try installation.write(old, to: "old.yaml")
                #expect(try await installation.rollcall("resume", "a-1", "--config", "old.yaml").status == 0)
                await daemon.waitForError(containing: "nothing was changed")
                await daemon.waitForError(containing: "batch paused by a cap batch=a-1", times: 2)
                try installation.write(old.replacing("batch_calls: 5,", with: "batch_calls: 50,"), to: "rollcall.yaml")
                #expect(try await installation.rollcall("resume", "a-1").status == 0)
                await daemon.waitForError(containing: "batch is over batch=a-1")
                try await installation.end(daemon)
                #expect(installation.emulator.calls.total == 20)
            }
        }

        @Test("Keys that went bad halt the batch with the remedy; resume reads them again and loses or repeats no call")
        func keysRenewed() async throws {
            let settings = EndToEndInstallation.fast.replacing("probe_interval: 1s", with: "probe_interval: 10ms")
            try await Self.installed(settings: settings + "daemon: { poll: 50ms }\n") { installation in
                let good = try installation.text("pki/client.pem")
                _ = try EmulatorDirectory(path: installation.file("other")).material(host: "127.0.0.1")
                let keys = try installation.text("pki/client.key")
                try installation.write(try installation.text("other/pki/client.pem"), to: "pki/client.pem")
                try installation.write(try installation.text("other/pki/client.key"), to: "pki/client.key")
                let daemon = try await installation.daemon()
                try installation.drop(Accounts.csv(6), as: "a.csv", into: "drop/inbox")
                await daemon.waitForError(containing: "batch halted batch=a-1")
                #expect(try await installation.batch("a-1").reason?.contains("rollcall doctor") == true)
                try installation.write(good, to: "pki/client.pem")
                try installation.write(keys, to: "pki/client.key")
                #expect(try await installation.rollcall("resume", "a-1").status == 0)
                await daemon.waitForError(containing: "batch is over batch=a-1")
                try await installation.end(daemon)
                #expect(try await installation.batch("a-1").counts.succeeded == 6)
                #expect(installation.emulator.calls.total == 6)
            }
        }

        @Test("A copy made while the daemon works is whole; put back it starts paused and says what that may cost")
        func backupAndRestore() async throws {
            var knobs = EmulatorConfiguration()
            knobs.latency = .milliseconds(5)
            try await Self.installed(knobs) { installation in
                let daemon = try await installation.daemon()
                try installation.write(Accounts.csv(400), to: "day.csv")
                #expect(try await installation.rollcall("submit", "day.csv").status == 0)
                await daemon.waitForError(containing: "batch under way batch=day-1")
                let copied = try await installation.rollcall("backup", "copy.sqlite")
                #expect(copied.status == 0, "\(copied.errors)")
                let busy = try await installation.rollcall("restore", "copy.sqlite")
                #expect(busy.status == 3, "\(busy.errors)")
                await daemon.waitForError(containing: "batch is over batch=day-1")
                try await installation.end(daemon)
                let restored = try await installation.rollcall("restore", "copy.sqlite")
                #expect(restored.status == 0, "\(restored.errors)")
                let ended = try await installation.rollcall("run", "day.csv")
                #expect(ended.status == 3, "\(ended.errors)")
                #expect(installation.emulator.calls.total == 400)
                #expect(try await installation.batch("day-1").counts.inDoubt > 0)
            }
        }
    }
}
