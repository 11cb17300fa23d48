import Foundation
import JSON
import RecordStore
import TestSupport
import Testing

@testable import Operations

@Suite("check, run and submit, in this process", .timeLimit(.minutes(15)))
struct RunOperationTests {
    /// What a file's records ask of the API, and how the run of it ends.
    struct Case: Sendable, CustomTestStringConvertible {
        let names: [String]
        let status: Operations.ExitStatus
        let state: BatchState
        let counts: [RecordStatus: Int]
        let calls: Int
        let says: String

        var testDescription: String { names.joined(separator: " ") }
    }

    static let cases = [
        Case(
            names: ["ada", "bob"], status: .succeeded, state: .completed, counts: [.succeeded: 2], calls: 2,
            says: "day-1: completed, every one of 2 lines accounted for"),
        Case(
            names: ["ada", "x"], status: .finishedWithFailures, state: .completed,
            counts: [.succeeded: 1, .invalid: 1], calls: 1, says: "to correct: "),
        Case(
            names: ["ada", "iia+400"], status: .finishedWithFailures, state: .completed,
            counts: [.succeeded: 1, .failed: 1], calls: 2, says: "to correct: "),
        Case(
            names: ["ada", "iia+400rx1"], status: .succeeded, state: .completed, counts: [.succeeded: 2], calls: 3,
            says: "1 retry"),
        Case(
            names: ["ada", "iia+reset"], status: .finishedInDoubt, state: .completed,
            counts: [.succeeded: 1, .inDoubt: 1], calls: 2, says: "1 perhaps billed"),
    ]

    @Test("A run ends as its records do, and its ledger is the API's log", arguments: cases)
    func run(_ example: Case) async throws {
        try await EmulatedInstallation.with { place in
            try place.write(accounts(example.names), to: "day.csv")
            let ended = try await place.run("day.csv")
            #expect(ended.status == example.status, "\(ended.errors)")
            #expect(ended.output.contains(example.says), "\(ended.output)")
            let batch = try #require(try await place.batch("day-1"))
            #expect(batch.state == example.state)
            for (status, count) in example.counts { #expect(batch.counts[status] == count, "\(status)") }
            #expect(batch.counts.total == example.names.count)
            #expect(try place.callsRead() == example.calls)
            try await place.expectLedgerEqualsCalls()
        }
    }

    @Test("A file that was run is passed over, and sent once more only with --again")
    func again() async throws {
        try await EmulatedInstallation.with { place in
            try place.write(accounts(["ada", "bob"]), to: "day.csv")
            let first = try await place.run("day.csv", json: true)
            #expect(first.status == .succeeded)
            let summary = try #require(try first.json().first)
            #expect(summary["records"]?["succeeded"]?.integer == 2 && summary["calls"]?["made"]?.integer == 2)
            let second = try await place.run("day.csv")
            #expect(second.status == .inputUnusable)
            #expect(second.errors.contains("was already run as day-1"), "\(second.errors)")
            #expect(try place.callsRead() == 2)
            #expect(try await place.run("day.csv", again: true).status == .succeeded)
            #expect(try place.callsRead() == 4)
            try await place.expectLedgerEqualsCalls()
        }
    }

    @Test("Nothing is sent above confirm_above without a word, and a cap is never passed")
    func confirmationAndCap() async throws {
        let settings = EmulatedSettings.fast.replacing("limits: {", with: "limits: { batch_calls: 3,")
        try await EmulatedInstallation.with(settings: settings + "confirm_above: { calls: 1 }\n") { place in
            try place.write(accounts(["ada", "bob", "eve", "dan"]), to: "day.csv")
            let asked = try await place.run("day.csv", yes: false)
            #expect(asked.status == .unfinished && asked.errors.contains("--yes"), "\(asked.errors)")
            #expect(try place.callsRead() == 0)
            let capped = try await place.run("day.csv")
            #expect(capped.status == .unfinished && capped.errors.contains("limits.batch_calls"), "\(capped.errors)")
            #expect(try await place.batch("day-1")?.state == .paused)
            #expect(try place.callsRead() == 3)
            try await place.expectLedgerEqualsCalls()
        }
    }

    @Test("One file that cannot be used refuses the whole run before a database is made")
    func unusable() async throws {
        try await EmulatedInstallation.with { place in
            try place.write(accounts(["ada"]), to: "day.csv")
            let refused = try await place.run("day.csv", "gone.csv")
            #expect(refused.status == .inputUnusable && refused.errors.contains("gone.csv"), "\(refused.errors)")
            #expect(!FileManager.default.fileExists(atPath: place.file("var/rollcall.sqlite")))
            #expect(try place.callsRead() == 0)
        }
    }

    @Test("Without settings there is nothing to run, whatever the operation")
    func noSettings() async throws {
        try await EmulatedInstallation.with { place in
            let nowhere = place.file("none.yaml")
            let outcomes = [
                try await place.perform { _, console in
                    try await RunOperation(RunRequest(files: [], config: nowhere), console: console).perform()
                },
                try await place.perform { _, console in
                    try await StatusOperation(
                        config: nowhere, selection: .all, watch: false, json: true, console: console
                    )
                    .perform()
                },
                try await place.perform { _, console in
                    try await BackupOperation(file: "copy", config: nowhere, console: console).perform()
                },
            ]
            for outcome in outcomes {
                #expect(outcome.status == .configuration && outcome.output.isEmpty)
                #expect(outcome.errors.contains("none.yaml"), "\(outcome.errors)")
            }
        }
    }

    @Test("check foretells the calls of a run, and knows a file that was run; it makes none and no database")
    func check() async throws {
        try await EmulatedInstallation.with { place in
            try place.write(accounts(["ada", "x", "ada"]), to: "day.csv")
            let before = try await place.check("day.csv")
            #expect(before.status == .finishedWithFailures)
            let foretold = try #require(try before.json().first)
            #expect(foretold["billable_calls"]?.integer == 2 && foretold["invalid"]?.integer == 1)
            #expect(!FileManager.default.fileExists(atPath: place.file("var/rollcall.sqlite")))
            #expect(try place.callsRead() == 0)
            #expect(try await place.run("day.csv").status == .finishedWithFailures)
            #expect(try place.callsRead() == 2)
            let after = try #require(try await place.check("day.csv").json().first)
            #expect(after["known_as"]?.string == "day-1" && after["billable_calls"]?.integer == 0)
            #expect(after["again_calls"]?.integer == 2)
            try await place.expectLedgerEqualsCalls()
        }
    }

    @Test("submit takes a file in and sends nothing; a run of the same file sends it")
    func submit() async throws {
        try await EmulatedInstallation.with { place in
            try place.write(accounts(["ada", "bob"]), to: "day.csv")
            let request = RunRequest(files: [place.file("day.csv")], config: place.config, yes: true)
            let submitted = try await place.perform { _, console in
                try await SubmitOperation(request, console: console).perform()
            }
            #expect(submitted.status == .succeeded && submitted.output == "day-1\n", "\(submitted.errors)")
            #expect(submitted.errors.contains("no daemon runs"), "\(submitted.errors)")
            #expect(try await place.batch("day-1")?.counts.queued == 2)
            #expect(try place.callsRead() == 0)
            #expect(try await place.run("day.csv").status == .succeeded)
            try await place.expectLedgerEqualsCalls()
        }
    }
}

extension EmulatedInstallation {
    /// The batch of that name; nil if there is none.
    func batch(_ name: String) async throws -> Batch? { try await reading { try await $0.batch(named: name) } }

    fileprivate func check(_ name: String) async throws -> OperationOutcome {
        let path = file(name)
        return try await perform { config, console in
            try await CheckOperation(files: [path], config: config, job: nil, json: true, console: console).perform()
        }
    }
}
