import Basics
import Figures
import Testing

struct CallTimesTests {
    /// In milliseconds since 1970 UTC.
    private static func calls(_ times: [Int64]) -> CallTimes { CallTimes(times.map(WallTime.init(milliseconds:))) }

    @Test(
        arguments: [
            ([], 0),
            ([5_000], 1),
            ([0, 999], 2),
            ([0, 1_000], 1),
            ([0, 500, 999, 1_000, 1_499, 1_500], 4),
            ([1_500, 0, 1_499, 999, 500, 1_000], 4),
            ([0, 0, 0, 3_000], 3),
            ([0, 3_000, 3_000, 3_001, 3_999, 4_000], 4),
        ] as [([Int64], Int)])
    func theMostCallsOfASecondWhereverItBegins(times: [Int64], most: Int) {
        #expect(Self.calls(times).mostInAnySecond == most)
    }

    @Test(
        arguments: [
            ([], 10, 0),
            ([7], 10, 1),
            ([100, 10_099, 10_100], 10, 2),
            ([10_100, 100, 10_099], 10, 2),
            ([100, 1_099, 1_100], 1, 2),
        ] as [([Int64], Int, Int)])
    func callsAreCountedFromTheFirstOn(times: [Int64], seconds: Int, count: Int) {
        #expect(Self.calls(times).count(inFirst: seconds) == count)
    }

    @Test(
        arguments: [([], 0), ([7], 0), ([7, 7], 0), ([0, 500, 1_000], 2), ([0, 10_000], 0.1)] as [([Int64], Double)])
    func theRateIsThatBetweenTheFirstAndTheLast(times: [Int64], rate: Double) {
        #expect(Self.calls(times).perSecond == rate)
    }

    @Test func anEvenRateIsCountedExactly() {
        let times = Self.calls((0..<2_400).map { 1_000 + $0 * 5 })
        #expect(times.count(inFirst: 10) == 2_000)
        #expect(times.mostInAnySecond == 200)
        #expect(times.first == WallTime(milliseconds: 1_000))
        #expect(times.last == WallTime(milliseconds: 12_995))
    }
}
