import Basics
import Foundation
import RecordStore
import TestSupport
import Testing

@testable import Operations

/// The jobs that come with the product, as they come, only switched on and telling a file instead of the system's log.
@Suite("The shipped jobs at work")
struct ShippedJobsRunTests {
    /// Monday, 2 March 2026, 12:00 in Berlin.
    private static let noon: WallTime = 1_772_449_200_000
    private static let hour: Int64 = 3_600_000

    private static func shipped(_ job: String) throws -> String {
        let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
        return try String(contentsOf: folder.appending(path: "jobs/\(job).yaml"), encoding: .utf8)
            .replacing("enabled: false", with: "enabled: true")
            .replacing("[logger, -t, rollcall]", with: "[sh, -c, 'cat >> told.jsonl']")
    }

    private static func bench(_ jobs: String...) async throws -> DaemonBench {
        try await DaemonBench(
            at: noon, settings: "limits: { rate: 50 }\n",
            jobs: Dictionary(uniqueKeysWithValues: try jobs.map { ($0, try shipped($0)) }))
    }

    private func told(_ bench: DaemonBench) throws -> String {
        try bench.told().joined(separator: "\n")
    }

    @Test("A night is screened at ten, and what failed in it is sent once more in the morning")
    func nightAndMorning() async throws {
        let bench = try await Self.bench("nightly-screening", "rerun-failed")
        try bench.write(
            """
            id,account_id,name,email
            a,acc-a,Ada Example,ada@example.com
            b,acc-b,Bob Example,iia+500x5.b@example.com
            c,acc-c,Cyd Example,iia+400.c@example.com

            """, to: "incoming/accounts.csv")
        try await bench.startDaemon()
        try await bench.pass(to: Self.noon + 9 * Self.hour)
        #expect(try await bench.reading { try await $0.batches() }.isEmpty)
        try await bench.pass(to: Self.noon + 10 * Self.hour)
        try await bench.pass { try await bench.reading { try await $0.batches().first?.state } == .completed }
        // A command may take 30 s, by a clock that would be far ahead of it.
        try await bench.settle { try told(bench).contains(#""event":"completed""#) }
        let night = try #require(try await bench.reading { try await $0.batches().first })
        #expect(night.job == "nightly-screening")
        #expect((night.counts.succeeded, night.counts.failed, night.counts.calls) == (1, 2, 7))
        try await bench.pass(to: Self.noon + 17 * Self.hour)
        #expect(try await bench.reading { try await $0.batches().first?.counts.failed } == 2)
        try await bench.pass(to: Self.noon + 17 * Self.hour + Self.hour / 2)
        try await bench.pass { try await bench.reading { try await $0.batches().first?.counts.succeeded } == 2 }
        try await bench.pass { try await bench.reading { try await $0.pendingBatches().isEmpty } }
        let morning = try #require(try await bench.reading { try await $0.batches().first })
        #expect((morning.counts.failed, morning.counts.calls) == (1, 9))
        #expect(try bench.callsRead() == 9)
        #expect(try await bench.reading { try await $0.actions().map(\.name) } == [.rerunByJob])
        #expect(bench.count(ofLogged: "records queued again") == 1)
        #expect(bench.count(ofLogged: "an operator acted") == 0)
        #expect(try bench.names(in: "incoming/archive") == ["accounts.csv"])
        try await bench.stopDaemon()
        #expect(try !told(bench).contains("example.com"))
        try await bench.end()
    }

    @Test("What is dropped is answered, and the sender's folder says so")
    func dropped() async throws {
        let bench = try await Self.bench("drop-folder")
        try await bench.startDaemon()
        try bench.write("id,account_id,email\na,acc-a,ada@example.com\n", to: "drop/inbox/accounts.csv")
        try bench.write("shoe,size\n1,2\n", to: "drop/inbox/shoes.csv")
        try await bench.pass { try bench.names(in: "drop").contains("archive") }
        try await bench.pass { try bench.names(in: "drop/archive") == ["accounts.csv"] }
        try await bench.pass { try bench.names(in: "drop/rejected").count == 2 }
        try await bench.settle { try told(bench).contains(#""event":"rejected""#) }
        #expect(try bench.names(in: "drop/rejected") == ["shoes.csv", "shoes.csv.error.txt"])
        let results = try #require(try bench.names(in: "drop/out").first)
        #expect(try bench.names(in: "drop/out/\(results)").contains("results.csv"))
        // By the daemon's clock, like all else in it.
        let summary = try String(contentsOfFile: bench.file("drop/out/\(results)/summary.json"), encoding: .utf8)
        #expect(summary.contains(#""written":"2026-03-02T"#) || summary.contains(#""written" : "2026-03-02T"#))
        try await bench.stopDaemon()
        #expect(try bench.callsRead() == 1)
        try await bench.end()
    }
}
