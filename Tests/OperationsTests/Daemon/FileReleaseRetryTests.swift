import Foundation
import RecordStore
import TestSupport
import Testing

@testable import Operations

@Suite("An input file that cannot be moved")
struct FileReleaseRetryTests {
    private static let job = """
        schedule: "0 * * * *"
        source: { glob: incoming/*.csv, settle: 30s }
        after: archive
        notify: [sh, -c, 'cat >> told.jsonl']

        """

    /// A daemon whose pattern's folder has a file where the archive should be made; its batch is over.
    private func over() async throws -> DaemonBench {
        let bench = try await DaemonBench(
            at: 1_772_000_000_000, settings: "limits: { rate: 50 }\n", jobs: ["nightly": Self.job])
        try bench.write("not a folder", to: "incoming/archive")
        try bench.write("id,account_id,email\na,acc-a,ada@example.com\n", to: "incoming/a.csv")
        try await bench.startDaemon()
        let deadline = bench.clock.now + 12 * 3_600_000
        try await bench.pass {
            try await bench.hasResults("a-1")
                || bench.clock.now > deadline
        }
        return bench
    }

    @Test("The batch is over and told once; the file is moved as soon as that is possible")
    func retried() async throws {
        let bench = try await over()
        #expect(try await bench.reading { try await $0.pendingBatches() }.isEmpty)
        try await bench.settle { try bench.told().count == 1 }
        #expect(try bench.told().first?.contains(#""event":"completed""#) == true)
        #expect(bench.count(ofLogged: "results could not be written; trying again in a minute") == 0)
        try await bench.pass(to: bench.clock.now + 2 * 3_600_000)
        #expect(bench.count(ofLogged: "input file could not be moved; it is tried again") == 1)
        #expect(try bench.names(in: "incoming") == ["a.csv", "archive"])
        try FileManager.default.removeItem(atPath: bench.file("incoming/archive"))
        try await bench.pass { try bench.names(in: "incoming") == ["archive"] }
        #expect(try bench.names(in: "incoming/archive") == ["a.csv"])
        try await bench.stopDaemon()
        #expect(try bench.told().count == 1)
        #expect(try bench.callsRead() == 1)
        try await bench.end()
    }

    @Test("A daemon that is started later moves it")
    func afterRestart() async throws {
        let bench = try await over()
        try await bench.stopDaemon()
        try FileManager.default.removeItem(atPath: bench.file("incoming/archive"))
        try await bench.startDaemon()
        try await bench.pass { try bench.names(in: "incoming") == ["archive"] }
        try await bench.settle { try await bench.reading { try await $0.claimedFiles(of: "nightly") }.isEmpty }
        try await bench.end()
    }
}
