import Basics
import RecordStore
import TestSupport
import Testing

@testable import JobRunner

/// Every status an observer was told of.
private final class StatusLog: Sendable {
    private let statuses = Lock<[TrafficStatus]>([])

    var all: [TrafficStatus] { statuses.withLock { $0 } }

    func follow(_ traffic: EndpointTraffic) -> Int {
        traffic.addStatusObserver { self.statuses.withLock { $0.append(traffic.status) } }
    }
}

@Suite(.timeLimit(.minutes(15))) struct BatchRunnerSharingTests {
    private let clock = HeldClock(at: JumpingClock.start)

    @Test func aTwoHourOutagePassesWithoutSpendingAnAttemptAndTheStatusShowsTheProbes() async throws {
        let bench = try await RunnerBench(records: 300, clock: clock)
        let small = try await bench.other(records: 70)
        let configuration = RunnerBench.unhurried {
            $0.outage = .seconds(6 * 3600)
            // So that a spent attempt would show as a failure.
            $0.attempts = 1
            $0.concurrency = 4
        }
        let traffic = EndpointTraffic(configuration: configuration, clock: clock)
        let submitter = bench.submitter { [clock] call in
            if call.number <= 50 || clock.monotonic >= 7_200_000_000_000 { return .success }
            return traffic.status.gate == .open ? .refused : .apiError(500)
        }
        let log = StatusLog()
        _ = log.follow(traffic)
        let runner = bench.runner(configuration, submitter, traffic: traffic)
        let ends = try await clock.whileTimePasses {
            async let large = runner.run(bench.batch, stop: StopSignal())
            async let last = runner.run(small, stop: StopSignal())
            return try await [large, last]
        }
        #expect(ends == [.completed, .completed])
        #expect(try await bench.counts.succeeded == 300)
        #expect(try await bench.store.progress(small).succeeded == 70)

        let closed = log.all.filter { $0.gate == .closed }
        let since = try #require(closed.first?.since)
        // Seen at another time it may be rounded the other way.
        #expect(closed.allSatisfy { abs(($0.since ?? 0).milliseconds(since: since)) <= 1 })
        #expect(closed.first?.reason == "The API is out of reach: connection refused")
        #expect(closed.map(\.probes).max() == 28)
        let waits = Set(
            closed.compactMap(\.nextProbeAt).map { ($0.milliseconds(since: since) + 500) / 1000 }
        ).sorted()
        #expect(waits.prefix(8) == [15, 45, 105, 225, 465, 765, 1065, 1365])
        #expect(log.all.last?.gate == .open)
        #expect(traffic.status.since == nil && traffic.status.probes == 0 && traffic.status.reason == nil)
    }

    @Test(arguments: [(Reply.refused, Halt.Cause.outage), (.status(429), .overloaded)])
    func aRunWhoseJobWaitsAShorterTimeHaltsAlone(reply: Reply, cause: Halt.Cause) async throws {
        let bench = try await RunnerBench(records: 30, clock: clock)
        let other = try await bench.other(records: 30)
        let patient = RunnerBench.unhurried { $0.outage = .seconds(6 * 3600) }
        let traffic = EndpointTraffic(configuration: patient, clock: clock)
        let submitter = bench.submitter { [clock] _ in clock.monotonic < 7_200_000_000_000 ? reply : .success }
        let hasty = RunnerBench.unhurried { $0.outage = .seconds(60) }
        let (first, second) = (
            bench.runner(hasty, submitter, traffic: traffic), bench.runner(patient, submitter, traffic: traffic)
        )
        let ends = try await clock.whileTimePasses {
            async let one = first.run(bench.batch, stop: StopSignal())
            async let two = second.run(other, stop: StopSignal())
            return try await [one, two]
        }
        #expect(ends[0].halt?.cause == cause)
        #expect(ends[1] == .completed)
        #expect(try await bench.counts.queued == 30)
        #expect(try await bench.store.progress(other).succeeded == 30)
    }

    @Test func aHaltedGateHaltsAllRunsAndThoseThatBeginUntilItIsReopened() async throws {
        let bench = try await RunnerBench(records: 40)
        let second = try await bench.other(records: 40)
        let third = try await RunnerBench.makeBatch(in: bench.store, named: "third", records: 2)
        let isMended = Lock(false)
        let submitter = bench.submitter { _ in isMended.withLock { $0 } ? .success : .status(403) }
        let configuration = RunnerBench.unhurried()
        let traffic = EndpointTraffic(configuration: configuration, clock: bench.clock)
        let runner = bench.runner(configuration, submitter, traffic: traffic)
        async let one = runner.run(bench.batch, stop: StopSignal())
        async let other = runner.run(second, stop: StopSignal())
        let ends = try await [one, other]
        #expect(ends.allSatisfy { $0.halt?.cause == .misconfigured })
        let status = traffic.status
        #expect(status.gate == .halted && status.probes == 3)
        let halt = try #require(status.halt)
        #expect(ends == [.halted(halt.named(for: "first-1")), .halted(halt.named(for: "second-2"))])

        let calls = submitter.calls.count
        #expect(try await runner.run(third, stop: StopSignal()) == .halted(halt.named(for: "third-3")))
        #expect(submitter.calls.count == calls)
        #expect(try await bench.store.batch(third).reason == halt.named(for: "third-3").description)

        isMended.withLock { $0 = true }
        traffic.reopen()
        #expect(traffic.status.gate == .open)
        for batch in [bench.batch, second, third] {
            #expect(try await runner.run(batch, stop: StopSignal()) == .completed)
        }
    }

    @Test func aBatchWhoseRecordsMostlyFailHaltsAndTheOtherDoesNot() async throws {
        // Each of two runs claims up to 134 before it halts; a halt that comes with the last records would stop nothing.
        let bench = try await RunnerBench(records: 350)
        let second = try await bench.other(records: 250)
        let submitter = bench.submitter { $0.row.hasPrefix("row") ? .rejected : .success }
        let configuration = RunnerBench.unhurried()
        let traffic = EndpointTraffic(configuration: configuration, clock: bench.clock)
        let runner = bench.runner(configuration, submitter, traffic: traffic)
        async let one = runner.run(bench.batch, stop: StopSignal())
        async let other = runner.run(second, stop: StopSignal())
        let ends = try await [one, other]
        #expect(ends[0].halt?.cause == .failing)
        #expect(ends[1] == .completed)
        #expect(traffic.status.gate == .open)
        let failed = try await bench.counts.failed
        #expect((100..<135).contains(failed))
        let batch = try await bench.store.batch(bench.batch)
        #expect(batch.state == .halted)
        #expect(batch.reason?.contains("rollcall records \(batch.name) --status failed") == true)

        // It starts over: a hundred answers again before it halts.
        let again = try await runner.run(bench.batch, stop: StopSignal())
        let counts = try await bench.counts
        #expect(again.halt?.cause == .failing, "\(again), \(counts)")
        #expect(counts.failed >= failed + 100)
    }

    @Test func theFailureThresholdCanBeSwitchedOff() async throws {
        let bench = try await RunnerBench(records: 150)
        let configuration = RunnerBench.unhurried { $0.mostFailed = 100 }
        let end = try await bench.runner(configuration, bench.submitter { _ in .rejected })
            .run(bench.batch, stop: StopSignal())
        #expect(end == .completed)
        #expect(try await bench.counts.failed == 150)
    }

    @Test func aRunGoesOnAtTheNewRate() async throws {
        let bench = try await RunnerBench(records: 300, clock: clock)
        var configuration = RunnerConfiguration()
        configuration.rate = 1
        let traffic = EndpointTraffic(configuration: configuration, clock: bench.clock)
        let submitter = bench.submitter { call in
            if call.number == 100 {
                traffic.reconfigure(
                    RunnerBench.unhurried {
                        $0.rate = 100
                        $0.burst = 1
                    })
            }
            return .success
        }
        let runner = bench.runner(configuration, submitter, traffic: traffic)
        let end = try await clock.whileTimePasses { try await runner.run(bench.batch, stop: StopSignal()) }
        #expect(end == .completed)
        let times = submitter.calls.map(\.at)
        try #require(times.count == 300)
        #expect((98_900...99_100).contains(times[99]))
        // Two seconds for the rest, and at most the one permit that was already waited for.
        #expect((1_900...3_100).contains(times[299] - times[99]))
        #expect(traffic.status.allowedRate == 100)
    }
}
