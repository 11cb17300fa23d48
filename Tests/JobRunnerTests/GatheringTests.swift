import Testing

@testable import JobRunner

@Suite struct GatheringTests {
    private static let millisecond: Int64 = 1_000_000

    /// A run that wrote `count` ends `interval` after the ones before, and in which a call ended just then.
    private static func gathering(_ count: Int, every interval: Int64, limit: Int = 16) -> Gathering {
        var gathering = Gathering(limit: limit)
        gathering.took(1, at: 0)
        gathering.took(count, at: interval)
        gathering.ended(at: interval)
        return gathering
    }

    @Test(arguments: [
        (count: 4, interval: 8 * millisecond, waits: true), (count: 3, interval: 8 * millisecond, waits: false),
        (count: 1, interval: 2 * millisecond, waits: true), (count: 1, interval: 50 * millisecond, waits: false),
        (count: 16, interval: 4 * millisecond, waits: true), (count: 16, interval: 0, waits: false),
    ])
    func callsThatEndedWaitWhereOthersAreExpectedSoon(row: (count: Int, interval: Int64, waits: Bool)) {
        let gathering = Self.gathering(row.count, every: row.interval)
        let deadline = gathering.deadline(count: 1, underWay: 9, at: row.interval)
        #expect(deadline == (row.waits ? row.interval + Gathering.patience : nil))
    }

    @Test(arguments: [(count: 16, underWay: 9), (count: 17, underWay: 9), (count: 3, underWay: 0)])
    func aWholeGroupOrTheLastOfAllIsWrittenAtOnce(row: (count: Int, underWay: Int)) {
        let gathering = Self.gathering(8, every: Self.millisecond)
        #expect(gathering.deadline(count: row.count, underWay: row.underWay, at: Self.millisecond) == nil)
    }

    @Test func noneWaitsLongerThanTheFirstMay() {
        var gathering = Self.gathering(8, every: Self.millisecond)
        gathering.ended(at: 5 * Self.millisecond)
        let deadline = Self.millisecond + Gathering.patience
        #expect(gathering.deadline(count: 2, underWay: 9, at: deadline - 1) == deadline)
        #expect(gathering.deadline(count: 2, underWay: 9, at: deadline) == nil)
    }

    @Test func aRunThatHasJustBegunDoesNotWait() {
        var gathering = Gathering(limit: 16)
        gathering.ended(at: 5)
        #expect(gathering.deadline(count: 1, underWay: 9, at: 5) == nil)
    }
}
