import Basics
import RecordStore
import TestSupport
import Testing

@testable import JobRunner

private func claim(
    _ count: Int, cappedBy cap: Cap? = nil, nextReadyAt: WallTime? = nil, state: BatchState = .running, held: Int = 0
) -> Claim {
    let records = (0..<count).map {
        ClaimedRecord(
            id: RecordID(rawValue: Int64($0)), attempt: AttemptID(rawValue: Int64($0)), number: 1, spentAttempts: 0,
            recordID: [], rawRow: [])
    }
    return Claim(records: records, cappedBy: cap, nextReadyAt: nextReadyAt, state: state, held: held)
}

@Suite struct RunStateTests {
    private let halt = Halt.answersNotEncrypted

    @Test func itClaimsAsManyAsItHasRoomFor() {
        var state = RunState(concurrency: 4)
        #expect(state.step(at: 0) == .claim(upTo: 4))
        state.claimed(claim(3), of: 3)
        #expect(state.step(at: 0) == .claim(upTo: 1))
        state.claimed(claim(1), of: 1)
        #expect(state.step(at: 0) == .wait(until: nil))
        state.ended()
        #expect(state.step(at: 0) == .claim(upTo: 1))
    }

    @Test func endsWaitingToBeWrittenAreBounded() {
        var state = RunState(concurrency: 2)
        for _ in 0..<4 {
            state.claimed(claim(1), of: 1)
            state.ended()
        }
        #expect(state.step(at: 0) == .wait(until: nil))
        state.written(4, readyAt: nil)
        #expect(state.step(at: 0) == .claim(upTo: 2))
    }

    @Test func aShortClaimWithARetryWaitingWaitsForIt() {
        var state = RunState(concurrency: 4)
        state.claimed(claim(0, nextReadyAt: 500), of: 4)
        #expect(state.step(at: 499) == .wait(until: 500))
        #expect(state.step(at: 500) == .claim(upTo: 4))
    }

    @Test func aRetryThatIsWrittenMovesTheWaitForward() {
        var state = RunState(concurrency: 4)
        state.claimed(claim(1, nextReadyAt: 900), of: 4)
        state.ended()
        state.written(1, readyAt: 300)
        #expect(state.step(at: 0) == .wait(until: 300))
    }

    @Test func theBatchClosesWhenAllIsWrittenAndNothingWaits() {
        var state = RunState(concurrency: 4)
        state.claimed(claim(1), of: 4)
        #expect(state.step(at: 0) == .wait(until: nil))
        state.ended()
        #expect(state.step(at: 0) == .wait(until: nil))
        state.written(1, readyAt: nil)
        #expect(state.step(at: 0) == .close)
        state.refill()
        #expect(state.step(at: 0) == .claim(upTo: 4))
    }

    @Test func recordsHeldAtTheClaimDoNotMakeItLookExhausted() {
        var state = RunState(concurrency: 4)
        state.claimed(claim(0, held: 4), of: 4)
        #expect(state.step(at: 0) == .claim(upTo: 4))
    }

    @Test func aCapEndsTheRunOnceNothingIsUnderWay() {
        var state = RunState(concurrency: 4)
        state.claimed(claim(1, cappedBy: .dailyCalls, nextReadyAt: 10), of: 4)
        #expect(state.step(at: 50) == .wait(until: nil))
        state.ended()
        state.written(1, readyAt: nil)
        // The call may have been taken off the cap again.
        #expect(state.step(at: 50) == .claim(upTo: 4))
        state.claimed(claim(0, cappedBy: .dailyCalls, nextReadyAt: 10), of: 4)
        #expect(state.step(at: 50) == .end(.capped(.dailyCalls)))
    }

    @Test func anEndWaitsForCallsAndWritesAndTheFirstReasonHolds() {
        var state = RunState(concurrency: 4)
        state.claimed(claim(1), of: 1)
        state.end(.halted(halt))
        state.end(.stopped)
        #expect(state.step(at: 0) == .wait(until: nil))
        state.ended()
        #expect(state.step(at: 0) == .wait(until: nil))
        state.written(1, readyAt: 0)
        #expect(state.step(at: 0) == .end(.halted(halt)))
    }

    @Test func aBatchTakenOutOfRunningEndsTheRun() {
        var state = RunState(concurrency: 4)
        state.claimed(claim(0, state: .paused), of: 4)
        #expect(state.step(at: 0) == .end(.stateChanged(to: .paused)))
    }
}
