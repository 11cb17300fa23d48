import Emulator
import Foundation
import JSON
import RecordStore
import Testing

extension EndToEnd.Recovery {
    /// Twenty-four calls are made, in two files. Then something is lost or put back, and both files are run again.
    @Suite("Lost and put back: nothing is paid twice without a word")
    struct RestoreTests {
        /// What a start must find.
        enum Outcome: Sendable {
            /// So many calls are missing in the database, at most; their records are in doubt.
            case known(lost: Int)
            /// Nobody knows: files taken in afterwards wait for confirmation.
            case unknown(String)
            /// Nothing runs; the message names a file.
            case refused(String)
        }

        /// When the copies are made.
        enum CopyTime: Sendable {
            /// The first file is taken in and none of it is sent.
            case beforeAnyCall
            /// The first file is answered, the second has not come yet.
            case between
        }

        /// One way to lose something. `copy.sqlite` is a backup; `copy/var` and `copy/secrets` are the folders as they
        /// were then.
        struct Variant: Sendable, CustomTestStringConvertible {
            let testDescription: String
            var copied = CopyTime.between
            /// A shell script, for which `$0` is `rollcall`.
            let script: String
            let outcome: Outcome

            init(_ name: String, copied: CopyTime = .between, _ script: String, _ outcome: Outcome) {
                (testDescription, self.copied, self.script, self.outcome) = (name, copied, script, outcome)
            }
        }

        private static let database = "var/rollcall.sqlite"
        /// Changes a byte of the database's name in a file, so that it is another's.
        private static let rename = "dd conv=notrunc bs=1 count=1 seek=30 if=/dev/zero status=none of="

        static let known = [
            Variant("the database from a backup", "$0 restore copy.sqlite", .known(lost: 12)),
            Variant("the same, the mark lost", "rm \(database).mark; $0 restore copy.sqlite", .known(lost: 12)),
            Variant(
                "the same, the mark from the copy", "cp copy/\(database).mark var; $0 restore copy.sqlite",
                .known(lost: 12)),
            Variant("var lost, then a backup", "rm -r var; $0 restore copy.sqlite", .known(lost: 12)),
            Variant("all of var from a copy", "rm -r var; cp -a copy/var .", .known(lost: 12)),
            Variant("the database alone from a copy", "cp copy/\(database) var", .known(lost: 12)),
            Variant(
                "the database alone from a copy, the mark lost", "cp copy/\(database) var; rm \(database).mark",
                .known(lost: 12)),
            Variant(
                "var lost, then a backup without calls", copied: .beforeAnyCall,
                "rm -r var; $0 restore copy.sqlite", .known(lost: 24)),
            Variant(
                "all of var from a copy without calls", copied: .beforeAnyCall, "rm -r var; cp -a copy/var .",
                .known(lost: 24)),
            Variant("the mark alone lost", "rm \(database).mark", .known(lost: 0)),
            Variant("the mark alone from a copy", "cp copy/\(database).mark var", .known(lost: 0)),
        ]

        static let unknown = [
            Variant("a backup, the trace lost", "rm secrets/ledger.trace; $0 restore copy.sqlite", .unknown("missing")),
            Variant(
                "var and trace lost, then a backup", "rm -r var secrets/ledger.trace; $0 restore copy.sqlite",
                .unknown("missing")),
            Variant(
                "all of var from a copy, the trace lost", "rm -r var secrets/ledger.trace; cp -a copy/var .",
                .unknown("missing")),
            Variant("everything from a copy", "rm -r var secrets; cp -a copy/var copy/secrets .", .unknown("put back")),
            Variant(
                "var lost, the trace from a copy, then a backup",
                "rm -r var; rm secrets/ledger.trace; cp copy/secrets/ledger.trace secrets; $0 restore copy.sqlite",
                .unknown("put back")),
            Variant(
                "the trace written over with an older one", "cat copy/secrets/ledger.trace > secrets/ledger.trace",
                .unknown("older")),
            Variant(
                "the trace damaged", "printf nonsense > secrets/ledger.trace; $0 restore copy.sqlite",
                .unknown("damaged")),
            Variant(
                "var and trace lost, then a backup without calls", copied: .beforeAnyCall,
                "rm -r var secrets/ledger.trace; $0 restore copy.sqlite", .unknown("missing")),
            Variant(
                "all of var from a copy without calls, the trace lost", copied: .beforeAnyCall,
                "rm -r var secrets/ledger.trace; cp -a copy/var .", .unknown("missing")),
        ]

        static let refused = [
            Variant("var lost", "rm -r var", .refused("secrets/ledger.trace")),
            Variant(
                "var lost, the trace from a copy", "rm -r var; cp copy/secrets/ledger.trace secrets",
                .refused("secrets/ledger.trace")),
            Variant("the database lost", "rm \(database)", .refused("\(database).mark")),
            Variant("the database empty", ": > \(database)", .refused("\(database).mark")),
            Variant("another database's mark", rename + "\(database).mark", .refused("\(database).mark")),
            Variant("another database's trace", rename + "secrets/ledger.trace", .refused("secrets/ledger.trace")),
        ]

        private static func prepare(_ installation: EndToEndInstallation, _ variant: Variant) async throws {
            try installation.write(Accounts.csv(12), to: "one.csv")
            try installation.write(Accounts.csv(from: 100, 12), to: "two.csv")
            switch variant.copied {
            case .beforeAnyCall: #expect(try await installation.rollcall("submit", "one.csv").status == 0)
            case .between: #expect(try await installation.rollcall("run", "one.csv").status == 0)
            }
            #expect(try await installation.rollcall("backup", "copy.sqlite").status == 0)
            #expect(try await installation.shell("mkdir copy; cp -a var secrets copy").status == 0)
            if case .beforeAnyCall = variant.copied {
                #expect(try await installation.rollcall("run", "one.csv").status == 0)
            }
            #expect(try await installation.rollcall("run", "two.csv").status == 0)
            #expect(installation.emulator.calls.total == 24)
            let lost = try await installation.shell(variant.script)
            #expect(lost.status == 0, "\(lost.errors)")
        }

        /// Runs both files as a schedule or an impatient person would, until nothing changes any more.
        private static func runAll(_ installation: EndToEndInstallation) async throws -> [RollcallProcess.Ended] {
            var ended = [RollcallProcess.Ended]()
            for file in ["one.csv", "two.csv", "one.csv", "two.csv"] {
                ended.append(try await installation.rollcall("run", file, "--yes"))
            }
            return ended
        }

        /// What the ledger of all days adds up to.
        private static func period(_ installation: EndToEndInstallation) async throws -> (made: Int, text: String) {
            let range = ["--from", "2020-01-01", "--to", "2099-12-31"]
            let json = try await installation.start(["ledger"] + range + ["--json"]).wait()
            let made = try JSONDocument(parsing: Array(json.output.utf8)).root["totals"]?["made"]?.integer
            return (try Int(#require(made)), try await installation.start(["ledger"] + range).wait().output)
        }

        @Test("Where mark or trace know, what is missing is in doubt and counted, and nothing else", arguments: known)
        func isFound(_ variant: Variant) async throws {
            try await EndToEndInstallation.with { installation in
                try await Self.prepare(installation, variant)
                let ended = try await Self.runAll(installation)
                #expect(installation.emulator.calls.total == 24, "\(ended.map(\.errors))")
                #expect(ended.allSatisfy { [3, 4, 65].contains($0.status) }, "\(ended.map(\.status))")
                let store = try await installation.store()
                let inDoubtSummary = try await store.batches().reduce(0) { $0 + $1.counts.inDoubt }
                guard case .known(let lost) = variant.outcome else { return }
                #expect(inDoubtSummary == lost)
                #expect(try await store.restoreHold() == nil)
                try await store.close()
                #expect(try await Self.period(installation).made == 24)
                if lost > 0 { #expect(ended[0].errors.contains("restored from an earlier copy"), "\(ended[0].errors)") }
            }
        }

        @Test("Where nobody knows, every file waits until a person says so, also under --yes", arguments: unknown)
        func waits(_ variant: Variant) async throws {
            try await EndToEndInstallation.with { installation in
                try await Self.prepare(installation, variant)
                guard case .unknown(let reason) = variant.outcome else { return }
                // A file of which nobody can say that it is new.
                try installation.write(Accounts.csv(from: 200, 5), to: "new.csv")
                let ended = try await Self.runAll(installation) + [installation.rollcall("run", "new.csv", "--yes")]
                #expect(installation.emulator.calls.total == 24, "\(ended.map(\.errors))")
                #expect(ended[0].errors.contains("nobody knows") && ended[0].errors.contains(reason))
                #expect(ended.allSatisfy { [3, 4, 65].contains($0.status) }, "\(ended.map(\.status))")
                let new = try #require(ended.last)
                #expect(new.status == 3 && new.errors.contains("'rollcall resume --after-restore'"))
                try await Self.expectWaiting(installation, "new-")
                #expect(try await Self.period(installation).text.contains("nobody knows how many calls are missing"))

                let word = try await installation.rollcall("resume", "--after-restore")
                #expect(word.status == 0 && word.errors.contains("may be paid twice"), "\(word.errors)")
                let last = try await installation.rollcall("run", "new.csv")
                #expect(last.status == 0 && installation.emulator.calls.total == 29, "\(last.errors)")
                let again = try await installation.rollcall("resume", "--after-restore")
                #expect(again.status == 0 && again.errors.contains("nothing waits"), "\(again.errors)")
            }
        }

        /// No command but the one for it makes the batch run, and all say which that is.
        private static func expectWaiting(_ installation: EndToEndInstallation, _ stem: String) async throws {
            let store = try await installation.store()
            let batch = try #require(try await store.batches().first { $0.name.hasPrefix(stem) })
            try await store.close()
            #expect(batch.state == .awaitingConfirmation && batch.counts.queued == batch.counts.total)
            for command in ["start", "resume", "pause"] {
                let refused = try await installation.rollcall(command, batch.name)
                #expect(refused.status == 3 && refused.errors.contains("resume --after-restore"), "\(refused.errors)")
            }
            let status = try await installation.rollcall("status")
            #expect(status.output.contains("resume --after-restore"))
        }

        @Test("A database that is gone, or another's, is not made again or continued", arguments: refused)
        func isRefused(_ variant: Variant) async throws {
            try await EndToEndInstallation.with { installation in
                try await Self.prepare(installation, variant)
                guard case .refused(let file) = variant.outcome else { return }
                for command in [["run", "two.csv", "--yes"], ["daemon"], ["submit", "two.csv"]] {
                    let ended = try await installation.start(command).wait()
                    #expect(ended.status == 78 && ended.errors.contains(file), "\(command): \(ended.errors)")
                }
                #expect(installation.emulator.calls.total == 24)
            }
        }

        @Test("Who removes what the message names starts over, on purpose")
        func startOver() async throws {
            try await EndToEndInstallation.with { installation in
                try await Self.prepare(installation, Variant("var lost", "rm -r var", .refused("")))
                #expect(try await installation.shell("rm secrets/ledger.trace").status == 0)
                let ended = try await installation.rollcall("run", "two.csv")
                #expect(ended.status == 0 && installation.emulator.calls.total == 36, "\(ended.errors)")
            }
        }

        /// Half of it: the last claims are gone, whatever was settled after them; the last 40 KiB may hold settlements
        /// alone, which no mark counts.
        private static let halveWAL = "truncate -s $(( $(stat -c %s var/*-wal) / 2 )) var/*-wal && rm var/*-shm"

        /// A file of 80 of which a kill left some 43 sent, and then only some of the database's files.
        @Test(
            "What a WAL that is lost or cut off does not know is in doubt, and not paid again",
            arguments: [
                ("rm var/*-wal var/*-shm", 43), ("rm var/*-wal var/*-shm var/*.mark", 43),
                (halveWAL, 1), (halveWAL + " var/*.mark", 1),
            ])
        func lostWAL(script: String, inDoubt: Int) async throws {
            let executioner = ProcessKiller()
            var knobs = EmulatorConfiguration()
            knobs.onCall = { executioner.saw($0) }
            try await EndToEndInstallation.with(knobs) { installation in
                try installation.write(Accounts.csv(80), to: "night.csv")
                let process = try installation.start(["run", "night.csv"])
                executioner.condemn(process, at: 43)
                #expect(try await process.wait().status == -SIGKILL)
                #expect(try await installation.shell(script).status == 0)
                var ended = [RollcallProcess.Ended]()
                for _ in 0..<3 { ended.append(try await installation.rollcall("run", "night.csv", "--yes")) }
                #expect(ended[0].errors.contains("restored from an earlier copy"), "\(ended[0].errors)")
                #expect(ended[2].status == 4 || ended[2].status == 65, "\(ended[2].errors)")
                #expect(installation.emulator.calls.byRequest.values.allSatisfy { $0 == 1 })
                let accounting = try await Accounting(installation, batch: "night-1", isKilled: true)
                try accounting.expectEveryLineAccounted(total: 80)
                #expect(accounting.batch.counts.inDoubt >= inDoubt)
            }
        }

        @Test("A re-run of what may have been sent again before a restore wants a word, although it was only failed")
        func rerunAfterRestore() async throws {
            try await EndToEndInstallation.with { installation in
                try installation.write(
                    Accounts.header + Accounts.line(1) + Accounts.line(2, email: "iia+400@example.com"), to: "day.csv")
                #expect(try await installation.rollcall("run", "day.csv").status == 2)
                #expect(try await installation.rollcall("backup", "copy.sqlite").status == 0)
                #expect(try await installation.rollcall("rerun", "day-1").status == 2)
                #expect(try await installation.rollcall("restore", "copy.sqlite").status == 0)
                let refused = try await installation.rollcall("rerun", "day-1")
                #expect(refused.status == 3 && refused.errors.contains("lost by a restore"), "\(refused.errors)")
                #expect(installation.emulator.calls.total == 3)
                #expect(try await installation.rollcall("rerun", "day-1", "--yes").status == 2)
                #expect(installation.emulator.calls.total == 4)
            }
        }
    }
}
