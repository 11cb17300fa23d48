import Basics
import RecordStore
import TestSupport
import Testing

@testable import JobRunner

/// What answers of unusual kinds do to a batch, on a real store.
@Suite(.timeLimit(.minutes(15))) struct BatchRunnerAnswersTests {
    @Test func oneReplayedAnswerIsTakenOnceAndThreeMoreHalt() async throws {
        let bench = try await RunnerBench(records: 20)
        let submitter = bench.submitter { _ in .success(ref: "ref-1") }
        let end = try await bench.runner(RunnerBench.oneByOne(), submitter).run(bench.batch, stop: StopSignal())
        #expect(end.halt?.cause == .repeated)
        #expect(submitter.calls.count == 4)
        let counts = try await bench.counts
        #expect(counts.succeeded == 1 && counts.inDoubt == 3 && counts.queued == 16)
        #expect(counts.billable == 1 && counts.billingUnknown == 3)
        #expect(try await bench.errorTexts()[1]?.contains("requestRefId came before") == true)
    }

    @Test func anAnswerOfAnEarlierProcessIsRemembered() async throws {
        let bench = try await RunnerBench(records: 3)
        let submitter = bench.submitter { .success(ref: $0.row) }
        _ = try await bench.runner(RunnerBench.oneByOne(), submitter).run(bench.batch, stop: StopSignal())
        let other = try await bench.other(records: 3)
        let replaying = bench.submitter { _ in .success(ref: "row 2") }
        let end = try await bench.runner(RunnerBench.oneByOne(), replaying).run(other, stop: StopSignal())
        #expect(end.halt?.cause == .repeated)
        #expect(try await bench.store.progress(other).inDoubt == 3)
    }

    @Test func threeAnswersUnderOtherIdentifiersHaltAlsoWhereOthersCameBetween() async throws {
        let bench = try await RunnerBench(records: 10)
        let submitter = bench.submitter { call in
            .success(ref: call.row, correlation: call.number.isMultiple(of: 2) ? "another" : nil)
        }
        let end = try await bench.runner(RunnerBench.oneByOne(), submitter).run(bench.batch, stop: StopSignal())
        #expect(end.halt?.cause == .repeated)
        #expect(end.halt?.reason.contains("answers are repeated: a cache or gateway?") == true)
        #expect(submitter.calls.count == 6)
        let counts = try await bench.counts
        #expect(counts.succeeded == 3 && counts.inDoubt == 3 && counts.queued == 4)
        #expect(try await bench.errorTexts()[1]?.contains("is not its X-MC-Correlation-ID") == true)
    }

    @Test func thePolicyNeverSendsAgainWhatWasAnswered() async throws {
        let bench = try await RunnerBench(records: 5)
        let replies: [String: Reply] = [
            "row 2": .garbage, "row 3": .success(ref: "a", correlation: "b"),
            "row 4": Reply(.answered(status: 200, body: .oversized, retryAfter: nil)),
            "row 5": Reply(.answered(status: 200, body: .empty, retryAfter: nil)),
        ]
        let submitter = bench.submitter { $0.attempt == 1 ? replies[$0.row] ?? .success : .success }
        let configuration = RunnerBench.oneByOne {
            $0.inDoubt = .retry
            $0.inDoubtBudget = nil
        }
        let end = try await bench.runner(configuration, submitter).run(bench.batch, stop: StopSignal())
        #expect(end == .completed)
        #expect(try await bench.statuses() == [.succeeded, .inDoubt, .inDoubt, .inDoubt, .succeeded])
        #expect(submitter.calls.map(\.row) == ["row 1", "row 2", "row 3", "row 4", "row 5", "row 5"])
    }

    @Test func oneRecordThatIsRefusedInAnUnforeseenWayFailsAloneWhileOthersAreAnswered() async throws {
        let bench = try await RunnerBench(records: 20)
        let submitter = bench.submitter { $0.row == "row 7" ? .status(413) : .success }
        let end = try await bench.runner(RunnerBench.oneByOne(), submitter).run(bench.batch, stop: StopSignal())
        #expect(end == .completed)
        #expect(submitter.calls.count == 20)
        #expect(try await bench.counts.failed == 1)
    }

    @Test func oneThatIsRefusedSoBeforeAnyOtherWasAnsweredWaitsForOthersAndThenFails() async throws {
        let bench = try await RunnerBench(records: 20)
        let submitter = bench.submitter { $0.row == "row 1" ? .status(413) : .success }
        let end = try await bench.runner(RunnerBench.oneByOne(), submitter).run(bench.batch, stop: StopSignal())
        #expect(end == .completed)
        #expect(try await bench.statuses().first == .failed)
        #expect(try await bench.counts.succeeded == 19)
    }

    @Test func aLineThatIsAlwaysAnsweredTooManyIsTriedLastAndFails() async throws {
        let bench = try await RunnerBench(records: 3000)
        let submitter = bench.submitter { $0.row == "row 3" ? .status(429) : .success }
        let configuration = RunnerBench.unhurried {
            $0.concurrency = 1
            $0.rate = 20
            $0.burst = 1
            $0.attempts = 2
            $0.maxDelay = .seconds(1)
        }
        let end = try await bench.runner(configuration, submitter).run(bench.batch, stop: StopSignal())
        #expect(end == .completed)
        let calls = submitter.calls
        #expect(calls.count { $0.row == "row 3" } == 21)
        #expect(calls.last?.row == "row 3")
        #expect(calls.dropLast().last { $0.row == "row 3" }.map { $0.number < 1000 } == true)
        let counts = try await bench.counts
        #expect(counts.failed == 1 && counts.succeeded == 2999)
        #expect(try await bench.errorTexts()[2]?.contains("given up, for others were answered") == true)
    }

    @Test func whatIsLeftToBeTriedLastIsTriedByTheNextRunToo() async throws {
        let bench = try await RunnerBench(records: 2)
        let claim = try await bench.store.claim(
            bench.batch, upTo: 1, now: bench.clock.now, caps: CallCaps(day: CallDay(rawValue: 20_251_123)))
        let record = try #require(claim.records.first)
        _ = try await bench.store.finish([
            Completion(
                attempt: record.attempt, record: record.id, outcome: .overloaded, httpStatus: 429, startedAt: 1,
                finishedAt: 2, next: .last, billable: .no)
        ])
        let submitter = bench.submitter { _ in .success }
        let end = try await bench.runner(RunnerBench.oneByOne(), submitter).run(bench.batch, stop: StopSignal())
        #expect(end == .completed)
        #expect(submitter.calls.map(\.row) == ["row 2", "row 1"])
    }

    @Test func nothingButTooManyCallsForTheTimeOfAnOutageHalts() async throws {
        let bench = try await RunnerBench(records: 3)
        let submitter = bench.submitter { _ in .status(429) }
        let configuration = RunnerBench.unhurried { $0.rate = 20 }
        let end = try await bench.runner(configuration, submitter).run(bench.batch, stop: StopSignal())
        #expect(end.halt?.cause == .overloaded)
        #expect(end.halt?.reason.contains("limits.rate 20") == true)
        let last = try #require(submitter.calls.last)
        #expect(last.at >= 300_000 && last.at < 400_000)
        #expect(try await bench.counts.queued == 3)
    }

    @Test func aWrongKeyCostsThreeCallsHoweverManyMayBeUnderWayAndNoneWhenItGoesOn() async throws {
        let bench = try await RunnerBench(records: 100)
        let submitter = bench.submitter { _ in .garbage }
        let end = try await bench.runner(RunnerBench.unhurried(), submitter).run(bench.batch, stop: StopSignal())
        #expect(end.halt?.cause == .undecipherable)
        #expect(submitter.calls.count == 3)

        // The same key again: what is kept shows that without a call.
        let again = bench.submitter { _ in .garbage }
        var runner = bench.runner(RunnerBench.unhurried(), again)
        runner.keptAnswers = KeptAnswers(read: 0, unread: 3)
        let second = try await runner.run(bench.batch, stop: StopSignal())
        #expect(second.halt?.reason.contains("no call was made") == true)
        #expect(again.calls.isEmpty)
        #expect(try await bench.store.batch(bench.batch).state == .halted)

        // Where the old key is lost they are settled by hand; the next call shows what the new one is worth.
        runner.keptAnswers = KeptAnswers(read: 0, unread: 0)
        #expect(try await runner.run(bench.batch, stop: StopSignal()).halt?.cause == .undecipherable)
        #expect(again.calls.count == 1)

        // The right key.
        let right = bench.submitter { .success(ref: $0.row) }
        runner = bench.runner(RunnerBench.unhurried(), right)
        runner.keptAnswers = KeptAnswers(read: 3, unread: 1)
        #expect(try await runner.run(bench.batch, stop: StopSignal()) == .completed)
        #expect(bench.events.contains(.keptAnswersRead(count: 3)))
        #expect(try await bench.counts.succeeded == 96)
    }

    @Test func oneAnswerThatIsKeptIsReadBeforeTheNextCallAndOneThatCannotBeReadHalts() async throws {
        let bench = try await RunnerBench(records: 2)
        let configuration = RunnerBench.oneByOne { $0.undecipherable = 1 }
        let submitter = bench.submitter { _ in .garbage }
        let first = try await bench.runner(configuration, submitter).run(bench.batch, stop: StopSignal())
        #expect(first.halt?.cause == .undecipherable)
        #expect(try await bench.counts.inDoubt == 1)

        var runner = bench.runner(configuration, submitter)
        runner.keptAnswers = KeptAnswers(read: 0, unread: 1)
        let second = try await runner.run(bench.batch, stop: StopSignal())
        #expect(second.halt?.reason.contains("no call was made") == true)
        #expect(submitter.calls.count == 1)

        runner = bench.runner(configuration, bench.submitter { .success(ref: $0.row) })
        runner.keptAnswers = KeptAnswers(read: 1, unread: 0)
        #expect(try await runner.run(bench.batch, stop: StopSignal()) == .completed)
        #expect(bench.events.contains(.keptAnswersRead(count: 1)))
    }

    @Test func answersThatCannotBeReadBesideOthersThatCanHaltNothingWhenTheBatchGoesOn() async throws {
        let bench = try await RunnerBench(records: 10)
        let stop = StopSignal()
        let submitter = bench.submitter { call in
            if call.number == 6 { stop.drain() }
            return ["row 2", "row 4"].contains(call.row) ? .garbage : .success(ref: call.row)
        }
        #expect(try await bench.runner(RunnerBench.oneByOne(), submitter).run(bench.batch, stop: stop) == .stopped)
        let rest = bench.submitter { .success(ref: $0.row) }
        var runner = bench.runner(RunnerBench.oneByOne(), rest)
        runner.keptAnswers = KeptAnswers(read: 0, unread: 2)
        #expect(try await runner.run(bench.batch, stop: StopSignal()) == .completed)
        #expect(rest.calls.count == 4)
    }
}

/// Says how many kept answers could be read.
private struct KeptAnswers: KeptAnswerReading {
    let read: Int
    let unread: Int

    func readKeptAnswers(of batch: BatchID) async throws -> (read: Int, unread: Int) { (read, unread) }
}
