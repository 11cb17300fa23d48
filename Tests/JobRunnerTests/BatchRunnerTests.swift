import Basics
import RecordStore
import TestSupport
import Testing

@testable import JobRunner

@Suite(.timeLimit(.minutes(15))) struct BatchRunnerTests {
    @Test func everyRecordIsCalledOnceAndTheBatchIsCompleted() async throws {
        let bench = try await RunnerBench(records: 100)
        let submitter = bench.submitter { _ in .success }
        let end = try await bench.runner(RunnerBench.unhurried(), submitter).run(bench.batch, stop: StopSignal())

        #expect(end == .completed)
        #expect(Set(submitter.calls.map(\.row)).count == 100)
        #expect(submitter.calls.count == 100)
        let counts = try await bench.counts
        #expect(counts.succeeded == 100 && counts.billable == 100 && counts.attempts == 100)
        #expect(try await bench.store.batch(bench.batch).state == .completed)
        #expect(bench.progress?.succeeded == 100)
        #expect(bench.progress?.underWay == 0)
    }

    @Test func answersThatOthersGotSinceTheBatchWasTakenInAreUsed() async throws {
        let bench = try await RunnerBench(records: 3)
        let other = try await RunnerBench.makeBatch(in: bench.store, named: "other", records: 3)
        let submitter = bench.submitter { _ in .success }
        _ = try await bench.runner(RunnerBench.unhurried(), submitter).run(other, stop: StopSignal())
        #expect(submitter.calls.count == 3)
        let reusing = RunnerBench.unhurried { $0.reuseWithin = .seconds(86_400) }
        let end = try await bench.runner(reusing, submitter).run(bench.batch, stop: StopSignal())
        #expect(end == .completed)
        #expect(submitter.calls.count == 3)
        #expect(try await bench.counts.reused == 3)
    }

    @Test func anEmptyBatchIsCompletedWithoutACall() async throws {
        let bench = try await RunnerBench(records: 0)
        let submitter = bench.submitter { _ in .success }
        let end = try await bench.runner(RunnerBench.unhurried(), submitter).run(bench.batch, stop: StopSignal())
        #expect(end == .completed)
        #expect(submitter.calls.isEmpty)
    }

    @Test func aTransientFaultIsRetriedUntilItPasses() async throws {
        let bench = try await RunnerBench(records: 1)
        let submitter = bench.submitter { $0.attempt < 4 ? .apiError(500) : .success }
        let end = try await bench.runner(RunnerBench.oneByOne(), submitter).run(bench.batch, stop: StopSignal())
        #expect(end == .completed)
        // Full jitter at one half: 250, 500 and 1,000 ms after the call before.
        #expect(submitter.calls.map(\.at) == [0, 250, 750, 1750])
        #expect(try await bench.counts.succeeded == 1)
        #expect(try await bench.counts.retries == 3)
    }

    @Test func theFifthTransientFaultIsFinalAndSaysSo() async throws {
        let bench = try await RunnerBench(records: 1)
        let submitter = bench.submitter { _ in .apiError(500) }
        let end = try await bench.runner(RunnerBench.oneByOne(), submitter).run(bench.batch, stop: StopSignal())
        #expect(end == .completed)
        #expect(submitter.calls.count == 5)
        #expect(try await bench.statuses() == [.failed])
        #expect(try await bench.errorTexts() == ["The API answered with status 500; given up after 5 attempts"])
    }

    @Test func aRejectedRecordFailsForGoodWithReasonAndFieldNames() async throws {
        let bench = try await RunnerBench(records: 3)
        let submitter = bench.submitter { $0.row == "row 2" ? .rejected : .success }
        _ = try await bench.runner(RunnerBench.unhurried(), submitter).run(bench.batch, stop: StopSignal())
        #expect(submitter.calls.count == 3)
        #expect(try await bench.statuses() == [.succeeded, .failed, .succeeded])
        #expect(try await bench.errorTexts()[1] == "The API refused the request (user.email)")
    }

    @Test func retryAfterKeepsEveryRecordWaitingForExactlyThatLong() async throws {
        let bench = try await RunnerBench(records: 20)
        let submitter = bench.submitter { $0.number == 1 ? .status(429, retryAfter: .seconds(40)) : .success }
        let store = WatchedStore(bench.store)
        let end = try await bench.runner(RunnerBench.oneByOne(), submitter, keeping: store)
            .run(bench.batch, stop: StopSignal())
        #expect(end == .completed)
        #expect(submitter.calls.count == 21)
        #expect(submitter.calls[1].at == 40_000)
        // Once when the wait began, so that a crash does not forget it, and once at the end.
        #expect(store.count(.saveLimiterState) == 2)
        #expect(try await bench.store.limiterState() != nil)
    }

    @Test func whatWasAnsweredIsReportedBeforeAWait() async throws {
        let clock = HeldClock()
        let bench = try await RunnerBench(records: 4, clock: clock)
        let submitter = bench.submitter { $0.number == 3 ? .status(429, retryAfter: .seconds(12)) : .success }
        let runner = bench.runner(RunnerBench.oneByOne(), submitter)
        let run = clock.task { try await runner.run(bench.batch, stop: StopSignal()) }
        await clock.untilSomeoneSleeps(until: 12_000_000_000)
        // No time passes, so this is said while it waits.
        try await waitUntil { bench.progress?.calls == 3 }
        #expect(bench.progress?.succeeded == 2 && bench.progress?.retries == 1)
        #expect(try await clock.whileTimePasses { try await run.value } == .completed)
        #expect(bench.progress?.succeeded == 4)
    }

    @Test func aWaitOfThirtyYearsHaltsWithEverythingStillQueued() async throws {
        let bench = try await RunnerBench(records: 5)
        let submitter = bench.submitter { _ in .status(503, retryAfter: .seconds(1_000_000_000)) }
        let end = try await bench.runner(RunnerBench.oneByOne(), submitter).run(bench.batch, stop: StopSignal())
        #expect(end.halt?.cause == .longWait)
        #expect(submitter.calls.count == 1)
        #expect(try await bench.counts.queued == 5)
    }

    @Test func aRequestThatCannotBeRebuiltFailsWithoutACall() async throws {
        let bench = try await RunnerBench(records: 3)
        let submitter = bench.submitter { _ in .success }
        let end = try await bench.runner(RunnerBench.unhurried(), submitter, requests: SecondRowIsBroken())
            .run(bench.batch, stop: StopSignal())
        #expect(end == .completed)
        #expect(Set(submitter.calls.map(\.row)) == ["row 1", "row 3"])
        #expect(try await bench.statuses() == [.succeeded, .failed, .succeeded])
        #expect(try await bench.errorTexts()[1]?.hasSuffix("no call was made: column 'email' is gone") == true)
        let counts = try await bench.counts
        #expect(counts.unbilled == 1 && counts.calls == 2)
    }

    @Test func theFirstCallIsMadeAloneAndOthersOnlyAfterItsAnswer() async throws {
        let clock = HeldClock()
        let bench = try await RunnerBench(records: 40, clock: clock)
        let several = Signal()
        let submitter = bench.submitter { call in
            if call.number == 1 {
                // The clock moves when nobody has anything else to do: others would have begun.
                await clock.sleep(until: clock.monotonic + .seconds(1))
            } else if call.underWay >= 8 {
                several.give()
            } else {
                await several.wait()
            }
            return .success
        }
        let runner = bench.runner(RunnerBench.unhurried { $0.concurrency = 8 }, submitter)
        let end = try await clock.whileTimePasses { try await runner.run(bench.batch, stop: StopSignal()) }
        #expect(end == .completed)
        #expect(submitter.calls[1].underWay == 1)
        #expect(submitter.calls.map(\.underWay).max() == 8)
    }

    @Test func theRateIsKeptAndNoSecondHoldsMoreThanRateAndBurst() async throws {
        let bench = try await RunnerBench(records: 600)
        let submitter = bench.submitter { _ in .success }
        var configuration = RunnerConfiguration()
        configuration.rate = 200
        let end = try await bench.runner(configuration, submitter).run(bench.batch, stop: StopSignal())
        #expect(end == .completed)
        let times = submitter.calls.map(\.at).sorted()
        #expect((2990...3030).contains(times.last ?? 0))
        for (index, time) in times.enumerated().dropFirst(201) { #expect(time - times[index - 201] >= 999) }
    }

    @Test func aPausedBatchGoesOnAndACompletedOneIsLeftAlone() async throws {
        let bench = try await RunnerBench(records: 2)
        try await bench.store.setState(bench.batch, to: .paused, reason: nil)
        let submitter = bench.submitter { _ in .success }
        let runner = bench.runner(RunnerBench.unhurried(), submitter)
        #expect(try await runner.run(bench.batch, stop: StopSignal()) == .completed)
        #expect(try await runner.run(bench.batch, stop: StopSignal()) == .completed)
        #expect(submitter.calls.count == 2)
    }

    @Test func aBatchThatWaitsForConfirmationIsNotRun() async throws {
        let bench = try await RunnerBench(records: 2, state: .awaitingConfirmation)
        let submitter = bench.submitter { _ in .success }
        let end = try await bench.runner(RunnerBench.unhurried(), submitter).run(bench.batch, stop: StopSignal())
        #expect(end == .stateChanged(to: .awaitingConfirmation))
        #expect(submitter.calls.isEmpty)
    }

    @Test func aBatchPausedByAnotherHandEndsTheRun() async throws {
        let bench = try await RunnerBench(records: 9)
        let submitter = bench.submitter { call in
            if call.number == 3 { try? await bench.store.setState(bench.batch, to: .paused, reason: nil) }
            return .success
        }
        let end = try await bench.runner(RunnerBench.oneByOne(), submitter).run(bench.batch, stop: StopSignal())
        #expect(end == .stateChanged(to: .paused))
        #expect(submitter.calls.count == 3)
        #expect(try await bench.counts.succeeded == 3)
    }

    @Test func twoBatchesShareLimiterAndGate() async throws {
        let bench = try await RunnerBench(records: 100)
        let other = try await RunnerBench.makeBatch(in: bench.store, named: "second", records: 100)
        let submitter = bench.submitter { $0.number == 50 ? .status(429, retryAfter: .seconds(100)) : .success }
        var configuration = RunnerConfiguration()
        configuration.rate = 100
        let traffic = EndpointTraffic(configuration: configuration, clock: bench.clock)
        let runner = bench.runner(configuration, submitter, traffic: traffic)
        async let first = runner.run(bench.batch, stop: StopSignal())
        async let second = runner.run(other, stop: StopSignal())
        let ends = try await [first, second]

        #expect(ends == [.completed, .completed])
        let times = submitter.calls.map(\.at).sorted()
        #expect(times.count == 201)
        // A call notes its time when its task runs, which can be a step or two of the clock (10 ms) after its permit.
        for (index, time) in times.enumerated().dropFirst(101) { #expect(time - times[index - 101] >= 970) }
        #expect(times.filter { (2_000..<100_000).contains($0) }.isEmpty)
    }
}

/// Cannot rebuild the second row.
private struct SecondRowIsBroken: RequestBuilding {
    struct Gone: Error, CustomStringConvertible {
        let description = "column 'email' is gone"
    }

    func request(for record: ClaimedRecord) throws -> [UInt8] {
        if record.rawRow == Array("row 2".utf8) { throw Gone() }
        return record.rawRow
    }
}
