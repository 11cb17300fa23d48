import Basics
import Foundation
import RecordStore
import TestSupport
import Testing

@testable import Operations

@Suite("A schedule when the wall clock is set while the daemon lives")
struct SteppedScheduleTests {
    /// 2 March 2026, 12:00 UTC, a Monday.
    private static let noon: WallTime = 1_772_452_800_000
    private static let hour: Int64 = 3_600_000
    private static let job = "schedule: \"0 14 * * *\"\nsource: { glob: incoming/*.csv, settle: 0s }\n"
    private static let intervals = DaemonContext.PollingIntervals(
        poll: .seconds(60), folders: .seconds(600), statusWriter: .seconds(600), maintenance: .seconds(86_400),
        wallClock: .seconds(60))

    private func bench() async throws -> DaemonBench {
        let bench = try await DaemonBench(
            at: Self.noon, settings: "limits: { rate: 50 }\n", jobs: ["nightly": Self.job], intervals: Self.intervals)
        try await bench.startDaemon()
        return bench
    }

    private func write(_ name: String, in bench: DaemonBench) throws {
        try bench.write("id,account_id,email\n1,\(name),\(name)@example.com\n", to: "incoming/\(name).csv")
    }

    /// Lets time pass until a batch is over; whether it is within so many hours by the monotonic clock.
    private func isOver(_ batch: String, within hours: Int64, in bench: DaemonBench) async throws -> Bool {
        let deadline = bench.clock.monotonic + hours * Self.hour * 1_000_000
        try await bench.pass {
            try await bench.batch(batch)?.state == .completed || bench.clock.monotonic > deadline
        }
        return try await bench.batch(batch)?.state == .completed
    }

    @Test("Set forward past a due time, the job runs, and nothing counts as missed", arguments: [11, 40, 24 * 30])
    func forward(hours: Int64) async throws {
        let bench = try await bench()
        try write("a", in: bench)
        bench.clock.setWall(to: Self.noon + hours * Self.hour)
        #expect(try await isOver("a-1", within: 1, in: bench))
        #expect(bench.count(ofLogged: "job is due") == 1)
        #expect(bench.count(ofLogged: "schedule was missed while nobody ran") == 0)
        try await bench.end()
    }

    @Test("Days ahead and right again, it is told and runs at the very next hour that is its own")
    func aheadAndRightAgain() async throws {
        let bench = try await bench()
        try write("a", in: bench)
        bench.clock.setWall(to: Self.noon + 72 * Self.hour)
        #expect(try await isOver("a-1", within: 1, in: bench))
        bench.clock.setWall(to: bench.clock.now - 72 * Self.hour)
        try write("b", in: bench)
        #expect(try await isOver("b-2", within: 3, in: bench))
        #expect(
            bench.count(
                ofLogged: "clock fault: the job ran for a time that is still to come; it runs by its times again")
                == 1)
        #expect(bench.count(ofLogged: "job is due") == 2)
        try await bench.end()
    }

    @Test("So it is where the daemon was restarted in between")
    func aheadAndRightAgainAfterARestart() async throws {
        let bench = try await bench()
        try write("a", in: bench)
        bench.clock.setWall(to: Self.noon + 72 * Self.hour)
        #expect(try await isOver("a-1", within: 1, in: bench))
        try await bench.stopDaemon()
        bench.clock.setWall(to: bench.clock.now - 72 * Self.hour)
        try write("b", in: bench)
        try await bench.startDaemon()
        #expect(try await isOver("b-2", within: 3, in: bench))
        try await bench.end()
    }

    @Test("A machine that slept through its hour has missed it")
    func slept() async throws {
        let bench = try await bench()
        try write("a", in: bench)
        // The monotonic clock counts while the machine sleeps, too.
        bench.clock.jump(to: bench.clock.monotonic + 12 * Self.hour * 1_000_000)
        #expect(try await !isOver("a-1", within: 1, in: bench))
        #expect(bench.count(ofLogged: "schedule was missed while nobody ran") == 1)
        try await bench.end()
    }
}
