import Basics
import TestSupport
import Testing

@testable import JobRunner

@Suite struct ActiveRunsTests {
    @Test func theTimeWithoutAnybodyIsToldToTheFirstWhoComes() {
        var activeRuns = ActiveRuns()
        let first = activeRuns.arrive(1, at: 100)
        activeRuns.depart(1, at: 200)
        let second = activeRuns.arrive(2, at: 260)
        let third = activeRuns.arrive(3, at: 300)
        #expect([first, second, third] == [.zero, .nanoseconds(60), .zero])
    }

    @Test func whileOneIsThereNoTimeIsLost() {
        var activeRuns = ActiveRuns()
        _ = activeRuns.arrive(1, at: 0)
        _ = activeRuns.arrive(2, at: 0)
        activeRuns.depart(1, at: 10)
        let back = activeRuns.arrive(1, at: 50)
        #expect(back == .zero)
    }

    @Test func whoLeavesTwiceWasOnlyThereOnce() {
        var activeRuns = ActiveRuns()
        _ = activeRuns.arrive(1, at: 0)
        activeRuns.depart(1, at: 10)
        activeRuns.depart(1, at: 90)
        let absence = activeRuns.arrive(1, at: 100)
        #expect(absence == .nanoseconds(90))
    }
}
