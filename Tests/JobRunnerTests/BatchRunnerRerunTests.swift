import RecordStore
import Testing

@testable import JobRunner

/// A run of a re-run's records sends these and leaves everything else that waits where it is.
@Suite(.timeLimit(.minutes(15))) struct BatchRunnerRerunTests {
    /// A batch of six rows that was stopped after three: the first succeeded, the second and third failed.
    private static func interrupted() async throws -> RunnerBench {
        let bench = try await RunnerBench(records: 6)
        let stop = StopSignal()
        let submitter = bench.submitter { call in
            if call.number == 3 { stop.drain() }
            return call.number == 1 ? .success : .rejected
        }
        let end = try await bench.runner(RunnerBench.oneByOne(), submitter).run(bench.batch, stop: stop)
        #expect(end == .stopped && submitter.calls.count == 3)
        return bench
    }

    private static func rerun(_ bench: RunnerBench, lines: ClosedRange<Int>? = nil) async throws -> RerunNumber {
        let rerun = try await bench.store.rerun(bench.batch, RequeueSelection(statuses: [.failed], lines: lines))
        return try #require(rerun.number)
    }

    @Test func onlyWhatWasNamedIsSentAndTheBatchGoesOnLater() async throws {
        let bench = try await Self.interrupted()
        let number = try await Self.rerun(bench, lines: 4...4)
        let submitter = bench.submitter { $0.attempt < 3 ? .status(503) : .success }
        let runner = bench.runner(RunnerBench.unhurried(), submitter)
        let end = try await runner.run(bench.batch, stop: StopSignal(), only: number)
        #expect(end == .rerunDone)
        #expect(submitter.calls.map(\.row) == ["row 3", "row 3", "row 3"])
        #expect(try await bench.statuses() == [.succeeded, .failed, .succeeded, .queued, .queued, .queued])
        #expect(try await bench.store.batch(bench.batch).state == .running)
        let rest = bench.submitter { _ in .success }
        #expect(
            try await bench.runner(RunnerBench.oneByOne(), rest).run(bench.batch, stop: StopSignal()) == .completed)
        #expect(rest.calls.map(\.row) == ["row 4", "row 5", "row 6"])
    }

    @Test func whereNothingElseWaitsTheBatchIsCompleted() async throws {
        let bench = try await Self.interrupted()
        let rest = bench.submitter { _ in .success }
        _ = try await bench.runner(RunnerBench.oneByOne(), rest).run(bench.batch, stop: StopSignal())
        let number = try await Self.rerun(bench)
        let submitter = bench.submitter { _ in .success }
        let runner = bench.runner(RunnerBench.oneByOne(), submitter)
        #expect(try await runner.run(bench.batch, stop: StopSignal(), only: number) == .completed)
        #expect(submitter.calls.map(\.row) == ["row 2", "row 3"])
        #expect(try await bench.store.batch(bench.batch).state == .completed)
    }

    @Test func aCapLeavesTheStateSoThatTheRestOfItGoesOnByItself() async throws {
        let bench = try await Self.interrupted()
        let number = try await Self.rerun(bench)
        let submitter = bench.submitter { _ in .success }
        let capped = RunnerBench.oneByOne { $0.batchCalls = 4 }
        let end = try await bench.runner(capped, submitter).run(bench.batch, stop: StopSignal(), only: number)
        #expect(end == .capped(.batchCalls))
        #expect(try await bench.store.batch(bench.batch).state == .running)
        let runner = bench.runner(RunnerBench.oneByOne(), submitter)
        #expect(try await runner.run(bench.batch, stop: StopSignal(), only: number) == .rerunDone)
        #expect(submitter.calls.map(\.row) == ["row 2", "row 3"])
    }

    @Test func behindAClosedGateARerunIsDoneWhenItsOwnRecordsAre() async throws {
        let bench = try await Self.interrupted()
        let number = try await Self.rerun(bench, lines: 3...3)
        // The gate closes over the refusals of an overloaded API and opens again with the last probe.
        let submitter = bench.submitter { $0.attempt < 12 ? .refused : .success }
        let runner = bench.runner(RunnerBench.unhurried(), submitter)
        #expect(try await runner.run(bench.batch, stop: StopSignal(), only: number) == .rerunDone)
        #expect(Set(submitter.calls.map(\.row)) == ["row 2"])
        #expect(try await bench.counts.queued == 3)
    }

    @Test func aRecordThatIsAlwaysThrottledIsTheRerunsLastAndFails() async throws {
        let bench = try await Self.interrupted()
        let number = try await Self.rerun(bench)
        let submitter = bench.submitter { $0.row == "row 2" ? .status(429) : .success }
        let runner = bench.runner(RunnerBench.oneByOne { $0.attempts = 1 }, submitter)
        #expect(try await runner.run(bench.batch, stop: StopSignal(), only: number) == .rerunDone)
        #expect(submitter.calls.map(\.row) == ["row 2", "row 3"] + Array(repeating: "row 2", count: 10))
        #expect(try await bench.statuses() == [.succeeded, .failed, .succeeded, .queued, .queued, .queued])
    }
}
