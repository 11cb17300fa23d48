import Basics
import Foundation
import Testing

@Suite("Times of day")
struct WallTimeTests {
    private static func time(_ milliseconds: Int64) -> WallTime { WallTime(milliseconds: milliseconds) }

    @Test(
        "A while later or before is held at the ends of what can be said",
        arguments: [
            (0, .seconds(2), 2_000), (5, .milliseconds(-7), -2), (.max, .milliseconds(1), .max),
            (.min, .milliseconds(-1), .min), (.max - 1, .seconds(Int64.max), .max), (-1, .seconds(Int64.min), .min),
            (0, .milliseconds(Int64.max), .max),
        ] as [(Int64, Duration, Int64)])
    func later(start: Int64, duration: Duration, end: Int64) {
        #expect(Self.time(start) + duration == Self.time(end))
    }

    @Test(
        "Subtracting a while does the same",
        arguments: [
            (7, .milliseconds(5), 2), (.min + 1, .seconds(Int64.max), .min), (0, .seconds(Int64.min), .max),
        ] as [(Int64, Duration, Int64)])
    func before(start: Int64, duration: Duration, end: Int64) {
        #expect(Self.time(start) - duration == Self.time(end))
    }

    @Test(
        "Of a while whole milliseconds count",
        arguments: [(.microseconds(1_999), 1), (.microseconds(999), 0), (.microseconds(-1_999), -1)]
            as [(Duration, Int64)])
    func partsOfAMillisecond(duration: Duration, milliseconds: Int64) {
        #expect(Self.time(10) + duration == Self.time(10 + milliseconds))
        #expect(Self.time(10) - duration == Self.time(10 - milliseconds))
    }

    @Test(
        "The time between two is held there, too",
        arguments: [(9, 4, 5), (4, 9, -5), (.max, -1, .max), (.min, 1, .min), (.max, .max, 0)]
            as [(Int64, Int64, Int64)])
    func between(end: Int64, start: Int64, milliseconds: Int64) {
        #expect(Self.time(end).milliseconds(since: Self.time(start)) == milliseconds)
        #expect(Self.time(end) - Self.time(start) == .milliseconds(milliseconds))
        #expect((Self.time(start) < Self.time(end)) == (start < end))
    }

    @Test("No time is outside the distant past and the distant future")
    func ends() {
        #expect(WallTime.distantPast == Self.time(.min) && WallTime.distantFuture == Self.time(.max))
    }

    @Test(
        "A date becomes the nearest millisecond, or the end that it is beyond",
        arguments: [
            (1_763_899_200.25, 1_763_899_200_250), (0.0004, 0), (0.0006, 1), (-0.0006, -1), (1e300, .max),
            (-1e300, .min),
        ] as [(Double, Int64)])
    func dates(seconds: Double, milliseconds: Int64) {
        #expect(WallTime(Date(timeIntervalSince1970: seconds)) == Self.time(milliseconds))
    }

    @Test(
        "Any time is a date, and one of our millennia comes back as it was",
        arguments: [0, 1, 999, -1, 253_402_300_799_999])
    func datesAndBack(milliseconds: Int64) {
        #expect(WallTime(Self.time(milliseconds).date) == Self.time(milliseconds))
        #expect(WallTime.distantPast.date < WallTime.distantFuture.date)
    }

    @Test("Now is what the system's clock shows")
    func now() {
        let (before, now, after) = (Date(), WallTime.now(), Date())
        #expect(WallTime(before) - .milliseconds(1) <= now && now <= WallTime(after) + .milliseconds(1))
    }
}

@Suite("Lengths of time in whole units")
struct DurationUnitTests {
    @Test(
        "Milliseconds, held at the ends",
        arguments: [
            (.microseconds(1_999), 1), (.microseconds(-1_999), -1), (.seconds(400 * 31_536_000), 12_614_400_000_000),
            (.seconds(Int64.max), .max), (.seconds(Int64.min), .min), (.milliseconds(Int64.max), .max),
        ] as [(Duration, Int64)])
    func milliseconds(duration: Duration, milliseconds: Int64) {
        #expect(duration.milliseconds == milliseconds)
    }
}
