import Basics
import RecordStore
import TestSupport
import Testing

@testable import JobRunner

private let second: MonotonicTime = 1_000_000_000

/// A traffic state that can be asked within an expectation.
private final class Traffic {
    var state: TrafficState
    private let member: Int

    init(_ state: TrafficState) {
        self.state = state
        member = self.state.join(weight: 1, at: 0)
    }

    func permission(upTo wanted: Int, at now: MonotonicTime) -> Permission {
        state.permission(for: member, upTo: wanted, at: now)
    }

    func record(
        _ outcome: Outcome, isProbe: Bool = false, errorText: String? = nil, at instant: Instant
    ) -> [RunnerEvent] {
        state.record(outcome, isProbe: isProbe, errorText: errorText, at: instant)
    }

    func start(_ count: Int, of grant: Grant, at now: MonotonicTime) -> Bool { state.start(count, of: grant, at: now) }
}

private func at(_ seconds: Int64) -> Instant {
    Instant(wall: WallTime(milliseconds: 1_000_000 + seconds * 1000), monotonic: seconds * second)
}

extension Permission {
    fileprivate var grant: Grant? {
        if case .granted(let grant) = self { return grant }
        return nil
    }
}

@Suite struct TrafficStateTests {
    private func traffic(rate: Double = 1000, burst: Int = 1000) -> Traffic {
        var configuration = RunnerConfiguration()
        configuration.rate = rate
        configuration.burst = burst
        return Traffic(TrafficState(configuration))
    }

    /// A traffic that has had its first answer.
    private func reached(rate: Double = 1000, burst: Int = 1000) throws -> Traffic {
        let traffic = traffic(rate: rate, burst: burst)
        _ = try #require(traffic.permission(upTo: 1, at: 0).grant)
        _ = traffic.record(Outcome(.succeeded), at: at(0))
        return traffic
    }

    @Test func unreadableAnswersOfAllRunnersHaltOneThatHasReadNone() throws {
        let (new, proven) = (traffic(), try reached())
        for traffic in [new, proven] {
            _ = traffic.state.record(FailuresInARow(troubles: 0, unreadable: 2), at: at(1))
            #expect(traffic.state.halt == nil)
            _ = traffic.state.record(FailuresInARow(troubles: 0, unreadable: 3), at: at(1))
        }
        #expect(new.state.halt?.cause == .undecipherable)
        #expect(proven.state.halt == nil)
    }

    @Test func troubleOfAllRunnersClosesTheGate() throws {
        let traffic = try reached()
        #expect(traffic.state.record(FailuresInARow(troubles: 9, unreadable: 0), at: at(1)).isEmpty)
        #expect(traffic.state.record(FailuresInARow(troubles: 10, unreadable: 0), at: at(1)).count == 1)
        #expect(traffic.state.isGateClosed)
    }

    @Test(arguments: [
        Outcome(.unsent, isAnswer: false, gateSignal: .trouble), Outcome(.undecipherable, billable: .yes),
        Outcome(.overloaded), Outcome(.inDoubt, billable: .unknown), Outcome(.rejected, isRead: false),
    ])
    func untilAnAnswerWasReadOnlyOneCallIsMadeAtATime(unread: Outcome) throws {
        let traffic = traffic()
        #expect(traffic.permission(upTo: 32, at: 0).grant?.count == 1)
        #expect(traffic.permission(upTo: 31, at: 0) == .waitForAnswer)
        _ = traffic.record(unread, at: at(1))
        #expect(traffic.permission(upTo: 32, at: second).grant?.count == 1)
        _ = traffic.record(Outcome(.succeeded), at: at(2))
        #expect(traffic.permission(upTo: 32, at: 2 * second).grant?.count == 32)
    }

    @Test func afterAnErrorOfTheAPINoMoreCallsAreMadeThanAWrongKeyMayCost() throws {
        let traffic = traffic()
        _ = try #require(traffic.permission(upTo: 32, at: 0).grant)
        _ = traffic.record(Outcome(.rejected), at: at(1))
        #expect(traffic.permission(upTo: 32, at: second).grant?.count == 3)
        #expect(traffic.permission(upTo: 32, at: second) == .waitForAnswer)
        for _ in 0..<2 { _ = traffic.record(Outcome(.undecipherable, billable: .yes), at: at(2)) }
        #expect(traffic.permission(upTo: 32, at: 2 * second) == .waitForAnswer)
        _ = traffic.record(Outcome(.succeeded), at: at(3))
        #expect(traffic.permission(upTo: 40, at: 3 * second).grant?.count == 32)
    }

    @Test func otherKeysHaveToProveThemselvesAnew() throws {
        let traffic = try reached()
        traffic.state.requireProof()
        #expect(traffic.permission(upTo: 32, at: 0).grant?.count == 1)
    }

    @Test func nothingButTooManyCallsForTheTimeOfAnOutageHaltsAndNamesTheRate() throws {
        let traffic = try reached(rate: 20)
        _ = traffic.record(Outcome(.overloaded), at: at(10))
        _ = traffic.record(Outcome(.overloaded), at: at(309))
        #expect(traffic.state.halt == nil)
        _ = traffic.record(Outcome(.overloaded), at: at(310))
        let halt = try #require(traffic.state.halt)
        #expect(halt.cause == .overloaded)
        #expect(halt.reason.contains("limits.rate 20"))
        #expect(halt.reason.contains("5 minutes"))
        traffic.state.reopen()
        _ = traffic.record(Outcome(.overloaded), at: at(311))
        #expect(traffic.state.halt == nil)
    }

    @Test func timeInWhichNobodyMayCallIsNoTimeOfTooManyCalls() throws {
        let traffic = try reached()
        _ = traffic.record(Outcome(.overloaded), at: at(0))
        _ = traffic.state.depart(1, at: 10 * second)
        traffic.state.arrive(1, at: 1_000 * second)
        _ = traffic.record(Outcome(.overloaded), at: at(1_001))
        #expect(traffic.state.halt == nil)
        _ = traffic.record(Outcome(.overloaded), at: at(1_290))
        #expect(traffic.state.halt?.cause == .overloaded)
    }

    @Test func aWaitThatIsAskedForIsNoOutage() throws {
        let traffic = try reached()
        let doubt = Outcome(.inDoubt, billable: .unknown, isAnswer: false, gateSignal: .trouble)
        for _ in 0..<10 { _ = traffic.record(doubt, at: at(0)) }
        _ = traffic.permission(upTo: 1, at: 15 * second)
        let waiting = Outcome(.inDoubt, billable: .unknown, gateSignal: .trouble, retryAfter: .seconds(3_600))
        _ = traffic.record(waiting, isProbe: true, at: at(16))
        #expect(traffic.permission(upTo: 1, at: 3_615 * second) == .wait(until: 3_616 * second))
        #expect(traffic.permission(upTo: 1, at: 3_616 * second).grant?.isProbe == true)
        _ = traffic.record(doubt, isProbe: true, at: at(3_620))
        #expect(traffic.state.halt == nil)
    }

    @Test func threeAnswersThatCameBeforeHalt() throws {
        let traffic = try reached()
        for _ in 0..<2 { _ = traffic.record(Outcome(.repeated), at: at(1)) }
        _ = traffic.record(Outcome(.succeeded), at: at(1))
        #expect(traffic.state.halt == nil)
        _ = traffic.record(Outcome(.repeated), at: at(2))
        #expect(traffic.state.halt?.cause == .repeated)
    }

    @Test func aFirstCallThatHadNoRecordMakesRoomForAnother() throws {
        let traffic = traffic()
        let grant = try #require(traffic.permission(upTo: 32, at: 0).grant)
        traffic.state.giveBack(1, of: grant)
        #expect(traffic.permission(upTo: 32, at: 0).grant?.count == 1)
    }

    @Test func retryAfterStopsEveryoneForExactlyThatLong() throws {
        let traffic = try reached()
        let events = traffic.record(
            Outcome(.overloaded, retryAfter: .seconds(9)), at: at(1))
        #expect(
            events == [.waitRequested(reason: "The API asks every caller to wait (Retry-After)", until: at(10).wall)])
        #expect(traffic.permission(upTo: 5, at: 10 * second - 1) == .wait(until: 10 * second))
        #expect(traffic.permission(upTo: 5, at: 10 * second).grant != nil)
    }

    @Test(arguments: [RetryAfter.seconds(0), .seconds(-4)])
    func aWaitThatIsOverHoldsNobodyUp(retryAfter: RetryAfter) throws {
        let traffic = try reached()
        let events = traffic.record(
            Outcome(.overloaded, retryAfter: retryAfter), at: at(1))
        #expect(events.isEmpty)
        #expect(traffic.permission(upTo: 5, at: second).grant != nil)
    }

    @Test(arguments: [RetryAfter.seconds(1_000_000_000), .seconds(.max), .seconds(1_000_000_000_000), .seconds(86_401)])
    func aWaitOfMoreThanADayHalts(retryAfter: RetryAfter) throws {
        let traffic = try reached()
        _ = traffic.record(
            Outcome(.overloaded, retryAfter: retryAfter), at: at(1))
        #expect(traffic.state.halt?.cause == .longWait)
        if retryAfter == .seconds(86_401) {
            #expect(traffic.state.halt?.reason.contains("until 1970-01-02T00:16:42Z") == true)
        }
        #expect(traffic.state.halt?.reason.contains("24 hours") == true)
    }

    @Test func callsGrantedBeforeTheWayWasClosedDoNotStart() throws {
        let traffic = try reached()
        let grant = try #require(traffic.permission(upTo: 4, at: 0).grant)
        #expect(traffic.start(2, of: grant, at: 0))
        _ = traffic.record(
            Outcome(.overloaded, retryAfter: .seconds(5)), at: at(0))
        #expect(!traffic.start(2, of: grant, at: 0))
    }

    @Test func theProbeIsASingleCallAndIsTold() throws {
        let traffic = try reached()
        var told: [RunnerEvent] = []
        for _ in 0..<10 {
            _ = traffic.permission(upTo: 1, at: 0)
            told += traffic.record(
                Outcome(.unsent, isAnswer: false, gateSignal: .trouble), errorText: "refused", at: at(0))
        }
        #expect(told == [.gateClosed(reason: "The API is out of reach: refused", until: at(15).wall)])
        #expect(traffic.state.isGateClosed)
        #expect(traffic.permission(upTo: 9, at: 14 * second) == .wait(until: 15 * second))
        let probe = try #require(traffic.permission(upTo: 9, at: 15 * second).grant)
        #expect(probe.isProbe && probe.count == 1)
        #expect(traffic.permission(upTo: 9, at: 15 * second) == .waitForAnswer)
        let events = traffic.record(Outcome(.succeeded), isProbe: true, at: at(16))
        #expect(events == [.gateOpened])
        #expect(traffic.permission(upTo: 9, at: 16 * second).grant?.count == 9)
    }

    @Test func aProbeWithoutARecordMayBeAskedForAgain() throws {
        let traffic = try reached()
        _ = traffic.permission(upTo: 1, at: 0)
        _ = traffic.record(
            Outcome(.misconfigured, gateSignal: .misconfigured), at: at(0))
        let probe = try #require(traffic.permission(upTo: 9, at: 20 * second).grant)
        traffic.state.giveBack(1, of: probe)
        #expect(traffic.permission(upTo: 9, at: 20 * second).grant?.isProbe == true)
    }

    @Test func tooManyThrottledAnswersCutTheRate() throws {
        let traffic = try reached(rate: 100)
        var told: [RunnerEvent] = []
        for _ in 0..<10 {
            told += traffic.record(
                Outcome(.overloaded, isThrottled: true), at: at(1))
        }
        #expect(told == [.rateCut(to: 70, refused: 10, of: 11)])
        #expect(traffic.state.allowedRate(at: second) == 70)
        #expect(traffic.state.allowedRate(at: 61 * second) == 100)
    }

    @Test func aHaltHoldsForEveryoneUntilItIsReopened() throws {
        let traffic = try reached()
        for _ in 0..<3 {
            _ = traffic.permission(upTo: 1, at: second)
            _ = traffic.record(Outcome(.undecipherable), at: at(1))
        }
        let halt = try #require(traffic.state.halt)
        #expect(traffic.permission(upTo: 1, at: second) == .halted(halt))
        traffic.state.reopen()
        #expect(traffic.permission(upTo: 9, at: second).grant?.count == 1)
    }

    @Test func permitsAreGatheredForAFewMillisecondsWhereTheRateIsHigh() throws {
        let traffic = try reached(rate: 1000, burst: 1)
        _ = try #require(traffic.permission(upTo: 32, at: second).grant)
        #expect(traffic.permission(upTo: 32, at: second) == .wait(until: second + 4_000_000))
        #expect(traffic.permission(upTo: 2, at: second) == .wait(until: second + 2_000_000))
    }

    @Test func whatIsRememberedHoldsAfterARestart() throws {
        let before = try reached(rate: 1, burst: 1)
        _ = before.record(
            Outcome(.overloaded, retryAfter: .seconds(30)), at: at(2))
        let remembered = before.state.limiterState(at: at(3))
        #expect(remembered.closedUntil == at(32).wall)

        // The new process counts its monotonic time from elsewhere.
        let restart = Instant(wall: at(12).wall, monotonic: 777 * second)
        let after = traffic(rate: 1, burst: 1)
        after.state.resume(remembered, at: restart)
        #expect(after.permission(upTo: 1, at: restart.monotonic) == .wait(until: 797 * second))
    }

    @Test func whatIsRememberedCountsOnlyOnce() throws {
        let traffic = traffic(rate: 10, burst: 1)
        let state = LimiterState(
            theoreticalArrival: at(0).wall, rateFactor: 0.5, closedUntil: nil, savedAt: at(0).wall)
        traffic.state.resume(state, at: at(0))
        #expect(traffic.state.allowedRate(at: 0) == 5)
        traffic.state.resume(state, at: at(60))
        #expect(traffic.state.allowedRate(at: 60 * second) == 10)
    }

    @Test func aStateFromTheFutureHoldsNobodyUpForLong() {
        let traffic = traffic(rate: 10, burst: 1)
        let state = LimiterState(
            theoreticalArrival: .distantFuture, rateFactor: 1, closedUntil: nil, savedAt: at(1_000_000).wall)
        traffic.state.resume(state, at: at(5))
        #expect(traffic.permission(upTo: 1, at: 15 * second).grant?.count == 1)
    }

    @Test func aWaitSavedByAClockThatWasAheadLastsNoLongerThanWasLeftOfIt() {
        let traffic = traffic(rate: 10, burst: 1)
        let saved = at(1_000_000)
        let state = LimiterState(
            theoreticalArrival: saved.wall, rateFactor: 1, closedUntil: saved.wall + 40_000, savedAt: saved.wall)
        traffic.state.resume(state, at: at(0))
        #expect(traffic.permission(upTo: 1, at: 0) == .wait(until: 40 * second))
    }

    @Test(
        arguments: [WallTime.distantPast, -1, 0, 1, .distantFuture],
        [WallTime.distantPast, -1, 0, .distantFuture, nil])
    func whateverADatabaseRemembersNobodyIsHeldUpForLong(time: WallTime, closedUntil: WallTime?) {
        let traffic = traffic(rate: 10, burst: 1)
        let state = LimiterState(theoreticalArrival: time, rateFactor: 0.5, closedUntil: closedUntil, savedAt: time)
        traffic.state.resume(state, at: at(5))
        let day: Int64 = 86_400
        #expect(traffic.permission(upTo: 1, at: (day + 20) * second).grant?.count == 1)
        if closedUntil != .distantFuture {
            #expect(traffic.permission(upTo: 1, at: 30 * second) != .wait(until: .distantFuture))
        }
    }

    @Test func aDoubtAboutTheKeyOutlivesTheProcess() throws {
        let before = try reached()
        for _ in 0..<3 { _ = before.record(Outcome(.undecipherable, billable: .yes), at: at(1)) }
        #expect(before.state.limiterState(at: at(2)).isKeyDoubted)
        let after = traffic()
        after.state.resume(before.state.limiterState(at: at(2)), at: at(3))
        _ = after.record(Outcome(.undecipherable, billable: .yes), at: at(4))
        #expect(after.state.halt?.cause == .undecipherable)
    }

    @Test func theStatusSaysWhatHolds() throws {
        let traffic = try reached(rate: 100)
        #expect(traffic.state.status(at: at(1)) == status { $0.allowedRate = 100 })

        _ = traffic.permission(upTo: 1, at: second)
        _ = traffic.record(Outcome(.overloaded, retryAfter: .seconds(9)), at: at(1))
        #expect(
            traffic.state.status(at: at(2))
                == status {
                    $0.allowedRate = 100
                    $0.reason = "The API asks every caller to wait (Retry-After)"
                    $0.closedUntil = at(10).wall
                })
    }

    @Test func theStatusShowsTheGatesProbes() throws {
        let traffic = try reached()
        _ = traffic.permission(upTo: 1, at: second)
        _ = traffic.record(Outcome(.misconfigured, gateSignal: .misconfigured), errorText: "401", at: at(1))
        var expected = status {
            $0.gate = .closed
            $0.reason = "The API refuses calls because of keys, certificate, address or rights: 401"
            $0.since = at(1).wall
            $0.nextProbeAt = at(21).wall
        }
        #expect(traffic.state.status(at: at(5)) == expected)
        for number in 1...3 {
            let time = at(1 + 20 * Int64(number))
            #expect(traffic.permission(upTo: 5, at: time.monotonic).grant?.isProbe == true)
            expected.probes = number
            expected.nextProbeAt = nil
            expected.underWay = 1
            #expect(traffic.state.status(at: time) == expected)
            _ = traffic.record(
                Outcome(.misconfigured, gateSignal: .misconfigured), isProbe: true, errorText: "401", at: time)
            expected.underWay = 0
            expected.refusedProbes = number
            expected.nextProbeAt = at(21 + 20 * Int64(number)).wall
            if number < 3 { #expect(traffic.state.status(at: time) == expected) }
        }
        let halt = try #require(traffic.state.halt)
        #expect(
            traffic.state.status(at: at(90))
                == status {
                    $0.gate = .halted
                    $0.reason = halt.reason
                    $0.halt = halt
                    $0.since = at(1).wall
                    $0.probes = 3
                })
    }

    @Test func aLargerConcurrencyMakesRoom() throws {
        let traffic = try reached()
        #expect(traffic.permission(upTo: 40, at: 0).grant?.count == 32)
        #expect(traffic.permission(upTo: 8, at: 0) == .waitForCapacity)
        var configuration = RunnerConfiguration()
        configuration.concurrency = 36
        configuration.rate = 1000
        configuration.burst = 1000
        traffic.state.reconfigure(configuration, at: 0)
        #expect(traffic.permission(upTo: 8, at: 0).grant?.count == 4)
        configuration.concurrency = 2
        traffic.state.reconfigure(configuration, at: 0)
        #expect(traffic.permission(upTo: 8, at: 0) == .waitForCapacity)
    }

    private func status(_ change: (inout TrafficStatus) -> Void) -> TrafficStatus {
        var status = TrafficStatus()
        status.allowedRate = 1000
        status.runs = 1
        change(&status)
        return status
    }
}
