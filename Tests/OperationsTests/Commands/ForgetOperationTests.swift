import Basics
import Foundation
import JSON
import OpenSSL
import RecordStore
import TestSupport
import Testing

@testable import Operations

@Suite("forget, in this process", .timeLimit(.minutes(15)))
struct ForgetOperationTests {
    /// What is known of Ada, in no other's rows.
    static let markers = ["rare-id-77bb", "rare-account-55aa", "zyzzyva.9917"]
    static let others = ["other-id-1", "other-id-2", "other-id-3"]
    static let rows = """
        id,account_id,email
        rare-id-77bb,rare-account-55aa,zyzzyva.9917@example.com
        other-id-1,account-2,iia+400@example.com
        rare-id-77bb-again,rare-account-55aa,zyzzyva.9917@elsewhere.example.com
        other-id-2,account-3,x
        "rare-id-77bb
        of two lines",rare-account-55aa,x
        other-id-3,account-4,ben@example.com

        """

    static func forget(
        _ place: EmulatedInstallation, _ ids: String = "rare-account-55aa\n", dryRun: Bool = false, json: Bool = false,
        patience: Duration? = nil
    ) async throws -> OperationOutcome {
        try await place.perform { config, console in
            let request = ForgetRequest(
                idsIn: Array(ids.utf8), config: config, dryRun: dryRun, json: json, patience: patience)
            return try await ForgetOperation(request, console: console).perform()
        }
    }

    /// The files below some folders in which one of the words stands.
    static func marked(
        by words: [String] = markers, in folders: [String] = ["out", "var", "drop", "secrets"],
        of place: EmulatedInstallation
    ) throws -> [String] {
        let files = FileManager.default
        return try folders.flatMap { folder in
            guard files.fileExists(atPath: place.file(folder)) else { return [String]() }
            return try files.subpathsOfDirectory(atPath: place.file(folder)).sorted().filter { name in
                guard let bytes = files.contents(atPath: place.file("\(folder)/\(name)")) else { return false }
                return words.contains { bytes.holds(Data($0.utf8)) }
            }
        }
    }

    static let job = "source: { path: drop }\nafter: archive\n"

    /// A finished batch of a drop folder, its input file in the archive.
    static func finished(_ place: EmulatedInstallation, _ rows: String = rows) async throws {
        try place.write(rows, to: "day.csv")
        let run = try await place.perform { config, console in
            let request = RunRequest(files: [place.file("day.csv")], config: config, job: "nightly", yes: true)
            return try await RunOperation(request, console: console).perform()
        }
        #expect([.succeeded, .finishedWithFailures].contains(run.status), "\(run.errors)")
        try place.write(rows, to: "drop/archive/day.csv")
    }

    private static func folder(_ place: EmulatedInstallation) throws -> String {
        "drop/out/\(try #require(place.names(in: "drop/out").first))"
    }

    @Test("Nothing of a person is left but line, status and ledger; everybody else's rows stay as they are")
    func forgets() async throws {
        try await EmulatedInstallation.with(jobs: ["nightly": Self.job]) { place in
            try await Self.finished(place)
            let folder = try Self.folder(place)
            let before = try ["results.csv", "results.jsonl"].map { try place.text("\(folder)/\($0)") }
            let summary = try place.text("\(folder)/summary.json")
            let (report, calls) = (try place.text("\(folder)/report.html"), try place.callsRead())
            let dry = try await Self.forget(place, dryRun: true)
            #expect(dry.status == .succeeded && dry.output.contains("1 id: 3 records in 1 batch would be erased"))
            #expect(try place.text("\(folder)/results.csv") == before[0])
            #expect(try !Self.marked(of: place).isEmpty)

            let done = try await Self.forget(place)
            #expect(done.status == .succeeded, "\(done.errors)")
            #expect(done.output.contains("1 id: 3 records in 1 batch erased"), "\(done.output)")
            #expect(done.output.contains("day-1, day.csv: lines 2, 4, 6"), "\(done.output)")
            #expect(try Self.marked(of: place) == [])
            let day = String(JSONTime.text(Date()).prefix(10))
            let after = try ["results.csv", "results.jsonl"].map { try place.text("\(folder)/\($0)") }
            for (old, new) in zip(before, after) {
                let (old, new) = (old.split(separator: "\n"), new.split(separator: "\n"))
                for other in Self.others {
                    #expect(old.filter { $0.contains(other) } == new.filter { $0.contains(other) })
                }
                #expect(new.filter { $0.contains("forgotten \(day)") }.count == 3)
            }
            let row = try #require(after[0].split(separator: "\n").first { $0.hasPrefix("2,") })
            #expect(row.replacing(",", with: " ").split(separator: " ") == ["2", "succeeded", "forgotten", "\(day)"])
            #expect(try place.text("\(folder)/failed.csv").split(separator: "\n").count == 3)
            #expect(try place.text("\(folder)/report.html") == report)
            try Self.expectDigests(place, folder, sameCountsAs: summary)
            #expect(try place.text("drop/archive/day.csv") == Self.rowsWithoutAda)
            #expect(try place.callsRead() == calls)
            try await place.expectLedgerEqualsCalls()
            // Made again from the database they say the same.
            for format in ExportOperation.Format.allCases {
                let export = try await place.perform {
                    try await ExportOperation(config: $0, batch: "day-1", format: format, console: $1).perform()
                }
                #expect(export.output == after[format == .csv ? 0 : 1])
            }
            let again = try await Self.forget(place)
            #expect(again.status == .succeeded && again.output.contains("0 records in 0 batches"), "\(again.output)")
        }
    }

    static let rowsWithoutAda = """
        id,account_id,email

        other-id-1,account-2,iia+400@example.com

        other-id-2,account-3,x


        other-id-3,account-4,ben@example.com

        """

    private static func expectDigests(
        _ place: EmulatedInstallation, _ folder: String, sameCountsAs before: String
    ) throws {
        func root(_ text: String) throws -> JSONNode { try JSONDocument(parsing: Array(text.utf8)).root }
        let (old, new) = (try root(before), try root(place.text("\(folder)/summary.json")))
        for member in ["records", "calls", "cost", "times", "latency"] {
            #expect(old[member]?.raw.elementsEqual(new[member]?.raw ?? []) == true, "\(member)")
        }
        for file in try #require(new["files"]).elements {
            guard let name = file["name"]?.string, name != "report.html" else { continue }
            let bytes = try Array(Data(contentsOf: URL(filePath: place.file("\(folder)/\(name)"))))
            #expect(file["bytes"]?.integer == Int64(bytes.count), "\(name)")
            #expect(try file["sha256"]?.string == SHA256.hex(bytes), "\(name)")
        }
    }

    @Test("A record's own id stands for the person: all records of its account go")
    func byRecordID() async throws {
        try await EmulatedInstallation.with(jobs: ["nightly": Self.job]) { place in
            try await Self.finished(place)
            let done = try await Self.forget(place, "rare-id-77bb-again\n")
            #expect(done.output.contains("1 id: 3 records"), "\(done.output)")
            #expect(try Self.marked(of: place) == [])
        }
    }

    @Test("One in doubt is refused and named with the command that decides, and forgotten afterwards")
    func inDoubt() async throws {
        try await EmulatedInstallation.with { place in
            try place.write(accounts(["ada", "iia+reset"]), to: "day.csv")
            #expect(try await place.run("day.csv").status == .finishedInDoubt)
            let asked = try await Self.forget(place, "r1\nr2\n")
            #expect(asked.status == .finishedWithFailures, "\(asked.output)")
            #expect(asked.errors.contains("not forgotten: day-1, line 3: is in doubt"), "\(asked.errors)")
            #expect(asked.errors.contains("rollcall resolve day-1 --line 3 --as failed"), "\(asked.errors)")
            #expect(try place.text("out/day-1/results.csv").contains("\n3,r2,in_doubt"))
            #expect(try place.text("out/day-1/results.csv").contains("\n2,,succeeded"))
            let resolved = try await place.perform {
                let request = ResolveRequest(batch: "day-1", config: $0, line: 3, decision: .failed)
                return try await ResolveOperation(request, console: $1).perform()
            }
            #expect(resolved.status == .succeeded, "\(resolved.errors)")
            #expect(try await Self.forget(place, "r2\n").status == .succeeded)
            #expect(try Self.marked(by: ["r2", "account-2", "r1", "account-1"], in: ["out"], of: place) == [])
            #expect(!FileManager.default.fileExists(atPath: place.file("out/day-1/in_doubt.csv")))
            try await place.expectLedgerEqualsCalls()
        }
    }

    @Test("A queued line is cancelled and never sent; what was sent of the others is the same")
    func queued() async throws {
        try await EmulatedInstallation.with { place in
            try place.write(accounts(["ada", "ben", "cid"]), to: "day.csv")
            let submitted = try await place.perform {
                let request = RunRequest(files: [place.file("day.csv")], config: $0, yes: true)
                return try await SubmitOperation(request, console: $1).perform()
            }
            #expect(submitted.status == .succeeded || submitted.status == .unfinished, "\(submitted.errors)")
            let done = try await Self.forget(place, "account-2\n")
            #expect(done.output.contains("line 3 (1 not sent, cancelled)"), "\(done.output) \(done.errors)")
            #expect(try await place.run("day.csv").status == .finishedWithFailures)
            #expect(try place.callsRead() == 2)
            #expect(try place.text("out/day-1/results.csv").contains("\n3,,cancelled"))
            #expect(try Self.marked(by: ["account-2", "r2", "ben@"], in: ["out"], of: place) == [])
            try await place.expectLedgerEqualsCalls()
            let rerun = try await place.rerun("cancelled")
            #expect(try place.callsRead() == 2, "\(rerun.errors)")
        }
    }

    @Test("A call under way is awaited, and named where it takes too long")
    func underWay() async throws {
        try await EmulatedInstallation.with { place in
            try place.write(accounts(["ada", "ben"]), to: "day.csv")
            let submitted = try await place.perform {
                let request = RunRequest(files: [place.file("day.csv")], config: $0, yes: true)
                return try await SubmitOperation(request, console: $1).perform()
            }
            #expect(submitted.status == .succeeded, "\(submitted.errors)")
            let installation = try Installation(config: place.config)
            let runner = try await installation.storeForRunning(installation.operatorProvenance())
            let caps = CallCaps(day: CallDay(at: .now(), in: .gmt))
            let claimed = try await runner.claim(BatchID(rawValue: 1), upTo: 1, now: .now(), caps: caps)
                .records
            let named = try await Self.forget(place, "r1\n", patience: .zero)
            #expect(named.status == .finishedWithFailures, "\(named.output)")
            #expect(named.errors.contains("day-1, line 2: its call is under way"), "\(named.errors)")

            async let done = Self.forget(place, "r1\n", patience: .seconds(120))
            _ = try await runner.finish(
                claimed.map { record in
                    Completion(
                        attempt: record.attempt, record: record.id, outcome: .succeeded, httpStatus: 200,
                        answer: Array("{}".utf8), startedAt: 1, finishedAt: 2, next: .succeeded, billable: .yes)
                })
            #expect(try await done.status == .succeeded)
            #expect(try await done.output.contains("day-1, day.csv: line 2"))
            #expect(try await runner.record(RecordID(batch: BatchID(rawValue: 1), line: 2))?.forgottenAt != nil)
            try await runner.close()
        }
    }

    @Test("A copy from before forgets them when it is put back; one who comes in again with a new file is new")
    func restored() async throws {
        try await EmulatedInstallation.with(jobs: ["nightly": Self.job]) { place in
            try await Self.finished(place)
            let backup = try await place.perform {
                try await BackupOperation(file: place.file("copy.sqlite"), config: $0, console: $1).perform()
            }
            #expect(backup.status == .succeeded, "\(backup.errors)")
            let done = try await Self.forget(place)
            #expect(done.output.contains("backup copy.sqlite of 20"), "\(done.output)")
            let restored = try await place.perform {
                try await RestoreOperation(file: place.file("copy.sqlite"), config: $0, console: $1).perform()
            }
            #expect(restored.status == .succeeded, "\(restored.errors)")
            #expect(restored.errors.contains("3 records of persons who were forgotten"), "\(restored.errors)")
            let views = try await place.reading { store in
                var views: [RecordView] = []
                try await store.forEachRecord(BatchID(rawValue: 1)) { views.append($0) }
                return views
            }
            #expect(views.filter { $0.forgottenAt != nil }.map(\.line) == [2, 4, 6])
            #expect(try views.map { try String(decoding: $0.id, as: UTF8.self) }.filter { !$0.isEmpty } == Self.others)

            let file = "id,account_id,email\nrare-id-77bb,rare-account-55aa,zyzzyva.9917@example.com\n"
            try place.write(file, to: "new.csv")
            #expect(try await place.run("new.csv").status == .succeeded)
            #expect(try !Self.marked(in: ["out"], of: place).isEmpty)
            #expect(try await Self.forget(place).output.contains("1 record in 1 batch erased"))
            #expect(try Self.marked(of: place) == [])
            try await place.expectLedgerEqualsCalls()
        }
    }

    @Test("A copy that is put back loses what today's retention would not have kept, before anybody reads it")
    func restoredLate() async throws {
        let settings = EmulatedSettings.fast + "retention: { payloads: 5d, results: 10d }\n"
        try await EmulatedInstallation.with(settings: settings, jobs: ["nightly": Self.job]) { place in
            try await Self.finished(place)
            let copy = place.file("copy.sqlite")
            let backup = try await place.perform {
                try await BackupOperation(file: copy, config: $0, console: $1).perform()
            }
            #expect(backup.status == .succeeded, "\(backup.errors)")
            for (days, expected) in [(1, 0), (6, 1), (11, 1)] as [(Int, Int)] {
                let now = WallTime.now() + .seconds(days * 86_400)
                let restored = try await place.perform {
                    try await RestoreOperation(file: copy, config: $0, console: $1, now: now).perform()
                }
                #expect(restored.status == .succeeded, "\(restored.errors)")
                #expect(restored.errors.contains("older than retention allows") == (expected > 0), "\(restored.errors)")
                let purged = try await place.reading { try await $0.batch(BatchID(rawValue: 1)).purged }
                #expect((purged[.payloads] != nil) == (days > 5) && (purged[.results] != nil) == (days > 10))
            }
            try await place.expectLedgerEqualsCalls()
        }
    }

    @Test("Killed at any step and called again it ends the same")
    func killed() async throws {
        struct Killed: Error {}
        var steps = 0
        while true {
            let count = Lock(0)
            let limit = steps
            var wasKilled = false
            try await EmulatedInstallation.with(jobs: ["nightly": Self.job]) { place in
                try await Self.finished(place)
                let ids = try PersonIDs(reading: Array("rare-account-55aa".utf8))
                try await OperatorSession.with(Installation(config: place.config), console: .silent) { session in
                    let work = Forgetting(ids: ids, session: session, patience: .zero) {
                        let made = count.withLock { count in
                            count += 1
                            return count
                        }
                        if made > limit { throw Killed() }
                    }
                    do { _ = try await work.perform() } catch is Killed { wasKilled = true }
                }
                let done = try await Self.forget(place)
                #expect(done.status == .succeeded, "step \(limit): \(done.errors)")
                #expect(try Self.marked(of: place) == [], "step \(limit)")
                #expect(try place.text("drop/archive/day.csv") == Self.rowsWithoutAda, "step \(limit)")
                let folder = try Self.folder(place)
                for other in Self.others { #expect(try place.text("\(folder)/results.csv").contains(other)) }
                try Self.expectDigests(place, folder, sameCountsAs: place.text("\(folder)/summary.json"))
                // The archive's file is known for the batch's whatever happened, and goes with it.
                let purge = try await place.perform {
                    try await PurgeOperation(PurgeRequest(config: $0, batch: "day-1", yes: true), console: $1).perform()
                }
                #expect(purge.status == .succeeded, "step \(limit): \(purge.errors)")
                #expect(try place.names(in: "drop/archive") == [], "step \(limit)")
            }
            guard wasKilled else { break }
            steps += 1
        }
        // The list, the records, three result files, the archive's file twice, the mark.
        #expect(steps == 8)
    }

    @Test("A file that cannot be changed is named and done later; ids on no line are a usage error")
    func faults() async throws {
        try await EmulatedInstallation.with { place in
            try place.write(accounts(["ada"]), to: "day.csv")
            #expect(try await place.run("day.csv").status == .succeeded)
            let link = place.file("out/day-1/results.csv")
            try FileManager.default.moveItem(atPath: link, toPath: place.file("kept.csv"))
            try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: place.file("kept.csv"))
            let done = try await Self.forget(place, "account-1\n")
            #expect(done.status == .unfinished && done.errors.contains("not changed: "), "\(done.errors)")
            #expect(done.errors.contains("out/day-1"), "\(done.errors)")
            try FileManager.default.removeItem(atPath: link)
            try FileManager.default.moveItem(atPath: place.file("kept.csv"), toPath: link)
            #expect(try await Self.forget(place, "account-1\n").status == .succeeded)
            #expect(try Self.marked(by: ["account-1", "r1,"], in: ["out"], of: place) == [])
            #expect(try await Self.forget(place, " \n\n").status == .usage)
        }
    }

    @Test("Who forgot how many stands in the audit, and no id")
    func audited() async throws {
        try await EmulatedInstallation.with { place in
            try place.write(accounts(["ada", "ben"]), to: "day.csv")
            #expect(try await place.run("day.csv").status == .succeeded)
            #expect(try await Self.forget(place, "account-1\nnobody\n").status == .succeeded)
            let actions = try await place.reading { try await $0.actions() }
            #expect(actions.last { $0.name == .forget }?.detail == "2 ids: 1 record in 1 batch")
            #expect(!actions.contains { $0.detail?.contains("account-1") == true })
            let audit = try await place.perform {
                try await AuditVerifyOperation(heads: [], config: $0, json: false, console: $1).perform()
            }
            #expect(audit.status == .succeeded, "\(audit.output)")
        }
    }
}
