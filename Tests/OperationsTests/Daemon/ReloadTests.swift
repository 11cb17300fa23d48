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

    @Test(
        "What other nodes rely on keeps its value until a restart; on SQLite there are no others",
        arguments: [
            ("postgresql:///r?host=/run", "limits: { rate: 7 }", "limits.rate"),
            ("postgresql:///r?host=/run", "  request_timeout: 7s", "api.request_timeout"),
            ("postgresql:///r?host=/run", "node: { name: other }", "node"),
            ("postgresql:///r?host=/run", "database_durability: synchronous", "database_durability"),
            ("postgresql:///r?host=/run", "shared_folders: true", "shared_folders"),
            ("d.sqlite", "limits: { rate: 7 }", nil), ("d.sqlite", "  request_timeout: 7s", nil),
        ])
    func restarts(database: String, line: String, key: String?) throws {
        let folder = try JobsFixture()
        let text = try String(contentsOfFile: folder.path + "/rollcall.yaml", encoding: .utf8)
            .replacing("d.sqlite", with: database)
        try folder.write(text, to: "rollcall.yaml")
        let running = try folder.settings()
        try folder.write(text + line + "\n", to: "rollcall.yaml")
        let read = try folder.settings()
        #expect(read.keysOnlyARestartChanges(from: running) == [key].compactMap(\.self))
        let kept = Installation(read).keeping(Installation(running)).settings
        #expect(kept.keysOnlyARestartChanges(from: running).isEmpty)
        #expect((kept.limits.rate == running.limits.rate) == (key != nil || !line.contains("rate")))
        #expect((kept.api.requestTimeout == running.api.requestTimeout) == (key != nil || !line.contains("timeout")))
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
