import Basics
import RecordStore
import TestSupport
import Testing

@testable import JobRunner

extension RunEnd {
    /// Why the batch halted.
    var halt: Halt? {
        if case .halted(let halt) = self { return halt }
        return nil
    }
}

@Suite(.timeLimit(.minutes(15))) struct BatchRunnerGateTests {
    @Test func aMisconfiguredCallIsProbedThreeTimesAndHaltsWithEverythingQueuedUnspent() async throws {
        let bench = try await RunnerBench(records: 10)
        let submitter = bench.submitter { _ in .status(401) }
        let end = try await bench.runner(RunnerBench.unhurried(), submitter).run(bench.batch, stop: StopSignal())

        let halt = try #require(end.halt)
        #expect(halt.cause == .misconfigured)
        #expect(submitter.calls.map(\.at) == [0, 20_000, 40_000, 60_000])
        let counts = try await bench.counts
        #expect(counts.queued == 10 && counts.billable == 0)
        let batch = try await bench.store.batch(bench.batch)
        #expect(batch.state == .halted)
        #expect(batch.reason == halt.description)
        #expect(bench.events.filter { $0 == .probe }.count == 3)
        #expect(bench.events.last == .halted(halt))
    }

    @Test func aHaltedBatchGoesOnFromThereWithAllItsAttempts() async throws {
        let bench = try await RunnerBench(records: 4)
        _ = try await bench.runner(RunnerBench.unhurried(), bench.submitter { _ in .status(403) })
            .run(bench.batch, stop: StopSignal())
        let submitter = bench.submitter { $0.attempt < 5 ? .apiError(500) : .success }
        let end = try await bench.runner(RunnerBench.unhurried(), submitter).run(bench.batch, stop: StopSignal())
        #expect(end == .completed)
        #expect(try await bench.counts.succeeded == 4)
    }

    @Test func oneRecordThatTheAPIRefusesByItselfDoesNotHaltTheOthers() async throws {
        let bench = try await RunnerBench(records: 30)
        let submitter = bench.submitter { $0.row == "row 1" ? .status(403) : .success }
        let end = try await bench.runner(RunnerBench.oneByOne(), submitter).run(bench.batch, stop: StopSignal())
        let halt = try #require(end.halt)
        #expect(halt.cause == .recordsRefused)
        let name = try await bench.store.batch(bench.batch).name
        #expect(halt.remedy.contains("'rollcall records \(name) --status queued'"), "\(halt)")
        #expect(halt.remedy.contains("'rollcall cancel \(name)'"), "\(halt)")
        #expect(try await bench.store.batch(bench.batch).reason == halt.description)
        #expect(bench.events.last == .halted(halt))
        #expect(try await bench.counts.succeeded == 29)
        #expect(try await bench.counts.queued == 1)
    }

    @Test func whereTheLastRecordIsRefusedBothExplanationsAreGiven() async throws {
        let bench = try await RunnerBench(records: 5)
        let submitter = bench.submitter { $0.row == "row 5" ? .status(403) : .success }
        let end = try await bench.runner(RunnerBench.oneByOne(), submitter).run(bench.batch, stop: StopSignal())
        let halt = try #require(end.halt)
        #expect(halt.cause == .misconfigured)
        #expect(halt.remedy.contains("rollcall doctor") && halt.remedy.contains("rollcall cancel"), "\(halt)")
    }

    @Test func tenCallsInTroubleCloseTheGateAndOneProbeOpensIt() async throws {
        let bench = try await RunnerBench(records: 30)
        let submitter = bench.submitter { $0.number <= 10 ? .refused : .success }
        let end = try await bench.runner(RunnerBench.oneByOne(), submitter).run(bench.batch, stop: StopSignal())

        #expect(end == .completed)
        let calls = submitter.calls
        #expect(calls[10].at - calls[9].at == 15_000)
        #expect(calls.count == 40)
        #expect(try await bench.counts.succeeded == 30)
        let gate = bench.events.map(\.name)
        #expect(gate == ["closed", "probe", "opened"])
    }

    @Test func anOutageSpendsNoAttemptsWhileTheGateIsClosed() async throws {
        let bench = try await RunnerBench(records: 3)
        // Two attempts of each record are spent, and a third of two, before ten are in a row; then twenty probes.
        let submitter = bench.submitter { $0.number <= 30 ? .apiError(500) : .success }
        let configuration = RunnerBench.oneByOne { $0.outage = .seconds(6 * 3600) }
        let end = try await bench.runner(configuration, submitter).run(bench.batch, stop: StopSignal())
        #expect(end == .completed)
        #expect(try await bench.statuses() == [.succeeded, .succeeded, .succeeded])
    }

    @Test func anOutageLongerThanAllowedHaltsAfterALastProbe() async throws {
        let bench = try await RunnerBench(records: 30)
        let submitter = bench.submitter { _ in .refused }
        let end = try await bench.runner(RunnerBench.oneByOne(), submitter).run(bench.batch, stop: StopSignal())
        #expect(end.halt?.cause == .outage)
        #expect(end.halt?.reason.contains("connection refused") == true)
        let calls = submitter.calls
        let closed = calls[9].at
        #expect(calls.dropFirst(10).map { $0.at - closed } == [15_000, 45_000, 105_000, 225_000, 300_000])
        #expect(try await bench.counts.queued == 30)
        #expect(try await bench.counts.calls == 0)
    }

    @Test func threeUndecipherableAnswersInARowHaltAndAreKept() async throws {
        let bench = try await RunnerBench(records: 10)
        let submitter = bench.submitter { _ in .garbage }
        let configuration = RunnerBench.oneByOne {
            $0.inDoubt = .retry
            $0.inDoubtBudget = nil
        }
        let end = try await bench.runner(configuration, submitter).run(bench.batch, stop: StopSignal())
        #expect(end.halt?.cause == .undecipherable)
        #expect(submitter.calls.count == 3)
        let counts = try await bench.counts
        #expect(counts.inDoubt == 3 && counts.billable == 3 && counts.queued == 7)
    }

    @Test func undecipherableAnswersHaltAlsoWhenTheyAreTheLast() async throws {
        let bench = try await RunnerBench(records: 3)
        let submitter = bench.submitter { _ in .garbage }
        let end = try await bench.runner(RunnerBench.oneByOne(), submitter).run(bench.batch, stop: StopSignal())
        #expect(end.halt?.cause == .undecipherable)
        #expect(try await bench.store.batch(bench.batch).state == .halted)
    }

    @Test func oneUnencryptedAnswerHaltsWhereEncryptionIsRequired() async throws {
        let bench = try await RunnerBench(records: 5)
        let submitter = bench.submitter { _ in
            Reply(.answered(status: 200, body: .answer(.init(Array("{}".utf8), isEncrypted: false)), retryAfter: nil))
        }
        let configuration = RunnerBench.oneByOne { $0.requireEncryptedAnswers = true }
        let end = try await bench.runner(configuration, submitter).run(bench.batch, stop: StopSignal())
        #expect(end.halt == Halt.answersNotEncrypted.named(for: "first-1"))
        #expect(submitter.calls.count == 1)
        #expect(try await bench.counts.inDoubt == 1)
    }

    @Test func anUnencryptedAnswerIsOtherwiseASuccessWithAWarning() async throws {
        let bench = try await RunnerBench(records: 1)
        let submitter = bench.submitter { _ in
            Reply(.answered(status: 200, body: .answer(.init(Array("{}".utf8), isEncrypted: false)), retryAfter: nil))
        }
        let end = try await bench.runner(RunnerBench.oneByOne(), submitter).run(bench.batch, stop: StopSignal())
        #expect(end == .completed)
        #expect(try await bench.statuses() == [.succeeded])
        #expect(try await bench.errorTexts() == ["answer was not encrypted"])
    }

    @Test func aBatchWithNothingLeftIsCompletedWhileTheGateIsClosed() async throws {
        let bench = try await RunnerBench(records: 10)
        let submitter = bench.submitter { _ in .reset }
        let end = try await bench.runner(RunnerBench.oneByOne(), submitter).run(bench.batch, stop: StopSignal())
        #expect(end == .completed)
        #expect(submitter.calls.count == 10)
        #expect(try await bench.counts.inDoubt == 10)
        #expect(bench.clock.monotonic < 15_000_000_000)
    }
}

extension RunnerEvent {
    /// What a gate's event is called in a test.
    var name: String {
        switch self {
        case .gateClosed, .waitRequested: "closed"
        case .gateOpened: "opened"
        case .probe: "probe"
        case .halted: "halted"
        case .progress: "progress"
        case .rateCut: "cut"
        case .inDoubtRequeued: "requeued"
        case .keptAnswersRead: "kept answers read"
        case .windowClosed: "window closed"
        case .windowOpened: "window opened"
        case .keptWaiting: "kept waiting"
        case .waitEnded: "wait ended"
        }
    }
}
