import Basics
import Foundation
import RecordStore
import TestSupport
import Testing

@testable import Operations

/// How far `forget` reaches, and what it says of what is beyond.
@Suite("forget, as far as it reaches", .timeLimit(.minutes(15)))
struct ForgetReachTests {
    private static func forget(_ place: EmulatedInstallation, _ ids: String) async throws -> OperationOutcome {
        try await ForgetOperationTests.forget(place, ids)
    }

    private static func marked(_ place: EmulatedInstallation, _ words: String...) throws -> [String] {
        try ForgetOperationTests.marked(by: words, of: place)
    }

    /// Erases the results of the only batch in the database, and no file.
    private static func purgeResults(_ place: EmulatedInstallation) async throws {
        try await OperatorSession.with(Installation(config: place.config), console: .silent) { session in
            let batch = try await session.store.batches()[0]
            let action = try session.action(.purge, of: batch.id, detail: "results")
            #expect(try await session.store.purge(batch.id, .results, at: .now(), noting: action))
        }
    }

    @Test("Lines that could not be taken apart are forgotten where an id stands in them, in the files, too")
    func unreadRows() async throws {
        let csv = """
            id,account_id,email
            rare-1,acct-rare-1
            other-2,acct-2,b@example.com
            x,acct-rare-1,c@example.com,rare-1
            other-4,acct-4

            """
        try await EmulatedInstallation.with(jobs: ["nightly": ForgetOperationTests.job]) { place in
            try await ForgetOperationTests.finished(place, csv)
            #expect(try Self.marked(place, "rare-1").count == 2)
            let done = try await Self.forget(place, "rare-1\n")
            #expect(done.status == .succeeded && done.output.contains("day-1, day.csv: lines 2, 4"), "\(done.output)")
            #expect(try Self.marked(place, "rare-1") == [])
            #expect(try place.text("drop/archive/day.csv").contains("other-4,acct-4\n"))
            try await place.expectLedgerEqualsCalls()
        }
    }

    @Test("So are lines that are no JSON object, which files that are given back hold as they came")
    func unplacedLines() async throws {
        let lines = """
            {"id":"rare-1","account_id":"acct-rare-1","email":"a@example.com"}
            {"id":"rare-1-b","account_id":"acct-rare-1","email":"b
            "rare-1"
            {"id":"other-4","account_id":"acct-4","email":"d
            {"id":"other-5","account_id":"acct-5","email":"x"}

            """
        try await EmulatedInstallation.with { place in
            try place.write(lines, to: "day.jsonl")
            #expect(try await place.run("day.jsonl").status == .finishedWithFailures)
            #expect(try place.text("out/day-1/failed.jsonl").contains("rare-1"))
            let done = try await Self.forget(place, "rare-1\n")
            #expect(done.status == .succeeded && done.output.contains("lines 1, 2, 3"), "\(done.output)")
            #expect(done.output.contains("rows taken out of \(place.file("out/day-1/failed.jsonl"))"), "\(done.output)")
            #expect(try Self.marked(place, "rare-1") == [])
            let left = try place.text("out/day-1/failed.jsonl").split(separator: "\n")
            #expect(left.count == 2 && left[0].contains("other-4") && left[1].contains("other-5"))
            try await place.expectLedgerEqualsCalls()
        }
    }

    @Test("Of a purged batch whose input file is kept longer, that is looked through")
    func archiveAfterPurge() async throws {
        try await EmulatedInstallation.with(jobs: ["nightly": ForgetOperationTests.job]) { place in
            try await ForgetOperationTests.finished(place)
            try await place.reading { _ in }
            try await Self.purgeResults(place)
            try FileManager.default.removeItem(atPath: place.file("drop/out"))
            let done = try await Self.forget(place, "rare-id-77bb-again\n")
            #expect(done.status == .succeeded && done.output.contains("lines 2, 4, 6"), "\(done.output) \(done.errors)")
            #expect(try place.text("drop/archive/day.csv") == ForgetOperationTests.rowsWithoutAda)
            // The file has another content now, and is known for the batch's all the same.
            let purge = try await place.purge(batch: "day-1", yes: true)
            #expect(purge.status == .succeeded, "\(purge.errors)")
            #expect(try place.names(in: "drop/archive") == [])
        }
    }

    @Test(
        "Of a purged batch whose results are kept longer, these are looked through, in whatever form they are",
        arguments: [
            ("[csv]", "results.csv"), ("[jsonl]", "results.jsonl"), ("[csv, jsonl, xlsx]", "results.csv"),
        ])
    func resultsAfterPurge(formats: String, name: String) async throws {
        let settings = EmulatedSettings.fast + "output_formats: \(formats)\noutput_safe: true\n"
        try await EmulatedInstallation.with(settings: settings) { place in
            let rows = "=rare-1,a-1,a@example.com\nother-2,a-2,b@example.com\n"
            try place.write("id,account_id,email\n" + rows, to: "day.csv")
            #expect(try await place.run("day.csv").status == .succeeded)
            try await Self.purgeResults(place)
            #expect(try place.text("out/day-1/\(name)").contains("rare-1"))
            let done = try await Self.forget(place, "=rare-1\n")
            #expect(done.status == .succeeded && done.output.contains("line 2"), "\(done.output) \(done.errors)")
            #expect(try Self.marked(place, "rare-1") == [])
            #expect(try place.text("out/day-1/\(name)").contains("other-2"))
        }
    }

    @Test("A batch whose month's key is missing is named, and everywhere else the person is forgotten")
    func missingKey() async throws {
        try await EmulatedInstallation.with { place in
            try place.write(accounts(["ada"]), to: "day.csv")
            #expect(try await place.run("day.csv").status == .succeeded)
            let periods = place.file("secrets/periods")
            let key = try #require(FileManager.default.contentsOfDirectory(atPath: periods).first)
            try FileManager.default.moveItem(atPath: "\(periods)/\(key)", toPath: place.file(key))
            let done = try await Self.forget(place, "account-1\n")
            #expect(done.status == .finishedWithFailures, "\(done.output) \(done.errors)")
            #expect(
                done.errors.contains("not forgotten: day-1: could not be looked through: periods/\(key)"),
                "\(done.errors)")
            let listed = try await place.perform {
                try await PersonRecordsOperation(idsIn: Array("r1\n".utf8), config: $0, json: false, console: $1)
                    .perform()
            }
            #expect(listed.status == .configuration && listed.errors.contains("1 batch not looked through"))
            #expect(listed.errors.contains(key), "\(listed.errors)")
            try FileManager.default.moveItem(atPath: place.file(key), toPath: "\(periods)/\(key)")
            #expect(try await Self.forget(place, "account-1\n").status == .succeeded)
            #expect(try Self.marked(place, "account-1", "r1,") == [])
        }
    }

    @Test("It says for which of the ids nothing was found, without repeating them")
    func notFound() async throws {
        try await EmulatedInstallation.with { place in
            try place.write(accounts(["ada", "ben"]), to: "day.csv")
            #expect(try await place.run("day.csv").status == .succeeded)
            let done = try await Self.forget(place, "nobody-1\nr1\n\nnobody-2\n")
            let text = "nothing to erase was found for the ids on lines 1, 4 of those given"
            #expect(
                done.status == .succeeded && done.output.contains(text) && done.errors.contains(text), "\(done.errors)")
            #expect(!done.output.contains("nobody"))
            let none = try await Self.forget(place, "nobody-3\n")
            #expect(!none.output.contains("Out of reach:"), "\(none.output)")
        }
    }

    @Test(
        "Where a call ended before its receipt was printed, the next one's tells what it erased, and the copies from before"
    )
    func receiptOfInterrupted() async throws {
        try await EmulatedInstallation.with { place in
            try place.write(accounts(["ada", "ben"]), to: "day.csv")
            #expect(try await place.run("day.csv").status == .succeeded)
            let backup = try await place.perform {
                try await BackupOperation(file: place.file("copy.sqlite"), config: $0, console: $1).perform()
            }
            #expect(backup.status == .succeeded, "\(backup.errors)")
            let first = try await Self.forget(place, "r1\n")
            let again = try await Self.forget(place, "r1\n")
            let time = try #require(first.output.firstMatch(of: /Receipt of ([^ ]*):/)).1
            #expect(again.output.contains("forgotten at \(time): day-1, day.csv: line 2"), "\(again.output)")
            #expect(again.output.contains("backup copy.sqlite of "), "\(again.output)")
        }
    }

    @Test("Files that were refused before they had a batch are named")
    func refusedFiles() async throws {
        try await EmulatedInstallation.with(jobs: ["nightly": ForgetOperationTests.job]) { place in
            try await ForgetOperationTests.finished(place)
            try place.write("id,surprise\nrare-1,z\n", to: "drop/rejected/odd.csv")
            try place.write("refused", to: "drop/rejected/odd.csv.error.txt")
            let done = try await Self.forget(place, "rare-account-55aa\n")
            #expect(
                done.output.contains("\(place.file("drop/rejected/odd.csv")): refused before it had a batch"),
                "\(done.output)")
            #expect(!done.output.contains("odd.csv.error.txt"))
        }
    }

    @Test("In a copy from before the doubt of a forgotten person stays, can be ended, and is never sent again")
    func forgottenDoubt() async throws {
        try await EmulatedInstallation.with { place in
            try place.write(accounts(["ada", "iia+reset"]), to: "day.csv")
            #expect(try await place.run("day.csv").status == .finishedInDoubt)
            let copy = place.file("copy.sqlite")
            let backup = try await place.perform {
                try await BackupOperation(file: copy, config: $0, console: $1).perform()
            }
            #expect(backup.status == .succeeded, "\(backup.errors)")
            #expect(try await Self.forget(place, "r2\n").status == .finishedWithFailures)
            let restored = try await place.perform {
                try await RestoreOperation(file: copy, config: $0, console: $1).perform()
            }
            #expect(restored.errors.contains("1 record of persons who were forgotten"), "\(restored.errors)")
            let (queued, failed) = (try await Self.resolve(place, .queued), try await Self.resolve(place, .failed))
            #expect(queued.status == .unfinished && queued.errors.contains("--line 3 --as failed"), "\(queued.errors)")
            #expect(failed.status == .succeeded, "\(failed.errors)")
            #expect(try await place.reading { try await $0.batches()[0].counts.inDoubt } == 0)
            #expect(try place.callsRead() == 2)
            try await place.expectLedgerEqualsCalls()
        }
    }

    private static func resolve(
        _ place: EmulatedInstallation, _ decision: ResolveRequest.Decision
    ) async throws -> OperationOutcome {
        try await place.perform {
            let request = ResolveRequest(batch: "day-1", config: $0, line: 3, decision: decision, yes: true)
            return try await ResolveOperation(request, console: $1).perform()
        }
    }

    @Test("A batch that is due in a copy and cannot be erased, for want of its month's key, is named by restore")
    func dueWithoutKey() async throws {
        let settings = EmulatedSettings.fast + "retention: { payloads: 5d, results: 10d }\n"
        try await EmulatedInstallation.with(settings: settings) { place in
            try place.write(accounts(["ada"]), to: "day.csv")
            #expect(try await place.run("day.csv").status == .succeeded)
            let copy = place.file("copy.sqlite")
            let backup = try await place.perform {
                try await BackupOperation(file: copy, config: $0, console: $1).perform()
            }
            #expect(backup.status == .succeeded, "\(backup.errors)")
            try FileManager.default.removeItem(atPath: place.file("secrets/periods"))
            let restored = try await place.perform {
                let later = WallTime.now() + .seconds(6 * 86_400)
                return try await RestoreOperation(file: copy, config: $0, console: $1, now: later).perform()
            }
            #expect(restored.status == .succeeded, "\(restored.errors)")
            #expect(
                restored.errors.contains("day-1: older than retention allows, and not erased"), "\(restored.errors)")
        }
    }
}
