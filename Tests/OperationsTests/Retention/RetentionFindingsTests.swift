import Basics
import Foundation
import RecordStore
import Settings
import TestSupport
import Testing

@testable import Operations

@Suite("What doctor and status say of retention", .timeLimit(.minutes(15)))
struct RetentionFindingsTests {
    private static let day: Int64 = 86_400_000

    @Test("Where it is not set doctor says that everything is kept")
    func absent() async throws {
        try await EmulatedInstallation.with { place in
            let findings = await RetentionChecks(place: try Installation(config: place.config)).findings()
            #expect(findings.map(\.level) == [.fine] && findings[0].message.contains("not set: everything is kept"))
            let doctor = try await place.perform {
                try await DoctorOperation(config: $0, oneCall: false, json: false, console: $1).perform()
            }
            #expect(doctor.output.contains("retention: not set: everything is kept"), "\(doctor.output)")
        }
    }

    @Test("It lists the ages and what is due, warns where no daemon runs, and names what is needed")
    func due() async throws {
        let retention = "retention: { payloads: 2d, results: 30d, outputs: 3d }\n"
        try await EmulatedInstallation.with(settings: EmulatedSettings.fast + retention) { place in
            let checks = RetentionChecks(place: try Installation(config: place.config))
            let ages = "payloads 2d, results 30d, outputs 3d; kept: ledger, archive, rejected"
            #expect(await checks.findings() == [.fine("retention", ages)])
            try place.write(accounts(["ada"]), to: "good.csv")
            try place.write(accounts(["ada", "iia+reset"]), to: "doubt.csv")
            #expect(try await place.run("good.csv").status == .succeeded)
            #expect(try await place.run("doubt.csv").status == .finishedInDoubt)
            #expect(await checks.findings() == [.fine("retention", "\(ages); nothing is due")])
            let findings = await checks.findings(at: WallTime.now() + 4 * Self.day)
            #expect(findings.map(\.level) == [.warning, .warning])
            #expect(
                findings.first?.message.hasPrefix("\(ages); due: payloads of 1 batch, 4 files, and no daemon runs")
                    == true,
                "\(findings)")
            #expect(findings.last?.message.contains("is not purged: doubt-2 has 1 line in doubt or held") == true)
            #expect(try place.names(in: "out/good-1").contains("results.csv"))
        }
    }

    @Test("A daemon that runs erases it: what is due is no warning then")
    func byTheDaemon() {
        let finding = RetentionChecks.finding("payloads 2d", due: "1 file", isErasing: true)
        #expect(finding == .fine("retention", "payloads 2d; due: 1 file, which the daemon erases within a day"))
        #expect(RetentionChecks.text(of: .everything).contains("by jobs alone"))
    }

    @Test("status names a batch that is older than its retention and needed, in its table, of itself, and for scripts")
    func status() async throws {
        let retention = "retention: { payloads: 2d, results: 2d }\n"
        try await EmulatedInstallation.with(settings: EmulatedSettings.fast + retention) { place in
            try place.write(accounts(["ada", "iia+reset"]), to: "doubt.csv")
            #expect(try await place.run("doubt.csv").status == .finishedInDoubt)
            try await place.reading { store in
                let installation = try Installation(config: place.config)
                let batches = try await store.batches()
                func shown(_ name: String?, at time: WallTime) async throws -> String {
                    let selection = try StatusSelection(batch: name, states: nil, job: nil, limit: nil)
                    let reading = try await StatusReading(installation, store, selection, at: time)
                    return try await reading.view().lines(fitting: nil).map(\.plain).joined(separator: "\n")
                }
                #expect(try await !shown(nil, at: .now()).contains("not purged"))
                let later = WallTime.now() + 3 * Self.day
                let why = "doubt-1 has 1 line in doubt or held"
                let table = try await shown(nil, at: later)
                #expect(table.hasSuffix("not purged although older than its retention: \(why)"), "\(table)")
                let batch = try #require(batches.first)
                let detail = try await shown(batch.name, at: later)
                #expect(detail.contains("not purged"), "\(detail)")
                let old = try await BatchOutlooks(installation, store, at: later)
                let json = JSONText.text(of: try await BatchStatus(batch, old))
                #expect(json.contains(#""not_purged":"in_doubt""#), "\(json)")
            }
        }
    }

    @Test("A reused answer that was erased is told of where its batch's results are written again")
    func reused() async throws {
        let job = "reuse_within: 30d\n"
        try await EmulatedInstallation.with(jobs: ["again": job]) { place in
            try place.write(accounts(["ada"]), to: "one.csv")
            try place.write(accounts(["ada"]) + "\n", to: "two.csv")
            for name in ["one.csv", "two.csv"] {
                let run = try await place.perform { config, console in
                    let request = RunRequest(files: [place.file(name)], config: config, job: "again", yes: true)
                    return try await RunOperation(request, console: console).perform()
                }
                #expect(run.status == .succeeded, "\(run.errors)")
            }
            let batch = try #require(try await place.batch("two-2"))
            #expect(batch.counts.reused == 1)
            let store = try await Installation(config: place.config).storeForOperating()
            #expect(try await store.eraseReusedAnswers(of: batch.id, answeredBefore: .distantFuture) == 1)
            try await store.close()
            try FileManager.default.removeItem(atPath: place.file("out/two-2"))
            let run = try await place.perform { config, console in
                let request = RunRequest(files: [place.file("two.csv")], config: config, job: "again", yes: true)
                return try await RunOperation(request, console: console).perform()
            }
            #expect(run.status == .succeeded, "\(run.errors)")
            #expect(try place.text("out/two-2/results.csv").contains("the reused answer was erased"))
            try await place.expectLedgerEqualsCalls()
        }
    }
}
