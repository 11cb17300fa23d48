import Basics
import RecordStore
import TestSupport
import Testing

@testable import JobRunner

private let hour: Int64 = 3_600_000
private let day = 24 * hour

/// The wall clock is set while the monotonic one continues.
@Suite(.timeLimit(.minutes(15))) struct SteppedClockTests {
    @Test(arguments: [-3 * day, -hour, -1, hour, 3 * day])
    func aRetryWaitsByTheMonotonicClock(step: Int64) async throws {
        let clock = HeldClock()
        let bench = try await RunnerBench(records: 1, clock: clock)
        let submitter = bench.submitter { $0.attempt == 1 ? .status(503) : .success }
        let runner = bench.runner(RunnerBench.oneByOne(), submitter)
        let run = clock.task { try await runner.run(bench.batch, stop: StopSignal()) }
        // Full jitter at one half.
        await clock.untilSomeoneSleeps(until: 250_000_000)
        clock.setWall(to: clock.now + step)
        #expect(try await clock.whileTimePasses { try await run.value } == .completed)
        #expect(submitter.calls.map(\.at) == [0, 250])
    }

    @Test(arguments: [-hour, hour])
    func aCallIsAsLongInTheLedgerAsItWas(step: Int64) async throws {
        let clock = HeldClock()
        let bench = try await RunnerBench(records: 1, clock: clock)
        let submitter = bench.submitter { _ in
            clock.setWall(to: clock.now + step)
            clock.jump(to: 120_000_000)
            return .success
        }
        _ = try await bench.runner(RunnerBench.oneByOne(), submitter).run(bench.batch, stop: StopSignal())
        var attempts = [AttemptView]()
        try await bench.store.forEachAttempt(bench.batch) { attempts.append($0) }
        #expect(attempts.map { ($0.finishedAt ?? 0) - $0.startedAt } == [.milliseconds(120)])
    }

    @Test func aRetryThatAClockDaysAheadPutOffIsMadeSoonAfterARestart() async throws {
        let clock = HeldClock()
        clock.setWall(to: clock.now + 3 * day)
        let bench = try await RunnerBench(records: 1, clock: clock)
        let stop = StopSignal()
        let submitter = bench.submitter { call in
            guard call.attempt == 1 else { return .success }
            stop.drain()
            return .status(503)
        }
        let first = bench.runner(RunnerBench.oneByOne(), submitter)
        #expect(try await first.run(bench.batch, stop: stop) == .stopped)
        clock.setWall(to: clock.now - 3 * day)
        // Another process, which begins by the clock as it is now.
        let second = bench.runner(RunnerBench.oneByOne(), submitter)
        let end = try await clock.whileTimePasses { try await second.run(bench.batch, stop: StopSignal()) }
        #expect(end == .completed)
        let longest = RetryPolicy(RunnerBench.oneByOne()).longestDelay
        #expect(submitter.calls.count == 2 && submitter.calls.allSatisfy { $0.at <= longest.milliseconds })
    }
}

@Suite struct RetryClockTests {
    private let clock = RetryClock(startingAt: Instant(wall: 10_000, monotonic: 5_500_000))

    @Test func itGoesOnByTheMonotonicClockAlone() {
        #expect(clock.time(at: 5_500_000) == 10_000)
        #expect(clock.time(at: 6_499_999) == 10_000)
        #expect(clock.time(at: 6_500_000) == 10_001)
        #expect(clock.time(notBefore: 6_499_999) == 10_001)
        #expect(clock.time(notBefore: 6_500_000) == 10_001)
    }

    @Test func aTimeOfItIsReachedExactly() {
        for time: WallTime in [10_001, 10_500, 99_999] {
            #expect(clock.time(at: clock.monotonic(at: time)) == time)
            #expect(clock.time(at: clock.monotonic(at: time) - 1) < time)
        }
        #expect(clock.monotonic(at: .distantFuture) == .distantFuture)
    }
}
