import Basics
import Foundation
import Schedules
import TestSupport
import Testing

@Suite struct ScheduleStateTests {
    private func state(
        _ expression: String = "0 22 * * *", zone: String = "UTC", catchUp: Bool = false, lastDue: String?
    ) throws -> ScheduleState {
        ScheduleState(
            expression: try CronExpression(expression), zone: try #require(TimeZone(identifier: zone)),
            catchUp: catchUp, lastDue: try lastDue.map(instant))
    }

    @Test func aNewScheduleHasMissedNothing() throws {
        var state = try state(catchUp: true, lastDue: nil)
        #expect(
            try state.step(at: instant("2026-01-01 23:00Z"))
                == .wait(until: instant("2026-01-02 22:00Z")))
        #expect(try state.lastDue == instant("2026-01-01 23:00Z"))
    }

    @Test func whatIsDueRunsOnce() throws {
        var state = try state(lastDue: "2026-01-01 22:00Z")
        let due = try instant("2026-01-02 22:00Z")
        #expect(state.step(at: due - 1) == .wait(until: due))
        #expect(state.step(at: due) == .run(due: due))
        #expect(state.lastDue == due)
        #expect(try state.step(at: due) == .wait(until: instant("2026-01-03 22:00Z")))
    }

    @Test func aRestartInTheWrongMinuteCostsNoNight() throws {
        var state = try state(lastDue: "2026-01-01 22:00Z")
        let due = try instant("2026-01-02 22:00Z")
        #expect(state.step(at: due + ScheduleState.grace) == .run(due: due))
        var late = try self.state(lastDue: "2026-01-01 22:00Z")
        let missed = late.step(at: due + ScheduleState.grace + 1)
        #expect(missed == .missed(due: due, count: 1, runsNow: false))
    }

    @Test(arguments: [true, false]) func missedRunsAreToldAndMadeUpForByOneIfTheJobSaysSo(catchUp: Bool) throws {
        var state = try state(catchUp: catchUp, lastDue: "2026-01-01 22:00Z")
        let now = try instant("2026-01-05 08:00Z")
        let due = try instant("2026-01-04 22:00Z")
        let expected = ScheduleState.Action.missed(due: due, count: 3, runsNow: catchUp)
        #expect(state.step(at: now) == expected)
        #expect(state.lastDue == due)
        #expect(try state.step(at: now) == .wait(until: instant("2026-01-05 22:00Z")))
    }

    @Test func aRunThatIsOnTimeMakesUpForTheMissedOnesAsWell() throws {
        var state = try state(catchUp: true, lastDue: "2026-01-01 22:00Z")
        let now = try instant("2026-01-04 22:00Z")
        #expect(
            try state.step(at: now)
                == .missed(due: instant("2026-01-03 22:00Z"), count: 2, runsNow: false))
        #expect(state.step(at: now) == .run(due: now))
    }

    @Test func aRunThatHadToWaitMakesUpForWhatWasDueMeanwhile() throws {
        var state = try state("0 * * * *", lastDue: "2026-01-01 22:00Z")
        let due = try instant("2026-01-01 23:00Z")
        #expect(state.step(at: due) == .run(due: due))
        state.settle(upTo: try instant("2026-01-02 03:30Z"))
        #expect(try state.step(at: instant("2026-01-02 03:30Z")) == .wait(until: instant("2026-01-02 04:00Z")))
        // A clock that was set back settles nothing again.
        state.settle(upTo: due)
        #expect(try state.lastDue == instant("2026-01-02 03:30Z"))
    }

    @Test func aClockThatIsSetBackAnHourRunsNothingTwice() throws {
        var state = try state(catchUp: true, lastDue: "2026-01-01 22:00Z")
        let due = try instant("2026-01-02 22:00Z")
        #expect(state.step(at: due) == .run(due: due))
        for now in ["2026-01-02 21:00Z", "2026-01-02 22:00Z"] {
            #expect(
                try state.step(at: instant(now)) == .wait(until: instant("2026-01-03 22:00Z")))
        }
        #expect(state.lastDue == due)
    }

    @Test(arguments: [true, false])
    func aDueTimeFarAheadIsAClockFaultAfterWhichTheJobRunsByItsTimesAgain(isWatched: Bool) throws {
        let ahead = try instant("2026-01-05 22:00Z")
        var state = try state(catchUp: true, lastDue: "2026-01-05 22:00Z")
        let now = try instant("2026-01-02 10:00Z")
        #expect(state.step(at: now, isWatched: isWatched) == .clockFault(lastDue: ahead))
        #expect(state.lastDue == now)
        let due = try instant("2026-01-02 22:00Z")
        #expect(state.step(at: now, isWatched: isWatched) == .wait(until: due))
        #expect(state.step(at: due, isWatched: isWatched) == .run(due: due))
        var nearly = try self.state(lastDue: "2026-01-05 22:00Z")
        #expect(nearly.step(at: ahead - ScheduleState.clockTolerance - 1) == .clockFault(lastDue: ahead))
        nearly = try self.state(lastDue: "2026-01-05 22:00Z")
        #expect(
            try nearly.step(at: ahead - ScheduleState.clockTolerance) == .wait(until: instant("2026-01-06 22:00Z")))
    }

    @Test(arguments: [true, false])
    func aClockSetPastDueTimesWhileSomebodyWatchesMissesNothingAndRunsOnce(catchUp: Bool) throws {
        var state = try state(catchUp: catchUp, lastDue: "2026-01-01 22:00Z")
        let now = try instant("2026-01-05 08:00Z")
        let due = try instant("2026-01-04 22:00Z")
        #expect(state.step(at: now, isWatched: true) == .run(due: due))
        #expect(state.lastDue == due)
        #expect(try state.step(at: now, isWatched: true) == .wait(until: instant("2026-01-05 22:00Z")))
    }

    @Test func whatIsNeverDueWaitsForever() throws {
        var state = try state("0 0 30 2 *", lastDue: "2026-01-01 22:00Z")
        #expect(try state.step(at: instant("2026-05-01 22:00Z")) == .wait(until: nil))
    }

    @Test func aYearOfMinutesIsPassedOverQuickly() throws {
        var state = try state("* * * * *", catchUp: true, lastDue: "2025-01-01 00:00Z")
        let now = try instant("2026-01-01 00:00Z")
        let last = now - ScheduleState.grace - .seconds(60)
        #expect(
            state.step(at: now)
                == .missed(due: last, count: ScheduleState.mostCounted, runsNow: false))
        #expect(state.step(at: now) == .run(due: now))
    }

    @Test func whatWasDueOnlyInAPartOfTheTimeIsFoundFromTheEnd() throws {
        var state = try state("*/30 * * 1 *", lastDue: "2025-12-31 23:59Z")
        #expect(
            try state.step(at: instant("2026-09-01 00:00Z"))
                == .missed(due: instant("2026-01-31 23:30Z"), count: ScheduleState.mostCounted, runsNow: false))
        var january = try self.state("0 4 5-7 1 *", lastDue: "2025-12-31 23:59Z")
        #expect(
            try january.step(at: instant("2026-01-06 12:00Z"))
                == .missed(due: instant("2026-01-06 04:00Z"), count: 2, runsNow: false))
    }

    /// However the daemon is stopped, started and its clock set back: each due time is dealt with once, in order.
    @Test(arguments: 0..<20) func noDueTimeIsDealtWithTwice(seed: Int) throws {
        var random = SeededGenerator(seed: UInt64(seed))
        var now = try instant("2026-03-20 00:00Z")
        var state = try state("30 */4 * * *", zone: "Europe/Berlin", catchUp: true, lastDue: nil)
        var dealtWith: [WallTime] = []
        for _ in 0..<2000 {
            now += Int64.random(in: -3_600_000...5_000_000, using: &random)
            now = max(now, (state.lastDue ?? now) - ScheduleState.clockTolerance)
            if Int.random(in: 0..<50, using: &random) == 0 { now += 86_400_000 }
            let action = state.step(at: now, isWatched: Bool.random(using: &random))
            switch action {
            case .clockFault: Issue.record("no clock was set back so far")
            case .wait(let until): #expect(until.map { $0 > now } ?? false)
            case .run(let due), .missed(let due, _, _):
                #expect(due <= now && due == state.lastDue)
                dealtWith.append(due)
            }
        }
        #expect(dealtWith.count > 50)
        #expect(zip(dealtWith, dealtWith.dropFirst()).allSatisfy(<))
    }
}
