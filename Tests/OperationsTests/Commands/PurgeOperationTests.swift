import Foundation
import JSON
import RecordStore
import Testing

@testable import Operations

@Suite("purge, in this process", .timeLimit(.minutes(5)))
struct PurgeOperationTests {
    private static let markers = ["rare-id-77bb", "rare-account-55aa", "zyzzyva.9917"]
    private static let rows = """
        id,account_id,email
        rare-id-77bb,rare-account-55aa,zyzzyva.9917@example.com
        rare-id-77bb-2,rare-account-55aa-2,iia+400@example.com
        rare-id-77bb-3,rare-account-55aa-3,x

        """

    private static func purge(
        _ place: EmulatedInstallation, olderThan: String? = nil, batch: String? = nil, dryRun: Bool = false,
        yes: Bool = false, json: Bool = false
    ) async throws -> OperationOutcome {
        try await place.perform { config, console in
            let request = PurgeRequest(
                config: config, olderThan: olderThan, batch: batch, dryRun: dryRun, yes: yes, json: json)
            return try await PurgeOperation(request, console: console).perform()
        }
    }

    /// The files below a folder in which one of the markers stands.
    private static func marked(in folder: String, of place: EmulatedInstallation) throws -> [String] {
        let files = FileManager.default
        return try files.subpathsOfDirectory(atPath: place.file(folder)).filter { name in
            guard let bytes = files.contents(atPath: place.file("\(folder)/\(name)")) else { return false }
            return markers.contains { bytes.range(of: Data($0.utf8)) != nil }
        }
    }

    @Test("It says what is lost, erases it with --yes only, and keeps the ledger")
    func purges() async throws {
        try await EmulatedInstallation.with { place in
            try place.write(Self.rows, to: "day.csv")
            #expect(try await place.run("day.csv").status == .finishedWithFailures)
            #expect(try !Self.marked(in: "out", of: place).isEmpty)
            let asked = try await Self.purge(place, olderThan: "0s")
            #expect(asked.status == .unfinished && asked.errors.contains("day-1: 3 lines, 5 files"), "\(asked.errors)")
            #expect(asked.errors.contains("--yes") && asked.errors.contains("Copies made by backup"))
            let dry = try await Self.purge(place, batch: "day-1", dryRun: true, json: true)
            #expect(dry.status == .succeeded && dry.output.contains("\"dry_run\":true"), "\(dry.output)")
            #expect(try place.names(in: "out/day-1").count == 5)
            #expect(try await place.batch("day-1")?.purgedAt == nil)

            let purged = try await Self.purge(place, olderThan: "0s", yes: true, json: true)
            #expect(purged.status == .succeeded, "\(purged.errors)")
            #expect(purged.output.contains("\"log_emptied\":true"), "\(purged.output)")
            #expect(!FileManager.default.fileExists(atPath: place.file("out/day-1")))
            #expect(try Self.marked(in: "out", of: place).isEmpty && Self.marked(in: "var", of: place).isEmpty)
            let batch = try #require(try await place.batch("day-1"))
            #expect(batch.purgedAt != nil && batch.counts.total == 3 && batch.counts.failed == 1)
            try await place.expectLedgerEqualsCalls()
            let nothing = try await Self.purge(place, olderThan: "0s", yes: true)
            #expect(nothing.status == .succeeded && nothing.errors.contains("nothing to purge"))
        }
    }

    @Test("A purged batch is refused with its day wherever its rows are needed, and calls nothing")
    func refused() async throws {
        try await EmulatedInstallation.with { place in
            try place.write(Self.rows, to: "day.csv")
            #expect(try await place.run("day.csv").status == .finishedWithFailures)
            #expect(try await Self.purge(place, batch: "1", yes: true).status == .succeeded)
            let calls = try place.callsRead()
            for outcome in [
                try await place.rerun("failed"), try await place.run("day.csv"),
                try await place.perform {
                    try await ExportOperation(config: $0, batch: "day-1", format: "csv", console: $1).perform()
                },
            ] {
                #expect(outcome.status == .inputUnusable, "\(outcome.status) \(outcome.errors)")
                #expect(outcome.errors.contains("purged on 2"), "\(outcome.errors)")
            }
            #expect(try place.callsRead() == calls)
            #expect(try await place.run("day.csv", again: true).status == .finishedWithFailures)
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
            let named = try await Self.purge(place, batch: "doubt-1", yes: true)
            #expect(named.status == .unfinished && named.errors.contains("in doubt"), "\(named.errors)")
            let young = try await Self.purge(place, olderThan: "1d", yes: true)
            #expect(young.status == .succeeded && young.errors.contains("nothing to purge"), "\(young.errors)")
            try place.write("mine", to: "out/day-2/notes.txt")
            let all = try await Self.purge(place, olderThan: "0s", yes: true)
            #expect(all.status == .unfinished, "\(all.errors)")
            #expect(all.errors.contains("doubt-1 is kept: it has records in doubt"), "\(all.errors)")
            #expect(all.errors.contains("out/day-2: other files are left"), "\(all.errors)")
            #expect(try place.names(in: "out/day-2") == ["notes.txt"])
            #expect(try place.names(in: "out/doubt-1").contains("results.csv"))
            #expect(try await Self.purge(place, olderThan: "tomorrow").status == .usage)
            #expect(try await Self.purge(place, yes: true).status == .usage)
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
            #expect(try await Self.purge(place, batch: "day-1", yes: true).status == .succeeded)
            #expect(try place.names(in: "drop/archive") == ["day.csv"])
            #expect(try place.names(in: "drop/rejected").isEmpty)
            #expect(try Self.marked(in: "drop", of: place).isEmpty)
            #expect(try place.text("day.csv") == Self.rows)
        }
    }
}
