import Basics
import TestSupport
import Testing

@testable import JobRunner

private let second: MonotonicTime = 1_000_000_000

private func closure(_ gate: Gate) -> Gate.Closing? {
    if case .closed(let closure) = gate.state { return closure }
    return nil
}

private func halt(_ gate: Gate) -> Halt? {
    if case .halted(let halt) = gate.state { return halt }
    return nil
}

@Suite struct GateTests {
    private func gate(outage: Int = 300) -> Gate {
        Gate(probes: 3, probeInterval: .seconds(20), outage: .seconds(outage))
    }

    /// A gate closed at time 0 by ten calls in trouble.
    private func unreachable(outage: Int = 300) -> Gate {
        var gate = gate(outage: outage)
        for _ in 0..<10 { gate.record(.trouble, isProbe: false, errorText: nil, at: 0) }
        return gate
    }

    /// Sends probes, each with this sign, until the gate opens or halts; returns when they left, in seconds.
    private func probe(_ gate: inout Gate, _ sign: Outcome.GateSignal, atMost limit: Int = 500) -> [Int64] {
        var times: [Int64] = []
        while let closed = closure(gate), times.count < limit {
            times.append(closed.probeAt.nanoseconds / 1_000_000_000)
            gate.startProbe()
            gate.record(sign, isProbe: true, errorText: "no route", at: closed.probeAt)
        }
        return times
    }

    @Test func nineInARowLeaveItOpenTheTenthClosesIt() {
        var gate = gate()
        for _ in 0..<9 { gate.record(.trouble, isProbe: false, errorText: nil, at: 0) }
        #expect(gate.state == .open)
        gate.record(.trouble, isProbe: false, errorText: nil, at: 4 * second)
        #expect(closure(gate)?.cause == .outage)
        #expect(closure(gate)?.probeAt == 19 * second)
    }

    @Test func tenInARowOfAllRunnersCloseIt() {
        var gate = gate()
        gate.record(troublesOfAll: 9, at: 0)
        #expect(gate.state == .open)
        gate.record(troublesOfAll: 10, at: 4 * second)
        #expect(closure(gate)?.probeAt == 19 * second)
        gate.record(troublesOfAll: 11, at: 6 * second)
        #expect(closure(gate)?.probeAt == 19 * second)
    }

    @Test func anAnswerBetweenStartsTheRowAnew() {
        var gate = gate()
        for call in 0..<100 {
            gate.record(call % 10 == 9 ? .answered : .trouble, isProbe: false, errorText: nil, at: 0)
            // Each time: an answer opens one that is closed, too.
            #expect(gate.state == .open)
        }
    }

    @Test func probesDoubleFromFifteenSecondsToFiveMinutes() {
        var gate = unreachable(outage: 6 * 3600)
        #expect(probe(&gate, .trouble, atMost: 8) == [15, 45, 105, 225, 465, 765, 1065, 1365])
    }

    @Test func oneAnswerToAProbeOpensIt() {
        var gate = unreachable()
        #expect(probe(&gate, .answered) == [15])
        #expect(gate.state == .open)
    }

    @Test func aCallUnderWayThatAnswersOpensIt() {
        var gate = unreachable()
        gate.record(.answered, isProbe: false, errorText: nil, at: second)
        #expect(gate.state == .open)
    }

    @Test func callsUnderWayThatFailDoNotMoveTheProbe() {
        var gate = unreachable()
        let before = gate.state
        gate.record(.trouble, isProbe: false, errorText: nil, at: 9 * second)
        gate.record(.misconfigured, isProbe: false, errorText: nil, at: 9 * second)
        #expect(gate.state == before)
    }

    @Test func theHaltFollowsALastProbeAtTheEndOfTheOutage() {
        var gate = unreachable(outage: 300)
        #expect(probe(&gate, .trouble) == [15, 45, 105, 225, 300])
        #expect(halt(gate)?.cause == .outage)
        #expect(halt(gate)?.reason.contains("5 minutes") == true)
        #expect(halt(gate)?.reason.contains("no route") == true)
    }

    @Test func anOutageShorterThanTheFirstWaitIsProbedOnce() {
        var gate = unreachable(outage: 3)
        #expect(probe(&gate, .trouble) == [3])
        #expect(halt(gate)?.cause == .outage)
    }

    @Test func oneMisconfiguredCallClosesItAndThreeProbesOverAMinuteHalt() {
        var gate = gate()
        gate.record(.misconfigured, isProbe: false, errorText: nil, at: 0)
        #expect(closure(gate)?.cause == .misconfigured)
        #expect(probe(&gate, .misconfigured) == [20, 40, 60])
        #expect(halt(gate)?.cause == .misconfigured)
        #expect(halt(gate)?.remedy.contains("doctor") == true)
    }

    @Test func onlyAProbeOpensItAfterAMisconfiguredCall() {
        var gate = gate()
        gate.record(.misconfigured, isProbe: false, errorText: nil, at: 0)
        gate.record(.answered, isProbe: false, errorText: nil, at: second)
        #expect(gate.state != .open)
        #expect(probe(&gate, .answered) == [20])
        #expect(gate.state == .open)
    }

    @Test func anOutageDuringProbesIsWaitedOutAsAnOutage() {
        var gate = gate()
        gate.record(.misconfigured, isProbe: false, errorText: nil, at: 0)
        gate.startProbe()
        gate.record(.trouble, isProbe: true, errorText: nil, at: 20 * second)
        #expect(closure(gate)?.cause == .outage)
        #expect(closure(gate)?.probeAt == 35 * second)
        gate.startProbe()
        gate.record(.misconfigured, isProbe: true, errorText: nil, at: 35 * second)
        #expect(closure(gate)?.cause == .misconfigured)
        #expect(probe(&gate, .misconfigured) == [55, 75])
    }

    @Test func aProbeThatTellsNothingMayBeSentAgain() {
        var gate = unreachable()
        gate.startProbe()
        #expect(closure(gate)?.isProbeUnderWay == true)
        gate.record(nil, isProbe: true, errorText: nil, at: 15 * second)
        #expect(closure(gate)?.isProbeUnderWay == false)
        #expect(closure(gate)?.probeAt == 15 * second)
    }

    @Test func aHaltHoldsUntilItIsOpened() {
        var gate = gate()
        gate.halt(.answersNotEncrypted, at: 0)
        gate.record(.answered, isProbe: false, errorText: nil, at: 0)
        #expect(halt(gate) == .answersNotEncrypted)
        gate.open()
        #expect(gate.state == .open)
    }

    @Test func timeInWhichNobodyWantedToCallIsNoOutage() {
        var gate = unreachable(outage: 300)
        gate.excuse(.seconds(3600))
        #expect(
            probe(&gate, .trouble) == [
                15, 45, 105, 225, 465, 765, 1065, 1365, 1665, 1965, 2265, 2565, 2865, 3165, 3465, 3765, 3900,
            ])
        #expect(halt(gate)?.cause == .outage)
    }

    @Test func probesAreCountedFromTheClosingOnAndThoseWithdrawnAreNot() {
        var gate = unreachable()
        #expect(gate.probesSent == 0 && gate.notOpenSince == 0)
        gate.startProbe()
        gate.withdrawProbe()
        gate.withdrawProbe()
        #expect(gate.probesSent == 0)
        gate.startProbe()
        gate.record(.trouble, isProbe: true, errorText: nil, at: 20 * second)
        gate.startProbe()
        #expect(gate.probesSent == 2)
        gate.record(.answered, isProbe: true, errorText: nil, at: 60 * second)
        #expect(gate.notOpenSince == nil)
        for _ in 0..<10 { gate.record(.trouble, isProbe: false, errorText: nil, at: 90 * second) }
        #expect(gate.probesSent == 0 && gate.notOpenSince == 90 * second)
    }

    @Test func otherLimitsHoldForAGateThatIsClosed() {
        var gate = unreachable(outage: 60)
        gate.reconfigure(probes: 1, probeInterval: .seconds(5), outage: .seconds(3600))
        #expect(probe(&gate, .trouble, atMost: 5) == [15, 45, 105, 225, 465])
        gate.startProbe()
        gate.record(.misconfigured, isProbe: true, errorText: nil, at: 500 * second)
        #expect(halt(gate)?.cause == .misconfigured)
    }
}
