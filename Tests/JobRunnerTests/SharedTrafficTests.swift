import Basics
import RecordStore
import TestSupport
import Testing

@testable import JobRunner

@Suite(.timeLimit(.minutes(15))) struct SharedTrafficTests {
    private let clock = HeldClock(at: JumpingClock.start)

    @Test(arguments: [(1, 1, 50), (3, 1, 75), (1, 4, 20)])
    func theRateIsSharedByPriority(ours: Int, theirs: Int, expected: Int) async throws {
        let bench = try await RunnerBench(records: 200, clock: clock)
        let second = try await bench.other(records: 200)
        let submitter = bench.submitter { _ in .success }
        let stop = StopSignal()
        let traffic = EndpointTraffic(configuration: slow(), clock: clock)
        async let first = bench.runner(slow(priority: ours), submitter, traffic: traffic).run(bench.batch, stop: stop)
        async let last = bench.runner(slow(priority: theirs), submitter, traffic: traffic).run(second, stop: stop)
        try await step(until: 140, of: submitter, on: traffic, runs: 2)
        stop.drain()
        #expect(try await [first, last] == [.stopped, .stopped])
        for start in stride(from: 10, to: 40, by: 10) {
            let share = submitter.calls[start..<start + 100].count { $0.row.hasPrefix("row") }
            #expect((expected - 2...expected + 2).contains(share))
        }
    }

    @Test func aBatchOfTenIsDoneWithinTwentyPermitsBesideALargeOne() async throws {
        let bench = try await RunnerBench(records: 2000, clock: clock)
        let small = try await bench.other(records: 10)
        let submitter = bench.submitter { _ in .success }
        let stop = StopSignal()
        let traffic = EndpointTraffic(configuration: slow(), clock: clock)
        let runner = bench.runner(slow(), submitter, traffic: traffic)
        async let large = runner.run(bench.batch, stop: stop)
        try await step(until: 30, of: submitter, on: traffic, runs: 1)
        let run = clock.task { try await runner.run(small, stop: StopSignal()) }
        try await step(until: 50, of: submitter, on: traffic, runs: 2)
        #expect(submitter.calls.count { $0.row.hasPrefix("other") } == 10)
        stop.drain()
        #expect(try await large == .stopped)
        #expect(try await clock.whileTimePasses { try await run.value } == .completed)
    }

    @Test func aBatchsOwnRateIsKeptAndLeavesTheRestToOthers() async throws {
        let bench = try await RunnerBench(records: 200, clock: clock)
        let second = try await bench.other(records: 200)
        let submitter = bench.submitter { _ in .success }
        let stop = StopSignal()
        var paced = slow(priority: 100)
        paced.batchRate = 2
        let traffic = EndpointTraffic(configuration: slow(), clock: clock)
        async let first = bench.runner(slow(), submitter, traffic: traffic).run(bench.batch, stop: stop)
        async let last = bench.runner(paced, submitter, traffic: traffic).run(second, stop: stop)
        while submitter.calls.count < 100 {
            await clock.untilSleepers(count: 2)
            if let next = clock.deadlines.first { clock.jump(to: next) }
        }
        stop.drain()
        #expect(try await [first, last] == [.stopped, .stopped])
        #expect((9_800...10_300).contains(submitter.calls[99].at))
        let times = submitter.calls.filter { $0.row.hasPrefix("other") }.map(\.at)
        #expect((17...21).contains(times.count))
        // Half a second, less what a late caller may catch up.
        for (earlier, later) in zip(times, times.dropFirst()) { #expect(later - earlier >= 250) }
    }

    @Test func callsUnderWayAreSharedToo() async throws {
        let bench = try await RunnerBench(records: 100, clock: clock)
        let small = try await bench.other(records: 10)
        let turnstile = Turnstile()
        let submitter = bench.submitter { call in
            if call.number > 1 { await turnstile.pass() }
            return .success
        }
        let configuration = RunnerBench.unhurried { $0.concurrency = 4 }
        let traffic = EndpointTraffic(configuration: configuration, clock: clock)
        let runner = bench.runner(configuration, submitter, traffic: traffic)
        async let large = runner.run(bench.batch, stop: StopSignal())
        await turnstile.untilWaiting(4)
        async let last = runner.run(small, stop: StopSignal())
        try await waitUntil { traffic.status.runs == 2 }
        for _ in 0..<24 {
            turnstile.letOnePass()
            await turnstile.untilWaiting(4)
        }
        #expect(submitter.calls.map(\.underWay).max() == 4)
        #expect(submitter.calls.count { $0.row.hasPrefix("other") } >= 8)
        turnstile.open()
        #expect(try await [large, last] == [.completed, .completed])
    }

    /// Moves to the next permit each time so many runs stand in line for one, until so many calls have begun.
    private func step(
        until calls: Int, of submitter: ScriptedSubmitter, on traffic: EndpointTraffic, runs: Int
    ) async throws {
        while submitter.calls.count < calls {
            try await waitUntil { traffic.standingInLine >= runs && !clock.deadlines.isEmpty }
            let before = submitter.calls.count
            if let next = clock.deadlines.first { clock.jump(to: next) }
            try await waitUntil { submitter.calls.count > before }
        }
    }

    private func slow(priority: Int = 1) -> RunnerConfiguration {
        var configuration = RunnerConfiguration()
        configuration.rate = 10
        configuration.priority = priority
        return configuration
    }
}

extension EndpointTraffic {
    /// How many runs wait for permits.
    fileprivate var standingInLine: Int { guarded.withLock { $0.traffic.queue.waiting } }
}
