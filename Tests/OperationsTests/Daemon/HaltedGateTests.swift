import Foundation
import RecordStore
import TestSupport
import Testing

@testable import Operations

@Suite("A halted way to the API")
struct HaltedGateTests {
    private static let settings = "limits: { rate: 50 }\nhalt: { probes: 1, probe_interval: 1s }\n"
    private static let header = "id,account_id,email\n"

    /// A daemon with keys the API refused, whose only batch has halted; then the keys were put right.
    private func halted() async throws -> DaemonBench {
        let bench = try await DaemonBench(
            at: 1_772_000_000_000, settings: Self.settings, jobs: ["drop": "source: { path: drop, settle: 30s }\n"])
        let good = try bench.spoilKeys()
        try await bench.startDaemon()
        try bench.write(Self.header + "a,acc-a,ada@example.com\n", to: "drop/inbox/a.csv")
        try await bench.pass { try await bench.batch("a-1")?.state == .halted }
        try bench.restoreKeys(good)
        return bench
    }

    /// The same, and the batch was given up.
    private func haltedAndGivenUp() async throws -> DaemonBench {
        let bench = try await halted()
        try await bench.operate(.cancel, "a-1")
        return bench
    }

    @Test("A fresh batch is halted with the remedy, and its resume opens the way")
    func freshBatch() async throws {
        let bench = try await haltedAndGivenUp()
        try bench.write(Self.header + "b,acc-b,bob@example.com\n", to: "drop/inbox/b.csv")
        let deadline = bench.clock.now + 6 * 3_600_000
        try await bench.pass { try await bench.batch("b-2")?.state == .halted || bench.clock.now > deadline }
        let fresh = try #require(try await bench.batch("b-2"))
        #expect(fresh.state == .halted)
        #expect(fresh.reason?.contains("rollcall doctor") == true)
        try await bench.operate(.resume, "b-2")
        let later = bench.clock.now + 6 * 3_600_000
        try await bench.pass { try await bench.batch("b-2")?.state == .completed || bench.clock.now > later }
        #expect(try await bench.batch("b-2")?.counts.succeeded == 1)
        try await bench.end()
    }

    @Test("Reading settings and keys again opens the way, too")
    func reload() async throws {
        let bench = try await haltedAndGivenUp()
        try await bench.reloadDaemon()
        try bench.write(Self.header + "b,acc-b,bob@example.com\n", to: "drop/inbox/b.csv")
        let deadline = bench.clock.now + 6 * 3_600_000
        try await bench.pass { try await bench.batch("b-2")?.state == .completed || bench.clock.now > deadline }
        #expect(try await bench.batch("b-2")?.counts.succeeded == 1)
        try await bench.end()
    }

    @Test("A batch that an operator resumes is never halted by what he has put right")
    func resumed() async throws {
        let bench = try await halted()
        try await bench.operate(.resume, "a-1")
        // The supervisor looks first: it must not take the batch up before the operator's word was heeded.
        bench.context?.batchWakeSignal.wakeUp()
        try await bench.pass { try await bench.batch("a-1")?.state == .completed }
        #expect(bench.count(ofLogged: "batch halted") == 1)
        try await bench.end()
    }

    @Test("A resume of a batch that runs already is an operator's word all the same")
    func resumeOfRunning() async throws {
        let bench = try await DaemonBench(
            at: 1_772_000_000_000, settings: Self.settings,
            jobs: ["drop": "source: { path: drop, settle: 30s }\nwindow: 22:00-22:10\ntime_zone: UTC\n"])
        try await bench.startDaemon()
        try bench.write(Self.header + "a,acc-a,ada@example.com\n", to: "drop/inbox/a.csv")
        try await bench.pass { try await bench.batch("a-1")?.state == .running }
        try await bench.operate(.resume, "a-1")
        #expect(try await bench.reading { try await $0.actions().map(\.name) } == [.resume])
        try await bench.end()
    }
}
