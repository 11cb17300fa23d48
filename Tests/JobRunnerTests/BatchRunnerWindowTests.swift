import Basics
import RecordStore
import TestSupport
import Testing

@testable import JobRunner

private let hour: Int64 = 3_600_000
private let minute: Int64 = 60_000

/// A window that is open for the first ten minutes of each hour of the test's clock.
private func firstTenMinutes(_ now: WallTime) -> WallTime {
    let sinceTheHour = now.milliseconds(since: JumpingClock.start) % hour
    return sinceTheHour < 600_000 ? now : now - sinceTheHour + hour
}

@Suite(.timeLimit(.minutes(15))) struct BatchRunnerWindowTests {
    @Test func callsAreMadeInsideTheWindowOnly() async throws {
        let bench = try await RunnerBench(records: 900)
        let submitter = bench.submitter { _ in .success }
        let end = try await bench.runner(oneASecond(), submitter).run(bench.batch, stop: StopSignal())
        #expect(end == .completed)
        #expect(submitter.calls.count == 900)
        #expect(submitter.calls.allSatisfy { $0.at % hour <= 600_000 })
        #expect(submitter.calls.count { $0.at < hour } >= 599)
        #expect(bench.events == [.windowClosed(until: JumpingClock.start + hour), .windowOpened])
    }

    @Test func aBatchWithNothingLeftIsCompletedOutsideTheWindow() async throws {
        let bench = try await RunnerBench(records: 3)
        // The window closes while the last call is under way.
        let submitter = bench.submitter { call in
            if call.number == 3 { await bench.clock.sleep(until: 90_000_000_000) }
            return .success
        }
        let configuration = RunnerBench.oneByOne {
            $0.opening = { $0 < JumpingClock.start + 60_000 ? $0 : JumpingClock.start + 24 * hour }
        }
        let end = try await bench.runner(configuration, submitter).run(bench.batch, stop: StopSignal())
        #expect(end == .completed)
        #expect(bench.events == [.windowClosed(until: JumpingClock.start + 24 * hour)])
        #expect(bench.clock.monotonic == 90_000_000_000)
    }

    @Test func noProbeLeavesOutsideTheWindowAndThatTimeIsNoOutage() async throws {
        let bench = try await RunnerBench(records: 20)
        // Out of reach from just before the window closes until the second probe of the next one.
        let submitter = bench.submitter { $0.number <= 11 ? .refused : .success }
        let configuration = RunnerBench.oneByOne {
            $0.opening = firstTenMinutes
            $0.outage = .seconds(300)
        }
        await bench.clock.sleep(until: 595_000_000_000)
        let end = try await bench.runner(configuration, submitter).run(bench.batch, stop: StopSignal())
        #expect(end == .completed)
        // Ten calls, a probe at the opening which fails, and one half a minute later which does not.
        #expect(submitter.calls.dropFirst(10).map(\.at).prefix(2) == [hour, hour + 30_000])
        #expect(
            bench.events.map(\.name) == [
                "closed", "window closed", "window opened", "probe", "closed", "probe", "opened",
            ])
    }

    @Test func aStopEndsTheWaitForTheWindow() async throws {
        let clock = HeldClock(at: JumpingClock.start)
        let bench = try await RunnerBench(records: 3, clock: clock)
        let stop = StopSignal()
        let configuration = RunnerBench.unhurried { $0.opening = { _ in .distantFuture } }
        async let end = bench.runner(configuration, bench.submitter { _ in .success }).run(bench.batch, stop: stop)
        // A minute at most, for the wall clock may be set meanwhile.
        await clock.untilSomeoneSleeps(until: minute * 1_000_000)
        stop.drain()
        #expect(try await end == .stopped)
        #expect(clock.monotonic == 0)
    }

    @Test func aWallClockThatIsSetIsNoticedWithinAMinute() async throws {
        let clock = HeldClock(at: JumpingClock.start + 700_000)
        let bench = try await RunnerBench(records: 3, clock: clock)
        let submitter = bench.submitter { _ in .success }
        let configuration = RunnerBench.unhurried {
            $0.opening = { $0 < JumpingClock.start + 100 * hour ? JumpingClock.start + 200 * hour : $0 }
        }
        async let end = bench.runner(configuration, submitter).run(bench.batch, stop: StopSignal())
        await clock.untilSomeoneSleeps(until: minute * 1_000_000)
        clock.setWall(to: JumpingClock.start + 150 * hour)
        clock.jump(to: minute * 1_000_000)
        #expect(try await end == .completed)
        #expect(submitter.calls.map(\.at) == [minute, minute, minute])
    }

    private func oneASecond() -> RunnerConfiguration {
        var configuration = RunnerConfiguration()
        configuration.rate = 1
        configuration.opening = firstTenMinutes
        return configuration
    }
}

@Suite struct WindowWatchTests {
    @Test func theCalendarIsAskedOnceAMinute() async {
        await confirmation(expectedCount: 2) { asked in
            var watch = WindowWatch { now in
                asked()
                return now < 90_000 ? 90_000 : now
            }
            #expect(watch.opening(after: 60_000) == 90_000)
            #expect(watch.opening(after: 89_999) == 90_000)
            #expect(watch.opening(after: 90_000) == nil)
            #expect(watch.opening(after: 120_000) == nil)
            #expect(watch.opening(after: 179_999) == nil)
        }
    }

    @Test func withoutAWindowItIsAlwaysOpen() {
        var watch = WindowWatch(opening: nil)
        #expect(watch.opening(after: 0) == nil)
    }

    @Test func aClockSetBackIsAskedForAgain() {
        var watch = WindowWatch { now in now < 600_000 ? 600_000 : now }
        #expect(watch.opening(after: 700_000) == nil)
        #expect(watch.opening(after: 100_000) == 600_000)
    }
}
