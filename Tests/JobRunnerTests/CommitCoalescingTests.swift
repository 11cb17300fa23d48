import Basics
import TestSupport
import Testing

@testable import JobRunner

@Suite struct CommitCoalescingTests {
    private static let millisecond: MonotonicTime = 1_000_000

    /// A run that wrote `count` ends `interval` after the ones before, and in which a call ended just then.
    private static func coalescing(_ count: Int, every interval: MonotonicTime, limit: Int = 16) -> CommitCoalescing {
        var coalescing = CommitCoalescing(limit: limit)
        coalescing.took(1, at: 0)
        coalescing.took(count, at: interval)
        coalescing.ended(at: interval)
        return coalescing
    }

    @Test(arguments: [
        (count: 4, interval: 8 * millisecond, waits: true), (count: 3, interval: 8 * millisecond, waits: false),
        (count: 1, interval: 2 * millisecond, waits: true), (count: 1, interval: 50 * millisecond, waits: false),
        (count: 16, interval: 4 * millisecond, waits: true), (count: 16, interval: 0, waits: false),
    ])
    func callsThatEndedWaitWhereOthersAreExpectedSoon(row: (count: Int, interval: MonotonicTime, waits: Bool)) {
        let coalescing = Self.coalescing(row.count, every: row.interval)
        let deadline = coalescing.deadline(count: 1, underWay: 9, at: row.interval)
        #expect(deadline == (row.waits ? row.interval + CommitCoalescing.patience : nil))
    }

    @Test(arguments: [(count: 16, underWay: 9), (count: 17, underWay: 9), (count: 3, underWay: 0)])
    func aWholeGroupOrTheLastOfAllIsWrittenAtOnce(row: (count: Int, underWay: Int)) {
        let coalescing = Self.coalescing(8, every: Self.millisecond)
        #expect(coalescing.deadline(count: row.count, underWay: row.underWay, at: Self.millisecond) == nil)
    }

    @Test func noneWaitsLongerThanTheFirstMay() {
        var coalescing = Self.coalescing(8, every: Self.millisecond)
        coalescing.ended(at: 5 * Self.millisecond)
        let deadline = Self.millisecond + CommitCoalescing.patience
        #expect(coalescing.deadline(count: 2, underWay: 9, at: deadline - 1) == deadline)
        #expect(coalescing.deadline(count: 2, underWay: 9, at: deadline) == nil)
    }

    @Test func aRunThatHasJustBegunDoesNotWait() {
        var coalescing = CommitCoalescing(limit: 16)
        coalescing.ended(at: 5)
        #expect(coalescing.deadline(count: 1, underWay: 9, at: 5) == nil)
    }
}
