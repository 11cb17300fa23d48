import Foundation
import Testing

@testable import Operations
@testable import RecordStore

@Suite("keys rotate, and what is said of keys and copies", .timeLimit(.minutes(15)))
struct KeysRotateOperationTests {
    @Test("What was taken in before a rotation is read after it, and what remains to be done is said")
    func rotate() async throws {
        try await EmulatedInstallation.with { place in
            try place.write(accounts(["ada", "bob"]), to: "first.csv")
            #expect(try await place.run("first.csv").status == .succeeded)
            let old = try place.text("secrets/sealing.key")
            let outcome = try await place.perform { config, console in
                try await KeysRotateOperation(to: nil, config: config, json: false, console: console).perform()
            }
            #expect(outcome.status == .succeeded && outcome.output == place.file("secrets/sealing.key") + "\n")
            #expect(outcome.errors.contains("is no longer needed here"), "\(outcome.errors)")
            #expect(try place.text("secrets/sealing.key") != old)
            let kept = try #require(try place.names(in: "secrets").first { $0.contains(".old-") })
            #expect(try place.text("secrets/" + kept) == old && outcome.errors.contains(kept))
            let entries = try await place.reading { try await $0.actions().map(\.name) }
            #expect(entries.contains(.rotate) && !outcome.errors.contains("warning"), "\(outcome.errors)")
            let answers = try await place.reading { store in
                let batch = try #require(try await store.batch(named: "first-1"))
                var count = 0
                try await store.forEachRecord(batch.id) { if try $0.answer != nil { count += 1 } }
                return count
            }
            #expect(answers == 2)
            try place.write(accounts(["eve"]), to: "second.csv")
            #expect(try await place.run("second.csv").status == .succeeded)
            try await place.expectLedgerEqualsCalls()
        }
    }

    @Test("A copy whose folder holds the keys is warned of, and one that lies elsewhere is not")
    func keysBesideACopy() async throws {
        try await EmulatedInstallation.with { place in
            try place.write(accounts(["ada"]), to: "first.csv")
            #expect(try await place.run("first.csv").status == .succeeded)
            try place.write("", to: "backups/placeholder")
            for (copy, isWarned) in [
                ("copy.sqlite", true), ("secrets/copy.sqlite", true), ("backups/copy.sqlite", false),
            ] {
                let file = place.file(copy)
                let outcome = try await place.perform { config, console in
                    try await BackupOperation(file: file, config: config, console: console).perform()
                }
                #expect(outcome.status == .succeeded)
                #expect(outcome.errors.contains("keep them apart") == isWarned, "\(copy): \(outcome.errors)")
            }
        }
    }

    @Test("What an operator has to do after a restore is said of destroyed and of missing keys")
    func restoreTexts() {
        var report = RestoreReport(lostAttempts: 0)
        func text() -> String { RestoreText.lines(report, file: "copy", database: "db").joined(separator: "\n") }
        #expect(!text().contains("ledger only") && !text().contains("periods/"))
        report.destroyedMonths = ["2025-10", "2025-11"]
        #expect(text().contains("of the batches of 2025-10, 2025-11 it has the ledger only"))
        report.missingKeys = ["2025-12-0123456789abcdef"]
        #expect(text().contains("periods/2025-12-0123456789abcdef.key is missing from keys_folder"))
    }
}
