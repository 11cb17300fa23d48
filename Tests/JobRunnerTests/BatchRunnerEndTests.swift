import Basics
import TestSupport
import Testing

@testable import JobRunner
@testable import RecordStore

@Suite(.timeLimit(.minutes(15))) struct BatchRunnerEndTests {
    @Test func inDoubtRecordsAreHeldByDefault() async throws {
        let bench = try await RunnerBench(records: 3)
        let submitter = bench.submitter { $0.row == "row 2" ? .reset : .success }
        let end = try await bench.runner(RunnerBench.unhurried(), submitter).run(bench.batch, stop: StopSignal())
        #expect(end == .completed)
        #expect(submitter.calls.count == 3)
        #expect(try await bench.statuses() == [.succeeded, .inDoubt, .succeeded])
        #expect(try await bench.counts.billingUnknown == 1)
    }

    @Test func underThePolicyRetryTheyAreSentAgainAtTheEndWithinTheBudget() async throws {
        let bench = try await RunnerBench(records: 20)
        let doubtful: Set = ["row 2", "row 4", "row 6"]
        let submitter = bench.submitter { doubtful.contains($0.row) && $0.attempt == 1 ? .reset : .success }
        let configuration = RunnerBench.unhurried {
            $0.inDoubt = .retry
            $0.inDoubtBudget = 2
        }
        let end = try await bench.runner(configuration, submitter).run(bench.batch, stop: StopSignal())
        #expect(end == .completed)
        #expect(submitter.calls.count == 22)
        #expect(Set(submitter.calls.suffix(2).map(\.row)).isSubset(of: doubtful))
        let counts = try await bench.counts
        #expect(counts.inDoubt == 1 && counts.inDoubtRetried == 2 && counts.succeeded == 19)
        #expect(bench.events.contains(.inDoubtRequeued(count: 2)))
    }

    @Test func aCallLeavesWithinItsTimeOrNever() async throws {
        let bench = try await RunnerBench(records: 1)
        let store = WatchedStore(bench.store)
        let now = ContinuousClock.now
        let opens = now + .milliseconds(150)
        store.windows.withLock {
            $0 = [
                SendingWindow(opens: now - .seconds(3), closes: now - .nanoseconds(1)),
                SendingWindow(opens: opens, closes: now + .seconds(600)),
            ]
        }
        let left = Lock<[ContinuousClock.Instant]>([])
        let submitter = bench.submitter { _ in
            left.withLock { $0.append(.now) }
            return .success
        }
        let runner = bench.runner(RunnerBench.oneByOne(), submitter, keeping: store)
        #expect(try await runner.run(bench.batch, stop: StopSignal()) == .completed)
        // The first claim's time was over: it is closed as unsent, and no attempt of the line is spent by it.
        #expect(left.withLock { $0.count == 1 && $0.allSatisfy { $0 >= opens } })
        #expect(submitter.calls.map(\.latest) == [now + .seconds(600)])
        let counts = try await bench.counts
        #expect(counts.succeeded == 1 && counts.attempts == 2 && counts.calls == 1 && counts.unbilled == 1)
    }

    @Test func whatAnotherNodeMayHaveUnderWayIsSentAgainWhenItCannotBeAnyMore() async throws {
        let bench = try await RunnerBench(records: 2)
        let store = WatchedStore(bench.store)
        store.callsElsewhere.withLock { $0 = [.seconds(40), .seconds(2)] }
        let submitter = bench.submitter { $0.attempt == 1 ? .reset : .success }
        let configuration = RunnerBench.oneByOne {
            $0.inDoubt = .retry
            $0.inDoubtBudget = nil
        }
        let runner = bench.runner(configuration, submitter, keeping: store)
        #expect(try await runner.run(bench.batch, stop: StopSignal()) == .completed)
        #expect(submitter.calls.map(\.row) == ["row 1", "row 2", "row 1", "row 2"])
        #expect(try await bench.counts.succeeded == 2)
        let (sent, again) = (submitter.calls[1].at, submitter.calls[2].at)
        #expect(again - sent >= 42_000)
        let reasons = bench.events.compactMap { if case .keptWaiting(let reason) = $0 { reason } else { nil } }
        #expect(reasons.count == 2 && reasons[0].hasSuffix("sent again in 41 s"))
        #expect(bench.events.contains(.waitEnded))
    }

    /// How many records, which of them fail for good, and whether the batch halts.
    @Test(arguments: [(10, 1...10, false), (12, 7...12, false), (11, 1...6, true)])
    func failingAnswersHaltWhatIsLeftAndNothingElse(records: Int, failing: ClosedRange<Int>, halts: Bool) async throws {
        let bench = try await RunnerBench(records: records)
        let configuration = RunnerBench.oneByOne {
            $0.failedOf = 10
            $0.mostFailed = 5
        }
        let bad = Set(failing.map { "row \($0)" })
        let submitter = bench.submitter { bad.contains($0.row) ? .rejected : .success }
        let end = try await bench.runner(configuration, submitter).run(bench.batch, stop: StopSignal())
        let state = try await bench.store.batch(bench.batch).state
        #expect(state == (halts ? .halted : .completed))
        #expect((end == .completed) != halts)
        #expect(try await (bench.counts.queued > 0) == halts)
    }

    @Test func theBudgetIsTheBatchsAndNotTheRuns() async throws {
        let bench = try await RunnerBench(records: 4)
        let configuration = RunnerBench.oneByOne {
            $0.inDoubt = .retry
            $0.inDoubtBudget = 3
        }
        let submitter = bench.submitter { _ in .reset }
        _ = try await bench.runner(configuration, submitter).run(bench.batch, stop: StopSignal())
        #expect(submitter.calls.count == 7)
        #expect(try await bench.counts.inDoubt == 4)
    }

    @Test func withoutABudgetARecordIsSentAgainAsOftenAsItHasAttempts() async throws {
        let bench = try await RunnerBench(records: 1)
        let configuration = RunnerBench.oneByOne {
            $0.attempts = 3
            $0.inDoubt = .retry
            $0.inDoubtBudget = nil
        }
        let submitter = bench.submitter { _ in .reset }
        let end = try await bench.runner(configuration, submitter).run(bench.batch, stop: StopSignal())
        #expect(end == .completed)
        #expect(submitter.calls.count == 3)
        #expect(try await bench.statuses() == [.inDoubt])
    }

    @Test func attemptsSpentOnOtherFaultsLeaveFewerForThePolicy() async throws {
        let bench = try await RunnerBench(records: 2)
        let configuration = RunnerBench.oneByOne {
            $0.attempts = 2
            $0.inDoubt = .retry
            $0.inDoubtBudget = nil
        }
        let submitter = bench.submitter { $0.row == "row 1" && $0.attempt == 1 ? .apiError(500) : .reset }
        let end = try await bench.runner(configuration, submitter).run(bench.batch, stop: StopSignal())
        #expect(end == .completed)
        #expect(submitter.calls.map(\.row).sorted() == ["row 1", "row 1", "row 2", "row 2"])
        #expect(try await bench.statuses() == [.inDoubt, .inDoubt])
    }

    @Test func aRestartGivesThePolicyNoFurtherAttempts() async throws {
        let bench = try await RunnerBench(records: 1)
        let configuration = RunnerBench.oneByOne {
            $0.attempts = 2
            $0.inDoubt = .retry
            $0.inDoubtBudget = nil
        }
        let stop = StopSignal()
        let submitter = bench.submitter { call in
            if call.number == 2 { stop.drain() }
            return .reset
        }
        let runner = bench.runner(configuration, submitter)
        #expect(try await runner.run(bench.batch, stop: stop) == .stopped)
        #expect(try await runner.run(bench.batch, stop: StopSignal()) == .completed)
        #expect(submitter.calls.count == 2)
        #expect(try await bench.statuses() == [.inDoubt])
    }

    @Test func progressCountsARecordOnceHoweverOftenThePolicyQueuesIt() async throws {
        let bench = try await RunnerBench(records: 3)
        let configuration = RunnerBench.oneByOne {
            $0.inDoubt = .retry
            $0.inDoubtBudget = nil
        }
        let submitter = bench.submitter { $0.row == "row 2" && $0.attempt < 3 ? .reset : .success }
        _ = try await bench.runner(configuration, submitter).run(bench.batch, stop: StopSignal())
        let progress = try #require(bench.progress)
        #expect(progress.calls == 5)
        #expect(progress.finished == 3 && progress.succeeded == 3 && progress.inDoubt == 0)
    }

    @Test func undecipherableAnswersAreHeldWhateverThePolicy() async throws {
        let bench = try await RunnerBench(records: 3)
        let configuration = RunnerBench.unhurried {
            $0.inDoubt = .retry
            $0.inDoubtBudget = nil
        }
        let submitter = bench.submitter { $0.row == "row 2" ? .garbage : .success }
        let end = try await bench.runner(configuration, submitter).run(bench.batch, stop: StopSignal())
        #expect(end == .completed)
        #expect(submitter.calls.count == 3)
        #expect(try await bench.statuses() == [.succeeded, .inDoubt, .succeeded])
    }

    @Test func drainingAwaitsCallsUnderWayAndMakesNoMore() async throws {
        let clock = HeldClock()
        let bench = try await RunnerBench(records: 50, clock: clock)
        let stop = StopSignal()
        let submitter = bench.submitter { call in
            if call.number == 4 { stop.drain() }
            await clock.sleep(until: clock.monotonic + .seconds(1))
            return .success
        }
        let runner = bench.runner(RunnerBench.unhurried { $0.concurrency = 8 }, submitter)
        let end = try await clock.whileTimePasses { try await runner.run(bench.batch, stop: stop) }
        #expect(end == .stopped)
        let counts = try await bench.counts
        #expect(counts.succeeded == submitter.calls.count)
        #expect(counts.succeeded < 50)
        #expect(counts.inFlight == 0 && counts.queued == 50 - counts.succeeded)
        #expect(try await bench.store.batch(bench.batch).state == .running)
    }

    @Test func aStopBeforeTheStartMakesNoCall() async throws {
        let bench = try await RunnerBench(records: 5)
        let stop = StopSignal()
        stop.drain()
        let submitter = bench.submitter { _ in .success }
        let end = try await bench.runner(RunnerBench.unhurried(), submitter).run(bench.batch, stop: stop)
        #expect(end == .stopped)
        #expect(submitter.calls.isEmpty)
        #expect(try await bench.counts.queued == 5)
    }

    @Test func aStopEndsALongWait() async throws {
        let bench = try await RunnerBench(records: 5)
        let stop = StopSignal()
        let submitter = bench.submitter { call in
            if call.number == 2 { stop.drain() }
            return call.number == 1 ? .success : .status(429, retryAfter: .seconds(3600))
        }
        let end = try await bench.runner(RunnerBench.oneByOne(), submitter).run(bench.batch, stop: stop)
        #expect(end == .stopped)
        #expect(bench.clock.monotonic < 3600 * 1_000_000_000)
    }

    @Test(arguments: [false, true])
    func recordsClaimedWhileTheStopWasGivenGoBackUnsent(abandons: Bool) async throws {
        let bench = try await RunnerBench(records: 5)
        let stop = StopSignal()
        let store = WatchedStore(
            bench.store,
            after: { operation, number in
                if operation == .claim, number == 2 { abandons ? stop.abandon() : stop.drain() }
            })
        let submitter = bench.submitter { _ in .success }
        let end = try await bench.runner(RunnerBench.oneByOne(), submitter, keeping: store)
            .run(bench.batch, stop: stop)
        #expect(end == .stopped)
        #expect(submitter.calls.count == 1)
        let counts = try await bench.counts
        #expect(counts.queued == 4 && counts.inFlight == 0 && counts.calls == 1)
    }

    @Test func recordsQueuedAgainByAnotherHandAtTheEndAreRunBeforeTheBatchIsCompleted() async throws {
        let bench = try await RunnerBench(records: 1)
        let store = WatchedStore(
            bench.store,
            after: { operation, number in
                // The second claim writes the first call's end and finds nothing more.
                guard operation == .claim, number == 2 else { return }
                _ = try await bench.store.requeue(bench.batch, RequeueSelection(statuses: [.failed]))
            })
        let submitter = bench.submitter { $0.number == 1 ? .rejected : .success }
        let end = try await bench.runner(RunnerBench.oneByOne(), submitter, keeping: store)
            .run(bench.batch, stop: StopSignal())
        #expect(end == .completed)
        #expect(submitter.calls.count == 2)
        #expect(try await bench.statuses() == [.succeeded])
    }

    @Test func abandoningGivesCallsUpAndThoseThatMayHaveLeftEndInDoubt() async throws {
        let bench = try await RunnerBench(records: 20)
        let stop = StopSignal()
        let submitter = bench.submitter { call in
            if call.number == 1 { return .success }
            if call.number == 5 { stop.abandon() }
            return await .whenGivenUp(mayHaveLeft: call.number.isMultiple(of: 2))
        }
        let end = try await bench.runner(RunnerBench.unhurried { $0.concurrency = 4 }, submitter)
            .run(bench.batch, stop: stop)
        #expect(end == .stopped)
        #expect(submitter.calls.count == 5)
        let counts = try await bench.counts
        #expect(counts.succeeded == 1 && counts.inDoubt == 2 && counts.queued == 17 && counts.inFlight == 0)
    }

    @Test func cancellingTheTaskIsAsGoodAsAbandoning() async throws {
        let bench = try await RunnerBench(records: 20)
        let begun = Signal()
        let submitter = bench.submitter { call in
            if call.number == 1 { return .success }
            begun.give()
            return await .whenGivenUp(mayHaveLeft: true)
        }
        let runner = bench.runner(RunnerBench.oneByOne(), submitter)
        let run = Task { try await runner.run(bench.batch, stop: StopSignal()) }
        await begun.wait()
        run.cancel()
        #expect(try await run.value == .stopped)
        let counts = try await bench.counts
        #expect(counts.inDoubt == 1 && counts.succeeded == 1 && counts.inFlight == 0)
    }

    @Test func theBatchsCapPausesItWithTheCallsMadeToTheCall() async throws {
        let bench = try await RunnerBench(records: 10)
        let submitter = bench.submitter { _ in .success }
        let end = try await bench.runner(RunnerBench.unhurried { $0.batchCalls = 5 }, submitter)
            .run(bench.batch, stop: StopSignal())
        #expect(end == .capped(.batchCalls))
        #expect(submitter.calls.count == 5)
        let batch = try await bench.store.batch(bench.batch)
        #expect(batch.state == .paused)
        #expect(batch.reason?.contains("limits.batch_calls of 5") == true)

        let more = bench.submitter { _ in .success }
        let goingOn = try await bench.runner(RunnerBench.unhurried { $0.batchCalls = 10 }, more)
            .run(bench.batch, stop: StopSignal())
        #expect(goingOn == .completed)
        #expect(more.calls.count == 5)
    }

    @Test func aDailyCapOfNoughtMakesNoCall() async throws {
        let bench = try await RunnerBench(records: 3)
        let submitter = bench.submitter { _ in .success }
        let end = try await bench.runner(RunnerBench.unhurried { $0.dailyCalls = 0 }, submitter)
            .run(bench.batch, stop: StopSignal())
        #expect(end == .capped(.dailyCalls))
        #expect(submitter.calls.isEmpty)
    }

    @Test func aCallThatNeverLeftDoesNotCountAgainstTheCap() async throws {
        let bench = try await RunnerBench(records: 4)
        let submitter = bench.submitter { $0.number == 2 ? .refused : .success }
        let end = try await bench.runner(RunnerBench.oneByOne { $0.batchCalls = 3 }, submitter)
            .run(bench.batch, stop: StopSignal())
        #expect(end == .capped(.batchCalls))
        #expect(submitter.calls.count == 4)
        #expect(try await bench.counts.calls == 3)
    }

    @Test(arguments: [WatchedStore.Operation.finish, .moveBatch, .saveLimiterState])
    func stateThatCannotBeWrittenIsAnError(operation: WatchedStore.Operation) async throws {
        let bench = try await RunnerBench(records: 10)
        let store = WatchedStore(bench.store, failing: operation, after: 0)
        let runner = bench.runner(RunnerBench.oneByOne(), bench.submitter { _ in .success }, keeping: store)
        await #expect(throws: WatchedStore.DiskFull.self) {
            try await runner.run(bench.batch, stop: StopSignal())
        }
        #expect(try await bench.store.batch(bench.batch).state == .running)
    }

    @Test func whileAServerIsAwayAnswersGoToTheStoreAllTheSame() async throws {
        let bench = try await RunnerBench(records: 9)
        let (isClaiming, isWritten) = (Signal(), Signal())
        let isUnderWay = Lock(false)
        let store = WatchedStore(
            bench.store, isAtServer: true,
            before: { operation, _ in
                guard operation == .claim, isUnderWay.withLock({ $0 }) else { return }
                isClaiming.give()
                await isWritten.wait()
            },
            after: { operation, _ in if operation == .finish { isWritten.give() } })
        let submitter = bench.submitter { call in
            if call.number == 3 {
                isUnderWay.withLock { $0 = true }
                await isClaiming.wait()
            }
            return .success
        }
        let runner = bench.runner(RunnerBench.unhurried { $0.concurrency = 2 }, submitter, keeping: store)
        #expect(try await runner.run(bench.batch, stop: StopSignal()) == .completed)
        #expect(submitter.calls.count == 9)
        let counts = try await bench.counts
        #expect(counts.succeeded == 9 && counts.calls == 9)
    }

    @Test func whyAServerIsWaitedForIsToldAndThatItIsBack() async throws {
        let bench = try await RunnerBench(records: 2)
        let isAway = Lock(true)
        let store = WatchedStore(
            bench.store, isAtServer: true, trouble: { isAway.withLock { $0 } ? "the server is away" : nil },
            before: { operation, number in
                // The clock jumps on while this waits.
                guard operation == .claim, number == 1 else { return }
                try await waitUntil { bench.events.contains { if case .keptWaiting = $0 { true } else { false } } }
                isAway.withLock { $0 = false }
            })
        let runner = bench.runner(RunnerBench.unhurried(), bench.submitter { _ in .success }, keeping: store)
        #expect(try await runner.run(bench.batch, stop: StopSignal()) == .completed)
        let told: [String] = bench.events.compactMap {
            switch $0 {
            case .keptWaiting(let reason): reason
            case .waitEnded: "calls continue"
            default: nil
            }
        }
        #expect(told == ["the server is away", "calls continue"])
    }

    @Test func whenAClaimFailsCallsUnderWayAreStillWritten() async throws {
        let bench = try await RunnerBench(records: 10)
        let store = WatchedStore(bench.store, failing: .claim, after: 3)
        let runner = bench.runner(RunnerBench.oneByOne(), bench.submitter { _ in .success }, keeping: store)
        await #expect(throws: WatchedStore.DiskFull.self) {
            try await runner.run(bench.batch, stop: StopSignal())
        }
        let counts = try await bench.counts
        #expect(counts.succeeded == 3 && counts.inFlight == 0)
    }
}
