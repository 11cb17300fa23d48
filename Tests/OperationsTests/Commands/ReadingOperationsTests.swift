import Foundation
import JSON
import RecordStore
import Testing

@testable import Operations

@Suite("status, records, ledger, export and jobs, in this process", .timeLimit(.minutes(15)))
struct ReadingOperationsTests {
    /// An installation in which one record of each end was run as `day-1`.
    private static func afterRun(_ body: (EmulatedInstallation) async throws -> Void) async throws {
        let jobs = ["night": "schedule: \"0 3 * * *\"\nsource: { glob: in/*.csv }\n", "wrong": "colour: red\n"]
        try await EmulatedInstallation.with(jobs: jobs) { place in
            try place.write(accounts(["ada", "x", "iia+400", "iia+reset"]), to: "day.csv")
            #expect(try await place.run("day.csv").status == .finishedInDoubt)
            try await body(place)
            // Whoever reads makes no call.
            #expect(try place.callsRead() == 3)
            try await place.expectLedgerEqualsCalls()
        }
    }

    @Test("status shows every batch with its counts, and refuses one that there is not")
    func status() async throws {
        try await Self.afterRun { place in
            let text = try await place.status(nil, json: false)
            #expect(text.status == .succeeded)
            #expect(text.output.contains("day-1") && text.output.contains("completed"), "\(text.output)")
            let json = try #require(try await place.status("day-1", json: true).json().first)
            let batch = try #require(json["batches"]?[0])
            #expect(batch["state"]?.string == "completed" && batch["calls"]?.integer == 3)
            for (status, count) in [("succeeded", 1), ("invalid", 1), ("failed", 1), ("in_doubt", 1), ("total", 4)] {
                #expect(batch["counts"]?[status]?.integer == Int64(count), "\(status)")
            }
            #expect(batch["results"]?.string == "out/day-1" || batch["results"]?.string == place.file("out/day-1"))
            #expect(try await place.status("nobody", json: true).status == .usage)
        }
    }

    @Test("records lists lines in order, by status where one is named")
    func records() async throws {
        try await Self.afterRun { place in
            let all = try await place.records(nil, json: true).json()
            #expect(all.map { $0["line"]?.integer } == [2, 3, 4, 5])
            #expect(all.map { $0["status"]?.string } == ["succeeded", "invalid", "failed", "in_doubt"])
            let some = try await place.records("failed,in_doubt", json: false)
            let lines = some.output.split(separator: "\n")
            #expect(some.status == .succeeded && lines.count == 3, "\(some.output)")
            #expect(lines.first == "LINE\tID\tSTATUS\tATTEMPTS\tREASON")
            let wrong = try await place.records("done", json: false)
            #expect(wrong.status == .usage && wrong.errors.contains("there is no status 'done'"), "\(wrong.errors)")
        }
    }

    @Test("ledger lists a batch's attempts or the sums of a period, and refuses what is no day")
    func ledger() async throws {
        try await Self.afterRun { place in
            let json = try await place.ledger(.batch("day-1"), json: true).json()
            #expect(json.dropLast().map { $0["line"]?.integer } == [2, 4, 5])
            #expect(json.dropLast().map { $0["billable"]?.string } == ["yes", "no", "unknown"])
            #expect(json.last?["batch"]?.string == "day-1")
            let text = try await place.ledger(.batch("1"), json: false)
            #expect(text.output.split(separator: "\n").count == 5, "\(text.output)")
            let period = try await place.ledger(.period(from: "2020-01-01", to: "2099-12-31"), json: false)
            #expect(period.status == .succeeded && period.output.contains("day-1"), "\(period.output)")
            for (from, to) in [("2026-02-30", "2026-03-01"), ("2026-03-02", "2026-03-01")] {
                let wrong = try await place.ledger(.period(from: from, to: to), json: false)
                #expect(wrong.status == .usage && wrong.output.isEmpty, "\(wrong.errors)")
            }
        }
    }

    @Test("export prints the result files as they are", arguments: ExportOperation.Format.allCases)
    func export(format: ExportOperation.Format) async throws {
        try await Self.afterRun { place in
            let exported = try await place.perform { config, console in
                try await ExportOperation(config: config, batch: "day-1", format: format, console: console).perform()
            }
            #expect(exported.status == .succeeded && exported.errors.isEmpty)
            #expect(exported.output == (try place.text("out/day-1/results.\(format.rawValue)")))
        }
    }

    @Test("jobs list and jobs check show the good jobs, and fail for the wrong one by its line")
    func jobs() async throws {
        try await Self.afterRun { place in
            let list = try await place.perform { config, console in
                try await JobsListOperation(config: config, json: false, console: console).perform()
            }
            #expect(list.status == .configuration && list.output.contains("night"), "\(list.output)")
            #expect(list.errors.contains("wrong.yaml") && list.errors.contains("colour"), "\(list.errors)")
            let check = try await place.perform { config, console in
                try await JobsCheckOperation(files: [], config: config, json: true, console: console).perform()
            }
            #expect(check.status == .configuration)
            #expect(check.output.contains("colour") && check.output.contains("night"), "\(check.output)")
        }
    }
}

extension EmulatedInstallation {
    fileprivate func status(_ batch: String?, json: Bool) async throws -> OperationOutcome {
        try await perform { config, console in
            let selection = try StatusSelection(batch: batch, states: nil, job: nil, limit: nil)
            return try await StatusOperation(
                config: config, selection: selection, watch: false, json: json, console: console
            ).perform()
        }
    }

    fileprivate func records(_ statuses: String?, json: Bool) async throws -> OperationOutcome {
        try await perform { config, console in
            try await RecordsOperation(
                config: config, batch: "day-1", statuses: statuses, json: json, console: console
            ).perform()
        }
    }

    fileprivate func ledger(_ scope: LedgerOperation.Scope, json: Bool) async throws -> OperationOutcome {
        try await perform { config, console in
            try await LedgerOperation(scope, config: config, json: json, console: console).perform()
        }
    }
}
