import Foundation
import Logging
import RecordStore
import Settings
import TestSupport
import Testing

@testable import Operations

@Suite("Settings and jobs read again")
struct ReloadTests {
    private static let drop = "source: { path: drop, settle: 30s }\n"

    private static func file(_ count: Int) -> String {
        "id,account_id,email\n" + (1...count).map { "\($0),acc-\($0),a\($0)@example.com\n" }.joined()
    }

    @Test("A batch under way continues under its job's new limits, and only where they have changed")
    func limits() async throws {
        let bench = try await DaemonBench(
            at: 1_772_000_000_000, settings: "limits: { rate: 50 }\n",
            jobs: ["drop": Self.drop + "limits: { rate: 0.0001 }\n"])
        try await bench.startDaemon()
        try bench.write(Self.file(20), to: "drop/inbox/a.csv")
        try await bench.pass { try await bench.batch("a-1")?.counts.succeeded ?? 0 > 0 }
        try await bench.reloadDaemon()
        try bench.write(Self.drop, to: "jobs/drop.yaml")
        try await bench.reloadDaemon()
        // At the old rate the rest takes 190,000 s.
        let deadline = bench.clock.now + 20_000_000
        try await bench.pass { try await bench.batch("a-1")?.state == .completed || bench.clock.now > deadline }
        #expect(try await bench.batch("a-1")?.counts.succeeded == 20)
        #expect(bench.count(ofLogged: "batch under way") == 2)
        #expect(bench.count(ofLogged: "batch continues under its job's new rules") == 1)
        #expect(bench.count(ofLogged: "batch stands still") == 0)
        try await bench.end()
    }

    @Test("How the daemon logs follows the settings without a restart")
    func log() async throws {
        let settings = "limits: { rate: 50 }\n"
        let bench = try await DaemonBench(at: 1_772_000_000_000, settings: settings, jobs: ["drop": Self.drop])
        try await bench.startDaemon()
        let context = try #require(bench.context)
        let handler = LogLineHandler(context.logging)
        #expect(handler.logLevel == .info && context.logging.value.format == .text)
        let whole = try String(contentsOfFile: bench.file("rollcall.yaml"), encoding: .utf8)
        try bench.write(whole + "log: { format: json, level: warning }\n", to: "rollcall.yaml")
        try await bench.reloadDaemon()
        #expect(handler.logLevel == .warning && context.logging.value.format == .json)
        #expect(bench.count(ofLogged: "needs a restart; the old value stays") == 0)
        try await bench.end()
    }
}
