import Basics
import Foundation
import RecordStore
import TestSupport
import Testing

@testable import JobRunner

@Suite struct RetryAfterTests {
    static let waits: [(RetryAfter, WallTime)] = [
        (.seconds(0), 1000), (.seconds(5), 6000), (.seconds(-5), 1000), (.seconds(.max), .distantFuture),
        (.seconds(1_000_000_000), 1_000_000_001_000), (.seconds(9_223_372_036_854_774), 9_223_372_036_854_775_000),
        (.seconds(9_223_372_036_854_775), .distantFuture),
    ]

    @Test(arguments: waits)
    func theWaitEndsWhenTheHeaderSaysAndNeverInThePast(retryAfter: RetryAfter, end: WallTime) {
        #expect(retryAfter.end(from: 1000) == end)
    }
}

@Suite struct InDoubtPolicyTests {
    typealias Row = (policy: InDoubtPolicy, budget: Int?, spent: Int, allowance: Int?)

    static let rows: [Row] = [
        (.hold, nil, 0, 0), (.hold, 9, 0, 0), (.retry, nil, 1000, nil), (.retry, 0, 0, 0), (.retry, 5, 0, 5),
        (.retry, 5, 3, 2), (.retry, 5, 5, 0), (.retry, 5, 7, 0),
    ]

    @Test(arguments: rows)
    func theAllowanceIsWhatTheBudgetLeaves(row: Row) {
        #expect(row.policy.allowance(budget: row.budget, spent: row.spent) == row.allowance)
    }
}

@Suite struct UndecipherableStreakTests {
    @Test func threeInARowHalt() {
        var streak = UndecipherableStreak(limit: 3)
        #expect(streak.record(Outcome(.undecipherable)) == nil)
        #expect(streak.record(Outcome(.undecipherable)) == nil)
        let halt = streak.record(Outcome(.undecipherable))
        #expect(halt?.cause == .undecipherable)
    }

    @Test func aSuccessBreaksTheRow() {
        var streak = UndecipherableStreak(limit: 2)
        for _ in 0..<9 {
            #expect(streak.record(Outcome(.undecipherable)) == nil)
            #expect(streak.record(Outcome(.succeeded)) == nil)
        }
    }

    @Test(arguments: Outcome.Kind.allCases.filter { $0 != .succeeded && $0 != .undecipherable })
    func nothingElseDoes(kind: Outcome.Kind) {
        var streak = UndecipherableStreak(limit: 2)
        #expect(streak.record(Outcome(.undecipherable)) == nil)
        #expect(streak.record(Outcome(kind)) == nil)
        #expect(streak.record(Outcome(.undecipherable)) != nil)
    }

    @Test func anAnswerWithoutAnythingKnownCountsAndBreaksNoRow() {
        var streak = UndecipherableStreak(limit: 3)
        let unknown = Outcome(.succeeded, billable: .yes, countsAsUnreadable: true)
        #expect(streak.record(unknown) == nil)
        #expect(streak.record(Outcome(.undecipherable)) == nil)
        #expect(streak.record(unknown)?.cause == .undecipherable)
    }

    @Test func untilAnAnswerWasOfUseNoMoreCallsAreUnderWayThanMayBeLost() {
        var streak = UndecipherableStreak(limit: 3)
        #expect(streak.mostUnderWay == 3)
        _ = streak.record(Outcome(.undecipherable))
        #expect(streak.mostUnderWay == 2)
        _ = streak.record(Outcome(.rejected))
        #expect(streak.mostUnderWay == 2)
        _ = streak.record(Outcome(.succeeded))
        #expect(streak.mostUnderWay == nil)
        _ = streak.record(Outcome(.undecipherable))
        #expect(streak.mostUnderWay == nil)
    }

    @Test func afterAHaltOneMoreIsEnoughUntilAnAnswerWasOfUse() {
        var streak = UndecipherableStreak(limit: 3)
        for _ in 0..<3 { _ = streak.record(Outcome(.undecipherable)) }
        streak.reset()
        #expect(streak.isKeyDoubted && streak.mostUnderWay == 1)
        #expect(streak.record(Outcome(.undecipherable)) != nil)
        streak.reset()
        #expect(streak.record(Outcome(.succeeded)) == nil)
        #expect(!streak.isKeyDoubted)
        #expect(streak.record(Outcome(.undecipherable)) == nil)
    }

    @Test func aNewProcessKnowsThatTheKeyIsDoubted() {
        var streak = UndecipherableStreak(limit: 3)
        streak.resume(isKeyDoubted: true)
        #expect(streak.record(Outcome(.undecipherable)) != nil)
        var proven = UndecipherableStreak(limit: 3)
        proven.resume(isKeyDoubted: true)
        proven.prove()
        #expect(!proven.isKeyDoubted && proven.mostUnderWay == nil)
    }
}

@Suite struct RepeatedAnswersTests {
    @Test func threeHaltWhateverComesBetween() {
        var repeats = RepeatedAnswers()
        for _ in 1..<3 {
            #expect(repeats.record(Outcome(.repeated)) == nil)
            #expect(repeats.record(Outcome(.succeeded)) == nil)
        }
        let halt = repeats.record(Outcome(.repeated))
        #expect(halt?.cause == .repeated)
        #expect(halt?.reason.contains("answers are repeated: a cache or gateway?") == true)
    }
}

@Suite struct InstantTests {
    private let instant = Instant(wall: 1000, monotonic: 50)

    static let times: [(WallTime, Int64)] = [
        (1000, 50), (1002, 2_000_050), (999, -999_950), (.distantFuture, .max), (.distantPast, .min + 50),
    ]

    @Test(arguments: times)
    func wallTimesBecomeMonotonicTimes(wall: WallTime, monotonic: Int64) {
        #expect(instant.monotonic(atWall: wall).nanoseconds == monotonic)
    }

    @Test(
        arguments: [
            (50, 1000), (2_000_050, 1002), (51, 1001), (-999_950, 999), (-999_949, 1000), (49, 1000),
            (.max, 9_223_372_037_855), (.min, -9_223_372_035_854),
        ] as [(Int64, WallTime)])
    func monotonicTimesBecomeWallTimesRoundedUp(monotonic: Int64, wall: WallTime) {
        #expect(instant.wall(atMonotonic: MonotonicTime(nanoseconds: monotonic)) == wall)
    }
}

@Suite struct PendingTimersTests {
    @Test func anAlarmIsSetOnlyWhenNoneRingsBefore() {
        var timers = PendingTimers()
        let needed = [100, 100, 500, 40].map { timers.needsTimer(at: $0) }
        #expect(needed == [true, false, false, true])
        timers.fired(40)
        let isNeededBeforeItRings = timers.needsTimer(at: 100)
        timers.fired(100)
        let isNeededAfter = timers.needsTimer(at: 100)
        #expect(!isNeededBeforeItRings && isNeededAfter)
    }
}

@Suite struct CallLimitsTests {
    @Test func theDayTurnsOverAtMidnightOfTheZone() throws {
        var configuration = RunnerConfiguration()
        configuration.timeZone = try #require(TimeZone(identifier: "Europe/Vienna"))
        configuration.dailyCalls = 7
        configuration.batchCalls = 9
        var limits = CallLimits(configuration, batch: "may-7")
        // 2025-11-22 22:59:59.999 and 23:00 UTC; Vienna is an hour ahead.
        let before = limits.caps(at: 1_763_852_399_999)
        let after = limits.caps(at: 1_763_852_400_000)
        #expect(before == CallCaps(daily: 7, batch: 9, day: CallDay(rawValue: 20_251_122)))
        #expect(after == CallCaps(daily: 7, batch: 9, day: CallDay(rawValue: 20_251_123)))
    }

    @Test(arguments: [
        (Cap.batchCalls, ["limits.batch_calls of 9", "Raise the limit, then 'rollcall resume may-7'."]),
        (.dailyCalls, ["limits.daily_calls of 7", "by itself after midnight (UTC)", "'rollcall resume may-7'."]),
        (.monthlyCost, ["buys 3 calls", "by itself after the turn of the month (UTC)", "'rollcall resume may-7'."]),
    ])
    func theReasonNamesTheLimitItsNumberAndHowItGoesOn(cap: Cap, parts: [String]) {
        var configuration = RunnerConfiguration()
        configuration.dailyCalls = 7
        configuration.batchCalls = 9
        configuration.monthlyCalls = 3
        let reason = CallLimits(configuration, batch: "may-7").reason(cap)
        for part in parts { #expect(reason.contains(part)) }
    }
}

@Suite struct StopSignalTests {
    @Test func urgencyOnlyRises() {
        let signal = StopSignal()
        #expect(signal.urgency == .none)
        signal.drain()
        #expect(signal.urgency == .drain)
        signal.abandon()
        signal.drain()
        #expect(signal.urgency == .abandon)
    }

    @Test func observersHearOfEachRaiseUntilTheyAreRemoved() async {
        let signal = StopSignal()
        await confirmation(expectedCount: 1) { heard in
            let observer = signal.addObserver { heard() }
            signal.drain()
            signal.drain()
            signal.removeObserver(observer)
            signal.abandon()
        }
    }
}
