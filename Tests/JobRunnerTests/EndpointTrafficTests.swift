import Testing

@testable import JobRunner

@Suite struct EndpointTrafficTests {
    @Test(arguments: [Outcome(.unsent, isAnswer: false, gateSign: .trouble), Outcome(.succeeded)])
    func theEndOfAFirstCallLetsRunnersThatWaitForItAskAgain(outcome: Outcome) async {
        let clock = JumpingClock()
        let traffic = EndpointTraffic(configuration: RunnerBench.unhurried(), clock: clock)
        #expect(traffic.permission(upTo: 1, at: 0).isGranted)
        #expect(traffic.permission(upTo: 1, at: 0) == .waitForAnswer)
        await confirmation(expectedCount: 1) { told in
            let observer = traffic.addObserver { told() }
            _ = traffic.record(outcome, isProbe: false, errorText: nil, at: clock.moment)
            traffic.removeObserver(observer)
        }
        #expect(traffic.permission(upTo: 1, at: 0).isGranted)
    }

    @Test func afterTheFirstAnswerAnOrdinaryEndConcernsNobodyElse() async {
        let clock = JumpingClock()
        let traffic = EndpointTraffic(configuration: RunnerBench.unhurried(), clock: clock)
        #expect(traffic.permission(upTo: 1, at: 0).isGranted)
        _ = traffic.record(Outcome(.succeeded), isProbe: false, errorText: nil, at: clock.moment)
        await confirmation(expectedCount: 0) { told in
            let observer = traffic.addObserver { told() }
            #expect(traffic.permission(upTo: 1, at: 0).isGranted)
            _ = traffic.record(Outcome(.succeeded), isProbe: false, errorText: nil, at: clock.moment)
            traffic.removeObserver(observer)
        }
    }
}

extension Permission {
    fileprivate var isGranted: Bool {
        if case .granted = self { return true }
        return false
    }
}
