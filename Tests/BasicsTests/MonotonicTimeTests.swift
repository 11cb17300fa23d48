import Basics
import Testing

@Suite("Times on a clock that never goes back")
struct MonotonicTimeTests {
    private static func time(_ nanoseconds: Int64) -> MonotonicTime { MonotonicTime(nanoseconds: nanoseconds) }

    @Test(
        "A while later or before is held at the ends of what can be said",
        arguments: [
            (0, .seconds(2), 2_000_000_000), (5, .nanoseconds(-7), -2), (.max, .nanoseconds(1), .max),
            (.min, .nanoseconds(-1), .min), (.max - 1, .seconds(Int64.max), .max), (-1, .seconds(Int64.min), .min),
        ] as [(Int64, Duration, Int64)])
    func later(start: Int64, duration: Duration, end: Int64) {
        #expect(Self.time(start) + duration == Self.time(end))
    }

    @Test(
        "Subtracting a while does the same",
        arguments: [
            (7, .nanoseconds(5), 2), (.min + 1, .seconds(Int64.max), .min), (0, .seconds(Int64.min), .max),
        ] as [(Int64, Duration, Int64)])
    func before(start: Int64, duration: Duration, end: Int64) {
        #expect(Self.time(start) - duration == Self.time(end))
    }

    @Test(
        "The time between two is held there, too",
        arguments: [(9, 4, 5), (4, 9, -5), (.max, -1, .max), (.min, 1, .min), (.max, .max, 0)]
            as [(Int64, Int64, Int64)])
    func between(end: Int64, start: Int64, nanoseconds: Int64) {
        #expect(Self.time(end).nanoseconds(since: Self.time(start)) == nanoseconds)
        #expect(Self.time(end) - Self.time(start) == .nanoseconds(nanoseconds))
        #expect((Self.time(start) < Self.time(end)) == (start < end))
    }

    @Test("No time is outside the distant past and the distant future")
    func ends() {
        #expect(MonotonicTime.distantPast == Self.time(.min) && MonotonicTime.distantFuture == Self.time(.max))
    }
}
