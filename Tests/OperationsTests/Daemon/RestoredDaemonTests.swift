import Foundation
import RecordStore
import TestSupport
import Testing

@testable import Operations

@Suite("A daemon that cannot know what was sent before")
struct RestoredDaemonTests {
    private static let notify = "notify: [sh, -c, 'cat >> told.jsonl']\n"
    private static let jobs = [
        "drop": "source: { path: drop, settle: 30s }\n",
        "nightly": "schedule: \"0 * * * *\"\nsource: { glob: incoming/*.csv }\n",
        "again": "schedule: \"30 * * * *\"\nrerun: { statuses: [failed, in_doubt], younger_than: 48h }\n",
    ]
    private static let header = "id,account_id,name,email\n"

    private static func file(_ name: String) -> String {
        header + "\(name),acc-\(name),Ada Example,\(name)@example.com\n"
    }

    /// A bench with a batch that was answered and one line that the API refuses, whose trace is lost then.
    private static func untraced() async throws -> DaemonBench {
        let bench = try await DaemonBench(
            at: 1_772_000_000_000, settings: "limits: { rate: 50 }\n" + notify, jobs: jobs)
        try await bench.startDaemon()
        try bench.write(
            file("a") + "b,acc-b,Ada Example,iia+400@example.com\n", to: "drop/inbox/first.csv")
        try await bench.pass {
            try await bench.hasResults("first-1")
        }
        try await bench.stopDaemon()
        try await bench.settle { try bench.told().count == 1 }
        try FileManager.default.removeItem(atPath: bench.file("secrets/ledger.trace"))
        return bench
    }

    private static func batch(_ stem: String, _ bench: DaemonBench) async throws -> Batch? {
        try await bench.reading { try await $0.batches().first { $0.name.hasPrefix(stem) } }
    }

    @Test("It says so first, calls for no file and no schedule, and continues when a person says so")
    func waits() async throws {
        let bench = try await Self.untraced()
        let before = try bench.callsRead()
        try await bench.startDaemon()
        try bench.write(Self.file("c"), to: "drop/inbox/dropped.csv")
        try bench.write(Self.file("d"), to: "incoming/scheduled.csv")
        // A schedule of each kind comes round in that time.
        try await bench.pass(to: bench.clock.now + 2 * 3_600_000)
        try await bench.pass { try await Self.batch("dropped-", bench)?.state == .awaitingConfirmation }
        try await bench.pass { try await Self.batch("scheduled-", bench)?.state == .awaitingConfirmation }
        #expect(try bench.callsRead() == before)
        #expect(try await bench.batch("first-1")?.counts.failed == 1)

        let dropped = try #require(try await Self.batch("dropped-", bench))
        #expect(dropped.reason?.contains("nobody knows") == true)
        try await bench.pass { try bench.names(in: "drop/inbox").contains("dropped.csv.status.txt") }
        let status = try String(contentsOfFile: bench.file("drop/inbox/dropped.csv.status.txt"), encoding: .utf8)
        #expect(status.contains("rollcall resume --after-restore"), "\(status)")

        try await bench.settle { try bench.told().count >= 5 }
        let told = try bench.told().dropFirst()
        #expect(told.first?.contains(#""event":"restored""#) == true, "\(told)")
        #expect(told.dropFirst().allSatisfy { $0.contains(#""event":"awaiting_confirmation""#) }, "\(told)")
        #expect(told.allSatisfy { $0.contains("rollcall resume --after-restore") }, "\(told)")

        let word = AfterRestoreOperation(config: bench.file("rollcall.yaml"), json: false, console: .silent)
        #expect(try await word.perform() == .succeeded)
        try await bench.pass {
            try await [Self.batch("dropped-", bench), Self.batch("scheduled-", bench)].allSatisfy {
                $0?.state == .completed
            }
        }
        #expect(try bench.callsRead() == before + 2)
        // The failed line ended before the restore: that it may have been sent again since wants a word of its own.
        try await bench.pass(to: bench.clock.now + 2 * 3_600_000)
        #expect(try bench.callsRead() == before + 2)
        try await bench.end()
    }

    @Test("Once a person has said so nothing waits, and nobody is told again")
    func saidBefore() async throws {
        let bench = try await Self.untraced()
        try await bench.startDaemon()
        let word = AfterRestoreOperation(config: bench.file("rollcall.yaml"), json: false, console: .silent)
        #expect(try await word.perform() == .succeeded)
        try await bench.stopDaemon()
        try await bench.startDaemon()
        try bench.write(Self.file("c"), to: "drop/inbox/dropped.csv")
        try await bench.pass { try await Self.batch("dropped-", bench)?.state == .completed }
        try await bench.settle { try bench.told().count >= 3 }
        #expect(try bench.told().count { $0.contains(#""event":"restored""#) } == 1)
        try await bench.end()
    }
}
