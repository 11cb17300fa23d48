import Basics
import TestSupport
import Testing

@testable import JobRunner

private let second: MonotonicTime = 1_000_000_000

@Suite struct ThrottleCutTests {
    @Test func nineOfTheLastHundredChangeNothing() {
        var cut = ThrottleCut()
        for answer in 0..<1000 {
            #expect(cut.record(isThrottled: answer % 100 < 9, at: Int64(answer) * second) == nil)
        }
        #expect(cut.share(at: 1000 * second) == 1)
    }

    @Test func theTenthOfTheLastHundredCutsToSevenTenths() {
        var cut = ThrottleCut()
        for _ in 0..<90 { #expect(cut.record(isThrottled: false, at: 0) == nil) }
        for _ in 0..<9 { #expect(cut.record(isThrottled: true, at: 0) == nil) }
        #expect(cut.record(isThrottled: true, at: 0) == 0.7)
    }

    @Test func itCutsAtMostOnceASecond() {
        var cut = ThrottleCut()
        for _ in 0..<10 { _ = cut.record(isThrottled: true, at: 0) }
        #expect(cut.record(isThrottled: true, at: second - 1) == nil)
        let again = cut.record(isThrottled: true, at: second)
        #expect(again.map { $0 > 0.49 && $0 < 0.5 } == true)
    }

    @Test func anAnswerThatIsNotThrottledNeverCuts() {
        var cut = ThrottleCut()
        for _ in 0..<50 { _ = cut.record(isThrottled: true, at: 0) }
        for answer in 1...40 { #expect(cut.record(isThrottled: false, at: Int64(answer) * second) == nil) }
    }

    @Test(arguments: [(0, 0.7), (15, 0.775), (30, 0.85), (60, 1), (600, 1)])
    func itClimbsBackLinearlyInAMinute(seconds: Int, share: Double) {
        var cut = ThrottleCut()
        for _ in 0..<10 { _ = cut.record(isThrottled: true, at: 0) }
        #expect(abs(cut.share(at: Int64(seconds) * second) - share) < 1e-9)
    }

    @Test func oneRandomErrorInAHundredCostsNoRate() {
        var cut = ThrottleCut()
        var random = SeededRandom(seed: 11)
        for answer in 0..<200_000 {
            _ = cut.record(isThrottled: Int.random(in: 0..<100, using: &random) == 0, at: Int64(answer) * 5_000_000)
        }
        #expect(cut.share(at: 1000 * second) > 0.95)
    }

    @Test func itFindsTheRateThatTheOtherSideAllows() {
        // 200 a second are offered, 100 are let through each second.
        var cut = ThrottleCut()
        var passed = 0
        for tick in 0..<600 {
            let now = Int64(tick) * second
            let offered = Int(200 * cut.share(at: now))
            for call in 0..<offered { _ = cut.record(isThrottled: call >= 100, at: now) }
            passed += min(100, offered)
        }
        #expect(passed > 600 * 100 * 8 / 10)
    }

    @Test func itGoesOnWhereAnEarlierRunStopped() {
        var cut = ThrottleCut()
        cut.resume(share: 0.5, age: .seconds(30), at: 100 * second)
        #expect(cut.share(at: 100 * second) == 0.75)
        #expect(cut.share(at: 130 * second) == 1)
    }

    @Test(arguments: [-0.5, 0, 1, 1.5, .infinity, .nan])
    func aShareThatNoCutLeavesIsIgnored(share: Double) {
        var cut = ThrottleCut()
        cut.resume(share: share, age: .zero, at: 100 * second)
        #expect(cut.share(at: 100 * second) == 1)
    }

    @Test func anEarlierShareIsNeverSoSmallThatNothingIsSent() {
        var cut = ThrottleCut()
        cut.resume(share: 1e-9, age: .zero, at: 100 * second)
        #expect(cut.share(at: 100 * second) == 0.001)
    }
}
