import RecordStore
import TestSupport
import Testing

@testable import JobRunner

@Suite struct EndpointTrafficTests {
    private let clock = JumpingClock()

    @Test(arguments: [Outcome(.unsent, isAnswer: false, gateSignal: .trouble), Outcome(.succeeded)])
    func theEndOfAFirstCallLetsRunnersThatWaitForItAskAgain(outcome: Outcome) async {
        let traffic = EndpointTraffic(configuration: RunnerBench.unhurried(), clock: clock)
        let first = traffic.join(weight: 1) {}
        await confirmation(expectedCount: 1) { told in
            let second = traffic.join(weight: 1) { told() }
            #expect(traffic.permission(for: first, upTo: 1, at: 0).isGranted)
            #expect(traffic.permission(for: second, upTo: 1, at: 0) == .waitForAnswer)
            _ = traffic.record(outcome, isProbe: false, errorText: nil, at: clock.instant)
            #expect(traffic.permission(for: second, upTo: 1, at: 0).isGranted)
        }
    }

    @Test func afterTheFirstAnswerAnOrdinaryEndConcernsNobodyElse() async {
        let traffic = reached()
        let first = traffic.join(weight: 1) {}
        await confirmation(expectedCount: 0) { told in
            _ = traffic.join(weight: 1) { told() }
            #expect(traffic.permission(for: first, upTo: 1, at: 0).isGranted)
            _ = traffic.record(Outcome(.succeeded), isProbe: false, errorText: nil, at: clock.instant)
        }
    }

    @Test func whoWaitsForRoomIsWokenWhenACallOfAnotherEnds() async {
        let traffic = reached { $0.concurrency = 2 }
        let first = traffic.join(weight: 1) {}
        await confirmation(expectedCount: 1) { told in
            let second = traffic.join(weight: 1) { told() }
            #expect(traffic.permission(for: first, upTo: 2, at: 0).isGranted)
            #expect(traffic.permission(for: second, upTo: 2, at: 0) == .waitForCapacity)
            _ = traffic.record(Outcome(.succeeded), isProbe: false, errorText: nil, at: clock.instant)
            // It is the other's turn, who may have what there is.
            #expect(traffic.permission(for: first, upTo: 1, at: 0) == .waitForCapacity)
            #expect(traffic.permission(for: second, upTo: 2, at: 0).isGranted)
        }
    }

    @Test func aHaltWakesEveryone() async {
        let traffic = reached { $0.undecipherable = 1 }
        let first = traffic.join(weight: 1) {}
        await confirmation(expectedCount: 1) { told in
            _ = traffic.join(weight: 1) { told() }
            #expect(traffic.permission(for: first, upTo: 1, at: 0).isGranted)
            _ = traffic.record(Outcome(.undecipherable), isProbe: false, errorText: nil, at: clock.instant)
        }
    }

    @Test func whoLeavesWhileItWaitsGivesItsPlaceUp() async {
        let traffic = reached { $0.concurrency = 1 }
        let first = traffic.join(weight: 1) {}
        await confirmation(expectedCount: 2) { told in
            let second = traffic.join(weight: 1) {}
            let third = traffic.join(weight: 1) { told() }
            #expect(traffic.permission(for: first, upTo: 1, at: 0).isGranted)
            #expect(traffic.permission(for: second, upTo: 1, at: 0) == .waitForCapacity)
            #expect(traffic.permission(for: third, upTo: 1, at: 0) == .waitForCapacity)
            traffic.leave(second)
            #expect(traffic.permission(for: third, upTo: 1, at: 0) == .waitForCapacity)
            _ = traffic.record(Outcome(.succeeded), isProbe: false, errorText: nil, at: clock.instant)
            #expect(traffic.permission(for: third, upTo: 1, at: 0).isGranted)
        }
    }

    /// A traffic that has had its first answer.
    private func reached(_ change: (inout RunnerConfiguration) -> Void = { _ in }) -> EndpointTraffic {
        let traffic = EndpointTraffic(configuration: RunnerBench.unhurried(change), clock: clock)
        let member = traffic.join(weight: 1) {}
        #expect(traffic.permission(for: member, upTo: 1, at: 0).isGranted)
        _ = traffic.record(Outcome(.succeeded), isProbe: false, errorText: nil, at: clock.instant)
        traffic.leave(member)
        return traffic
    }
}

extension Permission {
    fileprivate var isGranted: Bool {
        if case .granted = self { return true }
        return false
    }
}
