import Basics
import Foundation
import JSON
import RecordStore
import TestSupport
import Testing

@testable import Operations

@Suite("purge, in this process", .timeLimit(.minutes(15)))
struct PurgeOperationTests {
    private static let markers = ["rare-id-77bb", "rare-account-55aa", "zyzzyva.9917"]
    private static let rows = """
        id,account_id,email
        rare-id-77bb,rare-account-55aa,zyzzyva.9917@example.com
        rare-id-77bb-2,rare-account-55aa-2,iia+400@example.com
        rare-id-77bb-3,rare-account-55aa-3,x

        """

    /// The files below a folder in which one of the markers stands.
    private static func marked(in folder: String, of place: EmulatedInstallation) throws -> [String] {
        let files = FileManager.default
        return try files.subpathsOfDirectory(atPath: place.file(folder)).filter { name in
            guard let bytes = files.contents(atPath: place.file("\(folder)/\(name)")) else { return false }
            return markers.contains { bytes.holds(Data($0.utf8)) }
        }
    }

    @Test("It says what is lost, erases it with --yes only, and keeps the ledger")
    func purges() async throws {
        try await EmulatedInstallation.with { place in
            try place.write(Self.rows, to: "day.csv")
            #expect(try await place.run("day.csv").status == .finishedWithFailures)
            #expect(try !Self.marked(in: "out", of: place).isEmpty)
            let asked = try await place.purge(olderThan: "0s")
            #expect(asked.status == .unfinished && asked.errors.contains("day-1: 3 lines, 5 files"), "\(asked.errors)")
            #expect(asked.errors.contains("--yes") && asked.errors.contains("Copies made by backup"))
            let dry = try await place.purge(batch: "day-1", dryRun: true, json: true)
            #expect(dry.status == .succeeded && dry.output.contains("\"dry_run\":true"), "\(dry.output)")
            #expect(try place.names(in: "out/day-1").count == 5)
            #expect(try await place.batch("day-1")?.purged == PurgeTimes())

            let purged = try await place.purge(olderThan: "0s", yes: true, json: true)
            #expect(purged.status == .succeeded, "\(purged.errors)")
            #expect(purged.output.contains("\"log_emptied\":true"), "\(purged.output)")
            #expect(purged.output.contains("\"months_destroyed\":[]"), "\(purged.output)")
            #expect(!FileManager.default.fileExists(atPath: place.file("out/day-1")))
            #expect(try Self.marked(in: "out", of: place).isEmpty && Self.marked(in: "var", of: place).isEmpty)
            let batch = try #require(try await place.batch("day-1"))
            #expect(batch.purged.results != nil && batch.counts.total == 3 && batch.counts.failed == 1)
            try await place.expectLedgerEqualsCalls()
            let nothing = try await place.purge(olderThan: "0s", yes: true)
            #expect(nothing.status == .succeeded && nothing.errors.contains("nothing to purge"))
        }
    }

    @Test("With --ledger the records go, too; counters, totals by day and the refusal of the file a second time stay")
    func ledger() async throws {
        try await EmulatedInstallation.with { place in
            try place.write(Self.rows, to: "day.csv")
            #expect(try await place.run("day.csv").status == .finishedWithFailures)
            #expect(try await place.purge(batch: "day-1", yes: true).status == .succeeded)
            let asked = try await place.purge(batch: "day-1", includingLedger: true)
            #expect(asked.status == .unfinished, "\(asked.errors)")
            #expect(asked.errors.contains("Records with their attempts, of 3 lines"), "\(asked.errors)")
            #expect(try await place.purge(batch: "day-1", includingLedger: true, yes: true).status == .succeeded)
            let batch = try #require(try await place.batch("day-1"))
            #expect(batch.purged.ledger != nil && batch.counts.total == 3 && batch.counts.calls == 2)
            let attempts = try await place.reading { store in
                var count = 0
                try await store.forEachAttempt(batch.id) { _ in count += 1 }
                return count
            }
            #expect(attempts == 0)
            let ledger = try await place.perform {
                try await LedgerOperation(.batch("day-1"), config: $0, json: true, console: $1).perform()
            }
            #expect(ledger.errors.contains("its attempts were purged"), "\(ledger.errors)")
            #expect(try ledger.json().map { $0["batch"]?.string } == ["day-1"], "\(ledger.output)")
            let calls = try place.callsRead()
            #expect(try await place.run("day.csv").status == .inputUnusable)
            #expect(try place.callsRead() == calls)
        }
    }

    @Test("A purged batch is refused with its day wherever its rows are needed, and calls nothing")
    func refused() async throws {
        try await EmulatedInstallation.with { place in
            try place.write(Self.rows, to: "day.csv")
            #expect(try await place.run("day.csv").status == .finishedWithFailures)
            #expect(try await place.purge(batch: "1", yes: true).status == .succeeded)
            let calls = try place.callsRead()
            for outcome in [
                try await place.rerun("failed"), try await place.rerun("in_doubt", yes: true),
                try await place.run("day.csv"), try await place.export(), try await place.records(),
            ] {
                #expect(outcome.status == .inputUnusable, "\(outcome.status) \(outcome.errors)")
                #expect(outcome.errors.contains("purged on 2"), "\(outcome.errors)")
                #expect(!outcome.errors.contains("writing them"), "\(outcome.errors)")
            }
            let person = try await place.person("rare-account-55aa")
            #expect(person.status == .succeeded && person.errors.contains("1 batch erased"), "\(person.errors)")
            let resolved = try await place.resolve("day-1")
            #expect(resolved.status == .inputUnusable || resolved.status == .unfinished, "\(resolved.errors)")
            #expect(try place.callsRead() == calls)
            #expect(try await place.run("day.csv", again: true).status == .finishedWithFailures)
            try await place.expectLedgerEqualsCalls()
        }
    }

    @Test("Once only the rows are gone, results can be read, and are not made again")
    func withoutRows() async throws {
        try await EmulatedInstallation.with { place in
            try place.write(Self.rows, to: "day.csv")
            #expect(try await place.run("day.csv").status == .finishedWithFailures)
            let results = try place.text("out/day-1/results.csv")
            #expect(try await place.purgeRows(of: "day-1"))
            let calls = try place.callsRead()
            #expect(try await place.export().output == results)
            #expect(try await place.records().output.contains("rare-id-77bb-2"))
            let person = try await place.person("rare-id-77bb-3")
            #expect(person.output.contains("day-1"), "\(person.output)")
            #expect(person.errors.contains("1 batch without rows"), "\(person.errors)")
            #expect(try await place.person("rare-account-55aa").errors.contains("0 records found"))
            // The file, run again, is passed over as long as its results lie there, and refused then.
            let passedOver = try await place.run("day.csv")
            #expect(passedOver.status == .inputUnusable && passedOver.errors.contains("is passed over"))
            #expect(passedOver.errors.contains("its rows were purged") && !passedOver.errors.contains("rollcall rerun"))
            #expect(try place.text("out/day-1/results.csv") == results)
            let elsewhere = try await place.perform { config, console in
                let request = RunRequest(
                    files: [place.file("day.csv")], config: config, out: place.file("other"), yes: true)
                return try await RunOperation(request, console: console).perform()
            }
            #expect(elsewhere.status == .inputUnusable, "\(elsewhere.errors)")
            #expect(elsewhere.errors.contains("purged on 2"), "\(elsewhere.errors)")
            #expect(!FileManager.default.fileExists(atPath: place.file("other/day-1")))
            let again = try await place.rerun("failed")
            #expect(again.status == .inputUnusable && again.errors.contains("drop failed.csv"), "\(again.errors)")
            // What was corrected in failed.csv is a file like any other.
            try place.write(
                try place.text("out/day-1/failed.csv").replacingOccurrences(of: "iia+400", with: "ok"), to: "fixed.csv")
            #expect(try await place.run("fixed.csv").status == .finishedWithFailures)
            #expect(try place.callsRead() == calls + 1)
            try await place.expectLedgerEqualsCalls()
        }
    }

    @Test("When a month is over and nothing of it is left its key is destroyed, and its backup gives the ledger only")
    func months() async throws {
        try await EmulatedInstallation.with { place in
            try place.write(Self.rows, to: "day.csv")
            try place.write(accounts(["iia+reset"]), to: "doubt.csv")
            #expect(try await place.run("day.csv").status == .finishedWithFailures)
            #expect(try await place.run("doubt.csv").status == .finishedInDoubt)
            let month = CalendarMonth(at: WallTime.now()).description
            let later = HeldClock(at: WallTime.now() + 40 * 86_400_000)
            try FileManager.default.createDirectory(atPath: place.file("backups"), withIntermediateDirectories: false)
            let backup = try await place.perform { config, console in
                try await BackupOperation(
                    file: place.file("backups/1.sqlite"), config: config, console: console
                ).perform()
            }
            #expect(backup.status == .succeeded, "\(backup.errors)")
            // A batch in doubt keeps the month's key.
            let kept = try await place.purge(olderThan: "1d", yes: true, json: true, clock: later)
            #expect(kept.status == .succeeded && kept.output.contains("\"months_destroyed\":[]"), "\(kept.output)")
            #expect(try await place.resolve("doubt-2").status == .succeeded)
            let dry = try await place.purge(olderThan: "1d", dryRun: true, clock: later)
            #expect(dry.errors.contains("The keys of \(month) are destroyed"), "\(dry.errors)")
            #expect(dry.errors.contains("every copy made by backup is unreadable"), "\(dry.errors)")
            #expect(try !place.names(in: "secrets/periods").contains { $0.hasSuffix(".destroyed") })
            let purged = try await place.purge(olderThan: "1d", yes: true, json: true, clock: later)
            #expect(purged.output.contains("\"months_destroyed\":[\"\(month)\"]"), "\(purged.output)")
            #expect(try place.names(in: "secrets/periods").allSatisfy { $0.hasSuffix(".destroyed") })
            try await place.expectLedgerEqualsCalls()

            let calls = try place.callsRead()
            let restored = try await place.perform { config, console in
                try await RestoreOperation(
                    file: place.file("backups/1.sqlite"), config: config, console: console
                ).perform()
            }
            #expect(restored.errors.contains("of the batches of \(month) it has the ledger only"), "\(restored.errors)")
            for outcome in [try await place.records(), try await place.export()] {
                #expect(outcome.status == .inputUnusable, "\(outcome.status) \(outcome.errors)")
                #expect(outcome.errors.contains("only the ledger is left"), "\(outcome.errors)")
            }
            try await place.expectLedgerEqualsCalls()
            // A run settles what was restored, and its month's files are taken in under another key.
            try place.write(accounts(["ada"]), to: "new.csv")
            #expect(try await place.run("new.csv").status == .succeeded)
            #expect(try place.callsRead() == calls + 1)
            #expect(try await place.batch("day-1")?.purged.results != nil)
            let doubted = try await place.resolve("doubt-2")
            #expect(doubted.status == .succeeded, "\(doubted.errors)")
            try await place.expectLedgerEqualsCalls()
        }
    }

    @Test("What is needed or too young is kept and named; other people's files stay, are named, and end it with 3")
    func kept() async throws {
        try await EmulatedInstallation.with { place in
            try place.write(accounts(["ada", "iia+reset"]), to: "doubt.csv")
            try place.write(accounts(["ada"]), to: "day.csv")
            #expect(try await place.run("doubt.csv").status == .finishedInDoubt)
            #expect(try await place.run("day.csv").status == .succeeded)
            let named = try await place.purge(batch: "doubt-1", yes: true)
            #expect(named.status == .unfinished && named.errors.contains("in doubt"), "\(named.errors)")
            let young = try await place.purge(olderThan: "1d", yes: true)
            #expect(young.status == .succeeded && young.errors.contains("nothing to purge"), "\(young.errors)")
            try place.write("mine", to: "out/day-2/notes.txt")
            let all = try await place.purge(olderThan: "0s", yes: true)
            #expect(all.status == .unfinished, "\(all.errors)")
            #expect(all.errors.contains("doubt-1 is kept: it has records in doubt"), "\(all.errors)")
            #expect(all.errors.contains("out/day-2: other files are left"), "\(all.errors)")
            #expect(try place.names(in: "out/day-2") == ["notes.txt"])
            #expect(try place.names(in: "out/doubt-1").contains("results.csv"))
            #expect(try await place.purge(olderThan: "tomorrow").status == .usage)
            #expect(try await place.purge(yes: true).status == .usage)
        }
    }

    @Test("Input files in the archive and among the rejected go by their content, whatever their name")
    func archived() async throws {
        let job = "source: { path: drop }\nafter: archive\n"
        try await EmulatedInstallation.with(jobs: ["nightly": job]) { place in
            try place.write(Self.rows, to: "day.csv")
            let run = try await place.perform { config, console in
                let request = RunRequest(files: [place.file("day.csv")], config: config, job: "nightly", yes: true)
                return try await RunOperation(request, console: console).perform()
            }
            #expect(run.status == .finishedWithFailures, "\(run.errors)")
            try place.write(Self.rows, to: "drop/archive/day-1.csv")
            try place.write("id\nother\n", to: "drop/archive/day.csv")
            try place.write(Self.rows, to: "drop/rejected/day.csv")
            try place.write("why", to: "drop/rejected/day.csv.error.txt")
            #expect(try await place.purge(batch: "day-1", yes: true).status == .succeeded)
            #expect(try place.names(in: "drop/archive") == ["day.csv"])
            #expect(try place.names(in: "drop/rejected").isEmpty)
            #expect(try Self.marked(in: "drop", of: place).isEmpty)
            #expect(try place.text("day.csv") == Self.rows)
        }
    }
}

extension EmulatedInstallation {
    /// `rollcall purge`.
    func purge(
        olderThan: String? = nil, batch: String? = nil, includingLedger: Bool = false, dryRun: Bool = false,
        yes: Bool = false, json: Bool = false, clock: HeldClock? = nil
    ) async throws -> OperationOutcome {
        try await perform { config, console in
            let request = PurgeRequest(
                config: config, olderThan: olderThan, batch: batch, includingLedger: includingLedger, dryRun: dryRun,
                yes: yes, json: json)
            guard let clock else { return try await PurgeOperation(request, console: console).perform() }
            return try await PurgeOperation(request, console: console, clock: clock).perform()
        }
    }

    /// Erases only the rows of a batch, as a retention of payloads does.
    fileprivate func purgeRows(of name: String) async throws -> Bool {
        let place = try Installation(config: config)
        let store = try await place.storeForOperating()
        let batch = try await store.batchOrFailure(name)
        let action = Action(
            at: WallTime.now(), batch: batch.id, name: .purge, detail: nil,
            provenance: try place.operatorProvenance())
        let isPurged = try await store.purge(batch.id, .payloads, at: WallTime.now(), noting: action)
        try await store.close()
        return isPurged
    }

    fileprivate func export() async throws -> OperationOutcome {
        try await perform {
            try await ExportOperation(config: $0, batch: "day-1", format: .csv, console: $1).perform()
        }
    }

    fileprivate func records() async throws -> OperationOutcome {
        try await perform {
            try await RecordsOperation(config: $0, batch: "day-1", statuses: nil, json: false, console: $1).perform()
        }
    }

    fileprivate func person(_ id: String) async throws -> OperationOutcome {
        try await perform {
            try await PersonRecordsOperation(idsIn: Array(id.utf8), config: $0, json: false, console: $1).perform()
        }
    }

    fileprivate func resolve(_ batch: String) async throws -> OperationOutcome {
        try await perform {
            let request = ResolveRequest(batch: batch, config: $0, line: nil, decision: .failed)
            return try await ResolveOperation(request, console: $1).perform()
        }
    }
}
